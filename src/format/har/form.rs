//! The small forms that a HAR file is made of: URLs and their queries, bytes as text, a browser's name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::model::Pair;

/// The parts of an absolute URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Url<'a> {
    pub(super) scheme: &'a str,
    /// Host and port.
    pub(super) authority: &'a str,
    /// With the query, without the fragment; may be empty.
    pub(super) path: &'a str,
}

impl<'a> Url<'a> {
    /// `None` where there is no authority, as in a `data:` URL.
    pub(super) fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        // What stands before an @ is nobody's business.
        let authority = authority.rsplit('@').next().unwrap_or_default();
        Some(Self { scheme, authority, path })
    }

    pub(super) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    /// The path with the query, as a request names it: that is never empty.
    pub(super) fn target(&self) -> String {
        if self.path.starts_with('/') { self.path.to_owned() } else { format!("/{}", self.path) }
    }

    pub(super) fn is_one_of(&self, schemes: &[&str]) -> bool {
        schemes.iter().any(|scheme| self.scheme.eq_ignore_ascii_case(scheme))
    }

    /// The address, where the host is one and no name. IPv6 addresses are without their brackets.
    pub(super) fn ip_address(&self) -> Option<String> {
        let host = match self.authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next()?,
            None => self.authority.split(':').next()?,
        };
        host.parse::<std::net::IpAddr>().ok().map(|_| host.to_owned())
    }

    /// The port: as it is written, or the scheme's.
    pub(super) fn port(&self) -> &'a str {
        let behind_address = self.authority.rsplit(']').next().unwrap_or_default();
        match behind_address.rsplit_once(':') {
            Some((_, port)) => port,
            None if self.is_one_of(&["https", "wss"]) => "443",
            None => "80",
        }
    }
}

/// The parameters of a URL's query, as they stand there.
pub(super) fn query(url: &str) -> Vec<Pair> {
    let url = url.split('#').next().unwrap_or_default();
    let Some((_, query)) = url.split_once('?') else { return Vec::new() };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| Pair { name: name.to_owned(), value: value.to_owned() }).collect()
}

/// Bytes as text, or in base64 where they are none.
pub(super) fn text(bytes: &[u8]) -> (String, Option<&'static str>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => (base64(bytes), Some("base64")),
    }
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A protocol's version as HAR files have it, by its ALPN name (RFC 7301).
pub(super) fn http_version(alpn: &str) -> String {
    match alpn {
        "http/1.0" => "HTTP/1.0".to_owned(),
        "http/1.1" => "HTTP/1.1".to_owned(),
        "h2" => "HTTP/2".to_owned(),
        "h3" => "HTTP/3".to_owned(),
        other => other.to_owned(),
    }
}

/// The ALPN name of a version, whichever tool wrote it; empty where it says nothing.
pub(super) fn alpn(version: &str) -> String {
    match version.to_ascii_lowercase().as_str() {
        "http/2" | "http/2.0" | "h2" => "h2".to_owned(),
        "http/3" | "http/3.0" | "h3" => "h3".to_owned(),
        "unknown" => String::new(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_come_apart() {
        let url = Url::of("https://me:secret@[::1]:8443?q=1#there").expect("a URL");
        assert_eq!((url.scheme, url.authority, url.target().as_str()), ("https", "[::1]:8443", "/?q=1"));
        assert_eq!((url.ip_address().as_deref(), url.port()), (Some("::1"), "8443"));
        let url = Url::of("wss://host.example/ws").expect("a URL");
        assert_eq!((url.ip_address(), url.port(), url.origin().as_str()), (None, "443", "wss://host.example"));
        assert_eq!(Url::of("data:text/plain,hi"), None);
        assert_eq!(Url::of("http://[::1]/").expect("a URL").port(), "80");
    }
}
