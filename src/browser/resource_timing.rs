//! Follows the Resource Timing entries of a run. An observer gets every entry, however many there
//! are, where the timeline's own buffer keeps 250.

use std::rc::Rc;

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{PerformanceObserver, PerformanceObserverEntryList, PerformanceObserverInit, PerformanceResourceTiming};

use crate::trace::{Phases, Time};

/// Takes an entry's URL and phases.
type HandOn = dyn Fn(&str, Phases);

/// Hands each entry's URL and phases on as long as it lives.
pub(super) struct Entries {
    observer: PerformanceObserver,
    _callback: Closure<dyn FnMut(JsValue)>,
    hand_on: Rc<HandOn>,
}

impl Entries {
    /// Begins to observe; `None` where the browser has no observer for resources.
    pub(super) fn observe(hand_on: impl Fn(&str, Phases) + 'static) -> Option<Self> {
        let hand_on: Rc<HandOn> = Rc::new(hand_on);
        let callback = {
            let hand_on = hand_on.clone();
            Closure::<dyn FnMut(JsValue)>::new(move |list: JsValue| {
                let list: PerformanceObserverEntryList = list.unchecked_into();
                deliver(&list.get_entries(), hand_on.as_ref());
            })
        };
        let observer = PerformanceObserver::new(callback.as_ref().unchecked_ref()).ok()?;
        // `{type: "resource"}`; the binding's own constructor wants `entryTypes`.
        let options: PerformanceObserverInit = Object::new().unchecked_into();
        Reflect::set(&options, &"type".into(), &"resource".into()).ok()?;
        observer.observe(&options);
        Some(Self { observer, _callback: callback, hand_on })
    }

    /// Delivers what the browser has queued, now.
    pub(super) fn flush(&self) {
        deliver(&self.observer.take_records(), self.hand_on.as_ref());
    }
}

impl Drop for Entries {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

fn deliver(entries: &Array, hand_on: &HandOn) {
    for entry in entries.iter() {
        let entry: PerformanceResourceTiming = entry.unchecked_into();
        if let Some(phases) = phases(&entry) {
            hand_on(&entry.name(), phases);
        }
    }
}

/// The entry's phases; `None` where the server does not allow this page to see them
/// (`Timing-Allow-Origin`), or a service worker stood between.
fn phases(entry: &PerformanceResourceTiming) -> Option<Phases> {
    if entry.request_start() == 0.0 || entry.worker_start() > 0.0 {
        return None;
    }
    let secure = entry.secure_connection_start();
    Some(Phases {
        start: Time::from_millis(entry.start_time()),
        domain_lookup_start: Time::from_millis(entry.domain_lookup_start()),
        domain_lookup_end: Time::from_millis(entry.domain_lookup_end()),
        connect_start: Time::from_millis(entry.connect_start()),
        secure_connection_start: (secure > 0.0).then(|| Time::from_millis(secure)),
        connect_end: Time::from_millis(entry.connect_end()),
        request_start: Time::from_millis(entry.request_start()),
        response_start: Time::from_millis(entry.response_start()),
        response_end: Time::from_millis(entry.response_end()),
        protocol: entry.next_hop_protocol(),
    })
}
