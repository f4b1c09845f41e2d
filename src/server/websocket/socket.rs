//! An open WebSocket: messages come in and go out, and whatever else the protocol asks for is
//! answered here (RFC 6455 §5.5 and §7).
//!
//! [`Socket::next`] waits for a message, and meanwhile answers pings, watches that the client is still
//! there, and closes when the server ends. [`Socket::send`] sends one. An application is a loop over
//! them; see [`echo`](super::echo).

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio::time::Sleep;

use super::assembler::{Assembler, Event, Kind};
use super::frame::Opcode;
use super::input::Input;
use super::output::Output;
use super::watch::{Silence, Watch};
use super::{Options, Transport, Violation};
use crate::server::clock::Clock;
use crate::server::meter::Meter;
use crate::server::shutdown::Shutdown;
use crate::server::stream::MeteredStream;
use crate::wire::Evidence;

/// How long the client's close is waited for after the server's own.
const CLOSE_TIME: Duration = Duration::from_secs(2);

/// After how many reads the server's end is looked for, even if there is more to read.
const BUSY: u32 = 64;

const AWAY: &str = "the server ends";
const NO_SIGN: &str = "no sign of life came after a ping";

/// A whole data message from the client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Text or binary.
    pub(crate) kind: Kind,
    /// What it says; of a text, valid UTF-8. Holds on to all that was read with it: what is to be kept for
    /// long is to be copied.
    pub(crate) payload: BytesMut,
}

/// The server's end of an open WebSocket.
pub(crate) struct Socket<S = MeteredStream> {
    stream: S,
    meter: Arc<Meter>,
    clock: Clock,
    assembler: Assembler,
    input: Input,
    output: Output,
    state: State,
    watch: Watch,
    /// Resolves when the server ends.
    shutdown: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Until when the client's close is waited for.
    close_by: Option<Pin<Box<Sleep>>>,
    /// How often something was waited for.
    reads: u32,
    /// Data messages received.
    messages: u64,
    /// When the last bytes of the latest message were read, in µs of the server's clock.
    received: u64,
    /// Bytes of the heads of the latest message's frames.
    framing: u64,
}

/// How far a WebSocket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Messages flow.
    Open,
    /// The server's close is sent or collected, and the client's is waited for.
    Closing,
    /// Nothing more is read; what is collected goes out, then the stream ends.
    Ending,
    /// The stream has ended.
    Closed,
}

impl<S: Transport> Socket<S> {
    /// A WebSocket on a stream whose handshake is done; `read` are bytes that came with it.
    pub(crate) fn new(
        stream: S,
        read: &[u8],
        options: Options,
        meter: Arc<Meter>,
        clock: Clock,
        shutdown: Shutdown,
    ) -> Self {
        Self {
            stream,
            meter,
            clock,
            assembler: Assembler::new(options.max_message, options.deflate),
            input: Input::new(read),
            // As long as a client that says nothing is given.
            output: Output::new(options.idle.saturating_add(options.pong), options.deflate),
            state: State::Open,
            watch: Watch::new(options.idle, options.pong),
            shutdown: Box::pin(shutdown.begun()),
            close_by: None,
            reads: 0,
            messages: 0,
            received: 0,
            framing: 0,
        }
    }

    /// The next data message, or `None` once the WebSocket is closed: the client closed it and was
    /// answered, the client is gone, it broke a rule and was told with the code that belongs to it, it
    /// gave no sign of life (1011), or the server ends (1001). Pings are answered, and a client that is
    /// silent is sent one.
    ///
    /// Whatever was sent goes out before this waits. It may be dropped while it waits and called again,
    /// so it can stand in a `select!` beside other sources.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Message>> {
        loop {
            if self.state == State::Open
                && let Some(message) = self.take_in()
            {
                return Ok(Some(message));
            }
            self.flush().await?;
            match self.state {
                State::Open => self.wait().await?,
                State::Closing => Box::pin(self.wait_for_close()).await,
                State::Ending => self.end().await?,
                State::Closed => return Ok(None),
            }
        }
    }

    /// Sends a message and returns when the connection has taken it. Is to be awaited to its end: a
    /// message that is given up half-way leaves half a frame behind.
    ///
    /// # Errors
    /// When the connection breaks, or `NotConnected` when the WebSocket is closed.
    pub(crate) async fn send(&mut self, kind: Kind, payload: &[u8]) -> io::Result<()> {
        self.collect(kind, &[], payload).await?;
        self.flush().await
    }

    /// Like [`Socket::send`], with a message of two parts.
    pub(crate) async fn send_parts(&mut self, kind: Kind, front: &[u8], payload: &[u8]) -> io::Result<()> {
        self.collect(kind, front, payload).await?;
        self.flush().await
    }

    /// Like [`Socket::send_parts`], but a message that is not long may be kept until the next
    /// [`Socket::next`] has nothing more to give, so that the answers to messages that arrived together
    /// leave with one write.
    pub(crate) async fn collect(&mut self, kind: Kind, front: &[u8], payload: &[u8]) -> io::Result<()> {
        if self.state != State::Open {
            // Seen to its end first: the application is not obliged to call `next` again.
            while Box::pin(self.next()).await?.is_some() {}
            return Err(io::Error::new(io::ErrorKind::NotConnected, "the WebSocket is closed"));
        }
        let sent = self.output.send(&mut self.stream, kind, front, payload).await;
        self.note(sent)
    }

    /// Closes with a code and a reason (of which the first 123 bytes are told), waits for the client's
    /// close for two seconds at most, and ends the connection in order.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) async fn close(mut self, code: u16, reason: &str) -> io::Result<()> {
        if self.state == State::Open {
            self.begin_close(code, reason);
        }
        while self.next().await?.is_some() {}
        Ok(())
    }

    /// Tells the client that it broke a rule, and ends the connection in order without waiting for its
    /// close (RFC 6455 §7.1.7).
    ///
    /// # Errors
    /// When the connection breaks.
    pub(super) async fn fail(mut self, violation: &Violation) -> io::Result<()> {
        if self.state == State::Open {
            self.refuse(violation);
        }
        while self.next().await?.is_some() {}
        Ok(())
    }

    /// What was seen of the latest message; `sent` is the time of this call.
    pub(crate) fn evidence(&self) -> Evidence {
        let evidence = self.meter.evidence(self.messages, self.received, self.clock.now());
        Evidence { framing: Some(self.framing), ..evidence }
    }

    /// How many data messages were received.
    pub(super) fn messages(&self) -> u64 {
        self.messages
    }

    /// The next message of what was read, after everything that came before it was answered.
    fn take_in(&mut self) -> Option<Message> {
        loop {
            match self.assembler.next(&mut self.input.bytes) {
                Ok(Some(Event::Message(kind, payload))) => {
                    self.messages += 1;
                    // Nothing is read while there is something to be taken in, so it was the latest read
                    // that completed the message.
                    self.received = self.meter.last_read();
                    self.framing = self.assembler.framing();
                    return Some(Message { kind, payload });
                }
                // RFC 6455 §5.5.2 and §5.5.3.
                Ok(Some(Event::Ping(payload))) => self.output.collect(Opcode::Pong, &payload),
                Ok(Some(Event::Pong)) => {}
                Ok(Some(Event::Close(code))) => {
                    self.output.collect_close(code, "");
                    self.state = State::Ending;
                    return None;
                }
                Ok(None) => return None,
                Err(violation) => {
                    self.refuse(&violation);
                    return None;
                }
            }
        }
    }

    /// Waits until something was read, or happened that is to be told.
    async fn wait(&mut self) -> io::Result<()> {
        self.reads = self.reads.wrapping_add(1);
        if self.reads.is_multiple_of(BUSY) {
            // A client that never pauses never lets the other branches have their turn.
            let shutdown = &mut self.shutdown;
            if poll_fn(|context| Poll::Ready(shutdown.as_mut().poll(context).is_ready())).await {
                self.begin_close(1001, AWAY);
                return Ok(());
            }
        }
        let missing = self.assembler.missing();
        let silent = || Duration::from_micros(self.clock.now().saturating_sub(self.meter.last_read()));
        tokio::select! {
            biased;
            read = self.input.read(&mut self.stream, missing) => match read? {
                0 => self.state = State::Ending,
                _ => self.watch.heard(),
            },
            () = &mut self.shutdown => self.begin_close(1001, AWAY),
            silence = self.watch.silence(silent) => match silence {
                Silence::Ask => self.output.collect(Opcode::Ping, &[]),
                // RFC 6455 §7.4.1: the server meets a condition that keeps it from going on. 1001 would say
                // that it goes away itself, and 1006 is never sent.
                Silence::Gone => self.refuse(&Violation { code: 1011, reason: NO_SIGN.to_owned() }),
            },
        }
        Ok(())
    }

    /// Reads until the client's close or end, or until it took too long. What else comes is too late.
    async fn wait_for_close(&mut self) {
        let close_by = self.close_by.get_or_insert_with(|| Box::pin(tokio::time::sleep(CLOSE_TIME)));
        loop {
            match self.assembler.next(&mut self.input.bytes) {
                Ok(Some(Event::Close(_))) | Err(_) => break,
                Ok(Some(_)) => continue,
                Ok(None) => {}
            }
            let missing = self.assembler.missing();
            tokio::select! {
                // The time first: a client that never pauses would not let it have its turn.
                biased;
                () = close_by.as_mut() => break,
                read = self.input.read(&mut self.stream, missing) => if !read.is_ok_and(|count| count > 0) {
                    break;
                },
            }
        }
        // Whatever way this went, the connection ends.
        self.state = State::Ending;
    }

    async fn end(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        self.state = State::Closed;
        Ok(())
    }

    fn begin_close(&mut self, code: u16, reason: &str) {
        self.output.collect_close(Some(code), reason);
        self.state = State::Closing;
    }

    fn refuse(&mut self, violation: &Violation) {
        self.output.collect_close(Some(violation.code), &violation.reason);
        self.state = State::Ending;
    }

    async fn flush(&mut self) -> io::Result<()> {
        let flushed = self.output.flush(&mut self.stream).await;
        self.note(flushed)
    }

    /// After an error nothing more can be written, and what the system holds for a client that does not
    /// read shall not wait for it either.
    fn note(&mut self, written: io::Result<()>) -> io::Result<()> {
        if let Err(error) = &written {
            self.state = State::Closed;
            if error.kind() == io::ErrorKind::TimedOut {
                self.stream.reset();
            }
        }
        written
    }
}

/// What the protocol does not ask for, for faults.
impl<S: Transport> Socket<S> {
    /// The connection's meter.
    pub(super) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// The frame of a message, and the length of its head.
    ///
    /// # Errors
    /// When it cannot be compressed.
    pub(super) async fn frame(&mut self, kind: Kind, front: &[u8], payload: &[u8]) -> io::Result<(Vec<u8>, usize)> {
        self.output.frame(kind, front, payload).await
    }

    /// Writes any bytes, after everything that was sent before.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.output.write_raw(&mut self.stream, bytes).await;
        self.note(written)
    }

    /// Writes any bytes, then ends the stream (FIN) without a close frame.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(super) async fn end_abruptly(mut self, bytes: &[u8]) -> io::Result<()> {
        self.write(bytes).await?;
        self.end().await
    }

    /// Writes any bytes, then resets the connection (RST).
    ///
    /// # Errors
    /// When the connection breaks.
    pub(super) async fn reset(mut self, bytes: &[u8]) -> io::Result<()> {
        self.write(bytes).await?;
        self.stream.reset();
        Ok(())
    }

    /// Neither reads nor writes for some time, or until the server ends; or, if that is wanted, until the
    /// client does, for which what it sends is read and discarded. Returns whether it was the server.
    pub(super) async fn hold(&mut self, time: Duration, ends_with_client: bool) -> bool {
        tokio::select! {
            () = &mut self.shutdown => true,
            () = self.stream.client_ended(), if ends_with_client => false,
            () = tokio::time::sleep(time) => false,
        }
    }
}

impl<S> fmt::Debug for Socket<S> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What was sent and received is in nobody's log.
        out.debug_struct("Socket")
            .field("connection", &self.meter.id())
            .field("state", &self.state)
            .field("messages", &self.messages)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
