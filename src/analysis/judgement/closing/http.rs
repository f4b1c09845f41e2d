//! How HTTP connections end, for comparison: one that was asked to close after its response, and one that was not.

use serde::{Deserialize, Serialize};

use super::{Finding, Side};
use crate::analysis::raw::Missing;
use crate::trace::{Closing, Connection, Kind, Message, MessageId, Span, Speaks, Trace};

/// What can be said of the HTTP connections of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// An HTTP connection ended after its response.
    Ended {
        /// Who ended it, as the server saw it; `None` where it broke.
        by: Option<Side>,
        /// How long after the response was handed over, on the server's clock.
        after: Option<Span>,
        /// The request had asked for `Connection: close`.
        asked: bool,
    },
    /// An HTTP connection was still open when the server told its account.
    StaysOpen {
        /// The request had asked for `Connection: close`.
        asked: bool,
    },
    /// What becomes of HTTP connections is not told.
    Untold {
        /// Why.
        why: Missing,
    },
    /// HTTP/2 carried the requests, where a response does not end the connection (RFC 9113 §8.2.2).
    Multiplexed,
}

const PART: &str = "http";

/// What became of the connections of the two requests.
pub(super) fn told(trace: &Trace) -> Vec<Finding> {
    let Some(part) = trace.part(PART) else { return Vec::new() };
    let responses = trace.in_part(part).filter(|message| matches!(message.kind, Kind::Response { .. }));
    let answered: Vec<(&Message, &Message)> =
        responses.filter_map(|response| Some((trace.message(response.answers?)?, response))).collect();
    let all = || answered.iter().map(|(request, _)| request.id).collect::<Vec<_>>();
    if answered.is_empty() {
        return Vec::new();
    }
    let endpoint = &trace.circumstances.http;
    let untold = |why| vec![finding(Fact::Untold { why }, all())];
    if endpoint.speaks == Speaks::Plain {
        return untold(Missing::Plain);
    }
    if endpoint.behind_proxy {
        return untold(Missing::BehindProxy);
    }
    if answered.iter().all(|(request, _)| request.alpn.as_deref() == Some("h2")) {
        return vec![finding(Fact::Multiplexed, all())];
    }
    let carried = answered.iter().filter_map(|(request, response)| {
        let connection = request.connection.and_then(|id| trace.connection(id))?;
        // Only the server's account tells whether it ended.
        connection.bytes.is_some().then_some((*request, *response, connection))
    });
    let carried: Vec<_> = carried.collect();
    if carried.is_empty() {
        return untold(Missing::NotTold);
    }
    // The script asks for it with the first of its requests.
    let first = trace.in_part(part).find(|message| message.kind == Kind::Request).map(|request| request.id);
    let each = carried.into_iter();
    each.map(|(request, response, connection)| end(request, response, connection, first == Some(request.id))).collect()
}

/// What became of a connection after that response.
fn end(request: &Message, response: &Message, connection: &Connection, asked: bool) -> Finding {
    let messages = vec![request.id, response.id];
    let Some(closed) = &connection.closed else {
        return finding(Fact::StaysOpen { asked }, messages);
    };
    let by = match closed.how {
        Closing::ByServer => Some(Side::Server),
        Closing::ByClient => Some(Side::Page),
        Closing::Broken | Closing::GivenUp | Closing::CloseEvent { .. } => None,
    };
    let after = closed.at.server().zip(response.sent.server()).map(|(closed, sent)| closed - sent);
    finding(Fact::Ended { by, after, asked }, messages)
}

fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    super::finding(super::Fact::Http(fact), messages)
}
