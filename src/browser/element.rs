//! Elements of the page: where they are, how large, what has the focus, what was scrolled.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use super::surroundings::{Listener, document};

/// Whether what has the focus is within what a selector fits.
#[must_use]
pub fn focus_is_within(selector: &str) -> bool {
    document().active_element().is_some_and(|element| element.closest(selector).is_ok_and(|around| around.is_some()))
}

/// The value of `data-<name>` at the event's target or the nearest element around it.
#[must_use]
pub fn data_of(target: &web_sys::EventTarget, name: &str) -> Option<String> {
    let attribute = format!("data-{name}");
    let element = target.dyn_ref::<web_sys::Element>()?.closest(&format!("[{attribute}]")).ok()??;
    element.get_attribute(&attribute)
}

/// How far the top of an element is below that of the visible part of the page, in pixels.
#[must_use]
pub fn top_of(element: &web_sys::Element) -> f64 {
    element.get_bounding_client_rect().top()
}

/// Where a pointer event lies in an element, in pixels from its upper left corner within its border.
#[must_use]
pub fn place_in(element: &web_sys::Element, event: &web_sys::MouseEvent) -> (f64, f64) {
    let corner = element.get_bounding_client_rect();
    let (left, top) =
        (corner.left() + f64::from(element.client_left()), corner.top() + f64::from(element.client_top()));
    (f64::from(event.client_x()) - left, f64::from(event.client_y()) - top)
}

/// Calls back whenever an element was scrolled, as long as the result lives.
#[must_use]
pub fn on_scroll(element: &web_sys::Element, callback: impl Fn() + 'static) -> Listener {
    Listener::new(element.clone().unchecked_into(), "scroll", callback)
}

/// Moves the focus to the element of this id.
pub fn focus(id: &str) {
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        // An element that cannot take the focus leaves it where it is.
        element.focus().ok();
    }
}

/// Whether the element of this id has the focus.
#[must_use]
pub fn has_focus(id: &str) -> bool {
    document().active_element().is_some_and(|element| element.id() == id)
}

/// An element that had the focus, to give it back.
#[derive(Clone, Debug)]
pub struct Focused(web_sys::HtmlElement);

impl Focused {
    /// The one that has the focus now; none where that is the document as a whole.
    #[must_use]
    pub fn now() -> Option<Self> {
        let element = document().active_element()?.dyn_into::<web_sys::HtmlElement>().ok()?;
        (element.tag_name() != "BODY").then_some(Self(element))
    }

    /// Gives it back. Says whether it took it: what is gone, or hidden, does not.
    #[must_use]
    pub fn restore(&self) -> bool {
        self.0.focus().ok();
        document().active_element().is_some_and(|element| element.is_same_node(Some(&self.0)))
    }
}

/// Makes the paper so high, in pixels, and scrolls the window that shows it. The height comes first: a
/// window does not scroll beyond what it shows.
pub fn scroll(window: &web_sys::Element, paper: &web_sys::HtmlElement, height: f64, top: f64) {
    // A length in pixels is always taken.
    paper.style().set_property("height", &format!("{height}px")).ok();
    if (f64::from(window.scroll_top()) - top).abs() > 1.0 {
        window.set_scroll_top(top as i32);
    }
}

/// Follows an element's size as long as it lives.
pub struct SizeObserver {
    observer: web_sys::ResizeObserver,
    _callback: Closure<dyn FnMut()>,
}

impl Drop for SizeObserver {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Calls back with how high the document's content is, in whole pixels, now and whenever that changes, as long as the
/// result lives.
#[must_use]
pub fn observe_height(callback: impl Fn(u32) + 'static) -> Option<SizeObserver> {
    let body: web_sys::Element = document().body()?.into();
    let measured = body.clone();
    // What is left of a pixel would already have to be scrolled.
    observe_size(&body, move |_, _| callback(measured.get_bounding_client_rect().height().ceil() as u32))
}

/// Scrolls the list around what a selector fits sideways, so that this is in its middle, as far as there is something to
/// scroll.
pub fn center_in_list(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    let Some((it, list)) = found.and_then(|it| it.closest("ol").ok().flatten().map(|list| (it, list))) else { return };
    let (inner, outer) = (it.get_bounding_client_rect(), list.get_bounding_client_rect());
    let off = inner.left() + inner.width() / 2.0 - outer.left() - outer.width() / 2.0;
    list.set_scroll_left(list.scroll_left() + off as i32);
}

/// Shows a dialog above all else of the page, and leads the focus into it.
pub fn show_dialog(dialog: &web_sys::HtmlDialogElement) {
    // One that is shown already stays as it is.
    dialog.show_modal().ok();
}

/// Calls back with an element's inner width and height in pixels, now and whenever they change.
#[must_use]
pub fn observe_size(element: &web_sys::Element, callback: impl Fn(f64, f64) + 'static) -> Option<SizeObserver> {
    let callback = {
        let element = element.clone();
        Closure::<dyn FnMut()>::new(move || {
            callback(f64::from(element.client_width()), f64::from(element.client_height()));
        })
    };
    let observer = web_sys::ResizeObserver::new(callback.as_ref().unchecked_ref()).ok()?;
    observer.observe(element);
    Some(SizeObserver { observer, _callback: callback })
}
