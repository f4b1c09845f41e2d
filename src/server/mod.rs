//! The echo server: it accepts connections, meters them, echoes what they bring, and tells afterwards
//! what it saw.
//!
//! The layers, from the socket up: `accept` takes TCP connections for which the `gate` has room (to
//! others there is a `refusal`), perhaps behind an emulated `link`; `tls` secures those of its port;
//! `transport` is what then carries bytes; `stream` counts on a `meter` what crosses it, records it on
//! a `tap`, closes it in an orderly way, and commits the faults that a `plan` asks for; `connection`
//! speaks HTTP on it and, after an upgrade, hands it to `websocket`; `exchange` is what surrounds the
//! `routes`, which answer requests, once `head` has let them pass. The `ledger` keeps for each run which exchanges carried its id; `news`
//! and `room` keep what is told to many, and `memory` signs what clients carry.
//!
//! Each connection is one task. Everything that several connections share is in `Shared`.

mod accept;
mod budget;
mod clock;
pub mod command;
mod config;
mod connection;
mod error;
mod exchange;
mod gate;
mod head;
mod layers;
mod ledger;
mod link;
mod memory;
mod meter;
mod network;
mod news;
mod plan;
mod record;
mod refusal;
mod registry;
mod room;
mod routes;
mod shutdown;
mod stream;
mod tap;
mod tls;
mod transport;
mod visit;
mod watchdog;
mod websocket;

pub use accept::Server;
pub use config::{Certificate, Config, Page, Tls};
pub use error::ServerError;
pub use tap::TapLimits;

use std::sync::Arc;

use tokio::sync::Semaphore;

use clock::Clock;
use ledger::Ledger;
use memory::Signer;
use news::News;
use room::Rooms;

use crate::wire::{LinkOffer, TlsOffer};

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
    /// Whose turn it is to be told a transcript.
    pub(crate) transcripts: Arc<Semaphore>,
    /// Its ports behind emulated links.
    pub(crate) links: Vec<LinkOffer>,
    /// All its ports, those behind links and with TLS included.
    pub(crate) ports: Vec<u16>,
    /// Its port with TLS.
    pub(crate) tls: Option<TlsOffer>,
    /// The news feeds.
    pub(crate) news: News,
    /// What signs the state that clients carry.
    pub(crate) signer: Signer,
    /// The broadcast rooms.
    pub(crate) rooms: Rooms,
}
