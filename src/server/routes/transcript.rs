//! `/transcript/<run>`: what this server saw of a run.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use hyper::StatusCode;
use serde::Deserialize;

use super::Problem;
use crate::server::Shared;
use crate::wire::{RunId, Transcript};

/// What of a transcript is wanted.
#[derive(Deserialize)]
pub(super) struct Wanted {
    /// `0` leaves out the raw bytes.
    bytes: Option<String>,
}

/// The run's transcript until now.
pub(super) async fn transcript(
    State(shared): State<Arc<Shared>>,
    Path(run): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Transcript>, Problem> {
    let run: RunId =
        run.parse().map_err(|error| Problem::bad_request(format!("No transcript can be found: {error}.")))?;
    if shared.config.behind_proxy {
        let detail =
            "This server runs behind a proxy: the connections it sees are the proxy's, so it tells nothing of them.";
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    }
    let with_bytes = wanted.bytes.is_none_or(|bytes| bytes != "0");
    let transcript = shared.ledger.transcript(run, shared.clock.now(), with_bytes);
    transcript.map(Json).ok_or_else(|| {
        let detail =
            "This server knows no such run: no request carried its id, or it was not used for a quarter of an hour.";
        Problem::new(StatusCode::NOT_FOUND, detail)
    })
}
