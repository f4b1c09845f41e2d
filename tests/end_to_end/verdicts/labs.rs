//! The other labs' claims.

use duplex::analysis::judgement::{Claim, Fact, crowd, formats};
use duplex::trace::{Direction, Kind, Message, Protocol};

use super::{outcomes, run_by_keyboard};
use crate::network_log::Log;
use crate::server::Server;

fn is_data(message: &Message) -> bool {
    matches!(message.kind, Kind::Binary | Kind::Text)
}

#[tokio::test(flavor = "multi_thread")]
async fn when_to_use_which_is_answered_from_enough_exchanges_and_not_from_one() {
    let server = Server::start();
    let judged = run_by_keyboard(server.origin(), "lab=exchange&link=cable").await;
    judged.says(&[("C16", "supported")]).await;
    let single = run_by_keyboard(server.origin(), "lab=exchange&messages=1").await;
    single.says(&[("C16", "not-measured")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_speak_is_told_and_every_frame_is_in_the_browsers_log() {
    let server = Server::start();
    let judged = run_by_keyboard(server.origin(), "lab=duplex&items=6").await;
    judged.says(&[("C1", "supported"), ("C2", "supported"), ("C12", "depends")]).await;
    for direction in [Direction::ToServer, Direction::ToPage] {
        let messages = judged.trace.of(Protocol::WebSocket).filter(|it| is_data(it) && it.direction == direction);
        // As they were on the wire: payload, and our envelope.
        let mut recorded: Vec<u64> = messages.map(|it| it.payload + it.instrument.unwrap_or(0)).collect();
        recorded.sort_unstable();
        assert!(recorded.len() >= 5, "{direction:?}: {recorded:?}");
        let frames = |log: &Log| match direction {
            Direction::ToServer => log.sent.clone(),
            Direction::ToPage => log.received.clone(),
        };
        let frames = judged.lab.log.once(|log| frames(log).len() >= recorded.len(), frames).await;
        let mut logged: Vec<u64> = frames.iter().map(|frame| frame.len() as u64).collect();
        logged.sort_unstable();
        assert_eq!(recorded, logged, "{direction:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_delay_crossings_are_claimed_only_where_messages_crossed() {
    let server = Server::start();
    let query = "lab=duplex&link=none&items=4&interval=60&send=70&poll=90&stream=0";
    let judged = run_by_keyboard(server.origin(), query).await;
    let shown = outcomes(&judged.lab).await;
    assert_eq!((shown["C1"].as_str(), shown["C12"].as_str()), ("supported", "depends"));
    let crossed = judged.reasons(Claim::C2).iter().any(|reason| {
        matches!(reason.fact, Fact::Duplex(duplex::analysis::judgement::duplex::Fact::Crossed { pairs: 1.., .. }))
    });
    assert_eq!(shown["C2"], if crossed { "supported" } else { "not-measured" });
}

#[tokio::test(flavor = "multi_thread")]
async fn who_remembers_and_what_may_be_carried_is_told() {
    let server = Server::start();
    let memory = run_by_keyboard(server.origin(), "lab=memory").await;
    memory.says(&[("C10", "supported"), ("C11", "supported")]).await;
    let formats = run_by_keyboard(server.origin(), "lab=formats").await;
    formats.says(&[("C6", "depends"), ("C7", "depends")]).await;
    let ended = formats.reasons(Claim::C7).into_iter().find_map(|reason| match reason.fact {
        Fact::Formats(formats::Fact::BadTextEnded { code, clean, browser_sent }) => Some((code, clean, browser_sent)),
        _ => None,
    });
    assert_eq!(ended, Some((1006, false, Some(1002))), "what the page is told, and what the tap saw");
    let card = formats.card("C7").await;
    assert!(card.contains("1006") && card.contains("1002"), "{card}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gets_lost_and_how_it_ends_is_told() {
    let server = Server::start();
    let interruption = run_by_keyboard(server.origin(), "lab=interruption&wait=600").await;
    interruption.says(&[("C8", "depends"), ("C9", "depends")]).await;
    let closing = run_by_keyboard(server.origin(), "lab=closing&wait=600").await;
    closing.says(&[("C14", "depends")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_are_served_and_one_is_no_crowd() {
    let server = Server::start();
    let crowd = run_by_keyboard(server.origin(), "lab=crowd&clients=12").await;
    crowd.says(&[("C15", "supported")]).await;
    let handshakes = crowd.trace.messages.iter().filter(|message| message.kind == Kind::Handshake).count();
    assert_eq!(handshakes, 24, "each client's, for itself and in the room");
    let sockets = crowd.lab.log.once(|log| log.sockets.len() >= handshakes, |log| log.sockets.len()).await;
    assert_eq!(sockets, handshakes);
    let single = run_by_keyboard(server.origin(), "lab=crowd&clients=1").await;
    single.says(&[("C15", "not-measured")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_server_has_room_for_few_it_depends() {
    let server = Server::start_with(&["--max-connections", "12"]);
    let crowd = run_by_keyboard(server.origin(), "lab=crowd&clients=16&hold=10").await;
    crowd.says(&[("C15", "depends")]).await;
    let refused = crowd.reasons(Claim::C15).into_iter().any(|reason| {
        matches!(reason.fact, Fact::Crowd(crowd::Fact::NotServed { protocol: Protocol::WebSocket, count: 1.., .. }))
    });
    assert!(refused, "{:#?}", crowd.reasons(Claim::C15));
}
