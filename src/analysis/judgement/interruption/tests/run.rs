//! A run of the lab that is built by hand: what the page lived through, then what the server tells.

use super::super::{Fact, part};
use crate::analysis::Timeline;
use crate::analysis::judgement::{self, Claim, Finding, Outcome};
use crate::trace::{
    Asked, Cause, Closing, ConnectionId, Failing, Happening, Inference, Kind, MessageId, Moment, Protocol, Recorder,
    Reply, Span, Speaks, Time, Trace, Turn, testing,
};
use crate::wire::{Capture, ConnectionEntry, ExchangeEntry, Fault, Piece, RunId, Transcript};

/// What becomes of a request.
#[derive(Clone, Copy)]
pub(super) enum End {
    NoHead,
    Truncated(usize),
    TimedOut(usize),
    Whole(u16),
}

pub(super) struct Run {
    recorder: Recorder,
    now: i64,
    speaks: Speaks,
    /// What the server tells.
    told: Vec<Told>,
    turn: u32,
}

/// What the server tells of an exchange.
struct Told {
    number: u32,
    /// How it came, each time: the connection's id, and which request it was there.
    arrivals: Vec<(u64, u64)>,
    /// For a WebSocket: the frames that the server read.
    frames: Vec<u8>,
}

impl Told {
    fn new(number: u32, arrivals: &[(u64, u64)]) -> Self {
        Self { number, arrivals: arrivals.to_vec(), frames: Vec::new() }
    }
}

/// A WebSocket of the run.
pub(super) struct Socket {
    connection: ConnectionId,
    number: u32,
}

impl Run {
    pub(super) fn new() -> Self {
        Self { recorder: Recorder::default(), now: 0, speaks: Speaks::Duplex, told: Vec::new(), turn: 0 }
    }

    pub(super) fn plain() -> Self {
        Self { speaks: Speaks::Plain, ..Self::new() }
    }

    fn tick(&mut self) -> Time {
        self.now += 1_000;
        Time(self.now)
    }

    pub(super) fn pass(&mut self, span: i64) {
        self.now += span;
    }

    pub(super) fn part(&mut self, name: &str) {
        let at = self.tick();
        self.recorder.part(name, None, at);
    }

    pub(super) fn turn(&mut self) -> u32 {
        self.turn += 1;
        self.turn
    }

    /// A request that the server sees on these connections, each with the request's place on it.
    pub(super) fn request(&mut self, method: &str, payload: &[u8], arrivals: &[(u64, u64)], end: End) -> MessageId {
        let turn = self.turn();
        self.request_of(turn, None, method, payload, arrivals, end)
    }

    pub(super) fn retry(&mut self, of: MessageId, method: &str, arrivals: &[(u64, u64)], end: End) -> MessageId {
        let turn = self.turn();
        self.request_of(turn, Some(of), method, b"1234567890", arrivals, end)
    }

    fn request_of(
        &mut self,
        turn: u32,
        retries: Option<MessageId>,
        method: &str,
        payload: &[u8],
        arrivals: &[(u64, u64)],
        end: End,
    ) -> MessageId {
        let (number, at, turn) = (self.recorder.next_number(), self.tick(), Turn::of(turn));
        let asked = Asked { turn, at, number, method, path: "/echo", payload, retries, ..Asked::default() };
        let request = self.recorder.request(&asked);
        self.told.push(Told::new(number, arrivals));
        let at = self.tick();
        let midway = Cause::ClosedMidway { code: None, reason: String::new() };
        let (cause, inferred_from, came) = match end {
            End::NoHead => (midway, Inference::ProbeAnswered, None),
            End::Truncated(came) => (midway, Inference::BodyRejected, Some(came)),
            End::TimedOut(0) => (Cause::ReplyTimeout { after: Span(500) }, Inference::Timer, None),
            End::TimedOut(came) => (Cause::ReplyTimeout { after: Span(500) }, Inference::Timer, Some(came)),
            End::Whole(status) => {
                self.respond(request, turn, status, payload);
                return request;
            }
        };
        if let Some(came) = came {
            let reply = Reply { at, head: Some(at), payload: &payload[..came], ..Reply::default() };
            self.recorder.broken_response(request, turn, 200, &reply);
        }
        self.recorder.failed(request, Failing { at, cause, inferred_from });
        request
    }

    fn respond(&mut self, request: MessageId, turn: Turn, status: u16, payload: &[u8]) {
        let reply = Reply { at: Time(self.now), head: Some(Time(self.now)), payload, ..Reply::default() };
        self.recorder.response(request, turn, status, &reply);
    }

    /// A `GET` that is answered with that body.
    pub(super) fn get(&mut self, body: &str) {
        let (number, at, turn) = (self.recorder.next_number(), self.tick(), Turn::of(99));
        let asked = Asked { turn, at, number, method: "GET", path: "/news", ..Asked::default() };
        let request = self.recorder.request(&asked);
        self.tick();
        self.respond(request, turn, 200, body.as_bytes());
        self.told.push(Told::new(number, &[(1, 9)]));
    }

    /// A stream of events with one event, asked for on these occasions.
    pub(super) fn listen(&mut self, arrivals: &[(u64, u64)]) {
        let (number, at, turn) = (self.recorder.next_number(), self.tick(), Turn::of(98));
        let asked = Asked { turn, at, number, method: "GET", path: "/news/events", ..Asked::default() };
        let request = self.recorder.request(&asked);
        self.recorder.streaming(request, turn, None);
        let at = self.tick();
        self.recorder.event(request, turn, at, Moment::Unknown, b"{}");
        self.told.push(Told::new(number, arrivals));
    }

    pub(super) fn open(&mut self, turn: u32, arrivals: &[(u64, u64)]) -> Socket {
        let (at, number, turn) = (self.tick(), self.recorder.next_number(), Turn::of(turn));
        let (connection, handshake) = self.recorder.opening(turn, at, number, "ws://here/ws", 0);
        self.told.push(Told::new(number, arrivals));
        let at = self.tick();
        self.recorder.opened(connection, handshake, turn, at, String::new(), String::new());
        Socket { connection, number }
    }

    pub(super) fn refused(&mut self, turn: u32) {
        let (at, number, turn) = (self.tick(), self.recorder.next_number(), Turn::of(turn));
        let (_, handshake) = self.recorder.opening(turn, at, number, "ws://here/ws", 0);
        let at = self.tick();
        let (cause, inferred_from) = (Cause::HandshakeRefused, Inference::ProbeAnswered);
        self.recorder.failed(handshake, Failing { at, cause, inferred_from });
        self.told.push(Told::new(number, &[(60, 1)]));
    }

    /// Sends a message; `read` says that the server reads it.
    pub(super) fn send(&mut self, socket: &Socket, turn: u32, read: bool) -> MessageId {
        let at = self.tick();
        let payload = format!("message {turn}");
        let sent = self.recorder.sent(socket.connection, Turn::of(turn), Kind::Text, at, payload.as_bytes(), 0);
        if read && let Some(told) = self.told.iter_mut().find(|told| told.number == socket.number) {
            told.frames.extend([0x81, 0x80 | payload.len() as u8, 0, 0, 0, 0]);
            told.frames.extend(payload.bytes());
        }
        sent
    }

    pub(super) fn answer(&mut self, socket: &Socket, sent: MessageId, turn: u32) {
        let (at, payload) = (self.tick(), format!("message {turn}"));
        let reply = Reply { at, payload: payload.as_bytes(), ..Reply::default() };
        self.recorder.answered(socket.connection, Turn::of(turn), Kind::Text, sent, &reply, 0);
    }

    pub(super) fn push(&mut self, socket: &Socket, item: u32) {
        let at = self.tick();
        let text = news(item);
        self.recorder.pushed(socket.connection, Turn::of(97), Kind::Text, at, Moment::Unknown, text.as_bytes());
    }

    pub(super) fn published(&mut self, item: u32) {
        let (number, at, turn) = (self.recorder.next_number(), self.tick(), Turn::of(96));
        let asked = Asked { turn, at, number, method: "POST", path: "/news", payload: b"news", ..Asked::default() };
        let request = self.recorder.request(&asked);
        self.tick();
        self.respond(request, turn, 200, news(item).as_bytes());
    }

    pub(super) fn ends(&mut self, socket: &Socket, how: Closing, lost: &[MessageId]) {
        let at = self.tick();
        lost.iter().for_each(|message| self.recorder.unanswered(*message));
        self.recorder.closed(socket.connection, at, how);
    }

    pub(super) fn back_off(&mut self, millis: u32) {
        let (from, span) = (Time(self.now), Span::from_millis(millis));
        self.now += span.0;
        self.recorder.mark(from, from + span, Happening::BackOff);
    }

    /// The record, with the server's account in the end.
    pub(super) fn told(mut self) -> Trace {
        let transcript = transcript(&self.told);
        self.recorder.ledger(Time(self.now), Protocol::BOTH.to_vec(), transcript);
        self.untold()
    }

    /// The record without one.
    pub(super) fn untold(mut self) -> Trace {
        testing::told(testing::circumstances("interruption", self.speaks), &mut self.recorder)
    }
}

fn news(item: u32) -> String {
    format!(r#"{{"number":{item},"published":5,"text":"news {item}"}}"#)
}

/// The account that says that.
fn transcript(told: &[Told]) -> Transcript {
    let mut connections: Vec<ConnectionEntry> = Vec::new();
    for (began, Told { number, arrivals, frames }) in (1..).zip(told) {
        for (attempt, (id, ordinal)) in (0_u64..).zip(arrivals) {
            let exchange = format!(
                r#"{{"n":{number},"ordinal":{ordinal},"began":{began},"received":9,"sent":null,"request_bytes":500,
                "response_bytes":null,"response_instrument_bytes":0,"upgraded":false,"method":"GET"}}"#,
                began = began * 100 + attempt
            );
            let mut exchange: ExchangeEntry = serde_json::from_str(&exchange).expect("an exchange");
            if !frames.is_empty() {
                exchange.upgraded = true;
                exchange.frames_in = Some(Capture { pieces: vec![Piece { at: 1, bytes: frames.clone() }], dropped: 0 });
            }
            match connections.iter_mut().find(|connection| connection.id == *id) {
                Some(connection) => connection.exchanges.push(exchange),
                None => {
                    let told = format!(
                        r#"{{"id":{id},"opened":0,"closed":null,"bytes_in":0,"bytes_out":0,"requests":1,"exchanges":[]}}"#
                    );
                    let connection = serde_json::from_str(&told).expect("a connection");
                    connections.push(ConnectionEntry { exchanges: vec![exchange], ..connection });
                }
            }
        }
    }
    connections.sort_by_key(|connection| connection.id);
    Transcript { run: RunId(1), now: 1_000_000, connections, dropped: 0 }
}

pub(super) fn judged(trace: &Trace, claim: Claim) -> (Outcome, Vec<Fact>) {
    let verdict = judgement::judge(claim, trace, &Timeline::of(trace));
    (verdict.outcome, facts(verdict.reasons))
}

pub(super) fn happened(trace: &Trace) -> Vec<Fact> {
    facts(judgement::what_happened(trace, &Timeline::of(trace)))
}

fn facts(findings: Vec<Finding>) -> Vec<Fact> {
    let fact = |finding: Finding| match finding.fact {
        judgement::Fact::Interruption(fact) => Some(fact),
        _ => None,
    };
    findings.into_iter().filter_map(fact).collect()
}

pub(super) fn abnormal() -> Closing {
    Closing::CloseEvent { code: 1006, reason: String::new(), clean: false }
}

/// The part in which requests meet that fault begins.
pub(super) fn http(run: &mut Run, fault: Fault) {
    run.part(&part::http(fault));
}
