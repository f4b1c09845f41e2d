//! One message in full, in words: what it is in a sentence, its status or close code, the fields of its frames, the
//! bytes of its payload, where its times come from.

use super::{capital, cause, inferred};
use crate::analysis::raw::{CarriedFrame, Field, FieldName, Glyph, Step};
use crate::analysis::{Placed, Provenance, bytes_in_words};
use crate::decode::websocket::{CloseCode, Opcode};
use crate::trace::{Direction, Fate, Kind, Message};

/// What a message is, in a sentence for somebody who sees it for the first time.
pub fn explanation(message: &Message) -> String {
    match message.kind {
        Kind::Request if message.preflight => {
            "The page asks. Before this, by the server’s account, the browser asked for permission in a request of its own \
             (a CORS preflight), as this one goes to another origin with something that needs it."
        }
        Kind::Request if message.retries.is_some() => {
            "The page asks again for what it was not given the last time; to the server this is a new request like any other."
        }
        Kind::Request => {
            "The page asks. Every HTTP request says again who asks and what for, in its head; nothing is taken as known from the one before."
        }
        Kind::Response { status } => return response(message, status),
        Kind::Handshake => {
            "A WebSocket begins as an HTTP request that asks to switch to another protocol on this very connection."
        }
        Kind::SwitchingProtocols => {
            "The server agrees. From here on the same TCP connection carries WebSocket frames, and either side may send."
        }
        Kind::Event => {
            "A piece of a response that goes on: the server speaks again and again, still in answer to one request."
        }
        Kind::Close { code } => return close(message, code),
        Kind::Binary | Kind::Text if message.answers.is_none() && matches!(message.direction, Direction::ToPage) => {
            "The server speaks first: nobody asked for this message. Over HTTP there would have to be a request before it."
        }
        Kind::Text => {
            "A message of text on the open connection: a few bytes of frame head, then the payload in UTF-8. No names and values, no new connection."
        }
        Kind::Binary => {
            "A message of bytes on the open connection: a few bytes of frame head, then the payload. No names and values, no new connection."
        }
    }
    .to_owned()
}

fn response(message: &Message, status: u16) -> String {
    let streamed = match message.media_type.as_deref() {
        Some(media_type) if media_type.starts_with("text/event-stream") => {
            " It was left open for a while: what the server had to say went out in it as server-sent events."
        }
        _ if !message.pieces.is_empty() => " Its body was read as it came, piece by piece.",
        _ => "",
    };
    format!(
        "The server answers this one request, with {}. Over HTTP it never speaks first.{streamed}",
        status_in_words(status)
    )
}

/// A status code with its reason phrase, and what it means.
pub fn status_in_words(status: u16) -> String {
    let (name, meaning) = match status {
        200 => ("OK", "it did what was asked for"),
        201 => ("Created", "what was sent is now a resource of its own"),
        202 => ("Accepted", "it takes the request on and will deal with it later"),
        204 => ("No Content", "it did what was asked for, and there is nothing to send back"),
        206 => ("Partial Content", "a part of the whole, as was asked for"),
        301 => ("Moved Permanently", "it is elsewhere now, for good"),
        302 => ("Found", "for now it is elsewhere"),
        304 => ("Not Modified", "the copy that the browser has is still right"),
        400 => ("Bad Request", "it cannot read the request"),
        401 => ("Unauthorized", "it wants to know who asks"),
        403 => ("Forbidden", "it understands and refuses"),
        404 => ("Not Found", "there is nothing at this address"),
        405 => ("Method Not Allowed", "this address is not for that method"),
        408 => ("Request Timeout", "the request took too long to come"),
        409 => ("Conflict", "it does not fit the state that the server has"),
        413 => ("Content Too Large", "the body is bigger than it takes"),
        414 => ("URI Too Long", "the address is longer than it takes"),
        415 => ("Unsupported Media Type", "it does not take this kind of content"),
        422 => ("Unprocessable Content", "it can read the content and cannot act on it"),
        426 => ("Upgrade Required", "it speaks only the protocol that it names"),
        429 => ("Too Many Requests", "too many came in too short a time"),
        431 => ("Request Header Fields Too Large", "the head is bigger than it takes"),
        500 => ("Internal Server Error", "something went wrong in it"),
        501 => ("Not Implemented", "it does not know how to do that"),
        502 => ("Bad Gateway", "a server behind it answered something that makes no sense"),
        503 => ("Service Unavailable", "it cannot do that now; later perhaps"),
        504 => ("Gateway Timeout", "a server behind it did not answer in time"),
        other => {
            let class = match other / 100 {
                1 => "a further answer follows",
                2 => "a success",
                3 => "what is asked for is to be had in another way",
                4 => "by the server’s account the request is at fault",
                5 => "by its own account the server is at fault",
                _ => "outside of the classes that HTTP defines",
            };
            return format!("status {other} ({class})");
        }
    };
    format!("{status} {name}: {meaning}")
}

fn close(message: &Message, code: Option<u16>) -> String {
    let who = match message.direction {
        Direction::ToServer => "The page says goodbye",
        Direction::ToPage if message.answers.is_some() => "The server answers the goodbye with its own",
        Direction::ToPage => "The server says goodbye",
    };
    let code = match code {
        Some(code) => format!("with code {code} ({})", CloseCode(code).name()),
        None => "without a code".to_owned(),
    };
    format!("{who}, {code}. When both sides have sent a close frame, the connection ends in order.")
}

/// The ranges of close codes, the last code of each, and whom they are for (RFC 6455 §7.4.2).
const CLOSE_RANGES: [(u16, &str, &str); 4] = [
    (999, "0–999", "are not used"),
    (2999, "1000–2999", "are the protocol’s own, defined by RFC 6455 and what extends it"),
    (3999, "3000–3999", "are for libraries and frameworks, registered with IANA"),
    (4999, "4000–4999", "are for private use: the two ends agree on what they mean"),
];

/// A close code in full: its name, what it means, and the range that it is in.
pub fn close_code(code: u16) -> [String; 3] {
    let code = CloseCode(code);
    let range = CLOSE_RANGES.iter().find(|(last, ..)| code.0 <= *last);
    let range = range.map_or_else(
        || "Codes from 5000 on are not defined (RFC 6455 §7.4.2).".to_owned(),
        |(_, range, whose)| format!("Codes {range} {whose} (RFC 6455 §7.4.2)."),
    );
    let sent = if code.may_be_sent() { "" } else { " It may not stand in a close frame." };
    [code.name().to_owned(), code.meaning().to_owned(), format!("{range}{sent}")]
}

/// What became of a message, where that is not simply that it arrived.
pub fn fate(message: &Message, over: bool) -> Option<String> {
    if let Some(failing) = &message.failing {
        return Some(format!("It failed: {} {}", cause(&failing.cause), inferred(failing.inferred_from)));
    }
    let again = message.arrivals.filter(|arrivals| *arrivals > 1).map(|arrivals| {
        format!("By the server’s account it arrived {arrivals} times: the browser sent it again by itself.")
    });
    let became = match message.fate {
        Fate::Delivered => return again,
        Fate::InFlight if over => "Nothing is known of its arrival.",
        Fate::InFlight => "It is under way; nothing is known of its arrival yet.",
        Fate::Unanswered => "Nothing is known of its arrival, and nothing will be: there was no answer to it.",
        Fate::Broken => "Its beginning arrived, its end did not.",
        Fate::Lost => "By the server’s account it did not arrive.",
    };
    Some(again.map_or_else(|| became.to_owned(), |again| format!("{became} {again}")))
}

/// A field of a frame's head: its name as the standard has it, what it says, and what that means.
pub fn head_field(field: &Field, carried: &CarriedFrame) -> [String; 3] {
    let frame = &carried.frame;
    let set = field.value == 1;
    let yes_or_no = |yes: &str, no: &str| if set { yes } else { no }.to_owned();
    let (value, meaning) = match field.name {
        FieldName::Fin => {
            let no = "More frames of this message follow.";
            (field.value.to_string(), yes_or_no("This is the last frame of its message.", no))
        }
        FieldName::Reserved(place) => {
            let yes = match place {
                1 => "The message is compressed, if permessage-deflate was agreed on; else this is an error.",
                _ => "An error, unless an extension was agreed on that uses it.",
            };
            (field.value.to_string(), yes_or_no(yes, "Kept free for extensions, and none uses it here."))
        }
        FieldName::Opcode => {
            (field.value.to_string(), format!("{}.", capital(&super::raw::opcode(frame.opcode))))
        }
        FieldName::Mask => {
            let yes = "The payload is masked. A client has to do that, a server must not.";
            (field.value.to_string(), yes_or_no(yes, "The payload is not masked. A server must not do that, a client has to."))
        }
        FieldName::Length => {
            let meaning = match field.value {
                126 => "This is no length: 126 says that the length is in the 16 bits behind it.",
                127 => "This is no length: 127 says that the length is in the 64 bits behind it.",
                _ => "The payload has so many bytes: up to 125 fit into these 7 bits.",
            };
            (field.value.to_string(), meaning.to_owned())
        }
        FieldName::ExtendedLength => (
            field.value.to_string(),
            format!("The payload has so many bytes, in {} bits, the highest first.", field.width),
        ),
        FieldName::MaskingKey => (
            super::raw::hex(&frame.masking_key.unwrap_or_default()),
            "Four bytes for this frame alone, which nobody is to be able to predict; each byte of the payload is XORed \
             with the next of them, in turn."
                .to_owned(),
        ),
    };
    [field_name(field.name).to_owned(), value, meaning]
}

/// A field's name, as the standard has it.
pub const fn field_name(name: FieldName) -> &'static str {
    match name {
        FieldName::Fin => "FIN",
        FieldName::Reserved(1) => "RSV1",
        FieldName::Reserved(2) => "RSV2",
        FieldName::Reserved(_) => "RSV3",
        FieldName::Opcode => "Opcode",
        FieldName::Mask => "MASK",
        FieldName::Length => "Length",
        FieldName::ExtendedLength => "Extended length",
        FieldName::MaskingKey => "Masking key",
    }
}

/// What of a field's value fits into its box.
pub fn in_its_box(field: &Field, opcode: Opcode) -> String {
    match field.name {
        FieldName::Opcode if opcode.is_reserved() => field.value.to_string(),
        FieldName::Opcode => match opcode {
            Opcode::Continuation => "cont.".to_owned(),
            other => other.to_string(),
        },
        FieldName::Length if field.value < 126 => bytes_in_words(field.value),
        FieldName::ExtendedLength => format!("{} B", field.value),
        FieldName::Length => field.value.to_string(),
        FieldName::Fin | FieldName::Reserved(_) | FieldName::Mask | FieldName::MaskingKey => String::new(),
    }
}

/// A byte of the payload in its box, in as few letters as can be.
pub fn glyph_in_its_box(glyph: Glyph) -> String {
    match glyph {
        Glyph::Character(' ') => "␣".to_owned(),
        Glyph::Character(character) => character.to_string(),
        Glyph::PartOf { character, place: 1, .. } => character.to_string(),
        Glyph::PartOf { .. } => "‥".to_owned(),
        Glyph::Control(b'\n') => "LF".to_owned(),
        Glyph::Control(b'\r') => "CR".to_owned(),
        Glyph::Control(b'\t') => "TAB".to_owned(),
        Glyph::Control(_) | Glyph::NoText => "·".to_owned(),
        Glyph::CloseCode(_) => "code".to_owned(),
    }
}

/// A byte of the payload in words.
pub fn glyph(glyph: Glyph) -> String {
    match glyph {
        Glyph::Character(' ') => "a space".to_owned(),
        Glyph::Character(character) => format!("“{character}”"),
        Glyph::Control(b'\n') => "a line feed".to_owned(),
        Glyph::Control(b'\r') => "a carriage return".to_owned(),
        Glyph::Control(b'\t') => "a tabulator".to_owned(),
        Glyph::Control(_) => "a control character".to_owned(),
        Glyph::PartOf { character, place, of } => format!("byte {place} of the {of} of “{character}” in UTF-8"),
        Glyph::CloseCode(1) => "the high byte of the close code".to_owned(),
        Glyph::CloseCode(_) => "the low byte of the close code".to_owned(),
        Glyph::NoText => "no text, just a byte".to_owned(),
    }
}

/// A step of the unmasking, in a sentence.
pub fn unmasking_step(step: &Step, of: usize, is: Glyph) -> String {
    let Step { index, masked, key_place, key, plain } = *step;
    format!(
        "Byte {index} of {of}: {masked:02x} XOR {key:02x} (byte {index} mod 4 = {key_place} of the key) is {plain:02x}, {}.",
        glyph(is)
    )
}

/// Where a time comes from, in the words of a table: one of *measured in this page*, *reported by the server*,
/// *derived*, *unknown*.
pub fn source(placed: Option<Placed>, from_file: bool) -> &'static str {
    match placed {
        Some(Placed { provenance: Provenance::Page, .. }) if from_file => "measured in the page that recorded it",
        Some(Placed { provenance: Provenance::Page, .. }) => "measured in this page",
        Some(Placed { provenance: Provenance::Server, .. }) => "reported by the server",
        Some(Placed { provenance: Provenance::Unknown, .. }) => "unknown: drawn half-way",
        None => "unknown",
    }
}

/// What the time between a message and the one that it answers is.
pub const fn whole(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::SwitchingProtocols => ("Opening", "derived: from the constructor’s call to the open event"),
        Kind::Event => ("Since the request", "derived: from the call to this event"),
        Kind::Close { .. } => ("Closing", "derived: from the call of close() to the close event"),
        Kind::Binary | Kind::Text => ("Round trip", "derived: from send() to the message event"),
        Kind::Request | Kind::Response { .. } | Kind::Handshake => {
            ("Round trip", "derived: from the call to the whole reply")
        }
    }
}

/// That the link picked the message.
pub const PICKED_BY_LINK: &str = "Picked by its number, as the link asks. In another run the same number may be another message: they \
     are numbered in the order in which the page recorded them.";

/// Which message a link will pick, as long as there is no run.
pub fn link_waits(number: u64) -> String {
    format!(
        "The link leads to message {number}: it is shown once a run is made. Messages are numbered in the order in which the \
         page recorded them, so in another run the same number may be another message."
    )
}

/// That a run has no message of the number that a link asks for.
pub fn link_beyond(number: u64, messages: usize) -> String {
    format!("The link leads to message {number}, and this run has {}.", super::many(messages as u64, "message"))
}
