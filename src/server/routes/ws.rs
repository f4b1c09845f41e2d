//! `/ws`: a WebSocket that echoes.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::response::Response;

use super::fault::FaultRequest;
use super::query::Parameters;
use super::upgrade::Handshake;
use super::{Problem, commit};
use crate::server::Shared;
use crate::server::visit::Visit;
use crate::server::websocket::{self, FaultPlan, Mode};
use crate::wire::SUBPROTOCOL;

/// Answers the handshake; the connection's own task goes on with the echo.
pub(super) async fn ws(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    mut request: Request,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(request.uri())?;
    parameters.keep_books(&visit, &shared);
    let handshake = Handshake::check(&mut request, &parameters, &[SUBPROTOCOL], &shared)?;
    let fault = match parameters.fault {
        Some(request) if request.at == 0 => return commit::at_handshake(&request, &visit),
        Some(FaultRequest { fault, at, code, reason, .. }) => Some(FaultPlan { fault, at, code, reason }),
        None => None,
    };
    let mode = match handshake.subprotocol() {
        Some(_) => Mode::Enveloped { connection: visit.told_id(&shared.config) },
        None => Mode::Plain,
    };
    Ok(handshake.switch(&visit, move |socket| websocket::echo(socket, mode, fault)))
}
