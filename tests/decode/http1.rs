//! HTTP/1.x by example.

use duplex::decode::http1::{Decoder, Field, Framing, LONGEST_LINE, Message, Part, Problem, Reading, StartLine};
use duplex::decode::{End, Span};

use crate::assert_covers;

fn read(mut decoder: Decoder, stream: &[u8], end: End) -> Reading {
    decoder.feed(stream);
    let reading = decoder.end(end);
    assert_covers(&reading.spans, stream.len());
    reading
}

fn request(stream: &[u8]) -> Reading {
    read(Decoder::requests(), stream, End::Closed)
}

fn response(stream: &[u8]) -> Reading {
    read(Decoder::responses(), stream, End::Closed)
}

fn answer_to(method: &str, stream: &[u8]) -> Reading {
    let mut decoder = Decoder::responses();
    decoder.answers(method);
    read(decoder, stream, End::Closed)
}

fn problems(reading: &Reading) -> Vec<Problem> {
    reading.problems.iter().map(|span| span.part).collect()
}

fn body(reading: &Reading, message: &Message, stream: &[u8]) -> Vec<u8> {
    let spans = reading.body(message);
    spans.flat_map(|span| span.bytes(stream).expect("within the stream")).copied().collect()
}

/// Each part with its text.
fn parts(reading: &Reading, stream: &[u8]) -> Vec<(Part, String)> {
    let text = |span: &Span<Part>| String::from_utf8_lossy(span.bytes(stream).expect("within the stream")).into_owned();
    reading.spans.iter().map(|span| (span.part, text(span))).collect()
}

fn field_texts(fields: &[Field]) -> Vec<(&str, String)> {
    fields.iter().map(|field| (field.name.as_str(), field.text().into_owned())).collect()
}

#[test]
fn every_byte_of_a_request_is_named() {
    let stream = b"POST /echo?n=1 HTTP/1.1\r\nHost: a\r\nContent-Length:2 \r\nX-Empty:\r\n\r\nhi";
    let reading = request(stream);
    let expected = [
        (Part::Method, "POST"),
        (Part::Whitespace, " "),
        (Part::Target, "/echo?n=1"),
        (Part::Whitespace, " "),
        (Part::Version, "HTTP/1.1"),
        (Part::LineEnd, "\r\n"),
        (Part::FieldName, "Host"),
        (Part::Colon, ":"),
        (Part::Whitespace, " "),
        (Part::FieldValue, "a"),
        (Part::LineEnd, "\r\n"),
        (Part::FieldName, "Content-Length"),
        (Part::Colon, ":"),
        (Part::FieldValue, "2"),
        (Part::Whitespace, " "),
        (Part::LineEnd, "\r\n"),
        (Part::FieldName, "X-Empty"),
        (Part::Colon, ":"),
        (Part::LineEnd, "\r\n"),
        (Part::LineEnd, "\r\n"),
        (Part::Body, "hi"),
    ];
    let found = parts(&reading, stream);
    assert_eq!(found.iter().map(|(part, text)| (*part, text.as_str())).collect::<Vec<_>>(), expected);
    assert_eq!(problems(&reading), []);

    let [message] = reading.messages.as_slice() else { panic!("one message: {:?}", reading.messages) };
    let (method, target) = ("POST".to_owned(), "/echo?n=1".to_owned());
    assert_eq!(message.start_line, StartLine::Request { method, target, minor_version: 1 });
    assert_eq!(message.framing, Some(Framing::ContentLength(2)));
    assert_eq!((message.start, message.head_end, message.end), (0, Some(65), Some(67)));
    let host = message.fields("host").next().expect("a host");
    assert_eq!((host.name_at.clone(), host.value_at.clone()), (25..29, 31..32));
    let framing: u64 = reading.spans.iter().filter(|span| !span.part.is_payload()).map(Span::len).sum();
    assert_eq!(framing, 65);
}

#[test]
fn a_chunked_body_is_told_apart_from_its_framing() {
    let stream = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        5;a=b\r\nhello\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nDigest: x\r\n\r\n";
    let reading = answer_to("GET", stream);
    let found = parts(&reading, stream);
    let behind_head: Vec<(Part, &str)> = found[11..].iter().map(|(part, text)| (*part, text.as_str())).collect();
    let expected = [
        (Part::LineEnd, "\r\n"),
        (Part::ChunkSize, "5"),
        (Part::ChunkExtension, ";a=b"),
        (Part::LineEnd, "\r\n"),
        (Part::Body, "hello"),
        (Part::LineEnd, "\r\n"),
        (Part::ChunkSize, "1A"),
        (Part::LineEnd, "\r\n"),
        (Part::Body, "abcdefghijklmnopqrstuvwxyz"),
        (Part::LineEnd, "\r\n"),
        (Part::ChunkSize, "0"),
        (Part::LineEnd, "\r\n"),
        (Part::FieldName, "Digest"),
        (Part::Colon, ":"),
        (Part::Whitespace, " "),
        (Part::FieldValue, "x"),
        (Part::LineEnd, "\r\n"),
        (Part::LineEnd, "\r\n"),
    ];
    assert_eq!(behind_head, expected);
    let message = &reading.messages[0];
    assert_eq!(message.framing, Some(Framing::Chunked));
    assert_eq!(message.body_bytes, 31);
    assert_eq!(field_texts(&message.trailers), [("Digest", "x".to_owned())]);
    assert_eq!(message.end, Some(stream.len() as u64));
    assert_eq!(problems(&reading), []);
}

#[test]
fn messages_follow_one_another_on_a_connection() {
    let stream = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nPUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n!\
        GET /y HTTP/1.1\r\nHost: a\r\n\r\n";
    let reading = request(stream);
    let targets: Vec<&str> = reading
        .messages
        .iter()
        .map(|message| match &message.start_line {
            StartLine::Request { target, .. } => target.as_str(),
            StartLine::Status { .. } => "a status line",
        })
        .collect();
    assert_eq!(targets, ["/", "/x", "/y"]);
    assert!(reading.messages.iter().all(|message| message.end.is_some()));
    assert_eq!(body(&reading, &reading.messages[1], stream), b"!");
    assert_eq!(body(&reading, &reading.messages[2], stream), b"");
}

#[test]
fn some_responses_have_no_body_whatever_they_announce() {
    let announcing = |status: &str| format!("HTTP/1.1 {status}\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
    for (method, status) in [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")] {
        let reading = answer_to(method, announcing(status).as_bytes());
        let framings: Vec<_> = reading.messages.iter().map(|message| message.framing).collect();
        assert_eq!(framings, [Some(Framing::None), Some(Framing::UntilClose)], "{method} {status}");
    }
}

#[test]
fn an_interim_response_leaves_the_request_unanswered() {
    let stream = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n\
        HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
    let reading = answer_to("HEAD", stream);
    let interim: Vec<bool> = reading.messages.iter().map(Message::is_interim).collect();
    assert_eq!(interim, [true, true, false]);
    assert_eq!(reading.messages[2].framing, Some(Framing::None));
    assert_eq!(problems(&reading), []);
}

#[test]
fn what_follows_an_upgrade_is_another_protocol() {
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x00";
    let reading = answer_to("GET", answer);
    assert_eq!(reading.messages[0].framing, Some(Framing::Upgraded));
    let behind = answer.len() as u64 - 2;
    assert_eq!(reading.upgraded_at, Some(behind));
    assert_eq!(reading.spans.last(), Some(&Span { start: behind, end: behind + 2, part: Part::Upgraded }));

    let asked = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n\x81\x80abcd";
    let reading = read(Decoder::requests_upgraded(), asked, End::Closed);
    assert_eq!(reading.upgraded_at, Some(asked.len() as u64 - 6));
    assert_eq!(problems(&reading), []);
    // Where the upgrade was not granted, these bytes are no request.
    assert_eq!(problems(&request(asked)), [Problem::NotHttp]);
}

#[test]
fn a_tunnel_begins_behind_the_answer_to_connect() {
    let stream = b"HTTP/1.1 200 Connection established\r\nContent-Length: 9\r\n\r\n\x16\x03\x01";
    let reading = answer_to("CONNECT", stream);
    assert_eq!(reading.upgraded_at, Some(stream.len() as u64 - 3));
    assert_eq!(problems(&reading), []);
}

#[test]
fn a_body_until_the_close_is_complete_with_the_close_alone() {
    let stream = b"HTTP/1.0 200 OK\r\n\r\nall that comes";
    let closed = answer_to("GET", stream);
    assert_eq!(closed.messages[0].end, Some(stream.len() as u64));
    assert_eq!(body(&closed, &closed.messages[0], stream), b"all that comes");

    let open = read(Decoder::responses(), stream, End::Unknown);
    assert_eq!((open.messages[0].end, open.messages[0].body_bytes), (None, 14));
    assert_eq!((problems(&closed), problems(&open)), (vec![], vec![]));
}

#[test]
fn a_stream_that_breaks_off_says_where() {
    for (stream, left_over) in [
        (&b"GET / HT"[..], 8),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", 0),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r", 1),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhell", 0),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r", 1),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", 0),
    ] {
        let reading = request(stream);
        let end = stream.len() as u64;
        let expected = Span { start: end - left_over, end, part: Problem::CutShort };
        assert_eq!(reading.problems, [expected], "{}", stream.escape_ascii());
        assert!(reading.messages.iter().all(|message| message.end.is_none()));
        let incomplete = reading.spans.iter().filter(|span| span.part == Part::Incomplete).map(Span::len).sum::<u64>();
        assert_eq!(incomplete, left_over);
        // If it is merely unknown how it goes on, nothing is wrong.
        assert_eq!(problems(&read(Decoder::requests(), stream, End::Unknown)), []);
    }
}

#[test]
fn what_is_odd_is_noticed_and_read_nevertheless() {
    let head = |lines: &str| format!("GET / HTTP/1.1\r\n{lines}\r\n").into_bytes();
    for (stream, problem, at) in [
        (b"\r\nGET / HTTP/1.1\r\n\r\n".to_vec(), Problem::EmptyLine, 0),
        (b"GET / HTTP/1.1\nHost: a\r\n\r\n".to_vec(), Problem::BareLf, 14),
        (b"GET  / HTTP/1.1\r\n\r\n".to_vec(), Problem::StartLineSpace, 3),
        (b"GET / HTTP/1.1 \r\n\r\n".to_vec(), Problem::StartLineSpace, 14),
        (b"GET /a b HTTP/1.1\r\n\r\n".to_vec(), Problem::SpaceInTarget, 4),
        (b"GET /\xff HTTP/1.1\r\n\r\n".to_vec(), Problem::TargetByte, 4),
        (head("A: b\r\n c\r\n"), Problem::ObsFold, 22),
        (head("A : b\r\n"), Problem::SpaceBeforeColon, 17),
        (head("A: b\rc\r\n"), Problem::BareCr, 20),
        (head("A: b\0c\r\n"), Problem::ControlByte, 20),
        (head("Content-Length: 0, 0\r\n"), Problem::ContentLengthRepeated, 32),
    ] {
        let reading = request(&stream);
        let found: Vec<(Problem, u64)> = reading.problems.iter().map(|span| (span.part, span.start)).collect();
        assert_eq!(found, [(problem, at)], "{}", stream.escape_ascii());
        let [message] = reading.messages.as_slice() else { panic!("one message: {:?}", reading.messages) };
        assert_eq!(message.end, Some(stream.len() as u64), "{}", stream.escape_ascii());
    }
    for (stream, problem) in [
        (&b"HTTP/1.1 204\r\n\r\n"[..], Problem::NoSpaceBehindStatus),
        (b"HTTP/1.1 204  \x07\r\n\r\n", Problem::ControlByte),
        (b"HTTP/1.1 099 X\r\n\r\n", Problem::StatusOutOfRange),
        (b"HTTP/1.1\t204 X\r\n\r\n", Problem::StartLineSpace),
    ] {
        let reading = response(stream);
        assert_eq!((problems(&reading), reading.messages.len()), (vec![problem], 1), "{}", stream.escape_ascii());
    }
}

#[test]
fn a_folded_value_is_joined_by_a_space() {
    let stream = b"GET / HTTP/1.1\r\nA: b \r\n\t c\r\n \r\nB:\r\n d\r\n\r\n";
    let reading = request(stream);
    let message = &reading.messages[0];
    assert_eq!(field_texts(&message.fields), [("A", "b c".to_owned()), ("B", "d".to_owned())]);
    assert_eq!(message.fields[0].value_at, 19..26);
    assert_eq!(&stream[36..37], b"d");
    assert_eq!(message.fields[1].value_at, 36..37);
    assert_eq!(problems(&reading), [Problem::ObsFold; 3]);
}

#[test]
fn a_malformed_line_of_a_head_is_told_and_passed_over() {
    for (line, problem) in [
        (" leading: space", Problem::FoldOfNothing),
        ("no colon", Problem::NoColon),
        (": no name", Problem::FieldName),
        ("na(me: x", Problem::FieldName),
        ("n\u{e4}me: x", Problem::FieldName),
    ] {
        let stream = format!("GET / HTTP/1.1\r\n{line}\r\nHost: a\r\n\r\n");
        let reading = request(stream.as_bytes());
        assert_eq!(problems(&reading), [problem], "{line}");
        let expected = (Part::Malformed(problem), line.to_owned());
        assert!(parts(&reading, stream.as_bytes()).contains(&expected), "{line}");
        assert_eq!(field_texts(&reading.messages[0].fields), [("Host", "a".to_owned())], "{line}");
        assert!(reading.messages[0].end.is_some(), "{line}");
    }
}

#[test]
fn where_the_framing_is_lost_the_rest_is_unframed() {
    let with = |fields: &str, rest: &str| format!("POST / HTTP/1.1\r\n{fields}\r\n{rest}more").into_bytes();
    let chunked = |rest: &str| with("Transfer-Encoding: chunked\r\n", rest);
    for (stream, problem, unframed) in [
        (b"\x16\x03\x01\n".to_vec(), Problem::NotHttp, 3),
        (b"PRI * HTTP/2.0\r\n\r\nSM".to_vec(), Problem::OtherVersion, 4),
        (b"GET /\r\n\r\n".to_vec(), Problem::StartLine, 2),
        (b"GET HTTP/1.1\r\n\r\n".to_vec(), Problem::StartLine, 2),
        (b"G@T / HTTP/1.1\r\n\r\n".to_vec(), Problem::StartLine, 2),
        (b"GET / http/1.1\r\n\r\n".to_vec(), Problem::StartLine, 2),
        (with("Content-Length: 1\r\nContent-Length: 2\r\n", ""), Problem::ContentLengthsDiffer, 4),
        (with("Content-Length: +1\r\n", ""), Problem::ContentLength, 4),
        (with("Content-Length: \r\n", ""), Problem::ContentLength, 4),
        (with("Content-Length: 18446744073709551616\r\n", ""), Problem::ContentLength, 4),
        (with("Transfer-Encoding: chunked, gzip\r\n", ""), Problem::TransferEncoding, 4),
        (with("Transfer-Encoding: chunked, chunked\r\n", ""), Problem::TransferEncoding, 4),
        (chunked("x\r\n"), Problem::ChunkSize, 4),
        (chunked("-1\r\n"), Problem::ChunkSize, 4),
        (chunked("10000000000000000\r\n"), Problem::ChunkSize, 4),
        (chunked("1 2\r\n"), Problem::ChunkSize, 4),
        // Of the data that are too long the first byte shows it.
        (chunked("1\r\nab"), Problem::ChunkEnd, 4),
        (chunked("1\r\na\rb"), Problem::ChunkEnd, 4),
    ] {
        let reading = request(&stream);
        assert_eq!(problems(&reading), [problem], "{}", stream.escape_ascii());
        let last = reading.spans.last().expect("spans");
        assert_eq!((last.part, last.len()), (Part::Unframed, unframed), "{}", stream.escape_ascii());
        assert!(reading.messages.iter().all(|message| message.end.is_none()));
    }
}

#[test]
fn transfer_encoding_goes_before_content_length_and_both_are_noticed() {
    let stream = b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n0\r\n\r\n";
    let reading = request(stream);
    assert_eq!(problems(&reading), [Problem::BothLengths]);
    assert_eq!(reading.messages[0].framing, Some(Framing::Chunked));
    assert_eq!(reading.messages[0].end, Some(stream.len() as u64));

    let reading = response(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx");
    assert_eq!(problems(&reading), [Problem::TransferEncodingIn10]);
    assert_eq!(reading.messages[0].framing, Some(Framing::UntilClose));
}

#[test]
fn a_line_is_read_up_to_a_length_and_no_further() {
    let line = |length: usize| {
        let mut stream = b"GET / HTTP/1.1\r\nA:".to_vec();
        stream.resize(16 + length - 1, b'x');
        stream.extend_from_slice(b"\n\r\n");
        stream
    };
    let reading = request(&line(LONGEST_LINE));
    assert_eq!(problems(&reading), [Problem::BareLf]);
    assert_eq!(reading.messages[0].fields[0].value.len(), LONGEST_LINE - 3);
    let reading = request(&line(LONGEST_LINE + 1));
    assert_eq!(problems(&reading), [Problem::LineTooLong]);
    assert_eq!(reading.spans.last().map(|span| span.part), Some(Part::Unframed));
}
