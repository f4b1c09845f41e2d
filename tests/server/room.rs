//! `/room/<name>`: what one says, all hear.

use std::time::Duration;

use duplex::wire::{RoomMessage, RoomNotice, RoomReceipt};
use tokio::net::TcpSocket;

use crate::harness::{RUN, RawClient, TestServer, within};
use crate::ways::{
    EventSource, ask_for_websocket, assert_instrumented, post, receive, send_text, websocket, websocket_on,
};

const ROOM: &str = "/room/000000000000000000000000000000ab";

async fn member(server: &TestServer) -> RawClient {
    websocket(server, &format!("{ROOM}/ws")).await
}

async fn listener(server: &TestServer) -> EventSource {
    EventSource::open(server, &format!("{ROOM}/events"), "").await
}

/// The next message, and the counts that were told before it.
async fn message(member: &mut RawClient) -> RoomMessage {
    loop {
        match receive(member).await {
            RoomNotice::Message(message) => return message,
            RoomNotice::Members { .. } => {}
            RoomNotice::Lost { lost } => panic!("{lost} were lost"),
        }
    }
}

async fn heard(listener: &mut EventSource) -> RoomMessage {
    loop {
        let event = listener.next().await.expect("the room is open");
        assert_eq!((event.kind.as_str(), &event.id), ("room", &None));
        if let RoomNotice::Message(message) = event.json() {
            return message;
        }
    }
}

/// Waits until a member is told that there are so many.
async fn members_are(member: &mut RawClient, expected: u32) {
    while receive::<RoomNotice>(member).await != (RoomNotice::Members { members: expected }) {}
}

#[tokio::test]
async fn all_members_hear_the_same_in_the_same_order() {
    let server = TestServer::start().await;
    let mut speakers = Vec::new();
    for _ in 0..5 {
        speakers.push(member(&server).await);
    }
    let mut listener = listener(&server).await;
    assert_instrumented(&listener.head);
    members_are(&mut speakers[0], 6).await;
    for (at, speaker) in speakers.iter_mut().enumerate() {
        send_text(speaker, &format!("from {at}")).await;
        send_text(speaker, "“again”\n").await;
    }
    let response = post(&server, &format!("{ROOM}?run={RUN}&n=5"), "over HTTP").await;
    assert_instrumented(&response);
    let receipt: RoomReceipt = response.json();
    assert_eq!((receipt.from, receipt.members), (response.evidence().connection, 6));

    let mut all = Vec::new();
    for _ in 0..11 {
        all.push(heard(&mut listener).await);
    }
    assert!(all.iter().map(|message| message.number).eq(1..=11), "{all:?}");
    assert!(all.is_sorted_by_key(|message| message.sent));
    let posted = all.iter().find(|message| message.text == "over HTTP").expect("it is heard");
    assert_eq!((posted.number, posted.from, posted.sent), (receipt.number, receipt.from, receipt.sent));
    for speaker in &mut speakers {
        let mut its = Vec::new();
        for _ in 0..11 {
            its.push(message(speaker).await);
        }
        assert_eq!(its, all);
    }
    for at in 0..5 {
        let first = all.iter().position(|message| message.text == format!("from {at}")).expect("it is heard");
        let second = all.iter().rposition(|message| message.from == all[first].from).expect("it is heard");
        assert!(first < second && all[second].text == "“again”\n");
    }
    assert_eq!(server.transcript(RUN).await.connections[0].exchanges[0].n, Some(5));
}

#[tokio::test]
async fn a_crowd_that_speaks_at_once_is_heard_by_all_of_it() {
    const CROWD: usize = 100;
    let server = TestServer::start().await;
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        crowd.push(member(&server).await);
    }
    for (at, one) in crowd.iter_mut().enumerate() {
        send_text(one, &at.to_string()).await;
    }
    for one in &mut crowd {
        let mut texts = Vec::new();
        for number in 1..=CROWD {
            let message = message(one).await;
            assert_eq!(message.number, number as u64);
            texts.push(message.text.parse::<usize>().expect("a number was said"));
        }
        texts.sort_unstable();
        assert!(texts.into_iter().eq(0..CROWD));
    }
}

#[tokio::test]
async fn rooms_are_apart() {
    let server = TestServer::start().await;
    let mut here = member(&server).await;
    members_are(&mut here, 1).await;
    let elsewhere: RoomReceipt = post(&server, "/room/000000000000000000000000000000cd", "elsewhere").await.json();
    assert_eq!((elsewhere.number, elsewhere.members), (1, 0));
    post(&server, ROOM, "here").await;
    assert_eq!(message(&mut here).await.text, "here");
}

#[tokio::test]
async fn those_who_come_and_go_are_counted_however_they_go() {
    let server = TestServer::start().await;
    let mut first = member(&server).await;
    members_are(&mut first, 1).await;
    let mut second = member(&server).await;
    members_are(&mut first, 2).await;
    let listener = listener(&server).await;
    members_are(&mut first, 3).await;
    drop(listener);
    members_are(&mut first, 2).await;
    second.send_frame(0x88, b"").await;
    members_are(&mut first, 1).await;
    let third = member(&server).await;
    members_are(&mut first, 2).await;
    drop(third);
    members_are(&mut first, 1).await;
}

#[tokio::test]
async fn what_a_room_does_not_take_is_told() {
    let server = TestServer::start().await;
    let largest = "x".repeat(65_536);
    let mut listener = listener(&server).await;
    for (first, bytes, code) in [(0x81, "x".repeat(65_537).into_bytes(), 1009_u16), (0x82, b"binary".to_vec(), 1003)] {
        let mut client = member(&server).await;
        send_text(&mut client, &largest).await;
        assert_eq!(message(&mut client).await.text, largest);
        client.send_frame(first, &bytes).await;
        let payload = loop {
            let (first, payload) = client.frame().await;
            if first == 0x88 {
                break payload;
            }
        };
        assert_eq!(payload[..2], code.to_be_bytes());
        assert_eq!(heard(&mut listener).await.text, largest);
    }
    post(&server, ROOM, &"x".repeat(65_537)).await.problem(413);
    let by_name = post(&server, "/room/kitchen", "hello").await;
    assert!(by_name.problem(400).contains("32 hexadecimal digits"));
    server.get("/room/kitchen/events").await.problem(400);
    ask_for_websocket(&server, "/room/kitchen/ws").await.problem(400);
    let asked = server.get(ROOM).await;
    asked.problem(405);
    assert_eq!(asked.header("allow"), Some("POST"));
    server.get(&format!("{ROOM}/ws")).await.problem(426);
}

/// A member whose connection takes little while nothing is read.
async fn narrow_member(server: &TestServer) -> RawClient {
    let socket = TcpSocket::new_v4().expect("there are sockets");
    socket.set_recv_buffer_size(32 << 10).expect("it is a socket");
    let tcp = socket.connect(server.address).await.expect("the server listens");
    websocket_on(RawClient { tcp, buffer: Vec::new(), written: 0 }, &format!("{ROOM}/ws")).await
}

#[tokio::test]
async fn a_member_that_is_too_slow_is_told_what_it_lost_and_holds_up_nobody() {
    const MANY: u64 = 500;
    let server = TestServer::start().await;
    let mut slow = narrow_member(&server).await;
    let mut quick = member(&server).await;
    members_are(&mut quick, 2).await;
    let text = "x".repeat(60_000);
    for number in 1..=MANY {
        send_text(&mut quick, &text).await;
        assert_eq!(message(&mut quick).await.number, number);
    }
    let (mut received, mut lost, mut last) = (0, 0, 0);
    while last < MANY {
        match receive(&mut slow).await {
            RoomNotice::Message(message) => {
                received += 1;
                last = message.number;
                assert_eq!(last, received + lost, "what was lost is what is missing");
            }
            RoomNotice::Lost { lost: more } => lost += more,
            RoomNotice::Members { .. } => {}
        }
    }
    assert!(lost > 0 && received + lost == MANY, "{received} received, {lost} lost");
}

#[tokio::test]
async fn all_members_are_let_go_when_the_server_ends() {
    // Longer than the test may take: nobody is cut off.
    let server = TestServer::start_with(|config| config.closing_time = Duration::from_secs(60)).await;
    let mut member = member(&server).await;
    let mut listener = listener(&server).await;
    members_are(&mut member, 2).await;
    let ended = server.stop();
    let payload = loop {
        let (first, payload) = member.frame().await;
        if first == 0x88 {
            break payload;
        }
    };
    assert_eq!(payload[..2], 1001_u16.to_be_bytes());
    member.send_frame(0x88, &payload[..2]).await;
    while listener.next().await.is_some() {}
    drop((member, listener));
    within(ended).await.expect("the server ends");
}
