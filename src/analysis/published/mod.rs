//! Published comparisons of HTTP and WebSocket, re-examined: what a source says as figures, how to run the same thing
//! here, and, from the record of such a run, what holds, what does not, and why.
//!
//! In come a trace and its timeline, out come values, which the page puts into words. Figures and facts only, each with
//! its source; nothing of a source's text. Our instrument's bytes do not enter.

mod fifty_requests;
mod quantum_leap;
mod seven_bytes;
#[cfg(test)]
mod tests;

use super::Timeline;
use super::break_even::{Costs, Figure, Missing};
use crate::trace::{Span, Trace};

/// A published comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    /// 871 bytes of heads for each poll against 2 for each message.
    QuantumLeap,
    /// 98.8 % less for a short message.
    SevenBytes,
    /// 50 requests in 5 s against 180 ms, and the six connections that are to explain it.
    FiftyRequests,
}

/// Where a comparison was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its title.
    pub title: &'static str,
    /// Who wrote it; `None` where that is not known.
    pub authors: Option<&'static str>,
    /// Where it appeared.
    pub appeared: &'static str,
    /// When; `None` where that is not known.
    pub year: Option<u16>,
    /// Where it was, or is.
    pub url: Option<&'static str>,
    /// How its figures were checked.
    pub checked: Checked,
}

/// How the figures of a source were checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Title, authors and beginning by the page itself, its figures by complete copies elsewhere.
    Copies,
    /// Title, author, date and beginning by the page itself, its figures as others quote them.
    Quotations,
    /// By the text itself, of which neither author nor date could be found, and which is not the only one to say it.
    Unsigned,
}

/// A run that repeats what was published, or a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// Which part of it.
    pub part: Part,
    /// The lab's name in links.
    pub lab: &'static str,
    /// The lab's settings, by name, as they stand in links. What is not named is as by default.
    pub settings: &'static [(&'static str, &'static str)],
}

/// Which part of a comparison a run repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// All of it.
    Whole,
    /// One exchange after another.
    OneByOne,
    /// All at once.
    AtOnce,
}

/// A figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// Bytes.
    Bytes(u64),
    /// A length of time.
    Time(Span),
    /// Per cent.
    Percent(f64),
    /// So many to one.
    ToOne(f64),
    /// Times a second.
    PerSecond(f64),
    /// Bits a second.
    BitsPerSecond(f64),
    /// How many.
    Count(u64),
}

/// What a figure is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// The heads of a request and its response.
    HeadsOfAnExchange,
    /// What a WebSocket adds to a message to the page.
    HeadToPage,
    /// What a WebSocket adds to a message to the server.
    HeadToServer,
    /// The heads of an exchange against what a message to the page has.
    HeadsToHead,
    /// Heads of so many clients that poll once a second.
    Polling {
        /// How many.
        clients: u32,
    },
    /// Heads of so many clients that are sent a message a second.
    Pushing {
        /// How many.
        clients: u32,
    },
    /// The WebSocket's handshake, both ways.
    Handshake,
    /// A request with a payload of 5 bytes.
    WholeRequest,
    /// A message of 5 bytes to the page, with its frame.
    WholeFrameToPage,
    /// A message of 5 bytes to the server, with its frame.
    WholeFrameToServer,
    /// How much less a message to the server is than a request.
    SavingOneWay,
    /// How much less two messages are than an exchange, with so much payload each way.
    SavingBothWays {
        /// In bytes.
        payload: u64,
    },
    /// One exchange over HTTP.
    OneOverHttp,
    /// One message there and back over a WebSocket.
    OneOverWebSocket,
    /// A request and a response with their payload.
    BytesOverHttp,
    /// A message there and back with its payload.
    BytesOverWebSocket,
    /// All exchanges over HTTP, one after another.
    InTurnOverHttp,
    /// All messages there and back over a WebSocket, one after another.
    InTurnOverWebSocket,
    /// All exchanges over HTTP, begun at once, until the last was over.
    AtOnceOverHttp,
    /// All messages there and back, sent at once, until the last was back.
    AtOnceOverWebSocket,
    /// Exchanges over HTTP in a second.
    RateOverHttp,
    /// Messages there and back over WebSockets in a second.
    RateOverWebSocket,
    /// Connections that carried the requests.
    Connections,
}

/// Why there is no figure of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// It could not be had.
    Missing(Missing),
    /// Another of the preset's runs tells it.
    InAnotherRun(Part),
}

/// A published figure beside ours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// What it is of.
    pub what: What,
    /// As published; `None` where the source does not have it.
    pub published: Option<Amount>,
    /// Ours.
    pub ours: Result<Amount, Absent>,
}

/// Whether something that was published holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holds {
    /// It does.
    Yes,
    /// It does in one case, or in size but not in kind.
    InPart,
    /// It does not.
    No,
    /// This run cannot tell.
    NotShown,
}

/// What holds or does not, and why. Those that begin with `Its` follow from the published figures alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    /// Its own two figures give another ratio than the one that it names.
    ItsRatio {
        /// What they give.
        gives: f64,
        /// What it names.
        says: f64,
    },
    /// Its megabits are of 2^20 bits.
    ItsMegabits {
        /// Bits a second by its own figures.
        bits: f64,
        /// The megabits that it names for them.
        says: f64,
    },
    /// Its delays are an assumption, not a measurement.
    ItsDelaysAreAssumed,
    /// What it asks six connections to explain is more than they do.
    ItsSixConnections {
        /// How often each of them is used.
        rounds: u32,
        /// What that many of its single exchanges come to.
        explained: Span,
        /// What it measured.
        says: Span,
    },
    /// So many of its single exchanges come to about what it measured for all at once.
    ItsSingles {
        /// How many.
        requests: u32,
        /// What they come to one after another.
        in_turn: Span,
        /// What it measured.
        says: Span,
    },
    /// Its messages in their time give another rate than the one that it names.
    ItsRate {
        /// What they give, a second.
        gives: f64,
        /// What it names.
        says: f64,
    },
    /// Heads as large, or not, as those that were published.
    HeadsAsPublished {
        /// Ours, in bytes.
        ours: u64,
        /// As published.
        published: u64,
    },
    /// How much more an exchange's heads are than what a message has.
    HowMuchMore {
        /// So many times.
        times: f64,
    },
    /// What the client sends is masked, which takes 4 bytes more (RFC 6455 §5.3).
    Masked {
        /// What a message to the server has, in bytes.
        to_server: u64,
        /// As published.
        published: u64,
    },
    /// The handshake was left out.
    HandshakeLeftOut {
        /// Its bytes.
        bytes: u64,
        /// After how many messages it has paid for itself.
        paid_after: u64,
    },
    /// A server that has news may send them over HTTP too, as events (HTML §9.2).
    EventStream {
        /// What an event adds to as much data, in bytes.
        each: u64,
        /// What a WebSocket message to the page has.
        web_socket: u64,
    },
    /// How much less a message is.
    Saving {
        /// Ours, in per cent.
        ours: f64,
        /// As published.
        published: f64,
    },
    /// The longer the payload, the less there is to save.
    PayloadDilutes {
        /// Bytes of payload each way.
        payload: u64,
        /// What is saved then, in per cent.
        saved: f64,
    },
    /// What is saved in bytes is not saved in time.
    BytesAreNotTime {
        /// A round trip over HTTP, in the median.
        http: Span,
        /// One over the WebSocket.
        web_socket: Span,
    },
    /// A single message is there and back sooner than a single exchange, or is not.
    Singles {
        /// A round trip over HTTP, in the median.
        http: Span,
        /// One over the WebSocket.
        web_socket: Span,
    },
    /// Its WebSocket messages carry those of a library.
    LibraryOnTop {
        /// Of ours, bytes there and back.
        ours: u64,
        /// Of theirs.
        published: u64,
    },
    /// How many connections the browser used.
    Connections {
        /// How many.
        used: u32,
        /// How many are said to be the most.
        published: u32,
        /// It spoke HTTP/2, in which exchanges share one (RFC 9113).
        shared: bool,
    },
    /// Whether waiting for one of the connections explains the time.
    Queueing {
        /// How many requests.
        requests: u32,
        /// How many connections.
        connections: u32,
        /// The shortest exchange.
        shortest: Span,
        /// As many rounds of it as there have to be.
        explained: Span,
        /// What all took.
        took: Span,
    },
    /// That requests wait is a rule of browsers, not of HTTP (RFC 9112 §9.4 sets no number).
    BrowsersRule,
    /// All at once, WebSocket messages are back sooner, or are not.
    AtOnce {
        /// All over HTTP.
        http: Span,
        /// All over WebSockets, each on one of its own.
        web_socket: Span,
    },
}

/// Something that holds or does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Remark {
    /// Whether it does.
    pub holds: Holds,
    /// What, and why.
    pub why: Why,
}

/// A published comparison beside a run of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Which.
    pub preset: Preset,
    /// Which part of it the run repeats.
    pub part: Part,
    /// The figures.
    pub rows: Vec<Row>,
    /// What holds and what does not.
    pub remarks: Vec<Remark>,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::QuantumLeap, Self::SevenBytes, Self::FiftyRequests];

    /// Its name in markup.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::QuantumLeap => "quantum-leap",
            Self::SevenBytes => "seven-bytes",
            Self::FiftyRequests => "fifty-requests",
        }
    }

    /// Where it was published.
    #[must_use]
    pub const fn source(self) -> &'static Source {
        match self {
            Self::QuantumLeap => &quantum_leap::SOURCE,
            Self::SevenBytes => &seven_bytes::SOURCE,
            Self::FiftyRequests => &fifty_requests::SOURCE,
        }
    }

    /// What to run to see it here.
    #[must_use]
    pub const fn repetitions(self) -> &'static [Repetition] {
        match self {
            Self::QuantumLeap => &quantum_leap::REPETITIONS,
            Self::SevenBytes => &seven_bytes::REPETITIONS,
            Self::FiftyRequests => &fifty_requests::REPETITIONS,
        }
    }

    /// Which of its repetitions a run is, if it is one: the lab and the named settings are the same.
    #[must_use]
    pub fn repeated_by(self, trace: &Trace) -> Option<&'static Repetition> {
        let known = &trace.circumstances;
        let is_set = |(name, value): &(&str, &str)| known.parameters.iter().any(|(n, v)| n == name && v == value);
        self.repetitions()
            .iter()
            .find(|repetition| repetition.lab == known.lab && repetition.settings.iter().all(is_set))
    }

    /// What was published beside what a run shows; `None` where the run does not repeat it.
    #[must_use]
    pub fn compare(self, trace: &Trace, timeline: &Timeline) -> Option<Comparison> {
        let part = self.repeated_by(trace)?.part;
        let (rows, remarks) = match (self, part) {
            (Self::QuantumLeap, _) => quantum_leap::compare(&Costs::of(trace, timeline)),
            (Self::SevenBytes, _) => seven_bytes::compare(&Costs::of(trace, timeline)),
            (Self::FiftyRequests, Part::AtOnce) => fifty_requests::at_once(trace),
            (Self::FiftyRequests, _) => fifty_requests::one_by_one(trace, timeline),
        };
        Some(Comparison { preset: self, part, rows, remarks })
    }
}

/// The sum of figures, or why there is none.
fn sum<const N: usize>(costs: [Result<Figure, Missing>; N]) -> Result<u64, Absent> {
    let mut sum = 0;
    for cost in costs {
        sum += cost.map_err(Absent::Missing)?.value();
    }
    Ok(sum)
}

/// A figure of time.
fn time(cost: Result<Figure, Missing>) -> Result<Span, Absent> {
    cost.map(|figure| Span(figure.value().cast_signed())).map_err(Absent::Missing)
}

/// How much less one number of bytes is than another, in per cent.
fn saving(less: u64, than: u64) -> f64 {
    100.0 * (1.0 - less as f64 / (than as f64).max(1.0))
}

/// Yes where two sizes are within a quarter of one another.
fn alike(ours: f64, published: f64) -> bool {
    ours <= published * 1.25 && published <= ours * 1.25
}
