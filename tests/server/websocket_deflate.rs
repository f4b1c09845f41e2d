//! permessage-deflate (RFC 7692): agreed on only where it is asked for, with messages that a client
//! compresses and inflates itself.

use duplex::wire::{Envelope, SUBPROTOCOL};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use crate::harness::{End, RawClient, TestServer, frame};

const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
const EXTENSIONS: &str = "sec-websocket-extensions";

/// A client that compresses.
struct Peer {
    client: RawClient,
    compress: Compress,
    decompress: Decompress,
}

impl Peer {
    /// One that offers what browsers do, and asks for it in the URL.
    async fn open(server: &TestServer) -> Self {
        Self::open_with(server, "deflate=1", OFFER).await
    }

    async fn open_with(server: &TestServer, query: &str, headers: &str) -> Self {
        let mut client = server.connect().await;
        let response = client.upgrade(query, headers).await;
        assert!(response.header(EXTENSIONS).is_some_and(|agreed| agreed.starts_with("permessage-deflate")));
        Self { client, compress: Compress::new(Compression::default(), false), decompress: Decompress::new(false) }
    }

    /// Compresses a message as RFC 7692 §7.2.1 says.
    fn deflate(&mut self, payload: &[u8]) -> Vec<u8> {
        if payload.is_empty() {
            // RFC 7692 §7.2.3.6: there is nothing that a flush could bring out.
            return vec![0];
        }
        let mut out = Vec::with_capacity(payload.len() + payload.len() / 100 + 100);
        self.compress.compress_vec(payload, &mut out, FlushCompress::Sync).expect("it compresses");
        assert!(out.ends_with(&[0, 0, 0xFF, 0xFF]));
        out.truncate(out.len() - 4);
        out
    }

    fn inflate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let bytes = [bytes, &[0, 0, 0xFF, 0xFF]].concat();
        let mut out = Vec::with_capacity(32 << 20);
        self.decompress.decompress_vec(&bytes, &mut out, FlushDecompress::Sync).expect("it is right");
        out
    }

    async fn send(&mut self, first: u8, payload: &[u8]) {
        let compressed = self.deflate(payload);
        self.client.send_frame(first, &compressed).await;
    }

    /// The next message: its first byte, its payload, and how many bytes that had on its way.
    async fn message(&mut self) -> (u8, Vec<u8>, usize) {
        let (first, payload) = self.client.frame().await;
        assert_eq!(first & 0x40, 0x40, "it is compressed");
        (first, self.inflate(&payload), payload.len())
    }
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test]
async fn it_is_off_unless_it_is_asked_for() {
    let server = TestServer::start().await;
    for (query, headers) in [("", OFFER), ("deflate=0", OFFER), ("deflate=1", "")] {
        let mut client = server.connect().await;
        assert_eq!(client.upgrade(query, headers).await.header(EXTENSIONS), None, "{query}");
        client.send_frame(0xC1, &[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]).await;
        assert_eq!(client.close().await.0, 1002);
    }
    let server = TestServer::start_with(|config| config.deflate = true).await;
    Peer::open_with(&server, "", OFFER).await;
    let response = server.connect().await.upgrade("deflate=0", OFFER).await;
    assert_eq!(response.header(EXTENSIONS), None);
}

#[tokio::test]
async fn messages_go_both_ways_compressed() {
    let server = TestServer::start().await;
    let mut peer = Peer::open(&server).await;
    let long_text = "to be or not to be, ".repeat(50_000);
    for (first, payload) in [
        (0xC1, "héllo κόσμε 🦀".as_bytes()),
        (0xC2, &[]),
        (0xC1, b""),
        (0xC2, &noise(1 << 20)),
        (0xC2, &[0; 3 << 20]),
        (0xC1, long_text.as_bytes()),
        (0xC1, b"and a last one"),
    ] {
        peer.send(first, payload).await;
        let (first_back, echoed, _) = peer.message().await;
        assert!(first_back == first && echoed == payload, "{} bytes came back as others", payload.len());
    }
}

#[tokio::test]
async fn what_was_said_before_is_made_use_of_unless_that_was_excluded() {
    let server = TestServer::start().await;
    let mut peer = Peer::open(&server).await;
    let text = noise(300);
    peer.send(0xC2, &text).await;
    assert!(peer.message().await.2 >= 300);
    peer.send(0xC2, &text).await;
    let (_, echoed, length) = peer.message().await;
    assert!(echoed == text && length < 20, "{length} bytes");

    let offer =
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n";
    let mut peer = Peer::open_with(&server, "deflate=1", offer).await;
    for _ in 0..2 {
        peer.compress.reset();
        peer.decompress.reset(false);
        peer.send(0xC2, &text).await;
        let (_, echoed, length) = peer.message().await;
        assert!(echoed == text && length >= 300, "{length} bytes");
    }
}

#[tokio::test]
async fn the_agreed_window_is_kept() {
    let server = TestServer::start().await;
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n";
    let mut client = server.connect().await;
    let response = client.upgrade("deflate=1", offer).await;
    assert_eq!(response.header(EXTENSIONS), Some("permessage-deflate; server_max_window_bits=9"));
    let decompress = Decompress::new_with_window_bits(false, 9);
    let mut peer = Peer { client, compress: Compress::new(Compression::default(), false), decompress };
    let again = [noise(400), vec![0; 700], noise(400)].concat();
    peer.send(0xC2, &again).await;
    let (_, echoed, length) = peer.message().await;
    assert!(echoed == again && length > 800, "what is too far back is not referred to: {length} bytes");

    let offer = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8\r\n";
    let response = server.connect().await.upgrade("deflate=1", offer).await;
    assert_eq!(response.header(EXTENSIONS), None, "a window that cannot be had is not agreed to");
}

#[tokio::test]
async fn a_message_that_is_not_compressed_is_taken_too() {
    let server = TestServer::start().await;
    let mut peer = Peer::open(&server).await;
    peer.client.send_frame(0x81, b"as it is").await;
    assert_eq!(peer.message().await.1, b"as it is");
    peer.client.send_frame(0x89, b"ping").await;
    assert_eq!(peer.client.frame().await, (0x8A, b"ping".to_vec()), "control frames are never compressed");
    peer.send(0xC1, b"compressed").await;
    assert_eq!(peer.message().await.1, b"compressed");
}

#[tokio::test]
async fn a_compressed_message_may_come_in_fragments() {
    let server = TestServer::start().await;
    let mut peer = Peer::open(&server).await;
    let payload = noise(5000);
    let compressed = peer.deflate(&payload);
    let (front, back) = compressed.split_at(1234);
    peer.client.send_frame(0x42, front).await;
    peer.client.send_frame(0x89, b"between").await;
    assert_eq!(peer.client.frame().await.0, 0x8A);
    peer.client.send_frame(0x00, b"").await;
    for byte in frame(0x80, back) {
        peer.client.send(&[byte]).await;
    }
    let (first, echoed, _) = peer.message().await;
    assert!(first == 0xC2 && echoed == payload);
}

#[tokio::test]
async fn the_mark_is_on_the_first_frame_of_a_message_alone() {
    let server = TestServer::start().await;
    let hello = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00];
    for bytes in [
        [frame(0x41, &hello[..3]), frame(0xC0, &hello[3..])].concat(),
        [frame(0x02, &hello[..3]), frame(0xC0, &hello[3..])].concat(),
        frame(0xC9, &hello),
        frame(0xC8, b""),
        frame(0xA1, b"another bit"),
        frame(0xE1, &hello),
    ] {
        let mut peer = Peer::open(&server).await;
        peer.client.send(&bytes).await;
        assert_eq!(peer.client.close().await.0, 1002, "{bytes:x?}");
    }
}

#[tokio::test]
async fn the_limit_is_of_what_a_message_is_inflated_to() {
    let server = TestServer::start_with(|config| config.max_message = 1 << 20).await;
    for payload in [noise(1 << 20), vec![0; 1 << 20]] {
        let mut peer = Peer::open(&server).await;
        peer.send(0xC2, &payload).await;
        assert!(peer.message().await.1 == payload);
    }
    let mut peer = Peer::open(&server).await;
    peer.send(0xC2, &vec![0; (1 << 20) + 1]).await;
    assert_eq!(peer.client.close().await.0, 1009);

    // Some 64 KiB that are 64 MiB; not even half of it is waited for.
    let mut peer = Peer::open(&server).await;
    let compressed = peer.deflate(&vec![0; 64 << 20]);
    let bomb = frame(0xC2, &compressed);
    peer.client.send(&bomb[..bomb.len() / 2]).await;
    let (code, reason) = peer.client.close().await;
    assert_eq!(code, 1009);
    assert!(reason.contains("1048576"), "{reason}");
}

#[tokio::test]
async fn what_is_inflated_is_checked_as_it_arrives() {
    let server = TestServer::start().await;
    let mut peer = Peer::open(&server).await;
    let compressed = peer.deflate(b"abc\xff");
    // The rest of the frame never comes.
    let bytes = frame(0x41, &[compressed, vec![0; 1000]].concat());
    peer.client.send(&bytes[..30]).await;
    assert_eq!(peer.client.close().await.0, 1007);

    let mut peer = Peer::open(&server).await;
    peer.client.send_frame(0xC2, &[0xFF; 20]).await;
    let (code, reason) = peer.client.close().await;
    assert_eq!(code, 1007);
    assert!(reason.contains("inflated"), "{reason}");
}

#[tokio::test]
async fn enveloped_messages_are_compressed_whole_and_their_framing_is_that_of_the_wire() {
    let server = TestServer::start().await;
    let headers = format!("{OFFER}Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n");
    let mut peer = Peer::open_with(&server, "deflate=1", &headers).await;
    let asked = [Envelope { n: 3, evidence: None }.line().as_bytes(), &[b'x'; 70_000]].concat();
    peer.send(0xC1, &asked).await;
    let (_, answer, length) = peer.message().await;
    assert!(length < 2000, "{length}");
    let (envelope, payload) = Envelope::split(&answer).expect("it has an envelope");
    assert!(payload == [b'x'; 70_000]);
    // The length is that of the compressed message, and needs no bytes of its own.
    assert_eq!(envelope.evidence.and_then(|evidence| evidence.framing), Some(6));
}

#[tokio::test]
async fn faults_are_the_same_with_compression() {
    let server = TestServer::start().await;
    let mut peer = Peer::open_with(&server, "deflate=1&fault=short", OFFER).await;
    peer.send(0xC2, &noise(1000)).await;
    let (half, end) = peer.client.end().await;
    let announced = usize::from(u16::from_be_bytes([half[2], half[3]]));
    assert_eq!((half[0], half.len() - 4, end), (0xC2, announced / 2, End::InOrder));

    let mut peer = Peer::open_with(&server, "deflate=1&fault=bad-utf8", OFFER).await;
    peer.send(0xC1, b"hello").await;
    assert_eq!(peer.message().await.1, b"hello\xff");

    let mut peer = Peer::open_with(&server, "deflate=1&fault=bad-frame", OFFER).await;
    peer.send(0xC1, b"hello").await;
    let (first, payload) = peer.client.frame().await;
    assert_eq!((first, peer.inflate(&payload)), (0xC3, b"hello".to_vec()));
}
