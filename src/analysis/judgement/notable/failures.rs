//! What came to nothing though no lab wanted that. Each cause is told once, with how often. What a lab brings about on
//! purpose (a reset, a silence, an address that no browser takes) is told by its own judgement.

use super::{Fact, count, finding};
use crate::analysis::judgement::Finding;
use crate::trace::{Cause, Failing, Inference, MessageId, Outcome, Protocol, Trace};

/// What failed, in the order in which it first did.
pub(super) fn notable(trace: &Trace) -> Vec<Finding> {
    // Of each part that broke off that lab tells why.
    if trace.circumstances.lab == "opening" {
        return Vec::new();
    }
    // Why the run could not go on is told with how it ended.
    let told = |failing: &Failing| match &trace.outcome {
        Some(Outcome::Failed(failure)) => failure.cause == failing.cause,
        _ => false,
    };
    // That lab has the page give up what a server was asked to leave unanswered.
    let waits_in_vain = trace.circumstances.lab == "interruption";
    let mut groups: Vec<((Protocol, Cause, Inference), Vec<MessageId>)> = Vec::new();
    for message in &trace.messages {
        let Some(failing) = message.failing.as_deref().filter(|failing| !told(failing)) else { continue };
        let unwanted = match failing.cause {
            Cause::Cors | Cause::NoAnswer | Cause::Vanished | Cause::ConnectTimeout { .. } => true,
            Cause::ReplyTimeout { .. } => !waits_in_vain,
            _ => false,
        };
        if unwanted {
            let key = (message.protocol, failing.cause.clone(), failing.inferred_from);
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, messages)) => messages.push(message.id),
                None => groups.push((key, vec![message.id])),
            }
        }
    }
    let told = |((protocol, cause, inferred_from), messages): (_, Vec<MessageId>)| {
        finding(Fact::Failed { protocol, count: count(messages.len()), cause, inferred_from }, messages)
    };
    groups.into_iter().map(told).collect()
}
