//! HTTP/1.x in general: any bytes, any cuts, and what a writer wrote.

use duplex::decode::End;
use duplex::decode::http1::{Decoder, Framing, Reading, StartLine};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::{assert_covers, pieces};

/// Bytes that are often nearly HTTP, so that more than the first line is met.
fn nearly_http() -> impl Strategy<Value = Vec<u8>> {
    let words = select(vec![
        &b"GET / HTTP/1.1\r\n"[..],
        b"POST /x HTTP/1.0\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n",
        b"HTTP/1.1 204\n",
        b"Content-Length: 3\r\n",
        b"Content-Length: 18446744073709551615\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Upgrade: x\r\n",
        b"A: b\r\n",
        b" folded\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b":",
        b"3\r\nabc\r\n",
        b"FFFFFFFFFFFFFFFF\r\n",
        b"0\r\n",
        b";e=f",
        b"\0",
    ]);
    let part = prop_oneof![6 => words.prop_map(<[u8]>::to_vec), 1 => prop::collection::vec(any::<u8>(), 0..6)];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

fn decoders() -> [Decoder; 4] {
    let to = |method| {
        let mut decoder = Decoder::responses();
        decoder.answers(method);
        decoder
    };
    [Decoder::requests(), Decoder::requests_upgraded(), to("GET"), to("HEAD")]
}

fn read<'a>(mut decoder: Decoder, parts: impl IntoIterator<Item = &'a [u8]>, end: End) -> Reading {
    parts.into_iter().for_each(|part| decoder.feed(part));
    decoder.end(end)
}

/// A body and how a writer frames it.
#[derive(Clone, Debug)]
enum WrittenBody {
    None,
    Length(Vec<u8>),
    /// Chunks, none of them empty, each with or without an extension; then trailers.
    Chunks(Vec<(Vec<u8>, bool)>, Vec<(String, String)>),
}

#[derive(Clone, Debug)]
struct Written {
    first: String,
    fields: Vec<(String, String)>,
    body: WrittenBody,
}

fn fields() -> impl Strategy<Value = Vec<(String, String)>> {
    // Names that say nothing about the framing; values without white space at their ends.
    prop::collection::vec(("x-[a-zA-Z0-9!#$%&'*+.^_`|~-]{0,9}", "([!-~\u{e4}]([ \t!-~]{0,9}[!-~])?)?"), 0..5)
}

fn written() -> impl Strategy<Value = Written> {
    let first = prop_oneof!["[A-Z]{1,7} /[!-~]{0,12} HTTP/1\\.[01]", "HTTP/1\\.1 [2345]0[1235-9] [ -~]{0,9}"];
    let chunk = (prop::collection::vec(any::<u8>(), 1..40), any::<bool>());
    let body = prop_oneof![
        Just(WrittenBody::None),
        prop::collection::vec(any::<u8>(), 0..60).prop_map(WrittenBody::Length),
        (prop::collection::vec(chunk, 0..4), fields())
            .prop_map(|(chunks, trailers)| WrittenBody::Chunks(chunks, trailers)),
    ];
    (first, fields(), body).prop_map(|(first, fields, body)| Written { first, fields, body })
}

impl Written {
    fn is_response(&self) -> bool {
        self.first.starts_with("HTTP/")
    }

    fn write(&self, out: &mut Vec<u8>) {
        let write_fields = |out: &mut Vec<u8>, fields: &[(String, String)]| {
            for (name, value) in fields {
                out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
        };
        out.extend_from_slice(format!("{}\r\n", self.first).as_bytes());
        write_fields(out, &self.fields);
        match &self.body {
            // A response without a length would go on until the connection ends.
            WrittenBody::None if self.is_response() => out.extend_from_slice(b"content-length: 0\r\n\r\n"),
            WrittenBody::None => out.extend_from_slice(b"\r\n"),
            WrittenBody::Length(body) => {
                out.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
                out.extend_from_slice(body);
            }
            WrittenBody::Chunks(chunks, trailers) => {
                out.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
                for (chunk, extended) in chunks {
                    let extension = if *extended { ";a=\"b\"" } else { "" };
                    out.extend_from_slice(format!("{:x}{extension}\r\n", chunk.len()).as_bytes());
                    out.extend_from_slice(chunk);
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(b"0\r\n");
                write_fields(out, trailers);
                out.extend_from_slice(b"\r\n");
            }
        }
    }

    fn body(&self) -> Vec<u8> {
        match &self.body {
            WrittenBody::None => Vec::new(),
            WrittenBody::Length(body) => body.clone(),
            WrittenBody::Chunks(chunks, _) => chunks.iter().flat_map(|(chunk, _)| chunk.clone()).collect(),
        }
    }

    fn framing(&self) -> Framing {
        match &self.body {
            WrittenBody::None if self.is_response() => Framing::ContentLength(0),
            WrittenBody::None => Framing::None,
            WrittenBody::Length(body) => Framing::ContentLength(body.len() as u64),
            WrittenBody::Chunks(..) => Framing::Chunked,
        }
    }
}

fn first_line(line: &StartLine) -> String {
    match line {
        StartLine::Request { method, target, minor_version } => format!("{method} {target} HTTP/1.{minor_version}"),
        StartLine::Status { minor_version, code, reason } => format!("HTTP/1.{minor_version} {code} {reason}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_bytes_are_covered_and_read_the_same_however_they_are_cut(
        stream in prop_oneof![4 => nearly_http(), 1 => any::<Vec<u8>>()], cuts: Vec<Index>, closed: bool,
    ) {
        let end = if closed { End::Closed } else { End::Unknown };
        for decoder in decoders() {
            let whole = read(decoder.clone(), [stream.as_slice()], end);
            assert_covers(&whole.spans, stream.len());
            let cut = read(decoder.clone(), pieces(&stream, &cuts), end);
            prop_assert_eq!(&cut, &whole);
            let single = read(decoder, stream.chunks(1), end);
            prop_assert_eq!(&single, &whole);
            for span in &whole.problems {
                prop_assert!(span.start <= span.end && span.end <= stream.len() as u64, "{:?}", span);
            }
        }
    }

    #[test]
    fn what_was_written_is_read(messages in prop::collection::vec(written(), 0..5), cuts: Vec<Index>, responses: bool) {
        let messages: Vec<Written> =
            messages.into_iter().filter(|message| message.is_response() == responses).collect();
        let mut stream = Vec::new();
        messages.iter().for_each(|message| message.write(&mut stream));
        let decoder = if responses { Decoder::responses() } else { Decoder::requests() };
        let reading = read(decoder, pieces(&stream, &cuts), End::Closed);
        assert_covers(&reading.spans, stream.len());
        prop_assert_eq!(reading.messages.len(), messages.len());
        let (mut start, mut written_so_far) = (0, Vec::new());
        for (read, written) in reading.messages.iter().zip(&messages) {
            written.write(&mut written_so_far);
            prop_assert_eq!((read.start, read.end), (start, Some(written_so_far.len() as u64)));
            start = written_so_far.len() as u64;
            prop_assert_eq!(first_line(&read.start_line), written.first.clone());
            prop_assert_eq!(read.framing, Some(written.framing()));
            let own = |field: &&duplex::decode::http1::Field| field.name.starts_with("x-");
            let fields: Vec<_> =
                read.fields.iter().filter(own).map(|field| (field.name.clone(), field.text().into_owned())).collect();
            prop_assert_eq!(&fields, &written.fields);
            if let WrittenBody::Chunks(_, trailers) = &written.body {
                let read: Vec<_> =
                    read.trailers.iter().map(|field| (field.name.clone(), field.text().into_owned())).collect();
                prop_assert_eq!(&read, trailers);
            }
            let body: Vec<u8> =
                reading.body(read).flat_map(|span| span.bytes(&stream).expect("within the stream")).copied().collect();
            prop_assert_eq!(body.len() as u64, read.body_bytes);
            prop_assert_eq!(body, written.body());
        }
        // HTTP/1.0 has no transfer codings; else nothing is wrong with what was written.
        let old = messages.iter().any(|message| message.first.ends_with("HTTP/1.0"));
        prop_assert!(old || reading.problems.is_empty(), "{:?}", reading.problems);
    }
}
