//! `/transcript/<run>`: what this server saw of a run.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use hyper::StatusCode;

use super::Problem;
use crate::server::Shared;
use crate::wire::{RunId, Transcript};

/// The run's transcript until now.
pub(super) async fn transcript(
    State(shared): State<Arc<Shared>>,
    Path(run): Path<String>,
) -> Result<Json<Transcript>, Problem> {
    let run: RunId =
        run.parse().map_err(|error| Problem::bad_request(format!("No transcript can be found: {error}.")))?;
    let transcript = shared.ledger.transcript(run, shared.clock.now());
    transcript.map(Json).ok_or_else(|| {
        let detail =
            "This server knows no such run: no request carried its id, or it was not used for a quarter of an hour.";
        Problem::new(StatusCode::NOT_FOUND, detail)
    })
}
