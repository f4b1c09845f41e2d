//! Of the labs `duplex` and `formats`.

use super::{check, samples};
use crate::analysis::Fact as Any;
use crate::analysis::judgement::duplex::{Fact, Proof, Waited, Way, What, Why};
use crate::analysis::judgement::formats::{Fact as Formats, Format, Missing, Over};
use crate::trace::Span;

#[test]
fn duplex() {
    let waited = Some(Waited { median: Span(50_900), longest: Span(51_400), uncertainty: Span(52_300) });
    let news = |way, items, of, requests, in_vain, waited| Fact::News { way, items, of, requests, in_vain, waited };
    let crossed = |pairs, proof| Fact::Crossed { pairs, bytes: (22, 86), proof };
    let missing = |what, why| Fact::Missing { what, why };
    check(samples![
        Any::Duplex, Fact;
        Answers => [
            Fact::Answers { requests: 25, responses: 24, events: 9 };
            Fact::Answers { requests: 1, responses: 1, events: 0 }, hiding "events";
        ],
        SpokeFirst => [Fact::SpokeFirst { messages: 1 }],
        SeveralResponses => [Fact::SeveralResponses { requests: 1 }],
        BothWays => [Fact::BothWays { exchanges: 8, to_server: 256, to_page: 257 }],
        OneWayOnly => [Fact::OneWayOnly { exchanges: 1, to_server: 0, to_page: 257 }],
        News => [
            news(Way::ShortPolling, 8, Some(9), 6, 2, waited);
            news(Way::LongPolling, 8, Some(8), 8, 0, None), hiding "in_vain";
            news(Way::Events, 1, None, 1, 0, waited), hiding "in_vain";
            news(Way::WebSocket, 8, None, 1, 0, waited), hiding "in_vain" "requests";
        ],
        Behind => [
            Fact::Behind { ways: vec![(Way::ShortPolling, Span(152_000)), (Way::LongPolling, Span(-5_150))] };
            Fact::Behind { ways: vec![(Way::LongPolling, Span(0)), (Way::Events, Span(0))] }, hiding "ways";
        ],
        Elsewhere => [Fact::Elsewhere],
        Lay => [Fact::Lay { items: 1, median: Span(150_000), longest: Span(354_000) }],
        OneResponse => [
            Fact::OneResponse { events: 9, requests: 1, lasted: Span(2_110_000) }, hiding "requests";
            Fact::OneResponse { events: 1, requests: 2, lasted: Span(2_110_000) };
        ],
        Streamed => [
            Fact::Streamed { bytes: 262_144, pieces: 1, lasted: Span(0) }, hiding "pieces" "lasted";
            Fact::Streamed { bytes: 262_144, pieces: 4, lasted: Span(33_000) };
        ],
        Unasked => [
            Fact::Unasked { items: 8, beyond_doubt: 4 }; Fact::Unasked { items: 1, beyond_doubt: 1 };
        ],
        Said => [Fact::Said { messages: 1 }],
        OnlyAnswered => [Fact::OnlyAnswered { messages: 7 }],
        Crossed => [crossed(2, Proof::Times); crossed(1, Proof::SentAgain), hiding "pairs"],
        CameAgain => [Fact::CameAgain { messages: 1 }],
        NoneCrossed => [
            Fact::NoneCrossed { round_trip: Some(Span(1_430)) }; Fact::NoneCrossed { round_trip: None };
        ],
        EchoOnly => [
            Fact::EchoOnly { said: 1, echoed: 0, besides: 0 }, hiding "besides";
            Fact::EchoOnly { said: 9, echoed: 8, besides: 2 };
        ],
        Missing => [
            missing(What::Exchanges, Why::NotReached);
            missing(What::News(Way::Events), Why::NotOffered);
            missing(What::News(Way::WebSocket), Why::NothingCame);
        ],
    ]);
}

#[test]
fn formats() {
    let (three, one) = (vec![Format::Html, Format::Json, Format::Xml], vec![Format::Image]);
    let ended = |code, clean, browser_sent| Formats::BadTextEnded { code, clean, browser_sent, tapped: true };
    let missing = Formats::Missing;
    let (took, without) = (Span(9_340), Some(Span(10_100)));
    let types = |kept, of, asked| Formats::MediaTypes { kept, of, asked };
    check(samples![
        Any::Formats, Formats;
        Intact => [
            Formats::Intact { over: Over::Http, formats: three.clone(), bytes: 1_492 };
            Formats::Intact { over: Over::Text, formats: one.clone(), bytes: 1 };
            Formats::Intact { over: Over::Binary, formats: vec![Format::Text, Format::Bytes], bytes: 77 };
        ],
        Differs => [Formats::Differs { over: Over::Http, format: Format::Bytes, sent: 1, came: 3 }],
        Refused => [Formats::Refused { format: Format::Html, status: 413 }],
        NotBack => [Formats::NotBack { over: Over::Binary, format: Format::Bytes }],
        MediaTypes => [
            types(6, 7, true); types(0, 1, true), hiding "kept"; types(1, 6, false); types(0, 6, false), hiding "kept";
        ],
        NoMediaType => [Formats::NoMediaType { messages: 1 }; Formats::NoMediaType { messages: 10 }],
        OnlyBinary => [Formats::OnlyBinary { formats: one }],
        BadTextEnded => [
            ended(1_006, false, Some(1_002)); ended(1_007, true, Some(1_007)); ended(1_006, false, None);
        ],
        BadTextTaken => [Formats::BadTextTaken { bytes: 37 }],
        BadTextOverHttp => [Formats::BadTextOverHttp { bytes: 37 }],
        Preflight => [Formats::Preflight { took, without }; Formats::Preflight { took, without: None }],
        NoPreflight => [Formats::NoPreflight { took, without }],
        TypeNotAllowed => [Formats::TypeNotAllowed],
        PreflightUnknown => [Formats::PreflightUnknown { took, without }],
        Missing => [
            missing(Missing::Http); missing(Missing::WebSocket); missing(Missing::HttpEcho);
            missing(Missing::WebSocketEcho); missing(Missing::BadText);
        ],
    ]);
}
