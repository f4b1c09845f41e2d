//! The routes, and the headers that make their responses measurable.
//!
//! Each response of the endpoints (not of the page's files) is marked [`Instrumented`] and gets, as
//! it leaves, its evidence and the headers that let any page read it, time it, and not cache it.

mod body;
mod commit;
mod discovery;
mod echo;
#[cfg(feature = "embed-page")]
pub(crate) mod embedded;
mod event_stream;
mod fault;
mod memory;
mod news;
mod origin;
mod page;
mod preflight;
mod problem;
mod query;
mod room;
mod transcript;
mod upgrade;
mod ws;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY,
    HeaderName, HeaderValue, PRAGMA, SEC_WEBSOCKET_PROTOCOL, UPGRADE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{HeaderMap, StatusCode};

pub(crate) use problem::Problem;
pub(crate) use transcript::AT_A_TIME as TRANSCRIPTS_AT_A_TIME;

use super::Shared;
use super::shutdown::Shutdown;
use super::visit::Visit;
use crate::wire::{
    DISCOVERY_PATH, ECHO_PATH, EVIDENCE_HEADER, Evidence, MEMORY_PATH, MEMORY_WS_PATH, NEWS_EVENTS_PATH, NEWS_PATH,
    NEWS_WS_PATH, ROOM_PATH, TRANSCRIPT_PATH, WS_PATH,
};

const EVIDENCE: HeaderName = HeaderName::from_static(EVIDENCE_HEADER);
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What every instrumented response carries beside its evidence.
static INSTRUMENT: [(HeaderName, HeaderValue); 7] = [
    (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EVIDENCE_HEADER)),
    (TIMING_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    // An echoed HTML body shall never run.
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// A response extension: the response is of an endpoint that pages measure.
#[derive(Clone, Copy, Debug)]
struct Instrumented;

/// All routes. Responses that go on end with `shutdown`.
pub(crate) fn router(shared: Arc<Shared>, shutdown: Shutdown) -> Router {
    let endpoints = Router::new()
        .route(ECHO_PATH, any(echo::echo))
        .route(WS_PATH, get(ws::ws).fallback(only_get))
        .route(DISCOVERY_PATH, get(discovery::discovery).fallback(only_get))
        .route(&format!("{TRANSCRIPT_PATH}/{{run}}"), get(transcript::transcript).fallback(only_get))
        .merge(ways_to_speak().layer(Extension(shutdown)))
        .layer(from_fn_with_state(Arc::clone(&shared), answer_preflights))
        .layer(from_fn_with_state(Arc::clone(&shared), origin::check))
        .layer(map_response(mark));
    let page = page::Files::new(&shared.config.page);
    endpoints.fallback(move |request: Request| page.clone().serve(request)).with_state(shared)
}

/// News, memory and rooms.
fn ways_to_speak() -> Router<Arc<Shared>> {
    Router::new()
        .route(NEWS_PATH, get(news::poll).post(news::publish).fallback(only_get_and_post))
        .route(NEWS_EVENTS_PATH, get(news::events).fallback(only_get))
        .route(NEWS_WS_PATH, get(news::ws).fallback(only_get))
        .route(MEMORY_PATH, post(memory::command).fallback(only_post))
        .route(MEMORY_WS_PATH, get(memory::ws).fallback(only_get))
        .route(&format!("{ROOM_PATH}/{{name}}"), post(room::say).fallback(only_post))
        .route(&format!("{ROOM_PATH}/{{name}}/events"), get(room::events).fallback(only_get))
        .route(&format!("{ROOM_PATH}/{{name}}/ws"), get(room::ws).fallback(only_get))
}

/// Marks a response as one of an endpoint.
pub(crate) async fn mark(mut response: Response) -> Response {
    response.extensions_mut().insert(Instrumented);
    response
}

/// A preflight for a request of a run is an exchange of that run. What is wrong with its URL is told to the
/// request itself, whose answer the page can read.
async fn answer_preflights(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    request: Request,
    next: Next,
) -> Response {
    let Some(response) = preflight::answer(request.method(), request.headers()) else {
        return next.run(request).await;
    };
    let path = request.uri().path();
    if path == DISCOVERY_PATH || path.starts_with(TRANSCRIPT_PATH) {
        return response;
    }
    match query::Parameters::read(request.uri()) {
        Ok(parameters) => {
            parameters.keep_books(&visit, &shared);
            parameters.conclude(response)
        }
        Err(_) => response,
    }
}

async fn only_get() -> Response {
    wrong_method("This address is only asked with GET.", "GET, HEAD")
}

async fn only_post() -> Response {
    wrong_method("This address is only asked with POST.", "POST")
}

async fn only_get_and_post() -> Response {
    wrong_method("This address is only asked with GET and POST.", "GET, HEAD, POST")
}

fn wrong_method(detail: &str, allowed: &'static str) -> Response {
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail);
    problem.with_header(ALLOW, HeaderValue::from_static(allowed)).into_response()
}

/// Gives a response of the endpoints the headers of the instrument. Returns how many bytes of its
/// head are header lines that only the instrument adds.
pub(crate) fn instrument(response: &mut Response, shared: &Shared, evidence: Evidence) -> u64 {
    let is_handshake = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    if response.extensions().get::<Instrumented>().is_none() {
        return 0;
    }
    let evidence = Evidence { connection: evidence.connection.filter(|_| !shared.config.behind_proxy), ..evidence };
    let allowed = response.extensions_mut().remove::<origin::AllowedOrigin>();
    let headers = response.headers_mut();
    if is_handshake {
        // No page can read a 101, and it is shown to people: it carries what the standard asks for.
        return headers.get(SEC_WEBSOCKET_PROTOCOL).map_or(0, |value| line(&SEC_WEBSOCKET_PROTOCOL, value));
    }
    if let Ok(value) = serde_json::to_string(&evidence).unwrap_or_default().try_into() {
        headers.insert(EVIDENCE, value);
    }
    for (name, value) in &INSTRUMENT {
        headers.insert(name, value.clone());
    }
    if let Some(origin::AllowedOrigin(origin)) = allowed {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        origin::vary(headers);
    }
    headers.iter().filter(|(name, _)| is_instrument(name)).map(|(name, value)| line(name, value)).sum()
}

/// How many bytes of a request's head are header lines that a browser sends only because the page asks
/// that no cache be used (Fetch §4.6). In a handshake it sends them of itself.
pub(crate) fn request_instrument(headers: &HeaderMap) -> u64 {
    if headers.contains_key(UPGRADE) {
        return 0;
    }
    let lines = [PRAGMA, CACHE_CONTROL].map(|name| headers.get(&name).map_or(0, |value| line(&name, value)));
    lines.iter().sum()
}

/// Whether a bare echo would not send this header.
fn is_instrument(name: &HeaderName) -> bool {
    *name == EVIDENCE
        || *name == VARY
        || name.as_str().starts_with("access-control-")
        || INSTRUMENT.iter().any(|(instrument, _)| instrument == name)
}

/// Bytes of a header line: `name: value` and the line's end.
fn line(name: &HeaderName, value: &HeaderValue) -> u64 {
    (name.as_str().len() + ": ".len() + value.len() + "\r\n".len()) as u64
}
