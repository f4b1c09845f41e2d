//! Waiting: for a time, for a frame, and no longer than.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use gloo_timers::future::TimeoutFuture;
use js_sys::Promise;

use super::{clock, promise, surroundings};
use crate::trace::{Span, Time};

/// How long a frame is waited for.
const LONGEST_FRAME: Span = Span::from_millis(250);

/// Waits this long, as exactly as the browser's timers are.
pub async fn sleep(span: Span) {
    if span > Span::ZERO {
        TimeoutFuture::new(u32::try_from((span.0 + 999) / 1000).unwrap_or(u32::MAX)).await;
    }
}

/// Waits until that time. Timers may fire a little early on the page's clock, hence the loop.
pub async fn sleep_until(at: Time) {
    loop {
        let left = at - clock::now();
        if left <= Span::ZERO {
            return;
        }
        sleep(left).await;
    }
}

/// The future's result, or `None` when it takes longer than that; it is dropped then.
pub async fn within<F: Future>(span: Span, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut timer = pin!(sleep(span));
    std::future::poll_fn(|context| {
        if let Poll::Ready(result) = future.as_mut().poll(context) {
            return Poll::Ready(Some(result));
        }
        timer.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// Waits for the next frame, draws in it, and waits until it is painted. A hidden page has no
/// frames; there it returns at once.
pub async fn frame(draw: impl FnOnce()) {
    if surroundings::hidden() {
        return;
    }
    let next_frame = Promise::new(&mut |resolve, _| {
        if let Some(window) = web_sys::window() {
            // Without a frame nothing would ever be drawn, so a refusal resolves at once.
            if window.request_animation_frame(&resolve).is_err() {
                resolve.call0(&wasm_bindgen::JsValue::NULL).ok();
            }
        }
    });
    // A tab may be hidden while it waits for its frame, which then never comes.
    within(LONGEST_FRAME, promise::settled(&next_frame)).await;
    draw();
    TimeoutFuture::new(0).await;
}
