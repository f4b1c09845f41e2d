//! The answer to a connection for which there is no room: a `503`, without the cost of serving it.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::gate::Full;

/// How long the whole refusal may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many bytes of a request are read and discarded, so that the client reads the answer instead of
/// a reset.
const DISCARDED: usize = 64 << 10;

/// Tells a client that there is no room, and ends the connection.
pub(crate) async fn refuse(tcp: TcpStream, full: Full) {
    // Whatever way this goes, the connection ends.
    drop(tokio::time::timeout(PATIENCE, answer(tcp, full)).await);
}

async fn answer(mut tcp: TcpStream, full: Full) -> std::io::Result<()> {
    let mut discarded = vec![0; 4096];
    // A client that is answered before it asked may take the answer for another's.
    let mut count = tcp.read(&mut discarded).await?;
    tcp.write_all(response(full).as_bytes()).await?;
    tcp.shutdown().await?;
    while count < DISCARDED {
        match tcp.read(&mut discarded).await? {
            0 => break,
            more => count += more,
        }
    }
    Ok(())
}

fn response(full: Full) -> String {
    let detail = match full {
        Full::InAll(limit) => format!(
            "This server has {limit} open connections, as many as it takes; try again in a few seconds, or start it \
             with a larger --max-connections."
        ),
        Full::Address(limit) => format!(
            "Your address has {limit} open connections to this server, as many as it takes from one address; close \
             some, or start it with a larger --max-per-address."
        ),
    };
    let body = serde_json::json!({ "title": "Service Unavailable", "status": 503, "detail": detail }).to_string();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n\
         Retry-After: 5\r\nConnection: close\r\nCache-Control: no-store\r\nAccess-Control-Allow-Origin: *\r\n\
         Timing-Allow-Origin: *\r\n\r\n{body}",
        body.len()
    )
}
