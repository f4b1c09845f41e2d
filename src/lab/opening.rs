//! The lab `opening`: handshakes and connections. The same requests with `Connection: close` and without, some at
//! once, then a WebSocket that is opened, spoken on, left idle and spoken on again; at last two addresses that a
//! browser has to refuse.

use std::cell::Cell;

use futures_util::future::join_all;

use super::echo::{echo_over_http, echo_over_socket};
use super::exchange::fill;
use super::parameter::{CONNECT_TIMEOUT, Choice, Parameter, REPLY_TIMEOUT, Range};
use super::settings::Settings;
use crate::analysis::Claim;
use crate::network::{Network, Opening, Payload, Request, Service, Socket};
use crate::trace::{Failure, Protocol, Span, Turn};
use crate::wire::query;

/// How many requests are sent one after another, each way.
pub const REQUESTS: Range = Range { name: "requests", least: 1, most: 100, default: 10, unit: "requests" };
/// Whether the server is asked to close the connection after each response (RFC 9112 §9.6).
pub const CONNECTION: Choice =
    Choice { name: query::CONNECTION, options: &[BOTH, query::KEEP_ALIVE, query::CLOSE], default: BOTH };
/// How many requests are sent at once; 0 leaves that out.
pub const PARALLEL: Range = Range { name: "parallel", least: 0, most: 12, default: 6, unit: "requests" };
/// How long the WebSocket is left idle.
pub const IDLE: Range = Range { name: "idle", least: 0, most: 60_000, default: 1_000, unit: "ms" };
/// How many messages the WebSocket carries before it is left idle, and again after.
pub const MESSAGES: Range = Range { name: "messages", least: 1, most: 50, default: 3, unit: "messages" };

/// Of [`CONNECTION`]: first with `Connection: close`, then without.
pub const BOTH: &str = "both";

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::Number(REQUESTS),
    Parameter::Choice(CONNECTION),
    Parameter::Number(PARALLEL),
    Parameter::Number(MESSAGES),
    Parameter::Number(IDLE),
    Parameter::Number(CONNECT_TIMEOUT),
    Parameter::Number(REPLY_TIMEOUT),
];

/// The claims that it tests.
pub const CLAIMS: &[Claim] = &[Claim::C3, Claim::C4, Claim::C5, Claim::C13];

/// A WebSocket address that an https page may not open: it is not encrypted, and not on this machine. The name is
/// one that never exists (RFC 6761 §6.4).
pub const UNENCRYPTED: &str = "ws://duplex.invalid/";
/// An address whose scheme is none that a WebSocket can have.
pub const OTHER_SCHEME: &str = "ftp://duplex.invalid/";

/// Bytes of each payload.
const SIZE: usize = 32;

/// Runs the script. A part that breaks off leaves the others to be run.
///
/// # Errors
/// When no part of it could be run to its end: nobody is there to talk to.
pub async fn run<N: Network>(network: &N, settings: &Settings) -> Result<(), Failure> {
    let script = Script { network, turns: Cell::new(0) };
    let (requests, way) = (settings.number(&REQUESTS), settings.choice(&CONNECTION));
    let mut parts = Vec::new();
    // A page cannot set the header itself (Fetch §2.2.2 forbids it), so it takes a server that does when asked to.
    if way != query::KEEP_ALIVE && network.offers(Service::News, Protocol::Http) {
        network.part("close", Some(Protocol::Http));
        parts.push(script.one_after_another(requests, &[(query::CONNECTION, query::CLOSE)]).await);
    }
    if way != query::CLOSE {
        network.part("keep-alive", Some(Protocol::Http));
        parts.push(script.one_after_another(requests, &[]).await);
    }
    let at_once = settings.number(&PARALLEL);
    if at_once > 0 {
        network.part("parallel", Some(Protocol::Http));
        parts.push(script.at_once(at_once).await);
    }
    network.part("websocket", Some(Protocol::WebSocket));
    parts.push(script.websocket(settings.number(&MESSAGES), Span::from_millis(settings.number(&IDLE))).await);
    network.part("schemes", Some(Protocol::WebSocket));
    script.schemes().await;
    if parts.iter().all(Result::is_err) { parts.into_iter().next().unwrap_or(Ok(())) } else { Ok(()) }
}

/// The script's parts, with the turns counted through all of them.
struct Script<'a, N> {
    network: &'a N,
    turns: Cell<u32>,
}

impl<N: Network> Script<'_, N> {
    fn turn(&self) -> Turn {
        self.turns.set(self.turns.get() + 1);
        Turn::of(self.turns.get())
    }

    async fn request(&self, turn: Turn, asks: &[(&str, &str)]) -> Result<(), Failure> {
        let mut payload = Vec::new();
        fill(&mut payload, turn, SIZE);
        echo_over_http(self.network, Request::echo(turn, &payload).with(asks)).await.map(drop)
    }

    async fn one_after_another(&self, requests: u32, asks: &[(&str, &str)]) -> Result<(), Failure> {
        for _ in 0..requests {
            self.network.between_turns().await;
            self.request(self.turn(), asks).await?;
        }
        Ok(())
    }

    async fn at_once(&self, requests: u32) -> Result<(), Failure> {
        self.network.between_turns().await;
        let all = (0..requests).map(|_| self.request(self.turn(), &[]));
        join_all(all).await.into_iter().collect()
    }

    async fn websocket(&self, messages: u32, idle: Span) -> Result<(), Failure> {
        let network = self.network;
        network.between_turns().await;
        let socket = network.open(Opening::of(self.turn(), Service::Echo)).await?;
        self.messages(&socket, messages).await?;
        network.wait_until(network.now() + idle).await;
        self.messages(&socket, messages).await?;
        socket.close(1000, "").await;
        Ok(())
    }

    async fn messages(&self, socket: &N::Socket, count: u32) -> Result<(), Failure> {
        for _ in 0..count {
            self.network.between_turns().await;
            let turn = self.turn();
            let mut payload = Vec::new();
            fill(&mut payload, turn, SIZE);
            echo_over_socket(socket, turn, Payload::Binary(&payload)).await?;
        }
        Ok(())
    }

    /// Opens what a browser refuses; whether and how it does is in the record. The first of them only from a page
    /// that came by https: from another it would be tried for real.
    async fn schemes(&self) {
        let unencrypted = self.network.place().secure_page.then_some(UNENCRYPTED);
        for url in unencrypted.into_iter().chain([OTHER_SCHEME]) {
            self.network.between_turns().await;
            let opening = Opening { url: Some(url), ..Opening::of(self.turn(), Service::Echo) };
            // One that opens against all rules is closed as it is dropped.
            drop(self.network.open(opening).await);
        }
    }
}
