//! What a lab can do: hold an exchange over HTTP, listen to server-sent events, open a WebSocket, wait.
//! Labs are written against [`Network`] alone, so that the same script runs in a browser against a real
//! server and in a test against the simulated network ([`sim`]).
//!
//! A network records what happens while it does it ([`crate::trace::Recorder`]), failures included; a lab
//! is told only what it needs to go on. Dropping a future of these traits gives its operation up: a fetch
//! is aborted, a socket closed.

pub(crate) mod bell;
pub mod sim;
pub mod taking_turns;

use crate::trace::{Closing, ConnectionId, Failure, Kind, MessageId, Protocol, Span, Time, Turn};
use crate::wire::RunId;

/// What a lab talks to. Each has an address for HTTP, one for a WebSocket, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// Gives back what is sent: over HTTP and over a WebSocket. The only one that an endpoint which is no
    /// Duplex server has.
    Echo,
    /// The news feed (`/news`): polled over HTTP, told over a WebSocket.
    News,
    /// The news feed as server-sent events.
    NewsEvents,
    /// The counter and the cart, over HTTP and over a WebSocket.
    Memory,
    /// The broadcast room of the run: spoken to over HTTP, a member over a WebSocket.
    Room,
    /// The broadcast room as server-sent events.
    RoomEvents,
}

/// A request's method (RFC 9110 §9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Safe and idempotent; has no body here.
    Get,
    /// Neither safe nor idempotent.
    Post,
    /// Idempotent. Not CORS-safelisted: from a page of another origin it asks for permission first.
    Put,
}

impl Method {
    /// As it stands in the request line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// An HTTP exchange to hold.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Which turn it is, and whose.
    pub turn: Turn,
    /// What it asks.
    pub service: Service,
    /// How.
    pub method: Method,
    /// Parameters of the query, by name; the network adds run id and number. See [`crate::wire::query`].
    pub query: &'a [(&'a str, &'a str)],
    /// The body to send; `None` for none, as a `GET` has.
    pub body: Option<&'a [u8]>,
    /// The body's `Content-Type`; `None` sends none. One that is not CORS-safelisted (Fetch §2.2.2) makes the
    /// browser ask another origin for permission first.
    pub media_type: Option<&'a str>,
    /// Read the body as it comes, and write down when how much of it was there; else it is read at once.
    pub streamed: bool,
    /// How long to wait for the end of the response; `None` is the patience of the run.
    pub within: Option<Span>,
    /// The request that this one repeats.
    pub retries: Option<MessageId>,
}

impl<'a> Request<'a> {
    /// A `POST` of a body to the echo.
    #[must_use]
    pub const fn echo(turn: Turn, body: &'a [u8]) -> Self {
        Self {
            turn,
            service: Service::Echo,
            method: Method::Post,
            query: &[],
            body: Some(body),
            media_type: None,
            streamed: false,
            within: None,
            retries: None,
        }
    }

    /// A `GET` of a service.
    #[must_use]
    pub const fn get(turn: Turn, service: Service) -> Self {
        Self { service, method: Method::Get, body: None, ..Self::echo(turn, &[]) }
    }

    /// The same with these parameters in its query.
    #[must_use]
    pub const fn with(self, query: &'a [(&'a str, &'a str)]) -> Self {
        Self { query, ..self }
    }
}

/// A response that was read to its end, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The request in the record.
    pub request: MessageId,
    /// The response in the record.
    pub message: MessageId,
    /// Its status code.
    pub status: u16,
    /// Its `Content-Type`; empty if it has none, or the page may not read it.
    pub media_type: String,
    /// Its body.
    pub body: Vec<u8>,
}

/// An exchange that came to no end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The request in the record; `None` where it could not even be sent.
    pub request: Option<MessageId>,
    /// Why.
    pub failure: Failure,
}

/// What a WebSocket message carries (RFC 6455 §5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload<'a> {
    /// Any bytes.
    Binary(&'a [u8]),
    /// Text.
    Text(&'a str),
}

impl<'a> Payload<'a> {
    /// Its bytes; those of a text in UTF-8.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Binary(bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
        }
    }

    /// What such a message is in the record.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Binary(_) => Kind::Binary,
            Self::Text(_) => Kind::Text,
        }
    }
}

/// A WebSocket to open.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// Whose it is; its turn is that of the handshake.
    pub turn: Turn,
    /// What to open.
    pub service: Service,
    /// Another URL than the service's.
    pub url: Option<&'a str>,
    /// Parameters of the query, by name; the network adds run id and number.
    pub query: &'a [(&'a str, &'a str)],
    /// How long to wait until it is open; `None` is the patience of the run.
    pub within: Option<Span>,
}

impl<'a> Opening<'a> {
    /// A WebSocket of a service.
    #[must_use]
    pub const fn of(turn: Turn, service: Service) -> Self {
        Self { turn, service, url: None, query: &[], within: None }
    }

    /// The same with these parameters in its query.
    #[must_use]
    pub const fn with(self, query: &'a [(&'a str, &'a str)]) -> Self {
        Self { query, ..self }
    }
}

/// A WebSocket message that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// It in the record.
    pub message: MessageId,
    /// When the page had it.
    pub at: Time,
    /// [`Kind::Binary`] or [`Kind::Text`].
    pub kind: Kind,
    /// What it carries, without our envelope.
    pub payload: Vec<u8>,
    /// The message that it answers, where that is known: by the number in our envelope, else the oldest one
    /// that was not answered yet on an echo or the memory, which answer each message in order. `None` where the
    /// server spoke first.
    pub answers: Option<MessageId>,
}

/// A server-sent event that came (HTML standard, §9.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerEvent {
    /// It in the record.
    pub message: MessageId,
    /// When the page had it.
    pub at: Time,
    /// Its type, such as `news` or `end`.
    pub name: String,
    /// Its data.
    pub data: String,
}

/// How long a network waits before it gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a WebSocket to be open.
    pub connect: Span,
    /// For the reply to a request or message.
    pub reply: Span,
}

/// What a script can know of where it runs before it does anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The page came by `https`.
    pub secure_page: bool,
    /// The HTTP endpoint's URL.
    pub http: String,
    /// The WebSocket endpoint's URL.
    pub ws: String,
    /// The run's id.
    pub run: RunId,
}

impl Place {
    /// An id that belongs to the run, another for each number, with 0 the run's own: for feeds of news.
    #[must_use]
    pub const fn id(&self, number: u32) -> RunId {
        RunId(self.run.0.wrapping_add(number as u128))
    }
}

/// Where a lab's messages go and come from. Handles are cheap to clone, and all clones are one network.
#[expect(async_fn_in_trait, reason = "labs run on one thread, in the page and in tests")]
pub trait Network: Clone {
    /// A WebSocket of this network.
    type Socket: Socket;
    /// A stream of server-sent events of this network.
    type Events: Events;

    /// Now, on the page's clock.
    fn now(&self) -> Time;

    /// Where it runs.
    fn place(&self) -> Place;

    /// Whether the service is there, over that protocol. The echo always is; the others only at a Duplex
    /// server.
    fn offers(&self, service: Service, over: Protocol) -> bool;

    /// A part of the script begins: what is recorded from here on belongs to it. Its name is unique in the
    /// lab's script; `protocol` is the one that alone is spoken in it, if it is one.
    fn part(&self, name: &str, protocol: Option<Protocol>);

    /// Sends a request and reads the response to its end, whatever its status. Several may be under way at
    /// once.
    ///
    /// # Errors
    /// When there is no complete response in time. What came of one is recorded.
    async fn fetch(&self, request: Request<'_>) -> Result<Response, Failed>;

    /// Asks for server-sent events (`EventSource`), and waits until the response has begun. Streamed, method
    /// and body are not heeded.
    ///
    /// # Errors
    /// When it does not begin in time, or is no stream of events.
    async fn listen(&self, request: Request<'_>) -> Result<Self::Events, Failed>;

    /// Opens a WebSocket.
    ///
    /// # Errors
    /// When it is not open in time, or is refused.
    async fn open(&self, opening: Opening<'_>) -> Result<Self::Socket, Failure>;

    /// Waits until that time, which belongs to both protocols; returns at once when it is past.
    async fn wait_until(&self, at: Time);

    /// Waits that long before something is tried again.
    async fn back_off(&self, span: Span);

    /// To be called between two turns while nothing is under way: gives way to drawing, so that none of it
    /// falls into a turn.
    async fn between_turns(&self);
}

/// A WebSocket that was open. Dropping it closes it.
#[expect(async_fn_in_trait, reason = "labs run on one thread, in the page and in tests")]
pub trait Socket {
    /// It in the record.
    fn connection(&self) -> ConnectionId;

    /// Sends a message. It is given to the browser, which may take its time; see
    /// [`unsent`](Self::unsent).
    ///
    /// # Errors
    /// When the socket is closed.
    fn send(&self, turn: Turn, payload: Payload<'_>) -> Result<MessageId, Failure>;

    /// Waits for the next message; `None` waits as long as the run's patience. `turn` is the turn of a message
    /// that answers none.
    ///
    /// # Errors
    /// [`ReplyTimeout`](crate::trace::Cause::ReplyTimeout) when none came in time, and
    /// [`ClosedMidway`](crate::trace::Cause::ClosedMidway) when the socket was closed. Messages that came before
    /// are given first.
    async fn next(&self, turn: Turn, within: Option<Span>) -> Result<Incoming, Failure>;

    /// Bytes that were given to the browser and have not gone out (`bufferedAmount`).
    fn unsent(&self) -> u64;

    /// Writes down that nobody waits any more for what was sent and not answered: it may have been lost.
    fn give_up_unanswered(&self);

    /// Closes with a code and a reason, and waits, within the patience for replies, for the `close` event.
    /// A page may use 1000 and 3000 to 4999, and a reason of up to 123 bytes. `None` when the event did not
    /// come in time, or the page may not. In the record both close frames belong to the turn that the socket
    /// was opened with.
    async fn close(&self, code: u16, reason: &str) -> Option<Closing>;

    /// Waits for the `close` event, which the other side or a fault brings about.
    async fn closed(&self, within: Span) -> Option<Closing>;
}

/// A stream of server-sent events. Dropping it closes it.
#[expect(async_fn_in_trait, reason = "labs run on one thread, in the page and in tests")]
pub trait Events {
    /// The request in the record.
    fn request(&self) -> MessageId;

    /// Waits for the next event; `None` waits as long as the run's patience.
    ///
    /// # Errors
    /// [`ReplyTimeout`](crate::trace::Cause::ReplyTimeout) when none came in time, and
    /// [`ClosedMidway`](crate::trace::Cause::ClosedMidway) when the stream was closed for good. An
    /// `EventSource` comes back by itself when a stream breaks off.
    async fn next(&self, within: Option<Span>) -> Result<ServerEvent, Failed>;

    /// Closes the stream: the page takes no more events, and the response is written down as it was.
    fn close(self);
}
