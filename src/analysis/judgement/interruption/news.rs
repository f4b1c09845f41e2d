//! What readers of news missed while they were away, and got afterwards.

use super::{Fact, Finding, finding, part, sent_in};
use crate::trace::{Direction, Kind, Message, MessageId, Trace};
use crate::wire::NewsItem;

/// A stream of events that ended.
pub(super) fn event_source(trace: &Trace) -> Option<Finding> {
    let part = trace.part(part::EVENT_SOURCE)?;
    let is_listened = |request: &&Message| {
        let answers = |event: &Message| event.kind == Kind::Event && event.answers == Some(request.id);
        request.kind == Kind::Request && trace.in_part(part).any(answers)
    };
    let request = sent_in(trace, part).find(is_listened)?;
    Some(finding(Fact::EventSource { arrivals: request.arrivals? }, vec![request.id]))
}

/// How readers came back to the news.
pub(super) fn resumed(trace: &Trace) -> Vec<Finding> {
    let had: Vec<u32> = items(trace, part::AWAY).into_iter().map(|(number, _)| number).collect();
    let Some(after) = had.iter().max().copied() else { return Vec::new() };
    let mut findings = Vec::new();
    let again = items(trace, part::BEGUN_AGAIN);
    let resumed = items(trace, part::RESUMED);
    if trace.part(part::RESUMED).is_some() {
        let missed = published(trace).saturating_sub(after);
        let fresh = resumed.iter().filter(|(number, _)| *number > after);
        let mut numbers: Vec<u32> = fresh.map(|(number, _)| *number).collect();
        numbers.dedup();
        let came = numbers.len() as u32;
        let twice = resumed.len() as u32 - came;
        findings.push(finding(Fact::Resumed { after, missed, came, twice }, ids(&resumed)));
    }
    if !again.is_empty() {
        let twice = again.iter().filter(|(number, _)| had.contains(number)).count() as u32;
        findings.push(finding(Fact::BegunAgain { came: again.len() as u32, twice }, ids(&again)));
    }
    findings
}

/// The number of the last item that the server said it had published.
fn published(trace: &Trace) -> u32 {
    let Some(part) = trace.part(part::AWAY) else { return 0 };
    let receipts = trace.in_part(part).filter(|message| matches!(message.kind, Kind::Response { status: 200..=299 }));
    receipts.filter_map(number).max().unwrap_or(0)
}

/// The items that a part's WebSockets brought.
fn items(trace: &Trace, name: &str) -> Vec<(u32, MessageId)> {
    let Some(part) = trace.part(name) else { return Vec::new() };
    let came = trace.in_part(part).filter(|message| message.direction == Direction::ToPage);
    let told = came.filter(|message| message.kind == Kind::Text);
    told.filter_map(|message| Some((number(message)?, message.id))).collect()
}

fn number(message: &Message) -> Option<u32> {
    Some(serde_json::from_slice::<NewsItem>(&message.copy.as_ref()?.0).ok()?.number)
}

fn ids(items: &[(u32, MessageId)]) -> Vec<MessageId> {
    items.iter().map(|(_, id)| *id).collect()
}
