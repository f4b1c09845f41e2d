//! The lab `duplex`: who may speak. A server has news at times of its own, and the page learns of the same
//! number of items by every way that there is: short polling, long polling, server-sent events (RFC 6202 describes these
//! three), and a WebSocket on which both talk at the same time. Beside them stand plain exchanges, and a long response
//! that is read as it comes.
//!
//! Each way has a feed of its own, which begins with its first request, so that no way hears old news. What fails ends
//! its part alone: the script goes on with the next.

use std::cell::Cell;
use std::convert::Infallible;
use std::pin::pin;

use futures_util::future::{self, Either};

use super::echo::{MOST_UNASKED, echo_over_http};
use super::exchange::fill;
use super::parameter::{CONNECT_TIMEOUT, Parameter, ParameterError, REPLY_TIMEOUT, Range};
use super::settings::Settings;
use crate::analysis::Claim;
use crate::analysis::judgement::duplex::part;
use crate::network::{
    Events, Failed, Incoming, Network, Opening, Patience, Payload, Request, Response, Service, Socket,
};
use crate::trace::{Cause, Failure, Inference, Kind, Protocol, Span, Turn};
use crate::wire::{NewsAnswer, NewsItem, NewsResume, query};

/// How many items of news there are, each way; and how many plain exchanges.
pub const ITEMS: Range = Range { name: "items", least: 1, most: 100, default: 8, unit: "items" };
/// From one item to the next.
pub const INTERVAL: Range = Range { name: "interval", least: 50, most: 10_000, default: 250, unit: "ms" };
/// From one message of the page's own to the next: its exchanges, and what it says on the WebSocket.
pub const SEND: Range = Range { name: "send", least: 50, most: 10_000, default: 300, unit: "ms" };
/// From one request of short polling to the next.
pub const POLL: Range = Range { name: "poll", least: 50, most: 10_000, default: 400, unit: "ms" };
/// How long the response is that is read as it comes; 0 leaves it out.
pub const STREAM: Range = Range { name: "stream", least: 0, most: 4 * 1024 * 1024, default: 256 * 1024, unit: "bytes" };

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::Number(ITEMS),
    Parameter::Number(INTERVAL),
    Parameter::Number(SEND),
    Parameter::Number(POLL),
    Parameter::Number(STREAM),
    Parameter::Number(CONNECT_TIMEOUT),
    Parameter::Number(REPLY_TIMEOUT),
];

/// How long all items of a feed may take, in seconds. There are four feeds, one after another.
pub const LONGEST: u64 = 120;

/// Whether the settings can be taken together.
///
/// # Errors
/// When items × interval is more than [`LONGEST`].
pub fn check(settings: &Settings) -> Result<(), ParameterError> {
    let (items, interval) = (settings.number(&ITEMS), settings.number(&INTERVAL));
    let total = (u64::from(items) * u64::from(interval)).div_ceil(1000);
    if total > LONGEST {
        return Err(ParameterError::TooLong { items, interval, total, most: LONGEST });
    }
    Ok(())
}

/// The claims that it tests.
pub const CLAIMS: &[Claim] = &[Claim::C1, Claim::C2, Claim::C12];

/// How long the server may hold a long poll, in ms; RFC 6202 §5.5 calls 30 seconds a safe value.
const HOLD: u32 = 30_000;
/// Bytes of a plain exchange's body, and of a message on a WebSocket that echoes.
const SIZE: usize = 32;

/// Runs the script.
///
/// # Errors
/// When every part of it failed; what was done until then is recorded.
pub async fn run<N: Network>(network: &N, settings: &Settings) -> Result<(), Failure> {
    let script = Script {
        network,
        items: settings.number(&ITEMS),
        interval: settings.number(&INTERVAL),
        send: Span::from_millis(settings.number(&SEND)),
        poll: Span::from_millis(settings.number(&POLL)),
        stream: settings.number(&STREAM) as usize,
        patience: settings.patience(),
    };
    let (http, ws) = (Some(Protocol::Http), Some(Protocol::WebSocket));
    let mut outcomes = Vec::new();
    network.part(part::EXCHANGES, http);
    outcomes.push(script.exchanges().await);
    if network.offers(Service::News, Protocol::Http) {
        network.part(part::SHORT_POLLING, http);
        outcomes.push(script.poll(1, Polling::Short).await);
        network.part(part::LONG_POLLING, http);
        outcomes.push(script.poll(2, Polling::Long).await);
    }
    if network.offers(Service::NewsEvents, Protocol::Http) {
        network.part(part::EVENTS, http);
        outcomes.push(script.listen(3).await);
    }
    if script.stream > 0 {
        network.part(part::STREAMED, http);
        outcomes.push(script.streamed().await);
    }
    if network.offers(Service::News, Protocol::WebSocket) {
        network.part(part::WEBSOCKET, ws);
        outcomes.push(script.converse(4).await);
    } else {
        network.part(part::WEBSOCKET_ECHO, ws);
        outcomes.push(script.echo_without_waiting().await);
    }
    match outcomes.iter().any(Result::is_ok) {
        true => Ok(()),
        false => outcomes.into_iter().collect(),
    }
}

/// How a feed is polled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Polling {
    /// At intervals; the server answers at once.
    Short,
    /// Again as soon as there is an answer; the server holds it until it has news.
    Long,
}

/// The script with its parameters.
struct Script<'a, N> {
    network: &'a N,
    items: u32,
    /// In ms.
    interval: u32,
    send: Span,
    poll: Span,
    stream: usize,
    patience: Patience,
}

impl<N: Network> Script<'_, N> {
    /// As many exchanges as there are items: the page asks, and has its answer.
    async fn exchanges(&self) -> Result<(), Failure> {
        let mut payload = Vec::with_capacity(SIZE);
        for number in 0..=self.items {
            let (began, turn) = (self.network.now(), Turn::of(number));
            fill(&mut payload, turn, SIZE);
            echo_over_http(self.network, Request::echo(turn, &payload)).await?;
            if number < self.items {
                self.network.wait_until(began + self.send).await;
            }
        }
        Ok(())
    }

    /// Polls a feed until all of its items are here.
    async fn poll(&self, feed: u32, polling: Polling) -> Result<(), Failure> {
        let began = self.network.now();
        let longest = Span(2 * self.news_take().0) + self.patience.reply;
        let mut after = 0;
        for number in 1.. {
            let asked = self.network.now();
            let answer = self.ask(feed, polling, Turn::of(number), after).await?;
            after = answer.last;
            if answer.ended || after >= self.items {
                break;
            }
            if self.network.now() - began > longest {
                let cause = Cause::ReplyTimeout { after: longest };
                return Err(failure(Protocol::Http, number, cause, Inference::Timer));
            }
            if polling == Polling::Short {
                self.network.wait_until(asked + self.poll).await;
            }
        }
        Ok(())
    }

    /// Asks once for the items after a number.
    async fn ask(&self, feed: u32, polling: Polling, turn: Turn, after: u32) -> Result<NewsAnswer, Failure> {
        let (after, hold) = (after.to_string(), HOLD.to_string());
        let mut extra = vec![(query::AFTER, after.as_str())];
        let mut within = None;
        if polling == Polling::Long {
            extra.push((query::WAIT, &hold));
            within = Some(Span::from_millis(HOLD) + self.patience.reply);
        }
        let plan = self.plan(feed);
        let query = with_texts(&plan, &extra);
        let request = Request { within, ..Request::get(turn, Service::News).with(&query) };
        let Response { status, body, .. } = self.network.fetch(request).await.map_err(|failed| failed.failure)?;
        let wrong = |cause| failure(Protocol::Http, turn.number, cause, Inference::Reply);
        if !(200..300).contains(&status) {
            return Err(wrong(Cause::Status { status }));
        }
        serde_json::from_slice(&body).map_err(|error| wrong(Cause::Unreadable { why: error.to_string() }))
    }

    /// Listens to server-sent events until the feed has ended.
    async fn listen(&self, feed: u32) -> Result<(), Failure> {
        let plan = self.plan(feed);
        let query = with_texts(&plan, &[]);
        let request = Request::get(Turn::of(1), Service::NewsEvents).with(&query);
        let events = self.network.listen(request).await.map_err(|failed| failed.failure)?;
        let mut outcome = Ok(());
        // The items, and the event that tells of the end.
        for _ in 0..=self.items {
            match events.next(Some(self.quiet())).await {
                Ok(event) if event.name == "end" => break,
                Ok(_) => {}
                Err(Failed { failure, .. }) => {
                    outcome = Err(failure);
                    break;
                }
            }
        }
        // Else the browser would ask again, for a stream that has ended.
        events.close();
        outcome
    }

    /// One long response, read as it comes.
    async fn streamed(&self) -> Result<(), Failure> {
        let mut payload = Vec::with_capacity(self.stream);
        fill(&mut payload, Turn::of(1), self.stream);
        let request = Request { streamed: true, ..Request::echo(Turn::of(1), &payload) };
        echo_over_http(self.network, request).await.map(drop)
    }

    /// Both talk on one WebSocket: the server of its news as they come, and the page at its own intervals, saying
    /// which item it has last. Neither waits for the other.
    ///
    /// The server takes what the page says as “go on after this item”. That changes nothing, unless an item is on its
    /// way just then: the two have crossed, and the server sends that item again.
    async fn converse(&self, feed: u32) -> Result<(), Failure> {
        let plan = self.plan(feed);
        let query = with_texts(&plan, &[]);
        let socket = self.network.open(Opening::of(Turn::WARM_UP, Service::News).with(&query)).await?;
        let last = Cell::new(0);
        // The page is silent until it has heard something, so that nothing it said can have asked for that.
        let first = socket.next(Turn::of(1), Some(self.quiet())).await;
        let silent = |failure: &Failure| matches!(failure.cause, Cause::ReplyTimeout { .. });
        match first {
            Ok(incoming) => last.set(number_of(&incoming)),
            Err(failure) if silent(&failure) => {}
            Err(failure) => return Err(failure),
        }
        let over = match future::select(pin!(self.speak(&socket, &last)), pin!(self.hear(&socket, &last))).await {
            Either::Left((never, _)) => match never {},
            Either::Right((over, _)) => over,
        };
        if silent(&over) {
            socket.close(1000, "").await;
        }
        if last.get() >= self.items { Ok(()) } else { Err(over) }
    }

    /// Says which item the page has last, again and again.
    async fn speak(&self, socket: &N::Socket, last: &Cell<u32>) -> Infallible {
        for number in 1.. {
            let said = self.network.now();
            let text = serde_json::to_string(&NewsResume { after: last.get() }).expect("a number is JSON");
            if socket.send(Turn::of(number), Payload::Text(&text)).is_err() {
                break;
            }
            self.network.wait_until(said + self.send).await;
        }
        // Closed. Who hears learns of it.
        future::pending().await
    }

    /// Hears what the server says until it says no more, and gives why.
    async fn hear(&self, socket: &N::Socket, last: &Cell<u32>) -> Failure {
        loop {
            let within = if last.get() < self.items { self.quiet() } else { self.patience.reply };
            match socket.next(Turn::of(last.get() + 1), Some(within)).await {
                Ok(incoming) => last.set(last.get().max(number_of(&incoming))),
                Err(failure) => return failure,
            }
        }
    }

    /// At an echo that has no news: the page sends at its intervals, whether or not it has its answers.
    async fn echo_without_waiting(&self) -> Result<(), Failure> {
        let socket = self.network.open(Opening::of(Turn::WARM_UP, Service::Echo)).await?;
        let speak = async {
            let mut payload = Vec::with_capacity(SIZE);
            for number in 1..=self.items {
                let said = self.network.now();
                fill(&mut payload, Turn::of(number), SIZE);
                socket.send(Turn::of(number), Payload::Binary(&payload))?;
                if number < self.items {
                    self.network.wait_until(said + self.send).await;
                }
            }
            Ok(())
        };
        let hear = async {
            let mut expected = Vec::with_capacity(SIZE);
            let (mut number, mut unasked) = (1, 0);
            while number <= self.items {
                let within = self.send + self.patience.reply;
                let reply = socket.next(Turn::of(number), Some(within)).await?;
                fill(&mut expected, Turn::of(number), SIZE);
                if reply.payload == expected {
                    number += 1;
                } else if reply.answers.is_none() && unasked < MOST_UNASKED {
                    // Some echoes greet whoever comes.
                    unasked += 1;
                } else {
                    return Err(failure(Protocol::WebSocket, number, Cause::DifferentEcho, Inference::Reply));
                }
            }
            Ok(())
        };
        if let Err(failure) = future::try_join(speak, hear).await {
            socket.give_up_unanswered();
            return Err(failure);
        }
        socket.close(1000, "").await;
        Ok(())
    }

    /// What a request says that begins the feed, or joins it.
    fn plan(&self, feed: u32) -> [(&'static str, String); 3] {
        [
            (query::FEED, self.network.place().id(feed).to_string()),
            (query::INTERVAL, self.interval.to_string()),
            (query::ITEMS, self.items.to_string()),
        ]
    }

    /// How long it takes until all items are published.
    fn news_take(&self) -> Span {
        Span(i64::from(self.items) * Span::from_millis(self.interval).0)
    }

    /// So long there may be no news.
    fn quiet(&self) -> Span {
        Span::from_millis(self.interval) + self.patience.reply
    }
}

fn with_texts<'a>(plan: &'a [(&'static str, String)], extra: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    plan.iter().map(|(name, value)| (*name, value.as_str())).chain(extra.iter().copied()).collect()
}

/// The item's number; 0 of a message that is none.
fn number_of(incoming: &Incoming) -> u32 {
    let item = (incoming.kind == Kind::Text).then(|| serde_json::from_slice::<NewsItem>(&incoming.payload));
    item.and_then(Result::ok).map_or(0, |item| item.number)
}

fn failure(protocol: Protocol, turn: u32, cause: Cause, inferred_from: Inference) -> Failure {
    Failure { protocol, turn: Some(turn), cause, inferred_from }
}
