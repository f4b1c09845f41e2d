//! Reading: as much with one read as there is, without an idle connection keeping room for it.
//!
//! While a connection has nothing that is still to be taken, its thread lends the room for a read. If
//! little comes, it is copied and the room is free again; if much comes, the connection keeps the room
//! until it is taken, and nothing is copied.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Bytes of a room that a thread lends.
const LENT: usize = 64 << 10;
/// How many rooms a thread keeps to lend.
const ROOMS: usize = 4;
/// Room that is made at least behind what is not complete.
const MORE: usize = 16 << 10;
/// Room that is made at once for a long frame. Its announced length is no reason to set aside more, but
/// for several times what has really come.
const LONG: usize = 256 << 10;
/// Room that a connection keeps while nothing is on its way, and up to which what comes is copied.
const KEPT: usize = 4 << 10;

thread_local! {
    static ROOM: RefCell<Vec<BytesMut>> = const { RefCell::new(Vec::new()) };
}

/// What was read from a client.
#[derive(Debug)]
pub(super) struct Input {
    /// Bytes that were read and not yet taken.
    pub(super) bytes: BytesMut,
    /// The room that they are in is larger than what may be kept.
    is_large: bool,
}

impl Input {
    /// An input that begins with some bytes.
    pub(super) fn new(read: &[u8]) -> Self {
        Self { bytes: BytesMut::from(read), is_large: read.len() > KEPT }
    }

    /// Reads what there is, up to some size; `missing` is how many bytes a frame that has begun still
    /// lacks. Returns how many bytes were read, 0 at the end of the stream. Nothing is lost when this is
    /// dropped while it waits.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(super) async fn read(&mut self, stream: &mut (impl AsyncRead + Unpin), missing: usize) -> io::Result<usize> {
        if self.bytes.is_empty() && self.is_large {
            give_back(std::mem::take(&mut self.bytes));
            self.is_large = false;
        }
        if self.bytes.is_empty() && missing <= LENT {
            return poll_fn(|context| self.read_into_room(stream, context)).await;
        }
        self.bytes.reserve(missing.clamp(MORE, LONG.max(4 * self.bytes.len())));
        self.is_large = true;
        stream.read_buf(&mut self.bytes).await
    }

    fn read_into_room(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let lent = ROOM.with_borrow_mut(Vec::pop);
        let mut room = lent.unwrap_or_else(|| BytesMut::with_capacity(LENT));
        let polled = pin!(stream.read_buf(&mut room)).poll(context);
        if room.len() > KEPT {
            self.bytes = room;
            self.is_large = true;
        } else {
            // Rather than to let it grow, which would be to twice its size.
            if !self.bytes.try_reclaim(room.len()) {
                self.bytes = BytesMut::with_capacity(room.len());
            }
            self.bytes.extend_from_slice(&room);
            give_back(room);
        }
        polled
    }
}

/// Keeps a room for the next read, if nobody holds on to a part of it.
fn give_back(mut room: BytesMut) {
    room.clear();
    if room.try_reclaim(LENT) && room.capacity() <= 2 * LENT {
        ROOM.with_borrow_mut(|rooms| {
            if rooms.len() < ROOMS {
                rooms.push(room);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use bytes::Buf as _;
    use tokio::io::{AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test]
    async fn what_is_there_is_read_at_once() {
        let (mut ours, mut theirs) = duplex(1 << 20);
        let mut input = Input::new(b"");
        theirs.write_all(&[7; 40_000]).await.expect("there is room");
        assert_eq!(input.read(&mut ours, 0).await.expect("it is open"), 40_000);
        assert!(input.bytes == [7; 40_000][..]);

        let mut input = Input::new(b"began");
        theirs.write_all(&[7; 10_000]).await.expect("there is room");
        assert_eq!(input.read(&mut ours, 0).await.expect("it is open"), 10_000);
        assert!(input.bytes.starts_with(b"began\x07") && input.bytes.len() == 10_005);
    }

    #[tokio::test]
    async fn a_connection_that_waits_keeps_little_room() {
        let (mut ours, mut theirs) = duplex(1 << 20);
        let mut input = Input::new(b"");
        for length in [10, 300, 70_000, 4000, 20_000, 5] {
            theirs.write_all(&vec![7; length]).await.expect("there is room");
            while input.bytes.len() < length {
                // As if a frame of this length had begun.
                let missing = length - input.bytes.len();
                assert!(input.read(&mut ours, missing).await.expect("it is open") > 0);
            }
            input.bytes.advance(length);
            let waiting = tokio::time::timeout(std::time::Duration::ZERO, input.read(&mut ours, 0)).await;
            assert!(waiting.is_err() && input.bytes.capacity() <= KEPT, "{length}: {}", input.bytes.capacity());
        }
    }

    #[tokio::test]
    async fn a_length_that_is_announced_makes_no_more_room_than_some() {
        let (mut ours, mut theirs) = duplex(1 << 20);
        let mut input = Input::new(b"");
        theirs.write_all(b"the first bytes").await.expect("there is room");
        input.read(&mut ours, usize::MAX).await.expect("it is open");
        assert!(input.bytes.capacity() <= 2 * LONG, "{}", input.bytes.capacity());
    }

    #[tokio::test]
    async fn the_end_of_the_stream_is_told() {
        let (mut ours, theirs) = duplex(10);
        drop(theirs);
        assert_eq!(Input::new(b"").read(&mut ours, 0).await.expect("it ended in order"), 0);
    }
}
