//! The page's own address, what others are as seen from it, and the history of its tab.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Location, Url, UrlSearchParams};

use super::surroundings::{Listener, window};
use super::url::{http_origin, is_loopback, with_query};

fn location() -> Location {
    window().location()
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
