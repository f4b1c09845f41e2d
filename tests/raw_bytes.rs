//! Raw bytes find their way: from a server's transcript into the record, and from there to the message that
//! they carried, or to the reason why not. The transcripts are built here, with frames as RFC 6455 §5 has
//! them, from conversations on the simulated network.
#![cfg(not(target_arch = "wasm32"))]

use duplex::analysis::raw::{self, Grounds, Missing};
use duplex::decode::http1::StartLine;
use duplex::format;
use duplex::lab::exchange::Parameters;
use duplex::network::sim::{Conditions, MASKING_KEY, frame};
use duplex::trace::{
    Closed, Closing, Connection, Direction, Event, Happening, Kind, Message, Moment, Outcome, PayloadCopy, Protocol,
    Raw, ServerTime, Time, Trace,
};
use duplex::wire::{
    Capture, ConnectionEntry, Ending, Envelope, Evidence, ExchangeEntry, Piece, RunId, SUBPROTOCOL, Transcript,
};
use proptest::prelude::*;

mod simulated;

/// A run of the lab on the simulated network, without an account of the server.
fn recorded(parameters: Parameters, plain: bool) -> Trace {
    let trace = simulated::record(parameters, Conditions { plain, ..Conditions::default() }, None);
    assert_eq!(trace.outcome, Some(Outcome::Finished));
    trace
}

/// How a connection's bytes are told.
#[derive(Clone, Copy, Debug)]
struct Telling {
    /// Bytes that one read or write takes.
    piece: usize,
    /// Bytes of each direction's frames that the server kept.
    kept: usize,
    /// A message is cut into frames of so much payload.
    fragment: usize,
    /// A ping comes before each message.
    pings: bool,
}

const WHOLE: Telling = Telling { piece: 50, kept: usize::MAX, fragment: usize::MAX, pings: false };

fn capture(bytes: &[u8], piece: usize, kept: usize) -> Option<Capture> {
    let kept = kept.min(bytes.len());
    let pieces = bytes[..kept].chunks(piece.max(1)).enumerate();
    let pieces = pieces.map(|(place, bytes)| Piece { at: 7_000_000 + place as u64, bytes: bytes.to_vec() }).collect();
    (!bytes.is_empty()).then(|| Capture { pieces, dropped: (bytes.len() - kept) as u64 })
}

fn envelope(message: &Message) -> String {
    let evidence = (message.direction == Direction::ToPage).then_some(Evidence {
        connection: Some(2),
        ordinal: 1,
        opened: 0,
        received: 0,
        sent: 0,
        framing: None,
    });
    Envelope { n: message.turn, evidence }.line()
}

/// What crosses for the messages of one direction of a WebSocket.
fn frames(trace: &Trace, direction: Direction, telling: Telling) -> Vec<u8> {
    let mask = direction == Direction::ToServer;
    let mut stream = Vec::new();
    let messages = trace.of(Protocol::WebSocket).filter(|message| message.direction == direction);
    for message in messages.filter(|message| message.kind.is_exchanged()) {
        if telling.pings {
            stream.extend(frame(0x89, b"are you there", mask));
        }
        let copy = message.copy.as_ref().expect("a copy");
        let payload = [envelope(message).as_bytes(), &copy.0].concat();
        let parts: Vec<&[u8]> = payload.chunks(telling.fragment.min(payload.len()).max(1)).collect();
        for (place, part) in parts.iter().enumerate() {
            let opcode = if place == 0 { 2 } else { 0 };
            let fin = if place + 1 == parts.len() { 0x80 } else { 0 };
            stream.extend(frame(fin | opcode, part, mask));
        }
    }
    stream.extend(frame(0x88, &1000u16.to_be_bytes(), mask));
    stream
}

fn request(message: &Message) -> Vec<u8> {
    let copy = message.copy.as_ref().expect("a copy");
    let head =
        format!("POST /echo?run=1&n={} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", message.turn, copy.0.len());
    [head.as_bytes(), &copy.0].concat()
}

fn response(message: &Message) -> Vec<u8> {
    let copy = message.copy.as_ref().expect("a copy");
    [format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", copy.0.len()).as_bytes(), &copy.0].concat()
}

const UPGRADE: &[u8] = b"GET /ws?run=1 HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: duplex.v1\r\n\r\n";
const SWITCHING: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: duplex.v1\r\n\r\n";

fn exchange_entry(asked: &Message, request: &[u8], response: &[u8], telling: Telling) -> ExchangeEntry {
    ExchangeEntry {
        n: asked.number,
        ordinal: 1,
        began: 0,
        received: Some(7_000_000),
        sent: Some(7_000_000),
        request_bytes: Some(request.len() as u64),
        response_bytes: Some(response.len() as u64),
        request_instrument_bytes: 0,
        response_instrument_bytes: 0,
        upgraded: asked.kind.is_opening(),
        method: String::new(),
        status: None,
        protocol: "http/1.1".into(),
        fault: None,
        request: capture(request, telling.piece, telling.kept),
        response: capture(response, telling.piece, telling.kept),
        frames_in: None,
        frames_out: None,
    }
}

/// What a server would tell of a run.
fn transcript(trace: &Trace, telling: Telling) -> Transcript {
    let exchanges = |connection: &Connection| match connection.protocol {
        Protocol::Http => {
            let replies = trace.of(Protocol::Http).filter(|message| message.connection == Some(connection.id));
            let replies = replies.filter_map(|reply| Some((trace.message(reply.answers?)?, reply)));
            replies.map(|(asked, reply)| exchange_entry(asked, &request(asked), &response(reply), telling)).collect()
        }
        Protocol::WebSocket => {
            let stream = |direction| capture(&frames(trace, direction, telling), telling.piece, telling.kept);
            let opening =
                trace.of(Protocol::WebSocket).find(|message| message.kind.is_opening()).expect("it was opened");
            let handshake = exchange_entry(opening, UPGRADE, SWITCHING, Telling { kept: usize::MAX, ..telling });
            vec![ExchangeEntry {
                frames_in: stream(Direction::ToServer),
                frames_out: stream(Direction::ToPage),
                ..handshake
            }]
        }
    };
    let entry = |connection: &Connection| ConnectionEntry {
        closed: Some((8_000_000, Ending::Client)),
        exchanges: exchanges(connection),
        ..ConnectionEntry::accepted(connection.server_id.expect("it is told"), 0)
    };
    Transcript { run: RunId(1), now: 0, connections: trace.connections.iter().map(entry).collect(), dropped: 0 }
}

/// A run whose messages travel in envelopes, with the server's account of it.
fn told(parameters: Parameters, telling: Telling) -> Trace {
    let mut trace = recorded(parameters, false);
    for connection in &mut trace.connections {
        if connection.protocol == Protocol::WebSocket {
            connection.subprotocol = SUBPROTOCOL.into();
        }
    }
    let transcript = transcript(&trace, telling);
    apply(&mut trace, transcript);
    trace
}

fn apply(trace: &mut Trace, transcript: Transcript) {
    let of = Protocol::BOTH.to_vec();
    trace.apply(Event::Ledger { at: Time(99), of, transcript: Box::new(transcript) });
}

fn data(trace: &Trace) -> impl Iterator<Item = &Message> {
    trace.of(Protocol::WebSocket).filter(|message| message.kind.is_exchanged())
}

fn websocket(trace: &mut Trace) -> &mut Connection {
    trace.connections.iter_mut().find(|connection| connection.protocol == Protocol::WebSocket).expect("a WebSocket")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn each_message_finds_the_bytes_that_carried_it_however_they_were_read(
        messages in 1u32..12, size in 0u32..400, close: bool, piece in 1usize..200, fragment in 1usize..500, pings: bool,
    ) {
        let parameters = Parameters { messages, size, close, ..Parameters::default() };
        let telling = Telling { piece, fragment, pings, ..WHOLE };
        let trace = told(parameters, telling);
        for message in data(&trace) {
            let carried = raw::carried(&trace, message).expect("its frames are there");
            let copy = &message.copy.as_ref().expect("a copy").0;
            prop_assert_eq!(&carried.payload[carried.application_from.expect("it is compared")..], copy.as_slice());
            prop_assert_eq!((carried.grounds, carried.complete, carried.compressed), (Grounds::Payload, true, false));
            let mask = message.direction == Direction::ToServer;
            for frame in &carried.frames {
                prop_assert_eq!(frame.frame.masking_key, mask.then_some(MASKING_KEY));
                prop_assert_eq!(frame.bytes.len() as u64, frame.frame.head_bytes() + frame.frame.length);
                prop_assert_eq!(frame.spans.last().map(|span| span.end), Some(frame.bytes.len() as u64));
                prop_assert_eq!(frame.taken.iter().map(|taken| taken.bytes).sum::<u64>(), frame.bytes.len() as u64);
                prop_assert!(frame.frame.violations.is_empty());
            }
        }
        for message in trace.of(Protocol::Http) {
            let expected = if message.answers.is_none() { request(message) } else { response(message) };
            let http = raw::http(&trace, message).expect("its bytes are there");
            prop_assert_eq!(&http.bytes, &expected);
            prop_assert_eq!(http.message().map(|read| (read.end, read.body_bytes)), Some((Some(expected.len() as u64), u64::from(size))));
            prop_assert!(http.reading.problems.is_empty());
            prop_assert_eq!(message.alpn.as_deref(), Some("http/1.1"));
        }
    }

    #[test]
    fn of_a_connection_that_was_not_kept_whole_no_message_is_given_anothers_bytes(
        messages in 1u32..12, size in 0u32..300, kept in 0usize..4_000, fragment in 1usize..500,
    ) {
        let parameters = Parameters { messages, size, ..Parameters::default() };
        let trace = told(parameters, Telling { kept, fragment, ..WHOLE });
        for message in data(&trace) {
            match raw::carried(&trace, message) {
                Ok(carried) => {
                    let copy = &message.copy.as_ref().expect("a copy").0;
                    let wanted = [envelope(message).as_bytes(), copy].concat();
                    prop_assert!(wanted.starts_with(&carried.payload));
                    prop_assert_eq!(carried.complete, wanted == carried.payload);
                }
                Err(why) => prop_assert!(matches!(why, Missing::Dropped(bytes) if bytes > 0), "{:?}", why),
            }
        }
    }

    #[test]
    fn raw_bytes_travel_in_a_file_there_and_back(messages in 1u32..8, size in 0u32..100, kept in 0usize..3_000, piece in 1usize..90) {
        let mut trace = told(Parameters { messages, size, ..Parameters::default() }, Telling { piece, kept, ..WHOLE });
        let connection = websocket(&mut trace);
        connection.emulated_handshake = Some((ServerTime(5), ServerTime(20_005)));
        connection.link = Some(Box::new(duplex::trace::Link { name: "cable".into(), rtt: 20_000, jitter: 10, rate: Some(7) }));
        connection.tls = Some(Box::new(duplex::trace::TlsEntry {
            version: "TLS 1.3".into(), resumed: true, established: 9, handshake_bytes: (1, 2), wire_bytes: (3, 4),
        }));
        let text = format::write(&trace).expect("it is written");
        prop_assert_eq!(format::read(&text), Ok(trace));
    }
}

#[test]
fn both_sides_of_the_handshake_are_there_and_prove_it() {
    let trace = told(Parameters::default(), WHOLE);
    let opening: Vec<&Message> = trace.messages.iter().filter(|message| message.kind.is_opening()).collect();
    for message in &opening {
        let handshake = raw::handshake(&trace, message).expect("both sides are there");
        assert!(handshake.holds(), "{handshake:?}");
        assert_eq!(handshake.accept.as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert_eq!(handshake.accept, handshake.expected_accept);
    }
    assert_eq!(raw::http(&trace, opening[0]).expect("the request").bytes, UPGRADE);
    let response = raw::http(&trace, opening[1]).expect("the 101");
    assert!(matches!(response.message().expect("a head").start_line, StartLine::Status { code: 101, .. }));
}

#[test]
fn the_close_frames_of_both_sides_are_found() {
    let mut trace = told(Parameters::default(), WHOLE);
    let [page, server] = raw::closing(websocket(&mut trace)).map(|frame| frame.expect("it closed"));
    for (frame, masked) in [(page, true), (server, false)] {
        assert_eq!(frame.frame.close.expect("it says so").code.map(|code| code.0), Some(1000));
        assert_eq!(frame.frame.masking_key.is_some(), masked);
    }
}

#[test]
fn frames_that_carry_something_else_are_not_shown_as_the_messages() {
    let mut trace = told(Parameters::default(), WHOLE);
    let ids: Vec<_> = data(&trace).map(|message| message.id.0 as usize).collect();
    let message = &mut trace.messages[ids[4]];
    message.copy = Some(PayloadCopy(vec![b'?'; message.payload as usize]));
    assert_eq!(raw::carried(&trace, &trace.messages[ids[4]]), Err(Missing::Differs));
    // Each is compared for itself.
    let next = raw::carried(&trace, &trace.messages[ids[5]]).expect("the next one is as it was");
    assert_eq!(next.grounds, Grounds::Payload);
    let message = &mut trace.messages[ids[6]];
    message.turn += 1;
    assert_eq!(raw::carried(&trace, &trace.messages[ids[6]]), Err(Missing::Differs), "the envelope names another turn");
    trace.messages[ids[7]].kind = Kind::Text;
    assert_eq!(raw::carried(&trace, &trace.messages[ids[7]]), Err(Missing::Differs), "it is binary");
}

#[test]
fn without_a_copy_number_and_length_are_compared() {
    let mut trace = told(Parameters::default(), WHOLE);
    trace.messages.iter_mut().for_each(|message| message.copy = None);
    let messages: Vec<&Message> = data(&trace).collect();
    assert_eq!(raw::carried(&trace, messages[3]).expect("it is there").grounds, Grounds::Length);
}

#[test]
fn a_compressed_message_is_told_by_its_place_alone() {
    let mut trace = told(Parameters::default(), WHOLE);
    let connection = websocket(&mut trace);
    connection.extensions = "permessage-deflate; client_no_context_takeover".into();
    let frames = connection.frames.as_mut().expect("frames").to_page.as_mut().expect("to the page");
    // RSV1 says that it is compressed (RFC 7692 §6).
    frames.pieces[0].bytes.0[0] |= 0x40;
    let first = data(&trace).find(|message| message.direction == Direction::ToPage).expect("a message");
    let carried = raw::carried(&trace, first).expect("it is there");
    assert_eq!((carried.grounds, carried.compressed, carried.application_from), (Grounds::Order, true, None));
}

#[test]
fn a_message_that_never_crossed_is_told_as_such() {
    let mut trace = told(Parameters::default(), WHOLE);
    let last = trace
        .messages
        .iter()
        .rposition(|message| message.kind == Kind::Binary && message.direction == Direction::ToServer);
    let mut lost = trace.messages[last.expect("a message")].clone();
    lost.id = duplex::trace::MessageId(trace.messages.len() as u32);
    trace.messages.push(lost.clone());
    assert_eq!(raw::carried(&trace, &lost), Err(Missing::NeverSeen));
}

#[test]
fn what_cannot_be_had_says_why() {
    let plain = recorded(Parameters::default(), true);
    let not_told = recorded(Parameters::default(), false);
    for (trace, why) in [(&plain, Missing::Plain), (&not_told, Missing::NotTold)] {
        for message in trace.messages.iter().filter(|message| !message.kind.is_opening()) {
            let got = match message.protocol {
                Protocol::Http => raw::http(trace, message).err(),
                Protocol::WebSocket => raw::carried(trace, message).err(),
            };
            assert_eq!(got, Some(why), "{message:?}");
        }
    }
    let mut shared = recorded(Parameters::default(), false);
    shared.messages[0].alpn = Some("h2".into());
    assert_eq!(raw::http(&shared, &shared.messages[0]).err(), Some(Missing::Shared));

    shared.messages[1].kind = Kind::Event;
    assert_eq!(raw::http(&shared, &shared.messages[1]).err(), Some(Missing::WithinResponse));

    // Evidence without a connection: the server says that it is behind a proxy.
    let mut proxied = recorded(Parameters::default(), false);
    let known = &mut proxied.circumstances;
    (known.http.behind_proxy, known.ws.behind_proxy) = (true, true);
    proxied
        .messages
        .iter_mut()
        .filter(|message| message.protocol == Protocol::Http)
        .for_each(|message| message.connection = None);
    proxied.connections.iter_mut().for_each(|connection| connection.server_id = None);
    for message in proxied.messages.iter().filter(|message| !message.kind.is_opening()) {
        let got = match message.protocol {
            Protocol::Http => raw::http(&proxied, message).err(),
            Protocol::WebSocket => raw::carried(&proxied, message).err(),
        };
        assert_eq!(got, Some(Missing::BehindProxy), "{message:?}");
    }
}

#[test]
fn a_record_keeps_four_mebibytes_and_tells_what_it_leaves_out() {
    let mut trace = recorded(Parameters { messages: 40, size: 100_000, ..Parameters::default() }, false);
    let account = transcript(&trace, Telling { piece: 1 << 16, ..WHOLE });
    let told: u64 = account
        .connections
        .iter()
        .flat_map(|connection| &connection.exchanges)
        .flat_map(|entry| [&entry.request, &entry.response, &entry.frames_in, &entry.frames_out])
        .flatten()
        .map(|capture| capture.pieces.iter().map(|piece| piece.bytes.len() as u64).sum::<u64>())
        .sum();
    apply(&mut trace, account);
    assert_eq!(trace.raw_bytes(), Raw::MAX);
    let raws = trace.messages.iter().filter_map(|message| message.raw.as_deref());
    let frames = trace.connections.iter().filter_map(|known| known.frames.as_deref());
    let frames = frames.flat_map(|frames| [&frames.to_server, &frames.to_page]).flatten();
    assert_eq!(raws.chain(frames).map(|raw| raw.len() + raw.left_out).sum::<u64>(), told);
    let full = trace.marks.iter().filter(|mark| mark.what == Happening::RawFull).map(|mark| mark.from);
    assert_eq!(full.collect::<Vec<_>>(), [Time(99)]);
    let last = data(&trace).last().expect("a message");
    assert!(matches!(raw::carried(&trace, last), Err(Missing::LeftOut(_))));
    assert!(format::read(&format::write(&trace).expect("it is written")).is_ok());
}

#[test]
fn a_response_that_ends_with_its_connection_is_cut_short_only_if_that_is_so() {
    let mut trace = told(Parameters { messages: 1, ..Parameters::default() }, WHOLE);
    let reply =
        trace.messages.iter().position(|message| matches!(message.kind, Kind::Response { .. })).expect("a response");
    let pieces = &mut trace.messages[reply].raw.as_mut().expect("it is told").pieces;
    pieces.pop();
    assert!(
        !raw::http(&trace, &trace.messages[reply]).expect("bytes").reading.problems.is_empty(),
        "its connection is closed"
    );
    trace.messages[reply].raw.as_mut().expect("it is told").dropped = 10;
    assert!(
        raw::http(&trace, &trace.messages[reply]).expect("bytes").reading.problems.is_empty(),
        "the rest was not kept"
    );
}

#[test]
fn damaged_raw_bytes_in_a_file_are_refused() {
    let trace = told(Parameters { messages: 2, ..Parameters::default() }, WHOLE);
    let text = format::write(&trace).expect("it is written");
    for (from, to) in
        [("\"at\":7000000", "\"at\":-7"), ("\"bytes\":\"", "\"bytes\":\"*"), ("\"alpn\":\"http/1.1\"", "\"alpn\":7")]
    {
        assert!(text.contains(from), "{from}");
        let error = format::read(&text.replacen(from, to, 1)).expect_err("it is damaged");
        assert!(matches!(error, format::FileError::Damaged(_)), "{error:?}");
    }
    let mut large = trace;
    let bytes = PayloadCopy(vec![0; Raw::MAX as usize]);
    large.messages[0].raw.as_mut().expect("it is told").pieces[0].bytes = bytes;
    let error = format::read(&format::write(&large).expect("it is written")).expect_err("it is too much");
    assert!(error.to_string().contains("raw bytes"), "{error}");
}

#[test]
fn how_a_connection_ended_is_still_the_pages_to_say() {
    let mut trace = told(Parameters::default(), WHOLE);
    let closed = websocket(&mut trace).closed.clone();
    assert!(
        matches!(closed, Some(Closed { at: Moment::Page(_), how: Closing::CloseEvent { code: 1000, .. } })),
        "{closed:?}"
    );
}
