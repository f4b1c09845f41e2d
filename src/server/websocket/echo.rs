//! The echo: each message goes back, plain or with what was seen of it.

use std::io;

use super::assembler::Kind;
use super::socket::{Message, Socket};
use super::{Transport, Violation};
use crate::wire::Envelope;

/// What travels in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The payload alone.
    Plain,
    /// An [`Envelope`] before the payload: the subprotocol `duplex.v1`.
    Enveloped,
}

/// Echoes until the WebSocket is closed.
///
/// # Errors
/// When the connection breaks.
pub(crate) async fn echo<S: Transport>(mut socket: Socket<S>, mode: Mode) -> io::Result<()> {
    while let Some(Message { kind, payload }) = socket.next().await? {
        match mode {
            Mode::Plain => socket.collect(kind, &[], &payload).await?,
            Mode::Enveloped => {
                if let Err(violation) = answer_enveloped(&mut socket, kind, &payload).await? {
                    return socket.fail(&violation).await;
                }
            }
        }
    }
    Ok(())
}

async fn answer_enveloped<S: Transport>(
    socket: &mut Socket<S>,
    kind: Kind,
    message: &[u8],
) -> io::Result<Result<(), Violation>> {
    let (envelope, payload) = match Envelope::split(message) {
        Ok(parts) => parts,
        Err(error) => return Ok(Err(Violation::policy(error.to_string()))),
    };
    let line = Envelope { n: envelope.n, evidence: Some(socket.evidence()) }.line();
    // Not collected with others, so that the time of sending is true.
    socket.send_parts(kind, line.as_bytes(), payload).await.map(Ok)
}
