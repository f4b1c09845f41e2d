//! The lab `formats`: what may be carried. Small payloads of six formats are echoed over HTTP with their media
//! type, and over a WebSocket as text and as binary messages. Then a request that may need a preflight, and text
//! that is none, which the server sends since a page cannot.
//!
//! Turn n carries the n-th of [`Format::ALL`] in the parts `http` and `websocket`.

mod samples;

pub use samples::{Sample, samples};

use super::echo::echo_over_socket;
use super::parameter::{CONNECT_TIMEOUT, Parameter, REPLY_TIMEOUT, Range};
use super::settings::Settings;
use crate::analysis::Claim;
use crate::analysis::judgement::formats::{Format, part};
use crate::network::{Failed, Network, Opening, Payload, Request, Service, Socket};
use crate::trace::{Cause, Failure, Protocol, Turn};
use crate::wire::{Fault, query};

/// How many random bytes there are.
pub const SIZE: Range = Range { name: "size", least: 1, most: 64 * 1024, default: 1024, unit: "bytes" };

/// All parameters.
pub const PARAMETERS: &[Parameter] =
    &[Parameter::Number(SIZE), Parameter::Number(CONNECT_TIMEOUT), Parameter::Number(REPLY_TIMEOUT)];

/// The claims that it tests.
pub const CLAIMS: &[Claim] = &[Claim::C6, Claim::C7];

/// The first turn behind those of the formats.
const AFTERWARDS: u32 = Format::ALL.len() as u32 + 1;

/// A text that a server can spoil.
const TEXT: &str = "This will not arrive as it was sent.";

/// Runs the script.
///
/// # Errors
/// When neither protocol carries anything; what was done until then is recorded.
pub async fn run<N: Network>(network: &N, settings: &Settings) -> Result<(), Failure> {
    let samples = samples(settings.number(&SIZE));
    let http = over_http(network, &samples).await;
    if http.is_ok() {
        ask_permission(network, &samples[1]).await;
    }
    let socket = over_socket(network, &samples).await;
    // A server that has news is a Duplex server, and commits faults.
    if socket.is_ok() && network.offers(Service::News, Protocol::WebSocket) {
        bad_text_over_socket(network).await;
    }
    if http.is_ok() && network.offers(Service::News, Protocol::Http) {
        bad_text_over_http(network).await;
    }
    if socket.is_err() { http } else { Ok(()) }
}

/// Each format there and back, its media type asked for in the query: a content type of the request's own could
/// cause a preflight.
///
/// # Errors
/// When not even the first comes back.
async fn over_http<N: Network>(network: &N, samples: &[Sample]) -> Result<(), Failure> {
    network.part(part::HTTP, Some(Protocol::Http));
    for (number, Sample { format, bytes }) in (1..).zip(samples) {
        network.between_turns().await;
        let query = [(query::TYPE, format.media_type())];
        let echoed = network.fetch(Request::echo(Turn::of(number), bytes).with(&query)).await;
        if let (1, Err(Failed { failure, .. })) = (number, echoed) {
            return Err(failure);
        }
    }
    Ok(())
}

/// The same body without a content type, and with one that is not CORS-safelisted (Fetch §2.2.2): what the second
/// takes longer is a preflight's, where there is one.
async fn ask_permission<N: Network>(network: &N, json: &Sample) {
    network.part(part::PREFLIGHT, Some(Protocol::Http));
    for (turn, media_type) in [(AFTERWARDS, None), (AFTERWARDS + 1, Some(json.format.media_type()))] {
        network.between_turns().await;
        // How it went is in the record.
        drop(network.fetch(Request { media_type, ..Request::echo(Turn::of(turn), &json.bytes) }).await);
    }
}

/// Each format as text, where it can be that, and as binary.
///
/// # Errors
/// When the WebSocket cannot be opened.
async fn over_socket<N: Network>(network: &N, samples: &[Sample]) -> Result<(), Failure> {
    network.part(part::WEBSOCKET, Some(Protocol::WebSocket));
    let socket = network.open(Opening::of(Turn::WARM_UP, Service::Echo)).await?;
    for (number, Sample { bytes, .. }) in (1..).zip(samples) {
        let turn = Turn::of(number);
        let text = std::str::from_utf8(bytes).ok().map(Payload::Text);
        for payload in text.into_iter().chain([Payload::Binary(bytes)]) {
            network.between_turns().await;
            match echo_over_socket(&socket, turn, payload).await {
                // What came instead is in the record.
                Ok(()) | Err(Failure { cause: Cause::DifferentEcho, .. }) => {}
                // It is closed, or silent: nothing more is to be had from it.
                Err(_) => return Ok(()),
            }
        }
    }
    socket.close(1000, "").await;
    Ok(())
}

/// The server answers with a text that is no UTF-8 (RFC 6455 §8.1).
async fn bad_text_over_socket<N: Network>(network: &N) {
    network.part(part::BAD_TEXT, Some(Protocol::WebSocket));
    network.between_turns().await;
    let turn = Turn::of(AFTERWARDS + 2);
    let query = [(query::FAULT, Fault::BadUtf8.name()), (query::AT, "1")];
    let Ok(socket) = network.open(Opening::of(turn, Service::Echo).with(&query)).await else { return };
    if socket.send(turn, Payload::Text(TEXT)).is_ok() && socket.next(turn, None).await.is_ok() {
        // A browser that takes it goes on.
        socket.close(1000, "").await;
    } else {
        socket.give_up_unanswered();
    }
}

/// The same over HTTP, where it harms nobody.
async fn bad_text_over_http<N: Network>(network: &N) {
    network.part(part::BAD_TEXT_OVER_HTTP, Some(Protocol::Http));
    network.between_turns().await;
    let query = [(query::FAULT, Fault::BadUtf8.name())];
    drop(network.fetch(Request::echo(Turn::of(AFTERWARDS + 3), TEXT.as_bytes()).with(&query)).await);
}
