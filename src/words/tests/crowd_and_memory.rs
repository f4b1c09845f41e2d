//! Of the labs `crowd` and `memory`.

use super::{check, samples};
use crate::analysis::Fact as Any;
use crate::analysis::judgement::crowd::{Fact, Missing, SeenBy, Trouble};
use crate::analysis::judgement::memory::{Fact as Memory, Held, Stretch, Why};
use crate::trace::{Protocol, Span};

const RESOLUTION: Span = Span(5);

#[test]
fn crowd() {
    let served =
        |protocol, clients, served, within| Fact::Served { protocol, clients, served, within, resolution: RESOLUTION };
    let not_served = |trouble| Fact::NotServed { protocol: Protocol::Http, clients: 12, count: 3, trouble };
    let heard = |clients, members, heard, said, first: Option<i64>| Fact::Heard {
        clients,
        members,
        heard,
        said,
        first: first.map(Span),
        spread: first.map(|_| Span(2_850)),
        resolution: RESOLUTION,
    };
    let under_way = |most, seen_by, version: Option<&str>| Fact::UnderWay {
        requests: 12,
        most,
        seen_by,
        version: version.map(str::to_owned),
    };
    let (first, last) = (Span(14_500), Span(167_000));
    check(samples![
        Any::Crowd, Fact;
        Served => [
            served(Protocol::Http, 12, 12, Some(Span(260_000)));
            served(Protocol::WebSocket, 12, 1, Some(Span(260_000)));
            served(Protocol::WebSocket, 1, 1, None), hiding "clients" "served";
            served(Protocol::Http, 1, 0, None), hiding "served";
        ],
        NotServed => [
            not_served(Trouble::Status(503)); not_served(Trouble::Status(404)); not_served(Trouble::HandshakeRefused);
            not_served(Trouble::NoAnswer); not_served(Trouble::TimedOut); not_served(Trouble::Closed);
            not_served(Trouble::Different); not_served(Trouble::Unfinished); not_served(Trouble::GivenUp);
        ],
        HttpConnections => [
            Fact::HttpConnections { requests: 12, connections: 6, already_open: 1 };
            Fact::HttpConnections { requests: 12, connections: 1, already_open: 0 }, hiding "already_open";
        ],
        UnderWay => [
            under_way(6, SeenBy::Browser, Some("http/1.1")); under_way(6, SeenBy::Server, Some("h2"));
            under_way(1, SeenBy::Server, None); under_way(1, SeenBy::Browser, None);
        ],
        Queued => [Fact::Queued { requests: 12, waited: 7, longest: Span(110_000) }],
        NotQueued => [
            Fact::NotQueued { requests: 12, version: Some("h2".into()) }; Fact::NotQueued { requests: 12, version: None };
        ],
        OpenAtOnce => [Fact::OpenAtOnce { sockets: 12, most: 11 }; Fact::OpenAtOnce { sockets: 2, most: 1 }],
        HandshakesInTurn => [
            Fact::HandshakesInTurn { sockets: 12, first, last, step: Span(11_900), resolution: RESOLUTION };
        ],
        HandshakesAtOnce => [Fact::HandshakesAtOnce { sockets: 12, most: 3 }],
        HandshakesFromHere => [Fact::HandshakesFromHere { sockets: 12, first, last, resolution: RESOLUTION }],
        Heard => [
            heard(12, 11, 10, true, Some(2_620));
            heard(12, 1, 0, false, None), hiding "heard";
            heard(12, 12, 0, true, None), hiding "clients" "heard";
            heard(12, 12, 9, false, None), hiding "heard";
            heard(1, 0, 0, false, None), hiding "members" "heard";
        ],
        OneClient => [Fact::OneClient],
        Missing => [
            Fact::Missing(Missing::Hold); Fact::Missing(Missing::Rooms); Fact::Missing(Missing::Connections);
            Fact::Missing(Missing::UnderWay); Fact::Missing(Missing::HandshakeTimes);
            Fact::Missing(Missing::Asking(Protocol::Http)); Fact::Missing(Missing::Asking(Protocol::WebSocket));
            Fact::Missing(Missing::Broadcast); Fact::Missing(Missing::Served);
        ],
    ]);
}

#[test]
fn memory() {
    let held = |counter, things| Held { counter, things };
    let unequal = |same_connection| Memory::UnequalAnswers { one: held(3, 1), other: held(4, 2), same_connection };
    let missing = |what, why| Memory::Missing { what, why };
    check(samples![
        Any::Memory, Memory;
        NothingCarried => [
            Memory::NothingCarried { requests: 8, connections: Some(1), on_one: Some(8) }, hiding "connections";
            Memory::NothingCarried { requests: 8, connections: Some(3), on_one: Some(4) };
            Memory::NothingCarried { requests: 1, connections: None, on_one: None };
        ],
        EqualAnswers => [
            Memory::EqualAnswers { requests: 12, same_connection: Some(11) };
            Memory::EqualAnswers { requests: 12, same_connection: None };
        ],
        UnequalAnswers => [unequal(Some(true)); unequal(Some(false)); unequal(None)],
        NotFromRequest => [Memory::NotFromRequest { answers: 3, of: 4, expected: held(1, 5), told: held(2, 6) }],
        Carried => [
            Memory::Carried { requests: 9, least: 119, most: 130, all: 1_000 };
            Memory::Carried { requests: 1, least: 119, most: 119, all: 119 };
        ],
        WentOn => [Memory::WentOn { clients: vec![0], held: held(2, 1) }, hiding "clients"; Memory::WentOn { clients: vec![0, 1], held: held(2, 3) }, hiding "clients"],
        OldToken => [Memory::OldToken { old: held(1, 4), newest: held(2, 5) }],
        Remembered => [
            Memory::Remembered { clients: vec![1], answers: 3, held: held(2, 1) }, hiding "clients";
            Memory::Remembered { clients: vec![0, 1], answers: 3, held: held(2, 1) }, hiding "clients";
        ],
        Forgot => [Memory::Forgot { answers: 1 }],
        NotOfConnection => [Memory::NotOfConnection { answers: 1, expected: held(1, 4), told: held(2, 5) }],
        NewConnection => [
            Memory::NewConnection { before: held(2, 1), after: held(0, 0) }, hiding "things";
            Memory::NewConnection { before: held(2, 1), after: held(2, 1) };
            Memory::NewConnection { before: held(2, 1), after: held(3, 4) };
        ],
        Missing => [
            missing(Stretch::WithoutToken, Why::NotOffered); missing(Stretch::WithToken, Why::NotReached);
            missing(Stretch::Connection, Why::NothingCame); missing(Stretch::NewConnection, Why::NotReached);
        ],
    ]);
}
