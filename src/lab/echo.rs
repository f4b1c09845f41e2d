//! One message there and back, over either protocol: what comes back has to be what was sent.

use crate::network::{Failed, Network, Payload, Request, Response, Socket};
use crate::trace::{Cause, Failure, Inference, Protocol, Turn};

/// Sends a body and reads it back.
///
/// # Errors
/// When there is no complete response with a success status, or its body is not what was sent.
pub(super) async fn echo_over_http<N: Network>(network: &N, request: Request<'_>) -> Result<Response, Failure> {
    let response = network.fetch(request).await.map_err(|Failed { failure, .. }| failure)?;
    let wrong = |cause| {
        let turn = Some(request.turn.number);
        Err(Failure { protocol: Protocol::Http, turn, cause, inferred_from: Inference::Reply })
    };
    match response.status {
        200..=299 if response.body == request.body.unwrap_or_default() => Ok(response),
        200..=299 => wrong(Cause::DifferentEcho),
        status => wrong(Cause::Status { status }),
    }
}

/// Sends a message and waits for it to come back.
///
/// # Errors
/// When the socket is closed first, nothing comes in time, or what comes is not what was sent.
pub(super) async fn echo_over_socket<S: Socket>(socket: &S, turn: Turn, payload: Payload<'_>) -> Result<(), Failure> {
    let sent = socket.send(turn, payload)?;
    let failure =
        |cause, inferred_from| Failure { protocol: Protocol::WebSocket, turn: Some(turn.number), cause, inferred_from };
    let reply = match socket.next(turn, None).await {
        Ok(reply) => reply,
        Err(error) => {
            socket.give_up_unanswered();
            return Err(error);
        }
    };
    if reply.answers != Some(sent) {
        let why = "it does not answer the message that was sent".to_owned();
        return Err(failure(Cause::Unreadable { why }, Inference::Reply));
    }
    if reply.payload != payload.bytes() {
        return Err(failure(Cause::DifferentEcho, Inference::Reply));
    }
    Ok(())
}
