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
use tokio::net::{TcpListener, TcpSocket};
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

/// An HTTP echo of web pages, JSON and XML alone: anything else is no media type that it supports.
pub(crate) async fn choosy_http_echo() -> SocketAddr {
    let echo = |body: Bytes| async move {
        let taken = body.starts_with(b"<") || serde_json::from_slice::<serde_json::Value>(&body).is_ok();
        let status = if taken { StatusCode::OK } else { StatusCode::UNSUPPORTED_MEDIA_TYPE };
        (status, [(ACCESS_CONTROL_ALLOW_ORIGIN, "*")], body)
    };
    serve(Router::new().route("/anything", post(echo))).await
}

/// An HTTP echo that reads JSON and writes it anew, in its own order and with its own way to write numbers.
pub(crate) async fn rewriting_http_echo() -> SocketAddr {
    let echo = |body: Bytes| async move {
        let anew = serde_json::from_slice::<serde_json::Value>(&body).map(|json| json.to_string().into());
        ([(ACCESS_CONTROL_ALLOW_ORIGIN, "*")], anew.unwrap_or(body))
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
    ws_echo_that_says(None, |message| message).await
}

/// One that says hello to whoever comes, unasked.
pub(crate) async fn greeting_ws_echo() -> SocketAddr {
    ws_echo_that_says(Some("hello"), |message| message).await
}

/// One that takes everything for text, and answers in text.
pub(crate) async fn textual_ws_echo() -> SocketAddr {
    ws_echo_that_says(None, |message| match message {
        Message::Binary(bytes) => Message::text(String::from_utf8_lossy(&bytes).into_owned()),
        other => other,
    })
    .await
}

async fn ws_echo_that_says(greeting: Option<&'static str>, echo: fn(Message) -> Message) -> SocketAddr {
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
                    if message.is_close() || sink.send(echo(message)).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// An address at which nobody listens, nor will: it is taken until the tests are over.
pub(crate) async fn nobody() -> SocketAddr {
    let taken = TcpSocket::new_v4().expect("a socket");
    taken.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let address = taken.local_addr().expect("its address");
    std::mem::forget(taken);
    address
}

async fn serve(routes: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}
