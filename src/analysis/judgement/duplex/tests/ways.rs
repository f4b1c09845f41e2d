//! The ways by which news comes, written down by hand: a message takes 50 ms each way, and there is an item of news every
//! 250 ms.

use crate::analysis::judgement::by_hand::{ByHand, Exchanged, on_server};
use crate::analysis::judgement::duplex::part::*;
use crate::trace::{ConnectionId, Protocol, Speaks, Time, Turn};
use crate::wire::{NewsAnswer, NewsItem, RunId};

pub(super) const ONE_WAY: i64 = 50_000;
pub(super) const INTERVAL: i64 = 250_000;
pub(super) const ITEMS: u32 = 4;

/// An item of a feed that began at that time.
pub(super) fn item(began: i64, number: u32) -> NewsItem {
    NewsItem { number, published: on_server(began + i64::from(number) * INTERVAL), text: String::new() }
}

pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("it is JSON")
}

pub(super) fn duplex() -> ByHand {
    let mut record = ByHand::of("duplex", Speaks::Duplex);
    record.parameter("items", &ITEMS.to_string());
    record
}

/// Sent at a time and answered at once.
pub(super) fn at_once(at: i64) -> [i64; 4] {
    held_for(at, 0)
}

/// Sent at a time and answered after a while.
pub(super) fn held_for(at: i64, held: i64) -> [i64; 4] {
    [at, at + ONE_WAY, at + ONE_WAY + held, at + 2 * ONE_WAY + held]
}

pub(super) fn exchanges(record: &mut ByHand, answers: &[u8]) {
    record.part(EXCHANGES, Protocol::Http);
    for number in 0..=3 {
        let (at, turn) = (at_once(i64::from(number) * 300_000), Turn::of(number));
        record.exchange(&Exchanged { at, turn, asks: b"hello", answers, ..Exchanged::default() });
    }
}

/// Polls every 400 ms; the feed begins with the first request.
pub(super) fn short_polling(record: &mut ByHand, began: i64) {
    record.part(SHORT_POLLING, Protocol::Http);
    let (mut at, mut last) = (began, 0);
    while last < ITEMS {
        let here = at + ONE_WAY;
        let published = u32::try_from((here - began - ONE_WAY) / INTERVAL).expect("time goes on").min(ITEMS);
        let items: Vec<_> = (last + 1..=published).map(|number| item(began + ONE_WAY, number)).collect();
        last = published;
        poll(record, at_once(at), items, last);
        at += 400_000;
    }
}

pub(super) fn poll(record: &mut ByHand, at: [i64; 4], items: Vec<NewsItem>, last: u32) {
    let answer = NewsAnswer { feed: RunId(2), now: on_server(at[2]), items, last, ended: last == ITEMS };
    let answers = json(&answer);
    record.exchange(&Exchanged { at, path: "/news", answers: answers.as_bytes(), ..Exchanged::default() });
}

/// Each request is held until there is an item.
pub(super) fn long_polling(record: &mut ByHand, began: i64) {
    record.part(LONG_POLLING, Protocol::Http);
    let mut at = began;
    for number in 1..=ITEMS {
        let published = began + ONE_WAY + i64::from(number) * INTERVAL;
        poll(record, held_for(at, published - at - ONE_WAY), vec![item(began + ONE_WAY, number)], number);
        at = published + ONE_WAY;
    }
}

pub(super) fn events(record: &mut ByHand, began: i64) {
    record.part(EVENTS, Protocol::Http);
    let end = i64::from(ITEMS) * INTERVAL;
    let exchange = Exchanged { at: held_for(began, end), path: "/news/events", ..Exchanged::default() };
    let request = record.request(&exchange);
    for number in 1..=ITEMS {
        let at = began + 2 * ONE_WAY + i64::from(number) * INTERVAL;
        record.event(request, at, &json(&item(began + ONE_WAY, number)));
    }
    record.event(request, began + 2 * ONE_WAY + end, r#"{"last":4}"#);
    record.response(request, &exchange);
}

pub(super) fn streamed(record: &mut ByHand, at: i64) {
    record.part(STREAMED, Protocol::Http);
    let pieces = [(Time(at + 110_000), 1_000), (Time(at + 150_000), 3_000), (Time(at + 170_000), 4_000)];
    let body = [7; 4_000];
    record.exchange(&Exchanged {
        at: held_for(at, 70_000),
        asks: &body,
        answers: &body,
        pieces: &pieces,
        ..Exchanged::default()
    });
}

/// A WebSocket with news; `says` is when the page says that it has which item.
pub(super) fn websocket(record: &mut ByHand, began: i64, numbers: &[u32], says: &[(i64, u32)]) -> ConnectionId {
    record.part(WEBSOCKET, Protocol::WebSocket);
    let socket = record.open(0, began);
    let mut said = says.iter().peekable();
    for (place, &number) in (1i64..).zip(numbers) {
        let at = began + ONE_WAY + place * INTERVAL;
        while let Some((when, after)) = said.next_if(|(when, _)| *when < at) {
            say(record, socket, *when, *after);
        }
        record.hear(socket, at - ONE_WAY, at, &json(&item(began, number)));
    }
    for (when, after) in said {
        say(record, socket, *when, *after);
    }
    socket
}

pub(super) fn say(record: &mut ByHand, socket: ConnectionId, at: i64, after: u32) {
    record.say(socket, Turn::of(1), at, &format!(r#"{{"after":{after}}}"#));
}

/// All ways of HTTP.
pub(super) fn over_http(record: &mut ByHand) {
    exchanges(record, b"hello");
    short_polling(record, 2_000_000);
    long_polling(record, 4_000_000);
    events(record, 6_000_000);
    streamed(record, 8_000_000);
}

/// Item 3 was on its way (from 750 to 800 ms) when the page said that it had item 2; the server sent it again.
pub(super) fn crossing_websocket(record: &mut ByHand) {
    websocket(record, 0, &[1, 2, 3, 3, 4], &[(410_000, 1), (780_000, 2)]);
}
