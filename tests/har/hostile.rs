//! Files that nobody sane would write: they are refused with the place that is wrong, or read, and never more.

use duplex::format::har::{self, HarError};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::foreign::chromium;

/// Chromium's file with another value somewhere; `None` takes the field away.
fn changed(path: &str, to: Option<Value>) -> Result<duplex::trace::Trace, HarError> {
    let mut har = chromium();
    let (parent, name) = path.rsplit_once('/').expect("a path");
    let parent = har.pointer_mut(parent).expect("it is there");
    match to {
        Some(to) => parent[name] = to,
        None => drop(parent.as_object_mut().expect("an object").remove(name)),
    }
    har::read(&har.to_string())
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let wrong = [
        ("/log/entries", json!({}), "log.entries should be a list"),
        ("/log/entries", json!([7]), "log.entries[0] should be an object"),
        ("/log/entries/1/startedDateTime", json!("soon"), "log.entries[1].startedDateTime should be a date"),
        ("/log/entries/1/startedDateTime", json!(12), "log.entries[1].startedDateTime should be a text"),
        ("/log/entries/1/request", json!([]), "log.entries[1].request should be an object"),
        ("/log/entries/1/request/url", json!("nowhere"), "log.entries[1].request.url should be an absolute URL"),
        ("/log/entries/1/request/bodySize", json!(1e300), "log.entries[1].request.bodySize is more"),
        ("/log/entries/1/response/status", json!(1e9), "log.entries[1].response.status should be a whole number"),
        ("/log/entries/1/response/status", json!(200.5), "log.entries[1].response.status should be a whole number"),
        ("/log/entries/1/response/content", json!("x"), "log.entries[1].response.content should be an object"),
        ("/log/entries/1/response/content/text", json!("*"), "log.entries[1].response.content.text should be base64"),
        ("/log/entries/1/timings", json!(3), "log.entries[1].timings should be an object"),
        ("/log/entries/1/timings/wait", json!("3"), "log.entries[1].timings.wait should be a number"),
        ("/log/entries/1/timings/wait", json!(1e300), "log.entries[1].timings.wait is longer"),
        ("/log/entries/3/_webSocketMessages", json!(3), "log.entries[3]._webSocketMessages should be a list"),
        (
            "/log/entries/3/_webSocketMessages/1/data",
            json!("?"),
            "log.entries[3]._webSocketMessages[1].data should be base64",
        ),
        ("/log/entries/3/_webSocketMessages/1/type", json!("up"), "[1].type should be “send” or “receive”"),
        ("/log/entries/3/_webSocketMessages/1/time", json!(-5), "[1].time should be a time in seconds"),
        ("/log/entries/3/_webSocketMessages/1/time", json!(1e18), "[1].time should be a time in seconds"),
        ("/log/entries/3/_webSocketMessages/1/opcode", json!(77), "[1].opcode should be a whole number"),
        ("/log/creator", json!("me"), "log.creator should be an object"),
    ];
    for (path, to, words) in wrong {
        let error = changed(path, Some(to.clone())).expect_err(path).to_string();
        assert!(error.contains(words), "{path} {to}: {error}");
    }
    for path in
        ["/log/entries", "/log/entries/0/request", "/log/entries/0/request/url", "/log/entries/0/startedDateTime"]
    {
        let (_, name) = path.rsplit_once('/').expect("a path");
        let error = changed(path, None).expect_err(path).to_string();
        assert!(error.contains(&format!("has no field “{name}”")), "{path}: {error}");
    }
    let error = changed("/log/entries/3/_webSocketMessages/1/data", None).expect_err("data is missing").to_string();
    assert!(error.contains("[1] has no field “data”"), "{error}");
}

#[test]
fn what_may_be_missing_or_odd_is_read() {
    for path in [
        "/log/version",
        "/log/creator",
        "/log/pages",
        "/log/entries/1/response",
        "/log/entries/1/response/content",
        "/log/entries/1/timings",
        "/log/entries/1/time",
        "/log/entries/1/cache",
        "/log/entries/1/request/httpVersion",
        "/log/entries/1/request/headersSize",
        "/log/entries/1/request/postData",
        "/log/entries/1/connection",
    ] {
        assert!(changed(path, None).is_ok(), "{path}");
    }
    // Negative for unknown, whatever the number; a connection as a number; a frame that is none.
    for (path, to) in [
        ("/log/entries/1/timings/wait", json!(-0.25)),
        ("/log/entries/1/timings/blocked", json!(-1e300)),
        ("/log/entries/1/response/content/size", json!(-1)),
        ("/log/entries/1/connection", json!(812)),
        ("/log/entries/3/_webSocketMessages/0/type", json!("error")),
        ("/log/entries/3/_webSocketMessages/0/opcode", json!(-1)),
        ("/log/entries/3/_webSocketMessages/0/opcode", json!(9)),
        ("/log/entries/3/_webSocketMessages/0/time", json!(1_795_168_700)),
    ] {
        let read = changed(path, Some(to.clone()));
        assert!(read.is_ok(), "{path} {to}: {read:?}");
    }
}

#[test]
fn what_is_no_har_says_so() {
    assert!(matches!(har::read("{\"log\":"), Err(HarError::NotJson(_))));
    assert!(matches!(har::read("{\"log\":{\"entries\":[NaN]}}"), Err(HarError::NotJson(_))));
    assert!(matches!(har::read(&"[".repeat(100_000)), Err(HarError::NotJson(_))), "deep nesting");
    for text in ["{}", "[]", "7", "{\"log\":[]}", "{\"format\":\"duplex-trace\"}"] {
        assert_eq!(har::read(text), Err(HarError::NotHar), "{text}");
    }
    assert_eq!(changed("/log/version", Some(json!("2.0"))), Err(HarError::Version("2.0".into())));
    assert_eq!(har::read("{\"log\":{\"entries\":[]}}"), Err(HarError::Nothing));
    let data = json!({ "log": { "entries": [{ "request": { "url": "data:text/plain,hi" } }] } });
    assert_eq!(har::read(&data.to_string()), Err(HarError::Nothing));
}

#[test]
fn more_than_a_record_holds_is_refused() {
    let mut har = chromium();
    let one = har["log"]["entries"][3]["_webSocketMessages"][0].clone();
    har["log"]["entries"][3]["_webSocketMessages"] = Value::Array(vec![one; har::MOST_MESSAGES + 1]);
    assert_eq!(har::read(&har.to_string()), Err(HarError::TooMany(har::MOST_MESSAGES, "messages")));
    let mut har = chromium();
    let socket = har["log"]["entries"][3].clone();
    har["log"]["entries"] = Value::Array(vec![socket; har::MOST_SOCKETS + 1]);
    assert_eq!(har::read(&har.to_string()), Err(HarError::TooMany(har::MOST_SOCKETS, "WebSockets")));
}

#[test]
fn as_much_as_a_record_holds_is_read() {
    let mut har = chromium();
    let one = har["log"]["entries"][3]["_webSocketMessages"][0].clone();
    let socket = har["log"]["entries"][3].take();
    har["log"]["entries"] = json!([socket]);
    har["log"]["entries"][0]["_webSocketMessages"] = Value::Array(vec![one; har::MOST_MESSAGES - 2]);
    let trace = har::read(&har.to_string()).expect("it is read");
    assert_eq!(trace.messages.len(), har::MOST_MESSAGES);
}

#[test]
fn files_that_claim_to_be_ours_are_trusted_no_more() {
    let ours = |path: &str, to: Value| {
        let mut har = chromium();
        har["log"]["creator"]["name"] = json!("Duplex");
        let (parent, name) = path.rsplit_once('/').expect("a path");
        har.pointer_mut(parent).expect("it is there")[name] = to;
        har::read(&har.to_string())
    };
    for (path, to) in [
        ("/log/entries/1/_turn", json!(1e9)),
        ("/log/entries/1/_client", json!(-1)),
        ("/log/_duplex", json!({ "resolution": 0 })),
        ("/log/entries/1/_page", json!({ "read": "x" })),
        ("/log/entries/3/_webSocketMessages/1/_answers", json!(1.5)),
        ("/log/entries/3/_controlFrames", json!(3)),
        // It answers one that goes the same way.
        ("/log/entries/3/_webSocketMessages/2/_answers", json!(1)),
    ] {
        assert!(matches!(ours(path, to.clone()), Err(HarError::Wrong { .. })), "{path} {to}");
    }
    for (path, to) in [
        ("/log/entries/3/_webSocketMessages/1/_answers", json!(99)),
        ("/log/entries/1/response/_failing", json!({ "cause": 1 })),
        ("/log/entries/3/_closed", json!({ "time": 0, "how": "somehow" })),
    ] {
        let read = ours(path, to.clone());
        assert!(read.is_ok(), "{path} {to}: {read:?}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("log"),
        Just("entries"),
        Just("request"),
        Just("response"),
        Just("url"),
        Just("timings"),
        Just("wait"),
        Just("time"),
        Just("startedDateTime"),
        Just("_webSocketMessages"),
        Just("data"),
        Just("type"),
        Just("opcode"),
        Just("content"),
        Just("size"),
        Just("status"),
        Just("headers"),
        Just("creator"),
        Just("name"),
        Just("_answers"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-2i64..20).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!("Duplex")),
        Just(json!("http://a/b?c")),
        Just(json!("wss://[")),
        Just(json!("2026-11-20T10:00:00.2Z")),
    ];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::hash_map(name.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Every place in a value, as a pointer.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| places(value, &format!("{at}/{name}"), all)),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, value)| places(value, &format!("{at}/{n}"), all)),
        _ => {}
    }
}

/// What was read is a record that a trace file can hold.
fn holds(text: &str) -> Result<(), TestCaseError> {
    if let Ok(trace) = har::read(text) {
        let file = duplex::format::write(&trace).expect("it is written");
        prop_assert_eq!(duplex::format::read(&file), Ok(trace));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_json_is_read_or_refused(value in any_json()) {
        holds(&value.to_string())?;
        holds(&json!({ "log": { "entries": value } }).to_string())?;
    }

    #[test]
    fn anything_in_any_place_of_a_file_is_read_or_refused(place: prop::sample::Index, value in any_json(), ours: bool) {
        let mut har = chromium();
        if ours {
            har["log"]["creator"]["name"] = json!("Duplex");
        }
        let mut all = Vec::new();
        places(&har, "", &mut all);
        let place = &all[place.index(all.len())];
        *har.pointer_mut(place).expect("it is there") = value;
        holds(&har.to_string())?;
    }

    #[test]
    fn any_text_is_refused(text: String) {
        prop_assert!(har::read(&text).is_err());
    }
}
