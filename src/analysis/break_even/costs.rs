//! What each thing costs, as measured: a figure with its provenance, or the reason why there is none.

use serde::{Deserialize, Serialize};

use super::Part;

/// Figures are below this: 1 GiB, or 18 minutes. What is not is no cost of one message.
pub const MOST: u64 = 1 << 30;

/// A figure, in bytes or microseconds, and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Figure {
    value: u64,
    source: Source,
}

/// A figure, or why there is none.
pub type Cost = Result<Figure, Missing>;

/// Where a figure comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Measured in this page: the median of the samples that count.
    Page,
    /// Counted by the server's meter: the median of the messages.
    Server,
    /// Follows from a standard alone.
    Standard(Rule),
    /// Derived from other figures of the run.
    Derived(Derivation),
}

/// What of a standard a figure follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The head of a frame follows from its length and its masking (RFC 6455 §5.2); with further heads where the
    /// server counted more frames than one.
    FrameHead,
    /// A ping and its pong without a payload, the client's masked (RFC 6455 §5.5.2, §5.5.3): 2 + 6 bytes.
    PingAndPong,
    /// The line `data: …` and an empty line, each with its line feed (HTML §9.2.6): 8 bytes.
    EventLines,
    /// A comment without a word and an empty line (HTML §9.2.6), in one chunk (RFC 9112 §7.1): 8 bytes.
    CommentLine,
    /// No TLS: above TCP a connection has no bytes of its own.
    NoTls,
}

/// How a figure was derived from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Derivation {
    /// That of a request on a kept connection, with opening a connection, and with the line `connection: close`
    /// in the response (RFC 9112 §9.6): 19 bytes.
    KeepAliveAndConnecting,
    /// That of an exchange that made its connection and closed it, without these.
    CloseLessConnecting,
    /// What opening the WebSocket took, less one exchange over HTTP: its handshake is one.
    OpeningLessExchange,
    /// An event stream opens with one HTTP exchange, so its head is taken to be that of the run's exchanges.
    AsExchange,
}

/// Why there is no figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The run had nothing of the kind, and nothing that it could be derived from.
    NotMeasured,
    /// The browser used a connection that was open already, and what it took to open it cannot be derived.
    AlreadyOpen,
    /// The endpoint is no Duplex server: a page alone sees no bytes of heads.
    Plain,
    /// The server did not tell.
    NotTold,
    /// An extension was agreed on: frames are not what the arithmetic says (RFC 7692).
    Compressed,
    /// Over HTTP/2 exchanges share a connection, and their bytes are not told apart (RFC 9113).
    Shared,
    /// A figure of [`MOST`] or more, or one derived that came out below zero.
    Implausible,
}

/// What a request and its response cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// From the call to the whole body, in µs.
    pub round_trip: Cost,
    /// Bytes of the request beside its payload.
    pub to_server: Cost,
    /// Bytes of the response beside its payload.
    pub to_page: Cost,
}

/// What opening a connection for HTTP costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connecting {
    /// TCP's handshake and that of TLS, if any, in µs.
    pub time: Cost,
    /// Bytes above TCP, both ways: those of the handshake of TLS.
    pub bytes: Cost,
}

/// What opening a WebSocket costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handshake {
    /// From the constructor to the `open` event, in µs: with the connection below.
    pub time: Cost,
    /// Bytes of the request.
    pub to_server: Cost,
    /// Bytes of the response 101.
    pub to_page: Cost,
    /// Bytes above TCP of the connection below, both ways: those of the handshake of TLS.
    pub connecting: Cost,
}

/// What a WebSocket's messages cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    /// From `send` to the `message` event of the answer, in µs.
    pub round_trip: Cost,
    /// Bytes of the heads of a message's frames to the server; these are masked (RFC 6455 §5.3).
    pub to_server: Cost,
    /// Bytes of the heads of a message's frames to the page; these are not masked.
    pub to_page: Cost,
    /// The payload at which these heads were seen, in bytes: for another one the length's own bytes are counted
    /// anew (RFC 6455 §5.2).
    pub at_payload: u64,
    /// Bytes of a ping and its pong.
    pub ping: Cost,
}

/// What server-sent events cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// From the request to the head of the response, on an open connection, in µs.
    pub time: Cost,
    /// Bytes of the request.
    pub to_server: Cost,
    /// Bytes of the response's head.
    pub to_page: Cost,
    /// Bytes of an event's lines beside its data; its chunk's head is counted besides (RFC 9112 §7.1).
    pub framing: Cost,
    /// Bytes of a comment that keeps the connection, in its chunk.
    pub comment: Cost,
}

/// What each thing costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Costs {
    /// Opening a connection for HTTP.
    pub connecting: Connecting,
    /// An exchange on a connection that is kept (RFC 9112 §9.3).
    pub keep_alive: Exchange,
    /// An exchange whose connection is made for it and then closed (RFC 9112 §9.6); its round trip is with
    /// connecting, its bytes are without those of [`Costs::connecting`].
    pub close: Exchange,
    /// Opening a WebSocket (RFC 6455 §4).
    pub handshake: Handshake,
    /// A WebSocket's messages.
    pub message: Messages,
    /// Server-sent events (HTML §9.2).
    pub events: Events,
    /// The run came over an emulated link: its times are those of the emulation.
    pub emulated: bool,
}

impl Figure {
    /// A figure from its source.
    ///
    /// # Errors
    /// When it is [`MOST`] or more.
    pub const fn new(value: u64, source: Source) -> Cost {
        if value < MOST { Ok(Self { value, source }) } else { Err(Missing::Implausible) }
    }

    /// The figure, in bytes or microseconds.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.value
    }

    /// Where it comes from.
    #[must_use]
    pub const fn source(self) -> Source {
        self.source
    }
}

/// A figure as it stands in a file.
#[derive(Deserialize)]
struct Unchecked {
    value: u64,
    source: Source,
}

impl TryFrom<Unchecked> for Figure {
    type Error = &'static str;

    fn try_from(Unchecked { value, source }: Unchecked) -> Result<Self, Self::Error> {
        Self::new(value, source).map_err(|_| "a figure is 2^30 or more")
    }
}

impl Costs {
    /// A figure by what the model asks for.
    pub fn get(mut self, part: Part) -> Cost {
        *self.part(part)
    }

    /// The same with another figure.
    #[must_use]
    pub(super) fn with(mut self, part: Part, cost: Cost) -> Self {
        *self.part(part) = cost;
        self
    }

    const fn part(&mut self, part: Part) -> &mut Cost {
        match part {
            Part::ConnectingTime => &mut self.connecting.time,
            Part::ConnectingBytes => &mut self.connecting.bytes,
            Part::ExchangeRoundTrip => &mut self.keep_alive.round_trip,
            Part::ExchangeToServer => &mut self.keep_alive.to_server,
            Part::ExchangeToPage => &mut self.keep_alive.to_page,
            Part::CloseRoundTrip => &mut self.close.round_trip,
            Part::CloseToServer => &mut self.close.to_server,
            Part::CloseToPage => &mut self.close.to_page,
            Part::HandshakeTime => &mut self.handshake.time,
            Part::HandshakeToServer => &mut self.handshake.to_server,
            Part::HandshakeToPage => &mut self.handshake.to_page,
            Part::SocketConnectingBytes => &mut self.handshake.connecting,
            Part::MessageRoundTrip => &mut self.message.round_trip,
            Part::FrameToServer => &mut self.message.to_server,
            Part::FrameToPage => &mut self.message.to_page,
            Part::Ping => &mut self.message.ping,
            Part::EventsTime => &mut self.events.time,
            Part::EventsToServer => &mut self.events.to_server,
            Part::EventsToPage => &mut self.events.to_page,
            Part::EventFraming => &mut self.events.framing,
            Part::Comment => &mut self.events.comment,
        }
    }
}

/// The head of a frame that carries so many bytes (RFC 6455 §5.2).
pub(in crate::analysis) const fn frame_head(payload: u64, masked: bool) -> u64 {
    let length = match payload {
        0..=125 => 0,
        126..=0xffff => 2,
        _ => 8,
    };
    2 + length + if masked { 4 } else { 0 }
}

/// What a chunk adds to so many bytes: its size in hexadecimal digits and two line ends (RFC 9112 §7.1).
pub(super) const fn chunk_head(content: u64) -> u64 {
    let digits = (u64::BITS - content.leading_zeros()).div_ceil(4);
    (if digits == 0 { 1 } else { digits }) as u64 + 4
}

/// What an event adds to so many bytes of data, with lines of so many bytes beside it, in one chunk.
pub(in crate::analysis) const fn event_overhead(lines: u64, data: u64) -> u64 {
    lines + chunk_head(lines + data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frames_head_has_three_lengths() {
        let heads =
            [0, 125, 126, 65_535, 65_536].map(|payload| (frame_head(payload, true), frame_head(payload, false)));
        assert_eq!(heads, [(6, 2), (6, 2), (8, 4), (8, 4), (14, 10)]);
    }

    #[test]
    fn a_chunks_size_is_hexadecimal() {
        assert_eq!([3, 15, 16, 255, 256].map(chunk_head), [5, 5, 6, 6, 7]);
    }

    #[test]
    fn what_no_message_costs_is_no_figure() {
        assert!(Figure::new(MOST - 1, Source::Page).is_ok());
        assert_eq!(Figure::new(MOST, Source::Page), Err(Missing::Implausible));
    }
}
