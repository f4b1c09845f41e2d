//! The server: what our echo server does with the requests that arrive, faults and all.

mod echo;
pub(super) mod memory;
pub(super) mod news;
pub(super) mod room;
pub(super) mod websocket;

use std::pin::pin;
use std::rc::Rc;

use futures_util::future::select;
use serde::Serialize;

use super::World;
use super::bytes::{self, Framing};
use super::connection::{Asked, Connection, Down, Head, Stream};
use super::ledger::{Begun, ExchangeId, Part};
use crate::network::Service;
use crate::trace::Protocol;
use crate::wire::{Evidence, query};

/// An exchange as the server has it.
pub(super) struct Exchange {
    pub(super) world: Rc<World>,
    pub(super) connection: Rc<Connection>,
    pub(super) asked: Rc<Asked>,
    pub(super) stream: Rc<Stream>,
    pub(super) booked: ExchangeId,
    /// Which request it is on its connection.
    pub(super) ordinal: u64,
    /// When it arrived, on the server's clock.
    pub(super) received: u64,
    part: Part,
}

/// An answer that is known as a whole.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) media_type: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).unwrap_or_default();
        Self { status: 200, media_type: "application/json".into(), body }
    }

    /// An error (RFC 9457).
    pub(super) fn problem(status: u16, detail: &str) -> Self {
        let body = serde_json::json!({ "title": "Error", "status": status, "detail": detail }).to_string();
        Self { status, media_type: "application/problem+json".into(), body: body.into_bytes() }
    }
}

/// Serves a request that arrives now, until the page gives it up.
pub(super) async fn serve(world: Rc<World>, connection: Rc<Connection>, asked: Rc<Asked>, stream: Rc<Stream>) {
    let now = world.server_now();
    let part = if connection.alpn == "h2" { Part::Shared } else { Part::Http };
    let of_run = asked.number.filter(|_| world.keeps_books()).map(|number| Begun {
        number: Some(number),
        method: asked.method.to_owned(),
        alpn: connection.alpn,
        fault: asked.fault(),
    });
    let written = bytes::request(&asked);
    let (booked, ordinal) = {
        let mut ledger = world.ledger.borrow_mut();
        let (booked, ordinal) = ledger.begin(connection.id, now, of_run);
        ledger.read(booked, now, part, &written.bytes);
        if let Some(exchange) = ledger.exchange(booked) {
            exchange.received = Some(now);
            exchange.request_instrument_bytes = written.instrument;
        }
        (booked, ordinal)
    };
    stream.booked.set(Some(booked));
    let gone = Rc::clone(&stream);
    let is_stalled = world.is_stalled();
    let exchange = Exchange { world, connection, asked, stream, booked, ordinal, received: now, part };
    if is_stalled {
        return;
    }
    select(pin!(exchange.answer()), pin!(gone.gone.raised())).await;
}

impl Exchange {
    async fn answer(&self) {
        if self.asked.method != "OPTIONS" && self.asked.upgrade.is_none() && echo::leaves_unanswered(self) {
            return;
        }
        self.world.clock.sleep(self.world.conditions.thinking).await;
        if self.asked.method == "OPTIONS" {
            self.respond(&Answer { status: 204, media_type: String::new(), body: Vec::new() });
            return;
        }
        if self.asked.upgrade.is_some() {
            websocket::serve(self).await;
            return;
        }
        let offered = self.asked.service.filter(|&service| self.world.offers(service, Protocol::Http));
        match (offered, self.asked.method) {
            (Some(Service::Echo), _) => echo::over_http(self).await,
            (Some(Service::News), "GET") => news::poll(self).await,
            (Some(Service::News), "POST") => self.respond(&news::publish(self)),
            (Some(Service::NewsEvents), "GET") => news::events(self).await,
            (Some(Service::Memory), "POST") => self.respond(&memory::command(self)),
            (Some(Service::Room), "POST") => self.respond(&room::say(self)),
            (Some(Service::RoomEvents), "GET") => room::events(self).await,
            (Some(_), _) => self.respond(&Answer::problem(405, "This address is not asked with that method.")),
            (None, _) => self.respond(&Answer::problem(404, "There is nothing at this address.")),
        }
    }

    /// The connection's id, if it may be told.
    pub(super) fn told_id(&self) -> Option<u64> {
        (!self.world.conditions.behind_proxy).then_some(self.connection.id)
    }

    /// What is said of the exchange; `None` by a server that is not ours.
    pub(super) fn evidence(&self) -> Option<Evidence> {
        (!self.world.conditions.plain).then(|| Evidence {
            connection: self.told_id(),
            ordinal: self.ordinal,
            opened: self.connection.opened,
            received: self.received,
            sent: self.world.server_now(),
            framing: None,
        })
    }

    /// Whether the URL asks for the connection to be closed; it cannot over HTTP/2.
    fn asks_to_close(&self) -> bool {
        self.asked.value(query::CONNECTION) == Some(query::CLOSE) && self.part != Part::Shared
    }

    /// Sends a whole response.
    pub(super) fn respond(&self, answer: &Answer) {
        let close = self.asks_to_close();
        let framing = if answer.status == 204 { Framing::None } else { Framing::Length(answer.body.len()) };
        self.head(answer.status, &answer.media_type, framing, close);
        self.body(&answer.body, answer.body.clone());
        self.finish(&[], close);
    }

    /// Sends the head of a response.
    pub(super) fn head(&self, status: u16, media_type: &str, framing: Framing, close: bool) {
        let evidence = self.evidence();
        let written = bytes::response_head(status, media_type, framing, evidence.as_ref(), close);
        if let Some(exchange) = self.world.ledger.borrow_mut().exchange(self.booked) {
            exchange.status = Some(status);
            exchange.sent = Some(self.world.server_now());
            exchange.response_instrument_bytes = written.instrument;
        }
        let head = Head { status, media_type: media_type.to_owned(), evidence, close };
        self.write(&written.bytes, Some(Down::Head(head)));
    }

    /// Sends a part of a body: what is written, and what the page gets of it.
    pub(super) fn body(&self, written: &[u8], piece: Vec<u8>) {
        self.write(written, (!piece.is_empty()).then_some(Down::Body(piece)));
    }

    /// Sends the end of a response.
    pub(super) fn finish(&self, written: &[u8], close: bool) {
        self.write(written, Some(Down::Done));
        if close {
            self.connection.end();
        }
    }

    /// Writes bytes on the connection, and tells the page what they mean.
    pub(super) fn write(&self, bytes: &[u8], down: Option<Down>) {
        if !bytes.is_empty() {
            self.world.ledger.borrow_mut().wrote(self.booked, self.world.server_now(), self.part, bytes);
        }
        if let Some(down) = down {
            self.connection.deliver(&self.stream, down);
        }
    }

    /// Sends events as they come (HTML standard, §9.2): the beginning of the response now.
    pub(super) fn begin_events(&self) {
        self.head(200, "text/event-stream", Framing::Chunked, false);
        self.part_of_events("retry: 1000\n\n");
    }

    /// Sends lines of the stream of events.
    pub(super) fn part_of_events(&self, lines: &str) {
        let written =
            if self.part == Part::Shared { lines.as_bytes().to_vec() } else { bytes::chunk(lines.as_bytes()) };
        self.body(&written, lines.as_bytes().to_vec());
    }

    /// Ends the stream of events.
    pub(super) fn end_events(&self) {
        let last = if self.part == Part::Shared { Vec::new() } else { bytes::chunk(&[]) };
        self.finish(&last, false);
    }

    /// Several exchanges share the connection.
    pub(super) fn is_multiplexed(&self) -> bool {
        self.part == Part::Shared
    }
}

/// An event with a type, an id if it has one, and data of one line.
pub(super) fn event(kind: &str, id: Option<u32>, data: &str) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("{id}event: {kind}\ndata: {data}\n\n")
}
