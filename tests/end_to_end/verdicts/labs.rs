//! What the other labs' verdicts rest on, beside the browser's own log.

use duplex::analysis::judgement::{Claim, Fact, formats};
use duplex::trace::{Direction, Kind, Message, Protocol};

use super::{outcomes, run_by_keyboard};
use crate::network_log::Log;
use crate::server::Server;

fn is_data(message: &Message) -> bool {
    matches!(message.kind, Kind::Binary | Kind::Text)
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
async fn a_text_that_is_none_is_told_as_the_page_and_as_the_tap_saw_its_end() {
    let server = Server::start();
    let formats = run_by_keyboard(server.origin(), "lab=formats").await;
    formats.says(&[("C6", "depends"), ("C7", "depends")]).await;
    let ended = formats.reasons(Claim::C7).into_iter().find_map(|reason| match reason.fact {
        Fact::Formats(formats::Fact::BadTextEnded { code, clean, browser_sent, .. }) => {
            Some((code, clean, browser_sent))
        }
        _ => None,
    });
    assert_eq!(ended, Some((1006, false, Some(1002))), "what the page is told, and what the tap saw");
    let card = formats.card("C7").await;
    assert!(card.contains("1006") && card.contains("1002"), "{card}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_many_clients_has_its_handshakes_in_the_browsers_log() {
    let server = Server::start();
    let crowd = run_by_keyboard(server.origin(), "lab=crowd&clients=12").await;
    crowd.says(&[("C15", "supported")]).await;
    let handshakes = crowd.trace.messages.iter().filter(|message| message.kind == Kind::Handshake).count();
    assert_eq!(handshakes, 24, "each client's, for itself and in the room");
    let sockets = crowd.lab.log.once(|log| log.sockets.len() >= handshakes, |log| log.sockets.len()).await;
    assert_eq!(sockets, handshakes);
}
