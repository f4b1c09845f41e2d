//! What HAR 1.2 asks of a file, object by object: which fields there have to be, of what type each is, and what
//! their values have to be to one another.

use serde_json::Value;

/// What a field has to be.
#[derive(Clone, Copy)]
enum Is {
    Text,
    /// ISO 8601, with the time zone.
    Date,
    Number,
    /// A number that is not negative, or -1.
    Size,
    /// A number that is not negative.
    Span,
    Flag,
    Object(&'static [Field]),
    ListOf(&'static [Field]),
}

struct Field(&'static str, Need, Is);

#[derive(PartialEq, Eq)]
enum Need {
    Required,
    Optional,
}

use Is::{Date, Flag, ListOf, Number, Object, Size, Span, Text};
use Need::{Optional, Required};

const COMMENT: Field = Field("comment", Optional, Text);
const APPLICATION: &[Field] = &[Field("name", Required, Text), Field("version", Required, Text), COMMENT];
const PAIR: &[Field] = &[Field("name", Required, Text), Field("value", Required, Text), COMMENT];
const PAGE: &[Field] = &[
    Field("startedDateTime", Required, Date),
    Field("id", Required, Text),
    Field("title", Required, Text),
    Field(
        "pageTimings",
        Required,
        Object(&[Field("onContentLoad", Optional, Size), Field("onLoad", Optional, Size), COMMENT]),
    ),
    COMMENT,
];
const COOKIE: &[Field] = &[
    Field("name", Required, Text),
    Field("value", Required, Text),
    Field("path", Optional, Text),
    Field("domain", Optional, Text),
    Field("expires", Optional, Date),
    Field("httpOnly", Optional, Flag),
    Field("secure", Optional, Flag),
    COMMENT,
];
const POST_DATA: &[Field] = &[
    Field("mimeType", Required, Text),
    Field("text", Optional, Text),
    Field(
        "params",
        Optional,
        ListOf(&[
            Field("name", Required, Text),
            Field("value", Optional, Text),
            Field("fileName", Optional, Text),
            Field("contentType", Optional, Text),
            COMMENT,
        ]),
    ),
    COMMENT,
];
const REQUEST: &[Field] = &[
    Field("method", Required, Text),
    Field("url", Required, Text),
    Field("httpVersion", Required, Text),
    Field("cookies", Required, ListOf(COOKIE)),
    Field("headers", Required, ListOf(PAIR)),
    Field("queryString", Required, ListOf(PAIR)),
    Field("postData", Optional, Object(POST_DATA)),
    Field("headersSize", Required, Size),
    Field("bodySize", Required, Size),
    COMMENT,
];
const CONTENT: &[Field] = &[
    Field("size", Required, Size),
    Field("compression", Optional, Number),
    Field("mimeType", Required, Text),
    Field("text", Optional, Text),
    Field("encoding", Optional, Text),
    COMMENT,
];
const RESPONSE: &[Field] = &[
    Field("status", Required, Span),
    Field("statusText", Required, Text),
    Field("httpVersion", Required, Text),
    Field("cookies", Required, ListOf(COOKIE)),
    Field("headers", Required, ListOf(PAIR)),
    Field("content", Required, Object(CONTENT)),
    Field("redirectURL", Required, Text),
    Field("headersSize", Required, Size),
    Field("bodySize", Required, Size),
    COMMENT,
];
const TIMINGS: &[Field] = &[
    Field("blocked", Optional, Size),
    Field("dns", Optional, Size),
    Field("connect", Optional, Size),
    Field("send", Required, Span),
    Field("wait", Required, Span),
    Field("receive", Required, Span),
    Field("ssl", Optional, Size),
    COMMENT,
];
const ENTRY: &[Field] = &[
    Field("pageref", Optional, Text),
    Field("startedDateTime", Required, Date),
    Field("time", Required, Span),
    Field("request", Required, Object(REQUEST)),
    Field("response", Required, Object(RESPONSE)),
    Field("cache", Required, Object(&[COMMENT])),
    Field("timings", Required, Object(TIMINGS)),
    Field("serverIPAddress", Optional, Text),
    Field("connection", Optional, Text),
    COMMENT,
];
const LOG: &[Field] = &[
    Field("version", Required, Text),
    Field("creator", Required, Object(APPLICATION)),
    Field("browser", Optional, Object(APPLICATION)),
    Field("pages", Optional, ListOf(PAGE)),
    Field("entries", Required, ListOf(ENTRY)),
    COMMENT,
];

/// What is wrong with a file; nothing where it is valid.
pub(crate) fn problems(har: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    object(har, &[Field("log", Required, Object(LOG))], "", &mut problems);
    let none = Vec::new();
    let entries = har["log"]["entries"].as_array().unwrap_or(&none);
    let pages: Vec<_> = har["log"]["pages"].as_array().unwrap_or(&none).iter().map(|page| &page["id"]).collect();
    for (place, entry) in entries.iter().enumerate() {
        if !entry["pageref"].is_null() && !pages.contains(&&entry["pageref"]) {
            problems.push(format!("entries[{place}].pageref names no page"));
        }
        let timings = &entry["timings"];
        let parts = ["blocked", "dns", "connect", "send", "wait", "receive"].map(|name| timings[name].as_f64());
        let sum: f64 = parts.into_iter().flatten().filter(|part| *part >= 0.0).sum();
        if (sum - entry["time"].as_f64().unwrap_or(f64::NAN)).abs() > 1e-6 {
            problems.push(format!("entries[{place}].time is {}, not the sum of its timings, {sum}", entry["time"]));
        }
        if timings["ssl"].as_f64() > timings["connect"].as_f64() {
            problems.push(format!("entries[{place}].timings.ssl is not within connect"));
        }
        if !entry["request"]["postData"].is_null() && entry["request"]["postData"]["text"].is_null() {
            problems.push(format!("entries[{place}].request.postData has neither text nor params"));
        }
    }
    if !entries.windows(2).all(|two| two[0]["startedDateTime"].as_str() <= two[1]["startedDateTime"].as_str()) {
        problems.push("entries are not in the order of time".into());
    }
    problems
}

fn object(value: &Value, fields: &[Field], path: &str, problems: &mut Vec<String>) {
    let Some(given) = value.as_object() else {
        problems.push(format!("{path} is no object"));
        return;
    };
    for Field(name, need, is) in fields {
        match given.get(*name) {
            Some(value) => check(value, *is, &format!("{path}.{name}"), problems),
            None if *need == Required => problems.push(format!("{path}.{name} is missing")),
            None => {}
        }
    }
    let is_known = |name: &String| name.starts_with('_') || fields.iter().any(|Field(known, ..)| known == name);
    problems.extend(given.keys().filter(|name| !is_known(name)).map(|name| format!("{path}.{name} is not of HAR 1.2")));
}

fn check(value: &Value, is: Is, path: &str, problems: &mut Vec<String>) {
    let number = value.as_f64();
    let holds = match is {
        Text => value.is_string(),
        Date => value.as_str().is_some_and(is_date),
        Number => number.is_some(),
        Size => number.is_some_and(|number| number >= 0.0 || number == -1.0),
        Span => number.is_some_and(|number| number >= 0.0),
        Flag => value.is_boolean(),
        Object(fields) => {
            object(value, fields, path, problems);
            true
        }
        ListOf(fields) => match value.as_array() {
            Some(items) => {
                for (place, item) in items.iter().enumerate() {
                    object(item, fields, &format!("{path}[{place}]"), problems);
                }
                true
            }
            None => false,
        },
    };
    if !holds {
        problems.push(format!("{path} cannot be {value}"));
    }
}

/// `2009-07-24T19:20:30.45+01:00`, as the standard has it.
fn is_date(text: &str) -> bool {
    let pattern = |text: &str, pattern: &str| {
        text.len() == pattern.len()
            && text.chars().zip(pattern.chars()).all(|(given, wanted)| match wanted {
                '0' => given.is_ascii_digit(),
                other => given == other,
            })
    };
    let Some((date, rest)) = text.split_at_checked("0000-00-00T00:00:00".len()) else { return false };
    let zone_at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (fraction, zone) = rest.split_at(zone_at);
    let fraction = fraction.is_empty()
        || fraction
            .strip_prefix('.')
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()));
    pattern(date, "0000-00-00T00:00:00") && fraction && (zone == "Z" || pattern(zone.get(1..).unwrap_or(""), "00:00"))
}

#[test]
fn the_rules_find_what_is_wrong() {
    let good = super::foreign::chromium();
    assert_eq!(problems(&good), Vec::<String>::new());
    let entry = "/log/entries/0";
    for (path, to, word) in [
        (format!("{entry}/time"), serde_json::json!(1), "sum"),
        (format!("{entry}/timings/wait"), serde_json::json!(-1), "timings.wait"),
        (format!("{entry}/startedDateTime"), serde_json::json!("2026-01-01"), "startedDateTime"),
        (format!("{entry}/request/headersSize"), serde_json::json!("no"), "headersSize"),
        (format!("{entry}/response/content"), serde_json::json!({ "size": 3 }), "mimeType is missing"),
        (format!("{entry}/pageref"), serde_json::json!("page_9"), "names no page"),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(&path).expect("it is there") = to;
        let found = problems(&bad).join("\n");
        assert!(found.contains(word), "{path}: {found}");
    }
}
