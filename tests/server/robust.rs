//! Requests that are not as RFC 9110 and RFC 9112 say, or that only some parsers take: what becomes of each,
//! and of the connection. The ones that hyper refuses by itself are here too, since the server relies on it.

use crate::harness::{RawClient, TestServer, handshake, within};

/// What is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// This status, and the connection goes on.
    GoesOn(u16),
    /// This status, and the connection ends.
    Ends(u16),
}
use Then::{Ends, GoesOn};

const HOST: &str = "Host: test\r\n";
/// A chunked body.
const CHUNKS: &str = "5\r\nhello\r\n0\r\n\r\n";
/// What would be answered if it were taken for a request.
const HIDDEN: &str = "0\r\n\r\nGET /echo?hidden HTTP/1.1\r\nHost: test\r\n\r\n";

/// Sends a request, then another where the connection goes on, and says what became of them. That nothing else is
/// answered is seen by the connection's end.
async fn outcome(server: &TestServer, request: &[u8]) -> Then {
    let mut client = server.connect().await;
    client.send(request).await;
    let status = client.response(request.starts_with(b"HEAD")).await.status;
    let probe = b"GET /echo?type=text/plain HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    // The connection may have ended already.
    let sent = tokio::io::AsyncWriteExt::write_all(&mut client.tcp, probe).await;
    let (answer, _) = within(client.end()).await;
    if sent.is_err() || answer.is_empty() {
        return Ends(status);
    }
    let answers = answer.windows(9).filter(|window| window.starts_with(b"HTTP/1.1 ")).count();
    assert_eq!(answers, 1, "{}", answer.escape_ascii());
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"), "{}", answer.escape_ascii());
    GoesOn(status)
}

async fn assert_all(cases: &[(&str, Then, &str)]) {
    let server = TestServer::start().await;
    for (section, expected, request) in cases {
        let found = outcome(&server, request.as_bytes()).await;
        let shown: String = request.escape_debug().take(300).collect();
        assert_eq!(found, *expected, "RFC {section}: {shown}");
    }
}

fn get(target: &str, headers: &str) -> String {
    format!("GET {target} HTTP/1.1\r\n{headers}\r\n")
}

fn post(headers: &str, body: &str) -> String {
    format!("POST /echo HTTP/1.1\r\n{HOST}{headers}\r\n{body}")
}

/// A table whose requests are put together.
fn borrowed<'a>(cases: &'a [(&'static str, Then, String)]) -> Vec<(&'static str, Then, &'a str)> {
    cases.iter().map(|(section, then, request)| (*section, *then, request.as_str())).collect()
}

#[tokio::test]
async fn hosts() {
    let mut cases = vec![
        ("9112 §3.2", Ends(400), get("/echo", "")),
        ("9112 §3.2", Ends(400), get("/echo", "Host: a\r\nHost: b\r\n")),
        ("9112 §3.2", Ends(400), get("/echo", "Host: a\r\nHost: a\r\n")),
        ("9112 §3.2", Ends(200), "GET /echo HTTP/1.0\r\n\r\n".to_owned()),
        ("9112 §3.2", Ends(400), "GET /echo HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n".to_owned()),
        ("9112 §3.2", Ends(400), "GET /echo HTTP/1.0\r\nHost: a b\r\n\r\n".to_owned()),
        ("9112 §3.2", Ends(400), get("http://a/echo", "")),
        ("9112 §3.2.2", GoesOn(200), get("http://a/echo", "Host: b\r\n")),
        ("9112 §3.2", Ends(400), get("http://a/echo", "Host: a b\r\n")),
    ];
    for right in ["a", "a:9000", "a:", "127.0.0.1:80", "[::1]:80", "a_b", "x%41"] {
        cases.push(("9112 §3.2", GoesOn(200), get("/echo", &format!("Host: {right}\r\n"))));
    }
    for wrong in
        ["", "u@a", "a/b", "a b", "a,b", "a, b", "a:b", "a:65536", "[::1", "::1", "a?b", "a#b", "é", "http://a"]
    {
        cases.push(("9112 §3.2", Ends(400), get("/echo", &format!("Host: {wrong}\r\n"))));
    }
    assert_all(&borrowed(&cases)).await;
}

#[tokio::test]
async fn targets() {
    let cases = [
        ("9112 §3.2.4", GoesOn(204), format!("OPTIONS * HTTP/1.1\r\n{HOST}\r\n")),
        ("9112 §3.2.4", Ends(400), get("*", HOST)),
        ("9112 §3.2.1", Ends(400), get("/echo#part", HOST)),
        ("9112 §3.2.1", Ends(400), get("#part", HOST)),
        ("9112 §3.2.3", Ends(400), get("test:80", HOST)),
        ("9112 §3.2", Ends(400), get("echo", HOST)),
        ("9112 §3.2", Ends(400), get("?a", HOST)),
        ("3986 §2", Ends(400), get("/echo?é", HOST)),
        ("3986 §2", Ends(400), get("/é", HOST)),
        ("3986 §2", Ends(400), get("/echo\0", HOST)),
        ("3986 §2.1", GoesOn(200), get("/echo?type=text/plain&x=%C3%A9", HOST)),
        ("as browsers send it", GoesOn(200), get("/echo?a|b[]{}^`", HOST)),
        ("9110 §4.2.4", Ends(400), get("http://user:password@test/echo", HOST)),
        ("9110 §7.4", GoesOn(421), get("https://test/echo", HOST)),
        ("9110 §7.4", GoesOn(421), get("ftp://test/echo", HOST)),
        ("9112 §3", Ends(414), get(&format!("/echo?{}", "a".repeat(66_000)), HOST)),
        ("9112 §3", Ends(414), get(&format!("/echo?{}", "a".repeat(100_000)), HOST)),
        ("9112 §3", GoesOn(200), get(&format!("/echo?{}", "a".repeat(60_000)), HOST)),
    ];
    assert_all(&borrowed(&cases)).await;
}

#[tokio::test]
async fn a_secured_port_and_one_behind_a_proxy_answer_for_https() {
    let server = TestServer::start_with(|config| config.behind_proxy = true).await;
    let request = get("https://test/echo", HOST);
    assert_eq!(outcome(&server, request.as_bytes()).await, GoesOn(200));
}

#[tokio::test]
async fn methods_and_versions() {
    let line = |line: &str| format!("{line}\r\n{HOST}\r\n");
    let cases = [
        ("9110 §9.3.6", Ends(501), line("CONNECT test:443 HTTP/1.1")),
        ("9110 §9.3.6", Ends(501), line("CONNECT /echo HTTP/1.1")),
        ("9110 §9.3.8", Ends(501), line("TRACE /echo HTTP/1.1")),
        ("9112 §3", GoesOn(501), line(&format!("{} /echo HTTP/1.1", "A".repeat(33)))),
        ("9112 §3", GoesOn(501), line(&format!("{} /echo HTTP/1.1", "A".repeat(100_000)))),
        ("9110 §9.1", GoesOn(200), line("UPDATEREDIRECTREF /echo HTTP/1.1")),
        ("9112 §3", Ends(400), line("G(T /echo HTTP/1.1")),
        ("9112 §3", Ends(400), line("GET HTTP/1.1")),
        ("9112 §3", Ends(400), line("GET  /echo HTTP/1.1")),
        ("9112 §3", Ends(400), line("GET /echo  HTTP/1.1")),
        ("9112 §3", Ends(400), line("GET /ec ho HTTP/1.1")),
        ("9112 §3", Ends(400), line("GET\t/echo HTTP/1.1")),
        ("9112 §2.3", Ends(400), line("GET /echo HTTP/2.0")),
        ("9112 §2.3", Ends(400), line("GET /echo HTTP/9.9")),
        ("9112 §2.3", Ends(400), line("GET /echo HTTP/1")),
        ("9112 §2.3", Ends(400), line("GET /echo HTTP/01.01")),
        ("9112 §2.3", Ends(400), line("GET /echo http/1.1")),
        ("9112 §2.3", Ends(400), line("GET /echo")),
    ];
    assert_all(&borrowed(&cases)).await;
}

#[tokio::test]
async fn lines_and_fields() {
    let many = |count: usize| (0..count).map(|at| format!("X-{at}: a\r\n")).collect::<String>();
    let cases = [
        ("9112 §2.2", GoesOn(200), format!("\r\n\r\n{}", get("/echo", HOST))),
        ("9112 §2.2", Ends(400), format!(" {}", get("/echo", HOST))),
        ("9112 §2.2", Ends(400), "GET /echo HTTP/1.1\nHost: test\r\n\r\n".to_owned()),
        ("9112 §2.2", Ends(400), get("/echo", "Host: test\nX: y\r\n")),
        ("9112 §2.2", Ends(400), "GET /echo HTTP/1.1\nHost: test\n\n".to_owned()),
        ("9112 §2.2", Ends(400), get("/echo", "Host: test\rX: y\r\n")),
        ("9112 §2.2", Ends(400), "GET /echo HTTP/1.1\rHost: test\r\n\r\n".to_owned()),
        ("9112 §2.2", Ends(400), get("/echo", &format!(" X: y\r\n{HOST}"))),
        ("9112 §5.1", Ends(400), get("/echo", &format!("{HOST}X : y\r\n"))),
        ("9112 §5.2", Ends(400), get("/echo", &format!("{HOST}X: y\r\n z\r\n"))),
        ("9112 §5", Ends(400), get("/echo", &format!("{HOST}: y\r\n"))),
        ("9112 §5", Ends(400), get("/echo", &format!("{HOST}No colon\r\n"))),
        ("9112 §5", Ends(400), get("/echo", &format!("{HOST}X[: y\r\n"))),
        ("9110 §5.5", Ends(400), get("/echo", &format!("{HOST}X: a\0b\r\n"))),
        ("9110 §5.5", Ends(400), get("/echo", &format!("{HOST}X: a\x0bb\r\n"))),
        ("9110 §5.5", GoesOn(200), get("/echo", "hOST:\ttest \r\nX:\r\n")),
        ("6585 §5", GoesOn(431), get("/echo", &format!("{HOST}X: {}\r\n", "a".repeat(100_000)))),
        ("6585 §5", GoesOn(200), get("/echo", &format!("{HOST}X: {}\r\n", "a".repeat(50_000)))),
        ("6585 §5", Ends(431), get("/echo", &format!("{HOST}{}: a\r\n", "a".repeat(100_000)))),
        ("6585 §5", GoesOn(200), get("/echo", &format!("{HOST}{}", many(99)))),
        ("6585 §5", Ends(431), get("/echo", &format!("{HOST}{}", many(101)))),
        ("9110 §10.1.1", GoesOn(417), get("/echo", &format!("{HOST}Expect: 200-ok\r\n"))),
        ("9110 §10.1.1", GoesOn(200), get("/echo", &format!("{HOST}Expect: 100-Continue\r\n"))),
        ("9112 §9.6", Ends(200), get("/echo", &format!("{HOST}Connection: x, CLOSE\r\n"))),
        ("9110 §7.8", GoesOn(200), get("/echo", &format!("{HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n"))),
    ];
    assert_all(&borrowed(&cases)).await;
}

#[tokio::test]
async fn lengths() {
    let mut cases = vec![
        ("9110 §8.6", GoesOn(200), post("Content-Length: \t5 \r\n", "hello")),
        ("9110 §8.6", GoesOn(200), post("Content-Length: 0\r\n", "")),
        ("9112 §6.3", GoesOn(200), post("", "")),
        ("9112 §6.3", Ends(400), post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")),
        ("9110 §8.6", Ends(400), post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")),
        ("9112 §5.1", Ends(400), post("Content-Length : 5\r\n", "hello")),
        ("9112 §6.2", Ends(413), post("Content-Length: 9999999999\r\n", "")),
    ];
    for wrong in ["+5", "-5", "-0", "0x5", "5 5", "5, 5", "5, 6", "1_0", "5a", "", "99999999999999999999"] {
        cases.push(("9112 §6.3", Ends(400), post(&format!("Content-Length: {wrong}\r\n"), "hello")));
    }
    for octal in ["005", "00", "012"] {
        cases.push(("9110 §8.6", Ends(400), post(&format!("Content-Length: {octal}\r\n"), "helloworld")));
    }
    assert_all(&borrowed(&cases)).await;
}

#[tokio::test]
async fn transfer_codings() {
    let te = "Transfer-Encoding: chunked\r\n";
    let mut cases = vec![
        ("9112 §7", GoesOn(200), post("TRANSFER-ENCODING:\tCHUNKED \r\n", CHUNKS)),
        ("9110 §5.6.1", GoesOn(200), post("Transfer-Encoding: , chunked\r\n", CHUNKS)),
        ("9112 §6.1", Ends(400), post(&format!("Content-Length: 15\r\n{te}"), CHUNKS)),
        ("9112 §6.1", Ends(400), post(&format!("{te}Content-Length: 15\r\n"), CHUNKS)),
        ("9112 §6.1", Ends(400), post(&format!("{te}content-length: nonsense\r\n"), CHUNKS)),
        ("9112 §11.2", Ends(400), post(&format!("Content-Length: {}\r\n{te}", HIDDEN.len()), HIDDEN)),
        ("9112 §11.2", Ends(400), post(&format!("{te}Content-Length: 4\r\n"), HIDDEN)),
        ("9112 §6.1", Ends(400), post(&format!("{te}{te}"), CHUNKS)),
        ("9112 §6.1", Ends(400), post("Transfer-Encoding: chunked, chunked\r\n", CHUNKS)),
        ("9112 §6.1", Ends(501), post("Transfer-Encoding: gzip, chunked\r\n", CHUNKS)),
        ("9112 §6.1", Ends(501), post(&format!("Transfer-Encoding: identity\r\n{te}"), CHUNKS)),
        ("9112 §6.3", Ends(400), post(&format!("{te}Transfer-Encoding: identity\r\n"), CHUNKS)),
        ("9112 §5.1", Ends(400), post("Transfer-Encoding : chunked\r\n", CHUNKS)),
        ("9112 §5.2", Ends(400), post("Transfer-Encoding:\r\n chunked\r\n", CHUNKS)),
        ("9112 §6.1", Ends(400), format!("POST /echo HTTP/1.0\r\n{HOST}{te}\r\n{CHUNKS}")),
        (
            "9112 §6.1",
            Ends(400),
            format!("POST /echo HTTP/1.0\r\n{HOST}Connection: keep-alive\r\nContent-Length: 5\r\n{te}\r\n{CHUNKS}"),
        ),
    ];
    for wrong in ["xchunked", "chunked, gzip", "identity", "", "chunked;q=1", "\"chunked\"", "\x0bchunked", "chunked\0"]
    {
        let header = format!("Transfer-Encoding: {wrong}\r\n");
        cases.push(("9112 §6.3", Ends(400), post(&header, CHUNKS)));
        cases.push(("9112 §6.3", Ends(400), post(&format!("{header}Content-Length: 5\r\n"), "hello")));
    }
    assert_all(&borrowed(&cases)).await;
}

#[tokio::test]
async fn chunks() {
    let chunked = |body: &str| post("Transfer-Encoding: chunked\r\n", body);
    let mut cases = vec![
        ("9112 §7.1", GoesOn(200), chunked("A;a=b\r\nhelloworld\r\n00\r\n\r\n")),
        ("9112 §7.1.2", GoesOn(200), chunked("0\r\nContent-Length: 50\r\nHost: other\r\n\r\n")),
    ];
    for wrong in [
        "-5\r\nhello",
        "+5\r\nhello",
        "0x5\r\nhello",
        "5 5\r\nhello",
        " 5\r\nhello",
        "1_0\r\nhello",
        "Z\r\nhello",
        "\r\nhello",
        "10000000000000005\r\nhello",
        "5\nhello",
        "5\rhello",
        "5;a\nhello",
        "5;a\rb\r\nhello",
        "5\r\nhello\n",
        "5\r\nhello0",
        "5\r\nhelloXX",
        "7\r\nhello\r\nX",
    ] {
        cases.push(("9112 §7.1", Ends(400), chunked(&format!("{wrong}\r\n0\r\n\r\n"))));
    }
    cases.push(("9112 §7.1.2", Ends(400), chunked(&format!("0\r\nX: {}\r\n\r\n", "a".repeat(70_000)))));
    cases.push(("9112 §7.1.1", Ends(400), chunked(&format!("5;{}\r\nhello\r\n0\r\n\r\n", "a".repeat(70_000)))));
    assert_all(&borrowed(&cases)).await;
}

#[tokio::test]
async fn a_problem_says_what_would_be_right() {
    let server = TestServer::start().await;
    for (request, status, right) in [
        (get("/echo", "Host: a/b\r\n"), 400, "example.org:8080"),
        (get("/echo", "Host: a\nX: y\r\n"), 400, "CR LF"),
        (get("/echo#a", HOST), 400, "fragment"),
        (get("/é", HOST), 400, "%C3%A9"),
        (post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", CHUNKS), 400, "has both"),
        (post("Transfer-Encoding: gzip, chunked\r\n", CHUNKS), 501, "chunked"),
        (get("/echo", &format!("{HOST}Expect: more\r\n")), 417, "100-continue"),
        (format!("TRACE /echo HTTP/1.1\r\n{HOST}\r\n"), 501, "TRACE"),
    ] {
        let mut client = server.connect().await;
        client.send(request.as_bytes()).await;
        let detail = client.response(false).await.problem(status);
        assert!(detail.contains(right), "{detail}");
    }
}

#[tokio::test]
async fn heads_are_looked_at_on_a_used_connection_and_however_they_come() {
    let server = TestServer::start().await;
    let mut client = server.connect().await;
    let chunked = post("Transfer-Encoding: chunked\r\n", CHUNKS);
    for _ in 0..3 {
        assert_eq!(client.exchange(&chunked, b"").await.body, b"hello", "a chunked body costs no connection");
    }
    for byte in post("Transfer-Encoding: chunked\r\nContent-Length: 15\r\n", CHUNKS).bytes() {
        client.send(&[byte]).await;
        if byte == b'\n' {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(client.response(false).await.status, 400);
    assert_eq!(client.rest().await, b"");
}

#[tokio::test]
async fn a_handshake_has_no_body_that_could_be_taken_for_frames() {
    let cases = [
        ("9110 §7.8", Ends(400), handshake("", "Content-Length: 6\r\n")),
        ("9110 §7.8", Ends(400), handshake("", "Content-Length: 6\r\n") + "\u{1}abcde"),
        ("9110 §7.8", Ends(400), handshake("", "Transfer-Encoding: chunked\r\n") + CHUNKS),
    ];
    assert_all(&borrowed(&cases)).await;
    let server = TestServer::start().await;
    server.connect().await.upgrade("", "Content-Length: 0\r\n").await;
}

#[tokio::test]
async fn requests_that_come_at_once_are_answered_in_order() {
    let server = TestServer::start().await;
    let mut client: RawClient = server.connect().await;
    let first = post("Content-Length: 3\r\n", "one");
    let second = post("Transfer-Encoding: chunked\r\n", "3\r\ntwo\r\n0\r\n\r\n");
    // The third one has its head cut where it may be taken for another.
    let (third, rest) = ("POST /echo HTTP/1.1\r\nHost: test\r\nX: ", "#\r\nContent-Length: 5\r\n\r\nthree");
    client.send(format!("{first}{second}{third}").as_bytes()).await;
    assert_eq!(client.response(false).await.body, b"one");
    assert_eq!(client.response(false).await.body, b"two");
    client.send(rest.as_bytes()).await;
    assert_eq!(client.response(false).await.body, b"three");
}
