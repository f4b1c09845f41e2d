//! The break-even in words: ways, sliders, the recommendation with its reason and when it would be another, figures
//! and where they come from, and why there is none.

use crate::analysis::break_even::{
    Change, Criterion, Crossing, Derivation, Gap, LeftOut, Measure, Missing, Part, Reason, Recommendation, Rule,
    Setting, Situation, Slider, Source, Starter, Unsuited, Way,
};
use crate::drawing::break_even::amount;
use crate::trace::Span;

/// A way to talk.
pub const fn way(way: Way) -> &'static str {
    match way {
        Way::KeepAlive => "HTTP, connection kept alive",
        Way::Close => "HTTP, connection closed each time",
        Way::ShortPolling => "Short polling",
        Way::ServerSentEvents => "Server-sent events",
        Way::LongPolling => "Long polling",
        Way::WebSocket => "WebSocket",
    }
}

/// A way in the middle of a sentence.
const fn by(way: Way) -> &'static str {
    match way {
        Way::KeepAlive => "plain HTTP on a connection that is kept alive",
        Way::Close => "plain HTTP with a new connection each time",
        Way::ShortPolling => "short polling",
        Way::ServerSentEvents => "server-sent events",
        Way::LongPolling => "long polling",
        Way::WebSocket => "a WebSocket",
    }
}

/// What a slider is called.
pub const fn slider(slider: Slider) -> &'static str {
    match slider {
        Slider::PerHour => "How often",
        Slider::Payload => "Payload",
        Slider::Starter => "Who starts",
        Slider::Minutes => "Session",
        Slider::PollInterval => "Short polls",
    }
}

/// What a slider stands at.
pub fn setting(slider: Slider, setting: Setting) -> String {
    match (slider, setting) {
        (_, Setting::Starter(who)) => starter(who).to_owned(),
        (Slider::PerHour, Setting::Number(number)) => often(number),
        (Slider::Payload, Setting::Number(1)) => "1 byte".to_owned(),
        (Slider::Payload, Setting::Number(number @ ..10_000)) => format!("{number} bytes"),
        (Slider::Payload, Setting::Number(number)) => amount(Measure::Bytes, f64::from(number)),
        (Slider::Minutes, Setting::Number(number)) => minutes(number),
        (_, Setting::Number(number)) => format!("every {}", seconds(number)),
    }
}

/// Messages an hour, by the unit that gives a whole number.
fn often(per_hour: u32) -> String {
    let (count, unit) = match per_hour {
        number if number % 3_600 == 0 => (number / 3_600, "second"),
        number if number % 60 == 0 => (number / 60, "minute"),
        number => (number, "hour"),
    };
    let a = if unit == "hour" { "an" } else { "a" };
    if count == 1 { format!("1 message {a} {unit}") } else { format!("{count} messages {a} {unit}") }
}

fn minutes(number: u32) -> String {
    match number {
        1 => "1 minute".to_owned(),
        60 => "1 hour".to_owned(),
        number if number % 60 == 0 => format!("{} hours", number / 60),
        number => format!("{number} minutes"),
    }
}

fn seconds(millis: u32) -> String {
    match millis {
        ..1_000 => format!("{millis} ms"),
        60_000.. if millis.is_multiple_of(60_000) => format!("{} min", millis / 60_000),
        60_000.. => Span::from_millis(millis).to_string(),
        _ => format!("{} s", f64::from(millis) / 1_000.0),
    }
}

/// Who starts.
pub const fn starter(who: Starter) -> &'static str {
    match who {
        Starter::Client => "the client asks",
        Starter::Server => "the server has news",
        Starter::Both => "both, in turn",
    }
}

/// What is added up.
pub const fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Bytes => "Bytes on the connection",
        Measure::Time => "Time spent waiting",
    }
}

/// What is advised and why, in a sentence.
pub fn recommendation(advice: &Recommendation) -> String {
    let Criterion { measure, margin } = advice.criterion;
    let words = |total: crate::analysis::break_even::Exact| amount(measure, total.as_f64());
    let what = match measure {
        Measure::Bytes => "",
        Measure::Time => " of waiting",
    };
    let session = messages(advice.messages.as_f64());
    let why = match advice.reason {
        Reason::Only { total } => {
            format!("it is the only way that does this and whose costs are known, and comes to {}{what}", words(total))
        }
        Reason::Cheapest { total, next, next_total, .. } if total == next_total => {
            format!("it comes to {}{what}, as {} does, and is the simpler of the two", words(total), by(next))
        }
        Reason::Cheapest { total, next, next_total, since } => format!(
            "it comes to {}{what}, {} to {}, and it is the cheaper one {}",
            words(total),
            by(next),
            words(next_total),
            crossing(since)
        ),
        Reason::Simpler { total, cheapest, cheapest_total, .. } => format!(
            "it comes to {}{what}; {} would come to {}, which is not so much less (the line is drawn at {margin} %) that \
             something less simple pays",
            words(total),
            by(cheapest),
            words(cheapest_total)
        ),
    };
    format!("For {session}, take {}: {why}.", by(advice.way))
}

/// How many messages, of which there may be less than one.
fn messages(count: f64) -> String {
    match count {
        1.0 => "1 message in a session".to_owned(),
        1.0.. if count.fract() == 0.0 => format!("{count} messages in a session"),
        10.0.. => format!("{count:.0} messages in a session"),
        _ => format!("{count:.2} messages in a session, in the mean"),
    }
}

/// From when on something is cheaper.
pub fn crossing(since: Crossing) -> String {
    match since {
        Crossing::Always => "from the first message on".to_owned(),
        Crossing::From(message) => format!("from message {message} on"),
        Crossing::Never => "never for good".to_owned(),
    }
}

/// When the advice would be another.
pub fn change(change: &Change, situation: Situation) -> String {
    let at = setting(change.slider, change.at);
    let when = match (change.at, situation.get(change.slider)) {
        (Setting::Number(at_number), Setting::Number(now)) => match (change.slider, at_number > now) {
            (Slider::PerHour, true) => format!("from {at} on"),
            (Slider::PerHour, false) => format!("at {at} or fewer"),
            (Slider::Payload, true) => format!("from {at} of payload on"),
            (Slider::Payload, false) => format!("at {at} of payload or less"),
            (Slider::PollInterval, true) => format!("with short polls {at} or less often"),
            (Slider::PollInterval, false) => format!("with short polls {at} or more often"),
            (_, true) => format!("from sessions of {at} on"),
            (_, false) => format!("in sessions of {at} or shorter"),
        },
        _ => match change.at {
            Setting::Starter(Starter::Client) => "if the client alone asks".to_owned(),
            Setting::Starter(Starter::Server) => "if only the server has news".to_owned(),
            _ => "if both start messages".to_owned(),
        },
    };
    format!("{when}: {}", by(change.way))
}

/// Why there is no number.
pub fn gap(gap: Gap) -> String {
    match gap {
        Gap::Missing { part: what, why } => format!("not known: {} ({})", part(what), missing(why)),
        Gap::Unsuited(Unsuited::ServerCannotStart) => "the server cannot start a message this way".to_owned(),
        Gap::Unsuited(Unsuited::NothingToFetch) => "the server has no news to fetch".to_owned(),
        Gap::NoNews => "no news".to_owned(),
    }
}

/// Why a figure is missing.
pub const fn missing(why: Missing) -> &'static str {
    match why {
        Missing::NotMeasured => "the run had nothing of the kind",
        Missing::AlreadyOpen => "the browser used a connection that was open already",
        Missing::Plain => "the endpoint is no Duplex server, and a page alone does not see it",
        Missing::NotTold => "the server did not tell",
        Missing::Compressed => "a compression was agreed on, so frames are not what the arithmetic says",
        Missing::Shared => "over HTTP/2 exchanges share a connection, and their bytes are not told apart",
        Missing::Implausible => "what was found can be no cost of one message",
    }
}

/// A figure.
pub const fn part(part: Part) -> &'static str {
    match part {
        Part::ConnectingTime => "opening a connection",
        Part::ConnectingBytes => "bytes of opening a connection, above TCP",
        Part::ExchangeRoundTrip => "an exchange on a kept connection, there and back",
        Part::ExchangeToServer => "a request’s head",
        Part::ExchangeToPage => "a response’s head",
        Part::CloseRoundTrip => "an exchange with a connection of its own",
        Part::CloseToServer => "a request’s head, connection closed after it",
        Part::CloseToPage => "a response’s head, connection closed after it",
        Part::HandshakeTime => "opening the WebSocket, connection included",
        Part::HandshakeToServer => "the WebSocket handshake’s request",
        Part::HandshakeToPage => "the WebSocket handshake’s response",
        Part::SocketConnectingBytes => "bytes of opening the WebSocket’s connection, above TCP",
        Part::MessageRoundTrip => "a WebSocket message, there and back",
        Part::FrameToServer => "a frame’s head to the server (masked)",
        Part::FrameToPage => "a frame’s head to the page",
        Part::Ping => "a ping and its pong",
        Part::EventsTime => "opening an event stream",
        Part::EventsToServer => "an event stream’s request",
        Part::EventsToPage => "an event stream’s response head",
        Part::EventFraming => "an event’s lines beside its data",
        Part::Comment => "a comment that keeps an event stream open",
    }
}

/// Where a figure comes from.
pub const fn source(source: Source) -> &'static str {
    match source {
        Source::Page => "measured in the page: median",
        Source::Server => "counted by the server: median",
        Source::Standard(Rule::FrameHead) => "follows from the length (RFC 6455 §5.2)",
        Source::Standard(Rule::PingAndPong) => "follows from the standard (RFC 6455 §5.5)",
        Source::Standard(Rule::EventLines | Rule::CommentLine) => "follows from the standard (HTML §9.2.6)",
        Source::Standard(Rule::NoTls) => "nothing without TLS",
        Source::Derived(Derivation::KeepAliveAndConnecting) => {
            "derived: a kept connection’s exchange, with opening one and the line that closes it"
        }
        Source::Derived(Derivation::CloseLessConnecting) => {
            "derived: an exchange that opened and closed its connection, without that"
        }
        Source::Derived(Derivation::OpeningLessExchange) => "derived: opening the WebSocket, less one exchange",
        Source::Derived(Derivation::AsExchange) => "derived: taken to be as for the run’s exchanges",
    }
}

/// What the figures leave out.
pub const fn left_out(what: LeftOut) -> &'static str {
    match what {
        LeftOut::BelowTcp => "what TCP and IP add below: neither page nor server sees those bytes",
        LeftOut::TlsRecords => "what TLS adds to each record",
        LeftOut::SixConnections => {
            "that a browser opens up to six connections over HTTP/1.1: here exchanges follow one another"
        }
        LeftOut::PayloadTime => {
            "that a longer payload takes longer on a slow line: round trips are those of the run’s payload"
        }
        LeftOut::ContentLength => "a digit more or less of Content-Length",
        LeftOut::Application => "what the application itself puts around its news, such as numbers",
    }
}
