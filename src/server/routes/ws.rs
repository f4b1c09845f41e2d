//! `/ws`: a WebSocket that echoes.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::response::Response;

use super::Problem;
use super::fault::FaultRequest;
use super::query::Parameters;
use super::upgrade::Handshake;
use crate::server::Shared;
use crate::server::connection::Visit;
use crate::server::websocket::{self, FaultPlan, Mode};
use crate::wire::{Fault, SUBPROTOCOL};

/// Answers the handshake; the connection's own task goes on with the echo.
pub(super) async fn ws(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    mut request: Request,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(request.uri())?;
    parameters.keep_books(&visit, &shared);
    let handshake = Handshake::check(&mut request, &parameters, &[SUBPROTOCOL], &shared)?;
    let fault = parameters.fault.map(plan).transpose()?;
    let mode = if handshake.subprotocol().is_some() { Mode::Enveloped } else { Mode::Plain };
    Ok(handshake.switch(&visit, move |socket| websocket::echo(socket, mode, fault)))
}

/// The fault that the echo shall commit.
///
/// # Errors
/// When the fault is of the handshake: its status, or a problem that says what is offered there.
fn plan(request: FaultRequest) -> Result<FaultPlan, Problem> {
    match request {
        FaultRequest { fault: Fault::Status, .. } => Err(request.status_problem()),
        FaultRequest { at: 0, fault, .. } => Err(Problem::bad_request(format!(
            "The fault “{fault}” is not offered at the handshake: ask for it with a message, “at=1” or later, or for \
             “status”."
        ))),
        FaultRequest { fault, at, code, reason, .. } => Ok(FaultPlan { fault, at, code, reason }),
    }
}
