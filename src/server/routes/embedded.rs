//! The page from within the program, so that one file is the whole deployment.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, VARY};
use hyper::{Method, StatusCode};
use rust_embed::{Embed, EmbeddedFile};

/// The folder `dist` as it was when the program was compiled.
#[derive(Embed)]
#[folder = "dist/"]
struct Dist;

/// The compressed forms that the build makes, the better one first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Whether a page was there to be compiled in.
pub(crate) fn is_there() -> bool {
    Dist::get("index.html").is_some()
}

/// The page itself.
pub(super) fn document() -> Option<String> {
    String::from_utf8(Dist::get("index.html")?.data.into_owned()).ok()
}

/// Answers with a file, a `304`, a `404`, or a `405`.
pub(super) fn serve(request: &Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    // A folder stands for its index, as with the files of a folder.
    let index = format!("{path}index.html");
    let path = if path.is_empty() || path.ends_with('/') { index.as_str() } else { path };
    let Some(plain) = Dist::get(path) else { return StatusCode::NOT_FOUND.into_response() };
    let accepted = request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoded = ENCODINGS.iter().find_map(|(name, suffix)| {
        let is_accepted = accepted.split(',').any(|item| item.trim() == *name);
        is_accepted.then(|| Dist::get(&format!("{path}{suffix}"))).flatten().map(|file| (*name, file))
    });
    let (encoding, file) = encoded.map_or((None, plain), |(name, file)| (Some(name), file));
    let tag = tag(&file);
    if request.headers().get(IF_NONE_MATCH).is_some_and(|known| known == &tag) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
    }
    let media_type = mime_guess::from_path(path).first_or_octet_stream();
    let body = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let mut response = Body::from(body).into_response();
    let headers = response.headers_mut();
    if let Ok(media_type) = HeaderValue::from_str(media_type.as_ref()) {
        headers.insert(CONTENT_TYPE, media_type);
    }
    headers.insert(ETAG, tag);
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// A file's content in a few digits (RFC 9110 §8.8.3).
fn tag(file: &EmbeddedFile) -> HeaderValue {
    let digits: String = file.metadata.sha256_hash()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("\"{digits}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}
