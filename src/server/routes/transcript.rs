//! `/transcript/<run>`: what this server saw of a run.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::body::{Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;

use super::Problem;
use crate::server::Shared;
use crate::wire::RunId;

/// How many transcripts are told at a time: each may be much larger than what the tap holds.
pub(crate) const AT_A_TIME: usize = 4;
/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes that are handed over at a time: a client that does not read keeps its turn.
const PIECE: usize = 64 << 10;

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
) -> Result<Response, Problem> {
    let run: RunId =
        run.parse().map_err(|error| Problem::bad_request(format!("No transcript can be found: {error}.")))?;
    if shared.config.behind_proxy {
        let detail =
            "This server runs behind a proxy: the connections it sees are the proxy's, so it tells nothing of them.";
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    }
    let with_bytes = wanted.bytes.is_none_or(|bytes| bytes != "0");
    let turn = Arc::clone(&shared.transcripts).acquire_owned();
    let Ok(Ok(turn)) = tokio::time::timeout(PATIENCE, turn).await else { return Err(too_many()) };
    let transcript = shared.ledger.transcript(run, shared.clock.now(), with_bytes).ok_or_else(|| {
        let detail =
            "This server knows no such run: no request carried its id, or it was not used for a quarter of an hour.";
        Problem::new(StatusCode::NOT_FOUND, detail)
    })?;
    let text = serde_json::to_vec(&transcript).expect("a transcript is JSON");
    drop(transcript);
    let mut response = Response::new(Body::new(Told { text: text.into(), _turn: turn }));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn too_many() -> Problem {
    let detail = "This server is telling as many transcripts as it does at a time; try again in a few seconds.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).with_header(RETRY_AFTER, HeaderValue::from_static("5"))
}

/// A transcript on its way, which keeps its turn until it was handed over.
struct Told {
    text: Bytes,
    _turn: OwnedSemaphorePermit,
}

impl HttpBody for Told {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let length = self.text.len().min(PIECE);
        let piece = self.text.split_to(length);
        Poll::Ready((length > 0).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.text.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.text.len() as u64)
    }
}
