//! The folder of the built page on a plain static host, under a path, without an echo server: recorded runs, no error, and
//! no request to anywhere else.

use std::env;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use chromiumoxide::cdp::browser_protocol::log::{EnableParams, EventEntryAdded, LogEntryLevel};
use duplex::lab::Lab as Kind;
use futures_util::StreamExt as _;
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

use crate::page::Lab;
use crate::server::Server;

/// Where the folder is served.
const PATH: &str = "/courses/networks/duplex";

/// Serves the folder as it is, and gives the origin.
async fn static_host() -> String {
    let folder = env::var_os("DUPLEX_PAGE").map_or_else(|| PathBuf::from("dist"), PathBuf::from);
    let app = Router::new().nest_service(PATH, ServeDir::new(folder));
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

/// What the browser complains about in its console: what does not load, what a policy forbids.
async fn complaints(lab: &Lab) -> Arc<Mutex<Vec<String>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut entries = lab.tab.event_listener::<EventEntryAdded>().await.expect("a listener");
    lab.tab.execute(EnableParams::default()).await.expect("entries of the log");
    let into = seen.clone();
    tokio::spawn(async move {
        while let Some(event) = entries.next().await {
            if matches!(event.entry.level, LogEntryLevel::Error | LogEntryLevel::Warning) {
                into.lock().expect("the entries").push(format!("{}: {:?}", event.entry.text, event.entry.url));
            }
        }
    });
    seen
}

/// A recording is shown, with arrows in both diagrams.
const SHOWN: &str = "document.querySelector('aside.recording') && document.querySelector('.pane.http path.message') \
    && document.querySelector('.pane.ws path.message')";

#[tokio::test(flavor = "multi_thread")]
async fn without_an_echo_server_there_are_recordings_and_no_request_goes_elsewhere() {
    let origin = static_host().await;
    let lab = Lab::open(&format!("{origin}{PATH}/")).await;
    let complaints = complaints(&lab).await;
    for kind in Kind::ALL {
        lab.until("document.querySelector('nav.labs a')").await;
        let _: bool = lab
            .ask(&format!("(document.querySelector('nav.labs a[href*=\"lab={}\"]')?.click(), true)", kind.slug()))
            .await;
        lab.until(&format!("document.documentElement.dataset.lab === '{}' && {SHOWN}", kind.slug())).await;
        let told = lab.text("aside.recording").await;
        assert!(told.contains("a recorded run instead") && told.contains("Recorded earlier"), "{told}");
        lab.click("aside.recording button.whole").await;
        lab.until(
            "!document.querySelector('section.happened').hidden && !document.querySelector('section.figures').hidden",
        )
        .await;
    }
    let (urls, sockets) = lab.log.traffic().await;
    for url in urls {
        assert!(url.starts_with(&format!("{origin}{PATH}/")) || url.starts_with("data:"), "{url}");
    }
    assert_eq!(sockets, Vec::<String>::new());
    assert_eq!(*complaints.lock().expect("the entries"), Vec::<String>::new());
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_run_can_be_made_a_guess_is_answered_by_the_recording() {
    let origin = static_host().await;
    let lab = Lab::open(&format!("{origin}{PATH}/?lab=memory")).await;
    lab.until(SHOWN).await;
    lab.until("document.querySelector('section.happened').hidden").await;
    assert_eq!(lab.text(".prediction .told").await, "");
    lab.click(".prediction input").await;
    lab.until(
        "document.querySelector('.prediction .told').innerText && !document.querySelector('section.happened').hidden",
    )
    .await;
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_run_can_be_made_a_recording_keeps_its_answer_to_itself() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?lab=exchange", server.origin())).await;
    lab.until(SHOWN).await;
    let hidden = "['happened', 'figures', 'charts'].every((it) => document.querySelector('section.' + it).hidden)";
    lab.until(&format!("{hidden} && document.querySelector('aside.recording button.whole')")).await;
    assert_eq!(lab.text(".prediction .told").await, "");
    assert_eq!(lab.ask::<String>("document.documentElement.dataset.run").await, "idle");
    lab.click("aside.recording button.whole").await;
    lab.until(
        "!document.querySelector('section.happened').hidden && document.querySelector('.prediction .told').innerText",
    )
    .await;
    // A run of one's own takes its place.
    lab.press_run().await;
    lab.until_run_is("finished").await;
    lab.until("!document.querySelector('aside.recording')").await;
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_names_the_echo_server_and_a_link_may_start_a_run_against_it() {
    let server = Server::start();
    let folder = tempfile::TempDir::new().expect("a folder");
    let dist = env::var_os("DUPLEX_PAGE").map_or_else(|| PathBuf::from("dist"), PathBuf::from);
    for entry in std::fs::read_dir(dist).expect("the page") {
        let path = entry.expect("a file").path();
        if path.is_file() {
            std::fs::copy(&path, folder.path().join(path.file_name().expect("a name"))).expect("a copy");
        }
    }
    let named = format!("{{ \"servers\": [\"{}\"] }}", server.origin());
    std::fs::write(folder.path().join("duplex.json"), named).expect("a file");
    let app = Router::new().fallback_service(ServeDir::new(folder.path()));
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let lab = Lab::open(&format!("{origin}/?lab=exchange&messages=3&run=1")).await;
    lab.until_run_is("finished").await;
    let trace = lab.save().await;
    assert_eq!(trace.circumstances.http.url, format!("{}/echo", server.origin()));
    // Nobody was asked but the page's host and the server that it names.
    for url in lab.log.traffic().await.0 {
        assert!(url.starts_with(&origin) || url.starts_with(server.origin()) || !url.starts_with("http"), "{url}");
    }
    lab.assert_no_errors().await;
}
