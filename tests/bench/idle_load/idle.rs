//! WebSockets that say nothing.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};

use crate::client::{BINARY, Client, PING, PONG};

/// Open WebSockets.
pub(crate) struct Idle(Vec<Client>);

/// How many are opened at once: fewer than the server's listener lets wait.
const AT_ONCE: u32 = 64;

impl Idle {
    /// Opens so many, each with the id of one run and its own number there if asked for.
    pub(crate) async fn open(address: SocketAddr, count: u32, with_run: bool) -> Result<Self> {
        let mut clients = Vec::with_capacity(count as usize);
        for first in (0..count).step_by(AT_ONCE as usize) {
            let open = |n: u32| async move {
                let query = if with_run { format!("?run={:032x}&n={n}", 0x1d1e) } else { String::new() };
                Client::websocket(address, &query).await.with_context(|| format!("idle connection {n}"))
            };
            let batch = (first..count.min(first + AT_ONCE)).map(open);
            clients.extend(futures_util::future::try_join_all(batch).await?);
        }
        Ok(Self(clients))
    }

    /// Has each send a message and get its echo.
    pub(crate) async fn say_one_thing(&mut self) -> Result<()> {
        self.each(BINARY, BINARY).await
    }

    /// Sends each a ping and expects its pong.
    pub(crate) async fn ping(&mut self) -> Result<()> {
        self.each(PING, PONG).await
    }

    async fn each(&mut self, first: u8, answer: u8) -> Result<()> {
        for (at, client) in self.0.iter_mut().enumerate() {
            let exchanged = client.exchange(first, answer, format!("number {at}").as_bytes()).await;
            exchanged.with_context(|| format!("number {at}"))?;
        }
        Ok(())
    }
}
