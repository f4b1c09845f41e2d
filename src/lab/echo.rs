//! One message there and back, over either protocol: what comes back has to be what was sent.

use crate::network::{Failed, Network, Payload, Request, Response, Service, Socket};
use crate::trace::{Cause, Failure, Inference, Protocol, Turn};

/// How many messages a server may send unasked while an echo is waited for.
pub(super) const MOST_UNASKED: usize = 100;

/// Sends a body and reads it back. What calls itself an echo elsewhere often answers with a description of the
/// request; that is a complete exchange too, and the judgement tells that it was no echo.
///
/// # Errors
/// When there is no complete response with a success status, or a Duplex server's body is not what was sent.
pub(super) async fn echo_over_http<N: Network>(network: &N, request: Request<'_>) -> Result<Response, Failure> {
    let response = network.fetch(request).await.map_err(|Failed { failure, .. }| failure)?;
    let wrong = |cause| {
        let turn = Some(request.turn.number);
        Err(Failure { protocol: Protocol::Http, turn, cause, inferred_from: Inference::Reply })
    };
    let must_echo = network.offers(Service::News, Protocol::Http);
    match response.status {
        200..=299 if !must_echo || response.body == request.body.unwrap_or_default() => Ok(response),
        200..=299 => wrong(Cause::DifferentEcho),
        status => wrong(Cause::Status { status }),
    }
}

/// Sends a message and waits for it to come back. What the server says unasked meanwhile, such as a greeting, is
/// recorded as that.
///
/// # Errors
/// When the socket is closed first, nothing comes in time, or what comes is not what was sent.
pub(super) async fn echo_over_socket<S: Socket>(socket: &S, turn: Turn, payload: Payload<'_>) -> Result<(), Failure> {
    let sent = socket.send(turn, payload)?;
    let failure =
        |cause, inferred_from| Failure { protocol: Protocol::WebSocket, turn: Some(turn.number), cause, inferred_from };
    for _ in 0..=MOST_UNASKED {
        let reply = match socket.next(turn, None).await {
            Ok(reply) => reply,
            Err(error) => {
                socket.give_up_unanswered();
                return Err(error);
            }
        };
        if reply.answers == Some(sent) {
            let same = reply.payload == payload.bytes();
            return if same { Ok(()) } else { Err(failure(Cause::DifferentEcho, Inference::Reply)) };
        }
    }
    let why = format!("more than {MOST_UNASKED} messages came, and none is the one that was sent");
    Err(failure(Cause::Unreadable { why }, Inference::Reply))
}
