//! What the shapes of a sequence diagram say: short labels, and titles for whoever points at one.

use super::fold::Fold;
use crate::analysis::{Placed, Provenance, Timeline, bytes_in_words};
use crate::drawing::scene::{Item, Role};
use crate::trace::{Closing, Connection, Direction, Fate, Kind, Message, Protocol, Span, Target, Trace};

/// The short words at a message.
#[must_use]
pub fn label(trace: &Trace, message: &Message) -> String {
    let turn = if message.warm_up { "warm-up".to_owned() } else { message.turn.to_string() };
    let number = if message.client == 0 { turn } else { format!("client {}, {turn}", message.client + 1) };
    let size = bytes_in_words(message.payload);
    match message.kind {
        Kind::Request => match message.target.as_deref() {
            Some(Target { method, path }) => {
                let path = path.split('?').next().unwrap_or_default();
                format!("{number} · {method} {} · {size}", shortened(path))
            }
            None => format!("{number} · request · {size}"),
        },
        Kind::Response { status } => format!("{number} · response {status} · {size}"),
        Kind::Handshake => "GET · Upgrade: websocket".to_owned(),
        Kind::SwitchingProtocols => "101 Switching Protocols".to_owned(),
        Kind::Binary | Kind::Text if is_unasked(trace, message) => format!("pushed · {size}"),
        Kind::Binary | Kind::Text => format!("{number} · message · {size}"),
        Kind::Event => format!("event · {size}"),
        Kind::Close { code } => close(code),
    }
}

fn close(code: Option<u16>) -> String {
    code.map_or_else(|| "close".to_owned(), |code| format!("close {code}"))
}

/// The words at a message where there is little room.
pub(super) fn short_label(message: &Message) -> String {
    match message.kind {
        Kind::Request => {
            message.target.as_deref().map_or_else(|| "request".to_owned(), |target| target.method.to_string())
        }
        Kind::Response { status } => status.to_string(),
        Kind::Handshake => "GET · Upgrade".to_owned(),
        Kind::SwitchingProtocols => "101".to_owned(),
        Kind::Close { code } => close(code),
        Kind::Binary | Kind::Text | Kind::Event => bytes_in_words(message.payload),
    }
}

/// What is folded: how many repetitions, and how long they typically took.
#[must_use]
pub fn fold_words(fold: &Fold) -> String {
    let name = |protocol: Protocol| match protocol {
        Protocol::Http => "HTTP",
        Protocol::WebSocket => "WebSocket",
    };
    let medians: Vec<String> = match &fold.medians[..] {
        [(_, median)] => vec![format!("median {median}")],
        several => several.iter().map(|(protocol, median)| format!("{} {median}", name(*protocol))).collect(),
    };
    let times = format!("× {}", fold.times);
    if medians.is_empty() { times } else { format!("{times}, {}", medians.join(", ")) }
}

/// A path whose end is left out where it is long.
fn shortened(path: &str) -> String {
    const MOST: usize = 18;
    match path.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &path[..end]),
        None => path.to_owned(),
    }
}

/// The server spoke first: a WebSocket message that answers none. Which message answers which no file of another tool
/// tells, so that of its messages this is not known.
pub(super) fn is_unasked(trace: &Trace, message: &Message) -> bool {
    let to_page = message.direction == Direction::ToPage && !trace.circumstances.is_imported();
    to_page && message.answers.is_none() && matches!(message.kind, Kind::Binary | Kind::Text)
}

/// What a shape of a sequence diagram says when it is pointed at; may be nothing.
#[must_use]
pub fn said(item: &Item, trace: &Trace, timeline: &Timeline) -> String {
    match (item.role, item.message.and_then(|id| trace.message(id))) {
        (Role::Message { .. }, Some(message)) => message_in_words(trace, timeline, message),
        (Role::Cut(gone), _) => format!("{gone} cut out here: the other protocol's turn, or drawing"),
        (Role::Uncertainty { by, .. }, _) => format!("the server's end of this arrow is known to ± {by}"),
        _ => item.title.clone(),
    }
}

/// The words at a message, and what became of it.
#[must_use]
pub fn message_in_words(trace: &Trace, timeline: &Timeline, message: &Message) -> String {
    let (sent, received) = timeline.ends(trace, message);
    title(trace, message, sent, received)
}

fn title(trace: &Trace, message: &Message, sent: Option<Placed>, received: Option<Placed>) -> String {
    let flight = match sent.zip(received) {
        _ if message.was_refused() => "refused by the browser: nothing left the page".to_owned(),
        _ if message.fate == Fate::Lost => "never arrived, by the server's account".to_owned(),
        _ if message.fate == Fate::Broken => "broke off".to_owned(),
        None if sent.is_none() => "when it was sent is unknown".to_owned(),
        None if message.fate == Fate::Unanswered => "no answer".to_owned(),
        None => "under way".to_owned(),
        Some((sent, received)) => match (sent.provenance, received.provenance) {
            (Provenance::Unknown, _) | (_, Provenance::Unknown) => "time at the server unknown".to_owned(),
            _ => {
                let uncertainty = sent.uncertainty.max(received.uncertainty);
                let flight = received.at - sent.at;
                if flight < uncertainty {
                    format!("in flight at most {}", (flight + uncertainty).max(Span(1)))
                } else {
                    format!("in flight {flight} ± {uncertainty}")
                }
            }
        },
    };
    format!("{}, {flight}", label(trace, message))
}

/// What a connection is called, and since when it is there.
#[must_use]
pub fn connection_name(connection: &Connection) -> String {
    let name = match connection.server_id {
        Some(id) => format!("TCP connection {id} (the server's number)"),
        None => "TCP connection".to_owned(),
    };
    match (connection.already_open, connection.undated) {
        (true, _) => name + ", open since before the run",
        (false, true) => name + ", open, nobody tells since when",
        (false, false) => name,
    }
}

/// How a connection ended; `None` where nobody tells.
#[must_use]
pub fn connection_end(connection: &Connection) -> Option<String> {
    let words = match &connection.closed.as_ref()?.how {
        Closing::CloseEvent { code, clean, .. } => {
            return Some(format!("closed with code {code}, {}", if *clean { "cleanly" } else { "not cleanly" }));
        }
        Closing::GivenUp => "given up by the page",
        Closing::ByClient => "closed by the client",
        Closing::ByServer => "closed by the server",
        Closing::Broken => "broken",
    };
    Some(words.to_owned())
}

pub(super) fn lifetime_title(connection: &Connection) -> String {
    let name = connection_name(connection);
    match connection_end(connection) {
        Some(end) => format!("{name}, {end}"),
        None => name,
    }
}

/// A tick's words: from ten seconds on in seconds, as exact as the step from tick to tick asks for. Where that is finer
/// than a hundredth of a millisecond, short times are in microseconds, so that the words fit beside the axis.
pub(super) fn tick_label(at: Span, step: Span) -> String {
    const FINE: i64 = 10;
    let digits = |unit: i64| (0..6).find(|digits| step.0 * 10i64.pow(*digits) % unit == 0).unwrap_or(6) as usize;
    if at.0.abs() >= 10_000_000 || step.0 % 1_000_000 == 0 {
        format!("{:.*} s", digits(1_000_000), at.0 as f64 / 1_000_000.0)
    } else if step.0 % FINE != 0 && at.0.abs() < 100_000 {
        format!("{} µs", at.0)
    } else {
        format!("{:.*} ms", digits(1_000), at.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_as_exact_as_their_step_and_no_longer_than_they_must_be() {
        let label = |at: i64, step: i64| tick_label(Span(at), Span(step));
        assert_eq!(label(0, 500), "0.0 ms");
        assert_eq!(label(2_500, 500), "2.5 ms");
        assert_eq!(label(200_000, 10_000), "200 ms");
        assert_eq!(label(0, 1), "0 µs");
        assert_eq!(label(1_230, 10), "1.23 ms");
        assert_eq!(label(12_345, 5), "12345 µs");
        assert_eq!(label(9_500_000, 500_000), "9500 ms");
        assert_eq!(label(12_834_000, 2_000), "12.834 s");
        assert_eq!(label(12_500_000, 500_000), "12.5 s");
        assert_eq!(label(3_000_000, 1_000_000), "3 s");
    }
}
