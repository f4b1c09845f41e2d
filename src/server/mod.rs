//! The echo server: it accepts connections, meters them, echoes what they bring, and tells afterwards
//! what it saw.
//!
//! The layers, from the socket up: `accept` takes TCP connections; `stream` counts on a
//! `meter` what crosses each and closes it in an orderly way; `connection` speaks HTTP on it and,
//! after an upgrade, hands it to `websocket`; `routes` answer requests. The `ledger` keeps for
//! each run which exchanges carried its id. Emulated links and TLS belong between `stream` and
//! `connection`.
//!
//! Each connection is one task. Everything that several connections share is in `Shared`.

mod accept;
mod budget;
mod clock;
pub mod command;
mod config;
mod connection;
mod error;
mod ledger;
mod memory;
mod meter;
mod news;
mod registry;
mod room;
mod routes;
mod shutdown;
mod stream;
mod websocket;

pub use accept::Server;
pub use config::Config;
pub use error::ServerError;

use clock::Clock;
use ledger::Ledger;
use memory::Signer;
use news::News;
use room::Rooms;

/// What all connections of one server share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// As it was told.
    pub(crate) config: Config,
    /// Its time.
    pub(crate) clock: Clock,
    /// Its random id, as 32 hexadecimal digits.
    pub(crate) instance: String,
    /// What it saw of each run.
    pub(crate) ledger: Ledger,
    /// The news feeds.
    pub(crate) news: News,
    /// What signs the state that clients carry.
    pub(crate) signer: Signer,
    /// The broadcast rooms.
    pub(crate) rooms: Rooms,
}
