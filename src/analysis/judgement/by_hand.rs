//! Records made by hand, for the tests of what is judged: a test says what happened and when, in µs of the page's clock,
//! and a recorder writes it down as a network would. The server's clock shows a second more.

use crate::analysis::Timeline;
use crate::trace::{
    Asked, Circumstances, Closing, ConnectionId, Kind, Message, MessageId, Moment, Outcome, Protocol, Recorder, Reply,
    ServerTime, Speaks, Time, Trace, Turn, testing,
};
use crate::wire::Evidence;

/// What the server's clock shows more than the page's.
const AHEAD: i64 = 1_000_000;

/// What the server's clock shows at a time of the page's.
pub(super) const fn on_server(at: i64) -> u64 {
    (at + AHEAD).cast_unsigned()
}

/// A record in the making.
pub(super) struct ByHand {
    recorder: Recorder,
    circumstances: Circumstances,
}

/// An exchange, with the times of its four ends on the page's clock.
#[derive(Clone, Copy)]
pub(super) struct Exchanged<'a> {
    /// Sent by the page, received by the server, sent by the server, received by the page.
    pub(super) at: [i64; 4],
    /// Which connection carried it, by the server's number; `None` where the server tells nothing.
    pub(super) connection: Option<u64>,
    pub(super) turn: Turn,
    pub(super) path: &'a str,
    pub(super) asks: &'a [u8],
    pub(super) answers: &'a [u8],
    /// When how many bytes of the answer were there.
    pub(super) pieces: &'a [(Time, u64)],
}

impl Default for Exchanged<'_> {
    fn default() -> Self {
        let turn = Turn::of(1);
        Self { at: [0; 4], connection: Some(1), turn, path: "/echo", asks: b"", answers: b"", pieces: &[] }
    }
}

impl ByHand {
    /// Nothing yet of a run of this lab.
    pub(super) fn of(lab: &str, speaks: Speaks) -> Self {
        Self { recorder: Recorder::default(), circumstances: testing::circumstances(lab, speaks) }
    }

    /// A parameter of the lab.
    pub(super) fn parameter(&mut self, name: &str, value: &str) {
        self.circumstances.parameters.push((name.into(), value.into()));
    }

    /// The WebSocket is elsewhere than where requests go.
    pub(super) fn web_socket_at(&mut self, url: &str) {
        self.circumstances.ws.url = url.into();
        self.circumstances.ws.instance = Some("two".into());
    }

    pub(super) fn part(&mut self, name: &str, protocol: Protocol) {
        self.recorder.part(name, Some(protocol), Time(0));
    }

    /// A request alone.
    pub(super) fn request(&mut self, exchange: &Exchanged<'_>) -> MessageId {
        let number = self.recorder.next_number();
        let method = if exchange.asks.is_empty() { "GET" } else { "POST" };
        self.recorder.request(&Asked {
            turn: exchange.turn,
            at: Time(exchange.at[0]),
            number,
            method,
            path: exchange.path,
            payload: exchange.asks,
            ..Asked::default()
        })
    }

    /// A response to a request.
    pub(super) fn response(&mut self, request: MessageId, exchange: &Exchanged<'_>) -> MessageId {
        let [_, received, sent, at] = exchange.at;
        let evidence = exchange.connection.map(|connection| Evidence {
            connection: Some(connection),
            ordinal: 1,
            opened: on_server(0),
            received: on_server(received),
            sent: on_server(sent),
            framing: None,
        });
        let (payload, pieces) = (exchange.answers, exchange.pieces);
        let reply = Reply { at: Time(at), payload, pieces, evidence, ..Reply::default() };
        self.recorder.response(request, exchange.turn, 200, &reply)
    }

    /// A request and its response.
    pub(super) fn exchange(&mut self, exchange: &Exchanged<'_>) -> (MessageId, MessageId) {
        let request = self.request(exchange);
        (request, self.response(request, exchange))
    }

    /// A server-sent event, within the response to that request.
    pub(super) fn event(&mut self, request: MessageId, at: i64, data: &str) -> MessageId {
        self.recorder.event(request, Turn::of(1), Time(at), Moment::Unknown, data.as_bytes())
    }

    /// A WebSocket that is open.
    pub(super) fn open(&mut self, client: u32, at: i64) -> ConnectionId {
        let (turn, number) = (Turn::WARM_UP.by(client), self.recorder.next_number());
        let (connection, handshake) = self.recorder.opening(turn, Time(at), number, "ws://127.0.0.1:9000/ws", 0);
        let none = String::new;
        self.recorder.opened(connection, handshake, turn, Time(at + 10), none(), none());
        connection
    }

    /// The page says something on a WebSocket.
    pub(super) fn say(&mut self, connection: ConnectionId, turn: Turn, at: i64, text: &str) -> MessageId {
        self.recorder.sent(connection, turn, Kind::Text, Time(at), text.as_bytes(), 0)
    }

    /// The server says something on a WebSocket that answers nothing, as far as is known. `sent` is when, on the page's
    /// clock.
    pub(super) fn hear(&mut self, connection: ConnectionId, sent: i64, at: i64, text: &str) -> MessageId {
        let sent = Moment::Server(ServerTime(sent + AHEAD));
        self.recorder.pushed(connection, Turn::of(1), Kind::Text, Time(at), sent, text.as_bytes())
    }

    /// The server answers something on a WebSocket.
    pub(super) fn hear_answer(
        &mut self,
        connection: ConnectionId,
        turn: Turn,
        request: MessageId,
        at: i64,
        text: &str,
    ) -> MessageId {
        let reply = Reply { at: Time(at), payload: text.as_bytes(), ..Reply::default() };
        self.recorder.answered(connection, turn, Kind::Text, request, &reply, 0)
    }

    /// A WebSocket ends in order.
    pub(super) fn close(&mut self, connection: ConnectionId, at: i64) {
        let how = Closing::CloseEvent { code: 1000, reason: String::new(), clean: true };
        self.recorder.closed(connection, Time(at), how);
    }

    /// The record, changed at last by hand where no network would write such a thing down.
    pub(super) fn trace(mut self, change: impl Fn(&mut Message)) -> (Trace, Timeline) {
        self.recorder.end(Time(0), Outcome::Finished);
        let mut trace = Trace::new(self.circumstances);
        for event in self.recorder.take() {
            trace.apply(event);
        }
        trace.messages.iter_mut().for_each(change);
        let timeline = Timeline::of(&trace);
        (trace, timeline)
    }
}

/// When the server received a message, on the page's clock.
pub(super) fn received_at(at: i64) -> Moment {
    Moment::Server(ServerTime(at + AHEAD))
}
