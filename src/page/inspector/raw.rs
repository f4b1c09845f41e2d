//! The raw bytes of a message, or why there are none, and where they come from.

use leptos::prelude::*;

use super::hex::Hex;
use super::{frame, handshake, http};
use crate::analysis::raw::{self, Missing, Taken};
use crate::page::messages::since_start;
use crate::page::state::Record;
use crate::trace::{Connection, Direction, Message, Moment, Trace};
use crate::words;

/// Reads or writes that are listed.
const LISTED: usize = 6;

/// What the bytes of a message are, in full.
pub(super) fn section(record: &Record, trace: &Trace, message: &Message) -> AnyView {
    if message.kind.is_opening() {
        return handshake::section(record, trace, message);
    }
    let connection = message.connection.and_then(|id| trace.connection(id));
    match connection.filter(|connection| connection.protocol == crate::trace::Protocol::WebSocket) {
        Some(connection) => match raw::carried(trace, message) {
            Ok(carried) => frame::section(record, trace, message, connection, &carried),
            Err(why) => absent(trace, message, why),
        },
        None => match raw::http(trace, message) {
            Ok(bytes) => http::section(record, trace, message, &bytes),
            Err(why) => absent(trace, message, why),
        },
    }
}

/// Why there are no raw bytes; then the payload as the page itself kept it.
pub(super) fn absent(trace: &Trace, message: &Message, why: Missing) -> AnyView {
    let copy = message.copy.as_ref().map(|copy| copy.0.clone());
    let words = match &copy {
        None if message.kind.is_opening() => None,
        None => Some("The payload is not kept: the room for copies was used up."),
        Some(copy) if copy.is_empty() => Some("The payload is empty."),
        Some(_) => Some("The payload, as the page itself kept it:"),
    };
    let dump = copy.filter(|copy| !copy.is_empty());
    view! {
        <h4>"Raw bytes"</h4>
        <p class="hint">{words::raw::missing(why, trace.outcome.is_some())}</p>
        {words.map(|words| view! { <h4>"Payload"</h4><p class="hint">{words}</p> })}
        {dump.map(|bytes| view! { <Hex label="The payload in hex" bytes stretches=Vec::new()/> })}
    }
    .into_any()
}

/// Where raw bytes come from: who told them, and when they were read or written.
pub(super) fn provenance(
    record: &Record,
    trace: &Trace,
    message: &Message,
    direction: Direction,
    taken: &[Taken],
) -> AnyView {
    let (one, many) = match direction {
        Direction::ToServer => ("read", "reads"),
        Direction::ToPage => ("write", "writes"),
    };
    let piece = |taken: &Taken| {
        let placed = record.timeline.place(trace, message.protocol, Moment::Server(taken.at));
        let at = placed
            .map_or_else(|| "at a time unknown".to_owned(), |placed| format!("at {} ms", since_start(trace, placed)));
        view! { <li>{format!("{} bytes {at}", taken.bytes)}</li> }
    };
    let list = taken.iter().take(LISTED).map(piece).collect_view();
    let rest = taken.len().saturating_sub(LISTED);
    let count = if taken.len() == 1 { format!("one {one}") } else { format!("{} {many}", taken.len()) };
    let within = match message.connection.and_then(|id| trace.connection(id)) {
        Some(Connection { tls: Some(_), .. }) => " What is shown is within TLS; on the wire it is encrypted.",
        _ => "",
    };
    view! {
        <p class="hint">
            {format!("Raw bytes: reported by the server’s tap, in {count}. What they mean is derived from them here.{within}")}
        </p>
        <ul class="pieces">{list}{(rest > 0).then(|| view! { <li>{format!("and {rest} more")}</li> })}</ul>
    }.into_any()
}
