//! URLs: what they are made of, what is wrong with them, and how they are put together.

use web_sys::{Url, UrlSearchParams};

pub(super) fn is_loopback(host: &str) -> bool {
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
