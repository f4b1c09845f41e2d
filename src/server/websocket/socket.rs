//! An open WebSocket: messages come in and go out, and whatever else the protocol asks for is
//! answered here (RFC 6455 §5.5 and §7).
//!
//! [`Socket::next`] waits for a message, and meanwhile answers pings, watches that the client is still
//! there, and closes when the server ends. [`Socket::send`] sends one. An application is a loop over
//! them; see [`echo`](super::echo).

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio::time::Sleep;

use super::assembler::{Assembler, Event, Kind};
use super::frame::Opcode;
use super::input::Input;
use super::output::Output;
use super::{Options, Transport, Violation};
use crate::server::clock::Clock;
use crate::server::meter::Meter;
use crate::server::shutdown::Shutdown;
use crate::server::stream::MeteredStream;
use crate::wire::Evidence;

/// How long the client's close is waited for after the server's own.
const CLOSE_TIME: Duration = Duration::from_secs(2);

/// A whole data message from the client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Text or binary.
    pub(crate) kind: Kind,
    /// What it says; of a text, valid UTF-8.
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
    /// Resolves when the server ends.
    shutdown: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Until when the client's close is waited for.
    close_by: Option<Pin<Box<Sleep>>>,
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
            assembler: Assembler::new(options.max_message),
            input: Input::new(read),
            output: Output::default(),
            state: State::Open,
            shutdown: Box::pin(shutdown.begun()),
            close_by: None,
            messages: 0,
            received: 0,
            framing: 0,
        }
    }

    /// The next data message, or `None` once the WebSocket is closed: the client closed it and was
    /// answered, the client is gone, it broke a rule and was told with the code that belongs to it, or
    /// the server ends and closed it with 1001. Pings are answered.
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
                State::Closing => self.wait_for_close().await,
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
            while self.next().await?.is_some() {}
            return Err(io::Error::new(io::ErrorKind::NotConnected, "the WebSocket is closed"));
        }
        self.output.send(&mut self.stream, kind.opcode(), front, payload).await
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
                Ok(Some(Event::Ping(payload))) => self.output.collect(Opcode::Pong, &[], &payload),
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
        let missing = self.assembler.missing();
        tokio::select! {
            biased;
            read = self.input.read(&mut self.stream, missing) => if read? == 0 {
                self.state = State::Ending;
            },
            () = &mut self.shutdown => self.begin_close(1001, "the server ends"),
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
                biased;
                read = self.input.read(&mut self.stream, missing) => if !read.is_ok_and(|count| count > 0) {
                    break;
                },
                () = close_by.as_mut() => break,
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
        self.output.flush(&mut self.stream).await
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
