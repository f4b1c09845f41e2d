//! Pings and pongs (RFC 6455 §5.5.2, §5.5.3). A page never learns of them: its browser answers by itself. So they
//! are drawn at the server alone, as its tap saw them.

use super::plan::Subject;
use crate::analysis::{Timeline, raw};
use crate::trace::{ConnectionId, Direction, Moment, Protocol, Time, Trace};

/// A control frame that the server's tap saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ControlFrame {
    /// On the page's clock.
    pub(super) at: Time,
    /// Which way it went.
    pub(super) direction: Direction,
    /// A ping, or else a pong.
    pub(super) is_ping: bool,
    /// What carried it.
    pub(super) connection: ConnectionId,
    /// The client that the connection belongs to.
    pub(super) client: u32,
}

/// The pings and pongs of a run, as far as the tap told them.
pub(super) fn frames(trace: &Trace, timeline: &Timeline, subject: Subject) -> Vec<ControlFrame> {
    if !subject.shows(Protocol::WebSocket) {
        return Vec::new();
    }
    let mut all = Vec::new();
    for connection in trace.connections.iter().filter(|connection| connection.frames.is_some()) {
        for (direction, is_ping, at) in raw::pings_and_pongs(connection) {
            let Some(placed) = timeline.place(trace, Protocol::WebSocket, Moment::Server(at)) else { continue };
            all.push(ControlFrame {
                at: placed.at,
                direction,
                is_ping,
                connection: connection.id,
                client: connection.client,
            });
        }
    }
    all
}
