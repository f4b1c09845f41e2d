//! One measured `fetch`: built by gloo-net, called and stamped here.

use gloo_net::http::{Method, RequestBuilder};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, ReferrerPolicy, RequestCache, RequestCredentials, RequestMode, Response};

use super::{clock, promise};
use crate::trace::Time;
use crate::wire::{EVIDENCE_HEADER, Evidence};

/// A request that is ready to go. Dropping it aborts what is under way.
pub(super) struct Fetch {
    request: web_sys::Request,
    abort: AbortController,
}

/// A response that was read to its end.
pub(super) struct Read {
    /// When the fetch's promise was fulfilled: the head was there.
    pub(super) head: Time,
    /// When the body's promise was fulfilled: the last byte was there.
    pub(super) at: Time,
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) evidence: Option<Evidence>,
}

/// Why there is none.
pub(super) enum FetchError {
    /// The request could not be built or called.
    Unusable(String),
    /// The fetch's promise was rejected: no head came.
    NoHead,
    /// The body's promise was rejected: the head came, the body did not.
    NoBody,
}

impl Fetch {
    /// A request that no cache, cookie or preflight gets between: `no-store`, credentials omitted, no
    /// header that is not CORS-safelisted (Fetch §2.2.2). A body has no content type then, and needs
    /// none. There is no referrer: the page's own address, settings and all, is none of the protocol's.
    pub(super) fn new(
        url: &str,
        query: &[(&str, &str)],
        method: Method,
        mode: RequestMode,
        body: Option<&[u8]>,
    ) -> Result<Self, FetchError> {
        let abort = AbortController::new().map_err(unusable)?;
        let builder = RequestBuilder::new(url)
            .query(query.iter().copied())
            .method(method)
            .mode(mode)
            .cache(RequestCache::NoStore)
            .credentials(RequestCredentials::Omit)
            .referrer_policy(ReferrerPolicy::NoReferrer)
            .abort_signal(Some(&abort.signal()));
        let request = match body {
            Some(body) => builder.body(Uint8Array::from(body)),
            None => builder.build(),
        };
        let request = request.map_err(|error| FetchError::Unusable(error.to_string()))?;
        Ok(Self { request: request.into(), abort })
    }

    /// The URL that is asked for, as the browser writes it.
    pub(super) fn url(&self) -> String {
        self.request.url()
    }

    /// Calls `fetch`. Gives the time of the call, and what to await for the response.
    pub(super) fn call(&self) -> (Time, impl Future<Output = Result<Read, FetchError>>) {
        let window = web_sys::window().expect("a page has a window");
        let called = clock::now();
        let promise = window.fetch_with_request(&self.request);
        let head = promise::settled(&promise);
        (called, async move {
            let head = head.await;
            let response: Response =
                head.result.map_err(|_| FetchError::NoHead)?.dyn_into().map_err(|_| FetchError::NoHead)?;
            let body = response.array_buffer().map_err(|_| FetchError::NoBody)?;
            let body = promise::settled(&body).await;
            let buffer: ArrayBuffer = body.result.map_err(|_| FetchError::NoBody)?.unchecked_into();
            let evidence = response.headers().get(EVIDENCE_HEADER).ok().flatten();
            Ok(Read {
                head: head.at,
                at: body.at,
                status: response.status(),
                body: Uint8Array::new(&buffer).to_vec(),
                evidence: evidence.and_then(|text| serde_json::from_str(&text).ok()),
            })
        })
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

fn unusable(error: JsValue) -> FetchError {
    FetchError::Unusable(super::surroundings::error_text(&error))
}
