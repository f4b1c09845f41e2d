//! What the marks in a sequence diagram mean.

use crate::drawing::sequence::Mark;
use crate::trace::Protocol;

/// The words at a mark in the legend.
#[must_use]
pub const fn mark(mark: Mark) -> &'static str {
    match mark {
        Mark::Message(Protocol::Http) => "HTTP request or response",
        Mark::Message(Protocol::WebSocket) => "WebSocket message",
        Mark::Unasked => "the server speaks first",
        Mark::Opening => "opening handshake: an HTTP request and its 101",
        Mark::Close => "close frame",
        Mark::Control => "ping or pong, as the server saw it",
        Mark::WarmUp => "warm-up, not counted",
        Mark::UnknownTime => "time at the server unknown",
        Mark::Uncertainty => "how far off the server’s end may be",
        Mark::Lost => "never answered, lost or broken off",
        Mark::Queued => "waited in the browser before it was sent",
        Mark::Retried => "asked again by the page",
        Mark::Resent => "sent again by the browser itself",
        Mark::Connection => "a TCP connection while it is open; an edge where it was opened or closed",
        Mark::BrokenConnection => "a connection that broke",
        Mark::EmulatedHandshake => "an emulated link’s handshake: the server holds the connection back",
        Mark::Cut => "time cut out",
        Mark::Silence => "a long silence, shrunk",
        Mark::Fold => "repeats, folded: click to open",
    }
}

/// The words at a mark in a picture that nobody can click in.
#[must_use]
pub const fn mark_on_paper(what: Mark) -> &'static str {
    match what {
        Mark::Fold => "repeats, folded",
        what => mark(what),
    }
}
