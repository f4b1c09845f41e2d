//! The built page, as files, with the headers that isolate it.

use std::{fs, io};

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue,
    X_CONTENT_TYPE_OPTIONS,
};
use tower_http::services::ServeDir;

#[cfg(feature = "embed-page")]
use super::embedded;
use super::{CROSS_ORIGIN_RESOURCE_POLICY, Problem};
use crate::server::Page;
use crate::wire::{HOSTING_FILE, Hosting};

/// With these two a page is cross-origin isolated, and its clock fine (HTML standard, “cross-origin
/// isolated capability”).
const ISOLATION: [(HeaderName, HeaderValue); 2] = [
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-embedder-policy"), HeaderValue::from_static("credentialless")),
];

/// The page itself, among its files.
const DOCUMENT: &str = "index.html";

/// How many hexadecimal digits the build puts into the name of a file whose content never changes.
const HASH_DIGITS: usize = 16;

/// The page's files, or none.
#[derive(Clone, Debug)]
pub(super) struct Files {
    source: Source,
    /// The Content-Security-Policy that the document itself has: as a header it holds from the first byte on.
    policy: Option<HeaderValue>,
}

/// Where they are.
#[derive(Clone, Debug)]
enum Source {
    /// There are none.
    None,
    /// Those of a folder.
    Folder(ServeDir),
    /// Those within the program.
    #[cfg(feature = "embed-page")]
    Embedded,
}

impl Files {
    /// The files of the page.
    pub(super) fn new(page: &Page) -> Self {
        let (source, document) = match page {
            Page::None => (Source::None, None),
            Page::Folder(folder) => {
                let files = ServeDir::new(folder).precompressed_br().precompressed_gzip();
                (Source::Folder(files), fs::read_to_string(folder.join(DOCUMENT)).ok())
            }
            #[cfg(feature = "embed-page")]
            Page::Embedded => (Source::Embedded, embedded::document()),
        };
        Self { source, policy: document.as_deref().and_then(policy) }
    }

    /// Answers with a file, or with a problem.
    pub(super) async fn serve(self, request: Request) -> Response {
        let name = request.uri().path().trim_start_matches('/').to_owned();
        if name == HOSTING_FILE && !matches!(self.source, Source::None) {
            // Whatever the folder has there is for other hosts: here the echo server is.
            return ([(CACHE_CONTROL, "no-cache"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Json(Hosting::here()))
                .into_response();
        }
        let cache = if is_hashed(request.uri().path()) { "public, max-age=31536000, immutable" } else { "no-cache" };
        let mut response = match self.source {
            Source::None => {
                let detail = "There is no such address here: this server was started with --no-page and only has the echo endpoints.";
                return Problem::new(StatusCode::NOT_FOUND, detail).into_response();
            }
            Source::Folder(mut files) => match files.try_call(request).await {
                Ok(response) => response.map(Body::new),
                Err(error) => return unreadable(&error).into_response(),
            },
            #[cfg(feature = "embed-page")]
            Source::Embedded => embedded::serve(&request),
        };
        match response.status() {
            StatusCode::NOT_FOUND => return no_such_file().into_response(),
            StatusCode::METHOD_NOT_ALLOWED => {
                let problem =
                    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "The page is only read: ask with GET or HEAD.");
                return problem.with_header(ALLOW, HeaderValue::from_static("GET, HEAD")).into_response();
            }
            _ => {}
        }
        let headers = response.headers_mut();
        headers.extend(ISOLATION);
        headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
        // A frame without an origin of its own (`sandbox`) loads scripts and recordings as from another origin.
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(policy) = self.policy.filter(|_| name.is_empty() || name == DOCUMENT) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

/// The policy in a document's `meta` element (Content Security Policy Level 3 §3.3).
fn policy(document: &str) -> Option<HeaderValue> {
    let (_, rest) = document.split_once("http-equiv=\"Content-Security-Policy\" content=\"")?;
    let (policy, _) = rest.split_once('"')?;
    HeaderValue::from_str(policy).ok()
}

fn no_such_file() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "There is no such address here.")
}

fn unreadable(error: &io::Error) -> Problem {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    if matches!(error.kind(), NotFound | NotADirectory | InvalidFilename | InvalidInput) {
        return no_such_file();
    }
    tracing::warn!(%error, "a file of the page cannot be read");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "A file of the page cannot be read.")
}

/// Whether a path names a file with its content's hash in its name: `name-0123456789abcdef.js`, or
/// with more after the hash, as in `name-0123456789abcdef_bg.wasm`.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.match_indices('-').any(|(dash, _)| {
        let after = &name.as_bytes()[dash + 1..];
        let digits = after.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        digits == HASH_DIGITS && matches!(after.get(digits), Some(b'.' | b'_'))
    })
}

#[cfg(test)]
mod tests {
    use super::{is_hashed, policy};

    #[test]
    fn the_policy_is_that_of_the_document() {
        let document = "<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\"><title>";
        assert_eq!(policy(document).expect("a policy"), "default-src 'none'");
        assert_eq!(policy("<meta charset=\"utf-8\">"), None);
    }

    #[test]
    fn names_with_a_hash_are_told_from_others() {
        for hashed in
            ["/page-0123456789abcdef.js", "/a/page-0123456789abcdef_bg.wasm", "/my-style-fedcba9876543210.css"]
        {
            assert!(is_hashed(hashed), "{hashed}");
        }
        for other in
            ["/", "/index.html", "/page-0123456789abcde.js", "/page-0123456789abcdef", "/page-0123456789abcdef0.js"]
        {
            assert!(!is_hashed(other), "{other}");
        }
    }
}
