//! How long a request waited in the browser before it was sent.

use crate::trace::{Message, Span, Time};

/// A wait that is shorter is not worth a mark.
const LEAST: Span = Span(1_000);

/// From when to when a request waited in the browser: from the call to `requestStart` of its Resource Timing entry. In
/// that time the browser may also have looked the name up and opened a connection. `None` where the entry is missing,
/// or the wait too short to speak of.
pub(super) fn queued(message: &Message) -> Option<(Time, Time)> {
    let (called, phases) = (message.sent.page()?, message.phases.as_deref()?);
    let sent = phases.request_start;
    (sent - called >= LEAST).then_some((called, sent))
}
