//! The tap: the raw bytes of the exchanges that belong to a run, with times, in bounded memory.
//!
//! Each exchange that may turn out to belong to a run has a [`Tape`] of its own, on which its
//! connection's meter records what crosses; the ledger keeps the tape beside the exchange's entry.
//! A tape holds the beginning of each part (request, response, frames either way): what comes after
//! is counted, not kept. When there is no room in all, the tapes of the connections that ended
//! longest ago are erased first.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::wire::{Capture, Piece};

/// What a mark takes in memory, beside the bytes: a time and an end.
const MARK: u64 = 16;

/// How much the tap keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TapLimits {
    /// Bytes of one connection; of one request or response at most a quarter of it.
    pub per_connection: u64,
    /// Bytes in all.
    pub in_all: u64,
}

impl Default for TapLimits {
    /// 256 KiB a connection, 64 MiB in all.
    fn default() -> Self {
        Self { per_connection: 256 << 10, in_all: 64 << 20 }
    }
}

/// The room that all tapes of a server share.
#[derive(Debug)]
pub(crate) struct Tap {
    limits: TapLimits,
    used: AtomicU64,
    /// The tapes of connections that have ended, the longest ended first.
    ended: Mutex<Kept>,
}

/// The room that the tapes of one connection share.
#[derive(Debug)]
pub(crate) struct Reel {
    tap: Arc<Tap>,
    left: AtomicU64,
    tapes: Mutex<Kept>,
}

/// Tapes that are kept as long as their runs are. Those whose run was forgotten are swept out now and then, so
/// that their number does not grow with time.
#[derive(Debug, Default)]
struct Kept {
    tapes: VecDeque<Weak<Tape>>,
    /// How many there are when it is swept next.
    sweep_at: usize,
}

/// How many tapes are kept before it pays to sweep.
const FEW: usize = 64;

impl Kept {
    fn push(&mut self, tape: Weak<Tape>) {
        if self.tapes.len() >= self.sweep_at {
            self.tapes.retain(|tape| tape.strong_count() > 0);
            self.sweep_at = FEW.max(2 * self.tapes.len());
        }
        self.tapes.push_back(tape);
    }
}

/// The raw bytes of one exchange.
#[derive(Debug)]
pub(crate) struct Tape {
    reel: Arc<Reel>,
    tracks: Mutex<Tracks>,
}

/// Which bytes of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The request, handshakes included.
    Request,
    /// The response.
    Response,
    /// WebSocket frames from the client.
    FramesIn,
    /// WebSocket frames from the server.
    FramesOut,
}

type Tracks = [Track; 4];

#[derive(Debug, Default)]
struct Track {
    bytes: Vec<u8>,
    /// When each piece was recorded, in µs of the server's clock, and where it ends in `bytes`.
    marks: Vec<(u64, usize)>,
    dropped: u64,
}

/// What a tape holds, part by part; `None` for a part of which nothing crossed.
#[derive(Debug, Default)]
pub(crate) struct Captures {
    pub(crate) request: Option<Capture>,
    pub(crate) response: Option<Capture>,
    pub(crate) frames_in: Option<Capture>,
    pub(crate) frames_out: Option<Capture>,
}

impl Tap {
    /// An empty tap.
    pub(crate) fn new(limits: TapLimits) -> Arc<Self> {
        Arc::new(Self { limits, used: AtomicU64::new(0), ended: Mutex::default() })
    }

    /// The room for a connection.
    pub(crate) fn reel(self: &Arc<Self>) -> Arc<Reel> {
        Arc::new(Reel {
            tap: Arc::clone(self),
            left: AtomicU64::new(self.limits.per_connection),
            tapes: Mutex::default(),
        })
    }

    /// Makes room for `cost` bytes, if need be by erasing what ended long ago.
    fn grant(&self, cost: u64) -> bool {
        loop {
            let room = |used: u64| used.checked_add(cost).filter(|&sum| sum <= self.limits.in_all);
            if self.used.fetch_update(Relaxed, Relaxed, room).is_ok() {
                return true;
            }
            let oldest = lock(&self.ended).tapes.pop_front();
            match oldest {
                Some(tape) => tape.upgrade().iter().for_each(|tape| tape.erase()),
                None => return false,
            }
        }
    }
}

impl Reel {
    /// The tape of an exchange that begins.
    pub(crate) fn tape(self: &Arc<Self>) -> Arc<Tape> {
        Arc::new(Tape { reel: Arc::clone(self), tracks: Mutex::default() })
    }

    /// The tape's exchange belongs to a run: it is kept beyond the exchange.
    pub(crate) fn keep(&self, tape: &Arc<Tape>) {
        if self.left.load(Relaxed) > 0 {
            lock(&self.tapes).push(Arc::downgrade(tape));
        }
    }

    /// The connection ended: its tapes may be erased when there is no room.
    pub(crate) fn ended(&self) {
        let tapes = std::mem::take(&mut *lock(&self.tapes));
        // Nothing more is recorded on them, and they are kept for long.
        tapes.tapes.iter().filter_map(Weak::upgrade).for_each(|tape| tape.shrink());
        let mut ended = lock(&self.tap.ended);
        tapes.tapes.into_iter().for_each(|tape| ended.push(tape));
    }

    fn limit(&self, part: Part) -> u64 {
        match part {
            Part::Request | Part::Response => self.tap.limits.per_connection / 4,
            Part::FramesIn | Part::FramesOut => self.tap.limits.per_connection / 8 * 3,
        }
    }
}

impl Tape {
    /// Records `bytes`, which crossed at `at`, in µs of the server's clock.
    pub(crate) fn record(&self, part: Part, at: u64, bytes: &[u8]) {
        let mut tracks = lock(&self.tracks);
        let track = &mut tracks[part as usize];
        let room = self.reel.limit(part).saturating_sub(track.bytes.len() as u64);
        let left = self.reel.left.load(Relaxed).saturating_sub(MARK);
        let kept = if track.dropped > 0 { 0 } else { (bytes.len() as u64).min(room).min(left) };
        // A tape that is erased to make room here is of a connection that has ended, never this one.
        let kept = if kept > 0 && self.reel.tap.grant(kept + MARK) { kept } else { 0 };
        if kept > 0 {
            self.reel.left.fetch_sub(kept + MARK, Relaxed);
            track.bytes.extend_from_slice(&bytes[..kept as usize]);
            track.marks.push((at, track.bytes.len()));
        }
        track.dropped += bytes.len() as u64 - kept;
    }

    /// Moves the last `count` bytes of one part to another: they were read before it was known what
    /// they are.
    pub(crate) fn reassign(&self, count: u64, from: Part, to: Part) {
        let moved = {
            let mut tracks = lock(&self.tracks);
            let track = &mut tracks[from as usize];
            // What was dropped came last.
            let lost = track.dropped.min(count);
            track.dropped -= lost;
            let at = track.marks.last().map_or(0, |&(at, _)| at);
            let keep = track.bytes.len().saturating_sub(usize::try_from(count - lost).unwrap_or(usize::MAX));
            let moved = track.bytes.split_off(keep);
            let before = track.marks.len();
            while track.marks.len() > 1 && track.marks[track.marks.len() - 2].1 >= keep {
                track.marks.pop();
            }
            if let Some(last) = track.marks.last_mut() {
                last.1 = last.1.min(keep);
            }
            let cost = moved.len() as u64 + MARK * (before - track.marks.len()) as u64;
            self.reel.left.fetch_add(cost, Relaxed);
            self.reel.tap.used.fetch_sub(cost, Relaxed);
            (at, moved, lost)
        };
        let (at, moved, lost) = moved;
        if !moved.is_empty() {
            self.record(to, at, &moved);
        }
        lock(&self.tracks)[to as usize].dropped += lost;
    }

    /// What it holds.
    pub(crate) fn captures(&self) -> Captures {
        let tracks = lock(&self.tracks);
        let capture = |part: Part| tracks[part as usize].capture();
        Captures {
            request: capture(Part::Request),
            response: capture(Part::Response),
            frames_in: capture(Part::FramesIn),
            frames_out: capture(Part::FramesOut),
        }
    }

    /// How many bytes of the request and of the response were dropped, if nothing at all was kept: then the tape
    /// itself need not be.
    pub(crate) fn nothing_kept(&self) -> Option<[u64; 2]> {
        let tracks = lock(&self.tracks);
        let is_empty = tracks.iter().all(|track| track.bytes.is_empty());
        is_empty.then(|| [Part::Request, Part::Response].map(|part| tracks[part as usize].dropped))
    }

    /// Gives back what the tracks have room for and do not hold, which is not counted.
    fn shrink(&self) {
        for track in lock(&self.tracks).iter_mut() {
            track.bytes.shrink_to_fit();
            track.marks.shrink_to_fit();
        }
    }

    /// Gives up the bytes of one part, which turned out to be another exchange's too; they are counted.
    pub(crate) fn withhold(&self, part: Part) {
        let cost = lock(&self.tracks)[part as usize].clear();
        self.reel.tap.used.fetch_sub(cost, Relaxed);
        self.reel.left.fetch_add(cost, Relaxed);
    }

    fn erase(&self) {
        let cost: u64 = lock(&self.tracks).iter_mut().map(Track::clear).sum();
        self.reel.tap.used.fetch_sub(cost, Relaxed);
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        let cost: u64 = lock(&self.tracks).iter().map(Track::cost).sum();
        self.reel.tap.used.fetch_sub(cost, Relaxed);
        self.reel.left.fetch_add(cost, Relaxed);
    }
}

impl Track {
    /// Drops the bytes; returns what they cost.
    fn clear(&mut self) -> u64 {
        let cost = self.cost();
        self.dropped += self.bytes.len() as u64;
        (self.bytes, self.marks) = (Vec::new(), Vec::new());
        cost
    }

    fn cost(&self) -> u64 {
        self.bytes.len() as u64 + MARK * self.marks.len() as u64
    }

    fn capture(&self) -> Option<Capture> {
        if self.bytes.is_empty() && self.dropped == 0 {
            return None;
        }
        let mut start = 0;
        let pieces = self.marks.iter().map(|&(at, end)| {
            let bytes = self.bytes[start..end].to_vec();
            start = end;
            Piece { at, bytes }
        });
        Some(Capture { pieces: pieces.filter(|piece| !piece.bytes.is_empty()).collect(), dropped: self.dropped })
    }
}

/// Every change is complete in itself, so a panic elsewhere leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tap(per_connection: u64, in_all: u64) -> Arc<Tap> {
        Tap::new(TapLimits { per_connection, in_all })
    }

    fn bytes(capture: Option<&Capture>) -> (Vec<u8>, u64) {
        let capture = capture.expect("something crossed");
        (capture.pieces.iter().flat_map(|piece| piece.bytes.clone()).collect(), capture.dropped)
    }

    #[test]
    fn what_crosses_is_told_piece_by_piece_with_its_time() {
        let tape = tap(4096, 1 << 20).reel().tape();
        tape.record(Part::Request, 5, b"GET / ");
        tape.record(Part::Request, 7, b"HTTP/1.1");
        tape.record(Part::Response, 9, b"HTTP/1.1 200 OK");
        let captures = tape.captures();
        let pieces = captures.request.expect("a request").pieces;
        let expected = [Piece { at: 5, bytes: b"GET / ".to_vec() }, Piece { at: 7, bytes: b"HTTP/1.1".to_vec() }];
        assert_eq!(pieces, expected);
        assert_eq!(bytes(captures.response.as_ref()), (b"HTTP/1.1 200 OK".to_vec(), 0));
        assert_eq!(captures.frames_in, None);
    }

    #[test]
    fn a_part_keeps_its_beginning_and_counts_the_rest() {
        let tape = tap(400, 1 << 20).reel().tape();
        tape.record(Part::Request, 0, &[1; 90]);
        tape.record(Part::Request, 1, &[2; 30]);
        tape.record(Part::Request, 2, &[3; 5]);
        assert_eq!(bytes(tape.captures().request.as_ref()), ([[1; 90].as_slice(), &[2; 10]].concat(), 25));
    }

    #[test]
    fn the_parts_of_a_connection_share_its_room() {
        let reel = tap(400, 1 << 20).reel();
        let tapes: Vec<_> = (0..10).map(|_| reel.tape()).collect();
        for tape in &tapes {
            tape.record(Part::Request, 0, &[0; 84]);
        }
        let kept: Vec<_> = tapes.iter().map(|tape| bytes(tape.captures().request.as_ref()).0.len()).collect();
        assert_eq!(kept, [84, 84, 84, 84, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn without_room_the_longest_ended_connection_goes_first_and_says_so() {
        let tap = tap(1000, 600);
        let (first, second, third) = (tap.reel(), tap.reel(), tap.reel());
        let (early, late, new) = (first.tape(), second.tape(), third.tape());
        for (reel, tape) in [(&first, &early), (&second, &late)] {
            reel.keep(tape);
            tape.record(Part::Request, 0, &[1; 200]);
        }
        second.ended();
        first.ended();
        third.keep(&new);
        new.record(Part::Request, 0, &[1; 200]);
        assert_eq!(bytes(late.captures().request.as_ref()), (vec![], 200), "it ended first");
        assert_eq!(bytes(early.captures().request.as_ref()).1, 0);
        assert_eq!(bytes(new.captures().request.as_ref()).1, 0);
    }

    #[test]
    fn connections_that_are_open_are_not_erased_for_new_ones() {
        let tap = tap(1000, 300);
        let (first, second) = (tap.reel(), tap.reel());
        let (open, new) = (first.tape(), second.tape());
        open.record(Part::Request, 0, &[1; 200]);
        new.record(Part::Request, 0, &[1; 200]);
        assert_eq!(bytes(open.captures().request.as_ref()).1, 0);
        assert_eq!(bytes(new.captures().request.as_ref()), (vec![], 200));
    }

    #[test]
    fn a_tape_that_is_gone_gives_its_room_back() {
        let tap = tap(400, 130);
        let reel = tap.reel();
        for _ in 0..10 {
            let tape = reel.tape();
            tape.record(Part::Request, 0, &[1; 100]);
            assert_eq!(bytes(tape.captures().request.as_ref()).1, 0);
        }
        assert_eq!(tap.used.load(Relaxed), 0);
    }

    #[test]
    fn a_tape_whose_connection_ended_takes_the_room_that_is_counted() {
        let reel = tap(1 << 20, 1 << 20).reel();
        let tape = reel.tape();
        reel.keep(&tape);
        tape.record(Part::Request, 0, &[1; 8000]);
        tape.reassign(7000, Part::Request, Part::FramesIn);
        tape.record(Part::FramesIn, 1, &[1; 10]);
        reel.ended();
        let tracks = lock(&tape.tracks);
        let room: usize = tracks.iter().map(|track| track.bytes.capacity() + 16 * track.marks.capacity()).sum();
        let counted: u64 = tracks.iter().map(Track::cost).sum();
        assert_eq!(room as u64, counted);
        drop(tracks);
    }

    #[test]
    fn what_came_with_a_handshake_is_moved_to_the_frames() {
        let tap = tap(4096, 1 << 20);
        let tape = tap.reel().tape();
        tape.record(Part::Request, 3, b"GET /ws");
        tape.record(Part::Request, 4, b" HTTP/1.1\r\n\r\n\x81\x80abcd");
        tape.reassign(6, Part::Request, Part::FramesIn);
        tape.record(Part::FramesIn, 8, b"\x81");
        let captures = tape.captures();
        assert_eq!(bytes(captures.request.as_ref()), (b"GET /ws HTTP/1.1\r\n\r\n".to_vec(), 0));
        let frames = captures.frames_in.expect("frames").pieces;
        let expected = [Piece { at: 4, bytes: b"\x81\x80abcd".to_vec() }, Piece { at: 8, bytes: b"\x81".to_vec() }];
        assert_eq!(frames, expected);
        drop(tape);
        assert_eq!(tap.used.load(Relaxed), 0);
    }

    #[test]
    fn tapes_whose_runs_were_forgotten_leave_nothing_behind() {
        let tap = tap(1000, 1000);
        let (first, reel) = (tap.reel(), tap.reel());
        let kept = first.tape();
        kept.record(Part::Request, 1, b"x");
        first.keep(&kept);
        first.ended();
        for _ in 0..10_000 {
            reel.keep(&reel.tape());
            let other = tap.reel();
            other.keep(&other.tape());
            other.ended();
        }
        assert!(lock(&reel.tapes).tapes.len() <= FEW, "of one connection");
        assert!(lock(&tap.ended).tapes.len() <= FEW, "of those that have ended");
        assert!(kept.captures().request.is_some(), "one whose run is known stays");
    }

    #[test]
    fn a_limit_may_be_as_large_as_can_be() {
        let tap = tap(u64::MAX, u64::MAX);
        let tape = tap.reel().tape();
        tape.record(Part::FramesIn, 1, b"frames");
        assert_eq!(tape.captures().frames_in.map(|capture| capture.dropped), Some(0));
    }
}
