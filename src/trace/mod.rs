//! What happened: connections, messages and marks on one clock. The one record that everything
//! else reads.
//!
//! A network writes [`Event`]s through a [`Recorder`]; a [`Trace`] is what they add up to. Times
//! are kept as they were told, each on its own clock and with its provenance ([`Moment`]);
//! bringing them together is the analysis' work.

mod circumstances;
mod entry;
mod event;
mod failure;
mod ledger;
mod message;
mod model;
mod raw;
mod recorder;
#[cfg(test)]
pub(crate) mod testing;
mod time;
mod told;
mod unheard;

pub(crate) use entry::{frame_head_bytes, unknown_connection, unknown_message};

pub use circumstances::{Circumstances, ClockFit, Endpoint, Speaks};
pub use event::{Event, Trace};
pub use failure::{Cause, Failure, Inference};
pub use message::{Direction, Failing, Fate, Kind, Message, PayloadCopy, Target};
pub use model::{
    Closed, Closing, Connection, ConnectionBytes, ConnectionId, Happening, Mark, MessageId, Moment, Outcome, Part,
    PartId, Phases, Protocol,
};
pub use raw::{Raw, RawFrames, RawPiece};
pub use recorder::Recorder;
pub use time::{ServerTime, Span, Time};
pub use told::{Asked, Reply, Turn};

// What a server tells of a connection is written down as it was told.
pub use crate::wire::{Link, TlsEntry};
