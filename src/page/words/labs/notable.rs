//! The words of what is unusual in a run.

use crate::analysis::bytes_in_words;
use crate::analysis::judgement::notable::Fact;
use crate::page::words;
use crate::trace::Protocol;

/// What a fact says.
pub(in crate::page) fn fact(fact: &Fact) -> String {
    match fact {
        Fact::NotReused { requests } => format!(
            "{} went over a new TCP connection though an earlier one was open and idle. HTTP/1.1 allows to use it again (keep-alive); whether to is up to the browser, which for instance keeps requests with and without credentials on connections apart.",
            many(*requests, "request")
        ),
        Fact::OpenBefore { connections, requests } => format!(
            "{} went over {} that had been open before the run: browsers keep connections for later, and sometimes open some ahead. What opening cost is therefore not in this run.",
            many(*requests, "request"),
            many(*connections, "TCP connection")
        ),
        Fact::Preflight { requests } => format!(
            "Before {} the browser asked the server for permission, with a request of its own (OPTIONS, a CORS preflight): the page belongs to another origin, and the request is not of the simple kind. That costs one more round trip.",
            many(*requests, "request")
        ),
        Fact::BehindSix { requests, longest } => format!(
            "{} had to wait in the browser, for up to {longest}, because six others were under way: browsers open about six connections to a server over HTTP/1.1. That is the browsers’ rule, not HTTP’s (RFC 9112 §9.4).",
            many(*requests, "request")
        ),
        Fact::SentAgain { requests, most } => format!(
            "{} arrived at the server more than once (up to {most} times), though the page had asked once: browsers silently send a request again when its connection ends before the response begins, above all where the connection had been used before.",
            many(*requests, "request")
        ),
        Fact::OtherVersion { version, requests, of } => {
            let why = match version.as_str() {
                "h2" => " There all requests can share one connection at the same time (RFC 9113).",
                "h3" => " It runs over QUIC instead of TCP (RFC 9114).",
                "http/1.0" => " There a connection ends after the response unless both sides ask to keep it.",
                _ => "",
            };
            format!("{requests} of {} went over {}, not HTTP/1.1.{why}", many(*of, "request"), words::alpn(version))
        }
        Fact::VersionsDiffer { requests, browser, server } => format!(
            "For {} the browser says that it spoke {}, and the server that it was spoken to in {}: something between the two translates, such as a proxy.",
            many(*requests, "request"),
            words::alpn(browser),
            words::alpn(server)
        ),
        Fact::TlsResumed { connections, of } => format!(
            "{connections} of {} with TLS took up an earlier session again (resumption, RFC 8446 §2.2): its handshake is shorter than a first one would be.",
            many(*of, "connection")
        ),
        Fact::Compressed { sockets, messages } => format!(
            "{} agreed to compress messages (permessage-deflate, RFC 7692). How many bytes its {} took on the wire does not follow from their length, so it is not stated.",
            many(*sockets, "WebSocket"),
            many(*messages, "message")
        ),
        Fact::Hidden { samples } => format!(
            "{} took place while the tab was hidden. Browsers slow hidden pages down, so these are drawn and not counted.",
            many(*samples, "round trip")
        ),
        Fact::DelayedAck { protocol, samples, of, median, above } => format!(
            "{samples} of {} over {} took about {above} longer than the typical {median} (without what the server took). That is a pattern known from delayed acknowledgements: TCP holds an acknowledgement back for a moment (RFC 1122 §4.2.3.2) while the other side waits for it before it sends the rest (Nagle’s algorithm). It fits; it is no proof.",
            many(*of, "round trip"),
            words::protocol(*protocol)
        ),
        Fact::ClocksApart { protocol, samples } => {
            let of = many(*samples, "round trip");
            let protocol = match protocol {
                Protocol::Http => "HTTP server",
                Protocol::WebSocket => "WebSocket server",
            };
            format!(
                "The {protocol} told its times for {of}, but no steady clock fits them all: a message would have arrived before it was sent. So where these times lie on the page’s clock is drawn as unknown."
            )
        }
        Fact::CopiesFull { messages } => format!(
            "{} kept without a copy of what was said: the record had no more room. Times and lengths are there.",
            were(*messages, "message")
        ),
        Fact::RawFull { left_out, of } => format!(
            "The server told {} of raw bytes more than the record has room for, of {}. They are counted, not kept.",
            bytes_in_words(*left_out),
            if *of == 1 { "1 message or WebSocket".to_owned() } else { format!("{of} messages or WebSockets") }
        ),
        Fact::Failed { protocol, count, cause, inferred_from } => {
            let what = match protocol {
                Protocol::Http => many(*count, "request"),
                Protocol::WebSocket => format!("{} to open a WebSocket", many(*count, "attempt")),
            };
            format!("{what} came to nothing: {} {}", words::cause(cause), words::inferred(*inferred_from))
        }
        Fact::Forgotten { exchanges } => {
            let exchanges = if *exchanges == 1 { "1 exchange".to_owned() } else { format!("{exchanges} exchanges") };
            format!(
                "The server no longer knew {exchanges} of this run when it was asked: it keeps only so many. What it would have told of them is missing."
            )
        }
    }
}

/// A number and what it counts.
fn many(count: u32, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn were(count: u32, what: &str) -> String {
    format!("{} {}", many(count, what), if count == 1 { "was" } else { "were" })
}
