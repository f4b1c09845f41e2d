//! What is unusual about times: samples that do not count, a pattern of delayed acknowledgements, clocks that do not
//! fit.

use super::{Fact, count, finding};
use crate::analysis::judgement::Finding;
use crate::analysis::{Sample, Statistics, Timeline};
use crate::trace::{MessageId, Protocol, Span, Trace};

/// What is unusual.
pub(super) fn notable(trace: &Trace, timeline: &Timeline) -> Vec<Finding> {
    let mut findings: Vec<Finding> = hidden(timeline).into_iter().collect();
    findings.extend(Protocol::BOTH.into_iter().filter_map(|protocol| delayed_ack(trace, timeline, protocol)));
    findings.extend(clocks_apart(trace, timeline));
    findings
}

fn hidden(timeline: &Timeline) -> Option<Finding> {
    let samples = Protocol::BOTH.into_iter().flat_map(|protocol| timeline.samples(protocol));
    let hidden: Vec<MessageId> = samples.filter(|sample| sample.hidden).map(|sample| sample.request).collect();
    (!hidden.is_empty()).then(|| finding(Fact::Hidden { samples: count(hidden.len()) }, hidden))
}

/// How long systems delay an acknowledgement (RFC 1122 §4.2.3.2 allows up to half a second), and how far from that a
/// round trip may lie: 40 ms is the least on Linux, 200 ms a usual value elsewhere.
const DELAYS: [(Span, Span); 2] =
    [(Span::from_millis(40), Span::from_millis(5)), (Span::from_millis(200), Span::from_millis(15))];
/// So many round trips have to be there before a pattern is looked for.
const SAMPLES: usize = 20;
/// So many of them have to be in the cluster.
const IN_CLUSTER: usize = 3;
/// What lies so far above the median is slow.
const SLOW: Span = Span::from_millis(10);

/// A fixed delay: of the round trips that take much longer than the median, four of five take longer by about as much as
/// an acknowledgement is delayed. What the server took itself, and what a request waited for a connection, is left out
/// as far as it is told.
fn delayed_ack(trace: &Trace, timeline: &Timeline, protocol: Protocol) -> Option<Finding> {
    let counted = timeline.samples(protocol).iter().filter(|sample| sample.counts());
    let travelled: Vec<(MessageId, Span)> =
        counted.filter_map(|sample| Some((sample.request, travelled(trace, sample)?))).collect();
    if travelled.len() < SAMPLES {
        return None;
    }
    let spans: Vec<Span> = travelled.iter().map(|(_, span)| *span).collect();
    let median = Statistics::of(&spans)?.median;
    let slow: Vec<&(MessageId, Span)> = travelled.iter().filter(|(_, span)| *span - median > SLOW).collect();
    DELAYS.into_iter().find_map(|(delay, tolerance)| {
        let cluster: Vec<&(MessageId, Span)> =
            slow.iter().copied().filter(|(_, span)| (*span - median - delay).abs() <= tolerance).collect();
        if cluster.len() < IN_CLUSTER || 5 * cluster.len() < 4 * slow.len() {
            return None;
        }
        let above = Statistics::of(&cluster.iter().map(|(_, span)| *span - median).collect::<Vec<_>>())?.median;
        let (samples, of) = (count(cluster.len()), count(travelled.len()));
        let messages = cluster.iter().map(|(id, _)| *id).collect();
        Some(finding(Fact::DelayedAck { protocol, samples, of, median, above }, messages))
    })
}

/// What a round trip took without the server's time and without waiting for a connection; `None` for a response that was
/// read as it came, which the server sends as it likes.
fn travelled(trace: &Trace, sample: &Sample) -> Option<Span> {
    let (request, reply) = (trace.message(sample.request)?, trace.message(sample.reply)?);
    if !reply.pieces.is_empty() {
        return None;
    }
    let at_server = request.received.server().zip(reply.sent.server());
    let thinking = at_server.map_or(Span::ZERO, |(received, sent)| sent - received);
    let waited = request.phases.as_deref().map_or(Span::ZERO, |phases| phases.request_start - phases.start);
    Some(sample.took - thinking - waited)
}

/// The clocks of servers whose times could not be placed on the page's. Where both protocols have one server, there is one
/// clock.
fn clocks_apart(trace: &Trace, timeline: &Timeline) -> Vec<Finding> {
    let circumstances = &trace.circumstances;
    let one = circumstances.http.instance.is_some() && circumstances.http.instance == circumstances.ws.instance;
    let told = |protocol: Protocol| -> Vec<MessageId> {
        let samples = timeline.samples(protocol).iter();
        let has_times = |sample: &&Sample| {
            let (request, reply) = (trace.message(sample.request), trace.message(sample.reply));
            request.is_some_and(|request| request.received.server().is_some())
                && reply.is_some_and(|reply| reply.sent.server().is_some())
        };
        samples.filter(has_times).map(|sample| sample.request).collect()
    };
    let apart = |protocol: Protocol, messages: Vec<MessageId>| {
        let fact = Fact::ClocksApart { protocol, samples: count(messages.len()) };
        (!messages.is_empty() && timeline.clock(protocol).is_none()).then(|| finding(fact, messages))
    };
    let [http, web_socket] = Protocol::BOTH.map(told);
    if one {
        let first = if http.is_empty() { Protocol::WebSocket } else { Protocol::Http };
        apart(first, http.into_iter().chain(web_socket).collect()).into_iter().collect()
    } else {
        let found = [apart(Protocol::Http, http), apart(Protocol::WebSocket, web_socket)];
        found.into_iter().flatten().collect()
    }
}
