//! Which schemes an address of a WebSocket may have (C13): the one that was opened, one that is none of them, and
//! `ws:` from a page that came by https.

use serde::{Deserialize, Serialize};

use super::websocket::opened_url;
use super::{Finding, Outcome};
use crate::trace::{Cause, Connection, Kind, Message, MessageId, Trace};

/// What can be said of addresses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// A WebSocket was opened at an address of this scheme.
    Opened {
        /// `ws` or `wss`, or, against the claim, another.
        scheme: String,
    },
    /// An address of another scheme was refused.
    Refused {
        /// The scheme.
        scheme: String,
        /// The constructor threw, so nothing was sent.
        at_once: bool,
    },
    /// An https page asked for `ws:` on another machine, and the browser refused.
    MixedContentRefused {
        /// The address.
        url: String,
        /// The constructor threw, so nothing was sent.
        at_once: bool,
    },
    /// An https page asked for `ws:` on another machine, and the browser tried it.
    MixedContentTried {
        /// What came of it; `None` where it opened.
        cause: Option<Cause>,
    },
    /// `wss` was not measured: the endpoint of this run is unencrypted.
    SecureNotMeasured,
    /// `ws` from a page that came by https was not measured: this one came by http.
    MixedContentNotMeasured,
}

const PART: &str = "schemes";

/// An address that the lab asks its browser to open, though it should not.
struct Asked<'a> {
    url: &'a str,
    connection: &'a Connection,
    handshake: &'a Message,
}

impl Asked<'_> {
    fn refused(&self) -> Option<&Cause> {
        self.handshake.failing.as_ref().map(|failing| &failing.cause)
    }
}

/// The address of that scheme, if it was asked for and something came of it.
fn asked<'a>(trace: &'a Trace, is_wanted: impl Fn(&str) -> bool) -> Option<Asked<'a>> {
    let part = trace.part(PART)?;
    let handshakes = trace.in_part(part).filter(|message| message.kind == Kind::Handshake);
    let mut all = handshakes.filter_map(|handshake| {
        let connection = trace.connection(handshake.connection?)?;
        Some(Asked { url: &connection.url, connection, handshake })
    });
    all.find(|asked| is_wanted(scheme_of(asked.url)) && (asked.refused().is_some() || asked.connection.came_to_be()))
}

/// What stands before the first colon of a URL, in lower case as browsers have it.
fn scheme_of(url: &str) -> &str {
    url.split(':').next().unwrap_or_default()
}

fn is_websocket(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("ws") || scheme.eq_ignore_ascii_case("wss")
}

/// What came of an address of another scheme.
fn another(trace: &Trace) -> Option<(bool, Finding)> {
    let asked = asked(trace, |scheme| !is_websocket(scheme))?;
    let scheme = scheme_of(asked.url).to_owned();
    let messages = vec![asked.handshake.id];
    Some(match asked.refused() {
        Some(_) => {
            let at_once = asked.handshake.was_refused();
            (true, finding(Fact::Refused { scheme, at_once }, messages))
        }
        None => (false, finding(Fact::Opened { scheme }, messages)),
    })
}

/// What came of `ws:` from a page that came by https.
fn mixed_content(trace: &Trace) -> Option<(bool, Finding)> {
    let asked = asked(trace, is_websocket)?;
    let messages = vec![asked.handshake.id];
    Some(match asked.refused() {
        Some(Cause::MixedContent) => {
            let at_once = asked.handshake.was_refused();
            (true, finding(Fact::MixedContentRefused { url: asked.url.to_owned(), at_once }, messages))
        }
        cause => (false, finding(Fact::MixedContentTried { cause: cause.cloned() }, messages)),
    })
}

/// What happened to the addresses that should not be opened.
pub(super) fn told(trace: &Trace) -> Vec<Finding> {
    [mixed_content(trace), another(trace)].into_iter().flatten().map(|(_, told)| told).collect()
}

/// C13: the scheme is `ws` or `wss`.
pub(super) fn scheme(trace: &Trace) -> (Outcome, Vec<Finding>) {
    let (url, messages) = match opened_url(trace) {
        Ok(opened) => opened,
        Err(why) => return (Outcome::NotMeasured, std::iter::once(why).chain(told(trace)).collect()),
    };
    let scheme = scheme_of(url).to_ascii_lowercase();
    let (is_right, is_secure) = (is_websocket(&scheme), scheme == "wss");
    let (mixed, another) = (mixed_content(trace), another(trace));
    let holds = [Some(is_right), mixed.as_ref().map(|(held, _)| *held), another.as_ref().map(|(held, _)| *held)];
    // Where the other scheme was tried and this was not, the page came by http.
    let unmixed = mixed.is_none() && another.is_some();
    let mut reasons = vec![finding(Fact::Opened { scheme }, messages)];
    reasons.extend([mixed, another].into_iter().flatten().map(|(_, told)| told));
    if !is_secure {
        reasons.push(finding(Fact::SecureNotMeasured, Vec::new()));
    }
    if unmixed {
        reasons.push(finding(Fact::MixedContentNotMeasured, Vec::new()));
    }
    (Outcome::of_all(holds), reasons)
}

fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    super::finding(super::Fact::Address(fact), messages)
}
