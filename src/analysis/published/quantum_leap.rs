//! The arithmetic of 2010: 871 bytes of heads for each poll, 2 for each message.

use super::{Absent, Amount, Checked, Holds, Part, Remark, Repetition, Row, Source, What, Why, alike, sum};
use crate::analysis::break_even::{Costs, Crossing, Line, event_overhead};

pub(super) const SOURCE: Source = Source {
    title: "HTML5 WebSocket: A Quantum Leap in Scalability for the Web",
    authors: Some("Peter Lubbers and Frank Greco"),
    appeared: "websocket.org (Kaazing Corporation)",
    year: Some(2010),
    url: Some("http://www.websocket.org/quantum.html"),
    checked: Checked::Copies,
};

/// The source's messages were of about 20 characters, on a connection that was kept.
pub(super) const REPETITIONS: [Repetition; 1] = [Repetition {
    part: Part::Whole,
    lab: "exchange",
    settings: &[("messages", "100"), ("size", "20"), ("connection", "keep-alive")],
}];

/// Bytes of a request's and a response's head.
const HEADS: u64 = 871;
/// Bytes of a frame beside its payload.
const FRAME: u64 = 2;
/// The ratio that is named; with larger heads, twice as much.
const TO_ONE: f64 = 500.0;
/// Of 1,000 clients, as it is written.
const MEGABITS: f64 = 6.6;
/// The clients of its cases; the one between has ten times the first.
const CLIENTS: [u32; 2] = [1_000, 100_000];
/// What a message carried, about.
const PAYLOAD: u64 = 20;

/// Bits a second of so many clients with so many bytes each, each second.
fn bits(clients: u32, bytes: u64) -> f64 {
    f64::from(clients) * bytes as f64 * 8.0
}

pub(super) fn compare(costs: &Costs) -> (Vec<Row>, Vec<Remark>) {
    let heads = sum([costs.keep_alive.to_server, costs.keep_alive.to_page]);
    let (to_page, to_server) = (sum([costs.message.to_page]), sum([costs.message.to_server]));
    let handshake = sum([costs.handshake.to_server, costs.handshake.to_page]);
    let row = |what, published, ours| Row { what, published: Some(published), ours };
    let times = |heads: u64, head: u64| heads as f64 / head.max(1) as f64;
    let ratio = heads.and_then(|heads| Ok(times(heads, to_page?)));
    let mut rows = vec![
        row(What::HeadsOfAnExchange, Amount::Bytes(HEADS), heads.map(Amount::Bytes)),
        row(What::HeadToPage, Amount::Bytes(FRAME), to_page.map(Amount::Bytes)),
        row(What::HeadToServer, Amount::Bytes(FRAME), to_server.map(Amount::Bytes)),
        row(What::HeadsToHead, Amount::ToOne(TO_ONE), ratio.map(Amount::ToOne)),
    ];
    for clients in CLIENTS {
        let scaled = |bytes: Result<u64, Absent>| bytes.map(|bytes| Amount::BitsPerSecond(bits(clients, bytes)));
        let said = |bytes| Amount::BitsPerSecond(bits(clients, bytes));
        rows.push(row(What::Polling { clients }, said(HEADS), scaled(heads)));
        rows.push(row(What::Pushing { clients }, said(FRAME), scaled(to_page)));
    }
    rows.push(Row { what: What::Handshake, published: None, ours: handshake.map(Amount::Bytes) });

    let mut remarks = vec![
        Remark { holds: Holds::No, why: Why::ItsRatio { gives: times(HEADS, FRAME), says: TO_ONE } },
        Remark { holds: Holds::InPart, why: Why::ItsMegabits { bits: bits(CLIENTS[0], HEADS), says: MEGABITS } },
    ];
    if let Ok(times) = ratio {
        let holds = match times {
            100.0.. => Holds::Yes,
            10.0.. => Holds::InPart,
            _ => Holds::No,
        };
        remarks.push(Remark { holds, why: Why::HowMuchMore { times } });
    }
    if let Ok(ours) = heads {
        let holds = if alike(ours as f64, HEADS as f64) { Holds::Yes } else { Holds::InPart };
        remarks.push(Remark { holds, why: Why::HeadsAsPublished { ours, published: HEADS } });
    }
    if let Ok(to_server) = to_server {
        let holds = if to_server == FRAME { Holds::Yes } else { Holds::No };
        remarks.push(Remark { holds, why: Why::Masked { to_server, published: FRAME } });
    }
    if let (Ok(bytes), Ok(heads), Ok(to_page)) = (handshake, heads, to_page) {
        // A handshake against polls, each of which brings one message.
        let socket = Line { opening: bytes.into(), per_message: to_page.into() };
        let polls = Line { opening: 0u64.into(), per_message: heads.into() };
        let paid_after = match socket.below(&polls) {
            Crossing::Always => Some(1),
            Crossing::From(message) => Some(message.into()),
            Crossing::Never => None,
        };
        let why = paid_after.map(|paid_after| Why::HandshakeLeftOut { bytes, paid_after });
        remarks.extend(why.map(|why| Remark { holds: Holds::InPart, why }));
    }
    if let (Ok(web_socket), Ok(lines)) = (to_page, costs.events.framing) {
        let each = event_overhead(lines.value(), PAYLOAD);
        remarks.push(Remark { holds: Holds::InPart, why: Why::EventStream { each, web_socket } });
    }
    remarks.push(Remark { holds: Holds::NotShown, why: Why::ItsDelaysAreAssumed });
    (rows, remarks)
}
