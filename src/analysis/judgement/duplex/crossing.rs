//! Which messages crossed on a WebSocket: each was sent before the other had arrived, so that neither can have brought
//! the other about.
//!
//! That takes no common clock. The page's clock tells that it sent its message before it had the server's; and that
//! the server sent its own before it had the page's is told by the server's clock, or by what it then did: to “go on
//! after item 3” it sent item 4 a second time.

use std::collections::BTreeSet;

use super::Proof;
use crate::analysis::judgement::payload::said;
use crate::analysis::{Placed, Provenance, Timeline};
use crate::trace::{ConnectionId, Direction, Kind, Message, MessageId, PartId, Time, Trace};
use crate::wire::{NewsItem, NewsResume};

/// What was said on one WebSocket, each side in its order.
pub(super) struct Talk {
    /// By the page.
    pub(super) said: Vec<Said>,
    /// By the server.
    pub(super) heard: Vec<Heard>,
}

/// What the page said.
pub(super) struct Said {
    pub(super) message: MessageId,
    at: Time,
    /// Which item it had last.
    after: u32,
}

/// What the server said.
pub(super) struct Heard {
    pub(super) message: MessageId,
    at: Time,
    number: u32,
    /// The item came before; this is sent again.
    again: bool,
    /// It is written down as the answer to something.
    answers: bool,
}

/// Two messages that crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crossing {
    /// By the page.
    pub(super) said: MessageId,
    /// By the server.
    pub(super) heard: MessageId,
    pub(super) proof: Proof,
}

impl Talk {
    /// What was said on the WebSocket of a part; of several, the one on which items came.
    pub(super) fn of(trace: &Trace, part: PartId) -> Option<Self> {
        let texts = || trace.in_part(part).filter(|message| message.kind == Kind::Text);
        let item =
            texts().find(|message| message.direction == Direction::ToPage && said::<NewsItem>(message).is_some());
        let connection = item.or_else(|| texts().next())?.connection?;
        Some(Self::on(connection, texts()))
    }

    fn on<'a>(connection: ConnectionId, texts: impl Iterator<Item = &'a Message>) -> Self {
        let mut talk = Self { said: Vec::new(), heard: Vec::new() };
        let mut seen = BTreeSet::new();
        for message in texts.filter(|message| message.connection == Some(connection)) {
            let Some(at) = message.page_time() else { continue };
            match message.direction {
                Direction::ToServer => {
                    let Some(NewsResume { after }) = said(message) else { continue };
                    talk.said.push(Said { message: message.id, at, after });
                }
                Direction::ToPage => {
                    let Some(NewsItem { number, .. }) = said(message) else { continue };
                    let again = !seen.insert(number);
                    let answers = message.answers.is_some();
                    talk.heard.push(Heard { message: message.id, at, number, again, answers });
                }
            }
        }
        talk
    }

    /// The items, each as it first came.
    pub(super) fn items(&self) -> impl Iterator<Item = MessageId> {
        self.heard.iter().filter(|heard| !heard.again).map(|heard| heard.message)
    }

    /// The items that were sent again.
    pub(super) fn again(&self) -> impl Iterator<Item = MessageId> {
        self.heard.iter().filter(|heard| heard.again).map(|heard| heard.message)
    }

    /// The items that nothing can have asked for: what the page sent since the server had last said something, if
    /// anything, crossed them.
    pub(super) fn unasked(&self, crossings: &[Crossing]) -> Vec<MessageId> {
        let crossed = |said: &Said, heard: &Heard| {
            crossings.iter().any(|pair| pair.said == said.message && pair.heard == heard.message)
        };
        let mut unasked = Vec::new();
        // By time: a message is written down when the script takes it, which may be after it sent another.
        let mut before = None;
        for heard in &self.heard {
            let since = self.said.iter().filter(|said| before < Some(said.at) && said.at <= heard.at);
            if !heard.again && !heard.answers && since.into_iter().all(|said| crossed(said, heard)) {
                unasked.push(heard.message);
            }
            before = Some(heard.at);
        }
        unasked
    }

    /// All pairs that crossed for certain, in the order of the server's messages.
    pub(super) fn crossings(&self, trace: &Trace, timeline: &Timeline) -> Vec<Crossing> {
        let mut pairs = self.by_times(trace, timeline);
        for pair in self.by_what_was_sent_again() {
            if !pairs.iter().any(|known| (known.said, known.heard) == (pair.said, pair.heard)) {
                pairs.push(pair);
            }
        }
        pairs.sort_by_key(|pair| (pair.heard, pair.said));
        pairs
    }

    fn by_times(&self, trace: &Trace, timeline: &Timeline) -> Vec<Crossing> {
        let ends = |id: MessageId| trace.message(id).map(|message| timeline.ends(trace, message));
        let arrived: Vec<_> =
            self.said.iter().map(|said| ends(said.message).and_then(|(_, arrived)| arrived)).collect();
        let resolution = trace.circumstances.resolution;
        let mut pairs = Vec::new();
        // An item that is sent again may be told with the time at which it was published.
        for heard in self.heard.iter().filter(|heard| !heard.answers && !heard.again) {
            let Some((Some(sent), _)) = ends(heard.message) else { continue };
            // Only what the page sent before it had this can have crossed it.
            let before = self.said.iter().zip(&arrived).take_while(|(said, _)| said.at + resolution < heard.at);
            let crossed = before.filter(|(_, arrived)| arrived.is_some_and(|arrived| is_before(sent, arrived)));
            let pair =
                |(said, _): (&Said, _)| Crossing { said: said.message, heard: heard.message, proof: Proof::Times };
            pairs.extend(crossed.map(pair));
        }
        pairs
    }

    /// Where the numbers step back, the server had taken what the page said, and had sent the items behind it before.
    ///
    /// Of several messages that say the same, it may have been any that it took; but the last of them arrived last, and
    /// was sent before the page had any of these items. So that one crossed them.
    fn by_what_was_sent_again(&self) -> Vec<Crossing> {
        let mut pairs = Vec::new();
        for (place, step) in self.heard.windows(2).enumerate() {
            let [before, back] = step else { continue };
            if back.number > before.number {
                continue;
            }
            let after = back.number.saturating_sub(1);
            let Some(said) = self.said.iter().rfind(|said| said.after == after && said.at < back.at) else { continue };
            let sent = self.heard[..=place].iter().filter(|heard| !heard.again);
            let sent = sent.filter(|heard| (back.number..=before.number).contains(&heard.number));
            // What the page had before it said this did not cross it.
            let crossed = sent.filter(|heard| said.at < heard.at);
            let pair = |heard: &Heard| Crossing { said: said.message, heard: heard.message, proof: Proof::SentAgain };
            pairs.extend(crossed.map(pair));
        }
        pairs
    }
}

/// Whether something was before something else at the server, beyond doubt. Two times of one clock are compared on it;
/// that it is placed on the page's clock with an error does not matter then.
fn is_before(one: Placed, other: Placed) -> bool {
    match (one.provenance, other.provenance) {
        (Provenance::Server, Provenance::Server) => one.at < other.at,
        _ => one.at + one.uncertainty < other.at - other.uncertainty,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Span;

    #[test]
    fn times_of_one_clock_are_compared_on_it_and_others_only_beyond_what_is_uncertain() {
        let placed = |at, provenance| Placed { at: Time(at), uncertainty: Span(50), provenance };
        let (server, unknown) = (Provenance::Server, Provenance::Unknown);
        assert!(is_before(placed(10, server), placed(11, server)));
        assert!(!is_before(placed(10, server), placed(10, server)));
        assert!(!is_before(placed(10, server), placed(110, unknown)));
        assert!(is_before(placed(10, server), placed(111, unknown)));
    }
}
