//! Costs from the record of a run of the lab `exchange`: what it measured, what follows from that, and why the rest
//! is missing. What our instrument added is no part of any message's overhead, and so of no figure.

use std::collections::HashSet;

use super::costs::{
    Connecting, Cost, Costs, Derivation, Events, Exchange, Figure, Handshake, Messages, Missing, Rule, Source,
};
use crate::analysis::{Opening, Sample, Statistics, Summary, Timeline, known_overhead};
use crate::trace::{Connection, Direction, Endpoint, Kind, Message, MessageId, Protocol, Span, Speaks, Trace};

/// `connection: close` with its line end (RFC 9112 §9.6).
const CLOSE_LINE: u64 = 19;
/// An event's lines beside its data.
const EVENT_LINES: u64 = "data: \n\n".len() as u64;
/// A comment and an empty line, and their chunk's head.
const COMMENT: u64 = ":\n\n".len() as u64 + super::costs::chunk_head(3);
/// A ping and a pong, the latter masked.
const PING_AND_PONG: u64 = super::costs::frame_head(0, false) + super::costs::frame_head(0, true);

impl Costs {
    /// The costs that a run of the lab `exchange` tells.
    #[must_use]
    pub fn of(trace: &Trace, timeline: &Timeline) -> Self {
        let run = Run::of(trace, timeline);
        let (kept, closed) = (run.exchange(false), run.exchange(true));
        let connecting = Connecting { time: run.connecting_time(&kept), bytes: run.tls_bytes(Protocol::Http) };
        let keep_alive = or_derived(kept, closed, connecting.time, Derivation::CloseLessConnecting);
        let close = or_derived(closed, kept, connecting.time, Derivation::KeepAliveAndConnecting);
        let as_exchange = |cost: Cost| Figure::new(cost?.value(), Source::Derived(Derivation::AsExchange));
        let standard = |bytes: u64, rule: Rule| Figure::new(bytes, Source::Standard(rule));
        Self {
            connecting,
            keep_alive,
            close,
            handshake: run.handshake(),
            message: Messages {
                round_trip: run.round_trip(Protocol::WebSocket, |_| true),
                to_server: run.frame_head(Direction::ToServer),
                to_page: run.frame_head(Direction::ToPage),
                at_payload: run.payload(),
                ping: standard(PING_AND_PONG, Rule::PingAndPong),
            },
            events: Events {
                time: as_exchange(keep_alive.round_trip),
                to_server: as_exchange(keep_alive.to_server),
                to_page: as_exchange(keep_alive.to_page),
                framing: standard(EVENT_LINES, Rule::EventLines),
                comment: standard(COMMENT, Rule::CommentLine),
            },
            emulated: trace.connections.iter().any(|connection| connection.link.is_some()),
        }
    }
}

/// A run, and which of its exchanges made their connection.
struct Run<'a> {
    trace: &'a Trace,
    timeline: &'a Timeline,
    /// The server was asked to close the connection after each exchange.
    asked_to_close: bool,
    fresh: HashSet<MessageId>,
}

impl<'a> Run<'a> {
    fn of(trace: &'a Trace, timeline: &'a Timeline) -> Self {
        let asked_to_close = trace.circumstances.parameters.iter().any(|(name, value)| {
            // The lab's parameter, as it stands in its record.
            name == "connection" && value == "close"
        });
        let mut carried = HashSet::new();
        let requests = trace.of(Protocol::Http).filter(|message| message.kind == Kind::Request);
        let fresh = requests.filter(|request| {
            let connection = request.connection.and_then(|id| trace.connection(id));
            match (connection, &request.phases) {
                (Some(connection), _) => carried.insert(connection.id) && !connection.already_open,
                (None, Some(phases)) => phases.connected(),
                // Nobody tells: as it was asked for.
                (None, None) => asked_to_close,
            }
        });
        let fresh = fresh.map(|request| request.id).collect();
        Self { trace, timeline, asked_to_close, fresh }
    }

    /// What the exchanges cost whose connection was made for them and closed, or those on a kept one. One that made a
    /// connection which was then kept is neither.
    fn exchange(&self, closed: bool) -> Exchange {
        let of_kind = |request: MessageId| self.fresh.contains(&request) == closed && (self.asked_to_close || !closed);
        let heads = |direction: Direction| {
            let counts = |message: &&Message| {
                !message.warm_up && message.direction == direction && of_kind(message.answers.unwrap_or(message.id))
            };
            self.overhead(Protocol::Http, self.trace.of(Protocol::Http).filter(counts), Source::Server)
        };
        Exchange {
            round_trip: self.round_trip(Protocol::Http, of_kind),
            to_server: heads(Direction::ToServer),
            to_page: heads(Direction::ToPage),
        }
    }

    /// The median of a protocol's round trips that count.
    fn round_trip(&self, protocol: Protocol, of_kind: impl Fn(MessageId) -> bool) -> Cost {
        let counts = |sample: &&Sample| sample.counts() && of_kind(sample.request);
        let took: Vec<Span> = self.timeline.samples(protocol).iter().filter(counts).map(|sample| sample.took).collect();
        time(Statistics::of(&took).ok_or(Missing::NotMeasured)?.median, Source::Page)
    }

    /// What it took to open a connection for HTTP. Where it was open already, what is left of a WebSocket's opening
    /// without its handshake, if the same server was asked for both.
    fn connecting_time(&self, kept: &Exchange) -> Cost {
        match self.opening(Protocol::Http) {
            Opening::Took { median, .. } => time(median, Source::Page),
            Opening::Unknown => Err(if self.is_plain(Protocol::Http) { Missing::Plain } else { Missing::NotTold }),
            Opening::AlreadyOpen => {
                let [http, web_socket] = Protocol::BOTH.map(|protocol| authority(&self.endpoint(protocol).url));
                let same = http.is_some() && http == web_socket;
                let (Opening::Took { median, .. }, Ok(exchange), true) =
                    (self.opening(Protocol::WebSocket), kept.round_trip, same)
                else {
                    return Err(Missing::AlreadyOpen);
                };
                let left = median - Span(exchange.value().cast_signed());
                time(left, Source::Derived(Derivation::OpeningLessExchange))
            }
        }
    }

    fn handshake(&self) -> Handshake {
        let side = |kind: Kind| {
            let messages = self.trace.of(Protocol::WebSocket).filter(|message| message.kind == kind);
            self.overhead(Protocol::WebSocket, messages, Source::Server)
        };
        let opened = match self.opening(Protocol::WebSocket) {
            Opening::Took { median, .. } => time(median, Source::Page),
            Opening::AlreadyOpen | Opening::Unknown => Err(Missing::NotMeasured),
        };
        Handshake {
            time: opened,
            to_server: side(Kind::Handshake),
            to_page: side(Kind::SwitchingProtocols),
            connecting: self.tls_bytes(Protocol::WebSocket),
        }
    }

    /// The heads of a message's frames one way.
    fn frame_head(&self, direction: Direction) -> Cost {
        let messages = self.socket_messages().filter(|message| message.direction == direction);
        self.overhead(Protocol::WebSocket, messages, Source::Standard(Rule::FrameHead))
    }

    /// The payload of the WebSocket's messages: the median.
    fn payload(&self) -> u64 {
        median(self.socket_messages().map(|message| message.payload).collect()).unwrap_or(0)
    }

    fn socket_messages(&self) -> impl Iterator<Item = &'a Message> {
        self.trace.of(Protocol::WebSocket).filter(|message| message.kind.is_exchanged() && !message.warm_up)
    }

    /// The median of what the protocol added to messages, or why it is known of none.
    fn overhead<'m>(&self, protocol: Protocol, messages: impl Iterator<Item = &'m Message>, source: Source) -> Cost {
        let messages: Vec<&Message> = messages.collect();
        let known = messages.iter().filter_map(|message| known_overhead(self.trace, message)).collect();
        if let Some(median) = median(known) {
            return Figure::new(median, source);
        }
        let extended = |message: &&Message| {
            let connection = message.connection.and_then(|id| self.trace.connection(id));
            !message.kind.is_opening() && connection.is_some_and(|connection| !connection.extensions.is_empty())
        };
        Err(match messages.first() {
            None => Missing::NotMeasured,
            Some(_) if protocol == Protocol::WebSocket && messages.iter().any(extended) => Missing::Compressed,
            Some(first) if first.alpn.as_deref() == Some("h2") => Missing::Shared,
            Some(_) if self.is_plain(protocol) => Missing::Plain,
            Some(_) => Missing::NotTold,
        })
    }

    /// Bytes of TLS's handshake, both ways: the median of the protocol's connections.
    fn tls_bytes(&self, protocol: Protocol) -> Cost {
        let url = &self.endpoint(protocol).url;
        if url.starts_with("http://") || url.starts_with("ws://") {
            return Figure::new(0, Source::Standard(Rule::NoTls));
        }
        let known = self.timeline.connections(protocol).iter().filter_map(|id| self.trace.connection(*id));
        let bytes = |connection: &Connection| {
            let (read, written) = connection.tls.as_ref()?.handshake_bytes;
            read.checked_add(written)
        };
        match median(known.filter_map(bytes).collect()) {
            Some(bytes) => Figure::new(bytes, Source::Server),
            None => Err(if self.is_plain(protocol) { Missing::Plain } else { Missing::NotTold }),
        }
    }

    fn opening(&self, protocol: Protocol) -> Opening {
        Summary::of(self.trace, self.timeline, protocol).opening
    }

    fn endpoint(&self, protocol: Protocol) -> &Endpoint {
        match protocol {
            Protocol::Http => &self.trace.circumstances.http,
            Protocol::WebSocket => &self.trace.circumstances.ws,
        }
    }

    fn is_plain(&self, protocol: Protocol) -> bool {
        self.endpoint(protocol).speaks == Speaks::Plain
    }
}

/// What was measured, and what was not by taking connecting and its header line to, or from, the other kind.
fn or_derived(measured: Exchange, other: Exchange, connecting: Cost, how: Derivation) -> Exchange {
    if measured.round_trip.is_ok() || other.round_trip.is_err() {
        return measured;
    }
    let add = how == Derivation::KeepAliveAndConnecting;
    let derived = |from: Cost, difference: Cost| {
        let (from, difference) = (from?.value(), difference?.value());
        let value = if add { from.checked_add(difference) } else { from.checked_sub(difference) };
        Figure::new(value.ok_or(Missing::Implausible)?, Source::Derived(how))
    };
    let bytes = |from: Cost, bytes: u64| derived(from, Figure::new(bytes, Source::Derived(how)));
    Exchange {
        round_trip: derived(other.round_trip, connecting),
        to_server: bytes(other.to_server, 0),
        to_page: bytes(other.to_page, CLOSE_LINE),
    }
}

fn time(span: Span, source: Source) -> Cost {
    Figure::new(u64::try_from(span.0).map_err(|_| Missing::Implausible)?, source)
}

/// The nearest-rank median: one of the values.
fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

/// Scheme's safety, host and port of a URL, such as `(false, "127.0.0.1:9000")`.
fn authority(url: &str) -> Option<(bool, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let secure = match scheme {
        "https" | "wss" => true,
        "http" | "ws" => false,
        _ => return None,
    };
    Some((secure, rest.split(['/', '?', '#']).next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_standards_give_is_as_by_hand() {
        assert_eq!(CLOSE_LINE, "connection: close\r\n".len() as u64);
        assert_eq!((EVENT_LINES, COMMENT, PING_AND_PONG), (8, "3\r\n:\n\n\r\n".len() as u64, 8));
    }

    #[test]
    fn the_same_server_is_told_by_scheme_host_and_port() {
        assert_eq!(authority("http://a:1/echo"), authority("ws://a:1/ws?x"));
        assert_ne!(authority("https://a/echo"), authority("ws://a/ws"));
        assert_eq!(authority("nothing"), None);
    }

    #[test]
    fn a_median_is_one_of_the_values() {
        assert_eq!([median(vec![]), median(vec![4]), median(vec![9, 1, 5, 7])], [None, Some(4), Some(5)]);
    }
}
