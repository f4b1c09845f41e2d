//! The faults that the server commits, as the browser's own network log tells them, and how often
//! each request really arrived.

use duplex::wire::{Fault, RunId, Transcript};
use serde::Deserialize;

use crate::page::Lab;
use crate::server::Server;

/// What a page learns of an exchange.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Learned {
    /// The status, if the head of a response came.
    status: Option<u16>,
    /// The body as text, if it came whole; of one that stalls, what came.
    body: String,
    /// Whether a promise was rejected.
    rejected: bool,
}

/// A browser with the page open, and a run.
struct Bench {
    server: Server,
    lab: Lab,
    run: RunId,
}

impl Bench {
    async fn start() -> Self {
        let server = Server::start();
        let lab = Lab::open(server.origin()).await;
        Self { server, lab, run: RunId(0xfa17) }
    }

    /// An address on a host name of its own, so that the browser has no connection to it yet: it takes
    /// every name under `localhost` for this machine.
    fn url(&self, scheme: &str, host: &str, path: &str, n: usize, query: &str) -> String {
        let port = self.server.origin().rsplit(':').next().expect("a port");
        format!("{scheme}://{host}.localhost:{port}{path}?run={}&n={n}&{query}", self.run)
    }

    /// How often the server read the head of request `n`.
    async fn arrivals(&self, n: usize) -> usize {
        let transcript = self.transcript().await;
        let exchanges = transcript.connections.iter().flat_map(|connection| &connection.exchanges);
        exchanges.filter(|exchange| exchange.n == Some(n as u32)).count()
    }

    async fn transcript(&self) -> Transcript {
        let text: String =
            self.lab.ask(&format!("fetch('/transcript/{}?bytes=0').then((it) => it.text())", self.run)).await;
        serde_json::from_str(&text).expect("a transcript")
    }

    /// Sends `payload` and reads what comes, for as long as something comes: of a body that stalls, the part
    /// that came.
    async fn exchange(&self, url: &str, payload: &str) -> Learned {
        self.lab
            .ask(&format!(
                "(async () => {{
                    const learned = {{ status: null, body: '', rejected: false }};
                    const stop = new AbortController();
                    try {{
                        const response = await fetch('{url}', {{
                            method: 'POST', body: '{payload}', cache: 'no-store', credentials: 'omit', signal: stop.signal,
                        }});
                        learned.status = response.status;
                        if (!'{url}'.includes('fault=stall')) {{
                            learned.body = await response.text();
                            return learned;
                        }}
                        const decoder = new TextDecoder();
                        const reader = response.body.getReader();
                        for (;;) {{
                            const {{ done, value }} = await reader.read();
                            if (done) break;
                            learned.body += decoder.decode(value, {{ stream: true }});
                            if (learned.body.length >= {half}) {{ stop.abort(); break; }}
                        }}
                    }} catch {{
                        learned.rejected = true;
                    }}
                    return learned;
                }})()",
                half = payload.len() / 2
            ))
            .await
    }
}

/// What each fault comes to over HTTP: what the page learns, what the browser's log says, and how often the
/// request arrives on a fresh and on a reused connection.
struct HttpRow {
    fault: &'static str,
    learned: (Option<u16>, &'static str, bool),
    log: Option<&'static str>,
    arrivals: [usize; 2],
}

const PAYLOAD: &str = "0123456789";

const HTTP: &[HttpRow] = &[
    // A browser sends a request again, POST included, when a connection that it reused ends before the head of a
    // response; the fault is the exchange's, so it meets it again.
    HttpRow { fault: "close", learned: (None, "", true), log: Some("net::ERR_EMPTY_RESPONSE"), arrivals: [1, 2] },
    HttpRow { fault: "reset", learned: (None, "", true), log: Some("net::ERR_CONNECTION_RESET"), arrivals: [1, 2] },
    // Once the head has come it does not, and the status is known; the part of the body that came is lost with the rest.
    HttpRow { fault: "cut", learned: (Some(200), "", true), log: Some("net::ERR_CONNECTION_RESET"), arrivals: [1, 1] },
    HttpRow {
        fault: "short",
        learned: (Some(200), "", true),
        log: Some("net::ERR_CONTENT_LENGTH_MISMATCH"),
        arrivals: [1, 1],
    },
    HttpRow {
        fault: "bad-frame",
        learned: (Some(200), "", true),
        log: Some("net::ERR_INVALID_CHUNKED_ENCODING"),
        arrivals: [1, 1],
    },
    HttpRow { fault: "stall", learned: (Some(200), "01234", false), log: Some("net::ERR_ABORTED"), arrivals: [1, 1] },
    HttpRow { fault: "drip", learned: (Some(200), PAYLOAD, false), log: None, arrivals: [1, 1] },
    HttpRow { fault: "goodbye", learned: (Some(200), PAYLOAD, false), log: None, arrivals: [1, 1] },
    HttpRow { fault: "bad-utf8", learned: (Some(200), "0123456789\u{fffd}", false), log: None, arrivals: [1, 1] },
];

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_over_http_is_the_error_that_belongs_to_it_on_fresh_and_on_reused_connections() {
    let bench = Bench::start().await;
    let mut n = 0;
    for row in HTTP {
        for (reused, arrivals) in row.arrivals.into_iter().enumerate() {
            let host = format!("{}-{reused}", row.fault);
            if reused == 1 {
                n += 1;
                let before = bench.exchange(&bench.url("http", &host, "/echo", n, ""), "before").await;
                assert_eq!(before.body, "before");
            }
            n += 1;
            let url = bench.url("http", &host, "/echo", n, &format!("fault={}", row.fault));
            let what = format!("{} on a {} connection", row.fault, ["fresh", "reused"][reused]);
            let learned = bench.exchange(&url, PAYLOAD).await;
            let (status, body, rejected) = row.learned;
            assert_eq!(learned, Learned { status, body: body.to_owned(), rejected }, "{what}");
            let failure = bench.lab.log.once(|log| log.is_over(&url), |log| log.failure(&url).map(str::to_owned)).await;
            assert_eq!(failure.as_deref(), row.log, "{what}");
            assert_eq!(bench.arrivals(n).await, arrivals, "{what}");
        }
    }
    let transcript = bench.transcript().await;
    let exchanges = transcript.connections.iter().flat_map(|connection| &connection.exchanges);
    assert!(exchanges.filter_map(|exchange| exchange.fault).count() >= 2 * HTTP.len(), "the ledger names them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_told_and_one_that_vanishes_is_waited_for() {
    let bench = Bench::start().await;
    let refused = bench.exchange(&bench.url("http", "status", "/echo", 1, "fault=status&status=418"), "x").await;
    assert_eq!((refused.status, refused.rejected), (Some(418), false));
    assert!(refused.body.contains("418"), "{}", refused.body);

    let url = bench.url("http", "vanish", "/echo", 2, "fault=vanish");
    let _: bool = bench
        .lab
        .ask(&format!(
            "(window.stop = new AbortController(), window.asked = 'pending',
              fetch('{url}', {{ signal: stop.signal }}).then(() => asked = 'answered', () => asked = 'rejected'), true)"
        ))
        .await;
    while bench.arrivals(2).await == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.lab.ask::<String>("asked").await, "pending", "nothing tells the page that nobody is there");
    let _: bool = bench.lab.ask("(stop.abort(), true)").await;
    let failure = bench.lab.log.once(|log| log.is_over(&url), |log| log.failure(&url).map(str::to_owned)).await;
    assert_eq!(failure.as_deref(), Some("net::ERR_ABORTED"), "but its own patience ends");
}

/// How a WebSocket ended for the page.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Closed {
    opened: bool,
    received: Vec<String>,
    code: u16,
    reason: String,
    clean: bool,
}

/// What each fault comes to over WebSocket: the close event, and what the browser writes about it.
struct WsRow {
    query: &'static str,
    code: u16,
    reason: &'static str,
    clean: bool,
    log: &'static str,
}

const WS: &[WsRow] = &[
    WsRow { query: "fault=close&at=2", code: 1006, reason: "", clean: false, log: "" },
    WsRow { query: "fault=reset&at=2", code: 1006, reason: "", clean: false, log: "" },
    WsRow { query: "fault=cut&at=2", code: 1006, reason: "", clean: false, log: "" },
    WsRow { query: "fault=short&at=2", code: 1006, reason: "", clean: false, log: "" },
    WsRow { query: "fault=bad-frame&at=2", code: 1006, reason: "", clean: false, log: "Unrecognized frame opcode: 3" },
    WsRow {
        query: "fault=bad-utf8&at=2",
        code: 1006,
        reason: "",
        clean: false,
        log: "Could not decode a text frame as UTF-8.",
    },
    WsRow { query: "fault=goodbye&at=2", code: 1000, reason: "", clean: true, log: "" },
    WsRow {
        query: "fault=goodbye&at=2&code=4321&reason=so%20long",
        code: 4321,
        reason: "so long",
        clean: true,
        log: "",
    },
    // A code that may not be sent breaks the protocol (RFC 6455 §7.4.1).
    WsRow { query: "fault=goodbye&at=2&code=1006", code: 1006, reason: "", clean: false, log: "close" },
];

async fn talk(lab: &Lab, url: &str) -> Closed {
    lab.ask(&format!(
        "new Promise((done) => {{
            const socket = new WebSocket('{url}');
            const received = [];
            let opened = false;
            socket.onopen = () => {{ opened = true; socket.send('first'); }};
            socket.onmessage = (event) => {{ received.push(event.data); socket.send('second'); }};
            socket.onclose = (event) => done({{
                opened, received, code: event.code, reason: event.reason, clean: event.wasClean,
            }});
        }})"
    ))
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_over_websocket_is_the_close_that_belongs_to_it() {
    let bench = Bench::start().await;
    for (n, row) in WS.iter().enumerate() {
        let url = bench.url("ws", "talk", "/ws", n, row.query);
        let closed = talk(&bench.lab, &url).await;
        let expected = Closed {
            opened: true,
            received: vec!["first".to_owned()],
            code: row.code,
            reason: row.reason.to_owned(),
            clean: row.clean,
        };
        assert_eq!(closed, expected, "{}", row.query);
        if !row.log.is_empty() {
            let told = |told: &String| told.contains(row.log);
            bench.lab.log.once(|log| log.broken.get(&url).is_some_and(told), |_| ()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_fails_is_one_opaque_1006_whatever_went_wrong() {
    let bench = Bench::start().await;
    for (n, fault) in [Fault::Close, Fault::Reset, Fault::Status].into_iter().enumerate() {
        let url = bench.url("ws", "handshake", "/ws", n, &format!("fault={fault}&at=0"));
        let closed = talk(&bench.lab, &url).await;
        let opaque = Closed { opened: false, received: vec![], code: 1006, reason: String::new(), clean: false };
        assert_eq!(closed, opaque, "{fault}");
        assert!(bench.arrivals(n).await >= 1, "{fault}: the ledger has it");
    }
    let statuses: Vec<_> = bench.transcript().await.connections.into_iter().flat_map(|its| its.exchanges).collect();
    assert!(statuses.iter().any(|exchange| exchange.status == Some(503)), "and what was answered: {statuses:?}");
}
