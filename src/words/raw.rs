//! What raw bytes say, in words.

use crate::analysis::bytes_in_words;
use crate::analysis::raw::{Carried, Grounds, HttpBytes, Missing};
use crate::decode::http1::{self, Framing, StartLine};
use crate::decode::websocket::{self, Opcode};
use crate::trace::{Direction, Raw};

/// Why raw bytes cannot be shown.
pub fn missing(missing: Missing, over: bool) -> String {
    match missing {
        Missing::Plain => {
            "Not to be had: this endpoint is no Duplex server. A page sees neither the headers that its browser adds \
             nor what crosses a connection, so it takes a server that tells."
        }
        Missing::BehindProxy => {
            "Not to be had: the server is behind a proxy. What crosses its connections is what the proxy made of it, so \
             it tells nothing of them."
        }
        Missing::Unanswered => {
            "Not to be had: without an answer nobody tells which connection carried this."
        }
        Missing::Shared => {
            "Not to be had: over HTTP/2 the frames of several exchanges share a connection, mixed, and the tap does not \
             tell them apart."
        }
        Missing::NotTold if !over => "The server is asked for them once the run is over.",
        Missing::NotTold => {
            "The server’s account of this is not in this record: it was not waited for, the server no longer knew it, \
             or the run was recorded by an older Duplex."
        }
        Missing::Dropped(count) => {
            return format!(
                "The server counted {} and did not keep them: of each connection it keeps only so many, and its beginning \
                 had used them up.",
                bytes_in_words(count)
            );
        }
        Missing::LeftOut(count) => {
            return format!(
                "The server told {}, but this record keeps {} of raw bytes in all, and they were used up.",
                bytes_in_words(count),
                bytes_in_words(Raw::MAX)
            );
        }
        Missing::NeverSeen => {
            "The server’s tap has every frame of this connection, and none of them carried this: it never crossed."
        }
        Missing::Differs => {
            "The frames in this message’s place carry something else than the page recorded, so none of them is shown."
        }
        Missing::Imported => {
            "Not to be had: this record was made from a HAR file, which tells what was said and not the bytes that \
             crossed."
        }
        Missing::WithinResponse => {
            "A server-sent event has no head of its own: its bytes are among those of the response that it is part of."
        }
    }
    .to_owned()
}

/// That further bytes are not here, and why.
pub fn cut(dropped: u64, left_out: u64) -> Option<String> {
    let (dropped, left_out) = (Some(dropped).filter(|count| *count > 0), Some(left_out).filter(|count| *count > 0));
    let dropped = dropped
        .map(|count| format!("{} more crossed, which the server counted and did not keep.", bytes_in_words(count)));
    let left_out = left_out.map(|count| {
        format!(
            "{} more were told, for which this record has no room ({} in all).",
            bytes_in_words(count),
            bytes_in_words(Raw::MAX)
        )
    });
    (dropped.is_some() || left_out.is_some()).then(|| dropped.into_iter().chain(left_out).collect::<Vec<_>>().join(" "))
}

/// An HTTP message in a sentence or two.
pub fn http(bytes: &HttpBytes, message: &http1::Message) -> String {
    let head = message.head_end.map_or(0, |end| end - message.start);
    let fields = message.fields.len();
    let begins = match &message.start_line {
        StartLine::Request { method, .. } => format!("A {method} request"),
        StartLine::Status { code, .. } => format!("A response with status {code}"),
    };
    if message.head_end.is_none() {
        return format!(
            "{begins}, of which only {} are here: its head is not complete.",
            bytes_in_words(bytes.bytes.len() as u64)
        );
    }
    let head = bytes_in_words(head);
    format!("{begins}: a head of {head}, in {fields} fields that are readable text, {}", body(message))
}

/// How the end of a body is found (RFC 9112 §6.3), and how long it is.
fn body(message: &http1::Message) -> String {
    let count = bytes_in_words(message.body_bytes);
    match message.framing {
        Some(Framing::ContentLength(length)) if length == message.body_bytes => {
            format!("then a body of {count}, as Content-Length announces.")
        }
        Some(Framing::ContentLength(length)) => {
            format!(
                "then a body, of which {count} of the {} that Content-Length announces are here.",
                bytes_in_words(length)
            )
        }
        Some(Framing::Chunked) => format!("then a body of {count} in chunks, each with its length before it."),
        Some(Framing::UntilClose) => format!("then a body of {count}, which ends with the connection."),
        Some(Framing::Upgraded) => {
            "and no body: what follows on this connection belongs to another protocol.".to_owned()
        }
        Some(Framing::None) => "and no body.".to_owned(),
        Some(Framing::Unknown) | None => "and then bytes whose end cannot be found.".to_owned(),
    }
}

/// What carried a WebSocket message, in a sentence or two.
pub fn carried(carried: &Carried, direction: Direction) -> String {
    let head: u64 = carried.frames.iter().map(|frame| frame.frame.head_bytes()).sum();
    let payload: u64 = carried.frames.iter().map(|frame| frame.frame.length).sum();
    let (head, payload) = (bytes_in_words(head), bytes_in_words(payload));
    let frames = match carried.frame_count {
        1 => "One frame".to_owned(),
        count => format!("{count} frames, into which the sender cut it"),
    };
    let mask = match direction {
        Direction::ToServer => "The browser masked the payload with a key of 4 bytes, as every client has to.",
        Direction::ToPage => "A server does not mask: the payload is on the wire as it is.",
    };
    format!("{frames}: {head} of frame head, {payload} of payload. {mask}")
}

/// How it is known which frames carried a message.
pub const fn grounds(grounds: Grounds, compressed: bool) -> &'static str {
    match grounds {
        Grounds::Payload => {
            "Found by its place in the order of messages; its payload is the one that the page recorded, byte for byte."
        }
        Grounds::Length => {
            "Found by its place in the order of messages; turn and length are those that the page recorded (it kept no copy of the payload)."
        }
        Grounds::Order if compressed => {
            "Found by its place in the order of messages alone: it is compressed (permessage-deflate), and the page does not inflate it to compare."
        }
        Grounds::Order => "Found by its place in the order of messages alone: too little of it is here to compare.",
        Grounds::Close => {
            "Found as the close frame of its sender, of which there is one at most; its code and its reason are those that the page recorded."
        }
    }
}

/// An opcode's name and meaning.
pub fn opcode(opcode: Opcode) -> String {
    let meaning = match opcode {
        Opcode::Continuation => ": the next part of the message",
        Opcode::Text => ": UTF-8",
        Opcode::Binary => ": any bytes",
        Opcode::Close => ": the last that its sender sends",
        Opcode::Ping => ": to be answered with a pong",
        Opcode::Pong => ": the answer to a ping",
        Opcode::ReservedData(_) | Opcode::ReservedControl(_) => "",
    };
    format!("{opcode}{meaning}")
}

/// Bytes as hexadecimal pairs.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// What a range of an HTTP message is, in a word or two.
pub const fn http_part(part: http1::Part) -> &'static str {
    match part {
        http1::Part::Method => "method",
        http1::Part::Target => "target",
        http1::Part::Version => "version",
        http1::Part::StatusCode => "status code",
        http1::Part::ReasonPhrase => "reason phrase",
        http1::Part::FieldName => "field name",
        http1::Part::Colon => "colon",
        http1::Part::FieldValue => "field value",
        http1::Part::Whitespace => "white space",
        http1::Part::Fold => "continued line",
        http1::Part::LineEnd => "end of line",
        http1::Part::ChunkSize => "chunk size",
        http1::Part::ChunkExtension => "chunk extension",
        http1::Part::Body => "body",
        http1::Part::Upgraded => "another protocol",
        http1::Part::Incomplete => "incomplete",
        http1::Part::Malformed(_) => "malformed",
        http1::Part::Unframed => "behind a malformed place",
    }
}

/// What a range of a frame is, in a word or two.
pub const fn frame_part(part: websocket::Part) -> &'static str {
    match part {
        websocket::Part::FinAndOpcode => "FIN, RSV, opcode",
        websocket::Part::MaskAndLength => "MASK, length",
        websocket::Part::ExtendedLength => "extended length",
        websocket::Part::MaskingKey => "masking key",
        websocket::Part::Payload => "payload",
        websocket::Part::CloseCode => "close code",
        websocket::Part::CloseReason => "close reason",
        websocket::Part::Incomplete => "incomplete head",
    }
}
