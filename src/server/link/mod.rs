//! Emulated links: a stream that behaves as if the client were far away.
//!
//! [`Linked`] lies right above the socket. Each way has a delay line (`line`): what enters leaves half
//! a round-trip time later, give or take the jitter, in order, and no faster than the link's rate.
//! A driver (`driver`), one task a connection, moves bytes between the socket and the lines, so that
//! all travels on whatever the application polls. `alarm` wakes it in time; `parse` reads a link from
//! the command line.
//!
//! What is emulated, and what is not:
//!
//! - A new connection begins with a round trip in which nothing travels: the handshake of TCP, which the
//!   kernel has long finished when a connection is accepted. What a client sends in it sets out when it is
//!   over, so a first request on a new connection takes two round trips, and a further one takes one.
//! - An end of stream, a reset and an error travel like bytes, behind those that were sent earlier.
//! - A line holds a bounded number of bytes, those that have arrived and were not taken included. When it is
//!   full, writes pend, and reading from the socket pauses, so TCP slows the client down.
//! - Nothing is lost or sent again, and there is no congestion control.
//! - *Precision.* Nothing arrives early. It arrives late by what the system's timer and the scheduler take:
//!   about 0.1 ms on an idle Linux machine. Tokio's timers alone, which round up to whole
//!   milliseconds twice, would make it 1 to 2 ms.

mod alarm;
mod driver;
mod line;
mod parse;
mod stream;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that meets an error there has failed")]
mod tests;

pub(crate) use parse::{defaults, parse};
pub(crate) use stream::Linked;
