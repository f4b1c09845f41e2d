//! One run at a time in a browser: tabs and frames of this origin wait for one another, as far as the browser lets them know
//! of each other. (Frames within pages of different sites it keeps apart.)
//!
//! A lock of the browser (Web Locks) is given back by the browser itself when a tab is closed or breaks down. Without a
//! secure context there are none; there pages shout to each other over a `BroadcastChannel`. Where neither is allowed (a
//! sandboxed frame), nobody is waited for.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, BroadcastChannel, MessageEvent};

use super::{clock, promise, timer};
use crate::network::taking_turns::{Contender, Shout, Ticket};
use crate::trace::Span;

/// The name of lock and channel.
const NAME: &str = "duplex-run";

/// The turn. It is over when this is dropped. Where there was nobody to ask it is neither of the two.
#[derive(Default)]
pub struct Turn {
    _lock: Option<Lock>,
    _channel: Option<Channel>,
}

/// Waits for the turn; calls back if it has to wait for somebody. Dropping the future gives the waiting up.
pub async fn take(waits: impl FnOnce()) -> Turn {
    let mut waits = Some(waits);
    let waits = move || {
        if let Some(waits) = waits.take() {
            waits();
        }
    };
    match Locks::find() {
        Some(locks) => Turn { _lock: locks.take(waits).await, ..Turn::default() },
        None => Turn { _channel: Channel::take(waits).await, ..Turn::default() },
    }
}

/// `navigator.locks`, which the bindings do not have yet.
struct Locks {
    manager: JsValue,
    request: Function,
}

impl Locks {
    /// Only in a secure context.
    fn find() -> Option<Self> {
        let navigator = web_sys::window()?.navigator();
        let manager = Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object)?;
        let request = Reflect::get(&manager, &"request".into()).ok()?.dyn_into().ok()?;
        Some(Self { manager, request })
    }

    async fn take(&self, mut waits: impl FnMut()) -> Option<Lock> {
        match self.ask("ifAvailable", &JsValue::TRUE, Lock::default()).await {
            Answer::Granted(lock) => Some(lock),
            Answer::Refused => None,
            Answer::Taken => {
                waits();
                let controller = AbortController::new().ok()?;
                let signal = controller.signal();
                match self.ask("signal", &signal, Lock { controller: Some(controller), release: None }).await {
                    Answer::Granted(lock) => Some(lock),
                    Answer::Taken | Answer::Refused => None,
                }
            }
        }
    }

    /// Requests the lock with one option. What is given is held until it is dropped.
    async fn ask(&self, option: &str, value: &JsValue, mut lock: Lock) -> Answer {
        let over = Promise::new(&mut |resolve, _| lock.release = Some(resolve));
        let mut granted = None;
        let answered = Promise::new(&mut |resolve, _| granted = Some(resolve));
        let callback = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            if let Some(granted) = &granted {
                // A function that resolves does not throw.
                granted.call1(&JsValue::NULL, &(!lock.is_null()).into()).ok();
            }
            if lock.is_null() { JsValue::UNDEFINED } else { over.into() }
        });
        let options = Object::new();
        // A plain object takes any property.
        Reflect::set(&options, &option.into(), value).ok();
        let asked = self.request.call3(&self.manager, &NAME.into(), &options, &callback);
        let Ok(ended) = asked.and_then(JsCast::dyn_into::<Promise>) else { return Answer::Refused };
        // The request's own promise is kept until the lock is given back, unless it is refused.
        let first = Promise::race(&js_sys::Array::of2(&answered, &ended));
        match promise::settled(&first).await.result {
            Ok(is_granted) if is_granted.is_truthy() => Answer::Granted(lock),
            Ok(_) => Answer::Taken,
            Err(_) => Answer::Refused,
        }
    }
}

enum Answer {
    Granted(Lock),
    /// Somebody has it.
    Taken,
    /// The browser does not let this page have locks.
    Refused,
}

/// A lock, or the wish for one; either ends when this is dropped.
#[derive(Default)]
struct Lock {
    controller: Option<AbortController>,
    release: Option<Function>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Without effect once it was granted.
        if let Some(controller) = &self.controller {
            controller.abort();
        }
        if let Some(release) = &self.release {
            release.call0(&JsValue::NULL).ok();
        }
    }
}

/// So long one waits for objections.
const SILENCE: Span = Span::from_millis(300);
/// After so long one asks again: whoever objected may have vanished.
const AGAIN: Span = Span::from_millis(2_000);

/// A place among those that shout.
struct Channel {
    channel: BroadcastChannel,
    shared: Rc<RefCell<Shared>>,
    _listener: Closure<dyn FnMut(MessageEvent)>,
}

struct Shared {
    contender: Contender,
    /// A turn was over since the last time that somebody looked.
    over: bool,
    waker: Option<Waker>,
}

impl Channel {
    fn join() -> Option<Self> {
        let channel = BroadcastChannel::new(NAME).ok()?;
        let id = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
        let contender = Contender::new(Ticket { since: clock::wall_clock() as u64, id });
        let shared = Rc::new(RefCell::new(Shared { contender, over: false, waker: None }));
        let (listening, replying) = (shared.clone(), channel.clone());
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let heard = event.data().as_string().and_then(|json| serde_json::from_str::<Shout>(&json).ok());
            let Some(heard) = heard else { return };
            let mut shared = listening.borrow_mut();
            if let Some(reply) = shared.contender.hear(heard) {
                shout(&replying, reply);
            }
            if heard == Shout::Over {
                shared.over = true;
                if let Some(waker) = shared.waker.take() {
                    waker.wake();
                }
            }
        });
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        Some(Self { channel, shared, _listener: listener })
    }

    async fn take(mut waits: impl FnMut()) -> Option<Self> {
        let own = Self::join()?;
        loop {
            let asked = {
                let mut shared = own.shared.borrow_mut();
                shared.over = false;
                shared.contender.ask()
            };
            shout(&own.channel, asked);
            timer::sleep(SILENCE).await;
            if own.shared.borrow_mut().contender.take() {
                return Some(own);
            }
            waits();
            timer::within(AGAIN, own.a_turn_is_over()).await;
        }
    }

    async fn a_turn_is_over(&self) {
        std::future::poll_fn(|context| {
            let mut shared = self.shared.borrow_mut();
            if shared.over {
                return Poll::Ready(());
            }
            shared.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        shout(&self.channel, Shout::Over);
        self.channel.close();
    }
}

fn shout(channel: &BroadcastChannel, what: Shout) {
    if let Ok(json) = serde_json::to_string(&what) {
        // It fails for a closed channel alone.
        channel.post_message(&json.into()).ok();
    }
}
