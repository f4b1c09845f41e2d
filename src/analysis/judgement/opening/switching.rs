//! What marked the change of protocol (C5): the status line of the handshake's response, and the first frame behind
//! it on the same TCP connection.

use serde::{Deserialize, Serialize};

use super::websocket::Socket;
use super::{Finding, Outcome};
use crate::analysis::raw::{self, Missing};
use crate::decode::http1::StartLine;
use crate::trace::{Direction, MessageId, Span, Trace};

/// What can be said of the change of protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// The status line that the server sent.
    StatusLine {
        /// The status.
        status: u16,
        /// The reason phrase.
        reason: String,
        /// Bytes of the whole head.
        bytes: u64,
    },
    /// The first frame came on the same TCP connection as the handshake.
    FirstFrame {
        /// What it is, by its opcode.
        opcode: String,
        /// It came from the page.
        from_page: bool,
        /// How long after the head of the 101 was written, on the server's clock.
        after: Span,
        /// The id that the server gave the connection.
        server_id: Option<u64>,
    },
    /// No frame was seen behind the handshake.
    NoFrame,
    /// The WebSocket was opened over HTTP/2, where the answer is no 101 (RFC 8441 §5).
    OverHttp2,
    /// What the 101 looked like cannot be had: a page never sees its head.
    StatusUnseen {
        /// Why.
        why: Missing,
    },
}

/// C5: status 101 marks the change of protocol.
pub(super) fn marked_by_101(trace: &Trace) -> (Outcome, Vec<Finding>) {
    let socket = match Socket::of(trace) {
        Ok(socket) => socket,
        Err(why) => return (Outcome::NotMeasured, vec![why]),
    };
    if socket.handshake.alpn.as_deref() == Some("h2") {
        return (Outcome::Refuted, vec![finding(Fact::OverHttp2, socket.opening())]);
    }
    let response = match raw::http(trace, socket.switching) {
        Ok(response) => response,
        Err(why) => return (Outcome::NotMeasured, vec![finding(Fact::StatusUnseen { why }, socket.opening())]),
    };
    let Some((head, StartLine::Status { code, reason, .. })) =
        response.message().and_then(|head| Some((head.head_end?, &head.start_line)))
    else {
        let why = match (response.left_out, response.dropped) {
            (0, 0) => Missing::NotTold,
            (0, dropped) => Missing::Dropped(dropped),
            (left_out, _) => Missing::LeftOut(left_out),
        };
        return (Outcome::NotMeasured, vec![finding(Fact::StatusUnseen { why }, socket.opening())]);
    };
    let line = Fact::StatusLine { status: *code, reason: reason.clone(), bytes: head };
    let line = finding(line, vec![socket.switching.id]);
    if *code != 101 {
        return (Outcome::Refuted, vec![line]);
    }
    let frame = first_frame(&socket);
    let seen = matches!(frame.fact, super::super::Fact::Opening(super::Fact::Switching(Fact::FirstFrame { .. })));
    (if seen { Outcome::Supported } else { Outcome::NotMeasured }, vec![line, frame])
}

/// The first frame behind the handshake, whoever sent it.
fn first_frame(socket: &Socket<'_>) -> Finding {
    let written = socket.switching.raw.as_deref().and_then(|raw| Some(raw.pieces.last()?.at));
    let each = raw::first(socket.connection).into_iter().zip([true, false]);
    let timed = each.filter_map(|(frame, from_page)| {
        let frame = frame?;
        Some((frame.taken.first()?.at, frame.frame.opcode, from_page))
    });
    let Some(((at, opcode, from_page), written)) = timed.min_by_key(|(at, ..)| *at).zip(written) else {
        return finding(Fact::NoFrame, socket.opening());
    };
    let fact = Fact::FirstFrame {
        opcode: opcode.to_string(),
        from_page,
        after: at - written,
        server_id: socket.connection.server_id,
    };
    let sent = if from_page { Direction::ToServer } else { Direction::ToPage };
    let first = socket.data.iter().find(|message| message.direction == sent).map(|message| message.id);
    finding(fact, first.into_iter().chain(socket.opening()).collect())
}

fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    super::finding(super::Fact::Switching(fact), messages)
}
