//! One `EventSource`, owned together with its callbacks. Each callback takes its stamp first, then queues
//! what came; dropping it detaches the callbacks and closes it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Poll, Waker};

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, MessageEvent};

use super::clock;
use crate::trace::Time;

/// The types of events that our server sends, and that of an event without one (HTML standard, §9.2.6).
const TYPES: [&str; 4] = ["message", "news", "end", "room"];

/// An event that came.
pub(super) struct Came {
    pub(super) at: Time,
    pub(super) name: String,
    pub(super) data: String,
}

#[derive(Default)]
struct State {
    opened: Option<Time>,
    inbox: VecDeque<Came>,
    /// It was closed for good at that time; a stream that merely broke off is opened again by the browser.
    failed: Option<Time>,
    waker: Option<Waker>,
}

impl State {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// An `EventSource` and what came on it.
pub(super) struct EventSource {
    source: web_sys::EventSource,
    state: Rc<RefCell<State>>,
    _on_open: Closure<dyn FnMut(Event)>,
    _on_error: Closure<dyn FnMut(Event)>,
    on_event: Closure<dyn FnMut(MessageEvent)>,
}

impl EventSource {
    /// Calls the constructor. Gives the time of the call as well.
    pub(super) fn connect(url: &str) -> Result<(Time, Self), JsValue> {
        let called = clock::now();
        let source = web_sys::EventSource::new(url)?;
        let state = Rc::new(RefCell::new(State::default()));
        let on_open = {
            let state = state.clone();
            Closure::<dyn FnMut(Event)>::new(move |_| {
                let at = clock::now();
                let mut state = state.borrow_mut();
                state.opened.get_or_insert(at);
                state.wake();
            })
        };
        let on_error = {
            let (state, source) = (state.clone(), source.clone());
            Closure::<dyn FnMut(Event)>::new(move |_| {
                let at = clock::now();
                if source.ready_state() == web_sys::EventSource::CLOSED {
                    let mut state = state.borrow_mut();
                    state.failed = Some(at);
                    state.wake();
                }
            })
        };
        let on_event = {
            let state = state.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let at = clock::now();
                let mut state = state.borrow_mut();
                let data = event.data().as_string().unwrap_or_default();
                state.inbox.push_back(Came { at, name: event.type_(), data });
                state.wake();
            })
        };
        source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        for name in TYPES {
            source.add_event_listener_with_callback(name, on_event.as_ref().unchecked_ref())?;
        }
        Ok((called, Self { source, state, _on_open: on_open, _on_error: on_error, on_event }))
    }

    /// Waits until the response has begun, and gives when; the error is when it failed for good.
    pub(super) async fn opened(&self) -> Result<Time, Time> {
        self.wait(|state| match (state.opened, state.failed) {
            (Some(at), _) => Some(Ok(at)),
            (None, Some(at)) => Some(Err(at)),
            (None, None) => None,
        })
        .await
    }

    /// Waits for the next event. What came before it failed is given first.
    pub(super) async fn next(&self) -> Result<Came, Time> {
        self.wait(|state| match (state.inbox.pop_front(), state.failed) {
            (Some(came), _) => Some(Ok(came)),
            (None, Some(at)) => Some(Err(at)),
            (None, None) => None,
        })
        .await
    }

    async fn wait<T>(&self, mut ready: impl FnMut(&mut State) -> Option<T>) -> T {
        std::future::poll_fn(|context| {
            let mut state = self.state.borrow_mut();
            match ready(&mut state) {
                Some(value) => Poll::Ready(value),
                None => {
                    state.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl Drop for EventSource {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onerror(None);
        for name in TYPES {
            // It was added to this very object.
            self.source.remove_event_listener_with_callback(name, self.on_event.as_ref().unchecked_ref()).ok();
        }
        self.source.close();
    }
}
