//! Lifelines, and where connections run along them. Connections that are open at the same time run side by side,
//! each in its own lane, so that an arrow's end tells which one carried it.

use super::lifetimes::Stretch;
use super::{BAR, GUTTER};
use crate::trace::{Connection, ConnectionId, Time};

/// Room for the lanes at the server's lifeline, and at the page's where it has one, in pixels.
const ROOM: f64 = 64.0;
/// From one lane to the next where there is room, in pixels.
const PITCH: f64 = BAR + 3.0;
/// Right of the server's lanes, in pixels.
const MARGIN: f64 = 22.0;
/// The least room between the lifelines of pages and that of the server, in pixels.
const LEAST: f64 = 80.0;
/// The part of the width that many clients share.
const CLIENTS: f64 = 0.5;
/// From one client's lifeline to the next, in pixels, where there is room.
const CLIENT: f64 = 56.0;

/// On which lane each connection runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes {
    /// By a connection's id.
    places: Vec<Option<Place>>,
    /// Until when each lane of the server's lifeline is taken.
    server: Vec<Time>,
    /// Until when each lane of each client's lifeline is taken, by the client's place.
    page: Vec<Vec<Time>>,
    /// The clients that took part, in order.
    clients: Vec<u32>,
}

/// The lanes of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Of its client's lifeline.
    pub(super) page: usize,
    /// Of the server's lifeline.
    pub(super) server: usize,
}

impl Lanes {
    /// Gives a connection the first lane that is free on either side, for good if nobody knows of its end. Connections
    /// come in the order in which they began.
    pub(super) fn add(&mut self, connection: &Connection, stretch: &Stretch) {
        let client = self.client(connection.client);
        let taken = |(from, until): (Time, Time)| match connection.closed {
            Some(_) => (from, until),
            None => (from, Time(i64::MAX)),
        };
        let place = Place {
            page: take(&mut self.page[client], taken(stretch.page)),
            server: take(&mut self.server, taken(stretch.server)),
        };
        let id = connection.id.0 as usize;
        if self.places.len() <= id {
            self.places.resize(id + 1, None);
        }
        self.places[id] = Some(place);
    }

    /// Adds a client if it is new, and gives its place.
    pub(super) fn client(&mut self, client: u32) -> usize {
        let place = match self.clients.binary_search(&client) {
            Ok(place) => return place,
            Err(place) => place,
        };
        self.clients.insert(place, client);
        self.page.insert(place, Vec::new());
        place
    }

    /// The lanes of a connection; the first ones for one that has none.
    pub(super) fn of(&self, connection: Option<ConnectionId>) -> Place {
        connection.and_then(|id| self.places.get(id.0 as usize).copied().flatten()).unwrap_or_default()
    }

    /// No two connections were open at the same time.
    pub(super) fn is_single(&self) -> bool {
        self.server.len() <= 1 && self.page.iter().all(|lanes| lanes.len() <= 1)
    }
}

/// Takes the first lane that is free, and gives its place.
fn take(lanes: &mut Vec<Time>, (from, until): (Time, Time)) -> usize {
    let place = lanes.iter().position(|&taken| taken <= from).unwrap_or(lanes.len());
    if place == lanes.len() {
        lanes.push(until);
    } else {
        lanes[place] = until;
    }
    place
}

/// Where lifelines and lanes stand, in pixels from the left.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Columns {
    first: f64,
    pitch: f64,
    clients: Vec<u32>,
    pub(super) server_x: f64,
    page_lane: f64,
    server_lane: f64,
}

impl Columns {
    pub(super) fn of(lanes: &Lanes, width: f64) -> Self {
        let pitch = |count: usize, room: f64| (room / count.max(1) as f64).min(PITCH);
        let clients = lanes.clients.len().max(1);
        let alone = lanes.page.first().map_or(1, Vec::len);
        let page_lane = if clients == 1 { pitch(alone, ROOM.min(width / 8.0)) } else { 2.0 };
        let server_lane = pitch(lanes.server.len(), ROOM.min(width / 6.0));
        let server_x = (width - MARGIN - lanes.server.len().max(1) as f64 * server_lane).max(GUTTER + LEAST);
        let left = GUTTER + BAR + if clients == 1 { (alone.max(1) - 1) as f64 * page_lane } else { 0.0 };
        let room = ((server_x - left) * CLIENTS).min(server_x - left - LEAST).max(0.0);
        let pitch = if clients == 1 { 0.0 } else { (room / (clients - 1) as f64).min(CLIENT) };
        Self { first: left, pitch, clients: lanes.clients.clone(), server_x, page_lane, server_lane }
    }

    /// The lifeline of a client.
    pub(super) fn client_x(&self, client: u32) -> f64 {
        let place = self.clients.binary_search(&client).unwrap_or(0);
        self.first + place as f64 * self.pitch
    }

    /// The lifelines of all clients, with their numbers, from left to right.
    pub(super) fn clients(&self) -> impl Iterator<Item = (u32, f64)> {
        let known = self.clients.iter().map(|&client| (client, self.client_x(client)));
        let none = self.clients.is_empty().then_some((0, self.first));
        known.chain(none)
    }

    /// The first and the last client's lifelines, where all are so close together that they would be a smear.
    pub(super) fn crowd(&self) -> Option<(f64, f64)> {
        const CLOSE: f64 = 6.0;
        let last = self.clients.len().checked_sub(1).filter(|last| *last > 0)?;
        (self.pitch < CLOSE).then_some((self.first, self.first + last as f64 * self.pitch))
    }

    /// The middle of a connection's bar at its client.
    pub(super) fn page_lane_x(&self, client: u32, place: Place) -> f64 {
        self.client_x(client) - place.page as f64 * self.page_lane
    }

    /// The middle of a connection's bar at the server.
    pub(super) fn server_lane_x(&self, place: Place) -> f64 {
        self.server_x + place.server as f64 * self.server_lane
    }

    /// How wide a connection's bar is: at its client, and at the server.
    pub(super) fn bars(&self) -> (f64, f64) {
        let wide = |pitch: f64| (pitch - 2.0).clamp(0.8, BAR);
        let page = if self.clients.len() > 1 { (self.pitch - 2.0).clamp(0.8, BAR) } else { wide(self.page_lane) };
        (page, wide(self.server_lane))
    }

    /// Right of the server's last lane.
    pub(super) fn right(&self, lanes: &Lanes) -> f64 {
        self.server_x + (lanes.server.len().max(1) - 1) as f64 * self.server_lane + BAR / 2.0
    }
}
