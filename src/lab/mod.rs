//! What to do: one file a lab, with its parameters, their ranges and defaults, and its script over
//! [`Network`](crate::network::Network).

pub mod exchange;
pub mod link;
mod parameter;

pub use parameter::{ParameterError, Range};
