//! Each of the sixteen claims, both ways that it can come out: from the start page of a fresh browser by keyboard alone,
//! in under a minute and with few keys. Where nothing that a browser can be put before gives an outcome, a native test has
//! it, with the reason why.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

use duplex::analysis::Claim;
use duplex::analysis::judgement::{Fact, crowd};
use duplex::trace::Protocol;

use super::{A_MINUTE, Judged, until_ready};
use crate::echoes;
use crate::keyboard::Keyboard;
use crate::middlebox::{Habit, Middlebox};
use crate::page::Lab;
use crate::server::Server;

/// The most keys that a claim may take from the start page until its run begins.
const MOST_KEYS: usize = 40;

/// What a run is made against, and what is between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Against {
    /// Our server.
    Ours,
    /// Our server, which has been told that there is a proxy before it.
    OursBehindAProxy,
    /// Our server over TLS, which speaks HTTP/2.
    OursOverTls,
    /// Our server with room for so few connections.
    OursWithRoomFor(&'static str),
    /// Our server, through what ends connections on which it says nothing for this many milliseconds.
    OursUnlessSilentFor(u64),
    /// Our server, through what lets no second WebSocket be opened.
    OursForOneWebSocket,
    /// Our server, until the network goes down for good as the first fault is asked for.
    OursUntilTheFirstFault,
    /// Our server, and nobody for WebSockets.
    OursWithoutWebSocket,
    /// A bare HTTP echo and a bare WebSocket echo.
    Others,
    /// An HTTP echo of web pages, JSON and XML alone, and a bare WebSocket echo.
    Choosy,
    /// An HTTP echo that writes JSON anew, and a WebSocket echo that answers in text.
    Rewriting,
}

/// A way to run a lab, and what comes out.
#[derive(Debug)]
struct Way {
    lab: &'static str,
    against: Against,
    /// What is set, in the order of the fields.
    set: &'static [(&'static str, &'static str)],
    comes_to: &'static [(&'static str, &'static str)],
    /// What is among the reasons.
    because: fn(&Fact) -> bool,
}

const fn way(
    lab: &'static str,
    against: Against,
    set: &'static [(&'static str, &'static str)],
    comes_to: &'static [(&'static str, &'static str)],
) -> Way {
    Way { lab, against, set, comes_to, because: |_| true }
}

impl Way {
    const fn because(self, because: fn(&Fact) -> bool) -> Self {
        Self { because, ..self }
    }
}

const SUPPORTED: &str = "supported";
const DEPENDS: &str = "depends";
const REFUTED: &str = "refuted";
const OPEN: &str = "not-measured";

const WAYS: &[Way] = &[
    way("exchange", Against::Ours, &[("link", "cable")], &[("C16", SUPPORTED)]),
    way("exchange", Against::Ours, &[("messages", "1")], &[("C16", OPEN)]),
    way("opening", Against::Ours, &[], &[("C3", DEPENDS), ("C4", SUPPORTED), ("C5", SUPPORTED), ("C13", SUPPORTED)]),
    way(
        "opening",
        Against::Ours,
        &[("connection", "close"), ("parallel", "0"), ("idle", "9")],
        &[("C3", SUPPORTED), ("C4", SUPPORTED), ("C5", SUPPORTED), ("C13", SUPPORTED)],
    ),
    way(
        "opening",
        Against::Ours,
        &[("connection", "keep-alive"), ("parallel", "0"), ("idle", "9")],
        &[("C3", REFUTED), ("C4", SUPPORTED), ("C5", SUPPORTED), ("C13", SUPPORTED)],
    ),
    // One connection carries all, and ws: is refused beside wss:.
    way(
        "opening",
        Against::OursOverTls,
        &[("idle", "9")],
        &[("C3", REFUTED), ("C4", SUPPORTED), ("C5", SUPPORTED), ("C13", SUPPORTED)],
    ),
    way(
        "opening",
        Against::OursBehindAProxy,
        &[("idle", "9")],
        &[("C3", OPEN), ("C4", SUPPORTED), ("C5", OPEN), ("C13", SUPPORTED)],
    ),
    way(
        "opening",
        Against::OursUnlessSilentFor(500),
        &[],
        &[("C3", DEPENDS), ("C4", DEPENDS), ("C5", SUPPORTED), ("C13", SUPPORTED)],
    ),
    way("opening", Against::OursWithoutWebSocket, &[], &[("C3", DEPENDS), ("C4", OPEN), ("C5", OPEN), ("C13", OPEN)]),
    way("duplex", Against::Ours, &[], &[("C1", SUPPORTED), ("C2", SUPPORTED), ("C12", DEPENDS)]),
    way("duplex", Against::Others, &[("items", "3")], &[("C1", OPEN), ("C2", OPEN), ("C12", OPEN)]),
    way("memory", Against::Ours, &[], &[("C10", SUPPORTED), ("C11", SUPPORTED)]),
    way("memory", Against::Others, &[], &[("C10", OPEN), ("C11", OPEN)]),
    way("formats", Against::Ours, &[], &[("C6", DEPENDS), ("C7", DEPENDS)]),
    way("formats", Against::Choosy, &[], &[("C6", SUPPORTED), ("C7", OPEN)]),
    way("formats", Against::Rewriting, &[], &[("C6", REFUTED), ("C7", REFUTED)]),
    way("interruption", Against::Ours, &[("wait", "600")], &[("C8", DEPENDS), ("C9", DEPENDS)]),
    way("interruption", Against::OursForOneWebSocket, &[("wait", "600")], &[("C8", DEPENDS), ("C9", REFUTED)]),
    way("interruption", Against::OursUntilTheFirstFault, &[("wait", "600")], &[("C8", SUPPORTED), ("C9", OPEN)]),
    way("interruption", Against::Others, &[("wait", "600")], &[("C8", OPEN), ("C9", OPEN)]),
    way("closing", Against::Ours, &[("wait", "600")], &[("C14", DEPENDS)]),
    way("closing", Against::OursUnlessSilentFor(500), &[("wait", "1500")], &[("C14", SUPPORTED)]),
    way("closing", Against::Others, &[], &[("C14", OPEN)]),
    way("crowd", Against::Ours, &[], &[("C15", SUPPORTED)]),
    way("crowd", Against::OursWithRoomFor("12"), &[("clients", "16"), ("hold", "10")], &[("C15", DEPENDS)]).because(
        |fact| matches!(fact, Fact::Crowd(crowd::Fact::NotServed { protocol: Protocol::WebSocket, count: 1.., .. })),
    ),
    way("crowd", Against::Ours, &[("clients", "1")], &[("C15", OPEN)]),
];

/// An outcome that nothing real gives in a browser.
struct Natively {
    claim: &'static str,
    outcome: &'static str,
    why: &'static str,
    /// The file below `src/analysis/judgement` and the test in it.
    test: (&'static str, &'static str),
}

const fn natively(
    claim: &'static str,
    outcome: &'static str,
    why: &'static str,
    test: (&'static str, &'static str),
) -> Natively {
    Natively { claim, outcome, why, test }
}

const NATIVELY: &[Natively] = &[
    natively(
        "C1",
        REFUTED,
        "a browser throws away what answers no request",
        ("duplex/tests/mod.rs", "a_message_that_answers_no_request_refutes_it"),
    ),
    natively(
        "C1",
        DEPENDS,
        "a browser ends an exchange with its first response",
        ("duplex/tests/mod.rs", "more_than_one_response_to_a_request_makes_it_depend_on_the_request"),
    ),
    natively(
        "C2",
        REFUTED,
        "a server that has news and tells it only when spoken to is none of ours",
        ("duplex/tests/mod.rs", "a_server_that_says_nothing_but_after_the_page_refutes_it"),
    ),
    natively(
        "C4",
        REFUTED,
        "a browser opens no WebSocket whose handshake proves nothing",
        ("opening/tests/sockets.rs", "c4_depends_or_is_refuted_where_the_handshake_proves_nothing"),
    ),
    natively(
        "C5",
        REFUTED,
        "a browser opens no WebSocket after another status, and our server none over HTTP/2",
        ("opening/tests/sockets.rs", "c5_is_refuted_by_another_status_and_over_http2"),
    ),
    natively(
        "C7",
        SUPPORTED,
        "a browser takes no text that is not UTF-8",
        ("formats/tests.rs", "were_bad_text_taken_there_would_be_no_limit"),
    ),
    natively(
        "C8",
        REFUTED,
        "a response that breaks off is lost in every browser",
        ("interruption/tests/mod.rs", "were_an_interrupted_exchange_not_lost_it_would_be_refuted"),
    ),
    natively(
        "C9",
        SUPPORTED,
        "a WebSocket that is cut loses what is under way",
        ("interruption/tests/mod.rs", "were_nothing_lost_it_would_be_supported"),
    ),
    natively(
        "C10",
        REFUTED,
        "our server remembers nothing over HTTP",
        ("memory/tests.rs", "a_server_that_remembers_over_http_refutes_that_it_is_stateless"),
    ),
    natively(
        "C11",
        REFUTED,
        "our server remembers as long as a WebSocket lasts",
        ("memory/tests.rs", "a_websocket_server_that_forgets_refutes_that_it_is_stateful"),
    ),
    natively(
        "C11",
        DEPENDS,
        "our server remembers no longer than a WebSocket lasts",
        (
            "memory/tests.rs",
            "where_a_new_connection_finds_the_state_of_the_old_one_it_depends_on_where_the_server_keeps_it",
        ),
    ),
    natively(
        "C12",
        SUPPORTED,
        "our server answers with a body",
        ("duplex/tests/mod.rs", "responses_that_carry_nothing_would_support_that_http_goes_in_one_direction"),
    ),
    natively(
        "C12",
        REFUTED,
        "no server starts over HTTP",
        ("duplex/tests/mod.rs", "a_server_that_starts_over_http_would_refute_it"),
    ),
    natively(
        "C13",
        DEPENDS,
        "this browser refuses ws: from an https page, and ftp: from any",
        ("opening/tests/addresses.rs", "c13_depends_where_an_https_page_may_try_ws_or_another_scheme_opens"),
    ),
    natively(
        "C13",
        REFUTED,
        "a browser opens no WebSocket of another scheme",
        ("opening/tests/addresses.rs", "c13_is_refuted_where_no_scheme_was_the_right_one"),
    ),
    natively(
        "C14",
        REFUTED,
        "a closing handshake is over for both",
        ("closing/tests.rs", "c14_is_refuted_where_no_end_is_over_for_both"),
    ),
    natively(
        "C15",
        REFUTED,
        "the page's own connections need more room than for one",
        ("crowd/tests.rs", "that_only_one_gets_through_refutes_it"),
    ),
    natively(
        "C16",
        REFUTED,
        "it takes costs that no server here has",
        ("exchange/tests.rs", "that_one_way_is_best_throughout_refutes_it"),
    ),
    natively(
        "C16",
        DEPENDS,
        "no server here makes bytes and times disagree each time",
        ("exchange/tests.rs", "that_bytes_and_time_disagree_makes_it_depend"),
    ),
];

/// Each claim comes out in two ways at least in the browser, and in all that are not possible there natively.
#[test]
fn the_table_has_every_claim_both_ways() {
    let mut shown = BTreeMap::<_, BTreeSet<_>>::new();
    for (claim, outcome) in WAYS.iter().flat_map(|way| way.comes_to) {
        shown.entry(*claim).or_default().insert(*outcome);
    }
    for claim in Claim::ALL.map(|claim| format!("C{}", claim.number())) {
        let real = &shown[claim.as_str()];
        assert!(real.len() > 1, "{claim}: {real:?}");
        let mut all = real.clone();
        for Natively { outcome, why, test: (file, name), .. } in NATIVELY.iter().filter(|it| it.claim == claim) {
            assert!(all.insert(outcome), "{claim} is {outcome} in the browser too, though “{why}”");
            let path = format!("{}/src/analysis/judgement/{file}", env!("CARGO_MANIFEST_DIR"));
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert!(text.contains(&format!("fn {name}()")), "{claim} {outcome}: {file} has no test {name}");
        }
        assert!(all.contains(SUPPORTED) && (all.contains(REFUTED) || all.contains(DEPENDS)), "{claim}: {all:?}");
    }
}

/// Where the page comes from, and what is set besides; all that is behind the addresses lasts as long as this.
struct Place {
    _server: Server,
    _between: Option<Middlebox>,
    origin: String,
    /// Among the endpoints and time limits.
    folded_away: Vec<(&'static str, String)>,
}

impl Place {
    async fn of(against: Against) -> Self {
        let server = match against {
            Against::OursBehindAProxy => Server::start_with(&["--behind-proxy"]),
            Against::OursOverTls => Server::start_with(&["--tls-self-signed", "--tls-listen", "127.0.0.1:0"]),
            Against::OursWithRoomFor(few) => Server::start_with(&["--max-connections", few]),
            _ => Server::start(),
        };
        let habit = match against {
            Against::OursUnlessSilentFor(millis) => Some(Habit::EndsTheSilent(Duration::from_millis(millis))),
            Against::OursForOneWebSocket => Some(Habit::LetsOpen(1)),
            Against::OursUntilTheFirstFault => Some(Habit::GoesDownAt("fault=")),
            _ => None,
        };
        let between = match habit {
            Some(habit) => Some(Middlebox::before(server.origin(), habit).await),
            None => None,
        };
        let echoes = match against {
            Against::Others => Some((echoes::http_echo(true).await, echoes::ws_echo().await)),
            Against::Choosy => Some((echoes::choosy_http_echo().await, echoes::ws_echo().await)),
            Against::Rewriting => Some((echoes::rewriting_http_echo().await, echoes::textual_ws_echo().await)),
            _ => None,
        };
        let mut folded_away = Vec::new();
        if let Some((http, ws)) = echoes {
            folded_away = vec![("http", format!("http://{http}/anything")), ("ws", format!("ws://{ws}/"))];
        } else if against == Against::OursWithoutWebSocket {
            folded_away = vec![("ws", format!("ws://{}/ws", echoes::nobody().await))];
        }
        if matches!(against, Against::Rewriting | Against::OursUntilTheFirstFault) {
            // What comes back changed is no reply, and would be waited for; nor is there one where the network is down.
            folded_away.push(("reply-timeout", "700".to_owned()));
        }
        let origin = match (&between, against) {
            (Some(between), _) => between.origin(),
            (None, Against::OursOverTls) => server.tls_origin(),
            (None, _) => server.origin(),
        };
        Self { origin: origin.to_owned(), _server: server, _between: between, folded_away }
    }
}

/// Goes that way, from the start page of a fresh browser until the verdicts stand there.
async fn go(Way { lab: name, against, set, comes_to, because }: &Way) {
    let place = Place::of(*against).await;
    // The certificate of a try at home is one that a visitor has to take first.
    let switches: &[&str] = if *against == Against::OursOverTls { &["ignore-certificate-errors"] } else { &[] };
    let lab = Lab::open_with(switches, &place.origin).await;
    until_ready(&lab).await;
    let began = Instant::now();
    let mut keyboard = Keyboard::of(&lab);
    keyboard.press_at(&format!("nav.labs a[href*=\"lab={name}\"]")).await;
    lab.until(&format!("document.documentElement.dataset.lab === '{name}'")).await;
    for (name, value) in *set {
        keyboard.set(name, value).await;
    }
    if place.folded_away.is_empty() {
        keyboard.press_at("button.run").await;
    } else {
        keyboard.press_at(".controls summary").await;
        for (name, value) in &place.folded_away {
            keyboard.set(name, value).await;
        }
        // As in any form.
        keyboard.press("Enter").await;
    }
    let pressed = keyboard.pressed;
    lab.until_run_is("finished").await;
    let took = began.elapsed();
    let judged = Judged::of(lab).await;
    println!("{name} {against:?} {set:?}: {pressed} keys, {took:?}, {comes_to:?}");
    judged.says(comes_to).await;
    let reasons: Vec<_> = judged.verdicts().into_iter().flat_map(|verdict| verdict.reasons).collect();
    assert!(reasons.iter().any(|reason| because(&reason.fact)), "{reasons:#?}");
    assert!(pressed <= MOST_KEYS, "{pressed} keys");
    assert!(took < A_MINUTE, "it took {took:?}");
}

/// A test for each lab, of all the ways to run it.
macro_rules! of_lab {
    ($($test:ident: $lab:literal;)+) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                for way in WAYS.iter().filter(|way| way.lab == $lab) {
                    go(way).await;
                }
            }
        )+

        #[test]
        fn every_way_is_gone() {
            assert!(WAYS.iter().all(|way| [$($lab),+].contains(&way.lab)));
        }
    };
}

of_lab! {
    c16_when_to_use_which: "exchange";
    c3_c4_c5_c13_how_connections_are_opened: "opening";
    c1_c2_c12_who_may_speak: "duplex";
    c10_c11_who_remembers: "memory";
    c6_c7_what_may_be_carried: "formats";
    c8_c9_what_gets_lost: "interruption";
    c14_how_it_ends: "closing";
    c15_many_clients: "crowd";
}
