//! The words of what is unusual in a run.

use crate::analysis::bytes_in_words;
use crate::analysis::judgement::notable::Fact;
use crate::trace::Protocol;
use crate::words::{self, counted, many};

/// What a fact says.
pub fn fact(fact: &Fact) -> String {
    match fact {
        Fact::NotReused { requests } => format!(
            "{} went over a new TCP connection though an earlier one was open and idle. HTTP/1.1 would have let the browser use that one again (keep-alive). Browsers decide that by rules of their own: requests with and without credentials go on separate connections, for instance.",
            many(*requests, "request")
        ),
        Fact::OpenBefore { connections, requests } => format!(
            "{} went over {} that had been open before the run: browsers keep connections for later, and open some ahead. What opening these cost is not in this run.",
            many(*requests, "request"),
            many(*connections, "TCP connection")
        ),
        Fact::Preflight { requests } => format!(
            "Before {} the browser asked the server for permission, with a request of its own (a preflight, which is an OPTIONS request): page and server have different origins, and the request is not of the simple kind. That costs one more round trip.",
            many(*requests, "request")
        ),
        Fact::BehindSix { requests, longest } => format!(
            "{} had to wait in the browser, for up to {longest}, because six others were under way: browsers open about six connections to a server over HTTP/1.1. Six is the browsers’ rule, not HTTP’s (RFC 9112 §9.4).",
            many(*requests, "request")
        ),
        Fact::SentAgain { requests, most } => format!(
            "{} arrived at the server more than once (up to {most} times), though the page had asked once: a browser sends a request again by itself when a connection that it used before ends without a response.",
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
            "{connections} of {} with TLS continued an earlier TLS session (resumption, RFC 8446 §2.2), which makes the TLS handshake cheaper than a first one.",
            many(*of, "connection")
        ),
        Fact::Compressed { sockets, messages } => format!(
            "On {} compression was agreed on (permessage-deflate, RFC 7692). What its {} took on the wire does not follow from their length then, so it is not stated.",
            many(*sockets, "WebSocket"),
            many(*messages, "message")
        ),
        Fact::Hidden { samples } => format!(
            "{} took place while the tab was hidden. Browsers slow hidden pages down, so such round trips are drawn and not counted.",
            many(*samples, "round trip")
        ),
        Fact::DelayedAck { protocol, samples, of, median, above } => format!(
            "{samples} of {} over {} took about {above} longer than the typical {median}. Delayed acknowledgements look like that (RFC 1122 §4.2.3.2): TCP waits a moment before it confirms what it got, while the other side waits for that before it sends more. It fits; it is no proof.",
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
                "The {protocol} told its times for {of}, but no steady clock fits them all: a message would have arrived before it was sent. So these times are drawn as unknown."
            )
        }
        Fact::CopiesFull { messages } => format!(
            "{} kept without a copy of what was said, because the record had no more room. Times and lengths are there.",
            counted(*messages, "message was", "messages were")
        ),
        Fact::RawFull { left_out, of } => format!(
            "The server told {} of raw bytes more than the record has room for, of {}. They are counted, not kept.",
            bytes_in_words(*left_out),
            counted(*of, "message or WebSocket", "messages or WebSockets")
        ),
        Fact::Forgotten { exchanges } => format!(
            "The server no longer knew {} of this run when it was asked: it keeps only so many. What it would have told of them is missing.",
            many(*exchanges, "exchange")
        ),
        Fact::Failed { protocol, count, cause, inferred_from } => {
            let what = match protocol {
                Protocol::Http => many(*count, "request"),
                Protocol::WebSocket => format!("{} to open a WebSocket", many(*count, "attempt")),
            };
            // A remark in brackets elsewhere, it is a sentence of its own here.
            let inferred = words::inferred(*inferred_from).trim_matches(['(', ')']);
            format!("{what} came to nothing: {} {inferred}", words::cause(cause))
        }
    }
}
