//! The page's surroundings: what the browser is, what it allows and prefers, the document as a whole.

use js_sys::Reflect;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Window};

use crate::wire::RunId;

pub(super) fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

pub(super) fn document() -> Document {
    window().document().expect("a window has a document")
}

/// What the browser calls itself (`navigator.userAgent`).
#[must_use]
pub fn browser() -> String {
    window().navigator().user_agent().unwrap_or_default()
}

/// The page is cross-origin isolated, so that its clock is a fine one.
#[must_use]
pub fn isolated() -> bool {
    flag("crossOriginIsolated")
}

/// The page is a secure context.
#[must_use]
pub fn secure() -> bool {
    flag("isSecureContext")
}

fn flag(name: &str) -> bool {
    Reflect::get(&window(), &name.into()).is_ok_and(|value| value.is_truthy())
}

/// The tab is hidden.
#[must_use]
pub fn hidden() -> bool {
    document().hidden()
}

/// A point of the machine's own clock, in ms since 1970-01-01 UTC, as this visitor writes dates.
#[must_use]
pub fn date(millis: f64) -> String {
    js_sys::Date::new(&millis.into()).to_locale_string("default", &JsValue::UNDEFINED).into()
}

/// Calls back whenever the tab is hidden or shown again, as long as the result lives.
#[must_use]
pub fn on_visibility(callback: impl Fn(bool) + 'static) -> Listener {
    Listener::new(document().unchecked_into(), "visibilitychange", move || callback(hidden()))
}

/// An event listener that is taken away when this is dropped.
pub struct Listener {
    target: web_sys::EventTarget,
    name: &'static str,
    callback: Closure<dyn FnMut()>,
}

impl Listener {
    pub(super) fn new(target: web_sys::EventTarget, name: &'static str, callback: impl Fn() + 'static) -> Self {
        let callback = Closure::<dyn FnMut()>::new(callback);
        // It fails only for a target that takes no listeners, which a document does.
        target.add_event_listener_with_callback(name, callback.as_ref().unchecked_ref()).ok();
        Self { target, name, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.target.remove_event_listener_with_callback(self.name, self.callback.as_ref().unchecked_ref()).ok();
    }
}

/// A run id from the browser's cryptographic source.
#[must_use]
pub fn random_run_id() -> RunId {
    let mut bytes = [0; 16];
    let filled = window().crypto().and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    assert!(filled.is_ok(), "every browser that runs WebAssembly has crypto.getRandomValues");
    RunId(u128::from_le_bytes(bytes))
}

/// What a thrown value says.
#[must_use]
pub fn error_text(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.or_else(|| error.as_string()).unwrap_or_else(|| "an error without a message".to_owned())
}

/// Shows the page from its top.
pub fn scroll_to_top() {
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// The visitor wants nothing on the page to move (`prefers-reduced-motion`).
#[must_use]
pub fn wants_no_motion() -> bool {
    prefers("(prefers-reduced-motion: reduce)")
}

/// The visitor's system prefers dark pages (`prefers-color-scheme`).
#[must_use]
pub fn prefers_dark() -> bool {
    prefers("(prefers-color-scheme: dark)")
}

fn prefers(what: &str) -> bool {
    window().match_media(what).ok().flatten().is_some_and(|query| query.matches())
}

/// Names the document, in the tab and in the history.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// Sets an attribute of the document's root element.
pub fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        root.set_attribute(name, value).ok();
    }
}
