//! What the claims on who may speak come to.

use super::Way;
use super::reading::Run;
use crate::analysis::judgement::{Claim, Finding, Outcome, Verdict};

/// HTTP is request–response, and the server never speaks first.
///
/// What bears this out is a server that had something to say, and could not until it was asked: news that lay until the
/// next poll. That server-sent events come one after another, unasked for each, does not contradict it: they are parts of
/// the one response to the one request. More than one response to a request would make it depend on the request, and
/// a message that answers none would refute it.
pub(super) fn request_and_response(run: &Run<'_>) -> Verdict {
    let mut reasons = run.who_starts();
    let (lay, events) = (run.lay(), run.news(Way::Events));
    let outcome = match () {
        () if run.spoke_first().is_some() => Outcome::Refuted,
        () if lay.is_none() => Outcome::NotMeasured,
        () if run.several_responses().is_some() => Outcome::Depends,
        () if events.is_none() => Outcome::NotMeasured,
        () => Outcome::Supported,
    };
    reasons.extend(lay);
    reasons.extend([Way::ShortPolling, Way::LongPolling].into_iter().filter_map(|way| run.news(way)));
    reasons.extend(events);
    reasons.extend(run.long_responses());
    reasons.extend(run.missing_exchanges());
    reasons.extend(missing(run, &[Way::ShortPolling, Way::LongPolling, Way::Events]));
    Verdict { claim: Claim::C1, outcome, reasons }
}

/// WebSocket is full-duplex: both sides send at the same time, unasked.
pub(super) fn full_duplex(run: &Run<'_>) -> Verdict {
    let outcome = match (run.unasked().is_some(), run.has_crossings()) {
        (true, true) => Outcome::Supported,
        _ if run.only_answered().is_some() => Outcome::Refuted,
        _ => Outcome::NotMeasured,
    };
    let parts = [run.crossed(), run.unasked(), run.said(), run.only_answered(), run.echo()];
    let mut reasons: Vec<Finding> = parts.into_iter().flatten().collect();
    reasons.extend(missing(run, &[Way::WebSocket]));
    Verdict { claim: Claim::C2, outcome, reasons }
}

/// HTTP goes in one direction, WebSocket in both: it depends on whether that is said of data, or of who may start.
pub(super) fn one_direction(run: &Run<'_>) -> Verdict {
    let exchanges = run.both_ways();
    let carries_both = run.carries_both_ways();
    let server_starts_http = run.spoke_first().is_some();
    let had_news = run.lay().is_some();
    let both_start = run.unasked().is_some() && run.said().is_some();
    let outcome = match (carries_both, server_starts_http) {
        // Neither data nor the right to start goes in one direction alone.
        (Some(true), true) => Outcome::Refuted,
        (Some(true), false) if had_news && both_start => Outcome::Depends,
        (Some(false), false) if had_news && both_start => Outcome::Supported,
        _ => Outcome::NotMeasured,
    };
    let mut reasons: Vec<Finding> = exchanges.into_iter().collect();
    reasons.extend(run.who_starts());
    reasons.extend([run.lay(), run.unasked(), run.said(), run.only_answered(), run.echo()].into_iter().flatten());
    reasons.extend(run.missing_exchanges());
    reasons.extend(missing(run, &[Way::ShortPolling, Way::WebSocket]));
    Verdict { claim: Claim::C12, outcome, reasons }
}

fn missing(run: &Run<'_>, ways: &[Way]) -> Vec<Finding> {
    ways.iter().filter_map(|&way| run.missing_news(way)).collect()
}
