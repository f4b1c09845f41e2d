//! The lab in other places: over TLS with HTTP/2, behind an emulated link, and on a class network, where
//! the page is no secure context.

use std::collections::BTreeSet;

use duplex::analysis::{Opening, Summary, Timeline};
use duplex::trace::{Outcome, Protocol, Trace};
use duplex::wire::Transcript;

use crate::page::Lab;
use crate::server::Server;

const TLS: [&str; 3] = ["--tls-self-signed", "--tls-listen", "127.0.0.1:0"];
/// The test's browser trusts every certificate; a visitor would be asked.
const TRUSTING: [&str; 1] = ["ignore-certificate-errors"];

async fn finished(lab: &Lab) -> Trace {
    lab.until_run_is("finished").await;
    let trace = lab.save().await;
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    lab.assert_no_errors().await;
    trace
}

fn connections(trace: &Trace) -> Option<usize> {
    Summary::of(trace, &Timeline::of(trace), Protocol::Http).connections
}

/// Every round trip, in ms.
fn round_trips(trace: &Trace, protocol: Protocol) -> Vec<f64> {
    let timeline = Timeline::of(trace);
    timeline.samples(protocol).iter().map(|sample| sample.took.as_millis()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_http_2_carries_all_requests_on_one_connection_even_if_asked_to_close() {
    let server = Server::start_with(&TLS);
    for connection in ["keep-alive", "close"] {
        let url = format!("{}/?run=1&messages=8&connection={connection}", server.tls_origin());
        let lab = Lab::open_with(&TRUSTING, &url).await;
        let trace = finished(&lab).await;
        let run = trace.circumstances.run.to_string();
        let protocols = lab.log.once(|log| !log.echoes(&run).is_empty(), |log| log.echo_protocols(&run)).await;
        assert_eq!(protocols, BTreeSet::from(["h2".to_owned()]), "as the browser names it");
        assert_eq!(connections(&trace), Some(1), "{connection}");
        let figures = lab.text(".figures").await;
        assert!(figures.contains("HTTP/2") && figures.contains("TLS 1.3"), "as the page names it: {figures}");
        assert!(trace.circumstances.ws.url.starts_with("wss://"), "{}", trace.circumstances.ws.url);
        assert!(lab.log.once(|_| true, |log| log.sockets[0].starts_with("wss://")).await);
        let text: String = lab.ask(&format!("fetch('/transcript/{run}?bytes=0').then((it) => it.text())")).await;
        let transcript: Transcript = serde_json::from_str(&text).expect("a transcript");
        let protocols: BTreeSet<_> = transcript
            .connections
            .iter()
            .flat_map(|its| &its.exchanges)
            .map(|its| (its.upgraded, its.protocol.as_str()))
            .collect();
        assert_eq!(protocols, BTreeSet::from([(false, "h2"), (true, "http/1.1")]), "a WebSocket has its 101");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_an_emulated_link_both_protocols_take_its_round_trip() {
    let server = Server::start_with(&["--link", "near=40ms"]);
    let lab = Lab::open(&format!("{}/?run=1&messages=5&link=near", server.origin())).await;
    let trace = finished(&lab).await;
    for protocol in [Protocol::Http, Protocol::WebSocket] {
        let times = round_trips(&trace, protocol);
        assert!(times.iter().all(|&ms| ms >= 40.0), "{protocol:?}: {times:?}");
    }
    let opening = |protocol| match Summary::of(&trace, &Timeline::of(&trace), protocol).opening {
        Opening::Took { median, .. } => median.as_millis(),
        other => panic!("{protocol:?}: {other:?}"),
    };
    // The browser's own timing of HTTP's connection knows nothing of the emulated handshake.
    assert!(opening(Protocol::Http) >= 40.0 && opening(Protocol::WebSocket) >= 80.0);
    assert!(!trace.circumstances.http.url.starts_with(server.origin()), "it went through another port");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_not_offered_is_told_with_those_that_are() {
    let server = Server::start_with(&["--link", "near=40ms"]);
    let lab = Lab::open(&format!("{}/?messages=5&link=moon", server.origin())).await;
    lab.press_run().await;
    lab.until("document.body.innerText.includes('no emulated link “moon”')").await;
    assert!(lab.text("body").await.contains("It offers: near"));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_class_network_the_page_is_no_secure_context_and_the_lab_works_all_the_same() {
    let server = Server::start();
    let class = server.origin().replace("127.0.0.1", "class.test");
    let lab =
        Lab::open_with(&["host-resolver-rules=MAP class.test 127.0.0.1"], &format!("{class}/?run=1&messages=10")).await;
    assert!(!lab.ask::<bool>("isSecureContext || crossOriginIsolated").await);
    let trace = finished(&lab).await;
    assert!(!trace.circumstances.secure && !trace.circumstances.isolated);
    let resolution = trace.circumstances.resolution.as_millis();
    assert!(resolution >= 0.05, "the clock is a coarse one, and was probed: {resolution} ms");
    assert_eq!(trace.circumstances.http.url, format!("{class}/echo"));
    assert_eq!(
        [Protocol::Http, Protocol::WebSocket].map(|of| round_trips(&trace, of).len()),
        [11, 11],
        "with a warm-up"
    );
    let [http, ws] = lab.arrows().await;
    assert!(http >= 20 && ws >= 20, "{http} and {ws} arrows");
    // Evidence is readable, and so is the server's account.
    assert!(trace.connections.iter().all(|connection| connection.bytes.is_some()));
}
