//! There and back: how a run is taken away, and brought back.

pub mod csv;
pub mod har;
pub mod hex;
pub mod mermaid;
pub mod standalone;
pub mod svg;
mod trace_json;

pub use trace_json::{FORMAT, FileError, VERSION, read, write};
