//! When which way of talking pays (claim C16): from measured costs, what a session costs in bytes and in waiting by
//! each of six ways, where these lines cross, and which way is advised, with the reason and with what would change it.
//!
//! In come [`Costs`], each a figure with its provenance or the reason why there is none, and a [`Situation`] of
//! sliders; out come lines, exact crossings and values to be put into words. A cost that is not known never becomes a
//! number: what needs it is a [`Gap`]. Our instrument's bytes do not enter. The formulas stand in `model.rs`; what they
//! leave out is [`LeftOut`].

mod advice;
mod costs;
mod exact;
mod from_trace;
mod line;
mod model;
mod situation;
mod stored;
#[cfg(test)]
mod tests;

pub use advice::{Change, Criterion, Reason, Recommendation, advise};
pub use costs::{
    Connecting, Cost, Costs, Derivation, Events, Exchange, Figure, Handshake, MOST, Messages, Missing, Rule, Source,
};
pub(super) use costs::{event_overhead, frame_head};
pub use exact::Exact;
pub use line::{Crossing, Line};
pub use situation::{Policy, Setting, Situation, Slider, Starter};
pub use stored::StoredCosts;

use crate::trace::Protocol;

use serde::{Deserialize, Serialize};

/// A way for client and server to talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Request and response on a connection that is kept (RFC 9112 §9.3).
    KeepAlive,
    /// Request and response, and the connection is closed after each (RFC 9112 §9.6).
    Close,
    /// Asking for news every so often (RFC 6202 §2).
    ShortPolling,
    /// One response that goes on and on (HTML §9.2).
    ServerSentEvents,
    /// Asking for news, and the answer waits until there are some (RFC 6202 §2.1).
    LongPolling,
    /// A WebSocket (RFC 6455).
    WebSocket,
}

impl Way {
    /// All of them, simpler ones first: those that ask less of the application, of the server, and of what lies
    /// between. Where two cost alike, the former is advised.
    pub const ALL: [Self; 6] =
        [Self::KeepAlive, Self::Close, Self::ShortPolling, Self::ServerSentEvents, Self::LongPolling, Self::WebSocket];

    /// Its name in files and in markup.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::KeepAlive => "keep-alive",
            Self::Close => "close",
            Self::ShortPolling => "short-polling",
            Self::ServerSentEvents => "server-sent-events",
            Self::LongPolling => "long-polling",
            Self::WebSocket => "web-socket",
        }
    }

    /// What is spoken.
    #[must_use]
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::WebSocket => Protocol::WebSocket,
            _ => Protocol::Http,
        }
    }
}

/// What is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Bytes above TCP, both ways, payload included.
    Bytes,
    /// Microseconds that somebody waits: for connections, answers and news.
    Time,
}

/// A figure that the model asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the field of `Costs` of that name")]
pub enum Part {
    ConnectingTime,
    ConnectingBytes,
    ExchangeRoundTrip,
    ExchangeToServer,
    ExchangeToPage,
    CloseRoundTrip,
    CloseToServer,
    CloseToPage,
    HandshakeTime,
    HandshakeToServer,
    HandshakeToPage,
    SocketConnectingBytes,
    MessageRoundTrip,
    FrameToServer,
    FrameToPage,
    Ping,
    EventsTime,
    EventsToServer,
    EventsToPage,
    EventFraming,
    Comment,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::ConnectingTime,
        Self::ConnectingBytes,
        Self::ExchangeRoundTrip,
        Self::ExchangeToServer,
        Self::ExchangeToPage,
        Self::CloseRoundTrip,
        Self::CloseToServer,
        Self::CloseToPage,
        Self::HandshakeTime,
        Self::HandshakeToServer,
        Self::HandshakeToPage,
        Self::SocketConnectingBytes,
        Self::MessageRoundTrip,
        Self::FrameToServer,
        Self::FrameToPage,
        Self::Ping,
        Self::EventsTime,
        Self::EventsToServer,
        Self::EventsToPage,
        Self::EventFraming,
        Self::Comment,
    ];

    /// What it is counted in.
    #[must_use]
    pub const fn measure(self) -> Measure {
        match self {
            Self::ConnectingTime
            | Self::ExchangeRoundTrip
            | Self::CloseRoundTrip
            | Self::HandshakeTime
            | Self::MessageRoundTrip
            | Self::EventsTime => Measure::Time,
            _ => Measure::Bytes,
        }
    }
}

/// Why a way is no answer to a situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unsuited {
    /// The server starts messages, and cannot: a response answers a request (RFC 9110 §3.4).
    ServerCannotStart,
    /// The server starts none: there is nothing to fetch or to listen for.
    NothingToFetch,
}

/// Why there is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// A figure is missing.
    Missing {
        /// Which.
        part: Part,
        /// Why.
        why: Missing,
    },
    /// The way does not do what is asked.
    Unsuited(Unsuited),
    /// The server starts no messages, so there is no delay of them.
    NoNews,
}

/// What the model leaves out, alike for all ways, to be said beside its figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// The headers of TCP and IP, acknowledgements and TCP's handshake: neither page nor server sees their bytes.
    BelowTcp,
    /// What TLS adds to each record.
    TlsRecords,
    /// A browser opens up to six connections to a server over HTTP/1.1; here each way uses as many as it needs, and
    /// exchanges follow one another.
    SixConnections,
    /// Round trips are those of the run's payload; a longer one takes longer on a slow line.
    PayloadTime,
    /// The digits of `Content-Length` are those of the run's payload.
    ContentLength,
    /// The application's own marks around news, such as their numbers.
    Application,
}

impl LeftOut {
    /// All of it.
    pub const ALL: [Self; 6] = [
        Self::BelowTcp,
        Self::TlsRecords,
        Self::SixConnections,
        Self::PayloadTime,
        Self::ContentLength,
        Self::Application,
    ];
}

/// What is to be expected of a way in a situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Which way.
    pub way: Way,
    /// Bytes by messages, or why not.
    pub bytes: Result<Line, Gap>,
    /// µs of waiting by messages, or why not.
    pub time: Result<Line, Gap>,
    /// µs from a news' coming up at the server to its arrival, in the mean, or why not.
    pub delay: Result<Exact, Gap>,
}

impl Outlook {
    /// The line of a measure.
    ///
    /// # Errors
    /// When there is none.
    pub const fn line(&self, measure: Measure) -> Result<Line, Gap> {
        match measure {
            Measure::Bytes => self.bytes,
            Measure::Time => self.time,
        }
    }

    /// It is cheaper, or sooner, in something than the other, and in nothing more: in bytes and in time at any point
    /// of a session of so many messages, and in delay. What is not known of either does not dominate.
    fn dominates(&self, other: &Self, messages: Exact) -> bool {
        let (Ok(bytes), Ok(other_bytes), Ok(time), Ok(other_time)) = (self.bytes, other.bytes, self.time, other.time)
        else {
            return false;
        };
        let delay = match (self.delay, other.delay) {
            (Ok(delay), Ok(other)) => (delay, other),
            (Err(Gap::NoNews), Err(Gap::NoNews)) => (Exact::ZERO, Exact::ZERO),
            _ => return false,
        };
        // Lines: what holds at both ends holds between.
        let ends = [Exact::ONE, messages.max(Exact::ONE)];
        let mut pairs = vec![delay];
        for end in ends {
            pairs.extend([(bytes.after(end), other_bytes.after(end)), (time.after(end), other_time.after(end))]);
        }
        pairs.iter().all(|(mine, theirs)| mine <= theirs) && pairs.iter().any(|(mine, theirs)| mine < theirs)
    }
}

/// All ways in one situation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakEven {
    /// The situation, with its numbers brought into their ranges.
    pub situation: Situation,
    /// What is to be expected of each way, in the order of [`Way::ALL`].
    pub outlooks: [Outlook; 6],
}

impl BreakEven {
    /// Works out what is to be expected of each way.
    #[must_use]
    pub fn of(costs: &Costs, situation: Situation, policy: Policy) -> Self {
        let situation = situation.in_range();
        let model = model::Model::new(costs, situation, policy);
        Self { situation, outlooks: Way::ALL.map(|way| model.outlook(way)) }
    }

    /// What is to be expected of a way.
    #[must_use]
    pub const fn outlook(&self, way: Way) -> &Outlook {
        &self.outlooks[way as usize]
    }

    /// From which message on one way is cheaper than another. The session may end before:
    /// [`Situation::messages`] says how many it has.
    ///
    /// # Errors
    /// When one of them has no line.
    pub fn crossing(&self, measure: Measure, way: Way, than: Way) -> Result<Crossing, Gap> {
        let (line, other) = (self.outlook(way).line(measure)?, self.outlook(than).line(measure)?);
        Ok(line.below(&other))
    }

    /// What the whole session comes to.
    ///
    /// # Errors
    /// When the way has no line.
    pub fn total(&self, measure: Measure, way: Way) -> Result<Exact, Gap> {
        Ok(self.outlook(way).line(measure)?.after(self.situation.messages()))
    }

    /// Which figures a way's line rests on: those without which there would be none. Of a way without a line, none.
    #[must_use]
    pub fn rests_on(costs: &Costs, situation: Situation, policy: Policy, measure: Measure, way: Way) -> Vec<Part> {
        let line = |costs: &Costs| model::Model::new(costs, situation.in_range(), policy).outlook(way).line(measure);
        if line(costs).is_err() {
            return Vec::new();
        }
        let needed = |part: &Part| line(&costs.with(*part, Err(Missing::NotMeasured))).is_err();
        Part::ALL.into_iter().filter(needed).collect()
    }

    /// The ways that another beats or equals in everything throughout the session, each with the simplest such other.
    #[must_use]
    pub fn dominated(&self) -> Vec<(Way, Way)> {
        let messages = self.situation.messages();
        let by = |worse: &Outlook| self.outlooks.iter().find(|better| better.dominates(worse, messages));
        self.outlooks.iter().filter_map(|worse| Some((worse.way, by(worse)?.way))).collect()
    }
}
