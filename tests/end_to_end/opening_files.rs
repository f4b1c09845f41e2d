//! Files that are brought to the page: dropped, or named by the link, from its own origin and from another; and files
//! that are not what they should be.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use duplex::format;
use duplex::trace::{Kind, Protocol};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::page::Lab;
use crate::server::{self, Server};

/// As the developer tools wrote it.
const CAPTURE: &str = include_str!("../har/devtools.har");

/// What the page says of what it shows.
const SAID: &str = "(document.querySelector('.status p[role=\"status\"]')?.innerText ?? '')";

/// A file is held over the page, and dropped there.
async fn drop_file(lab: &Lab, name: &str, text: &str) {
    let (name, text) = (serde_json::to_string(name).expect("JSON"), serde_json::to_string(text).expect("JSON"));
    let seen: [bool; 4] = lab
        .ask(&format!(
            "(async () => {{
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File([{text}], {name}));
                const tell = (kind) => !document.querySelector('main').dispatchEvent(
                    new DragEvent(kind, {{ bubbles: true, cancelable: true, dataTransfer }}));
                const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                const target = () => document.querySelector('.drop-target').checkVisibility();
                const over = tell('dragover');
                await frame();
                const shown = target();
                const dropped = tell('drop');
                await frame();
                return [over, shown, dropped, target()];
            }})()"
        ))
        .await;
    assert_eq!(seen, [true, true, true, false], "it can be dropped, is told so, is taken, and that is over");
}

async fn until_said(lab: &Lab, what: &str) {
    lab.until(&format!("{SAID}.includes({what:?})")).await;
}

async fn until_noticed(lab: &Lab, what: &str) {
    lab.until(&format!("document.querySelector('.notices')?.innerText.includes({what:?})")).await;
}

/// The built page with more files in its folder.
fn page_with(files: &[(&str, &str)]) -> (TempDir, Server) {
    let folder = TempDir::new().expect("a folder");
    for file in fs::read_dir(server::page()).expect("the page") {
        let file = file.expect("a file").path();
        if file.is_file() {
            fs::copy(&file, folder.path().join(file.file_name().expect("a name"))).expect("a copy");
        }
    }
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let server = Server::start_at(folder.path(), &[]);
    (folder, server)
}

/// A server that gives everybody the same answer, and counts how often it was asked.
async fn elsewhere(head: &'static str, body: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let count = count.clone();
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => request.push(byte),
                        // A connection that was opened in advance.
                        Err(_) => return,
                    }
                }
                count.fetch_add(1, Ordering::SeqCst);
                let answer = format!("{head}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
                stream.write_all(answer.as_bytes()).await.ok();
            });
        }
    });
    (origin, asked)
}

/// The capture of the developer tools is on the page.
async fn assert_capture_is_shown(lab: &Lab) {
    until_said(lab, "a HAR file by WebInspector 537.36").await;
    lab.until("document.querySelectorAll('.pane.ws path.message').length === 7").await;
    let expected = format::open(CAPTURE).expect("it is read");
    let requests = expected.of(Protocol::Http).filter(|message| message.kind == Kind::Request).count();
    let [lab_is, unasked, claims, table]: [String; 4] = lab
        .ask(
            "[document.documentElement.dataset.lab, document.querySelectorAll('path.message.unasked').length,
                document.querySelectorAll('.claim-card, .prediction').length,
                document.querySelector('.pane.http .as-table summary').innerText].map(String)",
        )
        .await;
    assert_eq!((lab_is.as_str(), unasked.as_str(), claims.as_str()), ("capture", "0", "0"));
    assert!(table.contains(&expected.of(Protocol::Http).count().to_string()), "{table}, {requests} requests");
    let figures = lab.text(".figures").await;
    assert!(figures.contains("Times are those of the file") && !figures.contains("instrument"), "{figures}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_of_another_tool_is_dropped_and_drawn_on_a_page_of_its_own() {
    let server = Server::start();
    let lab = Lab::open(server.origin()).await;
    lab.until("document.querySelector('button.run')?.disabled === false").await;
    drop_file(&lab, "shop.har", CAPTURE).await;
    assert_capture_is_shown(&lab).await;
    let said: String = lab.ask(SAID).await;
    assert!(said.contains("Imported from “shop.har”") && said.contains("Left out") && said.contains(": 3."), "{said}");
    // Elsewhere and back again, it is still there.
    lab.click("nav.labs li:first-child a").await;
    lab.until("document.documentElement.dataset.lab === 'exchange'").await;
    // The lab has no run of its own, and shows its recording.
    lab.until("document.querySelector('aside.recording')").await;
    lab.click("nav.labs li:last-child a").await;
    assert_capture_is_shown(&lab).await;
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_a_file_of_the_pages_own_origin_by_itself_until_something_else_is_run() {
    let (_folder, server) = page_with(&[("shop.har", CAPTURE)]);
    let lab = Lab::open(&format!("{}/?trace=shop.har&message=3", server.origin())).await;
    assert_capture_is_shown(&lab).await;
    lab.until("document.querySelector('#inspector').classList.contains('open')").await;
    let query: String = lab.ask("location.search").await;
    assert_eq!(query, "?lab=capture&trace=shop.har&message=3");
    // Away and back: it is opened again.
    lab.click("nav.labs li:first-child a").await;
    lab.until("document.documentElement.dataset.lab === 'exchange'").await;
    let query: String = lab.ask("location.search").await;
    assert_eq!(query, "?lab=exchange", "another page has no file");
    let _: bool = lab.ask("{ history.back(); true }").await;
    assert_capture_is_shown(&lab).await;
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_at_an_address_is_embedded_compactly() {
    let (_folder, server) = page_with(&[("shop.har", CAPTURE)]);
    let lab = Lab::open(&format!("{}/?lab=capture", server.origin())).await;
    lab.until("document.querySelector('.open-here')").await;
    drop_file(&lab, "shop.har", CAPTURE).await;
    until_said(&lab, "a HAR file by WebInspector").await;
    let offered: bool = lab.ask("document.querySelector('button.embed').checkVisibility()").await;
    assert!(!offered, "nobody else has what was dropped");

    let lab = Lab::open(&format!("{}/?trace=shop.har", server.origin())).await;
    assert_capture_is_shown(&lab).await;
    lab.click("button.embed").await;
    lab.until("document.querySelector('#markup-iframe')").await;
    let source: String = lab
        .ask(
            "new DOMParser().parseFromString(document.querySelector('#markup-iframe').value, 'text/html')
                .querySelector('iframe').src",
        )
        .await;
    assert_eq!(source, format!("{}/?lab=capture&trace=shop.har&embed=1", server.origin()));
    let embedded = Lab::open(&source).await;
    until_said(&embedded, "a HAR file by WebInspector").await;
    embedded.until("document.querySelectorAll('.pane.ws path.message').length === 7").await;
    let [site, charts]: [usize; 2] = embedded
        .ask("['.site, .question, .take-away', '.charts'].map((what) => document.querySelectorAll(what).length)")
        .await;
    assert_eq!([site, charts], [0, 0], "what belongs to the site is not there, and charts are folded");
    embedded.click("details.further summary").await;
    embedded.until("document.querySelector('.charts .chart')?.checkVisibility()").await;
    embedded.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_saved_is_opened_by_a_link_and_a_new_run_takes_its_place() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?lab=exchange&messages=3&run=1", server.origin())).await;
    lab.until_run_is("finished").await;
    let (_, saved) = lab.taken_away("button.export").await;
    let (_folder, server) = page_with(&[("saved.json", &saved)]);
    let lab = Lab::open(&format!("{}/?lab=memory&trace=./saved.json&run=1", server.origin())).await;
    until_said(&lab, "Recorded earlier").await;
    let (phase, page, address): (String, String, String) =
        lab.ask("[document.documentElement.dataset.run, document.documentElement.dataset.lab, location.search]").await;
    assert_eq!((phase.as_str(), page.as_str()), ("idle", "exchange"), "nothing was run");
    assert!(address.contains("trace="), "{address}");
    let text = format::write(&lab.save().await).expect("a trace is JSON");
    assert_eq!(format::open(&text), format::open(&saved), "it is the same run");
    lab.press_run().await;
    lab.until_run_is("finished").await;
    let address: String = lab.ask("location.search").await;
    assert!(!address.contains("trace="), "what is shown is no file's: {address}");
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_origin_is_fetched_once_the_visitor_says_so() {
    let server = Server::start();
    let (origin, asked) = elsewhere("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\n", CAPTURE).await;
    let lab = Lab::open(&format!("{}/?trace={origin}/shop.har", server.origin())).await;
    lab.until("document.querySelector('.open-offered') !== null").await;
    let offer = lab.text(".offer").await;
    assert!(offer.contains(&origin) && offer.contains("Nothing was fetched"), "{offer}");
    lab.until("document.querySelector('button.run')?.disabled === false").await;
    assert_eq!(asked.load(Ordering::SeqCst), 0, "a link alone calls on nobody");
    lab.click(".open-offered").await;
    assert_capture_is_shown(&lab).await;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    lab.until("document.querySelector('.open-offered') === null").await;
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_fetched_is_said_with_its_reason() {
    let (_folder, server) = page_with(&[("page.json", "<!doctype html><title>Sign in</title>")]);
    let own = |trace: &str| format!("{}/?trace={trace}", server.origin());
    for (trace, why) in [
        ("none.json", "the server answered with status 404"),
        ("page.json", "it is a web page (HTML)"),
        ("ftp://host.example/a.har", "is no address that begins with http:// or https://"),
        ("http://me:secret@127.0.0.1:9/a.har", "no user name or password"),
    ] {
        let lab = Lab::open(&own(trace)).await;
        until_noticed(&lab, why).await;
        lab.assert_no_errors().await;
    }
    let (silent, _) = elsewhere("HTTP/1.1 200 OK\r\n", CAPTURE).await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let gone = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    for (origin, why) in [(silent, "Access-Control-Allow-Origin"), (gone, "nobody answers there")] {
        let lab = Lab::open(&own(&format!("{origin}/shop.har"))).await;
        lab.until("document.querySelector('.open-offered') !== null").await;
        lab.click(".open-offered").await;
        until_noticed(&lab, why).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_something_wrong_in_it_is_named_with_the_place_and_what_is_shown_stays() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?lab=exchange&messages=2&run=1", server.origin())).await;
    lab.until_run_is("finished").await;
    let before = lab.arrows().await;
    let cut: String = CAPTURE.chars().take(5_000).collect();
    // The first entry bears no date, and is passed over.
    let wrong = CAPTURE.replace("\"wait\": ", "\"wait\": \"\", \"was\": ");
    for (name, text, why) in [
        ("empty.har", "", "“empty.har” could not be opened: it is empty."),
        ("note.txt", "Dear diary", "no complete JSON file"),
        ("list.json", "[1, 2]", "HAR file"),
        ("other.json", "{\"name\": \"left-pad\"}", "neither a run that Duplex saved"),
        ("cut.har", &cut, "line "),
        ("wrong.har", &wrong, "log.entries[1].timings.wait should be a number"),
        ("newer.json", "{\"format\":\"duplex-trace\",\"version\":99,\"trace\":{}}", "version 99"),
        ("page.har", "<html></html>", "web page (HTML)"),
    ] {
        drop_file(&lab, name, text).await;
        until_noticed(&lab, why).await;
        until_noticed(&lab, name).await;
    }
    assert_eq!(lab.arrows().await, before);
    let phase: String = lab.ask("document.documentElement.dataset.run").await;
    assert_eq!(phase, "finished", "the run is still there");
    lab.assert_no_errors().await;
}
