//! Entries of the record as they begin: what is known of a message or a connection when it is written
//! down, and everything else unknown.

use super::{
    Connection, ConnectionId, Direction, Fate, Kind, Message, MessageId, Moment, Protocol, Reply, ServerTime, Time,
    Turn,
};
use crate::wire::Evidence;

/// A connection of which nothing is known yet.
pub(crate) fn unknown_connection(id: ConnectionId, protocol: Protocol) -> Connection {
    Connection {
        id,
        protocol,
        url: "".into(),
        client: 0,
        server_id: None,
        asked: Moment::Unknown,
        accepted: Moment::Unknown,
        opened: Moment::Unknown,
        already_open: false,
        undated: false,
        closed: None,
        subprotocol: String::new(),
        extensions: String::new(),
        bytes: None,
        frames: None,
        link: None,
        emulated_handshake: None,
        tls: None,
    }
}

pub(super) fn accepted(evidence: &Evidence) -> Moment {
    Moment::Server(ServerTime(evidence.opened.cast_signed()))
}

/// Bytes of a message in one frame beyond its payload (RFC 6455 §5.2), split into what the
/// protocol adds to the payload alone, and what our envelope adds.
pub(super) fn frame_bytes(payload: usize, envelope: usize, masked: bool) -> (u64, u64) {
    let overhead = frame_head_bytes(payload as u64, masked);
    (overhead, envelope as u64 + frame_head_bytes((payload + envelope) as u64, masked) - overhead)
}

/// Bytes of the head of a frame that carries so much (RFC 6455 §5.2).
pub(crate) const fn frame_head_bytes(payload: u64, masked: bool) -> u64 {
    let extended = match payload {
        0..=125 => 0,
        126..=0xffff => 2,
        _ => 8,
    };
    2 + extended + if masked { 4 } else { 0 }
}

/// A message of which nothing more is known yet.
pub(crate) fn unknown_message(
    id: MessageId,
    protocol: Protocol,
    turn: Turn,
    kind: Kind,
    direction: Direction,
) -> Message {
    Message {
        id,
        protocol,
        connection: None,
        turn: turn.number,
        client: turn.client,
        part: None,
        number: None,
        target: None,
        media_type: None,
        direction,
        kind,
        sent: Moment::Unknown,
        received: Moment::Unknown,
        head: None,
        fate: Fate::InFlight,
        payload: 0,
        overhead: None,
        instrument: None,
        answers: None,
        retries: None,
        arrivals: None,
        ordinal: None,
        preflight: false,
        pieces: Vec::new(),
        failing: None,
        warm_up: turn.is_warm_up(),
        phases: None,
        copy: None,
        alpn: None,
        raw: None,
    }
}

pub(super) fn sent_by_page(
    id: MessageId,
    protocol: Protocol,
    turn: Turn,
    kind: Kind,
    at: Time,
    payload: usize,
    instrument: u64,
) -> Message {
    Message {
        sent: Moment::Page(at),
        payload: payload as u64,
        instrument: Some(instrument),
        ..unknown_message(id, protocol, turn, kind, Direction::ToServer)
    }
}

pub(super) fn reply_to_page(
    id: MessageId,
    protocol: Protocol,
    turn: Turn,
    kind: Kind,
    request: MessageId,
    reply: &Reply<'_>,
) -> Message {
    let sent =
        reply.evidence.map_or(Moment::Unknown, |evidence| Moment::Server(ServerTime(evidence.sent.cast_signed())));
    Message {
        sent,
        received: Moment::Page(reply.at),
        fate: Fate::Delivered,
        payload: reply.payload.len() as u64,
        instrument: reply.instrument,
        answers: Some(request),
        ..unknown_message(id, protocol, turn, kind, Direction::ToPage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frames_header_follows_the_three_length_forms() {
        assert_eq!(frame_bytes(125, 0, true), (6, 0));
        assert_eq!(frame_bytes(126, 0, false), (4, 0));
        assert_eq!(frame_bytes(65_536, 0, true), (14, 0));
    }

    #[test]
    fn what_the_envelope_adds_to_the_header_is_the_instruments() {
        assert_eq!(frame_bytes(120, 10, true), (6, 12));
    }
}
