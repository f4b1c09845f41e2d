//! News feeds: numbered items on schedule or on demand, the same by polling, as server-sent events, and over a
//! WebSocket.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::str::FromStr;

use futures_util::future::{Either, select};

use super::super::World;
use super::websocket::Socket;
use super::{Answer, Exchange, event};
use crate::network::bell::Bell;
use crate::trace::Span;
use crate::wire::news::limits;
use crate::wire::{NewsAnswer, NewsEnd, NewsItem, NewsResume, RunId, query};

/// A feed and its items.
pub(in super::super) struct Feed {
    id: RunId,
    plan: Plan,
    items: RefCell<Vec<NewsItem>>,
    bell: Bell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Plan {
    /// In ms; 0 is on demand.
    interval: u32,
    items: u32,
    size: usize,
}

fn number<T: FromStr>(exchange: &Exchange, name: &str, default: T) -> Result<T, Answer> {
    let wrong = |_| Answer::problem(400, &format!("The parameter “{name}” is wrong."));
    exchange.asked.value(name).map_or(Ok(default), |value| value.parse().map_err(wrong))
}

/// The feed that is asked for, begun if it has to be.
///
/// # Errors
/// The problem that is the answer.
pub(super) fn feed(exchange: &Exchange) -> Result<Rc<Feed>, Answer> {
    let id: RunId = exchange
        .asked
        .value(query::FEED)
        .and_then(|feed| feed.parse().ok())
        .ok_or_else(|| Answer::problem(400, "The parameter “feed” is the id of the feed."))?;
    let plan = match exchange.asked.value(query::INTERVAL) {
        None => None,
        Some(_) => Some(Plan {
            interval: number(exchange, query::INTERVAL, 0)?,
            items: number(exchange, query::ITEMS, limits::MAX_ITEMS)?,
            size: number(exchange, query::SIZE, 0)?,
        }),
    };
    let is_right = |plan: &Plan| {
        (plan.interval == 0 || (limits::MIN_INTERVAL..=limits::MAX_INTERVAL).contains(&u64::from(plan.interval)))
            && (1..=limits::MAX_ITEMS).contains(&plan.items)
            && plan.size <= limits::MAX_TEXT
    };
    if plan.as_ref().is_some_and(|plan| !is_right(plan)) {
        return Err(Answer::problem(400, "A feed is begun with “interval”, “items” and “size” within their limits."));
    }
    let world = &exchange.world;
    let known = world.feeds.borrow().get(&id).cloned();
    match (known, plan) {
        (None, None) => Err(Answer::problem(404, "Nobody has begun this feed.")),
        (Some(feed), plan) if plan.is_none_or(|plan| plan == feed.plan) => Ok(feed),
        (Some(_), _) => Err(Answer::problem(409, "This feed was begun with other parameters.")),
        (None, Some(plan)) => {
            let feed = Rc::new(Feed { id, plan, items: RefCell::default(), bell: Bell::default() });
            world.feeds.borrow_mut().insert(id, Rc::clone(&feed));
            if plan.interval > 0 {
                world.clock.spawn(publish_on_schedule(Rc::clone(world), Rc::clone(&feed)));
            }
            Ok(feed)
        }
    }
}

async fn publish_on_schedule(world: Rc<World>, feed: Rc<Feed>) {
    let text: String = "news ".chars().cycle().take(feed.plan.size).collect();
    for _ in 0..feed.plan.items {
        world.clock.sleep(Span::from_millis(feed.plan.interval)).await;
        if world.is_dead() {
            return;
        }
        feed.publish(world.server_now(), text.clone());
    }
}

impl Feed {
    fn publish(&self, published: u64, text: String) -> Option<NewsItem> {
        let number = self.last() + 1;
        if number > self.plan.items {
            return None;
        }
        let item = NewsItem { number, published, text };
        self.items.borrow_mut().push(item.clone());
        self.bell.ring();
        Some(item)
    }

    fn last(&self) -> u32 {
        self.items.borrow().len() as u32
    }

    fn has_ended(&self) -> bool {
        self.last() >= self.plan.items
    }

    fn after(&self, number: u32) -> Option<NewsItem> {
        self.items.borrow().get(number as usize).cloned()
    }

    /// The item after a number, once it is there; `None` when no more will come.
    async fn next(&self, after: u32) -> Option<NewsItem> {
        self.bell
            .until(|| match self.after(after) {
                Some(item) => Some(Some(item)),
                None => self.has_ended().then_some(None),
            })
            .await
    }
}

/// `GET /news`: the items after a number, at once, or as soon as there is one.
pub(super) async fn poll(exchange: &Exchange) {
    let wish = feed(exchange)
        .and_then(|feed| Ok((feed, number(exchange, query::AFTER, 0)?, number::<u32>(exchange, query::WAIT, 0)?)));
    let (feed, after, wait) = match wish {
        Ok(wish) => wish,
        Err(problem) => return exchange.respond(&problem),
    };
    if wait > 0 {
        drop(exchange.world.clock.within(Span::from_millis(wait), feed.next(after)).await);
    }
    let items: Vec<_> = feed.items.borrow().iter().skip(after as usize).cloned().collect();
    let last = items.last().map_or(after, |item| item.number);
    let ended = feed.has_ended() && feed.last() <= last;
    let now = exchange.world.server_now();
    exchange.respond(&Answer::json(&NewsAnswer { feed: feed.id, now, items, last, ended }));
}

/// `POST /news`: publishes the body as the next item.
pub(super) fn publish(exchange: &Exchange) -> Answer {
    let feed = match feed(exchange) {
        Ok(feed) => feed,
        Err(problem) => return problem,
    };
    if exchange.asked.body.len() > limits::MAX_TEXT {
        return Answer::problem(413, "A text has up to 65536 bytes.");
    }
    let Ok(text) = String::from_utf8(exchange.asked.body.clone()) else {
        return Answer::problem(400, "The body of this request is text in UTF-8.");
    };
    if feed.plan.interval > 0 {
        return Answer::problem(409, "This feed publishes on schedule.");
    }
    match feed.publish(exchange.world.server_now(), text) {
        Some(item) => Answer::json(&item),
        None => Answer::problem(409, "This feed has ended."),
    }
}

/// `GET /news/events`.
pub(super) async fn events(exchange: &Exchange) {
    let wish = feed(exchange).and_then(|feed| Ok((feed, number(exchange, query::AFTER, 0)?)));
    let (feed, after) = match wish {
        Ok(wish) => wish,
        Err(problem) => return exchange.respond(&problem),
    };
    let came_back = exchange.asked.last_event_id;
    let mut after = came_back.unwrap_or(after);
    if came_back.is_some() && feed.has_ended() && feed.last() <= after {
        // HTML standard, §9.2: it tells an EventSource not to come back.
        return exchange.respond(&Answer { status: 204, media_type: String::new(), body: Vec::new() });
    }
    exchange.begin_events();
    while let Some(item) = feed.next(after).await {
        after = item.number;
        let data = serde_json::to_string(&item).unwrap_or_default();
        exchange.part_of_events(&event("news", Some(item.number), &data));
    }
    let data = serde_json::to_string(&NewsEnd { last: feed.last() }).unwrap_or_default();
    exchange.part_of_events(&event("end", None, &data));
    exchange.end_events();
}

/// `/news/ws`: each item as it comes; the page may name another number to go on from.
pub(super) async fn push(socket: &Socket<'_>, feed: &Feed) {
    let mut after = number(socket.exchange, query::AFTER, 0).unwrap_or(0);
    loop {
        let told = match select(pin!(socket.next()), pin!(feed.next(after))).await {
            Either::Left((message, _)) => Either::Left(message),
            Either::Right((item, _)) => Either::Right(item),
        };
        match told {
            Either::Left(None) => return,
            Either::Left(Some(message)) => match serde_json::from_slice::<NewsResume>(&message.payload) {
                Ok(resume) => after = resume.after,
                Err(_) => return socket.close(1008, "a message here is {\"after\":<number>}").await,
            },
            Either::Right(Some(item)) => {
                after = item.number;
                socket.send_json(&item);
            }
            Either::Right(None) => return socket.close(1000, "the feed has ended").await,
        }
    }
}
