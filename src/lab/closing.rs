//! The lab `closing`: how a connection ends. The page closes a WebSocket, then the server does, then the server
//! breaks the connection, then it falls silent without a word; and for comparison HTTP connections, of which the
//! server ends one.

use std::cell::Cell;

use super::echo::{echo_over_http, echo_over_socket};
use super::exchange::fill;
use super::parameter::{CONNECT_TIMEOUT, Parameter, ParameterError, Range};
use super::settings::Settings;
use crate::analysis::Claim;
use crate::network::{Network, Opening, Payload, Request, Service, Socket};
use crate::trace::{Failure, MessageId, Protocol, Span, Turn};
use crate::wire::{Fault, query};

/// The close code that the page closes with. A page may use 1000 and 3000 to 4999 (WebSockets standard, `close()`).
pub const CODE: Range = Range { name: "code", least: 1000, most: 4999, default: 4001, unit: "" };
/// The close code that the server closes with: any, those included that may not be sent.
pub const SERVER_CODE: Range = Range { name: "server-code", least: 1000, most: 4999, default: 1001, unit: "" };
/// How long the page goes on sending to a server that has fallen silent.
pub const WAIT: Range = Range { name: "wait", least: 100, most: 60_000, default: 2_000, unit: "ms" };
/// How long to wait for a reply, and for the end of a connection. Shorter than elsewhere: what has vanished does not
/// answer.
pub const REPLY_TIMEOUT: Range = Range { default: 3_000, ..super::parameter::REPLY_TIMEOUT };

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::Number(CODE),
    Parameter::Number(SERVER_CODE),
    Parameter::Number(WAIT),
    Parameter::Number(CONNECT_TIMEOUT),
    Parameter::Number(REPLY_TIMEOUT),
];

/// The claims that it tests.
pub const CLAIMS: &[Claim] = &[Claim::C14];

/// The reason that the page closes with.
pub const REASON: &str = "the page has all it wanted";
/// The reason that the server closes with.
pub const SERVER_REASON: &str = "the server has said all";

/// Bytes of each payload.
const SIZE: usize = 32;
/// How many messages the page sends into the silence.
const INTO_SILENCE: u32 = 5;

/// Whether the settings can be taken together.
///
/// # Errors
/// When a page may not close with that code.
pub fn check(settings: &Settings) -> Result<(), ParameterError> {
    match settings.number(&CODE) {
        1000 | 3000..=4999 => Ok(()),
        code => Err(ParameterError::NotForPages { code }),
    }
}

/// Runs the script. A part that breaks off leaves the others to be run.
///
/// # Errors
/// When no WebSocket could be opened and no request was answered: nobody is there to talk to.
pub async fn run<N: Network>(network: &N, settings: &Settings) -> Result<(), Failure> {
    let script = Script {
        network,
        turns: Cell::new(0),
        code: u16::try_from(settings.number(&CODE)).unwrap_or(1000),
        server_code: settings.number(&SERVER_CODE).to_string(),
        wait: Span::from_millis(settings.number(&WAIT)),
        patience: settings.patience().reply,
    };
    // An echo of somebody else commits no faults.
    let faults = network.offers(Service::News, Protocol::WebSocket);
    network.part("client closes", Some(Protocol::WebSocket));
    let mut parts = vec![script.client_closes().await];
    if faults {
        network.part("server closes", Some(Protocol::WebSocket));
        parts.push(script.server_closes().await);
        network.part("cut", Some(Protocol::WebSocket));
        parts.push(script.cut().await);
        network.part("vanishes", Some(Protocol::WebSocket));
        parts.push(script.vanishes().await);
    }
    network.part("http", Some(Protocol::Http));
    parts.push(script.http().await);
    if parts.iter().all(Result::is_err) { parts.into_iter().next().unwrap_or(Ok(())) } else { Ok(()) }
}

/// The script's parts, with the turns counted through all of them.
struct Script<'a, N> {
    network: &'a N,
    turns: Cell<u32>,
    code: u16,
    server_code: String,
    wait: Span,
    patience: Span,
}

impl<N: Network> Script<'_, N> {
    fn turn(&self) -> Turn {
        self.turns.set(self.turns.get() + 1);
        Turn::of(self.turns.get())
    }

    async fn open(&self, asks: &[(&str, &str)]) -> Result<N::Socket, Failure> {
        self.network.between_turns().await;
        self.network.open(Opening::of(self.turn(), Service::Echo).with(asks)).await
    }

    fn send(&self, socket: &N::Socket) -> Result<MessageId, Failure> {
        let turn = self.turn();
        let mut payload = Vec::new();
        fill(&mut payload, turn, SIZE);
        socket.send(turn, Payload::Binary(&payload))
    }

    async fn client_closes(&self) -> Result<(), Failure> {
        let socket = self.open(&[]).await?;
        let turn = self.turn();
        let mut payload = Vec::new();
        fill(&mut payload, turn, SIZE);
        echo_over_socket(&socket, turn, Payload::Binary(&payload)).await?;
        socket.close(self.code, REASON).await;
        Ok(())
    }

    /// Instead of an answer the server closes, in order.
    async fn server_closes(&self) -> Result<(), Failure> {
        let (code, reason) = ((query::CODE, &*self.server_code), (query::REASON, SERVER_REASON));
        self.ended_by(&[(query::FAULT, Fault::Goodbye.name()), (query::AT, "1"), code, reason]).await
    }

    /// Instead of an answer the server resets the TCP connection.
    async fn cut(&self) -> Result<(), Failure> {
        self.ended_by(&[(query::FAULT, Fault::Reset.name()), (query::AT, "1")]).await
    }

    async fn ended_by(&self, fault: &[(&str, &str)]) -> Result<(), Failure> {
        let socket = self.open(fault).await?;
        self.send(&socket)?;
        socket.closed(self.patience).await;
        socket.give_up_unanswered();
        Ok(())
    }

    /// Instead of an answer there is silence. The page goes on for a while, as one that does not know would, and then
    /// closes.
    async fn vanishes(&self) -> Result<(), Failure> {
        let socket = self.open(&[(query::FAULT, Fault::Vanish.name()), (query::AT, "1")]).await?;
        self.send(&socket)?;
        let began = self.network.now();
        for number in 1..=INTO_SILENCE {
            let until = began.0 + self.wait.0 * i64::from(number) / i64::from(INTO_SILENCE);
            if socket.closed(Span(until - self.network.now().0)).await.is_some() {
                socket.give_up_unanswered();
                return Ok(());
            }
            if number < INTO_SILENCE {
                self.send(&socket)?;
            }
        }
        socket.close(self.code, REASON).await;
        socket.give_up_unanswered();
        Ok(())
    }

    /// One request with `Connection: close`, and one without.
    async fn http(&self) -> Result<(), Failure> {
        let close: &[(&str, &str)] = &[(query::CONNECTION, query::CLOSE)];
        for asks in [close, &[]] {
            self.network.between_turns().await;
            let turn = self.turn();
            let mut payload = Vec::new();
            fill(&mut payload, turn, SIZE);
            echo_over_http(self.network, Request::echo(turn, &payload).with(asks)).await?;
        }
        Ok(())
    }
}
