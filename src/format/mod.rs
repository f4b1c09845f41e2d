//! There and back: how a run is taken away, and brought back.

pub mod csv;
mod date;
pub mod har;
pub mod hex;
pub mod in_link;
pub mod mermaid;
mod opened;
pub mod pattern;
pub mod standalone;
pub mod svg;
mod trace_json;

pub use opened::{OpenError, open};
pub use trace_json::{FORMAT, FileError, VERSION, read, write};
