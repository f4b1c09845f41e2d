//! What to do: one file a lab, with its parameters, their ranges and defaults, and its script over
//! [`Network`](crate::network::Network).

pub mod exchange;
mod parameter;

pub use parameter::{ParameterError, Range};
