//! The words of the lab `formats`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::judgement::formats::{Fact, Format, Missing, Over};
use crate::trace::Span;

pub(in crate::page) const WORDS: LabWords = LabWords {
    title: "What may be carried",
    question: "Can HTTP carry more than web pages and data for programs, and does a WebSocket really take anything? \
               Small payloads of six formats go there and back: HTML, JSON, XML, text in several scripts, an image, and \
               random bytes. Over HTTP each has a media type, the label that says what a body is; over a WebSocket each \
               goes as text, where it can, and as binary. In the end the server sends a text that is none.",
    prediction: Prediction {
        asks: "Which of these can an HTTP response not carry?",
        choices: &["a web page", "an image", "random bytes", "it can carry all of them"],
    },
    parameters: &[ParameterWords { name: "size", label: "Random bytes", hint: "how many of them are sent" }],
    choices: &[],
};

/// What a fact says, with this run's figures.
pub(in crate::page) fn fact(fact: &Fact) -> String {
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
        Fact::MediaTypes { kept: 0, of } => format!(
            "None of the {} had the Content-Type that was asked for: this server does not set it on request.",
            counted(u64::from(*of), "response", "responses")
        ),
        Fact::MediaTypes { kept, of } => format!(
            "{kept} of {} had the Content-Type that was asked for. It tells the receiver what the bytes are; HTTP itself \
             does not look at them.",
            counted(u64::from(*of), "response", "responses")
        ),
        Fact::NoMediaType { messages } => format!(
            "None of the {} that came over the WebSocket says what it is: a frame is marked as text or as binary, and \
             that is all. Both sides must have agreed on the rest.",
            counted(u64::from(*messages), "message", "messages")
        ),
        Fact::OnlyBinary { formats } => format!(
            "{} could go as binary only: a text message has to be UTF-8, and a page's send(text) makes nothing else.",
            capital(&list(formats))
        ),
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
            let end = if *clean { "in order" } else { "not in order" };
            let frame = match browser_sent {
                Some(1007) => {
                    " The browser's own close frame said 1007, which is what the standard asks for (invalid data)."
                        .into()
                }
                Some(sent) => format!(
                    " The browser's own close frame said {sent}, as the server saw it; the standard would have it say 1007 \
                     (invalid data)."
                ),
                None if *tapped => {
                    " No close frame of the browser's came to the server, though the standard would have it \
                                    send one that says 1007 (invalid data)."
                        .to_owned()
                }
                None => " What the browser told the server is not known here: only the page's view is.".to_owned(),
            };
            format!(
                "The server was asked to send a text message that is not UTF-8. The page never got it: the browser ended the \
                 connection, and told the page {code}, closed {end}.{frame}"
            )
        }
        Fact::BadTextTaken { bytes } => format!(
            "The server was asked to send a text message that is not UTF-8, and the browser gave the page {} all the same.",
            counted(*bytes, "byte", "bytes")
        ),
        Fact::BadTextOverHttp { bytes } => format!(
            "A response that calls itself UTF-8 and is not came whole, {}: HTTP carries bytes, and leaves it to the \
             receiver what to make of them.",
            counted(*bytes, "byte", "bytes")
        ),
        _ => String::new(),
    }
}

fn preflight(fact: &Fact) -> String {
    match fact {
        Fact::Preflight { took, without } => format!(
            "Before the request with Content-Type: application/json the browser asked whether it may send it: an OPTIONS \
             request, called a preflight. With it the exchange took {took}{}. Browsers do so when page and server have \
             different origins.",
            compared(*without)
        ),
        Fact::NoPreflight { took, without } => format!(
            "No preflight came before the request with Content-Type: application/json, by the server's account; it took \
             {took}{}. A page needs none where it and the server have the same origin.",
            compared(*without)
        ),
        Fact::PreflightUnknown { took, without } => format!(
            "The request with Content-Type: application/json took {took}{}. Whether the browser asked for permission first \
             (a preflight) this server does not tell.",
            compared(*without)
        ),
        _ => "The request with Content-Type: application/json failed, and the same one without it did not: a server that \
              does not answer the browser's question (a preflight) is not sent the request."
            .to_owned(),
    }
}

const fn missing(missing: Missing) -> &'static str {
    match missing {
        Missing::Http => "Nothing came back over HTTP, so nothing can be said of its formats.",
        Missing::WebSocket => "Nothing came back over the WebSocket, so nothing can be said of its formats.",
        Missing::HttpEcho => "Over HTTP nothing came back as it was sent: this address does not echo.",
        Missing::WebSocketEcho => "Over the WebSocket nothing came back as it was sent: this address does not echo.",
        Missing::BadText => {
            "What becomes of a text message that is not UTF-8 was not measured: a page cannot send one, and only a Duplex \
             server does when asked."
        }
    }
}

/// Beside the request before it.
fn compared(without: Option<Span>) -> String {
    without.map(|without| format!("; the same request without a content type took {without}")).unwrap_or_default()
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

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `1 byte`, `2 bytes`.
fn counted(count: u64, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}
