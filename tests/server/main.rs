//! The echo server from outside: over real sockets, each test with a server of its own on a free
//! port, and the command as the binary that users start.
#![cfg(not(target_arch = "wasm32"))]

mod command;
mod echo;
mod faults;
mod harness;
mod limits;
mod links;
mod memory;
mod news;
mod origins;
mod page;
mod refusals;
mod robust;
mod room;
mod tap;
mod tls;
mod transcript;
mod ways;
mod websocket;
mod websocket_deflate;
mod websocket_faults;
mod websocket_idle;
