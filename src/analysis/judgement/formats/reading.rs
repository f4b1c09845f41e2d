//! What the lab's parts came to, read from the trace.

use super::{Fact, Finding, Format, Over, finding, part};
use crate::analysis::raw;
use crate::trace::{Closing, Direction, Failing, Fate, Inference, Kind, Message, MessageId, Span, Speaks, Trace};

/// How a payload fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fared {
    /// It came back byte for byte.
    Intact,
    /// Something else came back.
    Differs,
    /// The answer had this status, which is no success.
    Refused(u16),
    /// Nothing came back, or not all of it.
    NotBack,
    /// Something came back, and there was no room for copies of both.
    Unknown,
}

impl Fared {
    /// There was an answer, and it was not the payload.
    pub(super) const fn is_wrong(&self) -> bool {
        matches!(self, Self::Differs | Self::Refused(_))
    }
}

/// A payload that was sent to be echoed.
#[derive(Debug)]
pub(super) struct Echo<'a> {
    pub(super) format: Format,
    pub(super) over: Over,
    pub(super) sent: &'a Message,
    pub(super) reply: Option<&'a Message>,
    pub(super) fared: Fared,
}

impl<'a> Echo<'a> {
    fn of(trace: &'a Trace, sent: &'a Message) -> Option<Self> {
        let format = Format::of_turn(sent.turn)?;
        let over = match sent.kind {
            Kind::Request => Over::Http,
            Kind::Text => Over::Text,
            Kind::Binary => Over::Binary,
            _ => return None,
        };
        let reply = reply_to(trace, sent.id);
        let fared = match reply {
            None => Fared::NotBack,
            Some(reply) if reply.fate != Fate::Delivered => Fared::NotBack,
            Some(Message { kind: Kind::Response { status }, .. }) if !(200..300).contains(status) => {
                Fared::Refused(*status)
            }
            Some(reply) if reply.payload != sent.payload => Fared::Differs,
            Some(reply) if over != Over::Http && reply.kind != sent.kind => Fared::Differs,
            Some(reply) => match (&sent.copy, &reply.copy) {
                (Some(sent), Some(came)) if sent == came => Fared::Intact,
                (Some(_), Some(_)) => Fared::Differs,
                _ => Fared::Unknown,
            },
        };
        Some(Self { format, over, sent, reply, fared })
    }

    /// What is to be said of it alone; `None` where it is told with others, or nothing can be said.
    pub(super) fn told(&self) -> Option<Finding> {
        let Self { format, over, sent, reply, .. } = *self;
        let messages = [Some(sent), reply].into_iter().flatten().map(|message| message.id).collect();
        let fact = match self.fared {
            Fared::Intact | Fared::Unknown => return None,
            Fared::Differs => Fact::Differs { over, format, sent: sent.payload, came: reply?.payload },
            Fared::Refused(status) => Fact::Refused { format, status },
            Fared::NotBack => Fact::NotBack { over, format },
        };
        Some(finding(fact, messages))
    }
}

/// The parts of a run.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) http: Vec<Echo<'a>>,
    pub(super) socket: Vec<Echo<'a>>,
    trace: &'a Trace,
}

impl<'a> Reading<'a> {
    pub(super) fn of(trace: &'a Trace) -> Self {
        let echoes = |name| sent_in(trace, name).filter_map(|sent| Echo::of(trace, sent)).collect();
        Self { http: echoes(part::HTTP), socket: echoes(part::WEBSOCKET), trace }
    }

    /// At how many of the responses that came stands the media type that was asked for.
    pub(super) fn media_types(&self) -> Option<Finding> {
        let came = || self.http.iter().filter_map(|echo| Some((echo.format, echo.reply?)));
        let kept = |reply: &Message, format: Format| {
            reply.media_type.as_deref().is_some_and(|told| is_same_type(told, format.media_type()))
        };
        let of = came().count() as u32;
        let kept = came().filter(|(format, reply)| kept(reply, *format)).count() as u32;
        let asked = self.trace.circumstances.http.speaks == Speaks::Duplex;
        let messages = came().map(|(_, reply)| reply.id).collect();
        (of > 0).then(|| finding(Fact::MediaTypes { kept, of, asked }, messages))
    }

    /// What was sent as binary and not as text. The script sends as text all that is UTF-8.
    pub(super) fn only_binary(&self) -> Option<Finding> {
        let is_text = |sent: &Message| sent.copy.as_ref().is_none_or(|copy| std::str::from_utf8(&copy.0).is_ok());
        let those = self.socket.iter().filter(|echo| echo.over == Over::Binary && !is_text(echo.sent));
        let (formats, messages): (Vec<_>, Vec<_>) = those.map(|echo| (echo.format, echo.sent.id)).unzip();
        (!formats.is_empty()).then(|| finding(Fact::OnlyBinary { formats }, messages))
    }

    pub(super) fn no_media_type(&self) -> Option<Finding> {
        let came: Vec<MessageId> = self.socket.iter().filter_map(|echo| Some(echo.reply?.id)).collect();
        (!came.is_empty()).then(|| finding(Fact::NoMediaType { messages: came.len() as u32 }, came))
    }

    /// What became of the text message that is not UTF-8; `None` where there was none, or nothing came of it.
    pub(super) fn bad_text(&self) -> Option<Finding> {
        let sent = sent_in(self.trace, part::BAD_TEXT).find(|message| message.kind == Kind::Text)?;
        if let Some(taken) = reply_to(self.trace, sent.id) {
            return Some(finding(Fact::BadTextTaken { bytes: taken.payload }, vec![taken.id, sent.id]));
        }
        let connection = self.trace.connection(sent.connection?)?;
        let Closing::CloseEvent { code, clean, .. } = connection.closed.as_ref()?.how else { return None };
        let [from_browser, _] = raw::closing(connection);
        let browser_sent = from_browser.and_then(|close| Some(close.frame.close?.code?.0));
        let tapped = connection.frames.is_some();
        Some(finding(Fact::BadTextEnded { code, clean, browser_sent, tapped }, vec![sent.id]))
    }

    /// A body that says that it is UTF-8, and is not, read to its end.
    pub(super) fn bad_text_over_http(&self) -> Option<Finding> {
        let sent = sent_in(self.trace, part::BAD_TEXT_OVER_HTTP).next()?;
        let reply = reply_to(self.trace, sent.id).filter(|reply| reply.fate == Fate::Delivered)?;
        let is_bad = std::str::from_utf8(&reply.copy.as_ref()?.0).is_err();
        is_bad.then(|| finding(Fact::BadTextOverHttp { bytes: reply.payload }, vec![reply.id, sent.id]))
    }

    /// What the content type of a request cost.
    pub(super) fn preflight(&self, trace: &Trace) -> Option<Finding> {
        let mut sent = sent_in(trace, part::PREFLIGHT);
        let (without, with) = (sent.next()?, sent.next()?);
        let without_took = took(trace, without);
        let messages = vec![with.id, without.id];
        let Some(took) = took(trace, with) else {
            // A server that does not answer at all any more has not refused anything.
            let answers = |failing: &Failing| failing.inferred_from == Inference::ProbeAnswered;
            let is_the_types = without_took.is_some() && with.failing.as_deref().is_some_and(answers);
            return is_the_types.then(|| finding(Fact::TypeNotAllowed, messages));
        };
        let without = without_took;
        let fact = match with.arrivals {
            _ if with.preflight => Fact::Preflight { took, without },
            Some(_) => Fact::NoPreflight { took, without },
            None => Fact::PreflightUnknown { took, without },
        };
        Some(finding(fact, messages))
    }
}

/// What came back byte for byte over one of the ways.
pub(super) fn intact(echoes: &[Echo<'_>], over: Over) -> Option<Finding> {
    let those = || echoes.iter().filter(|echo| echo.over == over && echo.fared == Fared::Intact);
    let formats: Vec<Format> = those().map(|echo| echo.format).collect();
    let bytes = those().map(|echo| echo.sent.payload).sum();
    let messages = those().filter_map(|echo| Some(echo.reply?.id)).collect();
    (!formats.is_empty()).then(|| finding(Fact::Intact { over, formats, bytes }, messages))
}

fn sent_in<'a>(trace: &'a Trace, name: &str) -> impl Iterator<Item = &'a Message> {
    let part = trace.part(name);
    let sent = move |message: &&Message| {
        message.direction == Direction::ToServer && message.part == part && message.kind.is_exchanged()
    };
    trace.messages.iter().filter(move |message| part.is_some() && sent(message))
}

fn reply_to(trace: &Trace, sent: MessageId) -> Option<&Message> {
    trace.messages.iter().find(|reply| reply.answers == Some(sent))
}

/// From the call to the whole response.
fn took(trace: &Trace, sent: &Message) -> Option<Span> {
    let reply = reply_to(trace, sent.id).filter(|reply| reply.fate == Fate::Delivered)?;
    Some(reply.received.page()? - sent.sent.page()?)
}

/// Types and parameter names are compared without regard to case, and white space may stand around the semicolon
/// (RFC 9110 §8.3.1). So are the values here, which are names of charsets.
fn is_same_type(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.replace([' ', '"'], "").to_ascii_lowercase();
    plain(one) == plain(other)
}
