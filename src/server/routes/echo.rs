//! `/echo`: any method, the body back byte for byte.

use std::error::Error;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::StatusCode;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue};

use super::query::Parameters;
use super::{Problem, preflight};
use crate::server::Shared;
use crate::server::connection::Visit;

/// Reads the whole body, then answers with it.
pub(super) async fn echo(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    request: Request,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(request.uri())?;
    parameters.keep_books(&visit, &shared);
    let mut response = match preflight::answer(request.method(), request.headers()) {
        Some(response) => response,
        None => echoed(request, &parameters, shared.config.max_body).await?,
    };
    if parameters.close {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

async fn echoed(request: Request, parameters: &Parameters, max_body: u64) -> Result<Response, Problem> {
    let media_type = parameters.media_type.clone().or_else(|| request.headers().get(CONTENT_TYPE).cloned());
    let body = read(request.into_body(), max_body).await?;
    let mut response = Body::from(body).into_response();
    let media_type = media_type.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    Ok(response)
}

async fn read(body: Body, max_body: u64) -> Result<Bytes, Problem> {
    let too_large = || {
        let detail = format!(
            "This server takes bodies of up to {max_body} bytes; send less, or start it with a larger --max-body."
        );
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    };
    // A length that is announced need not be waited for.
    if body.size_hint().lower() > max_body {
        return Err(too_large());
    }
    let limit = usize::try_from(max_body).unwrap_or(usize::MAX);
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if is_length_limit(error.as_ref()) => Err(too_large()),
        Err(error) => Err(Problem::bad_request(format!("The body cannot be read: {error}."))),
    }
}

fn is_length_limit(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    error.is::<LengthLimitError>()
}
