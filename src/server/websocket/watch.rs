//! Watches that a client is still there (RFC 6455 §5.5.2): after some silence it is to be sent a ping,
//! and if nothing comes then either, it is gone.
//!
//! A read costs no more than a flag: the timer is left to run out, and only then moved by what came
//! meanwhile.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Sleep, sleep};

/// Watches one client.
#[derive(Debug)]
pub(super) struct Watch {
    idle: Duration,
    pong: Duration,
    timer: Pin<Box<Sleep>>,
    /// Something was read since the timer was set.
    heard: bool,
    /// A ping was sent, and nothing was read since.
    asked: bool,
}

/// What a client's silence calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// It is to be sent a ping.
    Ask,
    /// It gave no sign of life after a ping.
    Gone,
}

impl Watch {
    /// A watch that asks after `idle` of silence, and gives up `pong` later.
    pub(super) fn new(idle: Duration, pong: Duration) -> Self {
        Self { idle, pong, timer: Box::pin(sleep(idle)), heard: false, asked: false }
    }

    /// Something was read from the client.
    pub(super) fn heard(&mut self) {
        self.heard = true;
        if self.asked {
            self.listen(Duration::ZERO);
        }
    }

    /// Resolves when the client was silent for too long. `silent` tells for how long it was, when it
    /// was heard. May be dropped while it waits and called again.
    pub(super) async fn silence(&mut self, silent: impl Fn() -> Duration) -> Silence {
        loop {
            self.timer.as_mut().await;
            if self.heard {
                self.listen(silent());
            } else if self.asked {
                return Silence::Gone;
            } else {
                self.asked = true;
                self.timer.set(sleep(self.pong));
                return Silence::Ask;
            }
        }
    }

    fn listen(&mut self, silent: Duration) {
        self.heard = false;
        self.asked = false;
        self.timer.set(sleep(self.idle.saturating_sub(silent)));
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, timeout};

    use super::*;

    const IDLE: Duration = Duration::from_secs(120);
    const PONG: Duration = Duration::from_secs(30);
    const MOMENT: Duration = Duration::from_millis(5);

    fn just_now() -> Duration {
        Duration::ZERO
    }

    async fn is_silent_for(watch: &mut Watch, time: Duration) -> bool {
        timeout(time - MOMENT, watch.silence(just_now)).await.is_err()
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_is_asked_and_then_given_up() {
        let mut watch = Watch::new(IDLE, PONG);
        assert!(is_silent_for(&mut watch, IDLE).await);
        assert_eq!(timeout(2 * MOMENT, watch.silence(just_now)).await, Ok(Silence::Ask));
        assert!(is_silent_for(&mut watch, PONG).await);
        assert_eq!(timeout(2 * MOMENT, watch.silence(just_now)).await, Ok(Silence::Gone));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_answers_is_left_in_peace_for_another_while() {
        let mut watch = Watch::new(IDLE, PONG);
        assert_eq!(watch.silence(just_now).await, Silence::Ask);
        advance(PONG / 2).await;
        watch.heard();
        assert!(is_silent_for(&mut watch, IDLE).await);
        assert_eq!(timeout(2 * MOMENT, watch.silence(just_now)).await, Ok(Silence::Ask));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_counts_from_what_was_heard_last() {
        let mut watch = Watch::new(IDLE, PONG);
        advance(IDLE / 4).await;
        watch.heard();
        // The timer runs out after three quarters more, and is told that it was silent for as long.
        let asked = timeout(IDLE - MOMENT, watch.silence(|| IDLE * 3 / 4)).await;
        assert!(asked.is_err());
        assert_eq!(timeout(2 * MOMENT, watch.silence(just_now)).await, Ok(Silence::Ask));
    }
}
