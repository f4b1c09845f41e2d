//! Server-sent events: one `EventSource` each, whose response goes on until the page closes it.

use std::cell::Cell;
use std::rc::Rc;

use super::address::Query;
use super::{Shared, UnderWay};
use crate::browser::event_source::{Came, EventSource};
use crate::browser::fetch::FetchError;
use crate::browser::{clock, surroundings, timer, url};
use crate::network::{Events, Failed, Request, ServerEvent};
use crate::trace::{
    Asked, Cause, Failing, Failure, Inference, MessageId, Moment, Protocol, Reply, ServerTime, Span, Time, Turn,
};
use crate::wire::{NewsItem, RoomNotice};

/// A stream of server-sent events. Dropping it closes it, and writes the response down as it was.
pub struct BrowserEvents {
    shared: Rc<Shared>,
    source: EventSource,
    request: MessageId,
    turn: Turn,
    /// When the response began.
    head: Time,
    /// Its end is written down.
    ended: Cell<bool>,
}

impl Shared {
    pub(super) async fn listen(self: Rc<Self>, request: Request<'_>) -> Result<BrowserEvents, Failed> {
        let turn = request.turn;
        let failed = |request, (cause, inferred_from)| {
            let failure = Failure { protocol: Protocol::Http, turn: Some(turn.number), cause, inferred_from };
            Failed { request, failure }
        };
        let Some(address) = self.plan.address(request.service, Protocol::Http) else {
            return Err(failed(None, (Cause::NotOffered, Inference::Schemes)));
        };
        let number = self.recorder.borrow_mut().next_number();
        let (plain, url) = Query::new(request.service, request.query, self.plan.run, number).urls(&address);
        let (called, source) = EventSource::connect(&url).map_err(|error| {
            let why = surroundings::error_text(&error);
            failed(None, (Cause::BadUrl { why }, Inference::Thrown))
        })?;
        let instrument = url.len().saturating_sub(plain.len()) as u64;
        let path = url::target(&plain);
        let asked = Asked { turn, at: called, number, method: "GET", path: &path, instrument, ..Asked::default() };
        let id = self.recorder.borrow_mut().request(&asked);
        let under_way = UnderWay { shared: &self, message: Some(id), number: None };
        let patience = request.within.unwrap_or(self.plan.patience.reply);
        let (at, cause, inferred_from) = match timer::within(patience, source.opened()).await {
            Some(Ok(head)) => {
                under_way.arrived();
                self.answered.set(true);
                self.recorder.borrow_mut().streaming(id, turn, None);
                return Ok(BrowserEvents { shared: self, source, request: id, turn, head, ended: Cell::new(false) });
            }
            Some(Err(at)) => self.why_no_reply(FetchError::NoHead(at), &address).await,
            None => (clock::now(), Cause::ReplyTimeout { after: patience }, Inference::Timer),
        };
        self.recorder.borrow_mut().failed(id, Failing { at, cause: cause.clone(), inferred_from });
        under_way.failed();
        Err(failed(Some(id), (cause, inferred_from)))
    }
}

impl BrowserEvents {
    fn record(&self, Came { at, name, data }: Came) -> ServerEvent {
        let sent = sent_by_server(data.as_bytes());
        let message = self.shared.recorder.borrow_mut().event(self.request, self.turn, at, sent, data.as_bytes());
        ServerEvent { message, at, name, data }
    }

    fn end(&self, at: Time) {
        if !self.ended.replace(true) {
            let media_type = Some("text/event-stream");
            let reply = Reply { at, head: Some(self.head), media_type, ..Reply::default() };
            self.shared.recorder.borrow_mut().response(self.request, self.turn, 200, &reply);
        }
    }
}

impl Events for BrowserEvents {
    fn request(&self) -> MessageId {
        self.request
    }

    async fn next(&self, within: Option<Span>) -> Result<ServerEvent, Failed> {
        let patience = within.unwrap_or(self.shared.plan.patience.reply);
        let failed = |cause, inferred_from| {
            let failure = Failure { protocol: Protocol::Http, turn: Some(self.turn.number), cause, inferred_from };
            Failed { request: Some(self.request), failure }
        };
        let came = match timer::within(patience, self.source.next()).await {
            None => return Err(failed(Cause::ReplyTimeout { after: patience }, Inference::Timer)),
            Some(Err(at)) => {
                self.end(at);
                let cause = Cause::ClosedMidway { code: None, reason: String::new() };
                return Err(failed(cause, Inference::BodyRejected));
            }
            Some(Ok(came)) => came,
        };
        Ok(self.record(came))
    }

    fn close(self) {}
}

impl Drop for BrowserEvents {
    fn drop(&mut self) {
        // What came and was not asked for any more has arrived all the same.
        while let Some(came) = self.source.take() {
            self.record(came);
        }
        self.end(clock::now());
    }
}

/// When the server says that it sent an item of news or a room's message.
pub(super) fn sent_by_server(message: &[u8]) -> Moment {
    let news = serde_json::from_slice::<NewsItem>(message).map(|item| item.published);
    let sent = news.ok().or_else(|| match serde_json::from_slice(message) {
        Ok(RoomNotice::Message(message)) => Some(message.sent),
        _ => None,
    });
    sent.map_or(Moment::Unknown, |at| Moment::Server(ServerTime(at.cast_signed())))
}
