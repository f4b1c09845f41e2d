//! The bare servers: what the libraries' own examples of an echo do, on tokio's runtime with threads, with
//! Nagle's algorithm off as it is in ours.

use std::io::Read as _;
use std::thread;

use anyhow::Result;
use bytes::Bytes;
use fastwebsockets::{FragmentCollector, OpCode, WebSocketError, upgrade};
use futures_util::StreamExt as _;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::peers::Bare;

/// Is such a server, until standard input ends.
pub(crate) fn serve(bare: Bare) -> Result<()> {
    thread::spawn(|| {
        // Whatever comes of it, nobody is there any more.
        std::io::stdin().read_to_end(&mut Vec::new()).ok();
        std::process::exit(0);
    });
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("ws://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            // That a client goes away without a goodbye is no news.
            tokio::spawn(async move {
                match bare {
                    Bare::Tungstenite => tungstenite(stream).await.ok(),
                    Bare::Fastwebsockets => fastwebsockets(stream).await.ok(),
                }
            });
        }
    })
}

async fn tungstenite(stream: TcpStream) -> Result<()> {
    let (sink, stream) = tokio_tungstenite::accept_async(stream).await?.split();
    Ok(stream.forward(sink).await?)
}

async fn fastwebsockets(stream: TcpStream) -> Result<()> {
    let http = hyper::server::conn::http1::Builder::new();
    Ok(http.serve_connection(TokioIo::new(stream), service_fn(handshake)).with_upgrades().await?)
}

async fn handshake(mut request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, WebSocketError> {
    let (response, upgraded) = upgrade::upgrade(&mut request)?;
    tokio::spawn(tokio::task::unconstrained(async move { echo(upgraded).await.ok() }));
    Ok(response)
}

async fn echo(upgraded: upgrade::UpgradeFut) -> Result<(), WebSocketError> {
    let mut socket = FragmentCollector::new(upgraded.await?);
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
            _ => {}
        }
    }
}
