//! Promises whose settling is stamped in their own callback.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

use super::clock;
use crate::trace::Time;

/// How and when a promise was settled.
pub(super) struct Settled {
    pub(super) at: Time,
    pub(super) result: Result<JsValue, JsValue>,
}

type Callback = Closure<dyn FnMut(JsValue)>;

#[derive(Default)]
struct State {
    settled: Option<Settled>,
    waker: Option<Waker>,
    /// They live until one of them is called, whether or not anybody still waits: the promise would
    /// otherwise call what is no longer there.
    callbacks: Option<[Callback; 2]>,
}

/// Waits for a promise.
pub(super) struct Settling {
    state: Rc<RefCell<State>>,
}

/// Waits for a promise; the stamp is taken in the promise's own callback.
pub(super) fn settled(promise: &Promise) -> Settling {
    let state = Rc::new(RefCell::new(State::default()));
    let callback = |fulfilled: bool| {
        let state = state.clone();
        Callback::new(move |value| {
            let at = clock::now();
            let mut state = state.borrow_mut();
            state.settled = Some(Settled { at, result: if fulfilled { Ok(value) } else { Err(value) } });
            let (waker, callbacks) = (state.waker.take(), state.callbacks.take());
            drop(state);
            if let Some(waker) = waker {
                waker.wake();
            }
            // Last: this closure is one of them.
            drop(callbacks);
        })
    };
    let callbacks = [callback(true), callback(false)];
    // The promise that this gives is settled when the callback returns; nobody waits for it.
    drop(promise.then2(&callbacks[0], &callbacks[1]));
    state.borrow_mut().callbacks = Some(callbacks);
    Settling { state }
}

impl Future for Settling {
    type Output = Settled;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Settled> {
        let mut state = self.state.borrow_mut();
        match state.settled.take() {
            Some(settled) => Poll::Ready(settled),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
