//! The lab `interruption`: what gets lost. Requests and messages meet faults that the server commits when asked;
//! then whoever lost something does what applications do: asks again, reconnects, resumes.
//!
//! What a part is called is agreed with the judgement ([`part`](crate::analysis::judgement::interruption::part)).
//! Turn 0 only makes the ground ready: it sees to it that the next request goes on a new connection or on one
//! that is in use. A message that is sent again has the turn of the one before.

mod http;
mod news;
mod websocket;

use std::cell::Cell;

use super::parameter::{CONNECT_TIMEOUT, Choice, Parameter, REPLY_TIMEOUT, Range};
use super::settings::Settings;
use crate::analysis::Claim;
use crate::network::{Network, Service};
use crate::trace::{Failure, Protocol, Span, Turn};
use crate::wire::Fault;

/// How many messages are under way on a WebSocket as it breaks.
pub const IN_FLIGHT: Range = Range { name: "in-flight", least: 1, most: 100, default: 5, unit: "messages" };
/// How long nothing has to come until the page gives up, and how long it watches that nothing happens by itself.
pub const WAIT: Range = Range { name: "wait", least: 100, most: 10_000, default: 1_500, unit: "ms" };
/// How often something is tried again.
pub const RETRIES: Range = Range { name: "retries", least: 1, most: 8, default: 3, unit: "tries" };
/// How long is waited before the first reconnection; twice as long before each further one.
pub const BACK_OFF: Range = Range { name: "back-off", least: 10, most: 2_000, default: 100, unit: "ms" };
/// Which faults are met: [`MOMENTS`], or [`ALL`], those of the whole list.
pub const FAULTS: Choice = Choice { name: "faults", options: &[MOMENTS, ALL], default: MOMENTS };
/// Before the request is read, in the middle of the response, after it; a WebSocket that is cut, one that stalls.
pub const MOMENTS: &str = "moments";
/// Every fault that the server commits.
pub const ALL: &str = "all";

/// The feeds of the run, by their number in [`Place::id`](crate::network::Place::id): of orders, of one item, of
/// news that are read in several goes.
const ORDERS: u32 = 1;
const SHORT_FEED: u32 = 2;
const NEWS: u32 = 3;

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::Number(IN_FLIGHT),
    Parameter::Number(WAIT),
    Parameter::Number(RETRIES),
    Parameter::Number(BACK_OFF),
    Parameter::Choice(FAULTS),
    Parameter::Number(CONNECT_TIMEOUT),
    Parameter::Number(REPLY_TIMEOUT),
];

/// The claims that it tests.
pub const CLAIMS: &[Claim] = &[Claim::C8, Claim::C9];

/// Runs the script.
///
/// # Errors
/// When neither protocol carries anything; what was done until then is recorded.
pub async fn run<N: Network>(network: &N, settings: &Settings) -> Result<(), Failure> {
    let script = Script::new(network, settings);
    let http = script.empty_the_pool().await;
    if http.is_ok() {
        if script.has_faults(Protocol::Http) {
            for fault in script.faults(&[Fault::Close, Fault::Cut, Fault::Short, Fault::Goodbye]) {
                if !script.silent(Protocol::Http).get() {
                    script.over_http(*fault).await;
                }
            }
        }
        if !script.silent(Protocol::Http).get() {
            script.give_up_a_request().await;
        }
        let feeds =
            network.offers(Service::NewsEvents, Protocol::Http) && network.offers(Service::News, Protocol::Http);
        if feeds && !script.silent(Protocol::Http).get() {
            script.end_an_event_source().await;
        }
    }
    let socket = if script.has_faults(Protocol::WebSocket) {
        let mut socket = Ok(());
        for (place, fault) in script.faults(&[Fault::Cut, Fault::Stall]).iter().enumerate() {
            if script.silent(Protocol::WebSocket).get() {
                break;
            }
            let done = script.over_socket(*fault, place == 0).await;
            socket = if place == 0 { done } else { socket.or(done) };
        }
        socket
    } else {
        script.leave_a_socket().await
    };
    let speaks = |over: &Protocol| network.offers(Service::News, *over) && !script.silent(*over).get();
    if Protocol::BOTH.iter().all(speaks) && http.is_ok() {
        script.resume_the_news().await;
    }
    if socket.is_err() { http } else { Ok(()) }
}

/// What the script goes by.
struct Script<'a, N> {
    network: &'a N,
    in_flight: u32,
    wait: Span,
    retries: u32,
    back_off: u32,
    all: bool,
    /// The turn that was taken last.
    turn: Cell<u32>,
    /// Nothing came in time where no fault was asked for, over HTTP and over WebSocket: nobody answers any more. What
    /// is left would all be waited for in vain, each time as long as the patience lasts.
    silent: [Cell<bool>; 2],
}

impl<'a, N: Network> Script<'a, N> {
    fn new(network: &'a N, settings: &Settings) -> Self {
        Self {
            network,
            in_flight: settings.number(&IN_FLIGHT),
            wait: Span::from_millis(settings.number(&WAIT)),
            retries: settings.number(&RETRIES),
            back_off: settings.number(&BACK_OFF),
            all: settings.choice(&FAULTS) == ALL,
            turn: Cell::new(0),
            silent: Default::default(),
        }
    }

    const fn silent(&self, over: Protocol) -> &Cell<bool> {
        match over {
            Protocol::Http => &self.silent[0],
            Protocol::WebSocket => &self.silent[1],
        }
    }

    /// A server that has news is a Duplex server, and commits faults.
    fn has_faults(&self, over: Protocol) -> bool {
        self.network.offers(Service::News, over)
    }

    const fn faults<'f>(&self, moments: &'f [Fault]) -> &'f [Fault] {
        if self.all { &Fault::ALL } else { moments }
    }

    fn next_turn(&self) -> Turn {
        self.turn.set(self.turn.get() + 1);
        Turn::of(self.turn.get())
    }

    /// Waits before the n-th further try, counted from 0: each time twice as long.
    async fn back_off(&self, before: u32) {
        self.network.back_off(Span::from_millis(self.back_off << before.min(RETRIES.most))).await;
    }

    /// How long to wait for something under a fault: the page gives up where nothing will come.
    fn patience(&self, fault: Fault) -> Option<Span> {
        matches!(fault, Fault::Stall | Fault::Vanish).then_some(self.wait)
    }
}
