//! How long a request waited in the browser before it was sent.

use crate::analysis::Timeline;
use crate::trace::{Kind, Message, Span, Time, Trace};

/// A wait that is shorter is not worth a mark.
const LEAST: Span = Span(1_000);

/// From when to when a request waited in the browser, as far as is known; `None` where it is not, or where the wait is
/// too short to speak of. In that time the browser may also have looked the name up and opened a connection.
///
/// - A request of `fetch` waited from the call to `requestStart` of its Resource Timing entry.
/// - For a WebSocket's handshake there is no such entry. It waited at least until the connection that it came on was
///   established, which is about as long before the server accepted that as the clocks are apart at most: a browser
///   has no more than one handshake under way to a host (RFC 6455 §4.1), and the others wait.
pub(super) fn queued(trace: &Trace, timeline: &Timeline, message: &Message) -> Option<(Time, Time)> {
    let called = message.sent.page()?;
    let sent = match (&message.phases, message.kind) {
        (Some(phases), _) => phases.request_start,
        (None, Kind::Handshake) => {
            let connection = trace.connection(message.connection?)?;
            let accepted = timeline.place(trace, message.protocol, connection.accepted)?;
            accepted.at - accepted.uncertainty
        }
        _ => return None,
    };
    (sent - called >= LEAST).then_some((called, sent))
}
