//! One `EventSource`, owned together with its callbacks. Each callback takes its stamp first, then queues
//! what came; dropping it detaches the callbacks and closes it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, MessageEvent};

use super::clock;
use crate::network::bell::Bell;
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
    opened: Cell<Option<Time>>,
    inbox: RefCell<VecDeque<Came>>,
    /// It was closed for good at that time; a stream that merely broke off is opened again by the browser.
    failed: Cell<Option<Time>>,
    bell: Bell,
}

/// An `EventSource` and what came on it.
pub(super) struct EventSource {
    source: web_sys::EventSource,
    state: Rc<State>,
    _on_open: Closure<dyn FnMut(Event)>,
    _on_error: Closure<dyn FnMut(Event)>,
    on_event: Closure<dyn FnMut(MessageEvent)>,
}

impl EventSource {
    /// Calls the constructor. Gives the time of the call as well.
    pub(super) fn connect(url: &str) -> Result<(Time, Self), JsValue> {
        let called = clock::now();
        let source = web_sys::EventSource::new(url)?;
        let state = Rc::new(State::default());
        let on_open = {
            let state = state.clone();
            Closure::<dyn FnMut(Event)>::new(move |_| {
                let at = clock::now();
                state.opened.set(state.opened.get().or(Some(at)));
                state.bell.ring();
            })
        };
        let on_error = {
            let (state, source) = (state.clone(), source.clone());
            Closure::<dyn FnMut(Event)>::new(move |_| {
                let at = clock::now();
                if source.ready_state() == web_sys::EventSource::CLOSED {
                    state.failed.set(Some(at));
                    state.bell.ring();
                }
            })
        };
        let on_event = {
            let state = state.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let at = clock::now();
                let data = event.data().as_string().unwrap_or_default();
                state.inbox.borrow_mut().push_back(Came { at, name: event.type_(), data });
                state.bell.ring();
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
        let State { opened, failed, bell, .. } = &*self.state;
        bell.until(|| opened.get().map(Ok).or_else(|| failed.get().map(Err))).await
    }

    /// Waits for the next event. What came before it failed is given first.
    pub(super) async fn next(&self) -> Result<Came, Time> {
        let State { failed, bell, .. } = &*self.state;
        bell.until(|| self.take().map(Ok).or_else(|| failed.get().map(Err))).await
    }

    /// The next event, if one came.
    pub(super) fn take(&self) -> Option<Came> {
        self.state.inbox.borrow_mut().pop_front()
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
