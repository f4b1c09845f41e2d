//! Every lab against echoes that are not ours, or not quite: it works with what is there, says exactly what is missing,
//! and gives no verdict on what it could not see.

use duplex::trace::{Outcome, Protocol};

use crate::account::Account;
use crate::echoes;
use crate::page::Lab;
use crate::server::Server;

/// All labs, with settings that make them quick.
const LABS: [(&str, &str); 8] = [
    ("exchange", "messages=6"),
    ("opening", "requests=3&idle=100"),
    ("duplex", "items=3&interval=60&send=60&poll=60"),
    ("memory", ""),
    ("formats", ""),
    ("interruption", "wait=300&back-off=10"),
    ("closing", "wait=300&reply-timeout=500"),
    ("crowd", "clients=8"),
];

/// A browser with the page open, which runs labs against two endpoints.
struct Bench {
    server: Server,
    lab: Lab,
    http: String,
    ws: String,
}

impl Bench {
    async fn of(server: Server, http: String, ws: String) -> Self {
        let lab = Lab::open(server.origin()).await;
        Self { server, lab, http, ws }
    }

    /// Against other people's echoes.
    async fn others(http: String, ws: String) -> Self {
        Self::of(Server::start(), http, ws).await
    }

    /// Runs a lab to its end, of which the saved record has to tell the same.
    async fn run(&self, name: &str) -> Account {
        let settings = LABS.iter().find(|(lab, _)| *lab == name).expect("one of the labs").1;
        let Self { server, http, ws, .. } = self;
        let (account, trace) =
            self.lab.hold(&format!("{}/?lab={name}&http={http}&ws={ws}&{settings}", server.origin())).await;
        match account.phase.as_str() {
            "finished" => assert_eq!(trace.outcome, Some(Outcome::Finished), "{name}"),
            _ => assert!(matches!(trace.outcome, Some(Outcome::Failed(_))), "{name}: {:?}", trace.outcome),
        }
        account.assert_nothing_is_left_open_without_a_reason();
        account
    }
}

async fn bare_http() -> String {
    format!("http://{}/anything", echoes::http_echo(true).await)
}

async fn bare_ws() -> String {
    format!("ws://{}/", echoes::ws_echo().await)
}

/// What a page alone can judge, with an HTTP echo and a WebSocket echo that tell nothing of themselves. C14's contested
/// half takes a server that falls silent when asked to.
const BY_A_PAGE_ALONE: [(&str, &[(&str, &str)]); 8] = [
    ("exchange", &[("C16", "not-measured")]),
    ("opening", &[("C3", "not-measured"), ("C4", "supported"), ("C5", "not-measured"), ("C13", "supported")]),
    ("duplex", &[("C1", "not-measured"), ("C2", "not-measured"), ("C12", "not-measured")]),
    ("memory", &[("C10", "not-measured"), ("C11", "not-measured")]),
    ("formats", &[("C6", "depends"), ("C7", "not-measured")]),
    ("interruption", &[("C8", "not-measured"), ("C9", "not-measured")]),
    ("closing", &[("C14", "not-measured")]),
    ("crowd", &[("C15", "supported")]),
];

/// What each lab says is missing there.
const MISSING: [(&str, &str); 8] = [
    ("exchange", "this is no Duplex server, and a page alone sees neither the bytes of heads"),
    ("opening", "this endpoint is no Duplex server, and a page does not see its browser’s connections"),
    ("duplex", "this endpoint is no Duplex server and offers no news"),
    ("memory", "this endpoint is no Duplex server and has no counter"),
    ("formats", "only a Duplex server does when asked"),
    ("interruption", "only a Duplex server breaks them off when asked"),
    ("closing", "only a Duplex server does that when asked, and this endpoint is none"),
    ("crowd", "the WebSocket endpoint has no rooms"),
];

#[tokio::test(flavor = "multi_thread")]
async fn against_a_bare_echo_all_labs_fill_the_table_with_what_can_be_known_and_say_what_is_missing() {
    let (http, ws) = (bare_http().await, bare_ws().await);
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?lab=verdict&http={http}&ws={ws}", server.origin())).await;
    lab.press_run().await;
    lab.until_run_is("running").await;
    let table = lab.account().await;
    assert_eq!(table.phase, "finished", "{table}");
    table.assert_nothing_is_left_open_without_a_reason();
    let told: String = lab.ask("document.querySelector('tr[data-claim=C6] details').textContent").await;
    assert!(told.contains(&http) && told.contains(&ws), "it says against whom: {told}");
    for ((name, verdicts), (_, missing)) in BY_A_PAGE_ALONE.into_iter().zip(MISSING) {
        // Its newest run is shown on its page.
        lab.click(&format!("a[href*=\"lab={name}\"]")).await;
        lab.until(&format!("document.documentElement.dataset.lab === '{name}'")).await;
        lab.until("document.querySelector('.claim-card') !== null").await;
        let account = lab.account().await;
        assert!(account.says(missing), "{name} says “{missing}”:\n{account}");
        for (claim, outcome) in verdicts {
            assert_eq!(account.outcome(claim), *outcome, "{claim}:\n{account}");
            assert_eq!(table.outcome(claim), *outcome, "{claim}:\n{table}");
        }
        assert_eq!(account.verdicts.len(), verdicts.len(), "{name}");
        for never in ["behind a proxy", "older Duplex", "undefined", "NaN"] {
            assert!(!account.says(never), "{name} says “{never}”:\n{account}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_echo_that_greets_whoever_comes_is_an_echo() {
    let greeting = format!("ws://{}/", echoes::greeting_ws_echo().await);
    let bench = Bench::others(bare_http().await, greeting).await;
    for name in ["exchange", "opening", "formats", "closing", "crowd"] {
        let account = bench.run(name).await;
        assert_eq!(account.phase, "finished", "{account}");
        let expected = BY_A_PAGE_ALONE.iter().find(|(lab, _)| *lab == name).expect("it is there").1;
        for (claim, outcome) in expected {
            assert_eq!(account.outcome(claim), *outcome, "{claim}:\n{account}");
        }
    }
    let account = bench.run("duplex").await;
    assert!(account.says("the page sent 3 messages without waiting, and 3 came back"), "{account}");
    assert!(account.says("The server said 1 message besides"), "{account}");
    assert_eq!(account.outcome("C2"), "not-measured");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_with_a_description_of_the_request_is_named_as_no_echo() {
    let describing = format!("http://{}/anything", echoes::describing().await);
    let bench = Bench::others(describing, bare_ws().await).await;
    let account = bench.run("exchange").await;
    assert_eq!(account.phase, "finished", "{account}");
    assert!(account.says("In 7 of 7 exchanges what came back over HTTP is not what was sent"), "{account}");
    let account = bench.run("formats").await;
    assert!(account.says("Over HTTP nothing came back as it was sent: this address does not echo"), "{account}");
    assert_eq!(account.outcomes(["C6", "C7"]), ["not-measured"; 2]);
    for (name, claim) in [("opening", "C4"), ("crowd", "C15")] {
        let account = bench.run(name).await;
        assert_eq!((account.phase.as_str(), account.outcome(claim)), ("finished", "supported"), "{account}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_echo_that_the_page_may_not_read_is_told_from_one_that_is_not_there_in_every_lab() {
    let unreadable = format!("http://{}/anything", echoes::http_echo(false).await);
    let bench = Bench::others(unreadable, bare_ws().await).await;
    for (name, _) in LABS {
        let account = bench.run(name).await;
        assert_eq!(account.phase == "failed", name == "exchange", "{account}");
        if name != "memory" {
            assert!(account.says("Access-Control-Allow-Origin"), "{name}:\n{account}");
        }
        // What only a WebSocket is needed for goes on.
        for (claim, said) in &account.verdicts {
            let expected = if ["C4", "C13"].contains(&claim.as_str()) { "supported" } else { "not-measured" };
            assert_eq!(said.outcome, expected, "{claim}:\n{account}");
        }
        assert!(!account.says("over 0 TCP connections"), "{account}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_an_echo_lets_the_browsers_timing_be_seen_decides_what_is_said_of_the_queue() {
    for (allows, words) in [(false, "Timing-Allow-Origin"), (true, "Resource Timing")] {
        let http = format!("http://{}/anything", echoes::timed_http_echo(allows).await);
        let account = Bench::others(http, bare_ws().await).await.run("crowd").await;
        assert!(account.says(words), "{account}");
        assert_eq!(account.says("How many requests were on the way at the same time is not known"), !allows);
        assert_eq!(account.outcome("C15"), "supported", "{account}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_endpoint_ours_each_lab_shows_that_half() {
    let server = Server::start();
    let ours = (format!("{}/echo", server.origin()), format!("{}/ws", server.ws_origin()));
    let halves = [
        (ours.0, bare_ws().await, [("memory", ["C10", "C11"]), ("formats", ["C6", "C7"])], ["supported", "depends"]),
        (bare_http().await, ours.1, [("memory", ["C11", "C10"]), ("formats", ["C7", "C6"])], ["supported", "depends"]),
    ];
    let mut bench = Bench::of(server, String::new(), String::new()).await;
    for (http, ws, labs, outcomes) in halves {
        let http_is_ours = http.starts_with(bench.server.origin());
        (bench.http, bench.ws) = (http, ws);
        for ((name, [own, foreign]), outcome) in labs.into_iter().zip(outcomes) {
            let account = bench.run(name).await;
            assert_eq!(account.outcome(own), outcome, "{own}:\n{account}");
            // A bare HTTP echo is enough for C6.
            let other = if foreign == "C6" { "depends" } else { "not-measured" };
            assert_eq!(account.outcome(foreign), other, "{foreign}:\n{account}");
        }
        let account = bench.run("opening").await;
        let [over_http, over_socket] = account.outcomes(["C3", "C5"]);
        let (seen, unseen) = ("depends", "not-measured");
        assert_eq!(over_http, if http_is_ours { seen } else { unseen }, "{account}");
        assert_eq!(over_socket, if http_is_ours { unseen } else { "supported" }, "{account}");
        let account = bench.run("closing").await;
        assert_eq!(account.outcome("C14"), if http_is_ours { unseen } else { seen }, "{account}");
        assert_eq!(account.says("the server ended the TCP connection"), http_is_ours, "{account}");
        let account = bench.run("interruption").await;
        assert_eq!(account.outcomes(["C8", "C9"]), if http_is_ours { [seen, unseen] } else { [unseen, seen] });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_every_lab_says_that_a_proxy_is_between_and_tells_no_connections() {
    let server = Server::start_with(&["--behind-proxy"]);
    let (http, ws) = (format!("{}/echo", server.origin()), format!("{}/ws", server.ws_origin()));
    let bench = Bench::of(server, http, ws).await;
    let expected = [
        ("opening", "a proxy is between", [("C3", "not-measured"), ("C4", "supported"), ("C5", "not-measured")]),
        ("closing", "the server is behind a proxy", [("C14", "depends"); 3]),
    ];
    for (name, words, outcomes) in expected {
        let account = bench.run(name).await;
        assert_eq!(account.phase, "finished", "{account}");
        assert!(account.says(words), "{account}");
        assert!(!account.says("connection, number") && !account.says("older Duplex"), "{account}");
        for (claim, outcome) in outcomes {
            assert_eq!(account.outcome(claim), outcome, "{claim}:\n{account}");
        }
    }
    let account = bench.run("exchange").await;
    assert_eq!((account.phase.as_str(), account.outcome("C16")), ("finished", "not-measured"), "{account}");
    let trace = bench.lab.save().await;
    assert!(trace.of(Protocol::WebSocket).all(|message| message.raw.is_none()));
    assert!(trace.connections.iter().all(|connection| connection.server_id.is_none()), "no connection is told");
}
