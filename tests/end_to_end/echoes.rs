//! Echoes that are not ours: a bare HTTP echo and a bare WebSocket echo, without any of our headers,
//! and with or without the permission that a page from elsewhere needs.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{AppendHeaders, IntoResponse as _};
use axum::routing::{any, post};
use axum::{Json, Router};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

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

/// What calls itself an echo and is none: it answers with a description of the request, in JSON.
pub(crate) async fn describing() -> SocketAddr {
    let describe = |method: Method, uri: Uri, body: Bytes| async move {
        let description = json!({ "method": method.as_str(), "url": uri.to_string(), "length": body.len() });
        ([(ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Json(description))
    };
    serve(Router::new().route("/anything", any(describe))).await
}

/// A bare HTTP echo that every page may read; whether one also sees the browser's timing of it depends.
pub(crate) async fn timed_http_echo(allow_timing: bool) -> SocketAddr {
    let echo = move |body: Bytes| async move {
        let timing = allow_timing.then_some([("timing-allow-origin", "*")]);
        ([(ACCESS_CONTROL_ALLOW_ORIGIN, "*")], timing.map(AppendHeaders), body)
    };
    serve(Router::new().route("/anything", post(echo))).await
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
    ws_echo_that_says(None).await
}

/// One that says hello to whoever comes, unasked.
pub(crate) async fn greeting_ws_echo() -> SocketAddr {
    ws_echo_that_says(Some("hello")).await
}

async fn ws_echo_that_says(greeting: Option<&'static str>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let Ok(socket) = tokio_tungstenite::accept_async(stream).await else { return };
                let (mut sink, mut stream) = socket.split();
                if let Some(greeting) = greeting
                    && sink.send(Message::text(greeting)).await.is_err()
                {
                    return;
                }
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
