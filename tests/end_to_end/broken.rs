//! The network breaks in the middle of each lab: connections are ended, reset or fall silent, the server is killed, or
//! never answers at all. Each lab comes to an end in time and gives a true account; what was measured is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use duplex::trace::{Direction, Fate, Kind, Outcome, Protocol, Trace};
use duplex::wire::Transcript;
use futures_util::future::join_all;

use crate::account::Account;
use crate::browser::Chromium;
use crate::page::Lab;
use crate::server::Server;
use crate::wire::{Break, Wire};

/// All labs, with quick settings and little patience; and after how many bytes, somewhere in its middle, the network
/// breaks. The page's looking for the server comes before.
const LABS: [(&str, &str, u64); 8] = [
    ("exchange", "messages=20", 12_000),
    ("opening", "idle=100", 20_000),
    ("duplex", "items=3&interval=60&send=60&poll=60&stream=65536", 60_000),
    ("memory", "", 25_000),
    ("formats", "", 15_000),
    ("interruption", "wait=300&back-off=10&retries=2", 45_000),
    ("closing", "wait=300", 6_000),
    ("crowd", "clients=8", 25_000),
];
const IMPATIENT: &str = "reply-timeout=700&connect-timeout=700";

/// A lab whose network breaks.
struct Broken {
    name: &'static str,
    account: Account,
    trace: Trace,
    /// The server's account of the run, asked for past the broken network.
    transcript: Option<Transcript>,
}

impl Broken {
    /// Whatever happened, the page's account is one that can be true.
    fn assert_account_is_sound(&self) {
        let Self { name, account, trace, .. } = self;
        match &trace.outcome {
            Some(Outcome::Finished) => assert_eq!(account.phase, "finished"),
            Some(Outcome::Failed(_)) => {
                assert_eq!(account.phase, "failed");
                assert!(account.status.contains("What was measured until then is kept"), "{name}: {account}");
            }
            other => panic!("{name} ended with {other:?}"),
        }
        account.assert_nothing_is_left_open_without_a_reason();
        let messages: BTreeMap<_, _> = trace.messages.iter().map(|message| (message.id, message)).collect();
        for message in &trace.messages {
            if let Some(request) = message.answers {
                assert!(messages[&request].sent.page() <= message.received.page(), "{name}: {message:?}");
            }
            assert!(message.direction == Direction::ToServer || message.received.page().is_some(), "{message:?}");
        }
    }

    /// What the page says was answered, the server has got; and what it did not get is not said to have arrived.
    fn assert_server_agrees(&self) {
        let Some(transcript) = &self.transcript else { return };
        let exchanges = transcript.connections.iter().flat_map(|connection| &connection.exchanges);
        let seen: BTreeSet<u32> = exchanges.filter_map(|exchange| exchange.n).collect();
        let asked =
            self.trace.messages.iter().filter(|message| matches!(message.kind, Kind::Request | Kind::Handshake));
        for request in asked {
            let answered = self.trace.messages.iter().any(|reply| reply.answers == Some(request.id));
            let known = request.number.is_some_and(|number| seen.contains(&number));
            assert!(known || !answered && request.fate != Fate::Delivered, "{}: {request:?}", self.name);
        }
    }

    /// What was carried before the network broke is there, and so is what it took.
    fn assert_account_is_true_in_the_middle(&self) {
        let Self { name, account, .. } = self;
        self.assert_account_is_sound();
        self.assert_server_agrees();
        let noticed = self.unanswered() > 0 || account.phase == "failed";
        assert!(self.answered() > 0 && noticed, "{name} broke in the middle:\n{account}");
        assert!(!account.says("behind a proxy"), "{name}: nobody is behind one\n{account}");
        assert!(!account.says("(a preflight) is not sent"), "{name}: nobody refused anything\n{account}");
    }

    /// Nothing ever came.
    fn assert_nothing_is_claimed(&self) {
        let Self { name, account, trace, .. } = self;
        self.assert_account_is_sound();
        assert_eq!(self.answered(), 0, "{name}");
        // It is not known to be a Duplex server, and an echo remembers nothing.
        assert_eq!(account.phase == "failed", *name != "memory", "{account}");
        assert!(*name == "memory" || account.says("within 700 ms"), "{name}: why\n{account}");
        for (claim, said) in &account.verdicts {
            assert_eq!(said.outcome, "not-measured", "{claim}:\n{account}");
        }
        assert!(trace.messages.iter().all(|message| message.fate != Fate::Delivered), "{name}");
    }

    fn answered(&self) -> usize {
        self.trace.messages.iter().filter(|message| message.answers.is_some()).count()
    }

    /// Requests, handshakes and messages of the page of whose arrival nothing is known.
    fn unanswered(&self) -> usize {
        let lost = |fate| matches!(fate, Fate::Unanswered | Fate::Lost | Fate::Broken | Fate::InFlight);
        self.trace.messages.iter().filter(|message| lost(message.fate)).count()
    }
}

/// Runs a lab over a wire that breaks.
async fn over_a_wire(
    browser: &Arc<Chromium>,
    server: &Server,
    (name, settings, after): (&'static str, &str, u64),
    how: Break,
) -> Broken {
    let wire = Wire::to(server.origin(), how, if how == Break::Silence { 0 } else { after }).await;
    let lab = Lab::open_in(browser, server.origin()).await;
    let url = format!("{}/?lab={name}&{}&{settings}&{IMPATIENT}", server.origin(), wire.endpoints());
    let (account, trace) = lab.hold(&url).await;
    assert!(wire.is_broken(), "{name} came to its end first: {} bytes\n{account}", wire.carried());
    let asked: String = lab
        .ask(&format!("fetch('/transcript/{}?bytes=0').then((it) => it.ok ? it.text() : '')", trace.circumstances.run))
        .await;
    // Of a run of which nothing ever came it has none.
    let transcript = (!asked.is_empty()).then(|| serde_json::from_str(&asked).expect("a transcript"));
    Broken { name, account, trace, transcript }
}

/// Runs all labs like this at the same time, each with a profile of its own: most of the time they wait.
async fn each_over_a_wire(how: Break) -> Vec<Broken> {
    let (server, browser) = (Server::start(), Arc::new(Chromium::start_with(&[]).await));
    join_all(LABS.map(|lab| over_a_wire(&browser, &server, lab, how))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_lab_gives_a_true_account_when_all_connections_are_ended_or_reset() {
    for how in [Break::Close, Break::Reset] {
        for broken in each_over_a_wire(how).await {
            broken.assert_account_is_true_in_the_middle();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_lab_ends_in_time_when_nothing_comes_any_more_or_ever() {
    let (stalled, silent) = tokio::join!(each_over_a_wire(Break::Stall), each_over_a_wire(Break::Silence));
    for broken in stalled {
        broken.assert_account_is_true_in_the_middle();
    }
    for broken in silent {
        broken.assert_nothing_is_claimed();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_lab_gives_a_true_account_when_the_server_is_killed() {
    let server = Server::start();
    let lab = Lab::open(server.origin()).await;
    for (name, settings, after) in LABS {
        let mut victim = Server::start();
        let wire = Wire::to(victim.origin(), Break::Nothing, after).await;
        let url = format!("{}/?lab={name}&{}&{settings}&{IMPATIENT}", server.origin(), wire.endpoints());
        lab.tab.goto(url).await.expect("the page opens");
        lab.press_run().await;
        wire.is_over().await;
        victim.kill();
        let account = lab.account().await;
        let broken = Broken { name, account, trace: lab.save().await, transcript: None };
        broken.assert_account_is_sound();
        let noticed = broken.unanswered() > 0 || broken.account.phase == "failed";
        assert!(broken.answered() > 0 && noticed, "{name}:\n{}", broken.account);
        assert!(!broken.account.says("behind a proxy"), "{name}: nobody is behind one\n{}", broken.account);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_every_fault_of_the_list_the_account_adds_up() {
    let server = Server::start();
    let lab = Lab::open(server.origin()).await;
    let settings = "faults=all&wait=300&back-off=10&reply-timeout=1500";
    let (account, trace) = lab.hold(&format!("{}/?lab=interruption&{settings}", server.origin())).await;
    assert_eq!(account.phase, "finished", "{account}");
    assert_eq!(account.outcomes(["C8", "C9"]), ["depends"; 2], "{account}");
    let faults = duplex::wire::Fault::ALL.len();
    let parts = trace
        .parts
        .iter()
        .filter(|part| duplex::wire::Fault::ALL.iter().any(|fault| part.name.ends_with(fault.name())));
    assert_eq!(parts.count(), 2 * faults, "each fault is met over both protocols");
    for protocol in ["HTTP", "WebSocket"] {
        let all = account.happened.iter().find(|said| said.starts_with(&format!("All in all over {protocol}")));
        let all = all.unwrap_or_else(|| panic!("{protocol} is summed up:\n{account}"));
        assert!(!all.contains("not known"), "{all}");
    }
    // Over HTTP: as often as the server says that something came, so often its own account has it.
    let text: String =
        lab.ask(&format!("fetch('/transcript/{}?bytes=0').then((it) => it.text())", trace.circumstances.run)).await;
    let transcript: Transcript = serde_json::from_str(&text).expect("a transcript");
    let mut arrived = BTreeMap::<u32, u32>::new();
    for exchange in transcript.connections.iter().flat_map(|connection| &connection.exchanges) {
        if let Some(n) = exchange.n {
            *arrived.entry(n).or_default() += 1;
        }
    }
    for request in trace.of(Protocol::Http).filter(|message| message.kind == Kind::Request) {
        let number = request.number.expect("each request has a number");
        assert_eq!(
            request.arrivals.unwrap_or_default(),
            arrived.get(&number).copied().unwrap_or_default(),
            "{request:?}"
        );
    }
}
