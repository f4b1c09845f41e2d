//! The crowd's WebSockets: which opened and gave back what was sent, whether their handshakes went one after another,
//! and whom a broadcast reached.

use std::collections::{HashMap, HashSet};

use super::{Trouble, count, failed, is_given_up, trouble};
use crate::analysis::Statistics;
use crate::analysis::at_once::most_at_once;
use crate::trace::{
    Closed, Closing, Connection, ConnectionId, Direction, Kind, Message, MessageId, ServerTime, Span, Time, Trace,
};
use crate::wire::RoomNotice;

/// A WebSocket that was asked for, and what became of it.
pub(super) struct Place<'a> {
    /// The request that asked for it.
    pub(super) handshake: &'a Message,
    connection: &'a Connection,
    /// The 101.
    accepted: Option<&'a Message>,
    /// What was said over it and what came back.
    exchanged: Option<(&'a Message, &'a Message)>,
    /// The script closed it.
    let_go: bool,
}

/// The WebSockets of the part, in the order in which they were asked for.
pub(super) struct Sockets<'a> {
    places: Vec<Place<'a>>,
}

/// Whether handshakes overlapped, by the server's times: from when it accepted a connection until it answered the
/// handshake.
pub(super) enum Handshakes {
    /// They did not.
    InTurn,
    /// They did: the most at the same time.
    AtOnce(u32),
    /// The server did not tell.
    Unknown,
}

impl Place<'_> {
    /// It opened, and gave back what was sent.
    fn is_served(&self) -> bool {
        self.accepted.is_some() && self.exchanged.is_some_and(|(said, came)| is_same(said, came))
    }

    /// When its opening came to an end, and whether by taking too long.
    fn ended(&self) -> Option<(Time, bool)> {
        failed(self.handshake).or_else(|| Some((self.opened()?, false)))
    }

    fn trouble(&self, given_up: bool) -> Trouble {
        match (self.handshake.failing.as_deref(), self.accepted, self.exchanged) {
            (Some(failing), ..) => trouble(failing),
            (None, None, _) if given_up => Trouble::GivenUp,
            (None, None, _) => Trouble::Unfinished,
            (None, Some(_), Some(_)) => Trouble::Different,
            // The script waits for the answer, and closes what is still open then.
            (None, Some(_), None) if self.let_go => Trouble::TimedOut,
            (None, Some(_), None) => match &self.connection.closed {
                Some(Closed { how: Closing::GivenUp, .. }) | None => Trouble::Unfinished,
                Some(_) => Trouble::Closed,
            },
        }
    }

    /// When it was open for the page.
    fn opened(&self) -> Option<Time> {
        self.connection.opened.page()
    }

    /// From when the server accepted the connection until it answered the handshake.
    fn at_the_server(&self) -> Option<(ServerTime, ServerTime)> {
        Some((self.connection.accepted.server()?, self.accepted?.sent.server()?))
    }
}

fn is_same(said: &Message, came: &Message) -> bool {
    match (&said.copy, &came.copy) {
        (Some(said), Some(came)) => said == came,
        _ => said.payload == came.payload,
    }
}

impl<'a> Sockets<'a> {
    /// Those of a part; none where it did not begin.
    pub(super) fn of(trace: &'a Trace, part: &str) -> Self {
        let messages: Vec<&Message> = trace.part(part).map_or_else(Vec::new, |part| trace.in_part(part).collect());
        let mut accepted: HashMap<MessageId, &Message> = HashMap::new();
        let mut exchanged: HashMap<ConnectionId, (&Message, &Message)> = HashMap::new();
        let mut let_go = HashSet::new();
        for message in &messages {
            if let (Kind::Close { .. }, Direction::ToServer) = (message.kind, message.direction) {
                let_go.extend(message.connection);
            }
            let Some(asked) = message.answers.and_then(|id| trace.message(id)) else { continue };
            match (message.kind, message.connection) {
                (Kind::SwitchingProtocols, _) => {
                    accepted.insert(asked.id, message);
                }
                (Kind::Binary | Kind::Text, Some(connection)) => {
                    exchanged.entry(connection).or_insert((asked, message));
                }
                _ => {}
            }
        }
        let places = messages.iter().filter(|message| message.kind == Kind::Handshake).filter_map(|handshake| {
            let connection = trace.connection(handshake.connection?)?;
            Some(Place {
                handshake,
                connection,
                accepted: accepted.get(&handshake.id).copied(),
                exchanged: exchanged.get(&connection.id).copied(),
                let_go: let_go.contains(&connection.id),
            })
        });
        Self { places: places.collect() }
    }

    pub(super) fn asked(&self) -> u32 {
        count(self.places.len())
    }

    pub(super) fn served(&self) -> impl Iterator<Item = &Place<'a>> {
        self.places.iter().filter(|place| place.is_served())
    }

    pub(super) fn opened(&self) -> impl Iterator<Item = &Place<'a>> {
        self.places.iter().filter(|place| place.accepted.is_some())
    }

    pub(super) fn troubles(&self) -> impl Iterator<Item = (MessageId, Trouble)> {
        let others = self.places.iter().filter(|place| !place.is_served());
        let given_up = is_given_up(self.places.iter().filter_map(Place::ended));
        others.map(move |place| (place.handshake.id, place.trouble(given_up)))
    }

    fn first_asked(&self) -> Option<Time> {
        self.places.iter().filter_map(|place| place.connection.asked.page()).min()
    }

    /// From the first call to the last `open` event.
    pub(super) fn took(&self) -> Option<Span> {
        let last = self.opened().filter_map(Place::opened).max()?;
        Some(last - self.first_asked()?)
    }

    /// The most that were open at the same time, for the page. What did not end stays open.
    pub(super) fn open_at_once(&self) -> u32 {
        let stretch = |place: &Place<'_>| {
            let closed = place.connection.closed.as_ref().and_then(|closed| closed.at.page());
            Some((place.opened()?, closed.unwrap_or(Time(i64::MAX))))
        };
        count(most_at_once(self.opened().filter_map(stretch)))
    }

    /// From the first call to the first and to the last `open` event, and the median from one such event to the next;
    /// `None` for fewer than two.
    pub(super) fn steps(&self) -> Option<(Span, Span, Span)> {
        let mut opened: Vec<Time> = self.opened().filter_map(Place::opened).collect();
        opened.sort_unstable();
        let (asked, first, last) = (self.first_asked()?, *opened.first()?, *opened.last()?);
        let steps: Vec<Span> = opened.windows(2).map(|pair| pair[1] - pair[0]).collect();
        Some((first - asked, last - asked, Statistics::of(&steps)?.median))
    }

    /// Whether the handshakes overlapped.
    pub(super) fn handshakes(&self) -> Handshakes {
        let stretches: Option<Vec<_>> = self.opened().map(Place::at_the_server).collect();
        match stretches.map(most_at_once) {
            None => Handshakes::Unknown,
            Some(0 | 1) => Handshakes::InTurn,
            Some(most) => Handshakes::AtOnce(count(most)),
        }
    }
}

/// What one said to all, and who heard it.
pub(super) struct Broadcast<'a> {
    /// How many wanted to be members.
    pub(super) clients: u32,
    /// How many were.
    pub(super) members: u32,
    /// What was said; `None` where nobody came to say anything.
    pub(super) said: Option<&'a Message>,
    /// What members heard, one for each member, the first first, with when the page had it.
    pub(super) heard: Vec<(MessageId, Time)>,
}

impl<'a> Broadcast<'a> {
    /// The broadcast of a part; `None` where it did not begin.
    pub(super) fn of(trace: &'a Trace, part: &str) -> Option<Self> {
        let sockets = Sockets::of(trace, part);
        let part = trace.part(part)?;
        let said = trace
            .in_part(part)
            .find(|message| message.direction == Direction::ToServer && matches!(message.kind, Kind::Text));
        let text = said.and_then(|said| said.copy.as_ref());
        let mut heard: HashMap<ConnectionId, (MessageId, Time)> = HashMap::new();
        for message in trace.in_part(part).filter(|message| message.direction == Direction::ToPage) {
            let (Some(connection), Some(at), Some(copy)) = (message.connection, message.received.page(), &message.copy)
            else {
                continue;
            };
            let told = serde_json::from_slice(&copy.0);
            if matches!(told, Ok(RoomNotice::Message(told)) if text.is_some_and(|text| text.0 == told.text.as_bytes()))
            {
                heard.entry(connection).or_insert((message.id, at));
            }
        }
        let mut heard: Vec<(MessageId, Time)> = heard.into_values().collect();
        heard.sort_unstable_by_key(|(id, at)| (*at, *id));
        Some(Self { clients: sockets.asked(), members: count(sockets.opened().count()), said, heard })
    }

    /// From the call of `send` until the first member had it.
    pub(super) fn first(&self) -> Option<Span> {
        Some(self.heard.first()?.1 - self.said?.sent.page()?)
    }

    /// From when the first member had it until the last had.
    pub(super) fn spread(&self) -> Option<Span> {
        Some(self.heard.last()?.1 - self.heard.first()?.1)
    }
}
