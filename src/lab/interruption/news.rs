//! What a reader of news misses while it is away, and how it gets that afterwards: with the number of the last item
//! that it had. An `EventSource` does so by itself.

use super::Script;
use crate::analysis::judgement::interruption::part;
use crate::network::{Events, Method, Network, Opening, Request, Service, Socket};
use crate::trace::{Protocol, Span};
use crate::wire::query;

/// Items that are there before the reader leaves.
const BEFORE: u32 = 2;
/// Items that come while it is away.
const MEANWHILE: u32 = 3;
/// How long an `EventSource` is given to come back: our server asks it to wait for a second.
const COMES_BACK: Span = Span::from_millis(3_000);

impl<N: Network> Script<'_, N> {
    /// A stream of events ends, and the page does nothing about it.
    pub(super) async fn end_an_event_source(&self) {
        self.network.part(part::EVENT_SOURCE, Some(Protocol::Http));
        self.network.between_turns().await;
        let feed = self.network.place().id(super::SHORT_FEED).to_string();
        // A feed of one item ends with it, and its stream of events too.
        self.publish(&[(query::FEED, &feed), (query::INTERVAL, "0"), (query::ITEMS, "1")]).await;
        let query = [(query::FEED, feed.as_str())];
        let listened = self.network.listen(Request::get(self.next_turn(), Service::NewsEvents).with(&query)).await;
        let Ok(events) = listened else { return };
        // The item, the word that it was the last, and then nothing until the stream is closed for good.
        while events.next(Some(COMES_BACK)).await.is_ok() {}
        events.close();
    }

    /// A reader leaves, items are published, and it comes back: once with the number of the last item that it had,
    /// and once without.
    pub(super) async fn resume_the_news(&self) {
        let feed = self.network.place().id(super::NEWS).to_string();
        let begun = [(query::FEED, feed.as_str()), (query::INTERVAL, "0")];
        self.network.part(part::AWAY, None);
        for _ in 0..BEFORE {
            self.publish(&begun).await;
        }
        self.read(&[(query::FEED, &feed)], BEFORE).await;
        for _ in 0..MEANWHILE {
            self.publish(&begun).await;
        }
        self.network.part(part::RESUMED, Some(Protocol::WebSocket));
        self.read(&[(query::FEED, &feed), (query::AFTER, &BEFORE.to_string())], MEANWHILE).await;
        self.network.part(part::BEGUN_AGAIN, Some(Protocol::WebSocket));
        self.read(&[(query::FEED, &feed)], BEFORE + MEANWHILE).await;
    }

    async fn publish(&self, query: &[(&str, &str)]) {
        self.network.between_turns().await;
        let turn = self.next_turn();
        let text = format!("news {}", turn.number);
        let request = Request { service: Service::News, method: Method::Post, ..Request::echo(turn, text.as_bytes()) };
        // What is not published does not come, and that is seen.
        drop(self.network.fetch(request.with(query)).await);
    }

    /// Opens the feed, takes as many items, waits a moment whether there are more, and leaves.
    async fn read(&self, query: &[(&str, &str)], items: u32) {
        self.network.between_turns().await;
        let turn = self.next_turn();
        let Ok(socket) = self.network.open(Opening::of(turn, Service::News).with(query)).await else { return };
        for _ in 0..items {
            if socket.next(turn, None).await.is_err() {
                return;
            }
        }
        while socket.next(turn, Some(Span::from_millis(100))).await.is_ok() {}
        socket.close(1000, "").await;
    }
}
