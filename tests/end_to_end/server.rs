//! The echo server as a process of its own, with the built page, on a free port.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The folder with the built page.
pub(crate) fn page() -> PathBuf {
    let page = env::var_os("DUPLEX_PAGE").map_or_else(|| PathBuf::from("dist"), PathBuf::from);
    assert!(page.join("index.html").exists(), "the page is not built: run `cargo xtask dist`");
    page
}

/// A running server; ended when dropped.
pub(crate) struct Server {
    process: Child,
    origin: String,
    tls_origin: Option<String>,
}

impl Server {
    /// Starts a server and waits until it says its address.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with more options.
    pub(crate) fn start_with(options: &[&str]) -> Self {
        Self::start_at(&page(), options)
    }

    /// Starts one with the page of another folder.
    pub(crate) fn start_at(page: &Path, options: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_duplex"))
            .args(["--listen", "127.0.0.1:0", "--page"])
            .arg(page)
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut said = BufReader::new(process.stdout.take().expect("its output is piped")).lines();
        let mut address = |scheme: &str| {
            let line = said.next().expect("it says its address").expect("in text");
            let at = line.find(scheme).unwrap_or_else(|| panic!("the line holds its address: {line}"));
            line[at..].trim().trim_end_matches('/').to_owned()
        };
        let origin = address("http://");
        let tls_origin = options.iter().any(|option| option.starts_with("--tls")).then(|| address("https://"));
        Self { process, origin, tls_origin }
    }

    /// `http://127.0.0.1:<port>`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// `https://127.0.0.1:<port>`, if it was started with TLS.
    pub(crate) fn tls_origin(&self) -> &str {
        self.tls_origin.as_deref().expect("it was started with TLS")
    }

    /// `ws://127.0.0.1:<port>`.
    pub(crate) fn ws_origin(&self) -> String {
        self.origin.replacen("http", "ws", 1)
    }

    /// Ends it at once, without a goodbye.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("it can be killed");
        self.process.wait().expect("it ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed already.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
