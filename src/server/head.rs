//! What is checked of a request's head beside what hyper checks, before any route sees it.
//!
//! hyper parses heads and decides where bodies end; nothing here does. But it takes some heads that RFC 9110
//! and RFC 9112 say to refuse, or that are only good for making two parsers disagree (request smuggling),
//! and of some it hands on less than came. The former are refused by [`answer_instead`]; the latter are
//! noticed by a [`Scan`] of the bytes on their way to hyper.

use axum::response::{IntoResponse, Response};
use hyper::header::{ALLOW, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderValue, TRANSFER_ENCODING};
use hyper::http::uri::Scheme;
use hyper::{HeaderMap, Method, Request, StatusCode, Uri, Version};

use super::routes::Problem;

/// How many bytes hyper keeps of what it reads or is about to write over HTTP/1.1. A head that is larger gets a `431`
/// without content. There is room for the longest target that hyper takes (a longer one gets a `414`) and for
/// [`LARGEST_FIELDS`].
pub(crate) const BUFFER: usize = 128 << 10;
/// The largest header that gets an answer other than a `431`, in bytes of names and values.
const LARGEST_FIELDS: usize = 60 << 10;
/// No method that anybody registered is longer than 17 bytes (IANA, HTTP Method Registry).
const LONGEST_METHOD: usize = 32;
/// What every server of this kind understands, for those that ask about the server as a whole.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");

/// What a head has beside what hyper tells of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Oddities {
    /// How many lines are named `Content-Length`: hyper hides them where there is a `Transfer-Encoding`, and
    /// all but one of those that say the same.
    content_lengths: u8,
    /// A line ended with LF alone.
    bare_lf: bool,
    /// The request's line has a `#`, which hyper cuts off with what follows.
    fragment: bool,
}

/// Looks at the bytes of heads as they are read, and notes their [`Oddities`].
///
/// It starts with the first bytes read after an exchange. They may be the rest of a head that was begun
/// before; then it says nothing. They are surely the beginning of one where what was read before ended with
/// an empty line, since an unfinished head does not.
#[derive(Debug)]
pub(crate) struct Scan {
    at: At,
    after_cr: bool,
    oddities: Oddities,
    /// The last bytes that were read on the connection.
    tail: [u8; 4],
    is_certain: bool,
}

/// Where in a head a [`Scan`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Before it, where empty lines are ignored (RFC 9112 §2.2).
    Before,
    RequestLine,
    /// Within a line's name, so many bytes of which are those of `content-length`.
    Name(usize),
    /// In a line of no further interest.
    Rest,
    /// Behind it.
    Behind,
}

const EMPTY_LINE: [u8; 4] = *b"\r\n\r\n";
const NAME: &[u8] = b"content-length";

impl Default for Scan {
    fn default() -> Self {
        Self { at: At::Behind, after_cr: false, oddities: Oddities::default(), tail: EMPTY_LINE, is_certain: false }
    }
}

impl Scan {
    /// What is read next is of another exchange.
    pub(crate) fn begin(&mut self) {
        let is_certain = self.tail == EMPTY_LINE;
        *self = Self { at: At::Before, is_certain, tail: self.tail, ..Self::default() };
    }

    /// A head came that was read with the one before.
    pub(crate) fn skip(&mut self) {
        *self = Self { tail: self.tail, ..Self::default() };
    }

    /// These bytes were read.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.at == At::Behind {
                break;
            }
            self.step(byte);
        }
        match bytes.last_chunk() {
            Some(last) => self.tail = *last,
            None => bytes.iter().for_each(|&byte| {
                self.tail.rotate_left(1);
                self.tail[3] = byte;
            }),
        }
    }

    fn step(&mut self, byte: u8) {
        let is_line_end = byte == b'\n';
        if is_line_end && self.at != At::Before {
            self.oddities.bare_lf |= !self.after_cr;
        }
        self.at = match self.at {
            At::Before if matches!(byte, b'\r' | b'\n') => At::Before,
            At::Name(0) if is_line_end => At::Behind,
            At::RequestLine | At::Name(_) | At::Rest if is_line_end => At::Name(0),
            At::Before | At::RequestLine => {
                self.oddities.fragment |= byte == b'#';
                At::RequestLine
            }
            // The CR of the empty line.
            At::Name(0) if byte == b'\r' => At::Name(0),
            At::Name(length) if length == NAME.len() && byte == b':' => {
                self.oddities.content_lengths = self.oddities.content_lengths.saturating_add(1);
                At::Rest
            }
            At::Name(length) if NAME.get(length).is_some_and(|its| byte.eq_ignore_ascii_case(its)) => {
                At::Name(length + 1)
            }
            At::Name(_) | At::Rest => At::Rest,
            At::Behind => At::Behind,
        };
        self.after_cr = byte == b'\r';
    }

    /// What there is to say of the head that hyper has just parsed.
    pub(crate) fn oddities(&self) -> Oddities {
        if self.is_certain && self.at == At::Behind { self.oddities } else { Oddities::default() }
    }
}

/// What answers a request that no route shall see. A `400` closes the connection: whoever cannot write a
/// head is not believed about where it ends.
pub(crate) fn answer_instead<B>(request: &Request<B>, oddities: Oddities, may_be_https: bool) -> Option<Response> {
    let is_multiplexed = request.version() == Version::HTTP_2;
    let checked = if is_multiplexed { Ok(()) } else { check_host(request.version(), request.headers()) }
        .and_then(|()| check_framing(request.headers(), oddities))
        .and_then(|()| check_size(request.headers()))
        .and_then(|()| check_method(request.method()))
        .and_then(|()| check_target(request.method(), request.uri(), oddities, may_be_https))
        .and_then(|()| check_expectation(request.headers()));
    let mut response = match checked {
        // RFC 9110 §9.3.7: it asks about the server, not about a resource of it.
        Ok(()) if request.uri().path() == "*" => (StatusCode::NO_CONTENT, [(ALLOW, METHODS)]).into_response(),
        Ok(()) => return None,
        Err(problem) => problem.into_response(),
    };
    if response.status() == StatusCode::BAD_REQUEST {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Some(response)
}

/// RFC 9112 §3.2: a request of HTTP/1.1 without a `Host`, and any with several or a wrong one, gets a 400.
fn check_host(version: Version, headers: &HeaderMap) -> Result<(), Problem> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if version == Version::HTTP_11 => {
            Err(Problem::bad_request("A request of HTTP/1.1 has exactly one Host header; this one has none."))
        }
        (Some(_), Some(_)) => Err(Problem::bad_request("A request has exactly one Host header; this one has several.")),
        (Some(host), None) if !is_host(host.as_bytes()) => Err(Problem::bad_request(
            "The Host header is a name or an address, and perhaps a port, as in example.org:8080 or [::1]:8080.",
        )),
        _ => Ok(()),
    }
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2), where the host is not empty (§4.2.1).
fn is_host(value: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(value) else { return false };
    let (is_right, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) => (address.parse::<std::net::Ipv6Addr>().is_ok(), port),
            None => return false,
        },
        None => {
            let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (!name.is_empty() && is_registered_name(name.as_bytes()), port)
        }
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let port_is_right = match port.strip_prefix(':') {
        Some("") => true,
        Some(port) => is_port(port) && port.parse::<u16>().is_ok(),
        None => port.is_empty(),
    };
    is_right && port_is_right
}

/// `reg-name` (RFC 3986 §3.2.2), of which an IPv4 address is one, but without the comma, which no name has and
/// which may come of two headers that were joined.
fn is_registered_name(name: &[u8]) -> bool {
    let mut rest = name;
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => after,
            (byte, after) if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+;=".contains(byte) => after,
            _ => return false,
        };
    }
    true
}

/// What hyper takes although two parsers may see the body's end at two places (RFC 9112 §11.2).
fn check_framing(headers: &HeaderMap, oddities: Oddities) -> Result<(), Problem> {
    let Oddities { content_lengths, bare_lf, .. } = oddities;
    if bare_lf {
        // RFC 9112 §2.2 allows to take it.
        return Err(Problem::bad_request(
            "A line of a request's head ends with CR LF; one of this ended with LF alone.",
        ));
    }
    if content_lengths > 1 {
        // RFC 9110 §8.6 allows to take several that say the same.
        return Err(Problem::bad_request("A request has one Content-Length at most; this one has several."));
    }
    if headers.contains_key(TRANSFER_ENCODING) {
        if content_lengths > 0 || headers.contains_key(CONTENT_LENGTH) {
            // RFC 9112 §6.1.
            let detail = "A request has a Transfer-Encoding or a Content-Length; this one has both.";
            return Err(Problem::bad_request(detail));
        }
        return check_codings(headers);
    }
    if headers.get(CONTENT_LENGTH).is_some_and(|value| value.len() > 1 && value.as_bytes()[0] == b'0') {
        let detail = "A Content-Length is a decimal number without leading zeros, which some read as octal.";
        return Err(Problem::bad_request(detail));
    }
    Ok(())
}

/// That `chunked` is the only transfer coding. hyper looks at the last one alone.
fn check_codings(headers: &HeaderMap) -> Result<(), Problem> {
    let values = headers.get_all(TRANSFER_ENCODING).iter().map(HeaderValue::as_bytes);
    // RFC 9110 §5.6.1.2: empty elements of a list are ignored.
    let codings = values
        .flat_map(|value| value.split(|&byte| byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|coding| !coding.is_empty());
    let (chunked, others): (Vec<_>, Vec<_>) = codings.partition(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    if !others.is_empty() {
        // RFC 9112 §6.1.
        let detail = "The only transfer coding that this server understands is chunked.";
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, detail).with_header(CONNECTION, CLOSE));
    }
    if chunked.len() > 1 {
        // RFC 9112 §6.1.
        return Err(Problem::bad_request("The transfer coding chunked is applied once; this request says it twice."));
    }
    Ok(())
}

const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// RFC 6585 §5.
fn check_size(headers: &HeaderMap) -> Result<(), Problem> {
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size <= LARGEST_FIELDS {
        return Ok(());
    }
    let detail = format!("A request's header has up to {LARGEST_FIELDS} bytes; this one has {size}.");
    Err(Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, detail))
}

fn check_method(method: &Method) -> Result<(), Problem> {
    if matches!(*method, Method::CONNECT | Method::TRACE) {
        // RFC 9110 §9.3.6 and §9.3.8 say what these do, and an echo of the body is neither. What follows a
        // successful CONNECT would be a tunnel.
        let detail = format!("This server does not implement {method}: it is no proxy, and echoes bodies, not heads.");
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, detail).with_header(CONNECTION, CLOSE));
    }
    if method.as_str().len() > LONGEST_METHOD {
        // RFC 9112 §3.
        let detail = format!("This server knows no method of more than {LONGEST_METHOD} characters.");
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, detail));
    }
    Ok(())
}

/// The four forms of a request's target (RFC 9112 §3.2), without the one of `CONNECT`.
fn check_target(method: &Method, target: &Uri, oddities: Oddities, may_be_https: bool) -> Result<(), Problem> {
    if oddities.fragment {
        return Err(Problem::bad_request(
            "A request's target has no fragment: what follows a # stays with the client.",
        ));
    }
    if target.path() == "*" && *method != Method::OPTIONS {
        return Err(Problem::bad_request("The target * is for OPTIONS alone."));
    }
    // Browsers send “|” and the like as they are, which is wrong (RFC 3986 §3.4) and harms nobody.
    if !target.path().is_ascii() || !target.query().unwrap_or_default().is_ascii() {
        let detail = "A request's target is ASCII; other characters are percent-encoded in UTF-8, as in %C3%A9 for é.";
        return Err(Problem::bad_request(detail));
    }
    let (scheme, authority) = match (target.scheme(), target.authority()) {
        (None, None) => return Ok(()),
        (Some(scheme), Some(authority)) => (scheme, authority),
        _ => {
            let detail = "A request's target begins with / or is a whole URI, as in /echo or http://example.org/echo.";
            return Err(Problem::bad_request(detail));
        }
    };
    if !is_host(authority.as_str().as_bytes()) {
        // RFC 9110 §4.2.4: user and password in it are an error.
        return Err(Problem::bad_request("The URI in the request's line has no right host and port."));
    }
    if *scheme == Scheme::HTTP || (*scheme == Scheme::HTTPS && may_be_https) {
        return Ok(());
    }
    // RFC 9110 §7.4: https is not answered over a connection that is not secured.
    let detail = format!("This port does not answer for {scheme} URIs.");
    Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail))
}

/// RFC 9110 §10.1.1.
fn check_expectation(headers: &HeaderMap) -> Result<(), Problem> {
    let is_known = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue");
    if headers.get_all(EXPECT).iter().all(is_known) {
        return Ok(());
    }
    let detail = "The only expectation that this server meets is 100-continue.";
    Err(Problem::new(StatusCode::EXPECTATION_FAILED, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(pieces: &[&[u8]]) -> Oddities {
        let mut scan = Scan::default();
        scan.begin();
        pieces.iter().for_each(|piece| scan.read(piece));
        scan.oddities()
    }

    #[test]
    fn oddities_are_noticed_however_a_head_is_cut() {
        const NONE: Oddities = Oddities { content_lengths: 0, bare_lf: false, fragment: false };
        let cases: &[(&[u8], Oddities)] = &[
            (b"GET / HTTP/1.1\r\nHost: a#b\r\n\r\n", NONE),
            (b"\r\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", NONE),
            (b"GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", Oddities { fragment: true, ..NONE }),
            (b"GET / HTTP/1.1\nHost: a\r\n\r\n", Oddities { bare_lf: true, ..NONE }),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\n", Oddities { bare_lf: true, ..NONE }),
            (b"GET / HTTP/1.1\r\nCONTENT-length: 1\r\n\r\n", Oddities { content_lengths: 1, ..NONE }),
            (
                b"GET / HTTP/1.1\r\nContent-Length:1\r\nContent-Lengths: 2\r\nX-Content-Length: 3\r\nContent-Length:4\r\n\r\n",
                Oddities { content_lengths: 2, ..NONE },
            ),
            (b"GET / HTTP/1.1\r\n\r\nContent-Length: 1\n", NONE),
        ];
        for (head, expected) in cases {
            for size in 1..=head.len() {
                let pieces: Vec<_> = head.chunks(size).collect();
                assert_eq!(scanned(&pieces), *expected, "{} by {size}", head.escape_ascii());
            }
        }
    }

    #[test]
    fn of_a_head_whose_beginning_was_read_before_nothing_is_said() {
        let mut scan = Scan::default();
        scan.begin();
        scan.read(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nX: ");
        scan.begin();
        scan.read(b"#\nContent-Length: 1\r\n\r\n");
        assert_eq!(scan.oddities(), Oddities::default());
        scan.begin();
        scan.read(b"GET /#a HTTP/1.1\r\n\r\n");
        assert!(scan.oddities().fragment, "that one ended");
        scan.skip();
        assert_eq!(scan.oddities(), Oddities::default());
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_perhaps_a_port() {
        for right in ["a", "a:", "a:80", "127.0.0.1:9000", "[::1]", "[::1]:80", "a%41.example", "a_b", "xn--a"] {
            assert!(is_host(right.as_bytes()), "{right}");
        }
        for wrong in [
            "", ":80", "a b", "a,b", "a/b", "u@a", "a:b", "a:+1", "a:65536", "::1", "[::1", "[::1]80", "[a]", "a%4",
            "a%", "a#b", "a?b", "a\\b", "a:80:80", "é", "a\tb", "http://a",
        ] {
            assert!(!is_host(wrong.as_bytes()), "{wrong}");
        }
        assert!(!is_host(b"\xff"));
    }
}
