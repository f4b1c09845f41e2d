//! What can go wrong, and what the page says of it.

use duplex::analysis::{Sample, Timeline};
use duplex::trace::{Cause, Failure, Inference, Outcome, Protocol, Trace};

use crate::echoes;
use crate::page::Lab;
use crate::server::Server;

fn samples(trace: &Trace, protocol: Protocol) -> Vec<Sample> {
    Timeline::of(trace).samples(protocol).to_vec()
}

fn failure(trace: &Trace) -> &Failure {
    match &trace.outcome {
        Some(Outcome::Failed(failure)) => failure,
        other => panic!("the run did not fail: {other:?}"),
    }
}

/// Runs against endpoints that are not ours, with a press of Run, until it fails.
async fn fails_against(http: &str, ws: &str, more: &str) -> (Lab, Trace, String) {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=3&http={http}&ws={ws}&{more}", server.origin())).await;
    lab.press_run().await;
    lab.until_run_is("failed").await;
    let (trace, words) = (lab.save().await, lab.text(".status").await);
    (lab, trace, words)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_fails_the_run_and_everything_until_then_is_kept() {
    let mut server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=100000&size=16&run=1", server.origin())).await;
    lab.until_run_is("running").await;
    lab.until("document.querySelectorAll('.pane.ws path.message').length > 20").await;
    server.kill();
    lab.until_run_is("failed").await;
    let trace = lab.save().await;
    let kept = samples(&trace, Protocol::Http).len();
    assert!(kept >= 5, "{kept} samples");
    assert!(matches!(failure(&trace).cause, Cause::Vanished | Cause::ClosedMidway { .. }), "{:?}", failure(&trace));
    let words = lab.text(".status").await;
    assert!(words.contains("The run failed in turn") && words.contains("is kept"), "{words}");
    let [http, ws] = lab.arrows().await;
    assert!(http > 0 && ws > 0, "{http} and {ws} arrows are still drawn");
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_keeps_what_was_measured() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=100000&run=1", server.origin())).await;
    lab.until("document.querySelectorAll('.pane.ws path.message').length > 20").await;
    lab.press_stop().await;
    lab.until_run_is("stopped").await;
    let trace = lab.save().await;
    assert_eq!(trace.outcome, Some(Outcome::Stopped));
    let kept = samples(&trace, Protocol::WebSocket).len();
    assert!((5..100_000).contains(&kept), "{kept} samples");
    assert!(lab.text(".status").await.contains("is kept"));
    // The server's account of the run was asked for all the same.
    assert!(trace.connections.iter().any(|connection| connection.bytes.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_the_address_is_told_with_how_it_was_inferred() {
    let address = echoes::nobody().await;
    let (_lab, trace, words) =
        fails_against(&format!("http://{address}/anything"), &format!("ws://{address}/"), "").await;
    assert_eq!((&failure(&trace).cause, failure(&trace).inferred_from), (&Cause::NoAnswer, Inference::ProbeFailed));
    assert!(words.contains("not running") && words.contains("a second request"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_allow_the_page_is_told_from_one_that_is_not_there() {
    let http = echoes::http_echo(false).await;
    let (_lab, trace, words) = fails_against(&format!("http://{http}/anything"), "ws://127.0.0.1:1/", "").await;
    assert_eq!((&failure(&trace).cause, failure(&trace).inferred_from), (&Cause::Cors, Inference::ProbeAnswered));
    assert!(words.contains("CORS"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_websockets_is_told_from_one_that_is_not_there() {
    let http = echoes::http_echo(true).await;
    let (_lab, trace, words) =
        fails_against(&format!("http://{http}/anything"), &format!("ws://{http}/anything"), "").await;
    assert_eq!(failure(&trace).cause, Cause::HandshakeRefused);
    assert!(words.contains("101 Switching Protocols"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_ends_the_run_when_patience_does() {
    let http = echoes::silent().await;
    let (_lab, trace, words) =
        fails_against(&format!("http://{http}/anything"), "ws://127.0.0.1:1/", "reply-timeout=300").await;
    assert!(matches!(failure(&trace).cause, Cause::ReplyTimeout { .. }), "{:?}", failure(&trace));
    assert!(words.contains("no reply within 300 ms"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_is_no_success_is_told() {
    let http = echoes::http_echo(true).await;
    let (_lab, trace, _) = fails_against(&format!("http://{http}/elsewhere"), "ws://127.0.0.1:1/", "").await;
    assert_eq!(failure(&trace).cause, Cause::Status { status: 404 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_that_never_opened_is_no_connection() {
    let server = Server::start();
    let nobody = echoes::nobody().await;
    let url = format!("{}/?messages=2&http={}/echo&ws=ws://{nobody}/ws", server.origin(), server.origin());
    let lab = Lab::open(&url).await;
    lab.press_run().await;
    lab.until_run_is("failed").await;
    assert_eq!(lab.figure("connections").await[1], "0");
    let channels: usize = lab.ask("document.querySelectorAll('.pane.ws g.connection-end').length").await;
    assert_eq!(channels, 0);
}
