//! A WebSocket that is open: what arrives goes back, until one side closes.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Violation;
use super::assembler::{Assembler, Event, Kind};
use super::frame::{self, Opcode};
use crate::server::Shared;
use crate::server::clock::Clock;
use crate::server::meter::Meter;
use crate::server::shutdown::Shutdown;
use crate::wire::{Envelope, Evidence};

/// Room for a read while nothing is known of what comes; what an idle connection keeps.
const SMALL_READ: usize = 4 << 10;
/// Room for a read while a long frame is on its way.
const LARGE_READ: usize = 256 << 10;
/// A payload up to this size is copied behind its head, to leave with other frames in one write.
const COPIED: usize = 16 << 10;
/// Frames are collected up to this size before they are written.
const COLLECTED: usize = 64 << 10;
/// How long the client's close is waited for after the server's own.
const CLOSE_TIME: Duration = Duration::from_secs(2);
/// Bytes of the longest reason in a close frame (RFC 6455 §5.5: 125 less the code).
const LONGEST_REASON: usize = 123;

/// What travels in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The payload alone.
    Plain,
    /// An [`Envelope`] before the payload: the subprotocol `duplex.v1`.
    Enveloped,
}

/// An open WebSocket on some stream.
#[derive(Debug)]
pub(crate) struct Session<S> {
    stream: S,
    mode: Mode,
    meter: Arc<Meter>,
    clock: Clock,
    assembler: Assembler,
    /// Bytes that were read and not yet taken.
    input: BytesMut,
    /// The input has grown for a long frame.
    is_large: bool,
    /// Frames that are to be written.
    output: BytesMut,
    /// Data messages received.
    messages: u64,
}

/// What there is to do after some input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Read,
    End,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    /// A session on a stream whose handshake is done; `read` are bytes that came with it.
    pub(crate) fn new(stream: S, read: Bytes, mode: Mode, meter: Arc<Meter>, shared: &Shared) -> Self {
        Self {
            stream,
            mode,
            meter,
            clock: shared.clock,
            assembler: Assembler::new(shared.config.max_message),
            input: BytesMut::from(read),
            is_large: false,
            output: BytesMut::new(),
            messages: 0,
        }
    }

    /// Echoes until the WebSocket is closed, or closes it with 1001 when the server ends.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) async fn run(mut self, shutdown: Shutdown) -> io::Result<()> {
        let mut shutdown = pin!(shutdown.begun());
        loop {
            if self.take_in().await? == Next::End {
                return self.stream.shutdown().await;
            }
            self.make_room();
            tokio::select! {
                biased;
                read = self.stream.read_buf(&mut self.input) => if read? == 0 {
                    return self.stream.shutdown().await;
                },
                () = &mut shutdown => return self.go_away().await,
            }
        }
    }

    /// Answers everything that the input holds.
    async fn take_in(&mut self) -> io::Result<Next> {
        let next = loop {
            match self.assembler.next(&mut self.input) {
                Ok(Some(event)) => {
                    if self.answer(event).await? == Next::End {
                        break Next::End;
                    }
                }
                Ok(None) => break Next::Read,
                Err(violation) => {
                    self.collect_violation(&violation);
                    break Next::End;
                }
            }
        };
        self.flush().await?;
        Ok(next)
    }

    async fn answer(&mut self, event: Event) -> io::Result<Next> {
        match event {
            Event::Message(kind, payload) => {
                self.messages += 1;
                match self.mode {
                    Mode::Plain => self.send(kind, &[], payload).await?,
                    Mode::Enveloped => return self.answer_enveloped(kind, payload).await,
                }
            }
            // RFC 6455 §5.5.2 and §5.5.3.
            Event::Ping(payload) => self.collect(Opcode::Pong, &[], &payload),
            Event::Pong => {}
            Event::Close(code) => {
                self.collect_close(code, "");
                return Ok(Next::End);
            }
        }
        Ok(Next::Read)
    }

    async fn answer_enveloped(&mut self, kind: Kind, mut message: BytesMut) -> io::Result<Next> {
        let (n, envelope_length) = match Envelope::split(&message) {
            Ok((envelope, payload)) => (envelope.n, message.len() - payload.len()),
            Err(error) => {
                self.collect_violation(&Violation::policy(error.to_string()));
                return Ok(Next::End);
            }
        };
        message.advance(envelope_length);
        // The message was completed by the latest read: nothing is read while there is something
        // to be taken in.
        let evidence = self.meter.evidence(self.messages, self.meter.last_read(), self.clock.now());
        let evidence = Evidence { framing: Some(self.assembler.framing()), ..evidence };
        let line = Envelope { n, evidence: Some(evidence) }.line();
        self.send(kind, line.as_bytes(), message).await?;
        // Not collected with others, so that the time of sending is true.
        self.flush().await?;
        Ok(Next::Read)
    }

    /// Sends a message of two parts, at once or with the next [`Session::flush`].
    async fn send(&mut self, kind: Kind, front: &[u8], payload: BytesMut) -> io::Result<()> {
        if payload.len() <= COPIED {
            self.collect(kind.opcode(), front, &payload);
            if self.output.len() >= COLLECTED {
                self.flush().await?;
            }
            return Ok(());
        }
        frame::write_head(&mut self.output, kind.opcode(), front.len() + payload.len());
        self.output.extend_from_slice(front);
        let mut both = self.output.split().chain(payload);
        self.stream.write_all_buf(&mut both).await
    }

    fn collect(&mut self, opcode: Opcode, front: &[u8], payload: &[u8]) {
        frame::write_head(&mut self.output, opcode, front.len() + payload.len());
        self.output.extend_from_slice(front);
        self.output.extend_from_slice(payload);
    }

    fn collect_violation(&mut self, violation: &Violation) {
        self.collect_close(Some(violation.code), &violation.reason);
    }

    fn collect_close(&mut self, code: Option<u16>, reason: &str) {
        let code = code.map(u16::to_be_bytes);
        let end = (0..=reason.len().min(LONGEST_REASON)).rev().find(|&end| reason.is_char_boundary(end));
        let reason = &reason[..end.unwrap_or(0)];
        self.collect(Opcode::Close, code.as_ref().map_or(&[], <[u8; 2]>::as_slice), reason.as_bytes());
    }

    async fn flush(&mut self) -> io::Result<()> {
        if self.output.is_empty() {
            return Ok(());
        }
        let written = self.stream.write_all(&self.output).await;
        if self.output.len() > COPIED {
            self.output = BytesMut::new();
        } else {
            self.output.clear();
        }
        written
    }

    /// Makes room for the next read: more while a long frame is on its way, little otherwise.
    fn make_room(&mut self) {
        let missing = self.assembler.missing();
        if missing > SMALL_READ {
            self.input.reserve(missing.min(LARGE_READ));
            self.is_large = true;
            return;
        }
        if self.is_large && self.input.is_empty() {
            self.input = BytesMut::new();
            self.is_large = false;
        }
        if self.input.capacity() - self.input.len() < SMALL_READ / 2 {
            self.input.reserve(SMALL_READ);
        }
    }

    /// Closes because the server ends (RFC 6455 §7.4.1, 1001), and waits for the client's close.
    async fn go_away(mut self) -> io::Result<()> {
        self.collect_close(Some(1001), "the server ends");
        self.flush().await?;
        // Whatever way this goes, the connection ends.
        drop(tokio::time::timeout(CLOSE_TIME, self.wait_for_close()).await);
        self.stream.shutdown().await
    }

    async fn wait_for_close(&mut self) -> io::Result<()> {
        loop {
            loop {
                match self.assembler.next(&mut self.input) {
                    Ok(Some(Event::Close(_))) | Err(_) => return Ok(()),
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                }
            }
            self.make_room();
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Ok(());
            }
        }
    }
}
