//! What a network tells of an exchange: whose turn it is, what is asked, and what came back.

use super::{MessageId, Time};
use crate::wire::Evidence;

/// Which turn of a run, and whose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Its number; 0 is the warm-up.
    pub number: u32,
    /// Which of the run's clients takes it, from 0.
    pub client: u32,
}

impl Turn {
    /// The turn that is shown but kept out of the statistics.
    pub const WARM_UP: Self = Self::of(0);

    /// The first client's turn of this number.
    #[must_use]
    pub const fn of(number: u32) -> Self {
        Self { number, client: 0 }
    }

    /// The same turn of another client.
    #[must_use]
    pub const fn by(self, client: u32) -> Self {
        Self { client, ..self }
    }

    /// This is the warm-up.
    #[must_use]
    pub const fn is_warm_up(self) -> bool {
        self.number == 0
    }
}

/// A request as the page sends it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// Whose turn it is.
    pub turn: Turn,
    /// When it is sent.
    pub at: Time,
    /// The exchange's number in its URL.
    pub number: u32,
    /// The method.
    pub method: &'a str,
    /// The path and the query, without what the instrument adds.
    pub path: &'a str,
    /// The body.
    pub payload: &'a [u8],
    /// Bytes that our instrument adds: run id, number, and what is asked of our server for the experiment's
    /// sake.
    pub instrument: u64,
    /// The request that this one repeats.
    pub retries: Option<MessageId>,
}

/// What the page saw of a reply.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reply<'a> {
    /// When its last byte was there for the page.
    pub at: Time,
    /// For HTTP: when its head was.
    pub head: Option<Time>,
    /// Its payload.
    pub payload: &'a [u8],
    /// For HTTP: its `Content-Type`.
    pub media_type: Option<&'a str>,
    /// For a response that was read as it came: when how many bytes of its body were there, added up.
    pub pieces: &'a [(Time, u64)],
    /// Bytes that our instrument added, as far as the page knows them.
    pub instrument: Option<u64>,
    /// What the server said of the exchange.
    pub evidence: Option<Evidence>,
}
