//! Wakes tasks in time, more precisely than tokio's timers do.
//!
//! Tokio rounds a timer up to a whole millisecond, and then the wait for events to another one. On a link of 20 ms
//! that is a tenth of what is to be shown. So one thread, for all links of the process, waits on a
//! condition variable with a time limit, which Linux keeps to some 50 µs, and wakes the tasks that are due.
//! It sleeps while there are none. Where no thread can be had, tokio's timers do.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::pin::Pin;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use tokio::time::{Instant, Sleep};

use crate::server::clock::timer_now;

/// One task's alarm.
#[derive(Debug)]
pub(super) enum Alarm {
    /// Rung by the bell; with the time for which it was set.
    Precise(&'static Bell, Option<Instant>),
    /// Rung by tokio.
    Tokio(Option<Pin<Box<Sleep>>>),
}

impl Alarm {
    /// The most precise one that there is.
    pub(super) fn precise() -> Self {
        Bell::hung().map_or_else(Self::on_tokio_time, |bell| Self::Precise(bell, None))
    }

    /// One that keeps to tokio's clock, also where that is held still.
    pub(super) fn on_tokio_time() -> Self {
        Self::Tokio(None)
    }

    /// Ready once `at` has come; until then the task is woken at that time, or earlier. Never ready
    /// without a time.
    pub(super) fn poll(&mut self, at: Option<Instant>, context: &mut Context<'_>) -> Poll<()> {
        let Some(at) = at else {
            return Poll::Pending;
        };
        match self {
            Self::Precise(bell, set) => {
                let now = timer_now();
                if at <= now {
                    return Poll::Ready(());
                }
                if !set.is_some_and(|set| now < set && set <= at) {
                    *set = Some(at);
                    bell.ring(at, context.waker().clone());
                }
                Poll::Pending
            }
            Self::Tokio(sleep) => {
                let sleep = sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
                if sleep.deadline() != at {
                    sleep.as_mut().reset(at);
                }
                sleep.as_mut().poll(context)
            }
        }
    }
}

/// The thread's list of whom to wake.
#[derive(Debug, Default)]
pub(super) struct Bell {
    calls: Mutex<BinaryHeap<Call>>,
    /// There is a call that is earlier than all others.
    earlier: Condvar,
}

impl Bell {
    /// The bell of this process, hung when it is first asked for; `None` if there can be none.
    fn hung() -> Option<&'static Self> {
        static BELL: OnceLock<Bell> = OnceLock::new();
        static RINGS: OnceLock<bool> = OnceLock::new();
        let bell = BELL.get_or_init(Self::default);
        let start = || match thread::Builder::new().name("link-timer".to_owned()).spawn(|| bell.keep_ringing()) {
            Ok(_) => true,
            Err(error) => {
                tracing::warn!(%error, "no thread for the emulated links: their delays are up to 2 ms longer");
                false
            }
        };
        RINGS.get_or_init(start).then_some(bell)
    }

    fn ring(&self, at: Instant, waker: Waker) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let is_earliest = calls.peek().is_none_or(|call| at < call.at);
        calls.push(Call { at, waker });
        drop(calls);
        if is_earliest {
            self.earlier.notify_one();
        }
    }

    fn keep_ringing(&self) {
        let mut due = Vec::new();
        loop {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            while due.is_empty() {
                let now = timer_now();
                while calls.peek().is_some_and(|call| call.at <= now) {
                    due.extend(calls.pop());
                }
                if !due.is_empty() {
                    break;
                }
                calls = match calls.peek().map(|call| call.at - now) {
                    None => self.earlier.wait(calls).unwrap_or_else(PoisonError::into_inner),
                    Some(left) => self.earlier.wait_timeout(calls, left).unwrap_or_else(PoisonError::into_inner).0,
                };
            }
            drop(calls);
            due.drain(..).for_each(|call| call.waker.wake());
        }
    }
}

/// Whom to wake, and when. The earliest is the greatest, for the heap.
#[derive(Debug)]
struct Call {
    at: Instant,
    waker: Waker,
}

impl Ord for Call {
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.cmp(&self.at)
    }
}

impl PartialOrd for Call {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Call {}
