//! Printing: when the page is laid out for paper, and what has to be unfolded there.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::Element;

use super::surroundings::{Listener, document, window};

/// Calls back with whether the page is laid out for paper, whenever that changes, as long as the result lives. The call
/// comes before the browser lays the page out.
#[must_use]
pub fn on_print(callback: impl Fn(bool) + 'static) -> Vec<Listener> {
    let callback = Rc::new(callback);
    let event = |name: &'static str, on_paper: bool| {
        let callback = callback.clone();
        Listener::new(window().unchecked_into(), name, move || callback(on_paper))
    };
    let mut listeners = vec![event("beforeprint", true), event("afterprint", false)];
    // Where somebody has a screen show what paper would, there is no such event.
    if let Ok(Some(query)) = window().match_media("print") {
        let (callback, target) = (callback.clone(), query.clone().unchecked_into());
        listeners.push(Listener::new(target, "change", move || callback(query.matches())));
    }
    listeners
}

/// What was unfolded for paper, to be folded again.
#[derive(Clone, Default)]
pub struct Unfolded(Rc<RefCell<Vec<Element>>>);

impl Unfolded {
    /// Unfolds every `details` that a selector fits.
    pub fn unfold(&self, selector: &str) {
        let Ok(found) = document().query_selector_all(selector) else { return };
        let found = js_sys::try_iter(&found).ok().flatten();
        let folded = found.into_iter().flatten().filter_map(Result::ok).map(JsCast::unchecked_into::<Element>);
        for details in folded.filter(|details| !details.has_attribute("open")) {
            if details.set_attribute("open", "").is_ok() {
                self.0.borrow_mut().push(details);
            }
        }
    }

    /// Folds again what was unfolded.
    pub fn fold(&self) {
        for details in self.0.borrow_mut().drain(..) {
            details.remove_attribute("open").ok();
        }
    }
}
