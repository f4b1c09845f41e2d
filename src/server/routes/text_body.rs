//! Requests whose body is a short text.

use axum::body::Body;

use super::{Problem, body};
use crate::server::Config;

/// Reads a body of up to `limit` bytes that is UTF-8, whatever media type it claims to be: a page sends
/// JSON as `text/plain`, since any other type would cost it a preflight (Fetch standard,
/// “CORS-safelisted request-header”).
///
/// # Errors
/// As when any body is read, and a `400` when it is no text.
pub(super) async fn read(body: Body, limit: usize, config: &Config) -> Result<String, Problem> {
    let bytes = body::read(body, limit as u64, config).await?;
    String::from_utf8(bytes.into()).map_err(|_| Problem::bad_request("The body of this request is text in UTF-8."))
}
