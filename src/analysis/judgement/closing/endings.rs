//! How each WebSocket of the lab ended.

use serde::{Deserialize, Serialize};

use super::{Finding, Side};
use crate::analysis::raw::{self, CarriedFrame, Missing};
use crate::trace::{Cause, Closing, Connection, Direction, Kind, Message, MessageId, Span, Speaks, Time, Trace};

/// How the lab brings a WebSocket to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// The page closes it.
    ClientCloses,
    /// The server closes it.
    ServerCloses,
    /// The server resets the TCP connection.
    Cut,
    /// The server falls silent, and leaves the connection as it is.
    Vanishes,
}

impl Way {
    /// All of them, in the order in which the lab takes them.
    pub(super) const ALL: [Self; 4] = [Self::ClientCloses, Self::ServerCloses, Self::Cut, Self::Vanishes];

    /// The part of the script.
    pub(super) const fn part(self) -> &'static str {
        match self {
            Self::ClientCloses => "client closes",
            Self::ServerCloses => "server closes",
            Self::Cut => "cut",
            Self::Vanishes => "vanishes",
        }
    }
}

/// What a close frame says (RFC 6455 §5.5.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its code; `None` if it carries none.
    pub code: Option<u16>,
    /// Its reason; often empty.
    pub reason: String,
}

/// What can be said of the WebSockets of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// The connection ended for the page: its `close` event.
    Ended {
        /// How it came about.
        way: Way,
        /// The code that the event tells; 1006 stands for none.
        code: u16,
        /// The reason that it tells.
        reason: String,
        /// It ended with close frames both ways.
        clean: bool,
        /// How long it had been open.
        lived: Span,
        /// How long after the page asked for the end, or sent the message that brought it about.
        after: Span,
    },
    /// No `close` event came for as long as the page waited, though the end was asked for or brought about.
    NotEnded {
        /// How it should have come about.
        way: Way,
    },
    /// The close frames that were sent, by the server's tap.
    Frames {
        /// How the end came about.
        way: Way,
        /// The page's; `None` where none crossed.
        page: Option<Said>,
        /// The server's.
        server: Option<Said>,
        /// Whose was first, by the server's clock; `None` where there are not both.
        first: Option<Side>,
        /// From the first to the second, by the server's clock: when it read the one and wrote the other.
        between: Option<Span>,
    },
    /// The frames that crossed cannot be had.
    FramesUnseen {
        /// How the end came about.
        way: Way,
        /// Why.
        why: Missing,
    },
    /// The server had fallen silent, and for the page the connection was open all the same: it is half-open
    /// (RFC 9293 §3.5.1).
    HalfOpen {
        /// How long, from the page's first message into the silence until it closed.
        waited: Span,
        /// Messages that the page sent meanwhile.
        sent: u32,
        /// Messages of these that the server read; `None` where it tells no raw bytes.
        read: Option<u32>,
    },
    /// The page learnt that the other side had fallen silent: a `close` event came by itself.
    Noticed {
        /// How long after the page's first message into the silence.
        after: Span,
        /// The code that the event tells.
        code: u16,
        /// It ended with close frames both ways.
        clean: bool,
    },
    /// The page closed a half-open connection, and the other side did not answer: no `close` event.
    CloseUnanswered {
        /// How long the page waited for it; `None` where that is not known.
        waited: Option<Span>,
    },
    /// The page closed a half-open connection, and its browser gave up waiting for the other side.
    CloseGivenUp {
        /// How long after the page had closed.
        after: Span,
        /// The code that the event tells.
        code: u16,
        /// It ended with close frames both ways.
        clean: bool,
    },
    /// The WebSocket of a part could not be opened.
    NotOpened {
        /// Which.
        way: Way,
        /// What is taken to be the cause.
        cause: Cause,
    },
    /// The run ended before this was tried, or before it was over.
    NotReached {
        /// Which.
        way: Way,
    },
    /// This takes a server that misbehaves when asked to, and the endpoint is none.
    NotOffered {
        /// Which.
        way: Way,
    },
}

/// A WebSocket of the lab that was open.
struct Socket<'a> {
    trace: &'a Trace,
    way: Way,
    connection: &'a Connection,
    opened: Time,
    /// The 101.
    switching: &'a Message,
    /// What the page sent, without its handshake and its close.
    sent: Vec<&'a Message>,
    /// Where the page asked for it to be closed.
    asked: Option<&'a Message>,
    /// What the server's close frame told the page.
    told: Option<&'a Message>,
}

/// How the page learnt of an end.
struct CloseEvent<'a> {
    at: Time,
    code: u16,
    reason: &'a str,
    clean: bool,
}

impl<'a> Socket<'a> {
    /// # Errors
    /// When it was not opened; the finding says why.
    fn of(trace: &'a Trace, way: Way) -> Result<Self, Finding> {
        let endpoint = &trace.circumstances.ws;
        let Some(part) = trace.part(way.part()) else {
            // Whoever commits no faults can only be closed by the page.
            let plain = endpoint.speaks == Speaks::Plain && way != Way::ClientCloses;
            return Err(finding(if plain { Fact::NotOffered { way } } else { Fact::NotReached { way } }, Vec::new()));
        };
        let not_reached = |messages| finding(Fact::NotReached { way }, messages);
        let handshake = trace.in_part(part).find(|message| message.kind == Kind::Handshake);
        let Some(handshake) = handshake else { return Err(not_reached(Vec::new())) };
        let connection = handshake.connection.and_then(|id| trace.connection(id));
        let switching = trace.in_part(part).find(|message| message.answers == Some(handshake.id));
        let opened = connection.and_then(|connection| Some((connection, connection.opened.page()?)));
        let (Some((connection, opened)), Some(switching)) = (opened, switching) else {
            let cause = handshake.failing.as_ref().map(|failing| failing.cause.clone());
            let messages = vec![handshake.id];
            return Err(match cause {
                Some(cause) => finding(Fact::NotOpened { way, cause }, messages),
                None => not_reached(messages),
            });
        };
        let of_page = |message: &&Message| message.direction == Direction::ToServer;
        let closes = |message: &&Message| matches!(message.kind, Kind::Close { .. });
        let is_data = |message: &&Message| matches!(message.kind, Kind::Binary | Kind::Text);
        let all = || trace.in_part(part).filter(|message| message.connection == Some(connection.id));
        Ok(Self {
            trace,
            way,
            connection,
            opened,
            switching,
            sent: all().filter(of_page).filter(is_data).collect(),
            asked: all().filter(of_page).find(closes),
            told: all().filter(|message| !of_page(message)).find(closes),
        })
    }

    /// The page's `close` event; `None` where none was seen.
    fn event(&self) -> Option<CloseEvent<'a>> {
        let closed = self.connection.closed.as_ref()?;
        match &closed.how {
            Closing::CloseEvent { code, reason, clean } => {
                Some(CloseEvent { at: closed.at.page()?, code: *code, reason, clean: *clean })
            }
            Closing::GivenUp | Closing::ByClient | Closing::ByServer | Closing::Broken => None,
        }
    }

    /// What shows the end: the close frames as the page knows of them, else the message that the end came instead of.
    fn evidence(&self) -> Vec<MessageId> {
        let closes: Vec<MessageId> = [self.asked, self.told].into_iter().flatten().map(|message| message.id).collect();
        if closes.is_empty() {
            self.sent.last().or(Some(&self.switching)).map(|last| last.id).into_iter().collect()
        } else {
            closes
        }
    }

    /// When the end was asked for, or brought about.
    fn begun(&self) -> Option<Time> {
        let asked = self.asked.filter(|_| self.way == Way::ClientCloses);
        asked.or(self.sent.first().copied()).and_then(Message::page_time)
    }

    /// It was closed, by whomever, and the page learnt of it. `None` where the run ended before.
    fn closed(&self) -> (Option<bool>, Vec<Finding>) {
        let (way, evidence) = (self.way, self.evidence());
        let begun = match way {
            Way::ClientCloses => self.asked.is_some() || self.event().is_some(),
            _ => !self.sent.is_empty(),
        };
        let Some(event) = self.event() else {
            if !begun || self.was_stopped() {
                return (None, vec![finding(Fact::NotReached { way }, evidence)]);
            }
            return (Some(false), vec![finding(Fact::NotEnded { way }, evidence), self.frames()]);
        };
        let fact = Fact::Ended {
            way,
            code: event.code,
            reason: event.reason.to_owned(),
            clean: event.clean,
            lived: event.at - self.opened,
            after: self.begun().map_or(Span::ZERO, |begun| event.at - begun),
        };
        (Some(true), vec![finding(fact, evidence), self.frames()])
    }

    /// The close frames that crossed.
    fn frames(&self) -> Finding {
        let (way, evidence) = (self.way, self.evidence());
        if self.connection.frames.is_none() {
            let message = self.asked.or(self.told).or(self.sent.last().copied()).unwrap_or(self.switching);
            let why = raw::carried(self.trace, message).err().unwrap_or(Missing::NotTold);
            return finding(Fact::FramesUnseen { way, why }, evidence);
        }
        let [page, server] = raw::closing(self.connection);
        let at = |frame: &Option<CarriedFrame>| Some(frame.as_ref()?.taken.first()?.at);
        let (first, between) = match at(&page).zip(at(&server)) {
            Some((page, server)) if page <= server => (Some(Side::Page), Some(server - page)),
            Some((page, server)) => (Some(Side::Server), Some(page - server)),
            None => (None, None),
        };
        let said = |frame: Option<CarriedFrame>| {
            let close = frame?.frame.close?;
            Some(Said { code: close.code.map(|code| code.0), reason: close.reason })
        };
        finding(Fact::Frames { way, page: said(page), server: said(server), first, between }, evidence)
    }

    /// The other side fell silent: was it over for the page too? `None` where the run ended before that was clear.
    fn vanished(&self) -> (Option<bool>, Vec<Finding>) {
        let sent: Vec<MessageId> = self.sent.iter().map(|message| message.id).collect();
        let Some(began) = self.sent.first().and_then(|message| message.page_time()) else {
            return (None, vec![finding(Fact::NotReached { way: self.way }, self.evidence())]);
        };
        let event = self.event();
        let Some(asked) = self.asked else {
            return match event {
                Some(CloseEvent { at, code, clean, .. }) => {
                    (Some(true), vec![finding(Fact::Noticed { after: at - began, code, clean }, sent)])
                }
                None => (None, vec![finding(Fact::NotReached { way: self.way }, sent)]),
            };
        };
        let closed = asked.page_time().unwrap_or(began);
        let read = self.connection.frames.is_some().then(|| {
            let read = self.sent.iter().filter(|message| raw::carried(self.trace, message).is_ok());
            u32::try_from(read.count()).unwrap_or(u32::MAX)
        });
        let count = u32::try_from(sent.len()).unwrap_or(u32::MAX);
        let half_open = Fact::HalfOpen { waited: closed - began, sent: count, read };
        let end = match event {
            Some(CloseEvent { at, code, clean, .. }) => Fact::CloseGivenUp { after: at - closed, code, clean },
            None => {
                let given_up = self.connection.closed.as_ref().and_then(|closed| closed.at.page());
                Fact::CloseUnanswered { waited: given_up.map(|at| at - closed) }
            }
        };
        (Some(false), vec![finding(half_open, sent), finding(end, vec![asked.id])])
    }

    fn was_stopped(&self) -> bool {
        matches!(self.trace.outcome, None | Some(crate::trace::Outcome::Stopped))
    }
}

/// How the WebSocket of a part ended, and whether it then was over for both. `None` where that was not measured.
pub(super) fn of(trace: &Trace, way: Way) -> (Option<bool>, Vec<Finding>) {
    match Socket::of(trace, way) {
        Ok(socket) if way == Way::Vanishes => socket.vanished(),
        Ok(socket) => socket.closed(),
        Err(why) => (None, vec![why]),
    }
}

fn finding(fact: Fact, messages: Vec<MessageId>) -> Finding {
    super::finding(super::Fact::WebSocket(fact), messages)
}
