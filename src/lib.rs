//! Duplex: watch HTTP and WebSocket talk.
//!
//! One package, compiled twice: for the browser it is the page, for the host it is the echo server.
//! Data goes one way:
//!
//! ```text
//! lab → network → trace → analysis → drawing → words → page
//!       browser ↕ wire ↕ server       ↘ format
//! ```
//!
//! | module | holds | target |
//! |---|---|---|
//! | [`wire`] | what page and server say to each other: paths, headers, envelopes, limits | both |
//! | [`decode`] | what bytes on the wire mean: HTTP/1.x messages, WebSocket frames, the handshake | both |
//! | [`trace`] | what happened: connections, messages, marks; the one record that everything reads | both |
//! | [`network`] | the `Network` trait that labs are written against, and a simulated network | both |
//! | [`lab`] | what to do: parameters and a script, one file a lab | both |
//! | [`analysis`] | what it means: clock alignment, own time, statistics, byte ledger | both |
//! | [`drawing`] | a trace becomes a scene: sequence diagram, charts; no DOM | both |
//! | [`words`] | what values say, in sentences: one file a lab | both |
//! | [`mod@format`] | there and back: trace JSON, HAR; out: tables, Mermaid text, pictures | both |
//! | `browser` | every call of web-sys and js-sys; implements `Network` | wasm32 |
//! | `page` | Leptos: state, components, painting a scene | wasm32 |
//! | `server` | the echo server: accept loop, meter, routes | host |
//!
//! `tests/architecture.rs` holds the direction: it reads the `use crate::` lines and fails where
//! this table is broken.

pub mod analysis;
pub mod decode;
pub mod drawing;
pub mod format;
pub mod lab;
pub mod network;
pub mod trace;
pub mod wire;
pub mod words;

#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(target_arch = "wasm32")]
pub mod page;

#[cfg(not(target_arch = "wasm32"))]
pub mod server;
