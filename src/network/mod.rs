//! What a lab can do: hold an exchange over HTTP, open a WebSocket, wait. Labs are written against
//! [`Network`] alone, so that the same script runs in a browser against a real server and in a test
//! against the simulated network ([`sim`]).
//!
//! A network records what happens while it does it ([`crate::trace::Recorder`]); a lab is told only
//! what it needs to go on. Dropping a future of these traits gives its operation up: a fetch is
//! aborted, a socket closed.

pub mod sim;

use crate::trace::{Failure, Span, Time, Turn};

/// An HTTP exchange to hold.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Which turn it is.
    pub turn: Turn,
    /// The body to send.
    pub body: &'a [u8],
    /// Ask the server to close the connection after its response (RFC 9112 §9.6).
    pub close: bool,
}

/// How long a network waits before it gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a WebSocket to be open.
    pub connect: Span,
    /// For the reply to a request or message.
    pub reply: Span,
}

/// Where a lab's messages go and come from.
#[expect(async_fn_in_trait, reason = "labs run on one thread, in the page and in tests")]
pub trait Network {
    /// A WebSocket of this network.
    type Socket: Socket;

    /// Now, on the page's clock.
    fn now(&self) -> Time;

    /// Sends a request and reads the response to its end.
    ///
    /// # Errors
    /// When there is no complete response with a success status, or its body is not the echo of the
    /// request's.
    async fn exchange(&self, request: Request<'_>) -> Result<(), Failure>;

    /// Opens a WebSocket.
    ///
    /// # Errors
    /// When it is not open in time, or is refused.
    async fn open(&self) -> Result<Self::Socket, Failure>;

    /// Waits until that time, which belongs to both protocols; returns at once when it is past.
    async fn wait_until(&self, at: Time);

    /// To be called between two turns: gives way to drawing, so that none of it falls into a turn.
    async fn between_turns(&self);
}

/// A WebSocket that is open.
#[expect(async_fn_in_trait, reason = "labs run on one thread, in the page and in tests")]
pub trait Socket {
    /// Sends a binary message and waits for its echo.
    ///
    /// # Errors
    /// When the socket closes first, the echo is late, or it is not what was sent.
    async fn echo(&self, turn: Turn, payload: &[u8]) -> Result<(), Failure>;

    /// Closes with code 1000 and waits, within the patience for replies, for the other side's close.
    async fn close(self);
}
