//! The server's side of a WebSocket: its handshake, its frames, its closing (RFC 6455), and the echo over it with
//! the faults that may be asked for.

use std::cell::Cell;
use std::future::pending;
use std::pin::pin;

use futures_util::future::select;

use super::super::bytes::{self, close_payload, close_said};
use super::super::connection::{Down, Head, Up};
use super::super::ledger::Part;
use super::echo::{DRIP, drop_size};
use super::{Answer, Exchange, memory, news, room};
use crate::network::Service;
use crate::trace::{Protocol, Span};
use crate::wire::{Envelope, Evidence, Fault, query};

/// How long the client's close is waited for after the server's own.
const CLOSE_TIME: Span = Span::from_millis(2_000);

pub(in super::super) const TEXT: u8 = 1;
pub(in super::super) const BINARY: u8 = 2;
pub(in super::super) const CLOSE: u8 = 8;
pub(in super::super) const PING: u8 = 9;
pub(in super::super) const PONG: u8 = 10;

/// The server's end of an open WebSocket.
pub(super) struct Socket<'a> {
    pub(super) exchange: &'a Exchange,
    /// Data messages that came.
    messages: Cell<u64>,
}

/// Answers a handshake, and goes on with the WebSocket.
pub(super) async fn serve(exchange: &Exchange) {
    let (world, asked) = (&exchange.world, &exchange.asked);
    let fault = asked.fault().filter(|_| asked.service == Some(Service::Echo) && !world.conditions.plain);
    let at = match fault {
        Some(Fault::Status) => 0,
        _ => asked.value(query::AT).and_then(|at| at.parse().ok()).unwrap_or(1),
    };
    if let Some(fault) = fault.filter(|_| at == 0) {
        return at_handshake(exchange, fault).await;
    }
    let Some(service) = asked
        .service
        .filter(|&service| world.offers(service, Protocol::WebSocket) && !world.conditions.refuses_upgrade)
    else {
        return exchange.respond(&Answer::problem(404, "No WebSocket is spoken at this address."));
    };
    let socket = Socket { exchange, messages: Cell::new(0) };
    match service {
        Service::Echo => {
            socket.switch();
            echo(&socket, fault.map(|fault| (fault, at))).await;
        }
        Service::Memory => {
            socket.switch();
            memory::converse(&socket).await;
        }
        Service::News | Service::NewsEvents => match news::feed(exchange) {
            Ok(feed) => {
                socket.switch();
                news::push(&socket, &feed).await;
            }
            Err(problem) => exchange.respond(&problem),
        },
        Service::Room | Service::RoomEvents => {
            socket.switch();
            room::take_part(&socket).await;
        }
    }
}

async fn at_handshake(exchange: &Exchange, fault: Fault) {
    match fault {
        Fault::Status => {
            let status = exchange.asked.value(query::STATUS).and_then(|status| status.parse().ok()).unwrap_or(503);
            exchange.respond(&Answer::problem(status, "The status was asked for by the parameter “fault”."));
        }
        Fault::Close | Fault::Reset => exchange.connection.end(),
        Fault::Stall => pending().await,
        Fault::Vanish => {
            exchange.connection.vanished.set(true);
            pending::<()>().await;
        }
        _ => exchange.respond(&Answer::problem(400, "This fault is not offered at the handshake.")),
    }
}

impl Socket<'_> {
    /// Answers with the 101.
    fn switch(&self) {
        let Exchange { world, asked, .. } = self.exchange;
        let enveloped = self.is_enveloped();
        let written = bytes::switching(asked.upgrade.unwrap_or_default(), enveloped);
        if let Some(entry) = world.ledger.borrow_mut().exchange(self.exchange.booked) {
            entry.status = Some(101);
            entry.upgraded = true;
            entry.sent = Some(world.server_now());
            entry.response_instrument_bytes = written.instrument;
        }
        let head = Head { status: 101, media_type: String::new(), evidence: None, close: false };
        self.exchange.write(&written.bytes, Some(Down::Head(head)));
    }

    fn is_enveloped(&self) -> bool {
        let Exchange { world, asked, .. } = self.exchange;
        asked.enveloped && asked.service == Some(Service::Echo) && !world.conditions.plain
    }

    /// The next data message; `None` once the page closed the WebSocket and was answered.
    pub(super) async fn next(&self) -> Option<Up> {
        loop {
            let frame = self.exchange.stream.up.next().await;
            match frame.opcode {
                CLOSE => {
                    let (code, _) = close_said(&frame.payload);
                    let payload = code.map(|code| close_payload(code, "")).unwrap_or_default();
                    self.send(CLOSE, &payload);
                    self.exchange.connection.end();
                    return None;
                }
                PING => self.send(PONG, &frame.payload),
                TEXT | BINARY => {
                    self.messages.set(self.messages.get() + 1);
                    return Some(frame);
                }
                _ => {}
            }
        }
    }

    /// Sends a frame.
    pub(super) fn send(&self, opcode: u8, payload: &[u8]) {
        let written = bytes::frame(bytes::FIN | opcode, payload, false);
        self.write(&written, Some(Down::Frame { opcode, payload: payload.to_vec() }));
    }

    pub(super) fn send_json(&self, value: &impl serde::Serialize) {
        self.send(TEXT, &serde_json::to_vec(value).unwrap_or_default());
    }

    fn write(&self, bytes: &[u8], down: Option<Down>) {
        let Exchange { world, booked, connection, stream, .. } = self.exchange;
        world.ledger.borrow_mut().wrote(*booked, world.server_now(), Part::Frames, bytes);
        if let Some(down) = down {
            connection.deliver(stream, down);
        }
    }

    pub(super) async fn think(&self) {
        self.exchange.world.clock.sleep(self.exchange.world.conditions.thinking).await;
    }

    /// Closes, waits for the page's close, and ends the connection.
    pub(super) async fn close(&self, code: u16, reason: &str) {
        self.send(CLOSE, &close_payload(code, reason));
        let closed = async { while self.exchange.stream.up.next().await.opcode != CLOSE {} };
        let late = self.exchange.world.clock.sleep(CLOSE_TIME);
        select(pin!(closed), late).await;
        self.exchange.connection.end();
    }

    fn evidence(&self, message: &Up) -> Evidence {
        Evidence {
            connection: self.exchange.told_id(),
            ordinal: self.messages.get(),
            opened: self.exchange.connection.opened,
            received: message.received,
            sent: self.exchange.world.server_now(),
            framing: Some(message.head),
        }
    }
}

/// Each message goes back, plain or with what was seen of it, unless a fault was asked for.
async fn echo(socket: &Socket<'_>, mut fault: Option<(Fault, u64)>) {
    while let Some(message) = socket.next().await {
        let number = socket.messages.get();
        let (n, payload) = match socket.is_enveloped().then(|| Envelope::split(&message.payload)) {
            None => (None, &message.payload[..]),
            Some(Ok((envelope, payload))) => (Some(envelope.n), payload),
            Some(Err(error)) => return socket.close(1008, &error.to_string()).await,
        };
        socket.think().await;
        let envelope = n.map(|n| Envelope { n, evidence: Some(socket.evidence(&message)) }.line());
        let front = envelope.unwrap_or_default();
        if let Some((fault, _)) = fault.take_if(|(_, at)| *at == number) {
            if !commit(socket, fault, message.opcode, front.as_bytes(), payload).await {
                return;
            }
            continue;
        }
        socket.send(message.opcode, &[front.as_bytes(), payload].concat());
    }
}

/// Commits a fault instead of an answer. Gives whether the conversation may go on.
async fn commit(socket: &Socket<'_>, fault: Fault, opcode: u8, front: &[u8], payload: &[u8]) -> bool {
    let connection = &socket.exchange.connection;
    let answer = [front, payload].concat();
    let frame = bytes::frame(bytes::FIN | opcode, &answer, false);
    let half = &frame[..frame.len() - answer.len() + answer.len() / 2];
    match fault {
        Fault::Close | Fault::Reset => connection.end(),
        Fault::Cut | Fault::Short => {
            socket.write(half, None);
            connection.end();
        }
        Fault::Stall => {
            socket.write(half, None);
            // What comes is read and not heeded.
            pending::<()>().await;
        }
        Fault::Vanish => {
            connection.vanished.set(true);
            pending::<()>().await;
        }
        Fault::Goodbye => {
            let asked = &socket.exchange.asked;
            let code = asked.value(query::CODE).and_then(|code| code.parse().ok()).unwrap_or(1000);
            socket.close(code, asked.value(query::REASON).unwrap_or_default()).await;
        }
        Fault::Drip => {
            let pieces: Vec<_> = frame.chunks(drop_size(frame.len())).collect();
            for (place, piece) in pieces.iter().enumerate() {
                if place > 0 {
                    socket.exchange.world.clock.sleep(DRIP).await;
                }
                let is_last = place + 1 == pieces.len();
                socket.write(piece, is_last.then(|| Down::Frame { opcode, payload: answer.clone() }));
            }
            return true;
        }
        Fault::BadFrame => {
            // RFC 6455 §5.2: 3 to 7 are reserved for data frames to come.
            socket.send(3, &answer);
            return true;
        }
        Fault::BadUtf8 => {
            socket.send(TEXT, &[&answer[..], &[0xFF]].concat());
            return true;
        }
        Fault::Status => {
            socket.send(opcode, &answer);
            return true;
        }
    }
    false
}
