//! `/echo`: any method, the body back byte for byte.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::response::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};

use super::query::Parameters;
use super::{Problem, body, commit};
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
    let response = echoed(request, &parameters, &visit, &shared.config).await?;
    Ok(parameters.conclude(response))
}

async fn echoed(
    request: Request,
    parameters: &Parameters,
    visit: &Visit,
    config: &Config,
) -> Result<Response, Problem> {
    if let Some(fault) = &parameters.fault
        && let Some(response) = commit::without_answer(fault, visit)?
    {
        return Ok(response);
    }
    let media_type = parameters.media_type.clone().or_else(|| request.headers().get(CONTENT_TYPE).cloned());
    let body = body::read(request.into_body(), config.max_body, config).await?;
    let mut response = Response::default();
    let media_type = media_type.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    if let Some(fault) = &parameters.fault {
        return commit::in_answer(fault, visit, response, body);
    }
    *response.body_mut() = body.into();
    Ok(response)
}
