//! What a run of the lab `formats` shows: what may be carried.
//!
//! Whether a payload came back byte for byte is told by the copies in the record; where there was no room for
//! them, nothing is said of it.

mod reading;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use self::reading::{Echo, Fared, Reading};
use super::{Answer, Claim, Finding, Outcome, Verdict};
use crate::analysis::Timeline;
use crate::trace::{MessageId, Span, Trace};

/// The names of the script's parts.
pub mod part {
    /// Each format over HTTP.
    pub const HTTP: &str = "http";
    /// A request without a content type, then one with a content type that is not CORS-safelisted.
    pub const PREFLIGHT: &str = "preflight";
    /// Each format over a WebSocket, as text and as binary.
    pub const WEBSOCKET: &str = "websocket";
    /// A text message from the server that is not UTF-8.
    pub const BAD_TEXT: &str = "bad text";
    /// A body from the server that says it is UTF-8, and is not.
    pub const BAD_TEXT_OVER_HTTP: &str = "bad text over http";
}

/// What a payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A web page.
    Html,
    /// JSON (RFC 8259).
    Json,
    /// XML.
    Xml,
    /// Text in several scripts.
    Text,
    /// A PNG image.
    Image,
    /// Random bytes, which are no UTF-8.
    Bytes,
}

impl Format {
    /// All of them, in the order in which they are sent: turn n carries the n-th.
    pub const ALL: [Self; 6] = [Self::Html, Self::Json, Self::Xml, Self::Text, Self::Image, Self::Bytes];

    /// The media type under which it is registered (RFC 9110 §8.3.1).
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html;charset=utf-8",
            Self::Json => "application/json",
            Self::Xml => "application/xml",
            Self::Text => "text/plain;charset=utf-8",
            Self::Image => "image/png",
            Self::Bytes => "application/octet-stream",
        }
    }

    /// The claim about HTTP names it.
    #[must_use]
    pub const fn is_claimed(self) -> bool {
        matches!(self, Self::Html | Self::Json | Self::Xml)
    }

    fn of_turn(turn: u32) -> Option<Self> {
        Self::ALL.get(usize::try_from(turn.checked_sub(1)?).ok()?).copied()
    }
}

/// What carried a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// The body of an HTTP request and of its response.
    Http,
    /// A text message of a WebSocket.
    Text,
    /// A binary message of a WebSocket.
    Binary,
}

/// What this run could not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// No answer came over HTTP.
    Http,
    /// No answer came over WebSocket.
    WebSocket,
    /// Over HTTP nothing came back as it was sent: the endpoint is no echo.
    HttpEcho,
    /// Over WebSocket nothing came back as it was sent: the endpoint is no echo.
    WebSocketEcho,
    /// A text message that is not UTF-8: only a Duplex server sends one.
    BadText,
}

/// What can be said of a run of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// These came back byte for byte.
    Intact {
        /// What carried them.
        over: Over,
        /// What they are.
        formats: Vec<Format>,
        /// Bytes of payload, one way, added up.
        bytes: u64,
    },
    /// This came back as something else.
    Differs {
        /// What carried it.
        over: Over,
        /// What it is.
        format: Format,
        /// Bytes that were sent.
        sent: u64,
        /// Bytes that came back.
        came: u64,
    },
    /// The answer to this had a status that is no success.
    Refused {
        /// What was sent.
        format: Format,
        /// The status.
        status: u16,
    },
    /// This did not come back.
    NotBack {
        /// What carried it.
        over: Over,
        /// What it is.
        format: Format,
    },
    /// The media type that was asked for stood at so many responses.
    MediaTypes {
        /// At so many.
        kept: u32,
        /// Of so many that came.
        of: u32,
        /// The server knows how it is asked for one: it is a Duplex server.
        asked: bool,
    },
    /// WebSocket messages came back, and none has a content type: a frame says no more than text or binary.
    NoMediaType {
        /// So many.
        messages: u32,
    },
    /// A page could not send these as text.
    OnlyBinary {
        /// What they are.
        formats: Vec<Format>,
    },
    /// The server sent a text message that is not UTF-8, and the browser failed the connection.
    BadTextEnded {
        /// The close code that the page was told.
        code: u16,
        /// Whether the page was told that it was closed in order.
        clean: bool,
        /// The code in the browser's close frame, as the server's tap saw it; `None` where the tap tells of none.
        browser_sent: Option<u16>,
        /// The server told what it saw on the connection.
        #[serde(default)]
        tapped: bool,
    },
    /// The server sent a text message that is not UTF-8, and the page was given it as a message.
    BadTextTaken {
        /// Bytes of what the page was given.
        bytes: u64,
    },
    /// A body that says it is UTF-8 and is not came all the same.
    BadTextOverHttp {
        /// Its bytes.
        bytes: u64,
    },
    /// Before a request with `Content-Type: application/json` the browser asked for permission.
    Preflight {
        /// From the call to the whole response.
        took: Span,
        /// The same of the request before it, which had the same body and no content type.
        without: Option<Span>,
    },
    /// No preflight came before that request, by the server's account.
    NoPreflight {
        /// From the call to the whole response.
        took: Span,
        /// The same of the request before it.
        without: Option<Span>,
    },
    /// That request failed, and the one without a content type did not.
    TypeNotAllowed,
    /// That request was answered; whether there was a preflight only a server's account could tell.
    PreflightUnknown {
        /// From the call to the whole response.
        took: Span,
        /// The same of the request before it.
        without: Option<Span>,
    },
    /// Something could not be shown.
    Missing(Missing),
}

fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    Finding { fact: super::Fact::Formats(fact), messages }
}

/// What happened, in the order in which it is told.
#[must_use]
pub(super) fn what_happened(trace: &Trace, _timeline: &Timeline) -> Vec<Finding> {
    let reading = Reading::of(trace);
    let mut findings = over_http(&reading);
    findings.extend(reading.preflight(trace));
    findings.extend(over_socket(&reading));
    findings.extend(bad_text(&reading));
    findings.extend(reading.bad_text_over_http());
    findings
}

/// The verdict on one of the lab's claims.
#[must_use]
pub(super) fn judge(claim: Claim, trace: &Trace, _timeline: &Timeline) -> Verdict {
    let reading = Reading::of(trace);
    match claim {
        Claim::C6 => judge_http(&reading),
        Claim::C7 => judge_socket(&reading),
        _ => Verdict::not_measured(claim, Vec::new()),
    }
}

/// C6: HTTP carries HTML, JSON or XML. Right as far as these come back; out of date as far as others do.
fn judge_http(reading: &Reading<'_>) -> Verdict {
    let all = |claimed: bool, fared: &dyn Fn(&Fared) -> bool| {
        let mut those = reading.http.iter().filter(|echo| echo.format.is_claimed() == claimed).peekable();
        those.peek().is_some() && those.all(|echo| fared(&echo.fared))
    };
    let any_differs = reading.http.iter().any(|echo| echo.format.is_claimed() && echo.fared == Fared::Differs);
    let others = reading.http.iter().any(|echo| !echo.format.is_claimed() && echo.fared == Fared::Intact);
    let outcome = if !is_echo(&reading.http) {
        Outcome::NotMeasured
    } else if any_differs {
        Outcome::Refuted
    } else if !all(true, &|fared| *fared == Fared::Intact) {
        Outcome::NotMeasured
    } else if others {
        Outcome::Depends
    } else if all(false, &Fared::is_wrong) {
        Outcome::Supported
    } else {
        Outcome::NotMeasured
    };
    let mut reasons = over_http(reading);
    if outcome == Outcome::Depends {
        reasons.extend(reading.bad_text_over_http());
    }
    Verdict { claim: Claim::C6, outcome, reasons }
}

/// C7: WebSocket has no limit on the data format. Right for binary messages, wrong for text.
fn judge_socket(reading: &Reading<'_>) -> Verdict {
    let fared = || reading.socket.iter().map(|echo| &echo.fared);
    let binary = reading.socket.iter().filter(|echo| echo.over == Over::Binary);
    let all_binary = binary.filter(|echo| echo.fared == Fared::Intact).count() == Format::ALL.len();
    let outcome = match reading.bad_text() {
        _ if !is_echo(&reading.socket) => Outcome::NotMeasured,
        _ if fared().any(|fared| *fared == Fared::Differs) => Outcome::Refuted,
        _ if !all_binary => Outcome::NotMeasured,
        Some(Finding { fact: super::Fact::Formats(Fact::BadTextEnded { .. }), .. }) => Outcome::Depends,
        Some(_) => Outcome::Supported,
        None => Outcome::NotMeasured,
    };
    let mut reasons = over_socket(reading);
    reasons.extend(bad_text(reading));
    Verdict { claim: Claim::C7, outcome, reasons }
}

/// What the run answers to the lab's question, which of these an HTTP response cannot carry: HTML, an image, random
/// bytes, or none of them.
#[must_use]
pub(super) fn answer(trace: &Trace, _timeline: &Timeline) -> Option<Answer> {
    let reading = Reading::of(trace);
    if !is_echo(&reading.http) {
        return None;
    }
    let asked = [Format::Html, Format::Image, Format::Bytes];
    let echoes: Vec<&Echo<'_>> =
        asked.iter().filter_map(|format| reading.http.iter().find(|echo| echo.format == *format)).collect();
    if let Some(wrong) = echoes.iter().find(|echo| echo.fared.is_wrong()) {
        let choice = asked.iter().position(|format| *format == wrong.format)?;
        return Some(Answer { choice, finding: wrong.told()? });
    }
    let all = echoes.len() == asked.len() && echoes.iter().all(|echo| echo.fared == Fared::Intact);
    let finding = all.then(|| reading::intact(&reading.http, Over::Http)).flatten()?;
    Some(Answer { choice: asked.len(), finding })
}

/// Something came back as it was sent.
fn is_echo(echoes: &[Echo<'_>]) -> bool {
    echoes.iter().any(|echo| echo.fared == Fared::Intact)
}

/// What is to be said first where nothing came back as it was sent.
fn no_echo(echoes: &[Echo<'_>], none: Missing, other: Missing) -> Option<Finding> {
    let came: Vec<MessageId> = echoes.iter().filter_map(|echo| Some(echo.reply?.id)).collect();
    let missing = if came.is_empty() { none } else { other };
    (!is_echo(echoes)).then(|| finding(Fact::Missing(missing), came))
}

fn over_http(reading: &Reading<'_>) -> Vec<Finding> {
    if let Some(missing) = no_echo(&reading.http, Missing::Http, Missing::HttpEcho) {
        return vec![missing];
    }
    let mut findings: Vec<Finding> = reading::intact(&reading.http, Over::Http).into_iter().collect();
    findings.extend(reading.http.iter().filter_map(Echo::told));
    findings.extend(reading.media_types());
    findings
}

fn over_socket(reading: &Reading<'_>) -> Vec<Finding> {
    if let Some(missing) = no_echo(&reading.socket, Missing::WebSocket, Missing::WebSocketEcho) {
        return vec![missing];
    }
    let intact = |over| reading::intact(&reading.socket, over);
    let mut findings: Vec<Finding> = [Over::Text, Over::Binary].into_iter().filter_map(intact).collect();
    findings.extend(reading.socket.iter().filter_map(Echo::told));
    findings.extend(reading.only_binary());
    findings.extend(reading.no_media_type());
    findings
}

fn bad_text(reading: &Reading<'_>) -> Vec<Finding> {
    vec![reading.bad_text().unwrap_or_else(|| finding(Fact::Missing(Missing::BadText), Vec::new()))]
}
