//! The rooms: what one member says goes to all members, the sender included.
//!
//! A room keeps no messages. Each member has a bounded queue of those that it has not taken yet; one
//! that is too slow loses the oldest of them, is told how many, and holds up nobody. How many members
//! there are is no message: only the newest count is told.

use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use super::budget::{Budget, Share};
use super::clock::Clock;
use super::registry::{Lease, Registry};
use crate::wire::{MAX_ROOM_TEXT, RoomMessage, RoomNotice, RoomReceipt, RunId};

/// How many rooms are kept.
const MAX_ROOMS: usize = 1_024;
/// How many members a room has.
const MAX_MEMBERS: u32 = 1000;
/// How many messages wait for one member.
const QUEUE: usize = 256;
/// Bytes that wait in all rooms, as they will be sent.
const MAX_WAITING: usize = 64 << 20;

/// All rooms.
#[derive(Debug)]
pub(crate) struct Rooms {
    clock: Clock,
    rooms: Registry<Room>,
    waiting: Budget,
}

/// One room.
#[derive(Debug)]
pub(crate) struct Room {
    /// The last message's number; held while a message is sent, so that all have them in order.
    number: Mutex<u64>,
    messages: broadcast::Sender<Arc<Waiting>>,
    members: watch::Sender<u32>,
}

/// A message on its way to members.
#[derive(Debug)]
struct Waiting {
    /// As a [`RoomNotice`] in JSON, written once for all.
    json: String,
    _share: Share,
}

/// Somebody who listens in a room; the place is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Member {
    messages: broadcast::Receiver<Arc<Waiting>>,
    members: watch::Receiver<u32>,
    room: Lease<Room>,
}

/// Why a room does not do what it was asked for. Each is a sentence for who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum RoomError {
    /// There is no room for a room.
    #[error("This server has {MAX_ROOMS} rooms, and all of them are in use: try again when one is empty.")]
    TooManyRooms,
    /// There is no room in the room.
    #[error("This room is full: it has {MAX_MEMBERS} members. Try again when one has left.")]
    Full,
    /// The text is too long.
    #[error("A room takes texts of up to {MAX_ROOM_TEXT} bytes: send less.")]
    TooLong,
    /// The queues hold too much.
    #[error("Members take their messages too slowly: {MAX_WAITING} bytes wait for them. Try again later.")]
    TooMuchWaiting,
}

impl Rooms {
    /// No rooms yet.
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, rooms: Registry::new(clock, MAX_ROOMS), waiting: Budget::new(MAX_WAITING) }
    }

    fn room(&self, name: RunId) -> Result<Lease<Room>, RoomError> {
        self.rooms.get_or_make(name, Room::new).map_err(|_| RoomError::TooManyRooms)
    }

    /// Goes into a room, which opens when it is first named.
    ///
    /// # Errors
    /// When there is no room for one more.
    pub(crate) fn join(&self, name: RunId) -> Result<Member, RoomError> {
        let room = self.room(name)?;
        // Before the count changes: the newcomer is told it, too.
        let members = room.members.subscribe();
        let messages = room.messages.subscribe();
        let is_in = room.members.send_if_modified(|count| {
            let has_place = *count < MAX_MEMBERS;
            *count += u32::from(has_place);
            has_place
        });
        if is_in { Ok(Member { messages, members, room }) } else { Err(RoomError::Full) }
    }

    /// Says something in a room without being in it. `from` is the connection's id, if it may be told.
    ///
    /// # Errors
    /// When the text is too long, or there is no room.
    pub(crate) fn say(&self, name: RunId, from: Option<u64>, text: String) -> Result<RoomReceipt, RoomError> {
        let room = self.room(name)?;
        self.send(&room, from, text)
    }

    /// Says something in a member's room. `from` is the connection's id, if it may be told.
    ///
    /// # Errors
    /// When the text is too long, or there is no room.
    pub(crate) fn say_as(&self, member: &Member, from: Option<u64>, text: String) -> Result<RoomReceipt, RoomError> {
        self.send(&member.room, from, text)
    }

    fn send(&self, room: &Room, from: Option<u64>, text: String) -> Result<RoomReceipt, RoomError> {
        if text.len() > MAX_ROOM_TEXT {
            return Err(RoomError::TooLong);
        }
        let mut last = room.number.lock().unwrap_or_else(PoisonError::into_inner);
        let number = *last + 1;
        let sent = self.clock.now();
        let json = json(&RoomNotice::Message(RoomMessage { number, from, sent, text }));
        let share = self.waiting.take(json.len()).ok_or(RoomError::TooMuchWaiting)?;
        *last = number;
        // It fails only when nobody listens, and then there is nobody to tell.
        let members = room.messages.send(Arc::new(Waiting { json, _share: share })).unwrap_or(0);
        Ok(RoomReceipt { number, from, sent, members: u32::try_from(members).unwrap_or(u32::MAX) })
    }
}

impl Room {
    fn new() -> Self {
        Self { number: Mutex::default(), messages: broadcast::Sender::new(QUEUE), members: watch::Sender::new(0) }
    }
}

impl Member {
    /// The next that the member is told, a [`RoomNotice`] in JSON. May be dropped while it waits:
    /// nothing is lost with it.
    pub(crate) async fn next(&mut self) -> String {
        tokio::select! {
            // A count is told before the messages that follow it.
            biased;
            Ok(()) = self.members.changed() => json(&RoomNotice::Members { members: *self.members.borrow_and_update() }),
            received = self.messages.recv() => match received {
                Ok(message) => message.json.clone(),
                Err(RecvError::Lagged(lost)) => json(&RoomNotice::Lost { lost }),
                // The room has the sender, and the member has the room.
                Err(RecvError::Closed) => std::future::pending().await,
            },
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.room.members.send_modify(|count| *count -= 1);
    }
}

fn json(notice: &RoomNotice) -> String {
    serde_json::to_string(notice).expect("a notice is JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: RunId = RunId(9);

    fn rooms() -> Rooms {
        Rooms::new(Clock::start())
    }

    async fn next(member: &mut Member) -> RoomNotice {
        let told = tokio::time::timeout(std::time::Duration::from_secs(20), member.next()).await;
        serde_json::from_str(&told.expect("it is told something")).expect("it is a notice")
    }

    async fn message(member: &mut Member) -> RoomMessage {
        match next(member).await {
            RoomNotice::Message(message) => message,
            other => panic!("{other:?} is no message"),
        }
    }

    #[tokio::test]
    async fn what_one_says_all_hear_in_order() {
        let rooms = rooms();
        let mut members = [1, 2, 3].map(|_| rooms.join(NAME).expect("there is room"));
        for text in ["hello", "wörld"] {
            let receipt = rooms.say_as(&members[0], Some(5), text.to_owned()).expect("it is short");
            assert_eq!((receipt.from, receipt.members), (Some(5), 3));
        }
        rooms.say(NAME, Some(6), "from outside".to_owned()).expect("it is short");
        rooms.say(RunId(10), Some(7), "in another room".to_owned()).expect("it is short");
        for member in &mut members {
            assert_eq!(next(member).await, RoomNotice::Members { members: 3 });
            for (number, from, text) in [(1, 5, "hello"), (2, 5, "wörld"), (3, 6, "from outside")] {
                let message = message(member).await;
                assert_eq!((message.number, message.from, message.text.as_str()), (number, Some(from), text));
            }
        }
    }

    #[tokio::test]
    async fn who_comes_later_hears_what_is_said_later() {
        let rooms = rooms();
        let receipt = rooms.say(NAME, Some(1), "into the void".to_owned()).expect("it is short");
        assert_eq!((receipt.number, receipt.members), (1, 0));
        let mut member = rooms.join(NAME).expect("there is room");
        rooms.say(NAME, Some(1), "hello".to_owned()).expect("it is short");
        assert_eq!(next(&mut member).await, RoomNotice::Members { members: 1 });
        assert_eq!(message(&mut member).await.number, 2);
    }

    #[tokio::test]
    async fn coming_and_going_is_told() {
        let rooms = rooms();
        let mut first = rooms.join(NAME).expect("there is room");
        assert_eq!(next(&mut first).await, RoomNotice::Members { members: 1 });
        let mut second = rooms.join(NAME).expect("there is room");
        assert_eq!(next(&mut first).await, RoomNotice::Members { members: 2 });
        assert_eq!(next(&mut second).await, RoomNotice::Members { members: 2 });
        drop(second);
        assert_eq!(next(&mut first).await, RoomNotice::Members { members: 1 });
    }

    #[tokio::test]
    async fn a_slow_member_loses_messages_is_told_and_holds_up_nobody() {
        let rooms = rooms();
        let (mut slow, mut quick) = (rooms.join(NAME).expect("room"), rooms.join(NAME).expect("room"));
        next(&mut quick).await;
        let many = QUEUE as u64 + 40;
        for number in 1..=many {
            rooms.say(NAME, Some(1), "x".to_owned()).expect("it is short");
            assert_eq!(message(&mut quick).await.number, number);
        }
        next(&mut slow).await;
        assert_eq!(next(&mut slow).await, RoomNotice::Lost { lost: 40 });
        for number in 41..=many {
            assert_eq!(message(&mut slow).await.number, number);
        }
    }

    #[tokio::test]
    async fn a_place_is_free_again_when_its_member_has_gone() {
        let rooms = rooms();
        let mut members: Vec<_> = (0..MAX_MEMBERS).map(|_| rooms.join(NAME).expect("there is room")).collect();
        assert_eq!(rooms.join(NAME).err(), Some(RoomError::Full));
        members.pop();
        assert!(rooms.join(NAME).is_ok());
    }

    #[tokio::test]
    async fn what_waits_is_bounded_in_all() {
        let rooms = rooms();
        let text = "x".repeat(MAX_ROOM_TEXT);
        // As many as can wait, in rooms whose queues they fill, and one room more.
        let most = MAX_WAITING / MAX_ROOM_TEXT;
        let room_of = |at: usize| RunId((at / QUEUE) as u128);
        let join = |at| rooms.join(room_of(at * QUEUE)).expect("there is room");
        let mut members: Vec<_> = (0..=most / QUEUE).map(join).collect();
        let said = (0..=most).map_while(|at| rooms.say(room_of(at), Some(1), text.clone()).ok()).count();
        // What is around a text counts, too.
        assert!((most - 5..most).contains(&said), "{said} of {most}");
        assert_eq!(rooms.say(room_of(most), Some(1), text.clone()), Err(RoomError::TooMuchWaiting));
        // The count, then the first message: it is taken, and its room is free again.
        next(&mut members[0]).await;
        message(&mut members[0]).await;
        let receipt = rooms.say(room_of(most), Some(1), text.clone()).expect("there is room");
        assert_eq!(receipt.number, 1, "what was refused has no number");
        assert_eq!(rooms.say(room_of(most), Some(1), text + "x"), Err(RoomError::TooLong));
    }

    #[tokio::test]
    async fn so_many_rooms_may_be_in_use() {
        let rooms = rooms();
        let members: Vec<_> =
            (0..MAX_ROOMS as u128).map(|name| rooms.join(RunId(name)).expect("there is room")).collect();
        assert_eq!(rooms.join(RunId(MAX_ROOMS as u128)).err(), Some(RoomError::TooManyRooms));
        drop(members);
        assert!(rooms.join(RunId(MAX_ROOMS as u128)).is_ok());
    }
}
