//! The news feeds: numbered items that are published on schedule or on demand, and are kept, so that
//! whoever asks late, or again, gets the same items by whatever way.
//!
//! A feed is begun by the first request that names it with a [`Plan`]. One with an interval has a
//! task of its own that publishes; the task ends with the last item, or when the feed is forgotten.
//! Readers keep nothing here: each asks for what follows after a number.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Interval;

use super::budget::{Budget, Share};
use super::clock::Clock;
use super::registry::{Lease, Registry};
use crate::wire::{NewsAnswer, NewsItem, RunId, news::limits};

/// How many feeds are kept.
const MAX_FEEDS: usize = 1_024;
/// Bytes of text that all feeds keep; what a schedule pads its items with is there once a feed.
const MAX_TEXT_IN_ALL: usize = 16 << 20;
/// Bytes of text after which an answer to a poll takes no more items.
const ANSWER: usize = 1 << 20;

/// All feeds.
#[derive(Debug)]
pub(crate) struct News {
    clock: Clock,
    feeds: Registry<Feed>,
    texts: Budget,
}

/// What a feed is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// From one item to the next, the first included; zero: items come on demand alone.
    pub(crate) interval: Duration,
    /// How many items it will have.
    pub(crate) items: u32,
    /// Bytes of text in each item that is published on schedule.
    pub(crate) size: usize,
}

/// One feed.
#[derive(Debug)]
pub(crate) struct Feed {
    plan: Plan,
    /// What it has published.
    pub(crate) items: Arc<Items>,
    publisher: Option<AbortHandle>,
}

/// The items of a feed until now.
#[derive(Debug)]
pub(crate) struct Items {
    clock: Clock,
    id: RunId,
    /// How many there will be.
    planned: u32,
    /// The text of all items that have none of their own, and the room it takes.
    padding: (String, Share),
    kept: Mutex<Vec<Kept>>,
    /// The last item's number; what readers wait on.
    last: watch::Sender<u32>,
}

#[derive(Debug)]
struct Kept {
    published: u64,
    text: Option<(String, Share)>,
}

/// Why a feed does not do what it was asked for. Each is a sentence for who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum NewsError {
    /// Nobody began it, or it is forgotten.
    #[error(
        "This server knows no such feed: nobody began it, or it was not used for a quarter of an hour. Begin it with \
         the parameter “interval”: milliseconds from one item to the next, or 0 for items on demand."
    )]
    Unknown,
    /// It was begun otherwise.
    #[error(
        "This feed is there already, with interval={}, items={}, size={}: ask with these, or without, or name another \
         feed.", .0.interval.as_millis(), .0.items, .0.size
    )]
    Otherwise(Plan),
    /// There is no room for one more.
    #[error("This server has {MAX_FEEDS} feeds, and all of them are in use: try again when one has ended.")]
    TooManyFeeds,
    /// There is no room for one more text.
    #[error("This server keeps {MAX_TEXT_IN_ALL} bytes of news, and all are in use: send a shorter text, or later.")]
    NoRoom,
    /// It publishes by itself.
    #[error("This feed publishes on schedule; items are published on demand in a feed that is begun with interval=0.")]
    OnSchedule,
    /// It has all its items.
    #[error("This feed has ended: it has all the items that it was begun for.")]
    Ended,
}

impl News {
    /// No feeds yet.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, feeds: Registry::new(clock, MAX_FEEDS), texts: Budget::new(MAX_TEXT_IN_ALL) }
    }

    /// The feed of that name; with a plan, it is begun now unless it is there already.
    ///
    /// # Errors
    /// When it is not known and there is no plan, when it has another plan, or there is no room.
    pub(crate) fn open(&self, id: RunId, plan: Option<Plan>) -> Result<Lease<Feed>, NewsError> {
        let known = self.feeds.get(id);
        let Some(plan) = plan else {
            return known.ok_or(NewsError::Unknown);
        };
        let feed = match known {
            Some(feed) => feed,
            None => {
                let padding = self.keep(padding(plan.size))?;
                let begin = || Feed::begin(id, plan, padding, self.clock);
                self.feeds.get_or_make(id, begin).map_err(|_| NewsError::TooManyFeeds)?
            }
        };
        if feed.plan == plan { Ok(feed) } else { Err(NewsError::Otherwise(feed.plan)) }
    }

    /// Publishes an item on demand.
    ///
    /// # Errors
    /// When the feed publishes on schedule or has ended, or there is no room.
    pub(crate) fn publish(&self, feed: &Feed, text: String) -> Result<NewsItem, NewsError> {
        if !feed.plan.interval.is_zero() {
            return Err(NewsError::OnSchedule);
        }
        feed.items.publish(Some(self.keep(text)?)).ok_or(NewsError::Ended)
    }

    /// Finds room for a text; feeds that nobody uses go for it.
    fn keep(&self, text: String) -> Result<(String, Share), NewsError> {
        loop {
            if let Some(share) = self.texts.take(text.len()) {
                return Ok((text, share));
            }
            if !self.feeds.forget_longest_unused() {
                return Err(NewsError::NoRoom);
            }
        }
    }
}

/// Text of so many bytes that nobody takes for something that somebody said.
fn padding(size: usize) -> String {
    "news ".chars().cycle().take(size).collect()
}

impl Feed {
    fn begin(id: RunId, plan: Plan, padding: (String, Share), clock: Clock) -> Self {
        let items = Arc::new(Items {
            clock,
            id,
            planned: plan.items,
            padding,
            kept: Mutex::default(),
            last: watch::Sender::new(0),
        });
        let publisher = (!plan.interval.is_zero()).then(|| {
            // The schedule begins now, not when the task is first run.
            let ticks = tokio::time::interval(plan.interval);
            tokio::spawn(publish_on_schedule(Arc::clone(&items), ticks)).abort_handle()
        });
        Self { plan, items, publisher }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if let Some(publisher) = &self.publisher {
            publisher.abort();
        }
    }
}

/// Publishes an item at each tick but the first. The ticks are counted from the start, so that
/// a late one does not move those that follow.
async fn publish_on_schedule(items: Arc<Items>, mut ticks: Interval) {
    ticks.tick().await;
    loop {
        ticks.tick().await;
        if items.publish(None).is_none() || items.end() == Some(items.last()) {
            return;
        }
    }
}

impl Items {
    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes one more now, or nothing when there are all that were planned.
    fn publish(&self, text: Option<(String, Share)>) -> Option<NewsItem> {
        let mut kept = self.kept();
        let number = self.last() + 1;
        if number > self.planned {
            return None;
        }
        kept.push(Kept { published: self.clock.now(), text });
        let item = self.item(&kept, number);
        self.last.send_replace(number);
        item
    }

    fn item(&self, kept: &[Kept], number: u32) -> Option<NewsItem> {
        let at = usize::try_from(number.checked_sub(1)?).ok()?;
        let Kept { published, text } = kept.get(at)?;
        let (text, _) = text.as_ref().unwrap_or(&self.padding);
        Some(NewsItem { number, published: *published, text: text.clone() })
    }

    /// The number of the last item until now, 0 if there is none.
    fn last(&self) -> u32 {
        *self.last.borrow()
    }

    /// The number of the last item, if no more will come.
    pub(crate) fn end(&self) -> Option<u32> {
        Some(self.last()).filter(|&last| last >= self.planned)
    }

    /// What there is after a number, as far as it has room in one answer.
    pub(crate) fn answer(&self, after: u32) -> NewsAnswer {
        let kept = self.kept();
        let mut items: Vec<NewsItem> = Vec::new();
        let mut length = 0;
        let mut last = after;
        while length < ANSWER
            && let Some(item) = self.item(&kept, last.saturating_add(1))
        {
            length += item.text.len();
            last = item.number;
            items.push(item);
        }
        let ended = self.end().is_some_and(|end| end <= last);
        NewsAnswer { feed: self.id, now: self.clock.now(), items, last, ended }
    }

    /// Resolves when there is something after a number, or nothing will come any more.
    pub(crate) async fn wait(&self, after: u32) {
        // It fails only when the sender is gone, and that is ours.
        drop(self.last.subscribe().wait_for(|&last| last > after || last >= self.planned).await);
    }

    /// The item after a number, once it is there; `None` when no more will come.
    pub(crate) async fn next(&self, after: u32) -> Option<NewsItem> {
        self.wait(after).await;
        self.item(&self.kept(), after.checked_add(1)?)
    }
}

impl Plan {
    /// One that is within the limits, or `None`.
    pub(crate) fn new(interval: u64, items: u32, size: usize) -> Option<Self> {
        let is_right = (interval == 0 || (limits::MIN_INTERVAL..=limits::MAX_INTERVAL).contains(&interval))
            && (1..=limits::MAX_ITEMS).contains(&items)
            && size <= limits::MAX_TEXT;
        is_right.then_some(Self { interval: Duration::from_millis(interval), items, size })
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, sleep, timeout};

    use super::*;

    const FEED: RunId = RunId(7);

    fn news() -> News {
        News::new(Clock::start())
    }

    fn plan(interval: u64, items: u32, size: usize) -> Option<Plan> {
        Some(Plan::new(interval, items, size).expect("it is within the limits"))
    }

    #[tokio::test(start_paused = true)]
    async fn items_come_on_schedule_from_the_start_and_then_end() {
        let news = news();
        let begun = news.clock.now();
        let feed = news.open(FEED, plan(100, 3, 4)).expect("it begins");
        for number in 1..=3 {
            let item = feed.items.next(number - 1).await.expect("it comes");
            let due = begun + u64::from(number) * 100_000;
            // Timers have a resolution of 1 ms.
            assert!((due..=due + 1_000).contains(&item.published), "{item:?} was due at {due}");
            assert_eq!((item.number, item.text.as_str()), (number, "news"));
        }
        assert_eq!(feed.items.next(3).await, None);
        assert_eq!(feed.items.end(), Some(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_item_does_not_move_those_that_follow() {
        let news = news();
        let begun = news.clock.now();
        let feed = news.open(FEED, plan(100, 20, 0)).expect("it begins");
        // The publisher does not get to run for so long.
        advance(Duration::from_millis(450)).await;
        let items: Vec<_> = [feed.items.next(3).await, feed.items.next(9).await].into_iter().flatten().collect();
        let after = |item: &NewsItem| (item.published - begun) / 1000;
        assert!(after(&items[0]) >= 450, "it was published late, and says so");
        assert!((1000..=1001).contains(&after(&items[1])), "the tenth is in time again: {}", after(&items[1]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_waits_is_woken_by_an_item_on_demand() {
        let news = news();
        let feed = news.open(FEED, plan(0, 2, 0)).expect("it begins");
        let items = Arc::clone(&feed.items);
        let reader = tokio::spawn(async move { (items.next(0).await, items.next(1).await, items.next(2).await) });
        assert!(timeout(Duration::from_secs(3600), feed.items.wait(0)).await.is_err(), "nothing comes by itself");
        let published = ["one", "two"].map(|text| news.publish(&feed, text.to_owned()).expect("there is room"));
        let [one, two] = published;
        assert_eq!(reader.await.expect("it reads"), (Some(one), Some(two), None));
        assert_eq!(news.publish(&feed, "three".to_owned()), Err(NewsError::Ended));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_asks_late_gets_the_same_items() {
        let news = news();
        let feed = news.open(FEED, plan(10, 50, 8)).expect("it begins");
        let mut followed = Vec::new();
        while let Some(item) = feed.items.next(followed.len() as u32).await {
            followed.push(item);
        }
        let answer = feed.items.answer(0);
        assert_eq!(answer.items, followed);
        assert!(answer.ended && answer.last == 50);
        let answer = feed.items.answer(48);
        assert_eq!(answer.items, followed[48..]);
        let answer = feed.items.answer(u32::MAX);
        assert!(answer.items.is_empty() && answer.ended && answer.last == u32::MAX);
    }

    #[tokio::test]
    async fn an_answer_has_a_bound_and_the_next_goes_on_where_it_ends() {
        let news = news();
        let feed = news.open(FEED, plan(0, 100, 0)).expect("it begins");
        for _ in 0..40 {
            news.publish(&feed, padding(limits::MAX_TEXT)).expect("there is room");
        }
        let mut last = 0;
        let mut numbers = Vec::new();
        for expected in [16, 16, 8, 0] {
            let answer = feed.items.answer(last);
            assert_eq!(answer.items.len(), expected);
            numbers.extend(answer.items.iter().map(|item| item.number));
            assert!(!answer.ended);
            last = answer.last;
        }
        assert!(numbers.into_iter().eq(1..=40));
    }

    #[tokio::test]
    async fn feeds_are_begun_once_and_known_by_their_plan() {
        let news = news();
        assert_eq!(news.open(FEED, None).err(), Some(NewsError::Unknown));
        assert!(news.open(FEED, plan(10, 5, 0)).is_ok());
        assert!(news.open(FEED, plan(10, 5, 0)).is_ok());
        assert!(news.open(FEED, None).is_ok());
        let error = news.open(FEED, plan(20, 5, 0)).expect_err("it is another");
        assert!(error.to_string().contains("interval=10, items=5, size=0"), "{error}");
        let feed = news.open(FEED, None).expect("it is known");
        assert_eq!(news.publish(&feed, String::new()), Err(NewsError::OnSchedule));
    }

    #[tokio::test]
    async fn texts_have_room_for_so_many_bytes_and_unused_feeds_go_for_new_ones() {
        let news = news();
        let feed = news.open(RunId(1), plan(0, 10_000, 0)).expect("it begins");
        let text = padding(limits::MAX_TEXT);
        for _ in 0..MAX_TEXT_IN_ALL / text.len() {
            news.publish(&feed, text.clone()).expect("there is room");
        }
        assert_eq!(news.publish(&feed, "x".to_owned()), Err(NewsError::NoRoom));
        assert_eq!(news.open(RunId(2), plan(10, 1, 1)).err(), Some(NewsError::NoRoom));
        drop(feed);
        assert!(news.open(RunId(2), plan(10, 1, 1)).is_ok());
        assert_eq!(news.open(RunId(1), None).err(), Some(NewsError::Unknown));
    }

    #[tokio::test]
    async fn so_many_feeds_may_be_in_use() {
        let news = news();
        let held: Vec<_> = (0..MAX_FEEDS as u128).map(|id| news.open(RunId(id), plan(0, 1, 0))).collect();
        assert!(held.iter().all(Result::is_ok));
        assert_eq!(news.open(RunId(MAX_FEEDS as u128), plan(0, 1, 0)).err(), Some(NewsError::TooManyFeeds));
        drop(held);
        assert!(news.open(RunId(MAX_FEEDS as u128), plan(0, 1, 0)).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_publisher_ends_with_its_feed() {
        let news = news();
        let feed = news.open(FEED, plan(1_000, 10_000, 0)).expect("it begins");
        let items = Arc::downgrade(&feed.items);
        let publisher = feed.publisher.clone().expect("there is one");
        drop(feed);
        sleep(Duration::from_secs(5)).await;
        assert!(!publisher.is_finished(), "a feed that nobody reads publishes all the same");
        assert!(news.feeds.forget_longest_unused());
        // The aborted task is dropped by the runtime.
        while items.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(publisher.is_finished());
    }

    #[test]
    fn plans_have_limits() {
        for (interval, items, size) in [(10, 1, 0), (60_000, 10_000, 65_536), (0, 1, 0)] {
            assert!(Plan::new(interval, items, size).is_some());
        }
        for (interval, items, size) in [(9, 1, 0), (60_001, 1, 0), (10, 0, 0), (10, 10_001, 0), (10, 1, 65_537)] {
            assert!(Plan::new(interval, items, size).is_none());
        }
    }
}
