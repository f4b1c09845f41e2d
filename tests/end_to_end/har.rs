//! HAR, there and back in a browser: what a run is saved as against the browser's own events, and what the page makes of
//! a file that the developer tools wrote.

use base64::Engine as _;
use duplex::format::har;
use duplex::trace::Protocol;
use serde_json::Value;

use crate::har_log::{Exchange, HarLog, Socket};
use crate::page::Lab;
use crate::server::Server;

/// Turns of each protocol; the warm-up is one more.
const TURNS: usize = 20;

/// By how much the two accounts may differ, in ms, beside the resolution of the page's clock.
const NEAR: f64 = 1.0;

/// How much later than the browser's network a page's main thread may learn of something, in ms.
const TASK: f64 = 5.0;

/// How far the two accounts of one kind of time lie apart, in ms.
struct Apart {
    what: &'static str,
    by: Vec<f64>,
}

impl Apart {
    fn new(what: &'static str) -> Self {
        Self { what, by: Vec::new() }
    }

    fn note(&mut self, ours: f64, browsers: f64) {
        self.by.push((ours - browsers).abs());
    }

    /// Either side may be stopped for a while between its event and its clock on a busy machine, so that single ones lie apart
    /// by chance; what is told wrongly lies apart in general.
    fn assert_near(mut self, resolution: f64) {
        self.by.sort_by(f64::total_cmp);
        let Self { what, by } = &self;
        let (median, most) = (by[by.len() / 2], by[by.len() - 1]);
        println!("{what}: median {median:.3} ms, most {most:.3} ms apart, of {}", by.len());
        assert!(median <= NEAR + resolution, "{what}: {by:?}");
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// When an entry began, in ms since 1970, by the reader's own date arithmetic, which its own tests hold to known dates.
fn started(entry: &Value) -> f64 {
    let only = serde_json::json!({ "log": { "entries": [entry] } });
    har::read(&only.to_string()).expect("it is read").circumstances.started
}

fn bytes(text: &Value) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(text.as_str().expect("a text")).expect("base64")
}

fn entries<'a>(har: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = har["log"]["entries"].as_array().expect("a list");
    all.iter().filter(|entry| entry["_resourceType"] == kind).collect()
}

fn compare_exchanges(ours: &[&Value], browsers: &[Exchange], resolution: f64) {
    let mut apart = ["request made", "response begun", "response ended", "connecting"].map(Apart::new);
    for (entry, browsers) in ours.iter().zip(browsers) {
        let (request, response, timings) = (&entry["request"], &entry["response"], &entry["timings"]);
        assert_eq!(request["url"], browsers.url.as_str());
        assert_eq!(
            (request["method"].as_str(), response["status"].as_u64()),
            (Some(&*browsers.method), Some(browsers.status))
        );
        assert_eq!(number(&response["headersSize"]) as usize, browsers.head, "bytes of the head");
        assert_eq!(number(&response["_transferSize"]), browsers.transferred, "bytes of the response");
        let began = started(entry);
        let of = |name: &str| number(&timings[name]).max(0.0);
        let until_head = ["blocked", "dns", "connect", "send", "wait"].map(of).iter().sum::<f64>();
        apart[0].note(began, browsers.started);
        apart[1].note(began + until_head, browsers.answered);
        apart[2].note(began + number(&entry["time"]), browsers.ended);
        apart[3].note(number(&timings["connect"]), browsers.connect);
    }
    // Two of ours are on one connection just where two of the browser's are.
    for (one, its) in ours.iter().zip(browsers) {
        for (other, others) in ours.iter().zip(browsers) {
            assert_eq!(one["connection"] == other["connection"], its.connection == others.connection);
        }
    }
    apart.into_iter().for_each(|apart| apart.assert_near(resolution));
}

fn compare_socket(ours: &Value, browsers: &Socket, resolution: f64) {
    let (response, timings) = (&ours["response"], &ours["timings"]);
    assert_eq!(ours["request"]["url"], browsers.url.as_str());
    assert_eq!(response["status"].as_u64(), Some(browsers.status));
    assert_eq!(number(&response["headersSize"]) as usize, browsers.head, "bytes of the 101");
    let messages = ours["_webSocketMessages"].as_array().expect("a list");
    assert_eq!(messages.len(), browsers.frames.len());
    let (mut frames, mut opened) = (Apart::new("frames"), Apart::new("WebSocket open"));
    for (message, frame) in messages.iter().zip(&browsers.frames) {
        assert_eq!(message["type"], if frame.is_sent { "send" } else { "receive" });
        assert_eq!(message["opcode"].as_u64(), Some(frame.opcode));
        assert_eq!(bytes(&message["data"]), frame.payload, "what crossed, with its envelope");
        frames.note(number(&message["time"]) * 1_000.0, frame.time);
    }
    // The browser dates its entry by the handshake's sending, which a page does not learn: ours begins with the call.
    let began = started(ours);
    assert!(began <= browsers.started + NEAR, "called before it was sent: {began}, {}", browsers.started);
    opened.note(began + number(&timings["wait"]), browsers.opened);
    frames.assert_near(resolution);
    // The page knows of it by the `open` event, which is a task of its own behind the response that the browser tells of.
    opened.assert_near(resolution + TASK);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_har_of_a_run_is_what_the_browsers_own_events_come_to() {
    let server = Server::start();
    for connection in ["keep-alive", "close"] {
        let settings = format!("lab=exchange&messages={TURNS}&connection={connection}");
        let lab = Lab::open(&format!("{}/?{settings}", server.origin())).await;
        let log = HarLog::follow(&lab.tab).await;
        lab.press_run().await;
        lab.until_run_is("finished").await;
        let trace = lab.save().await;
        let run = trace.circumstances.run.to_string();
        let (name, text) = lab.taken_away("button.as-har").await;
        assert_eq!(name, format!("duplex-exchange-{}.har", &run[..8]));
        let saved: Value = serde_json::from_str(&text).expect("it is JSON");
        let resolution = trace.circumstances.resolution.as_millis();
        let (exchanges, sockets) = (entries(&saved, "fetch"), entries(&saved, "websocket"));
        assert_eq!((exchanges.len(), sockets.len()), (TURNS + 1, 1));
        let (browsers, browsers_sockets) = log.of_run(&run, exchanges.len(), sockets.len()).await;
        println!("{connection}:");
        compare_exchanges(&exchanges, &browsers, resolution);
        compare_socket(sockets[0], &browsers_sockets[0], resolution);
        lab.assert_no_errors().await;
        // It is the run itself that is read back.
        let back = har::read(&text).expect("it is read");
        for protocol in Protocol::BOTH {
            assert_eq!(back.of(protocol).count(), trace.of(protocol).count(), "{protocol:?}");
        }
    }
}
