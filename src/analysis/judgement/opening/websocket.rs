//! How the WebSocket was opened, and whether it stayed open (C4).

use serde::{Deserialize, Serialize};

use super::{Finding, Outcome};
use crate::analysis::raw::{self, Missing};
use crate::trace::{
    Cause, Closing, Connection, Direction, Happening, Kind, Mark, Message, MessageId, Outcome as Ended, PartId, Span,
    Time, Trace,
};

/// What can be said of the WebSocket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// The WebSocket was open this long after it was asked for.
    Opened {
        /// From the constructor's call to the `open` event.
        took: Span,
    },
    /// The WebSocket could not be opened.
    NotOpened {
        /// What is taken to be the cause.
        cause: Cause,
    },
    /// No WebSocket was opened before the run ended.
    NotReached,
    /// The handshake's raw bytes: a `GET` with `Upgrade`, a 101, and the accept key that belongs to the key.
    Proven {
        /// The client's `Sec-WebSocket-Key`.
        key: String,
        /// The server's `Sec-WebSocket-Accept`, which is the one that was recomputed here.
        accept: String,
        /// How many requirements of the handshake were checked.
        checks: u32,
    },
    /// The handshake's raw bytes do not meet what the standard requires.
    Unproven {
        /// How many requirements are not met.
        broken: u32,
        /// The first of them.
        first: String,
    },
    /// The handshake's raw bytes cannot be had, so it rests on what the page saw.
    HandshakeUnseen {
        /// Why.
        why: Missing,
    },
    /// All messages went over the one connection.
    OneConnection {
        /// How many, both ways.
        messages: u32,
        /// The id that the server gave it.
        server_id: Option<u64>,
        /// Of how many the server's tap has the frames, on this connection; `None` where it told none.
        found: Option<u32>,
    },
    /// The connection was left idle, and was still open: messages went there and back.
    StillOpen {
        /// How long nothing was sent by the script.
        idle: Span,
        /// How many messages were answered after it.
        after: u32,
    },
    /// The connection was closed before the page asked for it.
    ClosedEarly {
        /// How long it was open.
        lived: Span,
        /// The close code; `None` where there was no `close` event.
        code: Option<u16>,
        /// In the idle time or after it.
        idle: bool,
    },
    /// Nobody answered any more after the idle time, though the connection seemed open.
    SilentAfterIdle {
        /// How long it was left idle.
        idle: Span,
    },
    /// The WebSocket was not left idle, or the run ended before that was over.
    NotIdle,
}

const PART: &str = "websocket";

/// The WebSocket of the lab, which was open.
pub(super) struct Socket<'a> {
    pub(super) trace: &'a Trace,
    part: PartId,
    pub(super) connection: &'a Connection,
    pub(super) handshake: &'a Message,
    /// The 101.
    pub(super) switching: &'a Message,
    /// What was said on it, both ways, without its opening and closing.
    pub(super) data: Vec<&'a Message>,
}

impl<'a> Socket<'a> {
    /// # Errors
    /// When it was not opened; the finding says why.
    pub(super) fn of(trace: &'a Trace) -> Result<Self, Finding> {
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
    pub(super) fn opening(&self) -> Vec<MessageId> {
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
        Some(stays) => Outcome::of_all([Some(proven), Some(stays)]),
    };
    (outcome, reasons)
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

fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    super::finding(super::Fact::WebSocket(fact), messages)
}
