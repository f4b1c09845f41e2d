//! Committing a fault over HTTP: the response is made as a right one would be, and the stream is told
//! what to do to it.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::Frame;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue};

use super::Problem;
use super::fault::FaultRequest;
use crate::server::plan::{self, Act, Plan};
use crate::server::visit::Visit;
use crate::wire::Fault;

/// What an answer holds that has to be of some length to be cut.
const FILLER: Bytes = Bytes::from_static(b"This answer is long enough to go wrong in the middle.");
/// A chunk's size that is no number (RFC 9112 §7.1), and what might be taken for its data.
const BAD_CHUNK: Bytes = Bytes::from_static(b"no number\r\nno data\r\n");

/// A fault that needs nothing of the request but its head: neither is the body read, nor is there an
/// answer.
///
/// # Errors
/// A `400` over HTTP/2, where the connection is not this exchange's alone.
pub(super) fn without_answer(request: &FaultRequest, visit: &Visit) -> Result<Option<Response>, Problem> {
    let act = match request.fault {
        Fault::Close => Act::End,
        Fault::Reset => Act::Reset,
        Fault::Vanish => Act::Vanish,
        _ => return Ok(None),
    };
    own_connection(request, visit)?;
    visit.meter.plan(Plan::at_once(act));
    Ok(Some(Body::empty().into_response()))
}

/// A fault of a handshake: there is no answer at all.
///
/// # Errors
/// The status that was asked for, as a problem; a `400` for a fault that needs an answer to be in.
pub(super) fn at_handshake(request: &FaultRequest, visit: &Visit) -> Result<Response, Problem> {
    let act = match request.fault {
        Fault::Status => return Err(request.status_problem()),
        Fault::Close => Act::End,
        Fault::Reset => Act::Reset,
        Fault::Stall => Act::Stall,
        Fault::Vanish => Act::Vanish,
        _ => {
            let detail = format!(
                "The fault “{}” is not offered at the handshake, which has no payload: ask for it with a message, \
                 “at=1” or later, or for close, reset, stall, status or vanish.",
                request.fault
            );
            return Err(Problem::bad_request(detail));
        }
    };
    visit.meter.plan(Plan::at_once(act));
    Ok(Body::empty().into_response())
}

/// The answer with the fault in it. `response` is the right one, without its body, which is `body`.
///
/// # Errors
/// The status that was asked for, as a problem; a `400` over HTTP/2 where the fault is one of the
/// connection.
pub(super) fn in_answer(
    request: &FaultRequest,
    visit: &Visit,
    mut response: Response,
    body: Bytes,
) -> Result<Response, Problem> {
    let long_enough = || if body.len() < 2 { FILLER } else { body.clone() };
    match request.fault {
        Fault::Status => return Err(request.status_problem()),
        Fault::Goodbye => {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            *response.body_mut() = body.into();
        }
        Fault::BadUtf8 => {
            let media_type = HeaderValue::from_static("text/plain; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, media_type);
            *response.body_mut() = [&body[..], &[0xFF]].concat().into();
        }
        Fault::BadFrame => {
            own_connection(request, visit)?;
            let body = long_enough();
            // The first chunk is a right one: its size, its data, and two line ends.
            let chunk = format!("{:x}", body.len()).len() + body.len() + 4;
            visit.meter.plan(Plan::after(chunk as u64, Act::Instead(BAD_CHUNK)));
            *response.body_mut() = Body::new(Chunked(Some(body)));
        }
        Fault::Cut | Fault::Short | Fault::Stall | Fault::Drip => {
            own_connection(request, visit)?;
            let body = long_enough();
            let half = body.len() as u64 / 2;
            visit.meter.plan(match request.fault {
                Fault::Cut => Plan::after(half, Act::Reset),
                Fault::Short => Plan::after(half, Act::End),
                Fault::Stall => Plan::after(half, Act::Stall),
                _ => Plan::after(0, Act::Drip(plan::drop_size(body.len()), plan::DRIP)),
            });
            *response.body_mut() = body.into();
        }
        // They have no answer.
        Fault::Close | Fault::Reset | Fault::Vanish => {}
    }
    Ok(response)
}

/// Over HTTP/2 a connection that breaks would take other exchanges with it.
fn own_connection(request: &FaultRequest, visit: &Visit) -> Result<(), Problem> {
    if visit.is_multiplexed {
        let detail = format!(
            "The fault “{}” is one of the connection, which over HTTP/2 several exchanges share: ask for it over \
             HTTP/1.1.",
            request.fault
        );
        return Err(Problem::bad_request(detail));
    }
    Ok(())
}

/// A body whose length nobody knows, so that it is sent in chunks (RFC 9112 §7.1).
struct Chunked(Option<Bytes>);

impl HttpBody for Chunked {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }
}
