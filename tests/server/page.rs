//! The built page as files.

use std::fs;

use duplex::server::{Config, Page, Server, ServerError};
use tempfile::TempDir;

use crate::harness::{Response, TestServer};

const SCRIPT: &str = "page-0123456789abcdef.js";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in [("index.html", "<p>page"), (SCRIPT, "script"), ("page-0123456789abcdef.js.gz", "zipped")] {
        fs::write(folder.path().join(name), content).expect("a file");
    }
    folder
}

async fn serve(folder: &TempDir) -> TestServer {
    TestServer::start_with(|config| config.page = Page::Folder(folder.path().to_owned())).await
}

fn assert_isolated(response: &Response) {
    assert_eq!(response.header("cross-origin-opener-policy"), Some("same-origin"));
    assert_eq!(response.header("cross-origin-embedder-policy"), Some("credentialless"));
    assert_eq!(response.header("cross-origin-resource-policy"), Some("cross-origin"));
}

#[tokio::test]
async fn the_page_is_isolated_and_asked_for_anew_each_time() {
    let folder = folder();
    let server = serve(&folder).await;
    for target in ["/", "/index.html", "/?lab=exchange&run=1"] {
        let response = server.get(target).await;
        assert_eq!((response.status, response.body.as_slice()), (200, &b"<p>page"[..]), "{target}");
        assert_eq!(response.header("content-type"), Some("text/html"));
        assert_eq!(response.header("cache-control"), Some("no-cache"));
        assert_isolated(&response);
    }
}

#[tokio::test]
async fn files_with_their_contents_hash_are_kept_by_browsers() {
    let folder = folder();
    let server = serve(&folder).await;
    let response = server.get(&format!("/{SCRIPT}")).await;
    assert_eq!(response.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_isolated(&response);
    let head = format!("GET /{SCRIPT} HTTP/1.1\r\nHost: test\r\nAccept-Encoding: gzip\r\n\r\n");
    let response = server.connect().await.exchange(&head, b"").await;
    assert_eq!((response.header("content-encoding"), response.body.as_slice()), (Some("gzip"), &b"zipped"[..]));
}

#[tokio::test]
async fn what_is_not_in_the_folder_is_not_found() {
    let folder = folder();
    let outside = folder.path().with_extension("outside");
    fs::write(&outside, "secret").expect("a file");
    let server = serve(&folder).await;
    let name = outside.file_name().and_then(|name| name.to_str()).expect("a name");
    let up = [format!("/../{name}"), format!("/%2e%2e/{name}"), format!("/..%2f{name}")];
    for target in ["/nothing.js", "/index.html/more"].into_iter().chain(up.iter().map(String::as_str)) {
        server.get(target).await.problem(404);
    }
    fs::remove_file(outside).expect("it was there");
    let response = server.connect().await.exchange("POST / HTTP/1.1\r\nHost: test\r\n\r\n", b"").await;
    response.problem(405);
}

#[tokio::test]
async fn a_folder_without_a_page_is_refused_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = Config { page: Page::Folder(folder.path().to_owned()), ..Config::new(([127, 0, 0, 1], 0).into()) };
    assert!(matches!(Server::bind(config).await, Err(ServerError::NoPage { .. })));
}
