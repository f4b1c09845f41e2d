//! What a WebSocket carried, and the events of a stream, as HAR files have them.

use super::super::form;
use super::super::node::{HarError, Node};
use super::entry::MOST;
use crate::trace::{Closing, Direction, Kind};
use crate::wire::{Envelope, SUBPROTOCOL};

/// A data message of a WebSocket, or a server-sent event.
pub(super) struct Data {
    pub(super) direction: Direction,
    pub(super) kind: Kind,
    /// In µs since 1970.
    pub(super) at: i64,
    pub(super) payload: u64,
    pub(super) copy: Option<Vec<u8>>,
    /// Bytes of the envelope before it.
    pub(super) envelope: Option<u64>,
    pub(super) turn: Option<u32>,
    pub(super) warm_up: bool,
    /// Its place in the file's list, and that of the one that it answers.
    pub(super) place: usize,
    pub(super) answers: Option<usize>,
    pub(super) received_by_server: bool,
}

/// A close frame.
pub(super) struct ControlFrame {
    pub(super) direction: Direction,
    pub(super) at: i64,
    pub(super) code: Option<u16>,
    pub(super) reason: Vec<u8>,
    pub(super) answers: bool,
    pub(super) turn: Option<u32>,
    pub(super) warm_up: bool,
}

/// A time in seconds since 1970, in µs. Some tools write milliseconds there: what would lie thousands of years ahead.
fn time(node: &Node<'_>) -> Result<i64, HarError> {
    const YEAR_5138: f64 = 1e11;
    let told = node.number()?;
    let micros = told * if told < YEAR_5138 { 1_000_000.0 } else { 1_000.0 };
    // The time in seconds has to be one that a date can be.
    if (0.0..=MOST as f64 * 16.0).contains(&micros) {
        Ok(micros.round() as i64)
    } else {
        Err(node.wrong("should be a time in seconds since 1970"))
    }
}

/// `send` or `receive`; `None` for what is neither a message nor a frame, such as Chromium's `error`.
fn direction(node: &Node<'_>) -> Result<Option<Direction>, HarError> {
    let way = node.required("type")?;
    match way.text()? {
        "send" | "sent" => Ok(Some(Direction::ToServer)),
        "receive" | "received" => Ok(Some(Direction::ToPage)),
        "error" => Ok(None),
        _ => Err(way.wrong("should be “send” or “receive”")),
    }
}

fn opcode(node: &Node<'_>) -> Result<Option<u64>, HarError> {
    let opcode = node.required("opcode")?;
    // Chromium's is -1 for what is no frame.
    let number = opcode.number()?;
    if number < 0.0 { Ok(None) } else { opcode.whole(15).map(Some) }
}

impl Data {
    pub(super) fn messages(list: &Node<'_>, subprotocol: &str, ours: bool) -> Result<Vec<Self>, HarError> {
        let mut all = Vec::new();
        for (place, node) in list.items()?.enumerate() {
            let (Some(direction), Some(opcode)) = (direction(&node)?, opcode(&node)?) else { continue };
            let kind = match opcode {
                1 => Kind::Text,
                2 => Kind::Binary,
                _ => continue,
            };
            all.push(Self::message(&node, (place, direction, kind), subprotocol == SUBPROTOCOL, ours)?);
        }
        Ok(all)
    }

    fn message(
        node: &Node<'_>,
        (place, direction, kind): (usize, Direction, Kind),
        enveloped: bool,
        ours: bool,
    ) -> Result<Self, HarError> {
        let own = |name: &'static str| if ours { node.field(name) } else { None };
        let data = node.field("data");
        let bytes = match &data {
            Some(data) if kind == Kind::Binary => {
                Some(form::from_base64(data.text()?).ok_or_else(|| data.wrong("should be base64, as it is binary"))?)
            }
            Some(data) => Some(data.text()?.as_bytes().to_vec()),
            None => None,
        };
        let size = own("_size").map(|size| size.whole(MOST)).transpose()?;
        let (mut bytes, payload) = match (bytes, size) {
            (Some(bytes), _) => (Some(bytes), None),
            (None, Some(size)) => (None, Some(size)),
            (None, None) => return Err(node.wrong("has no field “data”")),
        };
        let left_out = own("_envelopeLeftOut").is_some_and(|field| field.is_true());
        let envelope = bytes.as_deref().filter(|_| enveloped && !left_out).and_then(|bytes| {
            let (envelope, payload) = Envelope::split(bytes).ok()?;
            Some((envelope.n, bytes.len() - payload.len()))
        });
        if let (Some((_, length)), Some(bytes)) = (envelope, &mut bytes) {
            bytes.drain(..length);
        }
        let turn = own("_turn").map(|turn| turn.whole(super::MOST_TURNS).map(|turn| turn as u32)).transpose()?;
        Ok(Self {
            direction,
            kind,
            at: time(&node.required("time")?)?,
            payload: bytes.as_ref().map(|bytes| bytes.len() as u64).or(payload).unwrap_or(0),
            copy: bytes,
            envelope: envelope.map(|(_, length)| length as u64),
            turn: turn.or(envelope.map(|(n, _)| n).filter(|n| u64::from(*n) <= super::MOST_TURNS)),
            warm_up: own("_warmUp").is_some_and(|field| field.is_true()),
            place,
            answers: own("_answers").map(|answers| answers.whole(MOST)).transpose()?.map(|place| place as usize),
            received_by_server: own("_server").is_some(),
        })
    }

    /// Server-sent events, as Chromium has them too.
    pub(super) fn events(list: &Node<'_>, ours: bool) -> Result<Vec<Self>, HarError> {
        let mut all = Vec::new();
        for (place, node) in list.items()?.enumerate() {
            let own = |name: &'static str| if ours { node.field(name) } else { None };
            let copy = match node.field("data") {
                Some(data) => Some(data.text()?.as_bytes().to_vec()),
                None => None,
            };
            let size = own("_size").map(|size| size.whole(MOST)).transpose()?;
            let turn = own("_turn").map(|turn| turn.whole(super::MOST_TURNS)).transpose()?;
            all.push(Self {
                direction: Direction::ToPage,
                kind: Kind::Event,
                at: time(&node.required("time")?)?,
                payload: copy.as_ref().map(|copy| copy.len() as u64).or(size).unwrap_or(0),
                copy,
                envelope: None,
                turn: turn.map(|turn| turn as u32),
                warm_up: false,
                place,
                answers: None,
                received_by_server: false,
            });
        }
        Ok(all)
    }
}

impl ControlFrame {
    /// The close frames of a list; pings and pongs are no messages of a record.
    pub(super) fn closes(list: &Node<'_>) -> Result<Vec<Self>, HarError> {
        let mut all = Vec::new();
        for node in list.items()? {
            let (Some(direction), Some(8)) = (direction(&node)?, opcode(&node)?) else { continue };
            let code = node.field("code").map(|code| code.whole(u64::from(u16::MAX))).transpose()?;
            let turn = node.field("turn").map(|turn| turn.whole(super::MOST_TURNS)).transpose()?;
            all.push(Self {
                direction,
                at: time(&node.required("time")?)?,
                code: code.map(|code| code as u16),
                reason: node.text_of("data")?.into_bytes(),
                answers: node.field("answers").is_some_and(|field| field.is_true()),
                turn: turn.map(|turn| turn as u32),
                warm_up: node.field("warmUp").is_some_and(|field| field.is_true()),
            });
        }
        Ok(all)
    }
}

/// When and how a connection ended; `None` where that is told in a way that is not known.
pub(super) fn closed(node: &Node<'_>) -> Result<Option<(Option<i64>, Closing)>, HarError> {
    let how = node.required("how")?;
    let at = node.field("time").map(|at| time(&at)).transpose()?;
    Ok(serde_json::from_value(how.value().clone()).ok().map(|how| (at, how)))
}
