//! A connection's stream as HTTP and WebSocket see it: it tells a [`Meter`] what crosses it, closes in
//! an orderly way, and carries out the faults that were planned.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::meter::Meter;
use super::plan::{Act, PATIENCE, Plan};
use super::transport::Transport;
use crate::wire::Ending;

/// How long the client's end of stream is waited for after the server's own.
const LINGER: Duration = Duration::from_secs(2);

/// A metered stream.
#[derive(Debug)]
pub(crate) struct MeteredStream {
    transport: Transport,
    meter: Arc<Meter>,
    /// The client sent its end of stream, or the connection broke.
    read_ended: bool,
    /// The server's end of stream is being sent.
    is_closing: bool,
    /// Set once the server's end of stream was sent: until when the client's is waited for.
    lingers: Option<Pin<Box<Sleep>>>,
    fault: Option<Box<Committing>>,
    /// How many bytes had been written below TLS when the client was found to take none.
    written_below: u64,
}

/// A plan that is being carried out.
#[derive(Debug)]
struct Committing {
    plan: Plan,
    /// The number of the exchange that it is for.
    exchange: u64,
    head: Head,
    /// Bytes until the act.
    left: u64,
    /// Until when nothing is written.
    pause: Option<Pin<Box<Sleep>>>,
}

/// How much of a response's head was written, interim responses before it included (RFC 9110 §15.2).
#[derive(Clone, Copy, Debug, Default)]
struct Head {
    /// Bytes until now.
    length: usize,
    /// How many of them, the last ones, are of [`HEAD_END`]; all 4 behind the head.
    end: usize,
    /// It is that of an interim response, which another head follows.
    is_interim: bool,
}

/// What ends a head (RFC 9112 §2.1).
const HEAD_END: &[u8; 4] = b"\r\n\r\n";
/// Where a status has its first digit, behind `HTTP/1.1 `.
const STATUS: usize = 9;

impl Head {
    fn is_over(self) -> bool {
        self.end == HEAD_END.len()
    }

    /// The next byte was written.
    fn step(&mut self, byte: u8) {
        if self.length == STATUS {
            self.is_interim = byte == b'1';
        }
        self.length += 1;
        self.end = if byte == HEAD_END[self.end] { self.end + 1 } else { usize::from(byte == HEAD_END[0]) };
        if self.is_over() && self.is_interim {
            *self = Self::default();
        }
    }
}

impl Committing {
    fn new(plan: Plan, exchange: u64) -> Self {
        let left = plan.after.unwrap_or(0);
        let head = Head { end: if plan.after.is_some() { 0 } else { HEAD_END.len() }, ..Head::default() };
        Self { plan, exchange, head, left, pause: None }
    }

    /// Whether another exchange has begun, and this one's response was over before the act's turn came.
    fn is_over(&self, exchange: u64) -> bool {
        let is_due = self.head.is_over() && self.left == 0;
        self.exchange != exchange && (!is_due || matches!(self.plan.act, Act::Drip(..)))
    }

    /// How many of these bytes may be written before the act; none is the moment of the act.
    fn allowed(&self, bytes: &[u8]) -> usize {
        let mut head = self.head;
        let in_head = bytes.iter().take_while(|&&byte| (!head.is_over()).then(|| head.step(byte)).is_some()).count();
        let behind = (bytes.len() - in_head) as u64;
        in_head + usize::try_from(behind.min(self.left)).unwrap_or(usize::MAX)
    }

    fn wrote(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.head.is_over() {
                self.left = self.left.saturating_sub(1);
            } else {
                self.head.step(byte);
            }
        }
    }
}

impl MeteredStream {
    /// Counts what crosses `transport` on `meter`.
    pub(crate) fn new(transport: Transport, meter: Arc<Meter>) -> Self {
        Self { transport, meter, read_ended: false, is_closing: false, lingers: None, fault: None, written_below: 0 }
    }

    /// Has the connection end with a reset (RST) instead of an end of stream once the stream is dropped,
    /// without waiting for what was written to arrive.
    pub(crate) fn reset(&mut self) {
        if let Err(error) = self.transport.reset() {
            tracing::debug!(connection = self.meter.id(), %error, "the connection cannot be reset");
        }
        self.meter.ended(Ending::Server);
    }

    /// Resolves once the client sent its end of stream or the connection broke. What it sends meanwhile is read
    /// and discarded.
    pub(crate) async fn client_ended(&mut self) {
        // Broken is ended, too.
        drop(std::future::poll_fn(|context| self.poll_discarded(context)).await);
    }

    /// Tells the meter of an error of the transport.
    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result {
            self.read_ended = true;
            // Over TLS many clients end their stream without saying so within TLS.
            let is_end = error.kind() == io::ErrorKind::UnexpectedEof;
            self.meter.ended(if is_end { Ending::Client } else { Ending::Broken });
        }
        result
    }

    /// Writes what `write` writes, and tells the meter.
    fn poll_written(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.transport).poll_write(context, bytes);
        let count = ready!(self.note_write(polled))?;
        self.meter.wrote(&bytes[..count]);
        Poll::Ready(Ok(count))
    }

    fn note_write(&mut self, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.note_room(&polled);
        polled.map(|result| self.note(result))
    }

    /// Tells the meter whether the client is waited for. TLS and an emulated link take bytes before there
    /// is room for them, so that it may also be with a flush or with the end of stream.
    fn note_room<T>(&mut self, polled: &Poll<T>) {
        let written_below = self.transport.written_below();
        if polled.is_ready() || written_below != self.written_below {
            self.written_below = written_below;
            self.meter.write_unblocked();
        }
        if polled.is_pending() {
            self.meter.write_blocked();
        }
    }

    /// Gives up a fault whose exchange is over.
    fn forget_old_fault(&mut self) {
        if self.fault.as_ref().is_some_and(|fault| fault.is_over(self.meter.begun())) {
            self.fault = None;
        }
    }

    /// Writes as the plan says.
    fn poll_planned(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Some(mut fault) = self.fault.take() else { return self.poll_written(context, bytes) };
        let polled = self.poll_committing(&mut fault, context, bytes);
        self.fault = Some(fault);
        polled
    }

    fn poll_committing(
        &mut self,
        fault: &mut Committing,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let allowed = fault.allowed(bytes);
        if allowed > 0 {
            let count = ready!(self.poll_written(context, &bytes[..allowed]))?;
            fault.wrote(&bytes[..count]);
            return Poll::Ready(Ok(count));
        }
        match &mut fault.plan.act {
            Act::Reset => {
                self.reset();
                Poll::Ready(Err(committed()))
            }
            Act::End => {
                ready!(Pin::new(self).poll_shutdown(context))?;
                Poll::Ready(Err(committed()))
            }
            Act::Instead(rest) => {
                while !rest.is_empty() {
                    let count = ready!(self.poll_written(context, &Bytes::clone(rest)))?;
                    rest.advance(count);
                }
                ready!(Pin::new(self).poll_shutdown(context))?;
                Poll::Ready(Err(committed()))
            }
            Act::Stall | Act::Vanish => self.poll_silence(fault, context),
            &mut Act::Drip(size, every) => {
                if let Some(pause) = &mut fault.pause {
                    ready!(pause.as_mut().poll(context));
                }
                let count = ready!(self.poll_written(context, &bytes[..bytes.len().min(size)]))?;
                fault.pause = Some(Box::pin(tokio::time::sleep(every)));
                Poll::Ready(Ok(count))
            }
        }
    }

    /// Neither writes nor ends, until the client ends or patience does.
    fn poll_silence(&mut self, fault: &mut Committing, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let meter = &self.meter;
        let pause = fault.pause.get_or_insert_with(|| {
            meter.falls_silent();
            Box::pin(tokio::time::sleep(PATIENCE))
        });
        if pause.as_mut().poll(context).is_ready() {
            self.reset();
            return Poll::Ready(Err(committed()));
        }
        // One that has vanished does not even notice the client's end.
        if fault.plan.act == Act::Stall {
            ready!(self.poll_discarded(context))?;
            return Poll::Ready(Err(committed()));
        }
        Poll::Pending
    }

    /// Reads and discards until the client's end of stream.
    fn poll_discarded(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.read_ended {
            let mut discarded = [0; 8192];
            ready!(Pin::new(&mut *self).poll_read(context, &mut ReadBuf::new(&mut discarded)))?;
        }
        Poll::Ready(Ok(()))
    }

    fn has_vanished(&self) -> bool {
        self.fault.as_ref().is_some_and(|fault| fault.plan.act == Act::Vanish)
    }
}

/// What HTTP is told when a fault was committed: its response cannot be written any more.
fn committed() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the fault that was asked for was committed")
}

impl AsyncRead for MeteredStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.has_vanished() {
            // Whoever waits is woken by the silence's end.
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let result = ready!(Pin::new(&mut self.transport).poll_read(context, buffer));
        self.note(result)?;
        let read = &buffer.filled()[before..];
        if !read.is_empty() {
            self.meter.read(read);
        } else if buffer.remaining() > 0 {
            self.read_ended = true;
            self.meter.ended(Ending::Client);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for MeteredStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.forget_old_fault();
        if let Some((plan, exchange)) = self.meter.take_plan() {
            self.fault = Some(Box::new(Committing::new(plan, exchange)));
        }
        self.poll_planned(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.forget_old_fault();
        if self.fault.is_some() || self.meter.is_planned() {
            let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| slice);
            return self.poll_write(context, first);
        }
        let polled = Pin::new(&mut self.transport).poll_write_vectored(context, slices);
        let count = ready!(self.note_write(polled))?;
        let mut left = count;
        for slice in slices {
            let taken = &slice[..slice.len().min(left)];
            if !taken.is_empty() {
                self.meter.wrote(taken);
            }
            left -= taken.len();
        }
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.transport).poll_flush(context);
        // With the end of stream on its way there may be nothing to flush, and still no room for the end.
        if !self.is_closing {
            self.note_room(&polled);
        }
        polled
    }

    /// Sends the end of stream, then reads and discards until the client's arrives, for [`LINGER`]
    /// at most. Closing a socket with unread bytes would reset the connection, and a reset may
    /// take away what the client has not read yet (RFC 9112 §9.6).
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_closing = true;
        if self.lingers.is_none() {
            let polled = Pin::new(&mut self.transport).poll_shutdown(context);
            self.note_room(&polled);
            ready!(polled)?;
            self.meter.ended(Ending::Server);
            self.lingers = Some(Box::pin(tokio::time::sleep(LINGER)));
        }
        // The time first: a client that never pauses would not let it have its turn.
        if self.lingers.as_mut().is_none_or(|sleep| sleep.as_mut().poll(context).is_ready()) {
            return Poll::Ready(Ok(()));
        }
        // Broken is ended, too.
        drop(ready!(self.poll_discarded(context)));
        Poll::Ready(Ok(()))
    }
}

impl Drop for MeteredStream {
    fn drop(&mut self) {
        self.meter.gone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committing(after: u64) -> Committing {
        Committing::new(Plan::after(after, Act::End), 1)
    }

    #[test]
    fn the_bytes_behind_a_head_are_counted_however_it_is_cut() {
        let response = b"HTTP/1.1 200 OK\r\nA: \r\r\n\r\n0123456789";
        let head = response.len() - 10;
        for size in 1..response.len() {
            let mut committing = committing(4);
            let mut written = 0;
            while written < response.len() {
                let next = &response[written..(written + size).min(response.len())];
                let allowed = committing.allowed(next);
                if allowed == 0 {
                    break;
                }
                committing.wrote(&next[..allowed]);
                written += allowed;
            }
            assert_eq!(written, head + 4, "pieces of {size}");
        }
    }

    #[test]
    fn what_is_to_happen_at_once_allows_nothing() {
        assert_eq!(Committing::new(Plan::at_once(Act::Reset), 1).allowed(b"HTTP/1.1 200 OK\r\n\r\n"), 0);
    }
}
