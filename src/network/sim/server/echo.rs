//! The echo over HTTP, and the faults that it commits when it is asked to.

use super::super::bytes::{self, Framing};
use super::super::connection::Down;
use super::{Answer, Exchange};
use crate::network::Service;
use crate::trace::Span;
use crate::wire::{Fault, query};

/// The time between two pieces of an answer that drips.
pub(super) const DRIP: Span = Span::from_millis(50);
/// The most pieces of an answer that drips, and bytes of a piece at least.
const MOST_DROPS: usize = 200;
const DROP: usize = 4;
/// What an answer holds that has to be of some length to be cut.
const FILLER: &[u8] = b"This answer is long enough to go wrong in the middle.";
/// A chunk's size that is no number, and what might be taken for its data.
const BAD_CHUNK: &[u8] = b"no number\r\nno data\r\n";

/// Bytes of a piece of an answer of `length` bytes that drips.
pub(super) fn drop_size(length: usize) -> usize {
    length.div_ceil(MOST_DROPS).max(DROP)
}

/// The fault that a request for the echo asks for.
fn fault(exchange: &Exchange) -> Option<Fault> {
    let is_echo = exchange.asked.service == Some(Service::Echo) && !exchange.world.conditions.plain;
    exchange.asked.fault().filter(|_| is_echo)
}

/// Commits a fault that needs nothing of the request but its head: neither is the body read, nor is there an
/// answer. Over HTTP/2 it is refused, with all that are of the connection.
pub(super) fn leaves_unanswered(exchange: &Exchange) -> bool {
    let fault = fault(exchange);
    if exchange.is_multiplexed() {
        return false;
    }
    match fault {
        Some(Fault::Close | Fault::Reset) => exchange.connection.end(),
        Some(Fault::Vanish) => exchange.connection.vanished.set(true),
        _ => return false,
    }
    if !exchange.asked.body.is_empty()
        && let Some(entry) = exchange.world.ledger.borrow_mut().exchange(exchange.booked)
    {
        entry.received = None;
    }
    true
}

/// Gives the body back.
pub(super) async fn over_http(exchange: &Exchange) {
    let asked = &exchange.asked;
    let given = asked.value(query::TYPE).filter(|_| !exchange.world.conditions.plain).map(str::to_owned);
    let media_type = given.or_else(|| asked.media_type.clone()).unwrap_or("application/octet-stream".into());
    let right = Answer { status: 200, media_type, body: asked.body.clone() };
    let Some(fault) = fault(exchange) else { return exchange.respond(&right) };
    let cut = if right.body.len() < 2 { FILLER.to_vec() } else { right.body.clone() };
    match fault {
        Fault::Status => {
            let status = asked.value(query::STATUS).and_then(|status| status.parse().ok()).unwrap_or(503);
            let detail = format!("The status {status} was asked for by the parameter “fault”.");
            exchange.respond(&Answer::problem(status, &detail));
        }
        Fault::BadUtf8 => exchange.respond(&Answer {
            media_type: "text/plain; charset=utf-8".into(),
            body: [&right.body[..], &[0xFF]].concat(),
            ..right
        }),
        Fault::Goodbye => {
            let close = !exchange.is_multiplexed();
            exchange.head(200, &right.media_type, Framing::Length(right.body.len()), close);
            exchange.body(&right.body, right.body.clone());
            exchange.finish(&[], close);
        }
        _ if exchange.is_multiplexed() => {
            let detail = format!("The fault “{fault}” is one of the connection: ask for it over HTTP/1.1.");
            exchange.respond(&Answer::problem(400, &detail));
        }
        Fault::BadFrame => {
            exchange.head(200, &right.media_type, Framing::Chunked, false);
            exchange.body(&bytes::chunk(&cut), cut);
            exchange.write(BAD_CHUNK, Some(Down::Malformed));
            exchange.connection.end();
        }
        Fault::Drip => {
            exchange.head(200, &right.media_type, Framing::Length(cut.len()), false);
            for (at, piece) in cut.chunks(drop_size(cut.len())).enumerate() {
                if at > 0 {
                    exchange.world.clock.sleep(DRIP).await;
                }
                exchange.body(piece, piece.to_vec());
            }
            let close = exchange.asks_to_close();
            exchange.finish(&[], close);
        }
        Fault::Cut | Fault::Short | Fault::Stall => {
            exchange.head(200, &right.media_type, Framing::Length(cut.len()), false);
            let half = &cut[..cut.len() / 2];
            exchange.body(half, half.to_vec());
            if fault != Fault::Stall {
                exchange.connection.end();
            }
        }
        // They have no answer, and were committed before.
        Fault::Close | Fault::Reset | Fault::Vanish => {}
    }
}
