//! The page around this one, where it is in a frame: speaking with it, and with nobody else.
//!
//! Who embeds a page is not for the page to guess: its address and the referrer can be made up or left out. It is what the
//! browser itself says (`location.ancestorOrigins`), or, where that is not there or says nothing, the origin that the browser puts on
//! a message that came from the parent window. A page of no origin of its own (a file, a sandboxed frame) stays unknown: no message
//! can be addressed to it alone.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{JSON, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, Window};

/// Whom a message may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Whoever embeds this page, known or not: it tells nothing that one does not see anyhow.
    Anybody,
    /// The origin that embeds this page; while that is unknown the message is kept back, the newest one alone.
    KnownOrigin,
}

/// The page around this one.
#[derive(Clone)]
pub struct Host {
    parent: Window,
    known: Rc<RefCell<Known>>,
}

#[derive(Default)]
struct Known {
    /// Whose page it is.
    origin: Option<String>,
    /// What is kept back until that is known.
    kept_back: Option<String>,
}

impl Host {
    /// The page around this one; `None` where this one is by itself.
    #[must_use]
    pub fn find() -> Option<Self> {
        let window = web_sys::window()?;
        let parent = window.parent().ok().flatten()?;
        let known = Known { origin: ancestor(&window), kept_back: None };
        (!js_sys::Object::is(&parent, &window)).then(|| Self { parent, known: Rc::new(RefCell::new(known)) })
    }

    /// Sends a message, written as JSON.
    pub fn tell(&self, json: &str, reach: Reach) {
        let mut known = self.known.borrow_mut();
        match (&known.origin, reach) {
            (Some(origin), _) => self.post(json, origin),
            (None, Reach::Anybody) => self.post(json, "*"),
            (None, Reach::KnownOrigin) => known.kept_back = Some(json.to_owned()),
        }
    }

    fn post(&self, json: &str, origin: &str) {
        // Both are of our making, so neither is refused.
        if let Ok(message) = JSON::parse(json) {
            self.parent.post_message(&message, origin).ok();
        }
    }

    /// Calls back with each message of the page around this one, written as JSON, for as long as this page is there.
    pub fn listen(&self, callback: impl Fn(String) + 'static) {
        let host = self.clone();
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if host.is_from_it(&event)
                && let Some(json) = JSON::stringify(&event.data()).ok().and_then(|json| json.as_string())
            {
                host.meet(&event.origin());
                callback(json);
            }
        });
        if let Some(window) = web_sys::window() {
            // It fails only for a target that takes no listeners, which a window does.
            window.add_event_listener_with_callback("message", listener.as_ref().unchecked_ref()).ok();
        }
        // For as long as the page is there.
        listener.forget();
    }

    fn is_from_it(&self, event: &MessageEvent) -> bool {
        let is_parent = event.source().is_some_and(|source| js_sys::Object::is(&source, &self.parent));
        is_parent && self.known.borrow().origin.as_ref().is_none_or(|origin| *origin == event.origin())
    }

    /// Learns whose page it is, and sends what was kept back.
    fn meet(&self, origin: &str) {
        let mut known = self.known.borrow_mut();
        if known.origin.is_none() && origin != OPAQUE {
            known.origin = Some(origin.to_owned());
            if let Some(json) = known.kept_back.take() {
                self.post(&json, origin);
            }
        }
    }
}

/// What an origin that is nobody else's is written as (HTML standard, “serialization of an origin”).
const OPAQUE: &str = "null";

/// What Chromium says here of a page that was opened from a file. Its messages bear [`OPAQUE`], and none that is addressed
/// to this reaches it.
const FILE: &str = "file://";

/// The parent's origin as the browser says it, if it does.
fn ancestor(window: &Window) -> Option<String> {
    let origins = Reflect::get(&window.location(), &"ancestorOrigins".into()).ok()?;
    let nearest = Reflect::get_u32(origins.dyn_ref()?, 0).unwrap_or(JsValue::UNDEFINED);
    nearest.as_string().filter(|origin| !["", OPAQUE, FILE].contains(&origin.as_str()))
}
