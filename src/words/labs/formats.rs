//! The words of the lab `formats`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::judgement::formats::{Fact, Format, Missing, Over};
use crate::trace::Span;
use crate::words::{capital, counted, many};

/// What the lab says before it has run.
pub const WORDS: LabWords = LabWords {
    title: "What may be carried",
    question: "Can HTTP carry more than web pages and data for programs, and does a WebSocket really take anything? \
               Small payloads of six formats go there and back: HTML, JSON, XML, text in several scripts, an image, and \
               random bytes. Over HTTP each has a media type, the label that says what a body is; over a WebSocket each \
               goes as a text message, where it can, and as a binary one. Look at what comes back changed, and at what \
               happens when the server sends a text that is not valid (not UTF-8).",
    prediction: Prediction {
        asks: "Which of these can an HTTP response not carry?",
        choices: &["a web page", "an image", "random bytes", "it can carry all of them"],
    },
    parameters: &[ParameterWords { name: "size", label: "Random bytes", hint: "how many of them are sent" }],
    choices: &[],
};

/// What a fact says, with this run's figures.
pub fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Intact { over, formats, bytes } => format!(
            "{} came back byte for byte {}: {}.",
            capital(&list(formats)),
            way(*over),
            counted(*bytes, "byte of payload", "bytes of payload")
        ),
        Fact::Differs { over, format, sent, came } => format!(
            "{} did not come back as it was sent {}: {} went, {} came.",
            capital(name(*format)),
            way(*over),
            counted(*sent, "byte", "bytes"),
            came
        ),
        Fact::Refused { format, status } => {
            format!("The server did not echo {}: it answered with the status {status}.", name(*format))
        }
        Fact::NotBack { over, format } => format!("{} did not come back {}.", capital(name(*format)), way(*over)),
        Fact::MediaTypes { kept: 0, of, asked: true } => {
            format!("None of {} had the Content-Type that was asked for.", many(*of, "response"))
        }
        Fact::MediaTypes { kept, of, asked: true } => format!(
            "{kept} of {} had the Content-Type that was asked for: it tells the receiver what the bytes are.",
            many(*of, "response")
        ),
        // How it is asked for is this project’s own.
        Fact::MediaTypes { kept, of, asked: false } => format!(
            "{} of {} had the Content-Type of what was sent. It tells the receiver what the bytes are; this endpoint is no \
             Duplex server, so it cannot be asked for one.",
            if *kept == 0 { "None".to_owned() } else { kept.to_string() },
            many(*of, "response")
        ),
        Fact::NoMediaType { messages } => format!(
            "{} came over the WebSocket without a media type: a frame says only whether it is text or binary.",
            many(*messages, "message")
        ),
        Fact::OnlyBinary { formats } => {
            format!("{} could go in binary messages only: a text message has to be UTF-8.", capital(&list(formats)))
        }
        Fact::BadTextEnded { .. } | Fact::BadTextTaken { .. } | Fact::BadTextOverHttp { .. } => bad_text(fact),
        Fact::Preflight { .. } | Fact::NoPreflight { .. } | Fact::TypeNotAllowed | Fact::PreflightUnknown { .. } => {
            preflight(fact)
        }
        Fact::Missing(missing) => self::missing(*missing).to_owned(),
    }
}

fn bad_text(fact: &Fact) -> String {
    match fact {
        Fact::BadTextEnded { code, clean, browser_sent, tapped } => {
            let end = if *clean { "clean" } else { "not clean" };
            let frame = match browser_sent {
                Some(1007) => {
                    " By the server’s account the browser’s own close frame said 1007 (invalid data), as the standard has \
                     it (RFC 6455 §7.4.1)."
                        .to_owned()
                }
                Some(sent) => format!(
                    " By the server’s account the browser’s own close frame said {sent}; the standard’s code for this is \
                     1007, invalid data (RFC 6455 §7.4.1)."
                ),
                None if *tapped => " By the server’s account the browser sent no close frame, though the standard would have it \
                     send one that says 1007, invalid data (RFC 6455 §7.4.1)."
                    .to_owned(),
                None => " What the browser told the server is not known.".to_owned(),
            };
            format!(
                "The server sent a text message that is not UTF-8. The page never got it: its browser ended the connection, \
                 and told the page code {code}, {end}.{frame}"
            )
        }
        Fact::BadTextTaken { bytes } => format!(
            "The server sent a text message that is not UTF-8, and the browser gave the page {} all the same.",
            counted(*bytes, "byte", "bytes")
        ),
        Fact::BadTextOverHttp { bytes } => format!(
            "Over HTTP a response that calls itself UTF-8 and is not came whole, {}: HTTP leaves it to the receiver what to \
             make of the bytes.",
            counted(*bytes, "byte", "bytes")
        ),
        _ => String::new(),
    }
}

fn preflight(fact: &Fact) -> String {
    match fact {
        Fact::Preflight { took, without } => format!(
            "Before the request with Content-Type: application/json the browser asked the server whether it may send it (a \
             preflight, which is an OPTIONS request): page and server have different origins. With it the exchange took \
             {took}{}.",
            compared(*without)
        ),
        Fact::NoPreflight { took, without } => format!(
            "By the server’s account the browser did not ask for permission (no preflight) before the request with \
             Content-Type: application/json, which took {took}{}. It need not where page and server have the same origin, \
             nor where it remembers a permission.",
            compared(*without)
        ),
        Fact::PreflightUnknown { took, without } => format!(
            "The request with Content-Type: application/json took {took}{}. Whether the browser asked for permission first \
             (a preflight) is not known.",
            compared(*without)
        ),
        _ => {
            "The request with Content-Type: application/json failed, and the same one without it did not. That fits a \
              server that does not answer the browser’s question first (a preflight): then the request is never sent."
                .to_owned()
        }
    }
}

const fn missing(missing: Missing) -> &'static str {
    match missing {
        Missing::Http => "Nothing came back over HTTP, so nothing can be said of its formats.",
        Missing::WebSocket => "Nothing came back over the WebSocket, so nothing can be said of its formats.",
        Missing::HttpEcho => "Over HTTP nothing came back as it was sent: this address does not echo.",
        Missing::WebSocketEcho => "Over the WebSocket nothing came back as it was sent: this address does not echo.",
        Missing::BadText => {
            "What becomes of a text message that is not UTF-8 was not seen: a page cannot send one, and only a Duplex server \
             does when asked."
        }
    }
}

/// Beside the request before it.
fn compared(without: Option<Span>) -> String {
    without.map(|without| format!("; without that type it took {without}")).unwrap_or_default()
}

const fn way(over: Over) -> &'static str {
    match over {
        Over::Http => "over HTTP",
        Over::Text => "in text messages of the WebSocket",
        Over::Binary => "in binary messages of the WebSocket",
    }
}

const fn name(format: Format) -> &'static str {
    match format {
        Format::Html => "HTML",
        Format::Json => "JSON",
        Format::Xml => "XML",
        Format::Text => "plain text",
        Format::Image => "the image",
        Format::Bytes => "the random bytes",
    }
}

/// `HTML, JSON and XML`.
fn list(formats: &[Format]) -> String {
    let names: Vec<&str> = formats.iter().copied().map(name).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
