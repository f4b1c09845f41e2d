//! The lab `crowd`: many clients, one server. First each of n clients asks over HTTP, all at once; then each opens a
//! WebSocket, all at once again, and exchanges a message over it while all are open; last all are members of a
//! room, one of them speaks, and all listen.
//!
//! The clients are one page's, so that what its browser does with many of them is seen: how many connections it
//! makes, what it lets wait, and what it does one after another. A server that can hold an answer back is asked to,
//! so that waiting is seen even where it answers at once. Where several of them have waited in vain, one after another,
//! the others are not waited for any longer.

use std::cell::{Cell, OnceCell, RefCell};
use std::pin::pin;

use futures_util::future::{Either, join_all, select};

use super::Lab;
use super::echo::{echo_over_http, echo_over_socket};
use super::exchange::fill;
use super::parameter::{CONNECT_TIMEOUT, Parameter, REPLY_TIMEOUT, Range};
use super::settings::Settings;
use crate::analysis::Claim;
use crate::analysis::judgement::crowd::IN_VAIN;
use crate::network::bell::Flag;
use crate::network::{Incoming, Network, Opening, Patience, Payload, Request, Service, Socket};
use crate::trace::{Cause, Failure, Protocol, Span, Time, Turn};
use crate::wire::{RoomNotice, query};

/// How many clients there are.
pub const CLIENTS: Range = Range { name: "clients", least: 1, most: 100, default: 12, unit: "clients" };
/// How long the server takes for an answer over HTTP. Only a Duplex server can be asked to.
pub const HOLD: Range = Range { name: "hold", least: 0, most: 2_000, default: 100, unit: "ms" };
/// How long each message is; over HTTP only where the echo is asked, for a request that is held has no body.
pub const SIZE: Range = Range { name: "size", least: 0, most: 16 * 1024, default: 32, unit: "bytes" };

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::Number(CLIENTS),
    Parameter::Number(HOLD),
    Parameter::Number(SIZE),
    Parameter::Number(CONNECT_TIMEOUT),
    Parameter::Number(REPLY_TIMEOUT),
];

/// The claims that it tests.
pub const CLAIMS: &[Claim] = &[Claim::C15];

/// The part in which all ask over HTTP.
pub const HTTP: &str = "http";
/// The part in which all have a WebSocket.
pub const WEB_SOCKET: &str = "websocket";
/// The part in which one speaks to all; none where no room is offered.
pub const BROADCAST: &str = "broadcast";

/// What each client says once.
const ONCE: Turn = Turn::of(1);
/// What one says to all.
const TO_ALL: Turn = Turn::of(2);

/// What the lab is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// How many clients; see [`CLIENTS`].
    pub clients: u32,
    /// Milliseconds that the server holds an answer; see [`HOLD`].
    pub hold: u32,
    /// Bytes of payload of each message; see [`SIZE`].
    pub size: u32,
    /// How long to wait for one connection and one reply.
    pub patience: Patience,
}

impl Default for Parameters {
    fn default() -> Self {
        (&Settings::of(Lab::Crowd)).into()
    }
}

impl From<&Settings> for Parameters {
    fn from(settings: &Settings) -> Self {
        Self {
            clients: settings.number(&CLIENTS),
            hold: settings.number(&HOLD),
            size: settings.number(&SIZE),
            patience: settings.patience(),
        }
    }
}

impl Parameters {
    /// A request may have to wait until all before it were answered, each of which is held.
    fn reply_in_a_crowd(&self, client: u32) -> Span {
        Span(self.patience.reply.0 + i64::from(client + 1) * Span::from_millis(self.hold).0)
    }

    /// Browsers open WebSockets to an address one after another, so each waits for those before it.
    fn open_in_a_crowd(&self, client: u32) -> Span {
        Span(self.patience.connect.0 * i64::from(client + 1))
    }

    fn payload(&self, turn: Turn) -> Vec<u8> {
        let mut payload = Vec::new();
        fill(&mut payload, turn, self.size as usize);
        payload
    }
}

/// A crowd that waits, and is sent away once several of it have waited in vain, one after another: a server that takes
/// connections and stays silent would keep each of them waiting for as long again.
#[derive(Default)]
struct Waiting {
    in_a_row: Cell<u32>,
    /// Why the last one of them did not get anything.
    last: RefCell<Option<Failure>>,
    sent_away: Flag,
}

impl Waiting {
    /// Waits for what one of the crowd wants, as long as there is hope. Giving up drops it.
    async fn wait<T>(&self, what: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        match select(pin!(what), pin!(self.hopeless())).await {
            Either::Left((result, _)) => {
                self.note(result.as_ref().err());
                result
            }
            Either::Right((failure, _)) => Err(failure),
        }
    }

    fn note(&self, failure: Option<&Failure>) {
        let timed_out = failure
            .filter(|failure| matches!(failure.cause, Cause::ConnectTimeout { .. } | Cause::ReplyTimeout { .. }));
        let Some(failure) = timed_out else { return self.in_a_row.set(0) };
        self.in_a_row.set(self.in_a_row.get() + 1);
        *self.last.borrow_mut() = Some(failure.clone());
        if self.in_a_row.get() >= IN_VAIN {
            self.sent_away.raise();
        }
    }

    async fn hopeless(&self) -> Failure {
        loop {
            self.sent_away.raised().await;
            if let Some(failure) = self.last.borrow().clone() {
                return failure;
            }
        }
    }
}

/// Lets them all come.
///
/// # Errors
/// When no client got anywhere: why the first one did not. That some were refused is what the lab wants to see.
pub async fn run<N: Network>(network: &N, settings: &Settings) -> Result<(), Failure> {
    let parameters = Parameters::from(settings);
    network.part(HTTP, Some(Protocol::Http));
    let over_http = all_ask(network, &parameters).await;
    network.between_turns().await;
    network.part(WEB_SOCKET, Some(Protocol::WebSocket));
    let over_sockets = all_open(network, &parameters).await;
    let mut first_failure = None;
    for result in over_http.into_iter().chain(over_sockets) {
        match result {
            Ok(()) => {
                first_failure = None;
                break;
            }
            Err(failure) => first_failure = first_failure.or(Some(failure)),
        }
    }
    if let Some(failure) = first_failure {
        return Err(failure);
    }
    if network.offers(Service::Room, Protocol::WebSocket) {
        network.between_turns().await;
        network.part(BROADCAST, Some(Protocol::WebSocket));
        one_speaks_to_all(network, &parameters).await;
    }
    Ok(())
}

/// Each client asks, all at once: for news that will not come, so that the server answers when it has held the request
/// for so long; or for an echo, where there is no news.
async fn all_ask<N: Network>(network: &N, parameters: &Parameters) -> Vec<Result<(), Failure>> {
    let held = network.offers(Service::News, Protocol::Http);
    let (feed, hold) = (network.place().id(0).to_string(), parameters.hold.to_string());
    let news = [(query::FEED, feed.as_str()), (query::INTERVAL, "0"), (query::WAIT, hold.as_str())];
    let (payload, waiting) = (parameters.payload(ONCE), Waiting::default());
    let (news, payload) = (&news, &payload);
    let asks = (0..parameters.clients).map(|client| {
        let (turn, within) = (ONCE.by(client), Some(parameters.reply_in_a_crowd(client)));
        waiting.wait(async move {
            if held {
                let request = Request { within, ..Request::get(turn, Service::News).with(news) };
                network.fetch(request).await.map(drop).map_err(|failed| failed.failure)
            } else {
                echo_over_http(network, Request { within, ..Request::echo(turn, payload) }).await.map(drop)
            }
        })
    });
    join_all(asks).await
}

/// Each client opens a WebSocket, all at once; when all are open, each says something and hears it back; then they
/// close.
async fn all_open<N: Network>(network: &N, parameters: &Parameters) -> Vec<Result<(), Failure>> {
    let waiting = Waiting::default();
    let openings = (0..parameters.clients).map(|client| {
        let within = Some(parameters.open_in_a_crowd(client));
        waiting.wait(network.open(Opening { within, ..Opening::of(ONCE.by(client), Service::Echo) }))
    });
    let sockets = join_all(openings).await;
    let payload = &parameters.payload(ONCE);
    let exchanges = (0u32..).zip(&sockets).map(|(client, socket)| async move {
        let socket = socket.as_ref().map_err(Clone::clone)?;
        echo_over_socket(socket, ONCE.by(client), Payload::Binary(payload)).await
    });
    let results = join_all(exchanges).await;
    join_all(sockets.iter().flatten().map(|socket| socket.close(1000, ""))).await;
    results
}

/// Each client becomes a member of the room, all at once. When the last one that could is in, the first one speaks,
/// and all listen until they have heard it.
async fn one_speaks_to_all<N: Network>(network: &N, parameters: &Parameters) {
    let payload = String::from_utf8_lossy(&parameters.payload(TO_ALL)).into_owned();
    let members: Vec<OnceCell<N::Socket>> = (0..parameters.clients).map(|_| OnceCell::new()).collect();
    let (undecided, spoken, waiting) = (Cell::new(members.len()), Cell::new(None), Waiting::default());
    let (payload, undecided, spoken, waiting, members) =
        (payload.as_str(), &undecided, &spoken, &waiting, members.as_slice());
    let stays = (0u32..).zip(members).map(|(client, place)| async move {
        let within = Some(parameters.open_in_a_crowd(client));
        let turn = TO_ALL.by(client);
        let opened = waiting.wait(network.open(Opening { within, ..Opening::of(turn, Service::Room) })).await;
        let socket = opened.ok().map(|socket| place.get_or_init(|| socket));
        if let Some(socket) = socket {
            // A newcomer is told how many there are: it is in. If it is not told, it listens all the same.
            socket.next(turn, None).await.ok();
        }
        undecided.set(undecided.get() - 1);
        let first = (0u32..).zip(members).find_map(|(client, place)| Some((client, place.get()?)));
        if let Some((client, speaker)) = first.filter(|_| undecided.get() == 0) {
            // If it is closed by now, that is recorded, and nobody will hear anything.
            speaker.send(TO_ALL.by(client), Payload::Text(payload)).ok();
            spoken.set(Some(network.now()));
        }
        let Some(socket) = socket else { return };
        loop {
            match socket.next(turn, None).await {
                Ok(incoming) if is_said(&incoming) => break,
                Ok(_) => {}
                Err(Failure { cause: Cause::ReplyTimeout { after }, .. })
                    if spoken.get().is_none_or(|at: Time| network.now() - at < after) => {}
                Err(_) => break,
            }
        }
    });
    join_all(stays).await;
    join_all(members.iter().filter_map(OnceCell::get).map(|socket| socket.close(1000, ""))).await;
}

/// Somebody said it; members are also told how many they are.
fn is_said(incoming: &Incoming) -> bool {
    matches!(serde_json::from_slice(&incoming.payload), Ok(RoomNotice::Message(_)))
}
