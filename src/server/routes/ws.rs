//! `/ws`: the opening handshake of a WebSocket (RFC 6455 §4.2).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Response};
use hyper::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::upgrade::OnUpgrade;
use hyper::{Method, StatusCode};

use super::Problem;
use super::query::Parameters;
use crate::server::Shared;
use crate::server::connection::Visit;
use crate::server::websocket::Mode;
use crate::server::websocket::handshake::{self, Refusal};
use crate::wire::SUBPROTOCOL;

/// Answers the handshake; the connection's own task goes on with the WebSocket.
pub(super) async fn handshake(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    mut request: Request,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(request.uri())?;
    parameters.keep_books(&visit, &shared);
    if request.method() != Method::GET {
        return Err(Problem::bad_request("A WebSocket is opened with GET."));
    }
    let accept = handshake::accept(request.version(), request.headers()).map_err(problem)?;
    let Some(on_upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return Err(problem(Refusal::NoUpgrade));
    };
    let mode = if handshake::offers(request.headers(), SUBPROTOCOL) { Mode::Enveloped } else { Mode::Plain };
    visit.upgrade_to_websocket(on_upgrade, mode);

    let mut response = Body::empty().into_response();
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    if mode == Mode::Enveloped {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    }
    Ok(response)
}

fn problem(refusal: Refusal) -> Problem {
    let detail = refusal.to_string();
    match refusal {
        Refusal::NoUpgrade => Problem::new(StatusCode::UPGRADE_REQUIRED, detail)
            .with_header(CONNECTION, HeaderValue::from_static("Upgrade"))
            .with_header(UPGRADE, HeaderValue::from_static("websocket")),
        // RFC 6455 §4.4: the answer names the versions that are spoken.
        Refusal::Version => Problem::new(StatusCode::UPGRADE_REQUIRED, detail)
            .with_header(CONNECTION, HeaderValue::from_static("Upgrade"))
            .with_header(UPGRADE, HeaderValue::from_static("websocket"))
            .with_header(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
        Refusal::Key | Refusal::HttpVersion => Problem::bad_request(detail),
    }
}
