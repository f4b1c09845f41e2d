//! One `WebSocket`, owned together with its callbacks. Each callback takes its stamp first, then
//! queues what came; dropping the socket detaches the callbacks and closes it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

use super::clock;
use crate::network::bell::Bell;
use crate::trace::Time;

/// A message that came.
pub(super) struct Incoming {
    /// When its `message` event came.
    pub(super) at: Time,
    pub(super) data: Data,
}

/// What a message carries (RFC 6455 §5.6).
pub(super) enum Data {
    Binary(Vec<u8>),
    Text(String),
}

/// How the socket was closed: its `close` event.
#[derive(Clone, Debug)]
pub(super) struct CloseSeen {
    pub(super) at: Time,
    pub(super) code: u16,
    pub(super) reason: String,
    pub(super) clean: bool,
}

#[derive(Default)]
struct State {
    opened: Cell<Option<Time>>,
    inbox: RefCell<VecDeque<(Time, JsValue)>>,
    closed: RefCell<Option<CloseSeen>>,
    bell: Bell,
}

/// A `WebSocket` and what came on it.
pub(super) struct Socket {
    socket: WebSocket,
    state: Rc<State>,
    _on_open: Closure<dyn FnMut(Event)>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    /// Calls the constructor. Gives the time of the call as well.
    pub(super) fn connect(url: &str, subprotocol: Option<&str>) -> Result<(Time, Self), JsValue> {
        let called = clock::now();
        let socket = match subprotocol {
            Some(name) => WebSocket::new_with_str(url, name)?,
            None => WebSocket::new(url)?,
        };
        socket.set_binary_type(BinaryType::Arraybuffer);
        let state = Rc::new(State::default());
        let on_open = {
            let state = state.clone();
            Closure::<dyn FnMut(Event)>::new(move |_| {
                let at = clock::now();
                state.opened.set(Some(at));
                state.bell.ring();
            })
        };
        let on_message = {
            let state = state.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let at = clock::now();
                state.inbox.borrow_mut().push_back((at, event.data()));
                state.bell.ring();
            })
        };
        let on_close = {
            let state = state.clone();
            Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
                let at = clock::now();
                let (code, reason, clean) = (event.code(), event.reason(), event.was_clean());
                *state.closed.borrow_mut() = Some(CloseSeen { at, code, reason, clean });
                state.bell.ring();
            })
        };
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Ok((called, Self { socket, state, _on_open: on_open, _on_message: on_message, _on_close: on_close }))
    }

    /// Waits for the `open` event, and gives its time.
    pub(super) async fn opened(&self) -> Result<Time, CloseSeen> {
        let State { opened, bell, .. } = &*self.state;
        bell.until(|| opened.get().map(Ok).or_else(|| self.close_seen().map(Err))).await
    }

    /// Waits for the next message. What came before a close is given first.
    pub(super) async fn next(&self) -> Result<Incoming, CloseSeen> {
        self.state.bell.until(|| self.take().map(Ok).or_else(|| self.close_seen().map(Err))).await
    }

    /// The next message, if one came.
    pub(super) fn take(&self) -> Option<Incoming> {
        let (at, data) = self.state.inbox.borrow_mut().pop_front()?;
        let data = match data.dyn_ref::<ArrayBuffer>() {
            Some(buffer) => Data::Binary(Uint8Array::new(buffer).to_vec()),
            None => Data::Text(data.as_string().unwrap_or_default()),
        };
        Some(Incoming { at, data })
    }

    /// Waits for the `close` event.
    pub(super) async fn closed(&self) -> CloseSeen {
        self.state.bell.until(|| self.close_seen()).await
    }

    /// The `close` event, if it came.
    pub(super) fn close_seen(&self) -> Option<CloseSeen> {
        self.state.closed.borrow().clone()
    }

    /// Messages can be sent. What is sent while it closes is thrown away by the browser (WebSockets standard, `send()`).
    pub(super) fn is_open(&self) -> bool {
        self.socket.ready_state() == WebSocket::OPEN
    }

    /// Sends a binary message; gives the time of the call.
    pub(super) fn send(&self, bytes: &[u8]) -> Result<Time, JsValue> {
        let at = clock::now();
        self.socket.send_with_u8_array(bytes)?;
        Ok(at)
    }

    /// Sends a text message; gives the time of the call.
    pub(super) fn send_text(&self, text: &str) -> Result<Time, JsValue> {
        let at = clock::now();
        self.socket.send_with_str(text)?;
        Ok(at)
    }

    /// Bytes that were sent and have not gone out.
    pub(super) fn buffered(&self) -> u64 {
        self.socket.buffered_amount().into()
    }

    /// Begins the closing handshake (RFC 6455 §7.1.2); gives the time of the call.
    ///
    /// # Errors
    /// When a page may not use that code or so long a reason.
    pub(super) fn close(&self, code: u16, reason: &str) -> Result<Time, JsValue> {
        let at = clock::now();
        self.socket.close_with_code_and_reason(code, reason)?;
        Ok(at)
    }

    /// The agreed subprotocol and extensions.
    pub(super) fn agreed(&self) -> (String, String) {
        (self.socket.protocol(), self.socket.extensions())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // A page may use this code.
        self.close(1000, "").ok();
    }
}
