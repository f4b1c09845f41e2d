//! A smoke test in Firefox, driven over WebDriver BiDi: the lab runs there too, and its record is whole.
//!
//! `FIREFOX` names the browser; else `firefox` and `firefox-esr` are tried.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use duplex::format;
use duplex::trace::{Outcome, Protocol, Trace};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::server::Server;

/// How long Firefox may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// A headless Firefox with a tab; ended when dropped.
struct Firefox {
    session: WebSocketStream<MaybeTlsStream<TcpStream>>,
    context: Value,
    commands: u64,
    _process: Child,
    _profile: TempDir,
}

impl Firefox {
    async fn start() -> Self {
        let profile = TempDir::new().expect("a folder for the profile");
        let mut process = spawn(&profile);
        let mut lines = BufReader::new(process.stderr.take().expect("its output is piped")).lines();
        let address = loop {
            let line = lines.next_line().await.expect("Firefox says something").expect("it says its address");
            if let Some((_, address)) = line.split_once("WebDriver BiDi listening on ") {
                break address.to_owned();
            }
        };
        // Whatever else it says is read, so that it never waits for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let (session, _) = connect_async(format!("{address}/session")).await.expect("a session");
        let mut firefox = Self { session, context: Value::Null, commands: 0, _process: process, _profile: profile };
        firefox.command("session.new", json!({ "capabilities": {} })).await;
        let tree = firefox.command("browsingContext.getTree", json!({})).await;
        firefox.context = tree["contexts"][0]["context"].clone();
        firefox
    }

    /// Sends a command and waits for its result.
    async fn command(&mut self, method: &str, parameters: Value) -> Value {
        self.commands += 1;
        let id = self.commands;
        let command = json!({ "id": id, "method": method, "params": parameters }).to_string();
        self.session.send(Message::text(command)).await.expect("the command is sent");
        loop {
            let message = self.session.next().await.expect("an answer").expect("a message");
            let answer: Value = serde_json::from_str(message.to_text().expect("text")).expect("JSON");
            if answer["id"] == json!(id) {
                assert_eq!(answer["type"], "success", "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    async fn go_to(&mut self, url: &str) {
        let context = self.context.clone();
        self.command("browsingContext.navigate", json!({ "context": context, "url": url, "wait": "complete" })).await;
    }

    /// Waits until a run is over, and gives how it ended, as in `data-run`.
    async fn until_over(&mut self) -> String {
        self.ask(
            "new Promise((done) => {
                const root = document.documentElement;
                const over = () => ['finished', 'failed', 'stopped'].includes(root.dataset.run);
                const check = () => { if (over()) { watch.disconnect(); done(root.dataset.run); } };
                const watch = new MutationObserver(check);
                watch.observe(root, { attributes: true });
                check();
            })",
        )
        .await
    }

    /// What a promise of the page comes to, as text.
    async fn ask(&mut self, expression: &str) -> String {
        let target = json!({ "context": self.context.clone() });
        let parameters = json!({ "expression": expression, "target": target, "awaitPromise": true });
        let answer = self.command("script.evaluate", parameters).await;
        answer["result"]["value"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

fn spawn(profile: &TempDir) -> Child {
    let named = env::var_os("FIREFOX");
    let names = named.map_or_else(|| vec!["firefox".into(), "firefox-esr".into()], |name: OsString| vec![name]);
    let spawned = names.iter().find_map(|name| {
        let mut command = Command::new(name);
        command.args(["--headless", "--no-remote", "--remote-debugging-port=0", "--profile"]).arg(profile.path());
        command.stderr(Stdio::piped()).stdout(Stdio::null()).kill_on_drop(true).spawn().ok()
    });
    spawned.expect("Firefox starts: install it, or name it in the environment variable FIREFOX")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lab_runs_in_firefox_and_its_record_is_whole() {
    let server = Server::start();
    let run = async {
        let mut firefox = Firefox::start().await;
        firefox.go_to(&format!("{}/?messages=10&run=1", server.origin())).await;
        assert_eq!(firefox.until_over().await, "finished");
        let saved = firefox
            .ask(
                "new Promise((done) => {
                    const create = URL.createObjectURL;
                    URL.createObjectURL = (blob) => { blob.text().then(done); return create.call(URL, blob); };
                    document.querySelector('button.export').click();
                })",
            )
            .await;
        format::read(&saved).expect("the saved file is read back")
    };
    let trace: Trace = tokio::time::timeout(PATIENCE, run).await.expect("in time");
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    for protocol in Protocol::BOTH {
        let replies = trace.of(protocol).filter(|message| message.answers.is_some() && message.kind.is_exchanged());
        assert_eq!(replies.count(), 11);
    }
    assert!(trace.messages.iter().all(|message| message.overhead.is_some()), "every head was counted");
    assert!(trace.circumstances.isolated, "the page is isolated here too");
}

/// What each claim comes to with all labs at their defaults, as in any browser that keeps the standards.
const OUTCOMES: [(&str, &str); 14] = [
    ("C1", "supported"),
    ("C2", "supported"),
    ("C3", "depends"),
    ("C4", "supported"),
    ("C5", "supported"),
    ("C6", "depends"),
    ("C7", "depends"),
    ("C8", "depends"),
    ("C9", "depends"),
    ("C10", "supported"),
    ("C11", "supported"),
    ("C12", "depends"),
    ("C13", "supported"),
    ("C14", "depends"),
];

#[tokio::test(flavor = "multi_thread")]
async fn all_labs_run_in_firefox_and_what_it_does_otherwise_is_told_as_it_is() {
    let server = Server::start();
    let run = async {
        let mut firefox = Firefox::start().await;
        firefox.go_to(&format!("{}/?lab=verdict", server.origin())).await;
        firefox
            .ask(
                "new Promise((done) => {
                    const ready = () => document.querySelector('.status')?.textContent.includes('Ready');
                    const check = () => {
                        if (!ready()) return;
                        watch.disconnect();
                        document.querySelector('button.run').click();
                        done('');
                    };
                    const watch = new MutationObserver(check);
                    watch.observe(document, { subtree: true, childList: true, characterData: true });
                    check();
                })",
            )
            .await;
        firefox
            .ask(
                "new Promise((done) => {
                    const root = document.documentElement;
                    const check = () => { if (root.dataset.run === 'running') { watch.disconnect(); done(''); } };
                    const watch = new MutationObserver(check);
                    watch.observe(root, { attributes: true });
                    check();
                })",
            )
            .await;
        let phase = firefox.until_over().await;
        let table = firefox
            .ask(
                "(async () => JSON.stringify(Object.fromEntries([...document.querySelectorAll('tr[data-claim]')].map(
                    (row) => [row.dataset.claim, [row.dataset.outcome, row.querySelector('.measured').textContent]]))))()",
            )
            .await;
        (phase, serde_json::from_str::<BTreeMap<String, (String, String)>>(&table).expect("a table"))
    };
    let (phase, table) = tokio::time::timeout(2 * PATIENCE, run).await.expect("in time");
    assert_eq!(phase, "finished");
    for (claim, outcome) in OUTCOMES {
        assert_eq!(table[claim].0, outcome, "{claim}: {}", table[claim].1);
    }
    // Those that come out according to this machine's speed are measured at least.
    assert!(["C15", "C16"].iter().all(|claim| table[*claim].0 != "not-measured"), "{table:#?}");
    // On text that is no UTF-8 Firefox ends the connection, and sends no close frame before; the server saw that.
    assert!(table["C7"].1.contains("told the page code 1006"), "{}", table["C7"].1);
    assert!(!table["C7"].1.contains("is not known"), "{}", table["C7"].1);
    // It sends a GET again and again even on a new connection, and a POST on one that was used before.
    assert!(table["C8"].1.contains("again by itself"), "{}", table["C8"].1);
    assert!(table["C8"].1.contains("10 times"), "{}", table["C8"].1);
    assert!(table.values().all(|(_, words)| !words.contains("Chromium")), "no sentence speaks of another browser");
}
