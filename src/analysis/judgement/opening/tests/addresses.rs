//! C13: which addresses the browser took.

use super::*;
use crate::trace::{Cause, Failing, Inference, Time};

/// Opens an address that should be refused; `None` opens it.
pub(super) fn asks_for(story: &mut Story, url: &str, refused: Option<(Cause, Inference)>) {
    match refused {
        Some((cause, inferred_from)) => {
            let (_, handshake, _) = story.opening(url);
            story.fail(handshake, Failing { at: Time(90_000), cause, inferred_from });
        }
        None => {
            story.open(url);
        }
    }
}

pub(super) fn bad_url() -> Option<(Cause, Inference)> {
    Some((Cause::BadUrl { why: "SyntaxError".into() }, Inference::Thrown))
}

const ELSEWHERE: &str = "ws://duplex.invalid/";
pub(super) const FTP: &str = "ftp://duplex.invalid/";

/// A WebSocket at that address, and what came of `ws:` from an https page (if it was asked for) and of `ftp:`.
fn schemes(
    url: &str,
    mixed: Option<Option<(Cause, Inference)>>,
    ftp: Option<(Cause, Inference)>,
) -> (Outcome, Vec<Fact>) {
    let mut story = Story::of("opening");
    story.part("websocket", Some(Protocol::WebSocket));
    story.open(url);
    story.part("schemes", Some(Protocol::WebSocket));
    if let Some(refused) = mixed {
        asks_for(&mut story, ELSEWHERE, refused);
    }
    asks_for(&mut story, FTP, ftp);
    verdict(Claim::C13, &story.finished())
}

#[test]
fn c13_is_supported_by_ws_alone_and_says_what_was_not_measured() {
    let (outcome, reasons) = schemes(WS, None, bad_url());
    assert_eq!(outcome, Outcome::Supported);
    assert_eq!(
        reasons,
        told![
            schemes::Fact::Opened { scheme: "ws".into() },
            schemes::Fact::Refused { scheme: "ftp".into(), at_once: true },
            schemes::Fact::SecureNotMeasured,
            schemes::Fact::MixedContentNotMeasured,
        ]
    );
}

#[test]
fn c13_is_supported_by_wss_and_by_ws_refused_from_an_https_page() {
    for (inferred_from, at_once) in [(Inference::Thrown, true), (Inference::Schemes, false)] {
        let mixed = Some(Some((Cause::MixedContent, inferred_from)));
        let (outcome, reasons) = schemes("wss://127.0.0.1:9443/ws", mixed, bad_url());
        assert_eq!(outcome, Outcome::Supported);
        assert_eq!(
            reasons,
            told![
                schemes::Fact::Opened { scheme: "wss".into() },
                schemes::Fact::MixedContentRefused { url: ELSEWHERE.into(), at_once },
                schemes::Fact::Refused { scheme: "ftp".into(), at_once: true },
            ]
        );
    }
}

#[test]
fn c13_depends_where_an_https_page_may_try_ws_or_another_scheme_opens() {
    let tried = Some(Some((Cause::NoAnswer, Inference::ProbeFailed)));
    let (outcome, reasons) = schemes("wss://127.0.0.1:9443/ws", tried, bad_url());
    assert_eq!(outcome, Outcome::Depends);
    assert_eq!(reasons[1], Fact::from(schemes::Fact::MixedContentTried { cause: Some(Cause::NoAnswer) }));
    let (outcome, reasons) = schemes(WS, None, None);
    assert_eq!(outcome, Outcome::Depends);
    assert_eq!(reasons[1], Fact::from(schemes::Fact::Opened { scheme: "ftp".into() }));
}

#[test]
fn c13_is_refuted_where_no_scheme_was_the_right_one() {
    let (outcome, reasons) = schemes("http://127.0.0.1:9000/ws", None, None);
    assert_eq!(outcome, Outcome::Refuted);
    assert_eq!(reasons[0], Fact::from(schemes::Fact::Opened { scheme: "http".into() }));
}
