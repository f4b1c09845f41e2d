//! Writes a WebSocket as an entry of a HAR file: its handshake, and in `_webSocketMessages` what it carried.

use std::collections::HashMap;

use super::form;
use super::head::Head;
use super::http::{life, size};
use super::model::{Closed, ControlFrame, Empty, Entry, Message as Written, Pair, Placed, Request};
use super::timings::Split;
use super::write::{PAGE, Writer};
use crate::analysis::{Provenance, raw};
use crate::format::date;
use crate::trace::{Closing, Connection, Direction, Kind, Message, MessageId, Moment, Protocol, Time};

/// The opcodes of RFC 6455 §5.2.
mod opcode {
    pub(super) const TEXT: u8 = 1;
    pub(super) const BINARY: u8 = 2;
    pub(super) const CLOSE: u8 = 8;
    pub(super) const PING: u8 = 9;
    pub(super) const PONG: u8 = 10;
}

impl<'a> Writer<'a> {
    /// A WebSocket, from its handshake on.
    pub(super) fn socket(&self, handshake: &'a Message) -> Entry<'a> {
        let connection = handshake.connection.and_then(|id| self.trace.connection(id));
        let response = self.answer(handshake.id);
        let called = self.called(handshake);
        let asked = Head::of(self.trace, handshake);
        let told = response.map(|response| Head::of(self.trace, response)).unwrap_or_default();
        let url = self.socket_url(connection, &asked);
        let carried = handshake.connection.map(|id| self.carried(id)).unwrap_or_default();
        let split = life_of(handshake, response, connection, carried, called);
        let began = self.epoch(called);
        Entry {
            began,
            pageref: PAGE,
            started_date_time: date::write(began),
            time: split.total().as_millis(),
            server_ip_address: form::Url::of(&url).and_then(|url| url.ip_address()),
            response: self.response(handshake, response, &with_agreed(told, connection)),
            request: upgrade(handshake, url, &asked),
            cache: Empty {},
            timings: split.written(),
            connection: self.connection(handshake.connection),
            resource_type: "websocket",
            turn: handshake.turn,
            client: handshake.client,
            warm_up: handshake.warm_up,
            page: None,
            server: self.at_server(handshake, response, called),
            events: Vec::new(),
            messages: Some(connection.map(|connection| self.messages(connection, carried)).unwrap_or_default()),
            control_frames: connection.map(|connection| self.control_frames(connection, carried)).unwrap_or_default(),
            closed: connection.and_then(|connection| self.closed(connection)),
        }
    }

    fn socket_url(&self, connection: Option<&Connection>, asked: &Head) -> String {
        let opened = connection.map(|connection| &*connection.url).filter(|url| !url.is_empty());
        let opened = opened.unwrap_or(&self.trace.circumstances.ws.url);
        match (form::Url::of(opened), &asked.target) {
            (Some(url), Some(target)) => format!("{}{target}", url.origin()),
            _ => opened.to_owned(),
        }
    }

    /// The data messages, in the order in which the page sent and received them.
    fn messages(&self, connection: &Connection, carried: &[&Message]) -> Vec<Written> {
        let whole: HashMap<MessageId, Vec<u8>> = raw::payloads(self.trace, connection).into_iter().collect();
        let data = || carried.iter().filter(|message| matches!(message.kind, Kind::Text | Kind::Binary));
        let places: HashMap<MessageId, usize> =
            data().enumerate().map(|(place, message)| (message.id, place)).collect();
        let written = data().map(|message| {
            let bytes = whole.get(&message.id).or(message.copy.as_ref().map(|copy| &copy.0));
            let data = bytes.and_then(|bytes| match message.kind {
                Kind::Text => String::from_utf8(bytes.clone()).ok(),
                _ => Some(form::base64(bytes)),
            });
            let has_envelope = connection.is_enveloped() && data.is_some();
            Written {
                way: way(message.direction),
                time: message.page_time().map(|at| self.seconds(at)),
                opcode: if message.kind == Kind::Text { opcode::TEXT } else { opcode::BINARY },
                size: data.is_none().then_some(message.payload),
                envelope_left_out: has_envelope && !whole.contains_key(&message.id),
                data,
                turn: message.turn,
                warm_up: message.warm_up,
                answers: message.answers.and_then(|asked| places.get(&asked).copied()),
                server: self.at_servers_end(message),
            }
        });
        written.collect()
    }

    fn at_servers_end(&self, message: &Message) -> Option<Placed> {
        let (sent, received) = self.timeline.ends(self.trace, message);
        let end = if message.direction == Direction::ToServer { received } else { sent };
        let end = end.filter(|end| end.provenance == Provenance::Server)?;
        Some(Placed { time: self.seconds(end.at), uncertainty: end.uncertainty.0 as f64 / 1_000_000.0 })
    }

    /// The close frames that the page knows of, and the pings and pongs that the server saw.
    fn control_frames(&self, connection: &Connection, carried: &[&Message]) -> Vec<ControlFrame> {
        let closes = carried.iter().filter_map(|message| {
            let Kind::Close { code } = message.kind else { return None };
            let reason = message.copy.as_ref().filter(|copy| !copy.0.is_empty());
            Some(ControlFrame {
                way: way(message.direction),
                time: message.page_time().map(|at| self.seconds(at)),
                uncertainty: None,
                opcode: opcode::CLOSE,
                code,
                data: reason.map(|reason| String::from_utf8_lossy(&reason.0).into_owned()),
                answers: message.answers.is_some(),
                turn: Some(message.turn),
                warm_up: message.warm_up,
            })
        });
        let pings_and_pongs = raw::pings_and_pongs(connection).into_iter().map(|(direction, is_ping, at)| {
            let placed = self.placed(Moment::Server(at), Protocol::WebSocket);
            ControlFrame {
                way: way(direction),
                time: placed.map(|placed| self.seconds(placed.at)),
                uncertainty: placed.map(|placed| placed.uncertainty.0 as f64 / 1_000_000.0),
                opcode: if is_ping { opcode::PING } else { opcode::PONG },
                code: None,
                data: None,
                answers: false,
                turn: None,
                warm_up: false,
            }
        });
        closes.chain(pings_and_pongs).collect()
    }

    fn closed<'b>(&self, connection: &'b Connection) -> Option<Closed<'b>> {
        let closed = connection.closed.as_ref()?;
        let at = closed.at.page().or_else(|| Some(self.placed(closed.at, Protocol::WebSocket)?.at));
        Some(Closed { time: at.map(|at| self.seconds(at)), how: &closed.how })
    }
}

/// The handshake is what is waited for, and all behind it is received: up to the close event, or to the last that came.
fn life_of(
    handshake: &Message,
    response: Option<&Message>,
    connection: Option<&Connection>,
    carried: &[&Message],
    called: Time,
) -> Split {
    let opened = response.and_then(|response| response.received.page());
    let seen = |connection: &Connection| {
        let closed = connection.closed.as_ref()?;
        closed.at.page().filter(|_| matches!(closed.how, Closing::CloseEvent { .. } | Closing::GivenUp))
    };
    let failed = handshake.failing.as_deref().map(|failing| failing.at);
    let last = carried.last().and_then(|message| message.page_time());
    let end = connection.and_then(seen).or(failed).max(last);
    // One that never opened failed when the page learnt of it.
    life(called, opened, if opened.is_none() { failed.or(end) } else { end })
}

/// Where the head is not here, what a page can read of it: the subprotocol and the extensions that were agreed on.
fn with_agreed(mut told: Head, connection: Option<&Connection>) -> Head {
    if let Some(connection) = connection.filter(|_| !told.known) {
        let agreed =
            [("Sec-WebSocket-Protocol", &connection.subprotocol), ("Sec-WebSocket-Extensions", &connection.extensions)];
        let agreed = agreed.into_iter().filter(|(_, value)| !value.is_empty());
        told.headers.extend(agreed.map(|(name, value)| Pair { name: name.into(), value: value.clone() }));
    }
    told
}

fn upgrade(handshake: &Message, url: String, asked: &Head) -> Request {
    let counted = handshake.overhead.zip(handshake.instrument).map(|(overhead, instrument)| overhead + instrument);
    Request {
        method: "GET".into(),
        query_string: form::query(&url),
        url,
        http_version: match asked.known {
            true => asked.version.clone(),
            false => handshake.alpn.as_deref().map(form::http_version).unwrap_or_default(),
        },
        cookies: asked.cookies("cookie", false),
        headers: asked.headers.clone(),
        post_data: None,
        headers_size: size(asked.size.or(counted)),
        body_size: 0,
        instrument: handshake.instrument,
    }
}

const fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::ToServer => "send",
        Direction::ToPage => "receive",
    }
}
