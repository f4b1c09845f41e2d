//! Requests whose body is a short text.

use std::error::Error;

use axum::body::{Body, HttpBody};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::StatusCode;

use super::Problem;

/// Reads a body of up to `limit` bytes that is UTF-8, whatever media type it claims to be: a page sends
/// JSON as `text/plain`, since any other type would cost it a preflight (Fetch standard,
/// “CORS-safelisted request-header”).
///
/// # Errors
/// A `413` or a `400` that says what would be right.
pub(super) async fn read(body: Body, limit: usize) -> Result<String, Problem> {
    let too_large =
        || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("This address takes bodies of up to {limit} bytes."));
    // A length that is announced need not be waited for.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let bytes = match Limited::new(body, limit).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if is_length_limit(error.as_ref()) => return Err(too_large()),
        Err(error) => return Err(Problem::bad_request(format!("The body cannot be read: {error}."))),
    };
    String::from_utf8(bytes.into()).map_err(|_| Problem::bad_request("The body of this request is text in UTF-8."))
}

fn is_length_limit(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    error.is::<LengthLimitError>()
}
