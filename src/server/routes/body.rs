//! Reading a request's body: up to the limit, and in a time that a slow client cannot stretch.

use std::error::Error;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::StatusCode;

use super::Problem;
use crate::server::Config;

/// Reads a body of up to `limit` bytes; less than the server's own limit if it is less.
///
/// # Errors
/// A `413` when it is larger, a `408` when it comes too slowly, a `400` when it cannot be read.
pub(super) async fn read(body: Body, limit: u64, config: &Config) -> Result<Bytes, Problem> {
    let limit = limit.min(config.max_body);
    // A length that is announced need not be waited for.
    if body.size_hint().lower() > limit {
        return Err(too_large(limit));
    }
    let mut body = body;
    let mut whole = BytesMut::new();
    let mut time = std::pin::pin!(tokio::time::sleep(config.body_time));
    let begun = time.deadline();
    loop {
        let frame = tokio::select! {
            biased;
            frame = body.frame() => frame,
            () = time.as_mut() => return Err(too_slow(whole.len())),
        };
        let data = match frame {
            None => return Ok(whole.freeze()),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => data,
                Err(_trailers) => continue,
            },
            Some(Err(error)) => return Err(unreadable(&error)),
        };
        if (whole.len() + data.len()) as u64 > limit {
            return Err(too_large(limit));
        }
        // A body that came in one piece need not be copied, which is left to the library.
        whole.extend_from_slice(&data);
        let earned = Duration::from_millis(whole.len() as u64 * 1000 / Config::BODY_RATE);
        time.as_mut().reset(begun + earned);
    }
}

/// Reads a body that is UTF-8, whatever media type it claims to be: a page sends JSON as `text/plain`,
/// since any other type would cost it a preflight (Fetch standard, “CORS-safelisted request-header”).
///
/// # Errors
/// As [`read`], and a `400` when it is no UTF-8.
pub(super) async fn read_text(body: Body, limit: u64, config: &Config) -> Result<String, Problem> {
    let bytes = read(body, limit, config).await?;
    String::from_utf8(bytes.into()).map_err(|_| Problem::bad_request("The body of this request is text in UTF-8."))
}

fn too_large(limit: u64) -> Problem {
    let detail = format!(
        "This address takes bodies of up to {limit} bytes; send less. The server's own limit is set with --max-body."
    );
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
}

fn too_slow(read: usize) -> Problem {
    let detail = format!(
        "The body came too slowly: {read} bytes of it until now. A body is waited for as --body-time says, and one \
         second more for each {} bytes of it.",
        Config::BODY_RATE
    );
    Problem::new(StatusCode::REQUEST_TIMEOUT, detail)
}

fn unreadable(error: &axum::Error) -> Problem {
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    Problem::bad_request(format!("The body cannot be read: {cause}."))
}
