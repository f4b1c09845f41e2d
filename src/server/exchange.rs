//! One HTTP exchange: what every request and every response needs around the routes, so that the
//! meter knows where each begins and ends.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::service::{Service, service_fn};
use hyper::{Request, Response, StatusCode};
use hyper_util::service::TowerToHyperService;

use super::meter::Meter;
use super::record::Answer;
use super::visit::Visit;
use super::{Shared, head, routes};

/// Of a response's body over HTTP/2 so many bytes are handed over at a time, so that a client that takes
/// nothing is noticed.
const PIECE: usize = 16 << 10;

/// The routes, with what every request and every response needs around them. `of` is what the
/// requests of the connection have in common.
pub(crate) fn service(
    router: Router,
    shared: Arc<Shared>,
    of: Visit,
) -> impl Service<Request<Incoming>, Response = Response<ResponseBody>, Error = Infallible, Future: Send> {
    let router = TowerToHyperService::new(router);
    service_fn(move |request: Request<Incoming>| {
        let ordinal = of.meter.request(request.method(), request.version());
        let visit = Visit { ordinal, ..of.clone() };
        let (router, shared) = (router.clone(), Arc::clone(&shared));
        async move { Ok(answer(&router, &shared, visit, request).await) }
    })
}

async fn answer(
    router: &TowerToHyperService<Router>,
    shared: &Shared,
    visit: Visit,
    request: Request<Incoming>,
) -> Response<ResponseBody> {
    let Visit { ordinal, is_multiplexed, .. } = visit;
    let meter = Arc::clone(&visit.meter);
    // If the client gives the exchange up, it is over before there is a response.
    let open = OpenExchange { meter: Arc::clone(&meter), ordinal };
    let may_be_https = meter.is_secured() || shared.config.behind_proxy;
    let instead = head::answer_instead(&request, meter.oddities(), may_be_https);
    let request_instrument = if is_multiplexed { 0 } else { routes::request_instrument(request.headers()) };
    let mut request = request.map(|body| request_body(body, &meter, ordinal));
    request.extensions_mut().insert(visit);
    let mut response = match instead {
        Some(response) => routes::mark(response).await,
        None => router.call(request).await.unwrap_or_else(|never| match never {}),
    };
    let received = meter.received(ordinal);
    let headers = response.headers_mut();
    if is_multiplexed {
        // RFC 9113 §8.2.2: there is no such header, since a response does not close the connection.
        headers.remove(CONNECTION);
    } else if received.is_none() {
        // What is left of a body that nobody read is not to be taken for the next request.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let sent = shared.clock.now();
    let evidence = meter.evidence(ordinal, received.unwrap_or_else(|| meter.last_read()), sent);
    let instrument = routes::instrument(&mut response, shared, evidence);
    let answer = Answer {
        sent,
        status: response.status().as_u16(),
        request_instrument,
        instrument: if is_multiplexed { 0 } else { instrument },
        upgraded: response.status() == StatusCode::SWITCHING_PROTOCOLS,
        last: response.headers().get(CONNECTION).is_some_and(|value| value == "close"),
    };
    meter.answered(ordinal, answer);
    response.map(|inner| ResponseBody { inner, rest: Bytes::new(), in_pieces: is_multiplexed, open })
}

/// An exchange that goes on: it tells the meter of its end when it is dropped.
struct OpenExchange {
    meter: Arc<Meter>,
    ordinal: u64,
}

impl Drop for OpenExchange {
    fn drop(&mut self) {
        self.meter.response_ended(self.ordinal);
    }
}

/// A request's body, which tells the meter when it was read to its end.
struct RequestBody {
    inner: Incoming,
    meter: Arc<Meter>,
    ordinal: u64,
}

fn request_body(inner: Incoming, meter: &Arc<Meter>, ordinal: u64) -> Body {
    if inner.is_end_stream() {
        meter.request_read(ordinal);
        return Body::empty();
    }
    Body::new(RequestBody { inner, meter: Arc::clone(meter), ordinal })
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || self.inner.is_end_stream() {
            self.meter.request_read(self.ordinal);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A response's body, which tells the meter when it was handed over to its end or given up.
pub(crate) struct ResponseBody {
    inner: Body,
    /// Of a frame that is handed over in pieces.
    rest: Bytes,
    in_pieces: bool,
    open: OpenExchange,
}

impl ResponseBody {
    /// The next piece, of [`PIECE`] bytes at most.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let OpenExchange { meter, ordinal } = &self.open;
        meter.piece_waits(*ordinal, false);
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let piece = self.rest.split_to(self.rest.len().min(PIECE));
        meter.piece_waits(*ordinal, true);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.in_pieces { self.poll_piece(context) } else { Pin::new(&mut self.inner).poll_frame(context) }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (self.inner.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}
