//! Requests that are interrupted, on new connections and on such that were used before, and asked again.

use super::Script;
use crate::analysis::judgement::interruption::part;
use crate::lab::exchange::fill;
use crate::network::{Failed, Method, Network, Request, Response, Service};
use crate::trace::{Cause, Failure, MessageId, Protocol, Span, Turn};
use crate::wire::{Fault, query};

/// The most connections that a browser keeps to one host over HTTP/1.1.
const POOL: usize = 6;
/// Bytes of a body: half of it is a sentence.
const SIZE: usize = 64;
/// Part of a round trip after which the page gives its request up: too early, and it does not arrive; too late, and
/// the answer is there.
const IMPATIENCE: [(i64, i64); 8] = [(1, 2), (3, 4), (1, 4), (5, 8), (3, 8), (7, 8), (1, 8), (9, 10)];

impl<N: Network> Script<'_, N> {
    /// A browser may have connections that the page came on. Each of these requests takes one and closes it.
    ///
    /// # Errors
    /// When not even the first is answered.
    pub(super) async fn empty_the_pool(&self) -> Result<(), Failure> {
        self.network.part(part::EMPTYING, Some(Protocol::Http));
        for place in 0..POOL {
            self.network.between_turns().await;
            if let (0, Err(Failed { failure, .. })) = (place, self.make_ready(query::CLOSE).await) {
                return Err(failure);
            }
        }
        Ok(())
    }

    /// An exchange that leaves the connection open or closes it: the next one is then on that, or on a new one.
    async fn make_ready(&self, connection: &str) -> Result<(), Failed> {
        let query = [(query::CONNECTION, connection)];
        self.ask(Request::echo(Turn::WARM_UP, b"").with(&query)).await.map(drop)
    }

    /// Sends a request that meets no fault. If nothing comes, nobody answers any more.
    async fn ask(&self, request: Request<'_>) -> Result<Response, Failed> {
        let asked = self.network.fetch(request).await;
        if let Err(Failed { failure: Failure { cause: Cause::ReplyTimeout { .. }, .. }, .. }) = &asked {
            self.silent(Protocol::Http).set(true);
        }
        asked
    }

    /// Requests that meet the fault: a `POST` and a `GET`, each on a new connection and on a used one. Then what
    /// failed is asked again without the fault: the `GET` as anything may that is idempotent (RFC 9110 §9.2.2), the
    /// `POST` as an impatient person would.
    pub(super) async fn over_http(&self, fault: Fault) {
        self.network.part(&part::http(fault), Some(Protocol::Http));
        for connection in [query::CLOSE, query::KEEP_ALIVE] {
            for method in [Method::Post, Method::Get] {
                self.network.between_turns().await;
                // If it fails, the next one shows what there is.
                drop(self.make_ready(connection).await);
                if self.silent(Protocol::Http).get() {
                    return;
                }
                self.interrupt(fault, method).await;
            }
        }
    }

    async fn interrupt(&self, fault: Fault, method: Method) {
        let turn = self.next_turn();
        let mut body = Vec::with_capacity(SIZE);
        fill(&mut body, turn, SIZE);
        let body = (method != Method::Get).then_some(&body[..]);
        let request = Request { method, body, streamed: true, ..Request::echo(turn, &[]) };
        let query = [(query::FAULT, fault.name())];
        let within = self.patience(fault);
        if let Err(Failed { request: Some(failed), .. }) =
            self.network.fetch(Request { within, ..request.with(&query) }).await
        {
            self.ask_again(request, failed).await;
        }
    }

    /// Asks again until there is an answer, as often as it may. Returns whether there was one.
    async fn ask_again(&self, request: Request<'_>, mut failed: MessageId) -> bool {
        for before in 0..self.retries {
            match before.checked_sub(1) {
                Some(waits) => self.back_off(waits).await,
                None => self.network.between_turns().await,
            }
            match self.ask(Request { retries: Some(failed), ..request }).await {
                Ok(_) => return true,
                Err(_) if self.silent(Protocol::Http).get() => return false,
                Err(Failed { request: Some(again), .. }) => failed = again,
                Err(_) => return false,
            }
        }
        false
    }

    /// The page does not wait for the answer, and orders again: at a Duplex server by publishing a news item, which
    /// really changes something there. Tried until the feed has an item twice, as often as it may.
    pub(super) async fn give_up_a_request(&self) {
        self.network.part(part::GIVEN_UP, Some(Protocol::Http));
        let feeds = self.network.offers(Service::News, Protocol::Http);
        let feed = self.network.place().id(super::ORDERS).to_string();
        let query: &[_] = if feeds { &[(query::FEED, feed.as_str()), (query::INTERVAL, "0")] } else { &[] };
        let service = if feeds { Service::News } else { Service::Echo };
        // The first opens the connection, the second tells how long an answer takes.
        let mut round_trip = Span::ZERO;
        for _ in 0..2 {
            let began = self.network.now();
            if self
                .network
                .fetch(Request { service, ..Request::echo(Turn::WARM_UP, b"ready") }.with(query))
                .await
                .is_err()
            {
                return;
            }
            round_trip = self.network.now() - began;
        }
        for (part, of) in IMPATIENCE.into_iter().take(self.retries as usize) {
            self.network.between_turns().await;
            let turn = self.next_turn();
            let text = format!("order {}", turn.number);
            let request = Request { service, ..Request::echo(turn, text.as_bytes()) }.with(query);
            let within = Some(Span(round_trip.0 * part / of));
            let given_up = self.network.fetch(Request { within, ..request }).await;
            let Err(Failed { request: Some(failed), .. }) = given_up else { continue };
            if self.ask_again(request, failed).await && feeds && self.feed_has_twice(&feed, &text).await {
                return;
            }
        }
    }

    /// Whether the feed has two items with that text, as it says itself.
    async fn feed_has_twice(&self, feed: &str, text: &str) -> bool {
        let query = [(query::FEED, feed)];
        let asked = self.network.fetch(Request::get(self.next_turn(), Service::News).with(&query)).await;
        let Ok(answer) = asked else { return false };
        let items = serde_json::from_slice::<crate::wire::NewsAnswer>(&answer.body).map(|answer| answer.items);
        items.unwrap_or_default().iter().filter(|item| item.text == text).count() > 1
    }
}
