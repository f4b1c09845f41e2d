//! The page's surroundings: its address, what the browser is, what it allows, storage, downloads.

use js_sys::Reflect;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, Document, HtmlAnchorElement, Location, Url, UrlSearchParams, Window};

use crate::wire::RunId;

pub(super) fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

pub(super) fn document() -> Document {
    window().document().expect("a window has a document")
}

fn location() -> Location {
    window().location()
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

/// The page's own origin (`scheme://host:port`); `None` for a page from a file.
#[must_use]
pub fn own_origin() -> Option<String> {
    let origin = location().origin().ok()?;
    origin.starts_with("http").then_some(origin)
}

/// The URL of a file beside the page; `None` for a page from a file.
#[must_use]
pub fn beside(name: &str) -> Option<String> {
    own_origin()?;
    resolved(name)
}

/// The page was loaded from this very machine.
#[must_use]
pub fn on_loopback() -> bool {
    location().hostname().is_ok_and(|host| is_loopback(&host))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || host.starts_with("127.")
}

/// The http origin that belongs to an `http:`, `https:`, `ws:` or `wss:` URL.
#[must_use]
pub fn http_origin(url: &str) -> Option<String> {
    let url = Url::new(url).ok()?;
    let scheme = match url.protocol().as_str() {
        "http:" | "ws:" => "http",
        "https:" | "wss:" => "https",
        _ => return None,
    };
    Some(format!("{scheme}://{}", url.host()))
}

/// An origin at another port.
#[must_use]
pub fn at_port(origin: &str, port: u16) -> Option<String> {
    let url = Url::new(origin).ok()?;
    Some(format!("{}//{}:{port}", url.protocol(), url.hostname()))
}

/// The path of a URL; `/` for what is none.
#[must_use]
pub fn path(url: &str) -> String {
    Url::new(url).map_or_else(|_| "/".to_owned(), |url| url.pathname())
}

/// A URL as the browser writes it in a request.
#[must_use]
pub fn as_written(url: &str) -> String {
    Url::new(url).map_or_else(|_| url.to_owned(), |url| url.href())
}

/// Path and query of a URL, as they stand in a request's line (RFC 9112 §3.2.1).
#[must_use]
pub fn target(url: &str) -> String {
    Url::new(url).map_or_else(|_| "/".to_owned(), |url| format!("{}{}", url.pathname(), url.search()))
}

/// A URL with parameters added to its query.
#[must_use]
pub fn with_query(url: &str, pairs: &[(String, String)]) -> String {
    let Ok(parameters) = UrlSearchParams::new() else { return url.to_owned() };
    for (name, value) in pairs {
        parameters.append(name, value);
    }
    if pairs.is_empty() {
        return url.to_owned();
    }
    let added: String = parameters.to_string().into();
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{added}")
}

/// Whether a URL has one of those schemes and a host, and no name or password in it, which would end up
/// in links and files; else what would be right.
///
/// # Errors
/// When it has not; the error is a clause.
pub fn check_url(url: &str, schemes: [&str; 2]) -> Result<(), String> {
    let [plain, secure] = schemes;
    let parsed = Url::new(url).ok();
    let parsed = parsed.filter(|parsed| schemes.iter().any(|scheme| parsed.protocol() == format!("{scheme}:")));
    match parsed.filter(|parsed| !parsed.host().is_empty()) {
        None => Err(format!(
            "an address begins with {plain}:// or {secure}://, like {plain}://127.0.0.1:9000/…, not “{url}”"
        )),
        Some(parsed) if !parsed.username().is_empty() || !parsed.password().is_empty() => {
            Err("an address here has no user name or password in it: it would be in every link and file".to_owned())
        }
        Some(_) => Ok(()),
    }
}

/// An address as it is meant on this page: one without an origin is of the page's own folder. `None` for what is no
/// `http:` or `https:` address.
#[must_use]
pub fn resolved(url: &str) -> Option<String> {
    let base = location().href().unwrap_or_default();
    let url = Url::new_with_base(url, &base).ok()?;
    matches!(url.protocol().as_str(), "http:" | "https:").then(|| url.href())
}

/// The URL's origin is the page's own.
#[must_use]
pub fn same_origin(url: &str) -> bool {
    own_origin().is_some() && http_origin(url) == own_origin()
}

/// The page came by `https`.
#[must_use]
pub fn https_page() -> bool {
    location().protocol().is_ok_and(|scheme| scheme == "https:")
}

/// The page came by https, and the URL would go without (Mixed Content §4). Loopback is exempt.
#[must_use]
pub fn mixed_content(url: &str) -> bool {
    let Ok(url) = Url::new(url) else { return false };
    https_page() && matches!(url.protocol().as_str(), "http:" | "ws:") && !is_loopback(&url.hostname())
}

/// The page's query, as pairs.
#[must_use]
pub fn query() -> Vec<(String, String)> {
    let search = location().search().unwrap_or_default();
    let Ok(parameters) = UrlSearchParams::new_with_str(&search) else {
        return Vec::new();
    };
    let pairs = js_sys::try_iter(&parameters).ok().flatten();
    let pairs = pairs.into_iter().flatten().filter_map(Result::ok).map(|pair| js_sys::Array::from(&pair));
    pairs.filter_map(|pair| Some((pair.get(0).as_string()?, pair.get(1).as_string()?))).collect()
}

/// The page's fragment, without its `#`; empty for none.
#[must_use]
pub fn fragment() -> String {
    location().hash().unwrap_or_default().trim_start_matches('#').to_owned()
}

/// Makes these pairs the page's query, without a new entry in the history.
pub fn replace_query(pairs: &[(String, String)]) {
    // A page from a file or a sandboxed frame may not; then its address simply stays.
    if let Ok(history) = window().history() {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&own_path(pairs))).ok();
    }
}

/// Makes these pairs the page's query, with a new entry in the history, so that Back leads to the one before.
pub fn push_query(pairs: &[(String, String)]) {
    if let Ok(history) = window().history() {
        history.push_state_with_url(&JsValue::NULL, "", Some(&own_path(pairs))).ok();
    }
}

/// Calls back whenever Back or Forward leads to another entry of the history, as long as the result lives.
#[must_use]
pub fn on_history(callback: impl Fn() + 'static) -> Listener {
    Listener::new(window().unchecked_into(), "popstate", callback)
}

/// Shows the page from its top.
pub fn scroll_to_top() {
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// The page's path with these pairs as its query.
#[must_use]
pub fn own_path(pairs: &[(String, String)]) -> String {
    with_query(&location().pathname().unwrap_or_default(), pairs)
}

/// The page's whole address with these pairs as its query.
#[must_use]
pub fn own_address(pairs: &[(String, String)]) -> String {
    format!("{}{}", location().origin().unwrap_or_default(), own_path(pairs))
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

/// Whether what has the focus is within what a selector fits.
#[must_use]
pub fn focus_is_within(selector: &str) -> bool {
    document().active_element().is_some_and(|element| element.closest(selector).is_ok_and(|around| around.is_some()))
}

/// Selects what stands in the field of this id, of one line or of several.
fn select_field(id: &str) -> bool {
    let field = document().get_element_by_id(id);
    let Some(field) = field else { return false };
    if let Some(line) = field.dyn_ref::<web_sys::HtmlInputElement>() {
        line.select();
    } else if let Some(text) = field.dyn_ref::<web_sys::HtmlTextAreaElement>() {
        text.select();
    } else {
        return false;
    }
    true
}

/// Puts a text into the clipboard; says whether that worked. The field of this id has the same text: where the page is
/// no secure context there is no clipboard for it, and what is selected is copied as if by hand. If that does not
/// work either, it stays selected.
pub async fn copy(text: String, field: &str) -> bool {
    if secure() && !window().navigator().clipboard().is_undefined() {
        let written = window().navigator().clipboard().write_text(&text);
        if super::promise::settled(&written).await.result.is_ok() {
            return true;
        }
    }
    let document: web_sys::HtmlDocument = document().unchecked_into();
    select_field(field) && document.exec_command("copy").unwrap_or(false)
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

/// Offers a text as a file to be saved.
///
/// # Errors
/// When the browser refuses; the error is what it says.
pub fn download(name: &str, media_type: &str, text: &str) -> Result<(), String> {
    let save = || -> Result<(), JsValue> {
        let options = BlobPropertyBag::new();
        options.set_type(media_type);
        let blob = Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(&text.into()), &options)?;
        offer(name, &blob)
    };
    save().map_err(|error| error_text(&error))
}

/// Offers what is in a blob as a file to be saved.
pub(super) fn offer(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let anchor: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    Url::revoke_object_url(&url)
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
