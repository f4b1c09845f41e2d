//! CORS preflights: a browser asks whether a page of another origin may send what it wants to.

use axum::response::{IntoResponse, Response};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderName, HeaderValue,
};
use hyper::{HeaderMap, Method, StatusCode};

/// How long a browser may remember the answer, in seconds. Chromium's own upper bound is 7200.
const MAX_AGE: &str = "600";

/// Asked by a page on a public address of a server on a private one, and how it is allowed, under
/// both names that browsers have used.
const LOCAL_NETWORK: [(&str, HeaderName); 2] = [
    ("access-control-request-private-network", HeaderName::from_static("access-control-allow-private-network")),
    ("access-control-request-local-network", HeaderName::from_static("access-control-allow-local-network")),
];

/// The answer to a preflight, or `None` if the request is none (Fetch standard, “CORS-preflight
/// request”: an `OPTIONS` with `Access-Control-Request-Method`).
///
/// Everything is allowed that was asked for: the server echoes, keeps nothing and knows no
/// credentials.
pub(super) fn answer(method: &Method, headers: &HeaderMap) -> Option<Response> {
    let wanted_method = headers.get(ACCESS_CONTROL_REQUEST_METHOD).filter(|_| method == Method::OPTIONS)?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let allowed = response.headers_mut();
    allowed.insert(ACCESS_CONTROL_ALLOW_METHODS, wanted_method.clone());
    if let Some(wanted_headers) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        allowed.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted_headers.clone());
    }
    for (asked, allow) in LOCAL_NETWORK {
        if headers.contains_key(asked) {
            allowed.insert(allow, HeaderValue::from_static("true"));
        }
    }
    allowed.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    Some(response)
}
