//! News, memory and rooms, as a script has them.

use std::cell::RefCell;

use super::*;
use crate::network::Events as _;
use crate::trace::{Direction, Message};
use crate::wire::{MemoryAnswer, NewsAnswer, RoomNotice, RoomReceipt};

#[test]
fn news_come_the_same_by_polling_and_as_events() {
    let sim = sim();
    let begin = [("feed", FEED), ("interval", "100"), ("items", "3"), ("size", "4")];
    let ((polled, events), trace) = run(&sim, async {
        let events = (&sim).listen(Request::get(TURN, Service::NewsEvents).with(&begin)).await.expect("it begins");
        let request = Request::get(TURN, Service::News);
        let short = (&sim).fetch(request.with(&[("feed", FEED)])).await.expect("it is answered");
        let short: NewsAnswer = serde_json::from_slice(&short.body).expect("it is an answer");
        assert!(short.items.is_empty() && !short.ended);
        let mut polled = Vec::new();
        while polled.len() < 3 {
            let after = polled.len().to_string();
            let query = [("feed", FEED), ("after", after.as_str()), ("wait", "60000")];
            let answer = (&sim).fetch(request.with(&query)).await.expect("it is answered");
            let answer: NewsAnswer = serde_json::from_slice(&answer.body).expect("it is an answer");
            polled.extend(answer.items);
        }
        let mut heard = Vec::new();
        loop {
            let event = events.next(None).await.expect("it comes");
            if event.name == "end" {
                break;
            }
            heard.push(serde_json::from_str(&event.data).expect("an item"));
        }
        events.close();
        (polled, heard)
    });
    assert_eq!(polled, events);
    assert!(polled.windows(2).all(|pair| pair[1].published - pair[0].published == 100_000));
    let heard: Vec<_> = trace.messages.iter().filter(|message| message.kind == Kind::Event).collect();
    assert_eq!(heard.len(), 4);
    assert!(heard[..3].iter().all(|event| matches!(event.sent, Moment::Server(_))));
    let request = heard[0].answers.expect("it belongs to a request");
    let ends = trace.messages.iter().filter(|it| it.answers == Some(request) && it.kind != Kind::Event);
    assert_eq!(ends.map(|end| (end.kind, end.payload)).collect::<Vec<_>>(), [(Kind::Response { status: 200 }, 0)]);
    assert_eq!(trace.message(request).and_then(|request| request.arrivals), Some(1));
}

#[test]
fn what_came_before_it_was_given_up_has_arrived_though_nobody_asked_for_it() {
    let sim = sim();
    let begin = [("feed", FEED), ("interval", "100"), ("items", "2")];
    let ((), trace) = run(&sim, async {
        let echo = (&sim).open(Opening::of(TURN, Service::Echo)).await.expect("it opens");
        echo.send(TURN, Payload::Text("a")).expect("it is open");
        let news = (&sim).open(Opening::of(TURN, Service::News).with(&begin)).await.expect("it opens");
        let events = (&sim).listen(Request::get(TURN, Service::NewsEvents).with(&begin)).await.expect("it begins");
        (&sim).wait_until((&sim).now() + Span::from_millis(150)).await;
        echo.send(Turn::of(2), Payload::Text("too late")).expect("it is open");
        drop((echo, news, events));
    });
    let sent = |message: &Message| message.kind == Kind::Text && message.direction == Direction::ToServer;
    let fates: Vec<_> = trace.messages.iter().filter(|it| sent(it)).map(|it| it.fate).collect();
    assert_eq!(fates, [Fate::Delivered, Fate::Unanswered]);
    let arrived =
        |kind| trace.messages.iter().filter(|it| it.kind == kind && it.direction == Direction::ToPage).count();
    assert!(arrived(Kind::Event) > 0);
    assert_eq!(arrived(Kind::Text), 1 + arrived(Kind::Event), "the echo, and the same news both ways");
}

#[test]
fn an_event_source_comes_back_and_goes_on_from_the_last_event() {
    let sim = sim();
    let begin = [("feed", FEED), ("interval", "100"), ("items", "2")];
    let (names, trace) = run(&sim, async {
        let events = (&sim).listen(Request::get(TURN, Service::NewsEvents).with(&begin)).await.expect("it begins");
        let mut names = Vec::new();
        while let Ok(event) = events.next(Some(Span::from_millis(3_000))).await {
            names.push(event.name);
        }
        names
    });
    assert_eq!(names, ["news", "news", "end"], "the second time there is nothing, and no third time");
    assert_eq!(trace.messages[0].arrivals, Some(2));
    assert_eq!(exchanges(&sim)[1].status, Some(204));
}

#[test]
fn memory_is_the_requests_or_the_connections() {
    let sim = sim();
    let count = "{\"do\":\"count\"}";
    let ((), trace) = run(&sim, async {
        let ask = async |body: String| {
            let request = Request { service: Service::Memory, ..Request::echo(TURN, body.as_bytes()) };
            let response = (&sim).fetch(request).await.expect("it is answered");
            (response.status, serde_json::from_slice::<MemoryAnswer>(&response.body).ok())
        };
        let first = ask(count.into()).await.1.expect("an answer");
        let again = ask(count.into()).await.1.expect("an answer");
        assert_eq!((first.state.counter, again.state.counter, again.state_bytes), (1, 1, Some(0)));
        let token = first.token.expect("a token");
        let carried = ask(format!("{{\"do\":\"count\",\"token\":\"{token}\"}}")).await.1.expect("an answer");
        assert_eq!((carried.state.counter, carried.state_bytes), (2, Some(token.len() as u64)));
        assert_eq!(ask(format!("{{\"do\":\"count\",\"token\":\"{token}x\"}}")).await.0, 403);
        for _ in 0..2 {
            let socket = (&sim).open(Opening::of(TURN, Service::Memory)).await.expect("it opens");
            for counter in 1..=2 {
                let sent = socket.send(TURN, Payload::Text(count)).expect("it is open");
                let answer = socket.next(TURN, None).await.expect("it comes");
                let told: MemoryAnswer = serde_json::from_slice(&answer.payload).expect("an answer");
                assert_eq!((answer.answers, told.state.counter), (Some(sent), counter));
            }
        }
    });
    assert_eq!(trace.connections.len(), 3);
}

#[test]
fn what_one_says_in_a_room_all_hear() {
    let sim = sim();
    let heard = RefCell::new(Vec::new());
    let (receipt, _) = run(&sim, async {
        let member = async || (&sim).open(Opening::of(TURN, Service::Room)).await;
        let (first, second) = (member().await.expect("it opens"), member().await.expect("it opens"));
        let listener = (&sim).listen(Request::get(TURN, Service::RoomEvents)).await.expect("it begins");
        second.send(TURN, Payload::Text("hello")).expect("it is open");
        let request = Request { service: Service::Room, ..Request::echo(TURN, b"from outside") };
        let receipt = (&sim).fetch(request).await.expect("it is answered");
        for socket in [&first, &second] {
            while let Ok(told) = socket.next(TURN, Some(Span::from_millis(100))).await {
                heard.borrow_mut().push(String::from_utf8(told.payload).expect("text"));
            }
        }
        while let Ok(event) = listener.next(Some(Span::from_millis(100))).await {
            heard.borrow_mut().push(event.data);
        }
        serde_json::from_slice::<RoomReceipt>(&receipt.body).expect("a receipt")
    });
    assert_eq!((receipt.number, receipt.members), (2, 3));
    let notices: Vec<RoomNotice> =
        heard.take().iter().map(|told| serde_json::from_str(told).expect("a notice")).collect();
    for text in ["hello", "from outside"] {
        let hears = |notice: &&RoomNotice| matches!(notice, RoomNotice::Message(message) if message.text == text);
        assert_eq!(notices.iter().filter(hears).count(), 3);
    }
    assert!(notices.contains(&RoomNotice::Members { members: 3 }));
}

#[test]
fn what_is_sent_while_a_socket_closes_is_refused_and_not_written_down() {
    let sim = sim();
    let (late, trace) = run(&sim, async {
        let echo = (&sim).open(Opening::of(TURN, Service::Echo)).await.expect("it opens");
        let mut closing = std::pin::pin!(echo.close(1000, ""));
        // The close frame is out, and the answer is under way.
        let waits = futures_util::poll!(&mut closing).is_pending();
        let late = echo.send(TURN, Payload::Text("too late"));
        closing.await;
        (waits, late, echo.unsent())
    });
    let (waits, late, unsent) = late;
    let failure = late.expect_err("it is closing");
    assert_eq!(failure.inferred_from, Inference::ReadyState, "as in a browser");
    assert_eq!(failure.cause, Cause::ClosedMidway { code: None, reason: String::new() });
    assert!(waits && unsent == 0);
    assert!(!trace.messages.iter().any(|message| message.kind == Kind::Text), "nothing was sent");
}
