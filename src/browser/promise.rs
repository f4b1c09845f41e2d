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

#[derive(Default)]
struct State {
    settled: Option<Settled>,
    waker: Option<Waker>,
}

/// Waits for a promise.
pub(super) struct Settling {
    state: Rc<RefCell<State>>,
    _callbacks: [Closure<dyn FnMut(JsValue)>; 2],
}

/// Waits for a promise; the stamp is taken in the promise's own callback.
pub(super) fn settled(promise: &Promise) -> Settling {
    let state = Rc::new(RefCell::new(State::default()));
    let callback = |fulfilled: bool| {
        let state = state.clone();
        Closure::<dyn FnMut(JsValue)>::new(move |value| {
            let at = clock::now();
            let mut state = state.borrow_mut();
            state.settled = Some(Settled { at, result: if fulfilled { Ok(value) } else { Err(value) } });
            if let Some(waker) = state.waker.take() {
                waker.wake();
            }
        })
    };
    let callbacks = [callback(true), callback(false)];
    // The promise that this gives is settled when the callback returns; nobody waits for it.
    drop(promise.then2(&callbacks[0], &callbacks[1]));
    Settling { state, _callbacks: callbacks }
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
