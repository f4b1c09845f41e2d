//! The built page as files.

use std::fs;

use duplex::server::{Config, Page, Server, ServerError};
use duplex::wire::Hosting;
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
async fn the_page_is_told_that_the_echo_server_is_here_whatever_the_folder_says() {
    let folder = folder();
    fs::write(folder.path().join("duplex.json"), "{ \"servers\": [] }").expect("a file");
    let response = serve(&folder).await.get("/duplex.json").await;
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("cache-control"), Some("no-cache"));
    let told: Hosting = serde_json::from_slice(&response.body).expect("what a host says");
    assert_eq!(told, Hosting::here());
    let without = TestServer::start_with(|config| config.page = Page::None).await;
    assert_eq!(without.get("/duplex.json").await.status, 404);
}

#[tokio::test]
async fn the_documents_own_policy_is_sent_with_the_document_alone() {
    const POLICY: &str = "default-src 'none'; script-src 'self'";
    let folder = folder();
    let document = format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\"><p>page");
    fs::write(folder.path().join("index.html"), document).expect("a file");
    let server = serve(&folder).await;
    for target in ["/", "/index.html", "/?lab=exchange"] {
        assert_eq!(server.get(target).await.header("content-security-policy"), Some(POLICY), "{target}");
    }
    assert_eq!(server.get(&format!("/{SCRIPT}")).await.header("content-security-policy"), None);
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

/// Run once the page was built: what is tested is the page that was compiled in.
#[cfg(feature = "embed-page")]
mod embedded {
    use super::*;

    async fn get(server: &TestServer, target: &str, more: &str) -> Response {
        server.connect().await.exchange(&format!("GET {target} HTTP/1.1\r\nHost: test\r\n{more}\r\n"), b"").await
    }

    #[tokio::test]
    async fn the_page_within_the_program_is_the_one_in_the_folder() {
        let server = TestServer::start_with(|config| config.page = Page::Embedded).await;
        let expected = fs::read("dist/index.html").expect("the page was built");
        let response = get(&server, "/", "").await;
        assert_eq!((response.status, response.header("content-type")), (200, Some("text/html")));
        assert_eq!(response.body, expected);
        assert_eq!(response.header("cross-origin-opener-policy"), Some("same-origin"), "it is isolated");
        get(&server, "/nothing", "").await.problem(404);
    }

    #[tokio::test]
    async fn it_travels_compressed_and_only_once() {
        let server = TestServer::start_with(|config| config.page = Page::Embedded).await;
        let name = fs::read_dir("dist").expect("the page was built").find_map(|entry| {
            let name = entry.expect("an entry").file_name().into_string().expect("a name");
            name.ends_with(".wasm").then_some(name)
        });
        let target = format!("/{}", name.expect("there is a wasm file"));
        let plain = get(&server, &target, "").await;
        let compressed = get(&server, &target, "Accept-Encoding: gzip, br\r\n").await;
        assert_eq!(compressed.header("content-encoding"), Some("br"));
        assert_eq!(compressed.header("content-type"), Some("application/wasm"));
        assert!(compressed.body.len() < plain.body.len() / 2);
        let tag = compressed.header("etag").expect("a tag").to_owned();
        assert_ne!(plain.header("etag"), Some(tag.as_str()), "another representation");
        let again = get(&server, &target, &format!("Accept-Encoding: br\r\nIf-None-Match: {tag}\r\n")).await;
        assert_eq!((again.status, again.body.len()), (304, 0));
    }
}
