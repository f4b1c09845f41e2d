//! The arithmetic of teaching texts: a frame of 7 bytes instead of a request of about 600 is 98.8 % less.

use super::{Absent, Amount, Checked, Holds, Part, Remark, Repetition, Row, Source, What, Why, saving, sum, time};
use crate::analysis::break_even::{Costs, frame_head};

pub(super) const SOURCE: Source = Source {
    title: "WebSocket(7)",
    authors: None,
    appeared: "notes on the protocol in a public code repository",
    year: None,
    url: None,
    checked: Checked::Unsigned,
};

pub(super) const REPETITIONS: [Repetition; 1] = [Repetition {
    part: Part::Whole,
    lab: "exchange",
    settings: &[("messages", "100"), ("size", "5"), ("connection", "keep-alive")],
}];

/// Bytes of the payload: five letters.
const PAYLOAD: u64 = 5;
/// Bytes of the frame with it.
const FRAME: u64 = 7;
/// Bytes of the request, about.
const REQUEST: u64 = 600;
/// What is saved, in per cent.
const SAVED: f64 = 98.8;
/// Longer payloads, for which the same is worked out.
const LONGER: [u64; 2] = [1 << 10, 1 << 16];

pub(super) fn compare(costs: &Costs) -> (Vec<Row>, Vec<Remark>) {
    let whole = |head: Result<u64, Absent>| head.map(|head| head + PAYLOAD);
    let request = whole(sum([costs.keep_alive.to_server]));
    let (to_page, to_server) = (whole(sum([costs.message.to_page])), whole(sum([costs.message.to_server])));
    let one_way = request.and_then(|request| Ok(saving(to_server?, request)));
    let both_ways = |payload: u64| {
        let heads = sum([costs.keep_alive.to_server, costs.keep_alive.to_page])?;
        sum([costs.message.to_server, costs.message.to_page])?;
        // The frames' heads follow from the length (RFC 6455 §5.2).
        let frames = frame_head(payload, true) + frame_head(payload, false);
        Ok(saving(frames + 2 * payload, heads + 2 * payload))
    };
    let row = |what, published, ours| Row { what, published: Some(published), ours };
    let mut rows = vec![
        row(What::WholeRequest, Amount::Bytes(REQUEST), request.map(Amount::Bytes)),
        row(What::WholeFrameToPage, Amount::Bytes(FRAME), to_page.map(Amount::Bytes)),
        row(What::WholeFrameToServer, Amount::Bytes(FRAME), to_server.map(Amount::Bytes)),
        row(What::SavingOneWay, Amount::Percent(SAVED), one_way.map(Amount::Percent)),
    ];
    rows.extend([PAYLOAD].into_iter().chain(LONGER).map(|payload| {
        let ours = both_ways(payload).map(Amount::Percent);
        Row { what: What::SavingBothWays { payload }, published: None, ours }
    }));

    let mut remarks = Vec::new();
    if let Ok(ours) = one_way {
        let holds = match ours {
            _ if (ours - SAVED).abs() <= 1.0 => Holds::Yes,
            90.0.. => Holds::InPart,
            _ => Holds::No,
        };
        remarks.push(Remark { holds, why: Why::Saving { ours, published: SAVED } });
    }
    if let Ok(to_server) = to_server {
        let holds = if to_server == FRAME { Holds::Yes } else { Holds::No };
        remarks.push(Remark { holds, why: Why::Masked { to_server, published: FRAME } });
    }
    for payload in LONGER {
        if let Ok(saved) = both_ways(payload) {
            let holds = if (saved - SAVED).abs() <= 1.0 { Holds::Yes } else { Holds::InPart };
            remarks.push(Remark { holds, why: Why::PayloadDilutes { payload, saved } });
        }
    }
    if let (Ok(http), Ok(web_socket)) = (time(costs.keep_alive.round_trip), time(costs.message.round_trip)) {
        // As much less waiting as there are fewer bytes?
        let waiting = 100.0 * (1.0 - web_socket.0 as f64 / (http.0 as f64).max(1.0));
        let holds = if waiting >= 90.0 { Holds::Yes } else { Holds::No };
        remarks.push(Remark { holds, why: Why::BytesAreNotTime { http, web_socket } });
    }
    (rows, remarks)
}
