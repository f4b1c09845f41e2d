//! Rooms: what one says, all members hear.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::pin;
use std::rc::Rc;

use futures_util::future::{Either, select};

use super::super::World;
use super::websocket::{Socket, TEXT};
use super::{Answer, Exchange, event};
use crate::network::bell::Bell;
use crate::wire::{MAX_ROOM_TEXT, ROOM_PATH, RoomMessage, RoomNotice, RoomReceipt};

/// So many messages wait for a member; then the oldest are dropped.
const QUEUE: usize = 256;

/// A room and who is in it.
#[derive(Default)]
pub(in super::super) struct Room {
    said: Cell<u64>,
    members: RefCell<Vec<Rc<Hearing>>>,
}

/// What waits for a member.
#[derive(Default)]
struct Hearing {
    /// Others came or went.
    has_changed: Cell<bool>,
    messages: RefCell<VecDeque<RoomMessage>>,
    lost: Cell<u64>,
    bell: Bell,
}

/// A place in a room, until it is dropped.
struct Member {
    room: Rc<Room>,
    hearing: Rc<Hearing>,
}

/// The room of the run, by the name in the path.
fn room(exchange: &Exchange) -> Rc<Room> {
    let world: &World = &exchange.world;
    let rest = exchange.asked.target.strip_prefix(ROOM_PATH).unwrap_or_default();
    let name = rest.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
    Rc::clone(world.rooms.borrow_mut().entry(name.to_owned()).or_default())
}

impl Room {
    fn join(self: Rc<Self>) -> Member {
        let hearing = Rc::new(Hearing::default());
        self.members.borrow_mut().push(Rc::clone(&hearing));
        self.tell_change();
        Member { room: self, hearing }
    }

    fn tell_change(&self) {
        for member in self.members.borrow().iter() {
            member.has_changed.set(true);
            member.bell.ring();
        }
    }

    fn say(&self, exchange: &Exchange, text: &str) -> RoomReceipt {
        let number = self.said.get() + 1;
        self.said.set(number);
        let (from, sent) = (exchange.told_id(), exchange.world.server_now());
        let members = self.members.borrow();
        for member in members.iter() {
            let mut messages = member.messages.borrow_mut();
            if messages.len() == QUEUE {
                messages.pop_front();
                member.lost.set(member.lost.get() + 1);
            }
            messages.push_back(RoomMessage { number, from, sent, text: text.to_owned() });
            member.bell.ring();
        }
        RoomReceipt { number, from, sent, members: members.len() as u32 }
    }
}

impl Member {
    /// The next that the member is told.
    async fn next(&self) -> RoomNotice {
        let Hearing { has_changed, messages, lost, bell } = &*self.hearing;
        bell.until(|| {
            if has_changed.replace(false) {
                return Some(RoomNotice::Members { members: self.room.members.borrow().len() as u32 });
            }
            match lost.take() {
                0 => messages.borrow_mut().pop_front().map(RoomNotice::Message),
                lost => Some(RoomNotice::Lost { lost }),
            }
        })
        .await
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.room.members.borrow_mut().retain(|member| !Rc::ptr_eq(member, &self.hearing));
        self.room.tell_change();
    }
}

/// `POST /room/<name>`.
pub(super) fn say(exchange: &Exchange) -> Answer {
    if exchange.asked.body.len() > MAX_ROOM_TEXT {
        return Answer::problem(413, "A room takes texts of up to 65536 bytes.");
    }
    match std::str::from_utf8(&exchange.asked.body) {
        Ok(text) => Answer::json(&room(exchange).say(exchange, text)),
        Err(_) => Answer::problem(400, "The body of this request is text in UTF-8."),
    }
}

/// `GET /room/<name>/events`.
pub(super) async fn events(exchange: &Exchange) {
    let member = room(exchange).join();
    exchange.begin_events();
    loop {
        let data = serde_json::to_string(&member.next().await).unwrap_or_default();
        exchange.part_of_events(&event("room", None, &data));
    }
}

/// `/room/<name>/ws`.
pub(super) async fn take_part(socket: &Socket<'_>) {
    let member = room(socket.exchange).join();
    loop {
        let told = match select(pin!(socket.next()), pin!(member.next())).await {
            Either::Left((message, _)) => Either::Left(message),
            Either::Right((notice, _)) => Either::Right(notice),
        };
        match told {
            Either::Left(None) => return,
            Either::Left(Some(message)) => {
                let text = std::str::from_utf8(&message.payload).ok().filter(|_| message.opcode == TEXT);
                let (code, why) = match text {
                    Some(text) if text.len() <= MAX_ROOM_TEXT => {
                        member.room.say(socket.exchange, text);
                        continue;
                    }
                    Some(_) => (1009, "A room takes texts of up to 65536 bytes."),
                    None => (1003, "a room takes text"),
                };
                // Its place is free while the closing goes on.
                drop(member);
                return socket.close(code, why).await;
            }
            Either::Right(notice) => socket.send_json(&notice),
        }
    }
}
