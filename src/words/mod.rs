//! What values say, in words: failures, kinds of messages, facts, verdicts. The one place where a value becomes a
//! sentence; nothing is measured or decided here. Both targets, so that tests can read every sentence.

pub mod break_even;
pub mod charts;
pub mod claims;
pub mod inspector;
pub mod labs;
mod marks;
pub mod published;
pub mod raw;
pub mod settings;
#[cfg(test)]
mod tests;

pub use marks::{mark, mark_on_paper};

use crate::analysis::bytes_in_words;
use crate::lab::link::Page;
use crate::trace::{Cause, Failure, Inference, Kind, Link, Message, Outcome, Protocol, Span, Trace};

/// What the document is called while a page is shown.
#[must_use]
pub fn page_title(page: Page) -> String {
    let name = match page {
        Page::Lab(lab) => labs::name(lab),
        Page::Verdict => "Verdict",
        Page::Capture => "Your captures",
    };
    format!("{name} · Duplex: watch HTTP and WebSocket talk")
}

/// The protocol's name.
pub const fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "HTTP",
        Protocol::WebSocket => "WebSocket",
    }
}

/// Why a run could not go on, in a sentence or two that say how that is known.
pub fn failure(failure: &Failure) -> String {
    let whose = match failure.turn {
        Some(0) => format!("in the warm-up over {}", protocol(failure.protocol)),
        Some(turn) => format!("in turn {turn} over {}", protocol(failure.protocol)),
        None => "while the WebSocket was being opened".to_owned(),
    };
    let cause = cause(&failure.cause);
    let inferred = inferred(failure.inferred_from);
    format!("The run failed {whose}: {cause} {inferred} What was measured until then is kept.")
}

fn cause(cause: &Cause) -> String {
    match cause {
        Cause::MixedContent => {
            "a page that came by https may not talk to an unencrypted address (mixed content). Use https and wss."
                .to_owned()
        }
        Cause::Cors => {
            "most likely the server is there, but does not allow this page to read its answers (CORS: the response lacks \
             a fitting Access-Control-Allow-Origin)."
                .to_owned()
        }
        Cause::NoAnswer => {
            "no answer. The server is not running, refuses the connection, is blocked, or the address is wrong."
                .to_owned()
        }
        Cause::Vanished => "the server answered before, and now it does not any more.".to_owned(),
        Cause::ConnectTimeout { after } => format!("the connection was not open within {after}."),
        Cause::ReplyTimeout { after } => format!("there was no reply within {after}."),
        Cause::ClosedMidway { code: Some(code), reason } if reason.is_empty() => {
            format!("the connection was closed half-way, with close code {code}{}.", close_code(*code))
        }
        Cause::ClosedMidway { code: Some(code), reason } => {
            format!(
                "the connection was closed half-way, with close code {code}{} and the reason “{reason}”.",
                close_code(*code)
            )
        }
        Cause::ClosedMidway { code: None, .. } => "the connection was closed half-way.".to_owned(),
        Cause::HandshakeRefused => {
            "the server is there, but gave no 101 Switching Protocols that the browser accepts: this address is no WebSocket."
                .to_owned()
        }
        Cause::Status { status } => format!("the server answered with status {status}, which is no success."),
        Cause::DifferentEcho => "what came back is not what was sent. Is this address an echo?".to_owned(),
        Cause::Unreadable { why } => format!("the reply cannot be read: {why}."),
        Cause::NotOffered => "the server at this address offers nothing of the kind; it is no Duplex server.".to_owned(),
        Cause::BadUrl { why } => format!("the browser does not take the address: {why}."),
    }
}

/// What a close code means (RFC 6455 §7.4.1).
pub const fn close_code(code: u16) -> &'static str {
    match code {
        1000 => " (normal closure)",
        1001 => " (going away)",
        1002 => " (protocol error)",
        1003 => " (unsupported data)",
        1005 => " (no code was given)",
        1006 => " (no close frame came)",
        1007 => " (invalid data)",
        1008 => " (policy violation)",
        1009 => " (message too big)",
        1010 => " (extension missing)",
        1011 => " (server error)",
        _ => "",
    }
}

const fn inferred(from: Inference) -> &'static str {
    match from {
        Inference::Schemes => "(Known from the two addresses.)",
        Inference::Thrown => "(The browser said so when it was asked.)",
        Inference::ProbeAnswered => {
            "(A page is not told why a request fails; a second request that needs no permission was answered.)"
        }
        Inference::ProbeFailed => {
            "(A page is not told why a request fails; a second request that needs no permission failed too.)"
        }
        Inference::Timer => "(The page’s own timer ran out.)",
        Inference::CloseEvent => "(From the WebSocket’s close event.)",
        Inference::ReadyState => "(From the WebSocket’s readyState: it was closing already.)",
        Inference::BodyRejected => "(The response’s head had come, its body did not.)",
        Inference::Reply => "(From the reply itself.)",
    }
}

/// Below this ratio two figures are said to be about the same: with one digit it would read 1.0.
pub const ABOUT_THE_SAME: f64 = 1.05;

/// How two medians compare.
pub fn faster(http: Span, ws: Span, resolution: Span) -> String {
    let both = format!("{} over HTTP, {} over WebSocket", http.known_to(resolution), ws.known_to(resolution));
    // Two stamps go into each, and each may be off by a step of the clock.
    if (http - ws).abs() <= resolution + resolution {
        return format!("By this browser’s clock a typical round trip took as long over both: {both}.");
    }
    let (slower, faster) =
        if http > ws { (Protocol::Http, Protocol::WebSocket) } else { (Protocol::WebSocket, Protocol::Http) };
    let ratio = http.max(ws).0 as f64 / http.min(ws).max(resolution).0 as f64;
    if ratio < ABOUT_THE_SAME {
        return format!("A typical round trip took about as long over both: {both}.");
    }
    let (slower, faster) = (protocol(slower), protocol(faster));
    format!("A typical round trip over {slower} took {ratio:.1} times as long as over {faster}: {both}.")
}

/// What a message is, in its protocol's terms.
pub fn kind(message: &Message) -> String {
    match message.kind {
        Kind::Request => "Request".to_owned(),
        Kind::Response { status } => format!("Response, status {status}"),
        Kind::Handshake => "Opening handshake: GET with Upgrade".to_owned(),
        Kind::SwitchingProtocols => "101 Switching Protocols".to_owned(),
        Kind::Binary => "Binary message".to_owned(),
        Kind::Text => "Text message".to_owned(),
        Kind::Event => "Server-sent event".to_owned(),
        Kind::Close { code: Some(code) } => format!("Close frame, code {code}{}", close_code(code)),
        Kind::Close { code: None } => "Close frame".to_owned(),
    }
}

/// A message in a few words, to be read out.
pub fn short(message: &Message) -> String {
    let turn = if message.warm_up { "warm-up".to_owned() } else { format!("turn {}", message.turn) };
    format!("{}, {turn}, {}, {}", protocol(message.protocol), kind(message), bytes_in_words(message.payload))
}

/// Introduces a recording where a run of one's own can be made.
pub const SAMPLE: &str = "This is a recording, to show what a run looks like. Press Run for one of your own.";

/// Introduces a recording where none can be made.
pub const SAMPLE_ONLY: &str = "Below is a recorded run instead. Say what you think, and see what came of it.";

/// Where the lab is set otherwise than a recording was made.
pub const SAMPLE_SETTINGS: &str = "It was made with the lab’s usual settings, not with those above. ";

/// Where a visitor had the page look on their own machine in vain.
pub const NONE_ON_THIS_MACHINE: &str = "No echo server answers on this machine, at 127.0.0.1:9000. Start one there with “cargo xtask serve” or with the program “duplex”; the browser may ask whether this page may reach devices of yours.";

/// A whole number with a comma at each thousand.
pub(crate) fn thousands(number: u64) -> String {
    match number {
        ..1_000 => number.to_string(),
        _ => format!("{},{:03}", thousands(number / 1_000), number % 1_000),
    }
}

/// A link was copied.
pub fn link_copied(characters: usize, with_run: bool) -> String {
    if with_run {
        format!(
            "The link is copied: {} characters, with the run in it. No server sees the run: it is behind the link’s “#”. Some \
             programs cut links of more than 2,000 characters.",
            thousands(characters as u64)
        )
    } else {
        "The link is copied. Whoever opens it finds the lab with these settings.".to_owned()
    }
}

/// A run has no room in a link.
pub fn too_long_for_a_link(characters: usize, most: usize) -> String {
    format!(
        "This run is too large for a link: it would be {} characters, and {} are the most. Make a run with fewer messages, \
         or save it as JSON and send the file.",
        thousands(characters as u64),
        thousands(most as u64)
    )
}

/// While a file is on its way.
pub fn fetching(url: &str) -> String {
    format!("Fetching {url} …")
}

/// When, where and against what a run was recorded; `source` is the file's name or address, if there is one, `when` the run's date, as
/// this visitor writes dates.
pub fn recorded(trace: &Trace, source: &str, when: &str) -> String {
    let known = &trace.circumstances;
    let outcome = match &trace.outcome {
        Some(Outcome::Finished) | None => String::new(),
        Some(Outcome::Stopped) => " It was stopped before its end.".to_owned(),
        Some(Outcome::Failed(why)) => format!(" {}", failure(why)),
    };
    if let Some(writer) = known.imported_from() {
        let left_out = known.parameter("left-out").map_or_else(String::new, |count| {
            format!(" Left out, as it crossed no connection, bears no date or is neither HTTP nor WebSocket: {count}.")
        });
        return format!("Imported from “{source}”, a HAR file by {writer}. It was recorded {when}.{left_out}");
    }
    let opened = if source.is_empty() { String::new() } else { format!(" Opened from “{source}”.") };
    let (browser, version) = known.browser_known_as();
    let browser = [browser, version.split('.').next().unwrap_or_default()].join(" ");
    let browser = browser.trim_end();
    format!("Recorded earlier: {when}, in {browser}, against {} and {}.{opened}{outcome}", known.http.url, known.ws.url)
}

/// A protocol by its ALPN name (RFC 7301), with the name that people know.
pub fn alpn(name: &str) -> String {
    match name {
        "http/1.0" => "HTTP/1.0".to_owned(),
        "http/1.1" => "HTTP/1.1".to_owned(),
        "h2" => "HTTP/2 (h2)".to_owned(),
        "h3" => "HTTP/3 (h3)".to_owned(),
        other => other.to_owned(),
    }
}

/// The protocol that the server and the browser's Resource Timing name, and who says so.
pub fn protocol_told(by_server: Option<String>, by_browser: Option<String>) -> Option<(String, &'static str)> {
    match (by_server, by_browser) {
        (Some(server), Some(browser)) if server == browser => Some((server, "the server and Resource Timing both say")),
        (Some(server), Some(browser)) => {
            Some((format!("{server}, {browser}"), "the server says the former, Resource Timing the latter"))
        }
        (Some(server), None) => Some((server, "as the server saw it")),
        (None, Some(browser)) => Some((browser, "nextHopProtocol of Resource Timing")),
        (None, None) => None,
    }
}

/// An emulated link.
pub fn link(link: &Link) -> String {
    let micros = |micros: u64| Span(micros.cast_signed()).to_string();
    let jitter = if link.jitter > 0 { format!(" ± {}", micros(link.jitter)) } else { String::new() };
    let rate = link.rate.map_or_else(String::new, |rate| format!(", {}/s", bytes_in_words(rate)));
    format!("{}: round trip {}{jitter}{rate}", link.name, micros(link.rtt))
}

/// `1 request`, `2 requests`.
fn counted(count: impl Into<u64>, one: &str, several: &str) -> String {
    let count = count.into();
    format!("{count} {}", if count == 1 { one } else { several })
}

/// The same, where the plural has an s more.
fn many(count: impl Into<u64>, what: &str) -> String {
    counted(count, what, &format!("{what}s"))
}

/// An error, which is written to stand within a sentence, as one of its own.
pub fn sentence(error: &impl ToString) -> String {
    format!("{}.", capital(&error.to_string()))
}

/// With a capital letter at the beginning.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
