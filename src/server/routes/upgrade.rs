//! The opening handshake of a WebSocket (RFC 6455 §4.2), the same for every address that speaks it.

use std::io;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use hyper::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::upgrade::OnUpgrade;
use hyper::{Method, StatusCode};

use super::Problem;
use super::query::Parameters;
use crate::server::Shared;
use crate::server::visit::Visit;
use crate::server::websocket::handshake::{self, Refusal};
use crate::server::websocket::{Deflate, Options, Socket};

/// A handshake that was checked and can be answered.
pub(super) struct Handshake {
    accept: HeaderValue,
    on_upgrade: OnUpgrade,
    subprotocol: Option<&'static str>,
    options: Options,
}

impl Handshake {
    /// Checks a handshake's request. Of `subprotocols` the first one that the client offers is chosen;
    /// if it offers none of them, none is.
    ///
    /// # Errors
    /// The problem that is the answer when the request opens no WebSocket.
    pub(super) fn check(
        request: &mut Request,
        parameters: &Parameters,
        subprotocols: &[&'static str],
        shared: &Shared,
    ) -> Result<Self, Problem> {
        if request.method() != Method::GET {
            return Err(Problem::bad_request("A WebSocket is opened with GET."));
        }
        if !request.body().is_end_stream() {
            return Err(Problem::bad_request(
                "A WebSocket's opening handshake has no body: what would follow it are frames already.",
            ));
        }
        let accept = handshake::accept(request.version(), request.headers()).map_err(problem)?;
        let on_upgrade = request.extensions_mut().remove::<OnUpgrade>().ok_or_else(|| problem(Refusal::NoUpgrade))?;
        let headers = request.headers();
        let subprotocol = subprotocols.iter().copied().find(|name| handshake::offers(headers, name));
        let config = &shared.config;
        let may_deflate = parameters.deflate.unwrap_or(config.deflate);
        let options = Options {
            max_message: config.max_message,
            idle: parameters.ping.unwrap_or(config.idle_time),
            pong: config.pong_time,
            deflate: if may_deflate { Deflate::agree(headers) } else { None },
        };
        Ok(Self { accept, on_upgrade, subprotocol, options })
    }

    /// The subprotocol that was chosen.
    pub(super) fn subprotocol(&self) -> Option<&'static str> {
        self.subprotocol
    }

    /// Answers with the 101; the connection's own task goes on with the application.
    pub(super) fn switch<F>(self, visit: &Visit, application: impl FnOnce(Socket) -> F + Send + 'static) -> Response
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let deflate = self.options.deflate;
        visit.upgrade_to_websocket(self.on_upgrade, self.options, application);
        let mut response = Body::empty().into_response();
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept);
        if let Some(subprotocol) = self.subprotocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(subprotocol));
        }
        if let Some(deflate) = deflate {
            headers.insert(SEC_WEBSOCKET_EXTENSIONS, deflate.answer());
        }
        response
    }
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
