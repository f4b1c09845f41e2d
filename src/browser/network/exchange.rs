//! HTTP exchanges: one `fetch` each, from the call to the last byte of the response, or to how it failed.

use gloo_net::http::Method as FetchMethod;
use web_sys::RequestMode;

use super::address::Query;
use super::{Shared, UnderWay};
use crate::browser::fetch::{Begun, Body, Fetch, FetchError, Progress, Read};
use crate::browser::{clock, probe, timer, url};
use crate::network::{Failed, Method, Request, Response};
use crate::trace::{Asked, Cause, Failing, Failure, Inference, MessageId, Protocol, Reply, Time, Turn};

/// How an exchange failed: when that was known, why, and how that is known.
type Why = (Time, Cause, Inference);

impl Shared {
    pub(super) async fn fetch(&self, request: Request<'_>) -> Result<Response, Failed> {
        let turn = request.turn;
        let failed = |request, cause, inferred_from| {
            let failure = Failure { protocol: Protocol::Http, turn: Some(turn.number), cause, inferred_from };
            Failed { request, failure }
        };
        let Some(address) = self.plan.address(request.service, Protocol::Http) else {
            return Err(failed(None, Cause::NotOffered, Inference::Schemes));
        };
        let number = self.recorder.borrow_mut().next_number();
        let query = Query::new(request.service, request.query, self.plan.run, number);
        let method = match request.method {
            Method::Get => FetchMethod::GET,
            Method::Post => FetchMethod::POST,
            Method::Put => FetchMethod::PUT,
        };
        let fetch =
            match Fetch::new(&address, &query.pairs(), method, RequestMode::Cors, request.body, request.media_type) {
                Ok(fetch) => fetch,
                Err(error) => {
                    let (_, cause, inference) = self.why_no_reply(error, &address).await;
                    return Err(failed(None, cause, inference));
                }
            };
        let plain = url::as_written(&query.urls(&address).0);
        let instrument = fetch.url().len().saturating_sub(plain.len()) as u64;
        let path = url::target(&plain);
        let progress = Progress::default();
        let (called, response) = fetch.call(if request.streamed { Body::Streamed } else { Body::Whole }, &progress);
        let payload = request.body.unwrap_or_default();
        let (method, retries) = (request.method.name(), request.retries);
        let asked = Asked { turn, at: called, number, method, path: &path, payload, instrument, retries };
        let id = self.recorder.borrow_mut().request(&asked);
        self.untimed.borrow_mut().insert(number, id);
        let under_way = UnderWay { shared: self, message: Some(id), number: Some(number) };
        let patience = request.within.unwrap_or(self.plan.patience.reply);
        let why = match timer::within(patience, response).await {
            Some(Ok(read)) => {
                under_way.arrived();
                return Ok(self.responded(id, turn, read, &progress));
            }
            Some(Err(error)) => self.why_no_reply(error, &address).await,
            None => (clock::now(), Cause::ReplyTimeout { after: patience }, Inference::Timer),
        };
        self.broke_off(id, turn, &why, &progress);
        under_way.failed();
        let (_, cause, inference) = why;
        Err(failed(Some(id), cause, inference))
    }

    /// Writes a complete response down.
    fn responded(&self, request: MessageId, turn: Turn, read: Read, progress: &Progress) -> Response {
        self.answered.set(true);
        let Read { begun: Begun { head, status, media_type, evidence }, at, body } = read;
        let pieces = progress.reading().pieces;
        let reply = Reply {
            at,
            head: Some(head),
            payload: &body,
            media_type: Some(media_type.as_str()).filter(|media_type| !media_type.is_empty()),
            pieces: &pieces,
            evidence,
            ..Reply::default()
        };
        let message = self.recorder.borrow_mut().response(request, turn, status, &reply);
        Response { request, message, status, media_type, body }
    }

    /// Writes down that an exchange failed, and what there was of a response.
    fn broke_off(&self, request: MessageId, turn: Turn, why: &Why, progress: &Progress) {
        let (at, cause, inferred_from) = why.clone();
        let reading = progress.reading();
        let mut recorder = self.recorder.borrow_mut();
        if let Some(Begun { head, status, media_type, evidence }) = reading.begun {
            let reply = Reply {
                at,
                head: Some(head),
                payload: &reading.body,
                media_type: Some(media_type.as_str()).filter(|media_type| !media_type.is_empty()),
                pieces: &reading.pieces,
                evidence,
                ..Reply::default()
            };
            recorder.broken_response(request, turn, status, &reply);
        }
        recorder.failed(request, Failing { at, cause, inferred_from });
    }

    /// Why there is no complete response. A page is told one opaque error, so a second request may be made to
    /// find out more.
    pub(super) async fn why_no_reply(&self, error: FetchError, url: &str) -> Why {
        match error {
            FetchError::Unusable(why) => (clock::now(), Cause::BadUrl { why }, Inference::Thrown),
            FetchError::NoBody(at) => {
                (at, Cause::ClosedMidway { code: None, reason: String::new() }, Inference::BodyRejected)
            }
            FetchError::NoHead(at) => {
                let (cause, inference) = probe::why_no_head(url, self.answered.get()).await;
                (at, cause, inference)
            }
        }
    }
}
