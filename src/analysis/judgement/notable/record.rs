//! What the record does not hold: copies of payloads, raw bytes, exchanges that a server forgot.

use super::{Fact, count, finding};
use crate::analysis::judgement::Finding;
use crate::trace::{Happening, MessageId, Raw, Trace};

/// What is missing.
pub(super) fn notable(trace: &Trace) -> Vec<Finding> {
    [copies(trace), raw(trace), forgotten(trace)].into_iter().flatten().collect()
}

fn copies(trace: &Trace) -> Option<Finding> {
    trace.marks.iter().find(|mark| mark.what == Happening::CopiesFull)?;
    let without = trace.messages.iter().filter(|message| message.payload > 0 && message.copy.is_none());
    let messages: Vec<MessageId> = without.map(|message| message.id).collect();
    Some(finding(Fact::CopiesFull { messages: count(messages.len()) }, messages))
}

fn raw(trace: &Trace) -> Option<Finding> {
    trace.marks.iter().find(|mark| mark.what == Happening::RawFull)?;
    let lacking = |raw: &&Raw| raw.left_out > 0;
    let of_messages: Vec<(MessageId, u64)> = trace
        .messages
        .iter()
        .filter_map(|message| Some((message.id, message.raw.as_deref().filter(lacking)?.left_out)))
        .collect();
    let of_sockets: Vec<u64> = trace
        .connections
        .iter()
        .filter_map(|connection| connection.frames.as_deref())
        .map(|frames| [&frames.to_server, &frames.to_page].into_iter().flatten().map(|raw| raw.left_out).sum())
        .filter(|left_out| *left_out > 0)
        .collect();
    let left_out = of_messages.iter().map(|(_, left_out)| left_out).chain(&of_sockets).sum();
    let of = count(of_messages.len() + of_sockets.len());
    Some(finding(Fact::RawFull { left_out, of }, of_messages.into_iter().map(|(id, _)| id).collect()))
}

fn forgotten(trace: &Trace) -> Option<Finding> {
    let exchanges = trace.forgotten;
    (exchanges > 0).then(|| finding(Fact::Forgotten { exchanges }, Vec::new()))
}
