//! `/echo`: any method, the body back byte for byte.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Response};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue};

use super::query::Parameters;
use super::{Problem, body, preflight};
use crate::server::visit::Visit;
use crate::server::{Config, Shared};

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
        None => echoed(request, &parameters, &shared.config).await?,
    };
    if parameters.close {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

async fn echoed(request: Request, parameters: &Parameters, config: &Config) -> Result<Response, Problem> {
    let media_type = parameters.media_type.clone().or_else(|| request.headers().get(CONTENT_TYPE).cloned());
    let body = body::read(request.into_body(), config.max_body, config).await?;
    let mut response = Body::from(body).into_response();
    let media_type = media_type.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    Ok(response)
}
