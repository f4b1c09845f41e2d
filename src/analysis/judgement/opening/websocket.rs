//! How the WebSocket was opened, and whether it stayed open (C4); what marked the change of protocol (C5).

use super::{Fact, Finding, Outcome, finding, together};
use crate::analysis::raw::{self, Missing};
use crate::decode::http1::StartLine;
use crate::trace::{
    Closing, Connection, Direction, Happening, Kind, Mark, Message, MessageId, Outcome as Ended, PartId, Time, Trace,
};

const PART: &str = "websocket";

/// The WebSocket of the lab, which was open.
struct Socket<'a> {
    trace: &'a Trace,
    part: PartId,
    connection: &'a Connection,
    handshake: &'a Message,
    /// The 101.
    switching: &'a Message,
    /// What was said on it, both ways, without its opening and closing.
    data: Vec<&'a Message>,
}

impl<'a> Socket<'a> {
    /// # Errors
    /// When it was not opened; the finding says why.
    fn of(trace: &'a Trace) -> Result<Self, Finding> {
        let handshake = trace.part(PART).and_then(|part| {
            let handshake = trace.in_part(part).find(|message| message.kind == Kind::Handshake)?;
            Some((part, handshake, trace.connection(handshake.connection?)?))
        });
        let Some((part, handshake, connection)) = handshake else {
            return Err(finding(Fact::NotReached, Vec::new()));
        };
        let Some(switching) = trace.in_part(part).find(|message| message.answers == Some(handshake.id)) else {
            let cause = handshake.failing.as_ref().map(|failing| failing.cause.clone());
            let fact = cause.map_or(Fact::NotReached, |cause| Fact::NotOpened { cause });
            return Err(finding(fact, vec![handshake.id]));
        };
        let is_data = |message: &&Message| matches!(message.kind, Kind::Binary | Kind::Text);
        let data = trace.in_part(part).filter(is_data).collect();
        Ok(Self { trace, part, connection, handshake, switching, data })
    }

    /// The two messages of the handshake.
    fn opening(&self) -> Vec<MessageId> {
        vec![self.handshake.id, self.switching.id]
    }

    fn opened(&self) -> Option<Finding> {
        let took = self.connection.opened.page()? - self.connection.asked.page()?;
        Some(finding(Fact::Opened { took }, self.opening()))
    }

    /// Whether it was opened by the handshake of RFC 6455 §4, and how that is known.
    fn own_handshake(&self) -> (bool, Finding) {
        let Some(handshake) = raw::handshake(self.trace, self.handshake) else {
            let why = raw::http(self.trace, self.handshake).err();
            let why = why.or_else(|| raw::http(self.trace, self.switching).err()).unwrap_or(Missing::NotTold);
            // A browser fires `open` only after a right answer (RFC 6455 §4.1).
            return (true, finding(Fact::HandshakeUnseen { why }, self.opening()));
        };
        let mut broken = handshake.checks.iter().filter(|check| !check.holds);
        let fact = match (broken.next(), handshake.key, handshake.accept) {
            (None, Some(key), Some(accept)) => {
                Fact::Proven { key, accept, checks: u32::try_from(handshake.checks.len()).unwrap_or(u32::MAX) }
            }
            (first, ..) => Fact::Unproven {
                broken: u32::try_from(broken.count() + usize::from(first.is_some())).unwrap_or(u32::MAX),
                first: first.map_or_else(String::new, |check| check.requirement.to_string()),
            },
        };
        (matches!(fact, Fact::Proven { .. }), finding(fact, self.opening()))
    }

    /// That one connection carried all messages.
    fn one_connection(&self) -> Option<Finding> {
        let on_it = self.data.iter().filter(|message| message.connection == Some(self.connection.id));
        let messages: Vec<MessageId> = on_it.map(|message| message.id).collect();
        if messages.is_empty() {
            return None;
        }
        let found = || {
            let seen = self.data.iter().filter(|message| raw::carried(self.trace, message).is_ok());
            u32::try_from(seen.count()).unwrap_or(u32::MAX)
        };
        let fact = Fact::OneConnection {
            messages: u32::try_from(messages.len()).unwrap_or(u32::MAX),
            server_id: self.connection.server_id,
            found: self.connection.frames.is_some().then(found),
        };
        Some(finding(fact, messages))
    }

    /// The stretch in which the script left it idle.
    fn idle(&self) -> Option<&'a Mark> {
        let parts = &self.trace.parts;
        let from = parts.get(usize::from(self.part.0))?.from;
        let until = parts.get(usize::from(self.part.0) + 1).map_or(Time(i64::MAX), |next| next.from);
        let within = |mark: &&Mark| mark.what == Happening::Waiting && mark.from >= from && mark.until <= until;
        self.trace.marks.iter().find(within)
    }

    /// Whether it was still open after the idle time. `None` where that was not tried.
    fn stays_open(&self) -> (Option<bool>, Option<Finding>) {
        let idle = self.idle();
        if let Some(early) = self.closed_early(idle) {
            return (Some(false), Some(early));
        }
        let Some(idle) = idle else {
            return (None, Some(finding(Fact::NotIdle, Vec::new())));
        };
        let took = idle.until - idle.from;
        let after = |direction| {
            let later = move |message: &&&Message| {
                message.direction == direction && message.page_time().is_some_and(|at| at >= idle.until)
            };
            self.data.iter().filter(later).map(|message| message.id).collect::<Vec<_>>()
        };
        let (asked, answered) = (after(Direction::ToServer), after(Direction::ToPage));
        let answers = u32::try_from(answered.len()).unwrap_or(u32::MAX);
        match (asked.is_empty(), answered.is_empty()) {
            (_, false) => (Some(true), Some(finding(Fact::StillOpen { idle: took, after: answers }, answered))),
            // The answer may have been under way when the run was stopped.
            (false, true) if matches!(self.trace.outcome, None | Some(Ended::Stopped)) => {
                (None, Some(finding(Fact::NotIdle, asked)))
            }
            (false, true) => (Some(false), Some(finding(Fact::SilentAfterIdle { idle: took }, asked))),
            (true, true) => (None, Some(finding(Fact::NotIdle, Vec::new()))),
        }
    }

    /// That it was closed before the page asked for that.
    fn closed_early(&self, idle: Option<&Mark>) -> Option<Finding> {
        let closed = self.connection.closed.as_ref()?;
        let on_it = |message: &&Message| message.connection == Some(self.connection.id);
        let closes = |message: &&Message| matches!(message.kind, Kind::Close { .. });
        let mut closing = self.trace.in_part(self.part).filter(|message| on_it(message) && closes(message));
        let first = closing.next();
        if first.is_some_and(|message| message.direction == Direction::ToServer) {
            return None;
        }
        let code = match &closed.how {
            Closing::CloseEvent { code, .. } => Some(*code),
            // The page's own doing, at the end of a run that could not go on.
            Closing::GivenUp => return None,
            Closing::ByClient | Closing::ByServer | Closing::Broken => None,
        };
        let (at, opened) = (closed.at.page()?, self.connection.opened.page()?);
        // The close event of an idle connection may be seen only when the idle time is over.
        let idle = idle.is_some_and(|idle| at >= idle.from);
        let messages = first.map(|message| message.id).or_else(|| self.data.last().map(|message| message.id));
        Some(finding(Fact::ClosedEarly { lived: at - opened, code, idle }, messages.into_iter().collect()))
    }

    /// The first frame behind the handshake, whoever sent it.
    fn first_frame(&self) -> Finding {
        let written = self.switching.raw.as_deref().and_then(|raw| Some(raw.pieces.last()?.at));
        let each = raw::first(self.connection).into_iter().zip([true, false]);
        let timed = each.filter_map(|(frame, from_page)| {
            let frame = frame?;
            Some((frame.taken.first()?.at, frame.frame.opcode, from_page))
        });
        let Some(((at, opcode, from_page), written)) = timed.min_by_key(|(at, ..)| *at).zip(written) else {
            return finding(Fact::NoFrame, self.opening());
        };
        let fact = Fact::FirstFrame {
            opcode: opcode.to_string(),
            from_page,
            after: at - written,
            server_id: self.connection.server_id,
        };
        let sent = if from_page { Direction::ToServer } else { Direction::ToPage };
        let first = self.data.iter().find(|message| message.direction == sent).map(|message| message.id);
        finding(fact, first.into_iter().chain(self.opening()).collect())
    }
}

/// What happened to the WebSocket.
pub(super) fn told(trace: &Trace) -> Vec<Finding> {
    let socket = match Socket::of(trace) {
        Ok(socket) => socket,
        Err(why) => return vec![why],
    };
    let mut findings: Vec<_> = socket.opened().into_iter().collect();
    findings.push(socket.own_handshake().1);
    findings.extend(socket.one_connection());
    findings.extend(socket.stays_open().1);
    findings
}

/// C4: it is opened by a handshake of its own, then stays open.
pub(super) fn opened_and_stays(trace: &Trace) -> (Outcome, Vec<Finding>) {
    let socket = match Socket::of(trace) {
        Ok(socket) => socket,
        Err(why) => return (Outcome::NotMeasured, vec![why]),
    };
    let (proven, proof) = socket.own_handshake();
    let (stays, idle) = socket.stays_open();
    let reasons = [Some(proof), socket.opened(), socket.one_connection(), idle].into_iter().flatten().collect();
    let outcome = match stays {
        None => Outcome::NotMeasured,
        Some(stays) => together([Some(proven), Some(stays)]),
    };
    (outcome, reasons)
}

/// C5: status 101 marks the change of protocol.
pub(super) fn switching(trace: &Trace) -> (Outcome, Vec<Finding>) {
    let socket = match Socket::of(trace) {
        Ok(socket) => socket,
        Err(why) => return (Outcome::NotMeasured, vec![why]),
    };
    if socket.handshake.alpn.as_deref() == Some("h2") {
        return (Outcome::Refuted, vec![finding(Fact::OverHttp2, socket.opening())]);
    }
    let response = match raw::http(trace, socket.switching) {
        Ok(response) => response,
        Err(why) => return (Outcome::NotMeasured, vec![finding(Fact::StatusUnseen { why }, socket.opening())]),
    };
    let Some((head, StartLine::Status { code, reason, .. })) =
        response.message().and_then(|head| Some((head.head_end?, &head.start_line)))
    else {
        let why = match (response.left_out, response.dropped) {
            (0, 0) => Missing::NotTold,
            (0, dropped) => Missing::Dropped(dropped),
            (left_out, _) => Missing::LeftOut(left_out),
        };
        return (Outcome::NotMeasured, vec![finding(Fact::StatusUnseen { why }, socket.opening())]);
    };
    let line = Fact::StatusLine { status: *code, reason: reason.clone(), bytes: head };
    let line = finding(line, vec![socket.switching.id]);
    if *code != 101 {
        return (Outcome::Refuted, vec![line]);
    }
    let frame = socket.first_frame();
    let seen = matches!(frame.fact, super::super::Fact::Opening(Fact::FirstFrame { .. }));
    (if seen { Outcome::Supported } else { Outcome::NotMeasured }, vec![line, frame])
}

/// The address of the WebSocket that was opened, and the messages that opened it.
///
/// # Errors
/// When none was; the finding says why.
pub(super) fn opened_url(trace: &Trace) -> Result<(&str, Vec<MessageId>), Finding> {
    let socket = Socket::of(trace)?;
    let known = &*socket.connection.url;
    let url = if known.is_empty() { trace.circumstances.ws.url.as_str() } else { known };
    Ok((url, socket.opening()))
}
