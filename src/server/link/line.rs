//! One way of an emulated link, as a value: bytes enter at a time and have arrived at a later one.
//!
//! There is no clock and no I/O in here: `now` is an argument.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::time::Duration;

use tokio::time::Instant;

use crate::wire::Link;

/// What a line holds at least, in bytes.
const LEAST_CAPACITY: usize = 64 << 10;
/// What a line holds at most, however fast and long the link is, in bytes.
const MOST_CAPACITY: usize = 8 << 20;
/// What a line holds if the link has no rate, in bytes.
const CAPACITY_WITHOUT_RATE: usize = 1 << 20;
/// Less room than this is none, so that a full line is not filled up byte by byte.
const LEAST_ROOM: usize = 4 << 10;
/// A line of this many bytes is kept when it runs empty; a larger one is given back.
const KEPT: usize = 64 << 10;
/// With a rate, pieces are at least this long: what an Ethernet packet carries, in bytes.
const SEGMENT: usize = 1_460;

/// How an emulated link treats what is sent one way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    delay: Duration,
    jitter: Duration,
    /// Bytes a second, at least 1.
    rate: Option<u64>,
}

impl Route {
    pub(super) fn of(link: &Link) -> Self {
        Self {
            delay: Duration::from_micros(link.rtt) / 2,
            jitter: Duration::from_micros(link.jitter),
            rate: link.rate.map(|rate| rate.max(1)),
        }
    }

    /// Whether it leaves everything as it is.
    pub(super) fn is_direct(&self) -> bool {
        self.delay.is_zero() && self.jitter.is_zero() && self.rate.is_none()
    }

    /// The bandwidth-delay product of the whole way there and back, within bounds.
    fn capacity(&self) -> usize {
        let Some(rate) = self.rate else {
            return CAPACITY_WITHOUT_RATE;
        };
        let product = (self.delay * 2).as_micros().saturating_mul(rate.into()) / 1_000_000;
        usize::try_from(product).unwrap_or(usize::MAX).clamp(LEAST_CAPACITY, MOST_CAPACITY)
    }

    /// How long the pieces are into which bytes are cut: with a rate what leaves in a millisecond, so
    /// that the first bytes need not wait for the last ones.
    fn piece(&self) -> usize {
        let in_a_millisecond = self.rate.map(|rate| usize::try_from(rate / 1_000).unwrap_or(usize::MAX));
        in_a_millisecond.map_or(usize::MAX, |bytes| bytes.max(SEGMENT))
    }

    /// How long so many bytes take to leave.
    fn leaving(&self, bytes: usize) -> Duration {
        let Some(rate) = self.rate else {
            return Duration::ZERO;
        };
        let nanoseconds = (bytes as u128 * 1_000_000_000).div_ceil(rate.into());
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }

    /// How long the next thing travels.
    fn travel(&self, random: &mut Random) -> Duration {
        let spread = u64::try_from(self.jitter.as_nanos() * 2).unwrap_or(u64::MAX - 1);
        let more = Duration::from_nanos(random.up_to(spread));
        (self.delay + more).saturating_sub(self.jitter)
    }
}

/// How a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With an end of stream (FIN).
    InOrder,
    /// With a reset (RST).
    Reset,
    /// With an error of the stream below.
    Failed(Failure),
}

/// An error that can be told more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    kind: io::ErrorKind,
    code: Option<i32>,
}

impl From<&io::Error> for Failure {
    fn from(error: &io::Error) -> Self {
        Self { kind: error.kind(), code: error.raw_os_error() }
    }
}

impl From<io::ErrorKind> for Failure {
    fn from(kind: io::ErrorKind) -> Self {
        Self { kind, code: None }
    }
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        failure.code.map_or_else(|| failure.kind.into(), Self::from_raw_os_error)
    }
}

/// Bytes that set out together and arrive together.
#[derive(Clone, Copy, Debug)]
struct Piece {
    length: usize,
    due: Instant,
}

/// One way of a link, with what is on it.
#[derive(Debug)]
pub(super) struct DelayLine {
    route: Route,
    capacity: usize,
    random: Random,
    /// First those that have arrived, then those of the pieces.
    bytes: VecDeque<u8>,
    arrived: usize,
    /// What is under way, in order.
    pieces: VecDeque<Piece>,
    /// When the last byte that was sent has left.
    free: Instant,
    /// When the latest of all that was sent arrives.
    last_due: Instant,
    /// The end, with the time at which it arrives.
    end: Option<(End, Instant)>,
    end_arrived: bool,
}

impl DelayLine {
    /// An empty line on which nothing sets out before `opens`.
    pub(super) fn new(route: Route, opens: Instant, seed: u64) -> Self {
        Self {
            route,
            capacity: route.capacity(),
            random: Random(seed),
            bytes: VecDeque::new(),
            arrived: 0,
            pieces: VecDeque::new(),
            free: opens,
            last_due: opens,
            end: None,
            end_arrived: false,
        }
    }

    /// How many bytes may be sent now. What is kept for each piece counts as well, so that many small pieces
    /// do not take more memory than few large ones.
    pub(super) fn room(&self) -> usize {
        let held = self.bytes.len() + self.pieces.len() * size_of::<Piece>();
        let room = self.capacity.saturating_sub(held);
        if room < LEAST_ROOM { 0 } else { room }
    }

    /// Sends as many of the bytes as there is room for, and gives their number; none after the end.
    pub(super) fn send(&mut self, now: Instant, bytes: &[u8]) -> usize {
        if self.end.is_some() {
            return 0;
        }
        let taken = &bytes[..bytes.len().min(self.room())];
        let travel = self.route.travel(&mut self.random);
        for piece in taken.chunks(self.route.piece()) {
            self.free = self.free.max(now) + self.route.leaving(piece.len());
            let due = self.last_due.max(self.free + travel);
            self.last_due = due;
            match self.pieces.back_mut() {
                Some(last) if last.due == due => last.length += piece.len(),
                _ => self.pieces.push_back(Piece { length: piece.len(), due }),
            }
        }
        self.bytes.extend(taken);
        taken.len()
    }

    /// Sends the end. Only the first one counts.
    pub(super) fn finish(&mut self, now: Instant, end: End) {
        if self.end.is_none() {
            let travel = self.route.travel(&mut self.random);
            self.last_due = self.last_due.max(self.free.max(now) + travel);
            self.end = Some((end, self.last_due));
        }
    }

    /// Whether the end was sent.
    pub(super) fn is_finished(&self) -> bool {
        self.end.is_some()
    }

    /// Whether it ends with a reset.
    pub(super) fn is_reset(&self) -> bool {
        matches!(self.end, Some((End::Reset, _)))
    }

    /// Whether a reset has arrived. It waits for nobody to take what came before.
    pub(super) fn is_reset_due(&self) -> bool {
        self.is_reset() && self.end_arrived
    }

    /// When something without length arrives that sets out now, apart from what is under way.
    pub(super) fn due_if_sent(&mut self, now: Instant) -> Instant {
        self.last_due.max(now + self.route.travel(&mut self.random))
    }

    /// When the last of what was sent until now arrives.
    pub(super) fn last_due(&self) -> Instant {
        self.last_due
    }

    /// When the next of what is under way arrives.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let end = self.end.filter(|_| !self.end_arrived);
        self.pieces.front().map(|piece| piece.due).or(end.map(|(_, due)| due))
    }

    /// Has all arrive that is due, and tells whether there was anything.
    pub(super) fn arrive(&mut self, now: Instant) -> bool {
        let mut any = false;
        while let Some(piece) = self.pieces.front().filter(|piece| piece.due <= now) {
            self.arrived += piece.length;
            self.pieces.pop_front();
            any = true;
        }
        if self.pieces.is_empty() && !self.end_arrived && self.end.is_some_and(|(_, due)| due <= now) {
            self.end_arrived = true;
            any = true;
        }
        any
    }

    /// The bytes that have arrived and were not taken.
    pub(super) fn arrived(&self) -> [IoSlice<'_>; 2] {
        let (front, back) = self.bytes.as_slices();
        let of_front = front.len().min(self.arrived);
        [IoSlice::new(&front[..of_front]), IoSlice::new(&back[..self.arrived - of_front])]
    }

    /// How many these are.
    pub(super) fn arrived_count(&self) -> usize {
        self.arrived
    }

    /// Takes so many of the bytes that have arrived off the line.
    pub(super) fn take(&mut self, count: usize) {
        let count = count.min(self.arrived);
        self.arrived -= count;
        self.bytes.drain(..count);
        if self.bytes.is_empty() && self.bytes.capacity() > KEPT {
            self.bytes = VecDeque::new();
        }
    }

    /// How the stream ended, once the end has arrived and all bytes before it were taken.
    pub(super) fn ended(&self) -> Option<End> {
        let is_over = self.end_arrived && self.arrived == 0;
        self.end.filter(|_| is_over).map(|(end, _)| end)
    }

    /// Whether the end has arrived, taken or not.
    pub(super) fn end_arrived(&self) -> bool {
        self.end_arrived
    }
}

/// A small generator for the jitter: SplitMix64 (Steele, Lea and Flood, 2014). Equal seeds give equal
/// delays; nobody shall be surprised, so it need not be hard to guess.
#[derive(Clone, Copy, Debug)]
struct Random(u64);

impl Random {
    /// Uniformly between 0 and `most`, both included.
    fn up_to(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let scaled = u128::from(mixed) * (u128::from(most) + 1);
        (scaled >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::server::clock::timer_now;

    fn line(rtt: u64, jitter: u64, rate: Option<u64>, seed: u64) -> (DelayLine, Instant) {
        let begin = timer_now();
        let link = Link { name: "test".to_owned(), rtt, jitter, rate };
        (DelayLine::new(Route::of(&link), begin, seed), begin)
    }

    /// Takes all that has arrived.
    fn taken(line: &mut DelayLine) -> Vec<u8> {
        let bytes: Vec<u8> = line.arrived().iter().flat_map(|slice| slice.to_vec()).collect();
        line.take(bytes.len());
        bytes
    }

    proptest! {
        #[test]
        fn jitter_stays_within_its_bounds_and_order_is_kept(
            sends in vec((0u64..30_000, 1usize..3_000), 1..60), rtt in 0u64..100_000, share in 0u64..=100, seed: u64,
        ) {
            let jitter = rtt / 2 * share / 100;
            let (mut line, begin) = line(rtt, jitter, None, seed);
            let (half, jitter) = (Duration::from_micros(rtt) / 2, Duration::from_micros(jitter));
            let (mut at, mut previous, mut all, mut seen) = (begin, begin, Vec::new(), Vec::new());
            for (index, (pause, length)) in sends.into_iter().enumerate() {
                at += Duration::from_micros(pause);
                let bytes = vec![index as u8; length];
                prop_assert_eq!(line.send(at, &bytes), length);
                all.extend(bytes);
                let due = line.last_due();
                prop_assert!(due >= (at + half) - jitter, "early");
                prop_assert!(due <= previous.max(at + half + jitter), "late");
                prop_assert!(due >= previous, "overtaken");
                previous = due;
            }
            line.finish(at, End::InOrder);
            while let Some(due) = line.next_due() {
                prop_assert!(!line.arrive(due - Duration::from_nanos(1)));
                prop_assert!(line.arrive(due));
                seen.extend(taken(&mut line));
            }
            prop_assert_eq!(seen, all);
            prop_assert_eq!(line.ended(), Some(End::InOrder));
        }

        #[test]
        fn a_rate_is_kept_whatever_is_sent(
            sends in vec((0u64..5_000, 1usize..9_000), 1..40), rate in 1_000u64..100_000_000, seed: u64,
        ) {
            let (mut line, begin) = line(10_000, 2_000, Some(rate), seed);
            let (mut at, mut sent, mut least) = (begin, 0, begin);
            for (pause, length) in sends {
                at += Duration::from_micros(pause);
                let count = line.send(at, &vec![0; length]);
                if count == 0 {
                    // The line is full.
                    continue;
                }
                sent += count;
                // Not before all the bytes that were sent since any moment could have left.
                least = least.max(at) + Duration::from_secs_f64(count as f64 / rate as f64);
                prop_assert!(line.last_due() + Duration::from_micros(1) >= least + Duration::from_micros(3_000));
            }
            prop_assert!(line.last_due() <= least + Duration::from_micros(7_100));
            let mut seen = 0;
            while let Some(due) = line.next_due() {
                line.arrive(due);
                seen += taken(&mut line).len();
                let at_most = (due - begin).as_secs_f64() * rate as f64;
                prop_assert!(seen as f64 <= at_most + 1.0, "{} of {}", seen, at_most);
            }
            prop_assert_eq!(seen, sent);
        }
    }

    #[test]
    fn all_of_the_jitter_is_used() {
        let (mut line, begin) = line(100_000, 20_000, None, 7);
        let mut delays = Vec::new();
        for second in 0..1_000 {
            let at = begin + Duration::from_secs(second);
            line.send(at, b"x");
            delays.push((line.last_due() - at).as_secs_f64() * 1e3);
        }
        let mean = delays.iter().sum::<f64>() / 1e3;
        let count = |range: std::ops::Range<f64>| delays.iter().filter(|delay| range.contains(*delay)).count();
        assert!((49.0..51.0).contains(&mean), "{mean}");
        // A tenth each, give or take.
        for tenth in 0..10 {
            let from = 30.0 + 4.0 * f64::from(tenth);
            let here = count(from..from + 4.0);
            assert!((60..=140).contains(&here), "{here} from {from}");
        }
        assert_eq!(count(30.0..70.0 + 1e-9), 1_000);
    }

    #[test]
    fn equal_seeds_give_equal_delays() {
        let due = |seed| {
            let (mut line, begin) = line(100_000, 50_000, None, seed);
            (0..20)
                .map(|second| {
                    line.send(begin + Duration::from_secs(second), b"x");
                    line.last_due() - begin
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(due(1), due(1));
        assert_ne!(due(1), due(2));
    }

    #[test]
    fn a_line_holds_the_bandwidth_delay_product_within_bounds() {
        let capacity = |rtt, rate| line(rtt, 0, rate, 0).0.room();
        assert_eq!(capacity(100_000, Some(10_000_000)), 1_000_000);
        assert_eq!(capacity(100_000, Some(1_000)), LEAST_CAPACITY);
        assert_eq!(capacity(60_000_000, Some(10_000_000_000)), MOST_CAPACITY);
        assert_eq!(capacity(100_000, None), CAPACITY_WITHOUT_RATE);
    }

    #[test]
    fn many_small_pieces_take_no_more_memory_than_few_large_ones() {
        let (mut line, mut at) = line(600_000, 0, None, 0);
        while line.send(at, b"x") == 1 {
            at += Duration::from_nanos(1);
        }
        assert!(line.bytes.len() < CAPACITY_WITHOUT_RATE / 16, "{}", line.bytes.len());
        assert!(line.pieces.len() * size_of::<Piece>() <= CAPACITY_WITHOUT_RATE);
    }

    #[test]
    fn a_full_line_takes_more_only_once_there_is_room_for_some() {
        let (mut line, begin) = line(10_000, 0, None, 0);
        line.send(begin, &vec![0; CAPACITY_WITHOUT_RATE]);
        assert_eq!(line.send(begin, b"more"), 0);
        line.arrive(begin + Duration::from_millis(5));
        assert_eq!(line.room(), 0, "what has arrived is held until it is taken");
        line.take(LEAST_ROOM - 1);
        assert_eq!(line.room(), 0);
        line.take(1);
        assert_eq!(line.room(), LEAST_ROOM);
    }

    #[test]
    fn an_error_can_be_told_twice() {
        let error = io::Error::from_raw_os_error(104);
        let again = io::Error::from(Failure::from(&error));
        assert_eq!((again.kind(), again.raw_os_error()), (error.kind(), Some(104)));
        let again = io::Error::from(Failure::from(io::ErrorKind::BrokenPipe));
        assert_eq!(again.kind(), io::ErrorKind::BrokenPipe);
    }
}
