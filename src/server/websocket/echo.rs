//! The echo: each message goes back, plain or with what was seen of it, unless a fault was asked for.
//!
//! What happens once at most is boxed, so that a connection keeps no room for it.

use std::io;

use super::fault::{self, Answer, FaultPlan};
use super::socket::{Message, Socket};
use super::{Transport, Violation};
use crate::wire::{Envelope, Evidence};

/// What travels in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The payload alone.
    Plain,
    /// An [`Envelope`] before the payload: the subprotocol `duplex.v1`.
    Enveloped {
        /// The connection's id, if it is told.
        connection: Option<u64>,
    },
}

/// Echoes until the WebSocket is closed, or a fault ends it.
///
/// # Errors
/// When the connection breaks.
pub(crate) async fn echo<S: Transport>(
    mut socket: Socket<S>,
    mode: Mode,
    mut fault: Option<FaultPlan>,
) -> io::Result<()> {
    while let Some(Message { kind, payload }) = socket.next().await? {
        let (line, payload) = match mode {
            Mode::Plain => (String::new(), &payload[..]),
            Mode::Enveloped { connection } => match Envelope::split(&payload) {
                Ok((envelope, payload)) => {
                    let evidence = Evidence { connection, ..socket.evidence() };
                    (Envelope { n: envelope.n, evidence: Some(evidence) }.line(), payload)
                }
                Err(error) => {
                    let violation = Violation::policy(error.to_string());
                    return Box::pin(socket.fail(&violation)).await;
                }
            },
        };
        let answer = Answer { kind, front: line.as_bytes(), payload };
        if let Some(plan) = fault.take_if(|plan| plan.at == socket.messages()) {
            match Box::pin(fault::commit(socket, plan, answer)).await? {
                Some(goes_on) => socket = goes_on,
                None => return Ok(()),
            }
            continue;
        }
        match mode {
            Mode::Plain => socket.collect(kind, &[], payload).await?,
            // Not collected with others, so that the time of sending is true.
            Mode::Enveloped { .. } => socket.send_parts(kind, answer.front, payload).await?,
        }
    }
    Ok(())
}
