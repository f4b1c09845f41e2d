//! What a trace means: clocks brought together, each protocol's own time, statistics, the byte
//! ledger, and what the raw bytes of a message are. Everything here is *derived*, and pure.

mod at_once;
pub mod break_even;
mod bytes;
pub mod clock;
pub mod judgement;
pub mod kept;
mod own_time;
pub mod published;
pub mod raw;
mod statistics;
mod summary;
mod timeline;

pub use bytes::{Bytes, Entry, OneWay, Overheads, bytes_in_words, known_overhead};
pub use judgement::{Answer, Claim, Fact, Finding, Outcome as VerdictOutcome, Verdict};
pub use own_time::Cuts;
pub use statistics::{Statistics, percentile_of};
pub use summary::{Opening, Sample, Summary};
pub use timeline::{Placed, Provenance, Timeline};
