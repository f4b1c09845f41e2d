//! Echoes that are not ours: a bare HTTP echo and a bare WebSocket echo, without any of our headers,
//! and with or without the permission that a page from elsewhere needs.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use axum::response::IntoResponse as _;
use axum::routing::post;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpListener;

/// A bare HTTP echo; gives its address. It ends with the test.
pub(crate) async fn http_echo(allow_other_origins: bool) -> SocketAddr {
    let echo = move |body: Bytes| async move {
        let allowed = allow_other_origins.then_some([(ACCESS_CONTROL_ALLOW_ORIGIN, "*")]);
        match allowed {
            Some(header) => (header, body).into_response(),
            None => body.into_response(),
        }
    };
    let missing = (StatusCode::NOT_FOUND, [(ACCESS_CONTROL_ALLOW_ORIGIN, "*")]);
    serve(Router::new().route("/anything", post(echo)).fallback(|| async move { missing })).await
}

/// An HTTP server that never answers.
pub(crate) async fn silent() -> SocketAddr {
    serve(Router::new().route("/anything", post(std::future::pending::<()>))).await
}

/// An HTTP server that never answers anything.
pub(crate) async fn silent_everywhere() -> SocketAddr {
    serve(Router::new().fallback(std::future::pending::<()>)).await
}

/// A bare WebSocket echo; gives its address. It ends with the test.
pub(crate) async fn ws_echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let Ok(socket) = tokio_tungstenite::accept_async(stream).await else { return };
                let (mut sink, mut stream) = socket.split();
                while let Some(Ok(message)) = stream.next().await {
                    if message.is_close() || sink.send(message).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// An address at which nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("its address")
}

async fn serve(routes: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}
