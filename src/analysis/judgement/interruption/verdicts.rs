//! The verdicts on C8 and C9.

use super::{Claim, Fact, Finding, Missing, finding, http, missing, news, websocket};
use crate::analysis::judgement::{self, Outcome, Verdict};
use crate::trace::Trace;

/// C8: HTTP's reliability is that of the transport below; an interrupted exchange is lost.
///
/// Its response is, for the page. What contradicts the rest: the request arrived all the same, or asking again
/// brought an answer.
pub(super) fn over_http(trace: &Trace) -> Verdict {
    let all = http::interrupted(trace);
    let broken_off: Vec<_> = all.iter().filter(|one| one.is_broken_off() && !one.is_refused()).collect();
    if broken_off.is_empty() {
        let mut reasons: Vec<Finding> = http::given_up(trace).into_iter().collect();
        reasons.extend(http::told(trace).into_iter().filter(is_refusal));
        reasons.extend(missing(trace));
        return Verdict::not_measured(Claim::C8, reasons);
    }
    let lost = || broken_off.iter().filter(|one| one.is_lost());
    let outcome = if lost().count() == 0 {
        Outcome::Refuted
    } else if lost().any(|one| one.request.arrivals > Some(0) || one.recovered) || lost().count() < broken_off.len() {
        Outcome::Depends
    } else {
        Outcome::Supported
    };
    let mut reasons = http::groups(&all);
    reasons.extend(http::resent(&all));
    reasons.extend(http::asked_again(&all));
    reasons.extend(http::duplicated(&all));
    reasons.extend(http::given_up(trace));
    reasons.push(finding(Fact::Below, Vec::new()));
    Verdict { claim: Claim::C8, outcome, reasons }
}

fn is_refusal(finding: &Finding) -> bool {
    let judgement::Fact::Interruption(fact) = &finding.fact else { return false };
    matches!(fact, Fact::FaultsRefused { .. } | Fact::Missing(Missing::SharedConnections))
}

/// C9: WebSocket is designed to minimise loss and interruption.
///
/// Refuted where something was lost, and stayed lost; it depends where the application itself got it back.
pub(super) fn over_websocket(trace: &Trace) -> Verdict {
    let breaks = websocket::breaks(trace);
    let mut reasons: Vec<Finding> = websocket::told(trace);
    reasons.extend(websocket::mended(trace));
    reasons.extend(news::resumed(trace));
    reasons.extend(news::event_source(trace));
    let opened = || breaks.iter().filter(|one| !one.sent.is_empty());
    if opened().count() == 0 {
        reasons.extend(missing(trace));
        return Verdict::not_measured(Claim::C9, reasons);
    }
    let is_harmed = |one: &&websocket::Break<'_>| !one.unanswered.is_empty() || one.is_unnoticed();
    let outcome = if opened().filter(is_harmed).count() == 0 {
        Outcome::Supported
    } else if opened().all(websocket::Break::is_recovered) {
        Outcome::Depends
    } else {
        Outcome::Refuted
    };
    Verdict { claim: Claim::C9, outcome, reasons }
}
