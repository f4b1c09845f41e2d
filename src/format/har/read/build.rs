//! Makes a record of what was read: messages in the order of time, and the connections that carried them.

use std::collections::HashMap;

use super::super::form::Url;
use super::super::node::HarError;
use super::MOST_TURNS;
use super::entry::{Entry, Name, Response, Side, Socket, Timings};
use super::frames::{ControlFrame, Data};
use crate::trace::{
    Cause, Circumstances, Closed, Connection, ConnectionId, Direction, Failing, Fate, Happening, Inference, Kind, Mark,
    Message, MessageId, Moment, PayloadCopy, Phases, Protocol, Recorder, Span, Target, Time, Trace, Turn,
    frame_head_bytes, unknown_connection, unknown_message,
};

/// A message whose id is not known yet.
struct Draft {
    /// Where it belongs among the others; also where its own time is unknown.
    at: Time,
    message: Message,
    /// The draft that it answers.
    answers: Option<usize>,
}

/// What the record is made in.
pub(super) struct Builder {
    trace: Trace,
    drafts: Vec<Draft>,
    /// The page's clock shows 0 then, in µs since 1970.
    zero: i64,
    /// The file is one of ours: its connections have the server's numbers.
    ours: bool,
    /// HTTP connections by host, where that is needed, and name.
    named: HashMap<(String, String), ConnectionId>,
    origin: String,
    exchanges: u32,
    sockets: u32,
}

impl Entry {
    /// The first time that it tells, in µs since 1970.
    pub(super) fn earliest(&self) -> i64 {
        let socket = self.socket.iter();
        let data = socket.clone().flat_map(|socket| socket.messages.iter().map(|message| message.at));
        let closes = socket.flat_map(|socket| socket.control_frames.iter().map(|frame| frame.at));
        data.chain(closes).chain(self.events.iter().map(|event| event.at)).fold(self.began, i64::min)
    }
}

impl Builder {
    pub(super) fn of(known: Circumstances, mut entries: Vec<Entry>, ours: bool) -> Result<Trace, HarError> {
        let zero = entries.iter().map(Entry::earliest).min().ok_or(HarError::Nothing)?;
        // Files need not be in the order of time.
        entries.sort_by_key(|entry| entry.began);
        let origin = Url::of(&known.http.url).map(|url| url.origin()).unwrap_or_default();
        let (drafts, named) = (Vec::new(), HashMap::new());
        let mut builder =
            Self { trace: Trace::new(known), drafts, zero, ours, named, origin, exchanges: 0, sockets: 0 };
        for mut entry in entries {
            match entry.socket.take() {
                Some(socket) => builder.socket(entry, socket),
                None => builder.exchange(entry),
            }
        }
        Ok(builder.in_order())
    }

    fn page(&self, micros: i64) -> Time {
        Time(micros - self.zero)
    }

    fn draft(&mut self, at: Time, message: Message, answers: Option<usize>) -> usize {
        self.drafts.push(Draft { at, message, answers });
        self.drafts.len() - 1
    }

    fn exchange(&mut self, entry: Entry) {
        self.exchanges += 1;
        let turn = Turn { number: entry.turn.unwrap_or(self.exchanges), client: entry.client };
        let began = self.page(entry.began);
        let phases = phases(&entry, began, self.ours);
        let connection = self.connection(&entry, phases.as_ref());
        let target = Url::of(&entry.url).map(|url| match url.origin() == self.origin {
            true => url.target(),
            // Several hosts: their names have to be seen.
            false => format!("{}{}", url.origin(), url.target()),
        });
        let target = target.map(|path| Target { method: entry.method.as_str().into(), path: path.into() });
        let arrived = entry.response.is_some() || entry.received_by_server || !entry.events.is_empty();
        let request = Message {
            connection,
            target: target.map(Box::new),
            sent: Moment::Page(began),
            fate: if arrived { Fate::Delivered } else { Fate::Unanswered },
            failing: failing(&entry, began),
            phases: phases.map(Box::new),
            warm_up: entry.warm_up,
            ..carrying(blank(Protocol::Http, turn, Kind::Request, Direction::ToServer), entry.request)
        };
        let asked = self.draft(began, request, None);
        let is_stream = !entry.events.is_empty();
        for event in entry.events {
            let at = self.page(event.at);
            let turn = Turn { number: event.turn.unwrap_or(turn.number), client: turn.client };
            let message = Message {
                received: Moment::Page(at),
                fate: Fate::Delivered,
                payload: event.payload,
                copy: event.copy.map(PayloadCopy),
                ..blank(Protocol::Http, turn, Kind::Event, Direction::ToPage)
            };
            self.draft(at, message, Some(asked));
        }
        let Some(Response { status, side, media_type }) = entry.response else { return };
        // What a stream carries is its events; what surrounds them the file does not tell.
        let side = if is_stream { Side { copy: Some(Vec::new()), head: None, payload: 0, ..side } } else { side };
        let [head, read] = entry.page;
        let head = head.or_else(|| entry.timings.until_head()).map(|span| began + span);
        let received = began + read.unwrap_or(entry.timings.total);
        let response = Message {
            connection,
            received: Moment::Page(received),
            head,
            fate: if entry.failed { Fate::Broken } else { Fate::Delivered },
            media_type: media_type.map(Into::into),
            warm_up: entry.warm_up,
            ..carrying(blank(Protocol::Http, turn, Kind::Response { status }, Direction::ToPage), side)
        };
        self.draft(received, response, Some(asked));
    }

    /// The connection that carried an exchange, where the file names it.
    fn connection(&mut self, entry: &Entry, phases: Option<&Phases>) -> Option<ConnectionId> {
        let Name { name, is_global } = entry.connection.clone()?;
        let url = Url::of(&entry.url)?;
        let server_id = name.parse().ok().filter(|_| self.ours);
        let of_host = (format!("{}:{}", url.authority, url.port()), name.clone());
        let next = ConnectionId(u32::try_from(self.trace.connections.len()).ok()?);
        // The browser's own name comes with the other one, or without.
        let key = if is_global { (String::new(), name) } else { of_host.clone() };
        let id = *self.named.entry(key).or_insert(next);
        self.named.entry(of_host).or_insert(id);
        if id == next {
            let unknown = unknown_connection(id, Protocol::Http);
            self.trace.connections.push(Connection { server_id, client: entry.client, undated: true, ..unknown });
        }
        let connection = self.trace.connections.get_mut(id.0 as usize)?;
        if let Some(phases) = phases.filter(|phases| phases.connected()) {
            connection.asked = Moment::Page(phases.connect_start);
            connection.opened = Moment::Page(phases.connect_end);
            connection.undated = false;
        }
        Some(id)
    }

    fn socket(&mut self, entry: Entry, socket: Socket) {
        self.sockets += 1;
        let number = entry.turn.unwrap_or(self.sockets);
        let turn = Turn { number, client: entry.client };
        let began = self.page(entry.began);
        let id = ConnectionId(self.trace.connections.len() as u32);
        let status = entry.response.as_ref().map(|response| response.status);
        let agreed = status == Some(101);
        let is_used = agreed || !socket.messages.is_empty();
        // Over HTTP/2 and 3 a WebSocket is agreed to with a status of success (RFC 8441 §5, RFC 9220 §3).
        let is_success = |status: u16| !entry.protocol.starts_with("http/1") && (200..300).contains(&status);
        let refused = status.filter(|status| !is_used && !is_success(*status));
        let failing = failing(&entry, began).or_else(|| {
            let (cause, inferred_from) = (Cause::Status { status: refused? }, Inference::Reply);
            Some(Box::new(Failing { at: began + entry.timings.total, cause, inferred_from }))
        });
        let opened = opened(&entry.timings, &socket, began, self.zero).filter(|_| agreed);
        let closed = socket.closed.map(|(at, how)| Closed {
            at: at.map_or(Moment::Unknown, |at| Moment::Page(self.page(at.max(self.zero)))),
            how,
        });
        let server_id = entry.connection.as_ref().and_then(|named| named.name.parse().ok()).filter(|_| self.ours);
        self.trace.connections.push(Connection {
            url: entry.url.as_str().into(),
            client: entry.client,
            server_id,
            asked: Moment::Page(began),
            opened: opened.map_or(Moment::Unknown, Moment::Page),
            undated: is_used && opened.is_none(),
            closed,
            subprotocol: socket.subprotocol,
            extensions: socket.extensions,
            ..unknown_connection(id, Protocol::WebSocket)
        });
        let handshake = Message {
            connection: Some(id),
            sent: Moment::Page(began),
            // Whoever answers has read it, whatever the answer.
            fate: if is_used || status.is_some() { Fate::Delivered } else { Fate::Unanswered },
            failing,
            warm_up: entry.warm_up,
            ..carrying(
                blank(Protocol::WebSocket, turn, Kind::Handshake, Direction::ToServer),
                entry.request.head_alone(),
            )
        };
        let asked = self.draft(began, handshake, None);
        if let Some(response) = entry.response.filter(|_| agreed) {
            let kind = Kind::SwitchingProtocols;
            let message = Message {
                connection: Some(id),
                received: opened.map_or(Moment::Unknown, Moment::Page),
                fate: Fate::Delivered,
                warm_up: entry.warm_up,
                ..carrying(blank(Protocol::WebSocket, turn, kind, Direction::ToPage), response.side.head_alone())
            };
            self.draft(opened.unwrap_or(began), message, Some(asked));
        }
        self.carried(id, entry.client, socket.messages);
        self.closes(id, entry.client, socket.control_frames);
    }

    /// The data messages of a WebSocket.
    fn carried(&mut self, connection: ConnectionId, client: u32, messages: Vec<Data>) {
        let mut drafts = HashMap::new();
        let mut counts = [0, 0];
        for data in messages {
            let at = self.page(data.at);
            let to_server = data.direction == Direction::ToServer;
            let count = &mut counts[usize::from(to_server)];
            *count += 1;
            // There are files with more messages than a record has turns.
            let turn = Turn { number: data.turn.unwrap_or(*count).min(MOST_TURNS as u32), client };
            let head = frame_head_bytes(data.payload, to_server);
            let instrument =
                data.envelope.map(|envelope| envelope + frame_head_bytes(data.payload + envelope, to_server) - head);
            let (page, unknown) = (Moment::Page(at), Moment::Unknown);
            let message = Message {
                connection: Some(connection),
                sent: if to_server { page } else { unknown },
                received: if to_server { unknown } else { page },
                // Nobody tells whether what was sent arrived.
                fate: if to_server && !data.received_by_server { Fate::InFlight } else { Fate::Delivered },
                payload: data.payload,
                overhead: Some(head),
                instrument,
                copy: data.copy.map(PayloadCopy),
                warm_up: data.warm_up,
                ..blank(Protocol::WebSocket, turn, data.kind, data.direction)
            };
            let answers = data.answers.and_then(|place| drafts.get(&place).copied());
            if let Some(asked) = answers {
                let asked: &mut Draft = &mut self.drafts[asked];
                asked.message.fate = Fate::Delivered;
            }
            let draft = self.draft(at, message, answers);
            drafts.insert(data.place, draft);
        }
    }

    fn closes(&mut self, connection: ConnectionId, client: u32, frames: Vec<ControlFrame>) {
        let mut first = None;
        for ControlFrame { direction, at, code, reason, answers, turn, warm_up } in frames {
            let at = self.page(at);
            let to_server = direction == Direction::ToServer;
            let length = reason.len() as u64 + if code.is_some() { 2 } else { 0 };
            let (page, unknown) = (Moment::Page(at), Moment::Unknown);
            let message = Message {
                connection: Some(connection),
                sent: if to_server { page } else { unknown },
                received: if to_server { unknown } else { page },
                fate: if to_server { Fate::InFlight } else { Fate::Delivered },
                payload: reason.len() as u64,
                overhead: Some(frame_head_bytes(length, to_server) + length - reason.len() as u64),
                copy: Some(PayloadCopy(reason)),
                warm_up,
                ..blank(
                    Protocol::WebSocket,
                    Turn { number: turn.unwrap_or(1), client },
                    Kind::Close { code },
                    direction,
                )
            };
            let answered = first.filter(|(way, _)| answers && *way != direction).map(|(_, draft)| draft);
            if let Some(asked) = answered {
                let asked: &mut Draft = &mut self.drafts[asked];
                asked.message.fate = Fate::Delivered;
            }
            let draft = self.draft(at, message, answered);
            first.get_or_insert((direction, draft));
        }
    }

    /// The record, with its messages in the order in which the page sent or received them, and as many copies of what
    /// they carried as there is room for.
    fn in_order(mut self) -> Trace {
        let mut order: Vec<usize> = (0..self.drafts.len()).collect();
        order.sort_by_key(|&draft| (self.drafts[draft].at, draft));
        let mut ids = vec![MessageId(0); order.len()];
        for (place, &draft) in order.iter().enumerate() {
            ids[draft] = MessageId(place as u32);
        }
        let mut drafts: Vec<Option<Draft>> = self.drafts.into_iter().map(Some).collect();
        let mut room = Some(Recorder::MAX_COPIES);
        for (place, draft) in order.into_iter().enumerate() {
            let Some(Draft { at, mut message, answers }) = drafts[draft].take() else { continue };
            message.id = MessageId(place as u32);
            // A file may have an answer before what it answers.
            message.answers = answers.map(|draft| ids[draft]).filter(|asked| *asked < message.id);
            let length = message.copy.as_ref().map_or(0, |copy| copy.0.len());
            let left = room.and_then(|room| room.checked_sub(length));
            if length > 0 && left.is_none() {
                message.copy = None;
                if room.take().is_some() {
                    self.trace.marks.push(Mark { from: at, until: at, what: Happening::CopiesFull });
                }
            }
            room = room.and(left);
            self.trace.messages.push(message);
        }
        self.trace
    }
}

/// A message of which nothing more is known; that something is a warm-up a file has to say.
fn blank(protocol: Protocol, turn: Turn, kind: Kind, direction: Direction) -> Message {
    Message { warm_up: false, ..unknown_message(MessageId(0), protocol, turn, kind, direction) }
}

fn carrying(message: Message, side: Side) -> Message {
    let Side { payload, copy, head, instrument } = side;
    let overhead = head.map(|head| head.saturating_sub(instrument.unwrap_or(0)));
    Message { payload, copy: copy.map(PayloadCopy), overhead, instrument, ..message }
}

fn failing(entry: &Entry, began: Time) -> Option<Box<Failing>> {
    let (cause, inferred_from) = entry.failing.clone()?;
    Some(Box::new(Failing { at: began + entry.timings.total, cause, inferred_from }))
}

/// The stretches of an exchange as points, where the file tells of connecting.
fn phases(entry: &Entry, began: Time, ours: bool) -> Option<Phases> {
    let Timings { blocked, dns, connect, ssl, send, wait, receive, tells_connect, .. } = entry.timings;
    // Of what was never answered other tools have the whole time as blocked: nobody tells that it was sent.
    let is_told = tells_connect && blocked.is_some() && (ours || entry.response.is_some());
    let (wait, receive) = (wait.filter(|_| is_told)?, receive?);
    let looking_up = began + blocked.unwrap_or_default();
    let connecting = looking_up + dns.unwrap_or_default();
    let connected = connecting + connect.unwrap_or_default();
    let sent = connected + send.unwrap_or_default();
    let begun = sent + wait;
    // Some tools have a length there where nothing was encrypted.
    let encrypts = Url::of(&entry.url).is_some_and(|url| url.is_one_of(&["https", "wss"]));
    let secure = ssl.filter(|ssl| encrypts && connect.is_some_and(|connect| *ssl <= connect));
    Some(Phases {
        start: began,
        domain_lookup_start: looking_up,
        domain_lookup_end: connecting,
        connect_start: connecting,
        secure_connection_start: secure.map(|ssl| connected - ssl),
        connect_end: connected,
        // Ours has in `send` what lies before the first byte; others have the sending there, which follows it.
        request_start: if ours { sent } else { connected },
        response_start: begun,
        response_end: begun + receive,
        protocol: entry.protocol.clone(),
    })
}

/// When a WebSocket's 101 was there. Chromium counts as waiting all the time up to the last message, so that where
/// there are messages, the time is often not in the file: then it is unknown.
fn opened(timings: &Timings, socket: &Socket, began: Time, zero: i64) -> Option<Time> {
    let opened = began + timings.until_head().filter(|span| *span > Span::ZERO)?;
    let messages = socket.messages.iter().map(|message| message.at);
    let first = messages.chain(socket.control_frames.iter().map(|frame| frame.at)).min();
    Some(opened).filter(|opened| first.is_none_or(|first| opened.0 <= first - zero))
}
