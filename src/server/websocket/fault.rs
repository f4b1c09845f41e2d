//! Faults that are committed on purpose, so that it can be seen what becomes of them: instead of a
//! message's answer the client gets less, or something else, or nothing.

use std::io;

use super::Transport;
use super::assembler::Kind;
use super::socket::Socket;
use crate::server::plan;
use crate::wire::Fault;

/// A fault that shall be committed.
#[derive(Clone, Debug)]
pub(crate) struct FaultPlan {
    /// What goes wrong.
    pub(crate) fault: Fault,
    /// With which data message, from 1.
    pub(crate) at: u64,
    /// The close code of [`Fault::Goodbye`], whether it may be sent or not.
    pub(crate) code: u16,
    /// The close reason of [`Fault::Goodbye`].
    pub(crate) reason: String,
}

/// A message's answer, which would be right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer<'a> {
    pub(super) kind: Kind,
    /// What comes before the payload.
    pub(super) front: &'a [u8],
    pub(super) payload: &'a [u8],
}

/// Commits a fault instead of an answer. Returns the socket if the conversation may go on.
///
/// # Errors
/// When the connection breaks before it was broken on purpose.
pub(super) async fn commit<S: Transport>(
    mut socket: Socket<S>,
    plan: FaultPlan,
    answer: Answer<'_>,
) -> io::Result<Option<Socket<S>>> {
    tracing::debug!(connection = socket.meter().id(), fault = %plan.fault, "commits the fault that was asked for");
    match plan.fault {
        Fault::Close => socket.end_abruptly(&[]).await?,
        Fault::Reset => socket.reset(&[]).await?,
        Fault::Cut => {
            let half = half(&mut socket, answer).await?;
            socket.reset(&half).await?;
        }
        Fault::Short => {
            let half = half(&mut socket, answer).await?;
            socket.end_abruptly(&half).await?;
        }
        Fault::Stall => {
            let half = half(&mut socket, answer).await?;
            socket.write(&half).await?;
            socket.hold(plan::PATIENCE, true).await;
        }
        Fault::Vanish => {
            socket.write(&[]).await?;
            socket.hold(plan::PATIENCE, false).await;
        }
        Fault::Goodbye => socket.close(plan.code, &plan.reason).await?,
        Fault::Drip => {
            let (frame, _) = socket.frame(answer.kind, answer.front, answer.payload).await?;
            return drip(socket, &frame).await;
        }
        Fault::BadFrame => {
            let (mut frame, _) = socket.frame(answer.kind, answer.front, answer.payload).await?;
            // RFC 6455 §5.2: 0x3 to 0x7 are reserved for data frames to come.
            frame[0] = frame[0] & 0xF0 | 0x3;
            socket.write(&frame).await?;
            return Ok(Some(socket));
        }
        Fault::BadUtf8 => {
            let wrong = [answer.payload, &[0xFF]].concat();
            socket.send_parts(Kind::Text, answer.front, &wrong).await?;
            return Ok(Some(socket));
        }
        // The handshake's answer had it, or it would not have come to messages.
        Fault::Status => {
            socket.send_parts(answer.kind, answer.front, answer.payload).await?;
            return Ok(Some(socket));
        }
    }
    Ok(None)
}

/// The answer's frame up to the middle of its payload.
async fn half<S: Transport>(socket: &mut Socket<S>, answer: Answer<'_>) -> io::Result<Vec<u8>> {
    let (mut frame, head) = socket.frame(answer.kind, answer.front, answer.payload).await?;
    frame.truncate(head + (frame.len() - head) / 2);
    Ok(frame)
}

async fn drip<S: Transport>(mut socket: Socket<S>, frame: &[u8]) -> io::Result<Option<Socket<S>>> {
    let size = plan::drop_size(frame.len());
    for (at, piece) in frame.chunks(size).enumerate() {
        if at > 0 && socket.hold(plan::DRIP, false).await {
            // The server ends, in the middle of a frame.
            socket.end_abruptly(&[]).await?;
            return Ok(None);
        }
        socket.write(piece).await?;
    }
    Ok(Some(socket))
}
