//! One measured `fetch`: built by gloo-net, called and stamped here.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use gloo_net::http::{Method, RequestBuilder};
use js_sys::{ArrayBuffer, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AbortController, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache, RequestCredentials, RequestMode,
    Response,
};

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
    /// What is known since its head was there.
    pub(super) begun: Begun,
    /// When the last byte was there: the body's promise was fulfilled.
    pub(super) at: Time,
    pub(super) body: Vec<u8>,
}

/// What is known of a response once its head is there.
#[derive(Clone, Debug)]
pub(super) struct Begun {
    /// When the fetch's promise was fulfilled.
    pub(super) head: Time,
    pub(super) status: u16,
    pub(super) media_type: String,
    pub(super) evidence: Option<Evidence>,
}

/// How far the reading of a response is. Whoever gives it up can look here what there was.
#[derive(Clone, Default)]
pub(super) struct Progress(Rc<RefCell<Reading>>);

/// What was read until now.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    /// `None` while there is no head.
    pub(super) begun: Option<Begun>,
    /// The body until now, where it is read as it comes; else empty until the end.
    pub(super) body: Vec<u8>,
    /// When how many bytes of the body were there, where it is read as it comes.
    pub(super) pieces: Vec<(Time, u64)>,
}

impl Progress {
    /// What was read until now.
    pub(super) fn reading(&self) -> Reading {
        self.0.borrow().clone()
    }
}

/// How a body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// At once, when it is all there.
    Whole,
    /// As it comes.
    Streamed,
}

/// Why there is none.
pub(super) enum FetchError {
    /// The request could not be built or called.
    Unusable(String),
    /// The fetch's promise was rejected at that time: no head came.
    NoHead(Time),
    /// The body's promise was rejected at that time: the head came, the body did not.
    NoBody(Time),
}

impl Fetch {
    /// A request that no cache, cookie or preflight gets between: `no-store`, credentials omitted, no
    /// header that is not CORS-safelisted (Fetch §2.2.2), unless a media type asks for one. A body has no content
    /// type else, and needs none. There is no referrer: the page's own address, settings and all, is none of the
    /// protocol's.
    pub(super) fn new(
        url: &str,
        query: &[(&str, &str)],
        method: Method,
        mode: RequestMode,
        body: Option<&[u8]>,
        media_type: Option<&str>,
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
        let builder = match media_type {
            Some(media_type) => builder.header("Content-Type", media_type),
            None => builder,
        };
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
    pub(super) fn call(
        &self,
        body: Body,
        progress: &Progress,
    ) -> (Time, impl Future<Output = Result<Read, FetchError>> + use<>) {
        let window = web_sys::window().expect("a page has a window");
        let progress = progress.clone();
        let called = clock::now();
        let promise = window.fetch_with_request(&self.request);
        let head = promise::settled(&promise);
        (called, async move {
            let head = head.await;
            let no_head = |_| FetchError::NoHead(head.at);
            let response: Response = head.result.map_err(no_head)?.dyn_into().map_err(no_head)?;
            let header = |name| response.headers().get(name).ok().flatten();
            let begun = Begun {
                head: head.at,
                status: response.status(),
                media_type: header("content-type").unwrap_or_default(),
                evidence: header(EVIDENCE_HEADER).and_then(|text| serde_json::from_str(&text).ok()),
            };
            progress.0.borrow_mut().begun = Some(begun.clone());
            match body {
                Body::Whole => whole(&response, begun).await,
                Body::Streamed => streamed(&response, begun, &progress).await,
            }
        })
    }
}

async fn whole(response: &Response, begun: Begun) -> Result<Read, FetchError> {
    let body = response.array_buffer().map_err(|_| FetchError::NoBody(begun.head))?;
    let body = promise::settled(&body).await;
    let buffer: ArrayBuffer = body.result.map_err(|_| FetchError::NoBody(body.at))?.unchecked_into();
    Ok(Read { begun, at: body.at, body: Uint8Array::new(&buffer).to_vec() })
}

/// Reads a body piece by piece, as the browser hands it on (Streams standard, §4.4).
async fn streamed(response: &Response, begun: Begun, progress: &Progress) -> Result<Read, FetchError> {
    let Some(stream) = response.body() else {
        return Ok(Read { at: begun.head, begun, body: Vec::new() });
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    loop {
        let piece = promise::settled(&reader.read()).await;
        let result = piece.result.map_err(|_| FetchError::NoBody(piece.at))?;
        let field = |name: &str| Reflect::get(&result, &name.into()).unwrap_or_default();
        if field("done").is_truthy() {
            let body = std::mem::take(&mut progress.0.borrow_mut().body);
            return Ok(Read { begun, at: piece.at, body });
        }
        let mut reading = progress.0.borrow_mut();
        let bytes: Uint8Array = field("value").unchecked_into();
        reading.body.extend(bytes.to_vec());
        let length = reading.body.len() as u64;
        reading.pieces.push((piece.at, length));
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
