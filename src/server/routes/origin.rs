//! Which pages may use the endpoints: the server's own, and those of the origins that it was told
//! (RFC 6454; RFC 6455 §10.2 for WebSockets, to which CORS does not apply).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::header::{HOST, HeaderValue, ORIGIN, VARY};
use hyper::{HeaderMap, StatusCode, Uri};

use super::Problem;
use crate::server::Shared;

/// Refuses requests of pages that may not use the endpoints with a `403`. A request without `Origin` is no
/// page's, or one of the page itself.
pub(super) async fn check(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let origins = &shared.config.origins;
    let origin = request.headers().get(ORIGIN).cloned();
    let is_allowed = match &origin {
        None => true,
        Some(_) if origins.is_empty() => true,
        Some(origin) => {
            origins.iter().any(|allowed| allowed.as_bytes().eq_ignore_ascii_case(origin.as_bytes()))
                || is_own(origin, request.uri(), request.headers(), &shared.ports)
        }
    };
    if !is_allowed {
        let detail = "Pages of your origin may not use this server; whoever runs it can allow it with --origin.";
        return Problem::new(StatusCode::FORBIDDEN, detail).into_response();
    }
    let mut response = next.run(request).await;
    if !origins.is_empty()
        && let Some(origin) = origin
    {
        response.extensions_mut().insert(AllowedOrigin(origin));
    }
    response
}

/// A response extension: the one origin that may read the response.
#[derive(Clone, Debug)]
pub(super) struct AllowedOrigin(pub(super) HeaderValue);

/// What tells caches that the response is for one origin.
pub(super) fn vary(headers: &mut HeaderMap) {
    headers.insert(VARY, HeaderValue::from_static("Origin"));
}

/// Whether an origin is that of the address that the request was sent to, whatever its scheme: in front of
/// the server there may be something that speaks TLS. It may also be at another one of the server's own
/// `ports`: its page speaks to those behind links, too.
fn is_own(origin: &HeaderValue, uri: &Uri, headers: &HeaderMap, ports: &[u16]) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).or_else(|| uri.authority().map(Authority::as_str));
    let its = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    host.zip(its).is_some_and(|(host, (scheme, its))| {
        host.eq_ignore_ascii_case(its) || is_neighbour(host, its, default_port(scheme), ports)
    })
}

/// Whether an origin's host and port are that host and one of these ports.
fn is_neighbour(host: &str, its: &str, default_port: u16, ports: &[u16]) -> bool {
    let (Ok(host), Ok(its)) = (host.parse::<Authority>(), its.parse::<Authority>()) else { return false };
    host.host().eq_ignore_ascii_case(its.host()) && ports.contains(&its.port_u16().unwrap_or(default_port))
}

/// The port that browsers leave out of an origin.
fn default_port(scheme: &str) -> u16 {
    if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_page_is_told_by_its_host() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("class.example:9000"));
        let ports = [9000, 443, 40_000];
        let is_own = |origin| is_own(&HeaderValue::from_static(origin), &Uri::from_static("/echo"), &headers, &ports);
        assert!(is_own("http://class.example:9000"));
        assert!(is_own("https://Class.Example:9000"));
        assert!(is_own("http://class.example:40000") && is_own("https://class.example"), "its other ports");
        for other in [
            "http://class.example",
            "http://class.example:8080",
            "http://evil.example:40000",
            "http://evil.example",
            "null",
            "http://class.example:9000.evil.example",
        ] {
            assert!(!is_own(other), "{other}");
        }
        headers.insert(HOST, HeaderValue::from_static("[::1]:40000"));
        let own = HeaderValue::from_static("http://[::1]:9000");
        assert!(super::is_own(&own, &Uri::from_static("/echo"), &headers, &ports));
    }
}
