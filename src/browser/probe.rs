//! What a page can find out after a failure that told it nothing: whether anybody answers there.

use gloo_net::http::Method;
use web_sys::RequestMode;

use super::fetch::{Body, Fetch, Progress};
use super::{page_address, timer, url};
use crate::trace::{Cause, Inference, Span};

/// How long a probe waits.
const PATIENCE: Span = Span::from_millis(3_000);

/// Whether anything answers HTTP at a URL. A `no-cors` request succeeds whatever the answer is, and
/// lets nobody read it.
pub(super) async fn answers(url: &str) -> bool {
    let Ok(fetch) = Fetch::new(url, &[], Method::GET, RequestMode::NoCors, None, None) else {
        return false;
    };
    let (_, response) = fetch.call(Body::Whole, &Progress::default());
    matches!(timer::within(PATIENCE, response).await, Some(Ok(_)))
}

/// Why a `fetch` failed that never got a head.
pub(super) async fn why_no_head(url: &str, answered_before: bool) -> (Cause, Inference) {
    if page_address::mixed_content(url) {
        return (Cause::MixedContent, Inference::Schemes);
    }
    let somebody_answers = answers(url).await;
    let inference = if somebody_answers { Inference::ProbeAnswered } else { Inference::ProbeFailed };
    let cause = match (somebody_answers, answered_before) {
        (true, false) if !page_address::same_origin(url) => Cause::Cors,
        (true, _) => Cause::ClosedMidway { code: None, reason: String::new() },
        (false, true) => Cause::Vanished,
        (false, false) => Cause::NoAnswer,
    };
    (cause, inference)
}

/// Why a WebSocket closed before it was open.
pub(super) async fn why_not_open(url: &str) -> (Cause, Inference) {
    if page_address::mixed_content(url) {
        return (Cause::MixedContent, Inference::Schemes);
    }
    let Some(origin) = url::http_origin(url) else { return (Cause::NoAnswer, Inference::Schemes) };
    match answers(&format!("{origin}{}", url::path(url))).await {
        true => (Cause::HandshakeRefused, Inference::ProbeAnswered),
        false => (Cause::NoAnswer, Inference::ProbeFailed),
    }
}
