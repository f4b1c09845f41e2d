//! `/news`: four ways to the same items, and what becomes of those who wait.

use std::time::Duration;

use duplex::wire::{NewsAnswer, NewsEnd, NewsItem};
use tokio::net::TcpStream;

use crate::harness::{RUN, RawClient, Response, TestServer, within};
use crate::ways::{EventSource, ask_for_websocket, assert_instrumented, post, receive, send_text, websocket};

/// A feed's name, as a parameter.
const FEED: &str = "feed=000000000000000000000000000000fe";

async fn get(client: &mut RawClient, target: &str) -> Response {
    client.exchange(&format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n"), b"").await
}

/// Polls on one connection until the feed has ended. Returns the items and how often it asked.
async fn poll_to_the_end(server: &TestServer, more: &str) -> (Vec<NewsItem>, usize) {
    let mut client = server.connect().await;
    let (mut items, mut last, mut asked) = (Vec::new(), 0, 0);
    loop {
        let response = get(&mut client, &format!("/news?{FEED}&after={last}{more}")).await;
        assert_eq!(response.status, 200, "{response:?}");
        let answer: NewsAnswer = response.json();
        asked += 1;
        assert_eq!(answer.last, answer.items.last().map_or(last, |item| item.number));
        last = answer.last;
        items.extend(answer.items);
        if answer.ended {
            return (items, asked);
        }
        tokio::task::yield_now().await;
    }
}

async fn listen_to_the_end(events: &mut EventSource) -> Vec<NewsItem> {
    let mut items = Vec::new();
    loop {
        let event = events.next().await.expect("an end is told before the end");
        if event.kind == "end" {
            let end: NewsEnd = event.json();
            assert_eq!(events.next().await, None);
            assert!(items.last().is_none_or(|last: &NewsItem| last.number == end.last));
            return items;
        }
        let item: NewsItem = event.json();
        assert_eq!((event.kind.as_str(), event.id), ("news", Some(item.number.to_string())));
        items.push(item);
    }
}

async fn receive_to_the_end(client: &mut RawClient, last: u32) -> Vec<NewsItem> {
    let mut items: Vec<NewsItem> = Vec::new();
    while items.last().is_none_or(|item| item.number < last) {
        items.push(receive(client).await);
    }
    client_closes(client).await;
    items
}

/// The server's close at the end of a feed, and the client's answer to it.
async fn client_closes(client: &mut RawClient) {
    let (first, payload) = client.frame().await;
    assert_eq!((first, payload.as_slice()), (0x88, &b"\x03\xe8the feed has ended"[..]));
    client.send_frame(0x88, &payload[..2]).await;
    assert_eq!(client.rest().await, b"");
}

async fn on_demand(server: &TestServer, texts: &[&str]) {
    let response = server.get(&format!("/news?{FEED}&interval=0")).await;
    assert_eq!(response.status, 200, "{response:?}");
    for text in texts {
        let response = post(server, &format!("/news?{FEED}"), text).await;
        assert_eq!(response.status, 200, "{response:?}");
    }
}

#[tokio::test]
async fn every_way_gives_the_same_items() {
    const ITEMS: u32 = 12;
    let server = TestServer::start().await;
    let begun = server.get(&format!("/news?{FEED}&interval=20&items={ITEMS}&size=10")).await;
    let answer: NewsAnswer = begun.json();
    assert!(answer.items.is_empty() && !answer.ended, "{answer:?}");
    let short = poll_to_the_end(&server, "");
    let long = poll_to_the_end(&server, "&wait=20000");
    let events = async {
        let mut events = EventSource::open(&server, &format!("/news/events?{FEED}"), "").await;
        listen_to_the_end(&mut events).await
    };
    let pushed = async {
        let mut client = websocket(&server, &format!("/news/ws?{FEED}&after=0")).await;
        receive_to_the_end(&mut client, ITEMS).await
    };
    let ((short, _), (long, asked), events, pushed) = within(async { tokio::join!(short, long, events, pushed) }).await;

    assert!(short.iter().map(|item| item.number).eq(1..=ITEMS));
    assert!(short.is_sorted_by_key(|item| item.published));
    assert!(short.iter().all(|item| item.text.len() == 10));
    assert_eq!(short, long);
    assert_eq!(short, events);
    assert_eq!(short, pushed);
    assert!(asked <= ITEMS as usize + 1, "a long poll waits for news: {asked} answers to {ITEMS} items");
}

#[tokio::test]
async fn items_are_published_at_their_times() {
    let server = TestServer::start().await;
    let begun = server.get(&format!("/news?{FEED}&interval=50&items=6")).await;
    let (items, _) = poll_to_the_end(&server, "&wait=20000").await;
    let first_due = begun.evidence().received + 50_000;
    for (item, at) in items.iter().zip(0..) {
        assert!(item.published >= first_due + at * 50_000, "{item:?} came before its time");
    }
}

#[tokio::test]
async fn a_long_poll_waits_and_is_woken_by_an_item() {
    let server = TestServer::start().await;
    on_demand(&server, &[]).await;
    let mut waiting = server.connect().await;
    let target = format!("/news?{FEED}&wait=60000&run={RUN}&n=3");
    waiting.send(format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).await;
    server.knows(RUN).await;
    let published: NewsItem = post(&server, &format!("/news?{FEED}"), "at last: “news”\nin two lines").await.json();
    let response = waiting.response(false).await;
    assert_instrumented(&response);
    let evidence = response.evidence();
    assert!(evidence.received <= published.published && published.published <= evidence.sent);
    let answer: NewsAnswer = response.json();
    assert_eq!((answer.last, answer.ended), (1, false));
    assert_eq!(answer.items, [published]);
    assert_eq!(answer.items[0].text, "at last: “news”\nin two lines");
    // It is in the run's ledger.
    let transcript = server.transcript(RUN).await;
    assert_eq!(transcript.connections[0].exchanges[0].n, Some(3));
}

#[tokio::test]
async fn a_poll_without_news_is_answered_all_the_same() {
    let server = TestServer::start().await;
    on_demand(&server, &["one"]).await;
    for (wait, at_least) in [(0, 0), (80, 80_000)] {
        let response = server.get(&format!("/news?{FEED}&after=1&wait={wait}")).await;
        assert_eq!(response.status, 200);
        let evidence = response.evidence();
        assert!(evidence.sent - evidence.received >= at_least, "{evidence:?}");
        let answer: NewsAnswer = response.json();
        assert!(answer.items.is_empty() && answer.last == 1 && !answer.ended);
        assert!(evidence.received <= answer.now && answer.now <= evidence.sent);
    }
}

#[tokio::test]
async fn who_comes_back_with_an_event_id_misses_nothing_and_gets_nothing_twice() {
    const ITEMS: u32 = 20;
    let server = TestServer::start().await;
    let target = format!("/news/events?{FEED}&interval=15&items={ITEMS}");
    let mut items: Vec<NewsItem> = Vec::new();
    let mut more = String::new();
    for cut_after in [1, 3, 9] {
        let mut events = EventSource::open(&server, &target, &more).await;
        while items.len() < cut_after {
            items.push(events.next().await.expect("the feed goes on").json());
        }
        // The connection breaks here, maybe with more on its way.
        let last = items.last().map_or(0, |item| item.number);
        more = format!("Last-Event-ID: {last}\r\n");
    }
    // The header counts, not what the URL has said from the beginning.
    let mut events = EventSource::open(&server, &format!("{target}&after=0"), &more).await;
    items.extend(listen_to_the_end(&mut events).await);
    let all: NewsAnswer = server.get(&format!("/news?{FEED}")).await.json();
    assert!(items.iter().map(|item| item.number).eq(1..=ITEMS), "{items:?}");
    assert_eq!(items, all.items);
}

#[tokio::test]
async fn an_event_source_is_told_to_stop_coming_back() {
    let server = TestServer::start().await;
    server.get(&format!("/news?{FEED}&interval=0&items=2")).await;
    for text in ["one", "two"] {
        post(&server, &format!("/news?{FEED}"), text).await;
    }
    let mut events = EventSource::open(&server, &format!("/news/events?{FEED}&after=1"), "").await;
    assert_instrumented(&events.head);
    assert_eq!(listen_to_the_end(&mut events).await.len(), 1);
    let again = format!("GET /news/events?{FEED}&after=1 HTTP/1.1\r\nHost: test\r\nLast-Event-ID: 2\r\n\r\n");
    let response = server.connect().await.exchange(&again, b"").await;
    assert_eq!(response.status, 204);
    // Who comes for the first time is told the end.
    let mut events = EventSource::open(&server, &format!("/news/events?{FEED}&after=2"), "").await;
    assert_eq!(listen_to_the_end(&mut events).await, []);
}

#[tokio::test]
async fn a_websocket_goes_on_where_it_is_told_to() {
    let server = TestServer::start().await;
    on_demand(&server, &["one", "two", "three"]).await;
    let mut client = websocket(&server, &format!("/news/ws?{FEED}&after=2&run={RUN}")).await;
    assert_eq!(receive::<NewsItem>(&mut client).await.number, 3);
    send_text(&mut client, r#"{"after":1}"#).await;
    for number in [2, 3] {
        assert_eq!(receive::<NewsItem>(&mut client).await.number, number);
    }
    post(&server, &format!("/news?{FEED}"), "four").await;
    assert_eq!(receive::<NewsItem>(&mut client).await.text, "four");
    for wrong in ["3", r#"{"before":1}"#, r#"{"after":-1}"#, "hello"] {
        let mut client = websocket(&server, &format!("/news/ws?{FEED}&after=4")).await;
        send_text(&mut client, wrong).await;
        let (first, payload) = client.frame().await;
        let reason = String::from_utf8_lossy(&payload[2..]).into_owned();
        assert_eq!((first, &payload[..2]), (0x88, &1008_u16.to_be_bytes()[..]));
        assert!(reason.contains("after"), "{reason}");
    }
    assert!(server.transcript(RUN).await.connections[0].exchanges[0].upgraded);
}

#[tokio::test]
async fn a_feed_that_nobody_began_is_a_404_that_says_how() {
    let server = TestServer::start().await;
    let polled = server.get(&format!("/news?{FEED}")).await;
    let events = server.get(&format!("/news/events?{FEED}")).await;
    let pushed = ask_for_websocket(&server, &format!("/news/ws?{FEED}")).await;
    let posted = post(&server, &format!("/news?{FEED}"), "news").await;
    for response in [polled, events, pushed, posted] {
        assert_instrumented(&response);
        assert!(response.problem(404).contains("interval"));
    }
}

#[tokio::test]
async fn what_a_feed_does_not_take_is_told() {
    let server = TestServer::start().await;
    for (query, told) in [
        ("", "“feed”"),
        ("feed=beef", "“feed”"),
        (&format!("{FEED}&after=x"), "“after”"),
        (&format!("{FEED}&wait=60001"), "60000"),
        (&format!("{FEED}&interval=5"), "“interval”"),
        (&format!("{FEED}&interval=100&items=0"), "“items”"),
        (&format!("{FEED}&interval=100&size=65537"), "“size”"),
        (&format!("{FEED}&run=beef"), "run"),
    ] {
        for path in ["/news", "/news/events"] {
            let detail = server.get(&format!("{path}?{query}")).await.problem(400);
            assert!(detail.contains(told), "{query}: {detail}");
        }
    }
    let scheduled = format!("/news?{FEED}&interval=60000&items=5");
    assert_eq!(server.get(&scheduled).await.status, 200);
    assert!(server.get(&format!("/news?{FEED}&interval=50&items=5")).await.problem(409).contains("interval=60000"));
    assert!(post(&server, &scheduled, "news").await.problem(409).contains("schedule"));
    let mine = "/news?feed=00000000000000000000000000000002&interval=0&items=1";
    post(&server, mine, &"x".repeat(65_537)).await.problem(413);
    assert_eq!(post(&server, mine, &"x".repeat(65_536)).await.status, 200);
    assert!(post(&server, mine, "more").await.problem(409).contains("ended"));
    let bytes = format!("POST {mine} HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n");
    server.connect().await.exchange(&bytes, b"\xff\xfe").await.problem(400);
    let wrong_id = format!("GET /news/events?{FEED} HTTP/1.1\r\nHost: test\r\nLast-Event-ID: x\r\n\r\n");
    assert!(server.connect().await.exchange(&wrong_id, b"").await.problem(400).contains("Last-Event-ID"));
    let put = format!("PUT /news?{FEED} HTTP/1.1\r\nHost: test\r\n\r\n");
    let response = server.connect().await.exchange(&put, b"").await;
    response.problem(405);
    assert_eq!(response.header("allow"), Some("GET, HEAD, POST"));
}

#[tokio::test]
async fn all_who_wait_are_let_go_when_the_server_ends() {
    // Longer than the test may take: nobody is cut off.
    let server = TestServer::start_with(|config| config.closing_time = Duration::from_secs(60)).await;
    on_demand(&server, &["one"]).await;
    let mut waiting = server.connect().await;
    let target = format!("/news?{FEED}&after=1&wait=60000&run={RUN}");
    waiting.send(format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).await;
    server.knows(RUN).await;
    let mut events = EventSource::open(&server, &format!("/news/events?{FEED}"), "").await;
    assert_eq!(events.next().await.expect("there is one").id.as_deref(), Some("1"));
    let mut client = websocket(&server, &format!("/news/ws?{FEED}")).await;
    receive::<NewsItem>(&mut client).await;
    let address = server.address;

    let ended = server.stop();
    let answer: NewsAnswer = waiting.response(false).await.json();
    assert!(answer.items.is_empty() && answer.last == 1 && !answer.ended);
    assert_eq!(events.next().await, None);
    let (first, payload) = client.frame().await;
    assert_eq!((first, &payload[..2]), (0x88, &1001_u16.to_be_bytes()[..]));
    client.send_frame(0x88, &payload[..2]).await;
    drop((waiting, events, client));
    within(ended).await.expect("the server ends");
    assert!(TcpStream::connect(address).await.is_err());
}
