//! Requests as a browser sends them: over its pool, again by itself where a connection that it reused has died,
//! with a preflight where another origin asks for one; and what a page learns of them.

use std::cell::RefCell;
use std::rc::Rc;

use super::address::{Urls, path};
use super::connection::{Asked, Down, Head};
use super::pool::Lease;
use super::{RUN, World};
use crate::network::{Failed, Method, Request, Response, Service};
use crate::trace::{self, Cause, Failing, Failure, Inference, MessageId, Phases, Protocol, Reply, Span, Time, Turn};

/// How long a probe waits.
const PROBE_PATIENCE: Span = Span::from_millis(3_000);

/// What was read of a response until now.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    /// Its head, and when it was there.
    pub(super) begun: Option<(Time, Head)>,
    pub(super) body: Vec<u8>,
    /// When how many bytes were there.
    pub(super) pieces: Vec<(Time, u64)>,
    phases: Option<Phases>,
}

/// Why there is no response, and when that was known.
pub(super) enum Broken {
    /// No head came.
    NoHead(Time),
    /// The head came, the body did not.
    NoBody(Time),
}

/// Whose message goes when it is given up.
pub(super) struct UnderWay<'a> {
    pub(super) world: &'a World,
    pub(super) message: Option<MessageId>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(message) = self.message {
            self.world.recorder().unanswered(message);
        }
    }
}

/// Failures of HTTP.
pub(super) fn failure(turn: Turn, cause: Cause, inferred_from: Inference) -> Failure {
    Failure { protocol: Protocol::Http, turn: Some(turn.number), cause, inferred_from }
}

impl World {
    /// Writes a request down, and makes what goes to the server of it.
    pub(super) fn ask(&self, request: &Request<'_>, events: bool) -> (MessageId, Asked) {
        let number = self.recorder().next_number();
        let path = path(request.service, Protocol::Http, RUN).unwrap_or_default();
        let urls = Urls::new(&path, request.service, request.query, RUN, number);
        let instrument = urls.instrument();
        let method = if events { Method::Get } else { request.method };
        let asked = Asked {
            method: method.name(),
            service: Some(request.service),
            host: self.host(),
            query: request.query.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
            media_type: request.media_type.map(str::to_owned).filter(|_| !events),
            body: if events { Vec::new() } else { request.body.unwrap_or_default().to_vec() },
            number: Some(number),
            events,
            target: urls.whole,
            ..Asked::default()
        };
        let id = self.recorder().request(&trace::Asked {
            turn: request.turn,
            at: self.clock.now(),
            number,
            method: asked.method,
            path: &urls.plain,
            payload: &asked.body,
            instrument,
            retries: request.retries,
        });
        (id, asked)
    }

    /// Holds an exchange, and records it.
    pub(super) async fn fetch(self: &Rc<Self>, request: Request<'_>) -> Result<Response, Failed> {
        let turn = request.turn;
        if !self.offers(request.service, Protocol::Http) {
            let failure = failure(turn, Cause::NotOffered, Inference::Schemes);
            return Err(Failed { request: None, failure });
        }
        self.begin(turn);
        let (id, asked) = self.ask(&request, false);
        let path = asked.target.split('?').next().unwrap_or_default().to_owned();
        let mut under_way = UnderWay { world: self, message: Some(id) };
        let patience = request.within.unwrap_or(self.patience.reply);
        let reading = RefCell::new(Reading::default());
        let done = self.clock.within(patience, self.exchange(Rc::new(asked), &reading)).await;
        under_way.message = None;
        let (at, why) = match done {
            Some(Ok(())) => return Ok(self.record_response(id, turn, &request, reading.into_inner())),
            None => (self.clock.now(), Some((Cause::ReplyTimeout { after: patience }, Inference::Timer))),
            Some(Err(Broken::NoBody(at))) => {
                (at, Some((Cause::ClosedMidway { code: None, reason: String::new() }, Inference::BodyRejected)))
            }
            Some(Err(Broken::NoHead(at))) => (at, None),
        };
        let reading = reading.into_inner();
        if let Some((head, begun)) = &reading.begun {
            self.answered.set(true);
            let reply = Reply {
                at,
                head: Some(*head),
                payload: if request.streamed { &reading.body } else { &[] },
                media_type: Some(begun.media_type.as_str()).filter(|media_type| !media_type.is_empty()),
                pieces: if request.streamed { &reading.pieces } else { &[] },
                instrument: None,
                evidence: begun.evidence,
            };
            self.recorder().broken_response(id, turn, begun.status, &reply);
        }
        let (cause, inferred_from) = match why {
            Some(why) => why,
            None => {
                under_way.message = Some(id);
                let why = self.why_no_head(&path).await;
                under_way.message = None;
                why
            }
        };
        self.recorder().failed(id, Failing { at, cause: cause.clone(), inferred_from });
        Err(Failed { request: Some(id), failure: failure(turn, cause, inferred_from) })
    }

    fn record_response(&self, id: MessageId, turn: Turn, request: &Request<'_>, reading: Reading) -> Response {
        self.answered.set(true);
        let Reading { begun, body, pieces, phases } = reading;
        let (head, begun) = begun.expect("a response that is complete has a head");
        let reply = Reply {
            at: self.clock.now(),
            head: Some(head),
            payload: &body,
            media_type: Some(begun.media_type.as_str()).filter(|media_type| !media_type.is_empty()),
            pieces: if request.streamed { &pieces } else { &[] },
            instrument: None,
            evidence: begun.evidence,
        };
        let message = self.recorder().response(id, turn, begun.status, &reply);
        // Resource Timing is for a server that allows it (`Timing-Allow-Origin`).
        if let Some(phases) = phases.filter(|_| !self.conditions.plain) {
            self.recorder().phases(id, phases);
        }
        Response { request: id, message, status: begun.status, media_type: begun.media_type, body }
    }

    /// Sends a request and reads the response; a preflight goes before where one has to.
    ///
    /// # Errors
    /// When there is no complete response.
    pub(super) async fn exchange(self: &Rc<Self>, asked: Rc<Asked>, reading: &RefCell<Reading>) -> Result<(), Broken> {
        if self.conditions.cross_origin && needs_preflight(&asked) {
            let preflight = Asked { method: "OPTIONS", body: Vec::new(), media_type: None, ..(*asked).clone() };
            self.transfer(Rc::new(preflight), &RefCell::default()).await?;
        }
        self.transfer(asked, reading).await
    }

    async fn transfer(self: &Rc<Self>, asked: Rc<Asked>, reading: &RefCell<Reading>) -> Result<(), Broken> {
        let start = self.clock.now();
        let mut is_second = false;
        loop {
            let lease = self.pool.take(self, is_second).await;
            let mut lease = lease.map_err(|_| Broken::NoHead(self.clock.now()))?;
            let is_reused = lease.connection.requests.get() > 0;
            *reading.borrow_mut() = Reading { phases: Some(self.phases(&lease, start)), ..Reading::default() };
            lease.stream = Some(lease.connection.send(Rc::clone(&asked)));
            match self.read(lease, reading).await {
                // Chromium sends a request again, whatever its method, once: where the connection was used before and
                // ends before a byte of the response is there, it may have ended before the request came.
                Err(Broken::NoHead(_)) if is_reused && !is_second => is_second = true,
                done => return done,
            }
        }
    }

    async fn read(&self, lease: Lease, reading: &RefCell<Reading>) -> Result<(), Broken> {
        let stream = lease.stream.clone().expect("the request was sent");
        loop {
            let down = stream.down.next().await;
            let now = self.clock.now();
            let mut reading = reading.borrow_mut();
            match down {
                Down::Head(head) => {
                    reading.phases.iter_mut().for_each(|phases| phases.response_start = now);
                    reading.begun = Some((now, head));
                }
                Down::Body(piece) => {
                    reading.body.extend(piece);
                    let length = reading.body.len() as u64;
                    reading.pieces.push((now, length));
                }
                Down::Done => {
                    reading.phases.iter_mut().for_each(|phases| phases.response_end = now);
                    let close = reading.begun.as_ref().is_some_and(|(_, head)| head.close);
                    drop(reading);
                    lease.done(!close);
                    return Ok(());
                }
                Down::Malformed => return Err(Broken::NoBody(now)),
                Down::Ended if reading.begun.is_some() => return Err(Broken::NoBody(now)),
                Down::Ended => return Err(Broken::NoHead(now)),
                Down::Frame { .. } => {}
            }
        }
    }

    /// The phases up to now, as Resource Timing tells them (§4.2): of a connection that was there, `connectStart`
    /// and `connectEnd` are `fetchStart`.
    fn phases(&self, lease: &Lease, start: Time) -> Phases {
        let now = self.clock.now();
        let connecting = lease.connection.connecting;
        let (from, until) =
            if lease.is_new { (connecting.from.max(start), connecting.until.max(start)) } else { (start, start) };
        Phases {
            start,
            domain_lookup_start: start,
            domain_lookup_end: start,
            connect_start: from,
            secure_connection_start: connecting.secure.map(|at| if lease.is_new { at.max(from) } else { start }),
            connect_end: until,
            request_start: now,
            response_start: now,
            response_end: now,
            protocol: lease.connection.alpn.to_owned(),
        }
    }

    /// Why no head came, as a page finds out: it asks again for anything at all.
    pub(super) async fn why_no_head(self: &Rc<Self>, path: &str) -> (Cause, Inference) {
        let is_there = self.answers(path).await;
        let inference = if is_there { Inference::ProbeAnswered } else { Inference::ProbeFailed };
        let cause = match (is_there, self.answered.get()) {
            (true, false) if self.conditions.cross_origin => Cause::Cors,
            (true, _) => Cause::ClosedMidway { code: None, reason: String::new() },
            (false, true) => Cause::Vanished,
            (false, false) => Cause::NoAnswer,
        };
        (cause, inference)
    }

    /// Whether anything answers at that path.
    pub(super) async fn answers(self: &Rc<Self>, path: &str) -> bool {
        let service = [Service::Echo, Service::News, Service::NewsEvents, Service::Memory, Service::Room];
        let is_its = |service: &Service| self::path(*service, Protocol::Http, RUN).as_deref() == Some(path);
        let asked = Asked {
            method: Method::Get.name(),
            service: service.into_iter().find(is_its),
            target: path.to_owned(),
            host: self.host(),
            ..Asked::default()
        };
        let reading = RefCell::default();
        matches!(self.clock.within(PROBE_PATIENCE, self.transfer(Rc::new(asked), &reading)).await, Some(Ok(())))
    }
}

/// Whether a page of another origin has to ask for permission first (Fetch §4.8): for a method or a content type
/// that is not CORS-safelisted (§2.2.2).
fn needs_preflight(asked: &Asked) -> bool {
    let is_safelisted = |media_type: &str| {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
            .iter()
            .any(|safe| essence.eq_ignore_ascii_case(safe))
    };
    asked.method == Method::Put.name() || asked.media_type.as_deref().is_some_and(|given| !is_safelisted(given))
}
