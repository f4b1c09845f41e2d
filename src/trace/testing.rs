//! What tests of records begin with: circumstances, and entries of a server's account, in which nothing is special.

use super::{Circumstances, Endpoint, Recorder, Span, Speaks, Time, Trace};
use crate::wire::{Capture, ConnectionEntry, ExchangeEntry, Piece, RunId};

/// The circumstances of a run of a lab against a server, or an echo that is none of ours, on a clock that tells 5 µs.
pub(crate) fn circumstances(lab: &str, speaks: Speaks) -> Circumstances {
    let instance = (speaks == Speaks::Duplex).then(|| "one".to_owned());
    let endpoint = |url: &str| Endpoint { url: url.into(), speaks, instance: instance.clone(), behind_proxy: false };
    Circumstances {
        run: RunId(1),
        lab: lab.into(),
        parameters: Vec::new(),
        http: endpoint("http://127.0.0.1:9000/echo"),
        ws: endpoint("ws://127.0.0.1:9000/ws"),
        version: "test".into(),
        browser: "none".into(),
        started: 0.0,
        origin: Time(0),
        resolution: Span(5),
        isolated: true,
        secure: true,
    }
}

/// The record of what was told of a run.
pub(crate) fn told(circumstances: Circumstances, recorder: &mut Recorder) -> Trace {
    let mut trace = Trace::new(circumstances);
    recorder.take().into_iter().for_each(|event| trace.apply(event));
    trace
}

/// A connection of that id, still open, that carried these exchanges.
pub(crate) fn connection_entry(id: u64, exchanges: Vec<ExchangeEntry>) -> ConnectionEntry {
    ConnectionEntry { requests: exchanges.len() as u64, exchanges, ..ConnectionEntry::accepted(id, 0) }
}

/// An exchange of that number over HTTP/1.1, of which no bytes were counted or kept.
pub(crate) fn exchange_entry(n: u32) -> ExchangeEntry {
    ExchangeEntry {
        n: Some(n),
        ordinal: 1,
        began: 0,
        received: None,
        sent: None,
        request_bytes: None,
        response_bytes: None,
        request_instrument_bytes: 0,
        response_instrument_bytes: 0,
        upgraded: false,
        method: "POST".into(),
        status: Some(200),
        protocol: "http/1.1".into(),
        fault: None,
        request: None,
        response: None,
        frames_in: None,
        frames_out: None,
    }
}

/// The raw bytes of a response of events with that data.
pub(crate) fn stream(events: &[&str]) -> Capture {
    let head = "HTTP/1.1 200 OK\r\n\r\n".to_owned();
    let events = events.iter().map(|data| format!("data: {data}\n\n"));
    let piece = |text: String| Piece { at: 1, bytes: text.into_bytes() };
    Capture { pieces: [head].into_iter().chain(events).map(piece).collect(), dropped: 0 }
}
