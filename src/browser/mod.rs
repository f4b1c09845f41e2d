//! Every call of web-sys and js-sys: the clock, fetch, sockets, Resource Timing, the page's
//! surroundings. Here the browser becomes a [`Network`](crate::network::Network) that labs can use.
//!
//! The rule that everything here serves: a time stamp is taken in the event or promise callback
//! itself, before anything else happens there.

pub mod clock;
pub mod compression;
pub mod discovery;
pub mod element;
mod event_source;
mod fetch;
pub mod file;
pub mod host;
mod network;
pub mod page_address;
pub mod picture;
pub mod print;
mod probe;
mod promise;
mod resource_timing;
pub mod saving;
mod socket;
pub mod storage;
pub mod surroundings;
pub mod timer;
pub mod turns;
pub mod url;

pub use network::{BrowserEvents, BrowserNetwork, BrowserSocket, Plan};
