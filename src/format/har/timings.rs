//! Where the time of an exchange went: from Resource Timing's points to HAR's stretches, which follow one another.

use super::model::Timings;
use crate::trace::{Phases, Span, Time};

/// The stretches of an exchange, in µs; `None` for what does not apply or is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) blocked: Option<Span>,
    pub(super) dns: Option<Span>,
    /// With `ssl`.
    pub(super) connect: Option<Span>,
    pub(super) ssl: Option<Span>,
    pub(super) send: Span,
    pub(super) wait: Span,
    pub(super) receive: Span,
}

impl Split {
    /// Of an exchange whose phases are known. `called` is when the page asked for it; `end` when it was over for the page,
    /// where the phases have no end.
    ///
    /// Before the connection was there, what is neither looking the name up nor connecting is `blocked`. What lies between
    /// a new connection and the first byte of the request is `send`, as in Chromium; when the last byte of the request
    /// had been sent, a page does not learn.
    pub(super) fn of_phases(called: Time, phases: &Phases, end: Option<Time>) -> Self {
        let between = |from: Time, to: Time| Some(to - from).filter(|span| *span > Span::ZERO);
        let dns = between(phases.domain_lookup_start, phases.domain_lookup_end);
        let connect = between(phases.connect_start, phases.connect_end);
        let ssl = phases.secure_connection_start.filter(|_| connect.is_some());
        let send = connect.and_then(|_| between(phases.connect_end, phases.request_start)).unwrap_or_default();
        let apart = [dns, connect].into_iter().flatten().fold(send, |sum, span| sum + span);
        let blocked = Span((phases.request_start - called - apart).0.max(0));
        let answered = phases.response_start >= phases.request_start;
        let over = end.unwrap_or(phases.request_start).max(phases.request_start);
        let (begun, done) = match answered {
            true => (phases.response_start, phases.response_end.max(phases.response_start)),
            false => (over, over),
        };
        Self {
            blocked: Some(blocked),
            dns,
            connect,
            ssl: ssl.and_then(|from| between(from, phases.connect_end)),
            send,
            wait: begun - phases.request_start,
            receive: done - begun,
        }
    }

    /// Of an exchange of which only the page's own times are known.
    pub(super) fn of_page(called: Time, head: Option<Time>, end: Option<Time>) -> Self {
        let end = end.unwrap_or(called).max(called);
        let head = head.unwrap_or(end).clamp(called, end);
        Self { wait: head - called, receive: end - head, ..Self::default() }
    }

    /// All of it; `ssl` is within `connect`.
    pub(super) fn total(&self) -> Span {
        self.until_head() + self.receive
    }

    /// Up to the first byte of the response.
    pub(super) fn until_head(&self) -> Span {
        let before = [self.blocked, self.dns, self.connect].into_iter().flatten();
        before.fold(self.send + self.wait, |sum, span| sum + span)
    }

    pub(super) fn written(&self) -> Timings {
        let known = |span: Option<Span>| span.map_or(-1.0, Span::as_millis);
        Timings {
            blocked: known(self.blocked),
            dns: known(self.dns),
            connect: known(self.connect),
            send: self.send.as_millis(),
            wait: self.wait.as_millis(),
            receive: self.receive.as_millis(),
            ssl: known(self.ssl),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phases(points: [i64; 8], secure: Option<i64>) -> Phases {
        let [start, lookup, looked_up, connect, connected, request, response, end] = points.map(Time);
        Phases {
            start,
            domain_lookup_start: lookup,
            domain_lookup_end: looked_up,
            connect_start: connect,
            secure_connection_start: secure.map(Time),
            connect_end: connected,
            request_start: request,
            response_start: response,
            response_end: end,
            protocol: "http/1.1".into(),
        }
    }

    #[test]
    fn the_stretches_of_a_new_connection_add_up_to_all_of_it() {
        let split = Split::of_phases(Time(90), &phases([100, 110, 130, 135, 175, 180, 300, 340], Some(155)), None);
        let expected = Split {
            blocked: Some(Span(25)),
            dns: Some(Span(20)),
            connect: Some(Span(40)),
            ssl: Some(Span(20)),
            send: Span(5),
            wait: Span(120),
            receive: Span(40),
        };
        assert_eq!((split, split.total()), (expected, Span(250)));
    }

    #[test]
    fn of_a_connection_that_was_there_the_wait_before_the_request_is_blocked() {
        let split = Split::of_phases(Time(100), &phases([100, 100, 100, 100, 100, 180, 300, 340], Some(100)), None);
        assert_eq!((split.blocked, split.dns, split.connect, split.ssl), (Some(Span(80)), None, None, None));
        assert_eq!((split.send, split.total()), (Span(0), Span(240)));
    }

    #[test]
    fn what_was_never_answered_waits_until_it_failed() {
        let split = Split::of_phases(Time(100), &phases([100, 100, 100, 100, 100, 180, 0, 0], None), Some(Time(500)));
        assert_eq!((split.wait, split.receive, split.total()), (Span(320), Span(0), Span(400)));
        assert_eq!(Split::of_page(Time(100), None, None).total(), Span(0));
        assert_eq!(Split::of_page(Time(100), Some(Time(90)), Some(Time(130))).wait, Span(0));
    }
}
