//! One connection: HTTP/1.1 on the metered stream, then perhaps a WebSocket, in one task.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::service::{Service, service_fn};
use hyper::upgrade::OnUpgrade;
use hyper::{HeaderMap, Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;

use super::Shared;
use super::meter::{Answer, Meter};
use super::routes::{self, Problem};
use super::shutdown::Shutdown;
use super::stream::MeteredStream;
use super::websocket::{self, Socket};

/// What a request's handler knows of the connection that brought it; a request extension.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// The connection's meter.
    pub(crate) meter: Arc<Meter>,
    /// Which request this is on its connection, from 1.
    pub(crate) ordinal: u64,
    upgrade: Arc<UpgradeSlot>,
}

type UpgradeSlot = Mutex<Option<Upgrade>>;

/// What becomes of a connection once the 101 was sent.
struct Upgrade {
    on: OnUpgrade,
    options: websocket::Options,
    application: Application,
}

/// What is spoken over a WebSocket. Boxed, so that connections without one keep no room for it.
type Application = Box<dyn FnOnce(Socket) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send>> + Send>;

impl fmt::Debug for Upgrade {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Upgrade").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Visit {
    /// Has the connection go on as a WebSocket with an application once the 101 was sent.
    pub(crate) fn upgrade_to_websocket<F>(
        &self,
        on: OnUpgrade,
        options: websocket::Options,
        application: impl FnOnce(Socket) -> F + Send + 'static,
    ) where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let application: Application = Box::new(|socket| Box::pin(application(socket)));
        *self.upgrade.lock().unwrap_or_else(PoisonError::into_inner) = Some(Upgrade { on, options, application });
    }
}

/// Serves one connection to its end.
pub(crate) async fn serve(
    (stream, meter): (MeteredStream, Arc<Meter>),
    router: Router,
    shared: Arc<Shared>,
    shutdown: Shutdown,
) {
    let upgrade = Arc::new(UpgradeSlot::default());
    let service = service(router, Arc::clone(&shared), Arc::clone(&meter), Arc::clone(&upgrade));
    // On the heap, so that a WebSocket does not keep the room of an HTTP connection.
    let mut http = Box::pin(
        hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(shared.config.head_time)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades(),
    );
    let result = tokio::select! {
        result = http.as_mut() => result,
        () = shutdown.clone().begun() => {
            http.as_mut().graceful_shutdown();
            http.as_mut().await
        }
    };
    drop(http);
    if let Err(error) = result {
        tracing::debug!(connection = meter.id(), %error, "the HTTP connection ended early");
    }
    let upgrade = upgrade.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(upgrade) = upgrade {
        go_on_as_websocket(upgrade, meter, &shared, shutdown).await;
    }
}

async fn go_on_as_websocket(upgrade: Upgrade, meter: Arc<Meter>, shared: &Shared, shutdown: Shutdown) {
    let id = meter.id();
    let parts = match upgrade.on.await {
        Ok(upgraded) => upgraded.downcast::<TokioIo<MeteredStream>>(),
        Err(error) => {
            tracing::debug!(connection = id, %error, "the handshake was not completed");
            return;
        }
    };
    let Ok(parts) = parts else {
        tracing::error!(connection = id, "the upgraded connection is of another kind than the one accepted");
        return;
    };
    meter.upgraded(parts.read_buf.len() as u64);
    let stream = parts.io.into_inner();
    let socket = Socket::new(stream, &parts.read_buf, upgrade.options, meter, shared.clock, shutdown);
    drop(parts.read_buf);
    if let Err(error) = (upgrade.application)(socket).await {
        tracing::debug!(connection = id, %error, "the WebSocket broke");
    }
}

/// The routes, with what every request and every response needs around them.
fn service(
    router: Router,
    shared: Arc<Shared>,
    meter: Arc<Meter>,
    upgrade: Arc<UpgradeSlot>,
) -> impl Service<Request<Incoming>, Response = Response<ResponseBody>, Error = Infallible, Future: Send> {
    let router = TowerToHyperService::new(router);
    service_fn(move |request: Request<Incoming>| {
        let visit = Visit { meter: Arc::clone(&meter), ordinal: meter.request(), upgrade: Arc::clone(&upgrade) };
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
    let meter = Arc::clone(&visit.meter);
    let ordinal = visit.ordinal;
    let host = check_host(request.version(), request.headers());
    let request_instrument = routes::request_instrument(request.headers());
    let mut request = request.map(|body| request_body(body, &meter));
    request.extensions_mut().insert(visit);
    let mut response = match host {
        Ok(()) => router.call(request).await.unwrap_or_else(|never| match never {}),
        Err(problem) => problem.into_response(),
    };
    let received = meter.received();
    if received.is_none() {
        // What is left of a body that nobody read is not to be taken for the next request.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let sent = shared.clock.now();
    let evidence = meter.evidence(ordinal, received.unwrap_or_else(|| meter.last_read()), sent);
    let instrument = routes::instrument(&mut response, evidence);
    meter.answered(Answer {
        sent,
        request_instrument,
        instrument,
        upgraded: response.status() == StatusCode::SWITCHING_PROTOCOLS,
        last: response.headers().get(CONNECTION).is_some_and(|value| value == "close"),
    });
    response.map(|inner| ResponseBody { inner, meter })
}

/// RFC 9112 §3.2: a request of HTTP/1.1 without a `Host`, or with several, gets a 400.
fn check_host(version: Version, headers: &HeaderMap) -> Result<(), Problem> {
    if version == Version::HTTP_11 && headers.get_all(HOST).iter().count() != 1 {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "A request of HTTP/1.1 has exactly one Host header."));
    }
    Ok(())
}

/// A request's body, which tells the meter when it was read to its end.
struct RequestBody {
    inner: Incoming,
    meter: Arc<Meter>,
}

fn request_body(inner: Incoming, meter: &Arc<Meter>) -> Body {
    if inner.is_end_stream() {
        meter.request_read();
        return Body::empty();
    }
    Body::new(RequestBody { inner, meter: Arc::clone(meter) })
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
            self.meter.request_read();
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
struct ResponseBody {
    inner: Body,
    meter: Arc<Meter>,
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.meter.response_ended();
    }
}
