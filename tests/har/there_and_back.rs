//! Every lab's run as HAR: valid, the same each time, saying what the record says, and read back alike.

use duplex::analysis::{Timeline, raw};
use duplex::decode::http1::StartLine;
use duplex::format::har::{self, HarError};
use duplex::lab::exchange::Parameters;
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{Direction, Kind, Message, Moment, Protocol, Span, Time, Trace};
use serde_json::Value;

use super::{entries, read, simulated, value, written};

/// A run on a machine whose clock shows a date, and a page that has been there for a while.
fn dated(mut trace: Trace) -> Trace {
    trace.circumstances.started = 1_795_168_800_123.456;
    trace
}

fn runs() -> Vec<(String, Trace)> {
    let conditions = [
        ("plain", Conditions { plain: true, ..Conditions::default() }),
        ("h2", Conditions { h2: true, ..Conditions::default() }),
        ("proxy", Conditions { behind_proxy: true, ..Conditions::default() }),
        ("refused", Conditions { refuses_upgrade: true, ..Conditions::default() }),
        ("dying", Conditions { server_dies_at: Some(2), ..Conditions::default() }),
        ("stalling", Conditions { server_stalls_at: Some(2), ..Conditions::default() }),
        ("told", Conditions::default()),
    ];
    let mut all = Vec::new();
    for lab in Lab::ALL {
        for (name, conditions) in conditions {
            all.push((format!("{lab:?}, {name}"), dated(simulated::run_lab(Settings::of(lab), conditions))));
        }
        let stopped = simulated::stop_lab(Settings::of(lab), Conditions::default(), Time(300_000));
        all.push((format!("{lab:?}, stopped"), dated(stopped)));
    }
    all
}

/// What has to be the same, of the messages of one kind of entry, however they stand in the record.
fn told(trace: &Trace) -> Vec<Figures> {
    let mut all: Vec<_> = trace.messages.iter().map(figures).collect();
    all.sort_by_cached_key(|figures| (figures.0, format!("{figures:?}")));
    all
}

type Figures = (Option<i64>, Kind, Direction, u64, u32, u32, Option<Vec<u8>>);

fn figures(message: &Message) -> Figures {
    let Message { kind, direction, payload, turn, client, ref copy, .. } = *message;
    (
        message.page_time().map(|at| at.0),
        kind,
        direction,
        payload,
        turn,
        client,
        copy.as_ref().map(|copy| copy.0.clone()),
    )
}

#[test]
fn every_labs_run_is_valid_the_same_each_time_and_comes_back_with_its_messages() {
    for (name, trace) in runs() {
        let text = written(&trace);
        assert_eq!(text, written(&trace), "{name}");
        if trace.messages.is_empty() {
            assert_eq!(har::read(&text), Err(HarError::Nothing), "{name}");
            continue;
        }
        let mut back = read(&text);
        // The page's clock begins with the first message, and dates are rounded to the microsecond.
        let first = |trace: &Trace| trace.messages.iter().filter_map(Message::page_time).min().expect("one").0;
        let shift = first(&trace) - first(&back);
        for message in &mut back.messages {
            for end in [&mut message.sent, &mut message.received] {
                if let Moment::Page(at) = end {
                    *end = Moment::Page(*at + Span(shift));
                }
            }
        }
        let (back, before) = (told(&back), told(&trace));
        let missing: Vec<_> = before.iter().filter(|figures| !back.contains(figures)).collect();
        assert_eq!((back.len(), missing), (before.len(), Vec::new()), "{name}");
        back.iter().zip(&before).for_each(|(back, before)| assert_eq!(back, before, "{name}"));
    }
}

#[test]
fn answers_phases_failures_and_endings_come_back() {
    for (name, trace) in runs().into_iter().filter(|(_, trace)| !trace.messages.is_empty()) {
        let back = read(&written(&trace));
        let count = |trace: &Trace, of: &dyn Fn(&Message) -> bool| trace.messages.iter().filter(|it| of(it)).count();
        for of in [
            &(|message: &Message| message.answers.is_some()) as &dyn Fn(&Message) -> bool,
            &|message| message.failing.is_some(),
            &|message| message.warm_up,
            &|message| message.phases.is_some(),
        ] {
            // A message to the server and its answer may bear the same time; nothing else is lost.
            assert_eq!(count(&trace, of), count(&back, of), "{name}");
        }
        let causes = |trace: &Trace| -> Vec<_> {
            let failing = trace.messages.iter().filter_map(|message| message.failing.as_deref());
            let mut all: Vec<_> =
                failing.map(|failing| format!("{:?}", (&failing.cause, failing.inferred_from))).collect();
            all.sort();
            all
        };
        assert_eq!(causes(&trace), causes(&back), "{name}");
        let endings = |trace: &Trace| -> Vec<_> {
            let sockets = trace.connections.iter().filter(|known| known.protocol == Protocol::WebSocket);
            let mut all: Vec<_> =
                sockets.map(|known| known.closed.as_ref().map(|closed| format!("{:?}", closed.how))).collect();
            all.sort();
            all
        };
        assert_eq!(endings(&trace), endings(&back), "{name}");
    }
}

#[test]
fn heads_and_sizes_are_those_of_the_raw_bytes() {
    let trace = dated(simulated::run_lab(Settings::of(Lab::Exchange), Conditions::default()));
    let har = value(&written(&trace));
    let requests: Vec<&Message> = trace.messages.iter().filter(|message| message.kind == Kind::Request).collect();
    let exchanges: Vec<&Value> = entries(&har).iter().filter(|entry| entry["_resourceType"] == "fetch").collect();
    assert_eq!(requests.len(), exchanges.len());
    for (request, entry) in requests.into_iter().zip(exchanges) {
        let bytes = raw::http(&trace, request).expect("they are told");
        let head = bytes.message().expect("a message");
        let StartLine::Request { target, .. } = &head.start_line else { panic!("{head:?}") };
        let url = entry["request"]["url"].as_str().expect("a text");
        assert!(url.starts_with("http://") && url.ends_with(target.as_str()), "{url}");
        assert_eq!(entry["request"]["headers"].as_array().map(Vec::len), Some(head.fields.len()));
        assert_eq!(entry["request"]["headersSize"].as_u64(), head.head_end);
        assert_eq!(entry["request"]["bodySize"].as_u64(), Some(request.payload));
        let (response, content) = (&entry["response"], &entry["response"]["content"]);
        assert_eq!((response["status"].as_u64(), response["bodySize"].as_u64()), (Some(200), content["size"].as_u64()));
        let whole = response["headersSize"].as_u64().zip(response["bodySize"].as_u64()).map(|(head, body)| head + body);
        assert_eq!(response["_transferSize"].as_u64(), whole, "nothing comes in chunks here");
        assert!(entry["connection"].as_str().is_some_and(|name| name.parse::<u64>().is_ok()));
        assert!(entry["_server"]["received"].as_f64() < entry["_server"]["sent"].as_f64());
    }
}

#[test]
fn websocket_messages_stand_as_they_crossed_where_the_frames_are_here() {
    let trace = dated(simulated::run_lab(Settings::of(Lab::Exchange), Conditions::default()));
    let har = value(&written(&trace));
    let socket = entries(&har).iter().find(|entry| entry["_resourceType"] == "websocket").expect("a WebSocket");
    assert_eq!(socket["response"]["status"], 101);
    let messages = socket["_webSocketMessages"].as_array().expect("a list");
    let data = trace.of(Protocol::WebSocket).filter(|message| message.kind.is_exchanged()).count();
    assert_eq!(messages.len(), data);
    for message in messages {
        let carried = duplex_base64(message["data"].as_str().expect("a text"));
        assert!(carried.starts_with(b"{\"n\":"), "the envelope crossed, too");
        assert!(message["_envelopeLeftOut"].is_null());
        let at = message["time"].as_f64().expect("a time");
        assert!((at - 1_795_168_800.0).abs() < 60.0, "{at}");
    }
    assert_eq!(socket["_closed"]["how"]["close-event"]["code"], 1000);
}

/// Base64 by hand, so that the library is not tested with itself.
fn duplex_base64(text: &str) -> Vec<u8> {
    let digits = text.bytes().filter_map(|byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    });
    let bits: Vec<u8> = digits.flat_map(|digit| (0..6).rev().map(move |place| digit >> place & 1)).collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | bit)).collect()
}

#[test]
fn without_the_servers_account_nothing_is_made_up() {
    let settings = Settings::from(Parameters { messages: 3, ..Parameters::default() });
    let trace = dated(simulated::record(settings, Conditions { plain: true, ..Conditions::default() }, None));
    let har = value(&written(&trace));
    for entry in entries(&har) {
        assert_eq!((&entry["connection"], &entry["_server"]), (&Value::Null, &Value::Null));
        let (request, response) = (&entry["request"], &entry["response"]);
        assert_eq!((request["headersSize"].as_i64(), response["headersSize"].as_i64()), (Some(-1), Some(-1)));
        assert_eq!(response["_transferSize"], Value::Null);
        assert_eq!((entry["timings"]["dns"].as_f64(), entry["timings"]["ssl"].as_f64()), (Some(-1.0), Some(-1.0)));
        assert_eq!(request["headers"].as_array().map(Vec::len), Some(0));
    }
}

#[test]
fn what_failed_has_status_0_and_says_why() {
    let conditions = Conditions { server_dies_at: Some(2), ..Conditions::default() };
    let trace = dated(simulated::run_lab(Settings::of(Lab::Exchange), conditions));
    let har = value(&written(&trace));
    let failed: Vec<&Value> = entries(&har).iter().filter(|entry| entry["response"]["status"] == 0).collect();
    assert!(!failed.is_empty());
    for entry in failed {
        assert_eq!(entry["response"]["_error"], "vanished", "{entry}");
        assert!(entry["response"]["_failing"]["inferred_from"].is_string());
        assert_eq!(entry["response"]["content"]["size"], 0);
    }
}

#[test]
fn a_long_run_is_written_and_read_whole() {
    let settings = Settings::from(Parameters { messages: 3_000, ..Parameters::default() });
    let trace = dated(simulated::run_lab(settings, Conditions::default()));
    let text = har::write(&trace, &Timeline::of(&trace)).expect("it is written");
    assert_eq!(read(&text).messages.len(), trace.messages.len());
}
