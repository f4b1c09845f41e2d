//! Where services are, and which part of a URL is the application's and which the instrument's.

use super::Service;
use crate::trace::Protocol;
use crate::wire::{
    ECHO_PATH, MEMORY_PATH, MEMORY_WS_PATH, NEWS_EVENTS_PATH, NEWS_PATH, NEWS_WS_PATH, ROOM_PATH, RunId, WS_PATH, query,
};

/// Parameters that are asked of a server for the experiment's sake: their bytes are the instrument's, and
/// they are left out where a URL is shown as the application's.
const INSTRUMENT: &[&str] = &[
    query::RUN,
    query::NUMBER,
    query::CONNECTION,
    query::TYPE,
    query::FAULT,
    query::AT,
    query::STATUS,
    query::CODE,
    query::REASON,
    query::DEFLATE,
    query::PING,
];

/// The path of a service at a Duplex server; the room is that of the run.
#[must_use]
pub fn path(service: Service, over: Protocol, run: RunId) -> String {
    let path = match (service, over) {
        (Service::Echo, Protocol::Http) => ECHO_PATH,
        (Service::Echo, Protocol::WebSocket) => WS_PATH,
        (Service::News, Protocol::Http) => NEWS_PATH,
        (Service::News | Service::NewsEvents, Protocol::WebSocket) => NEWS_WS_PATH,
        (Service::NewsEvents, Protocol::Http) => NEWS_EVENTS_PATH,
        (Service::Memory, Protocol::Http) => MEMORY_PATH,
        (Service::Memory, Protocol::WebSocket) => MEMORY_WS_PATH,
        (Service::Room, Protocol::Http) => return format!("{ROOM_PATH}/{run}"),
        (Service::Room | Service::RoomEvents, Protocol::WebSocket) => return format!("{ROOM_PATH}/{run}/ws"),
        (Service::RoomEvents, Protocol::Http) => return format!("{ROOM_PATH}/{run}/events"),
    };
    path.to_owned()
}

/// A path or URL with parameters added to its query, percent-encoded (URL standard, §1.3).
#[must_use]
pub fn with_query<'a>(path: &str, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut all = path.to_owned();
    let mut separator = if path.contains('?') { '&' } else { '?' };
    for (name, value) in query {
        all.push(separator);
        all.push_str(&encoded(name));
        all.push('=');
        all.push_str(&encoded(value));
        separator = '&';
    }
    all
}

/// The same with those parameters alone that are the application's, as it is shown.
#[must_use]
pub fn shown<'a>(path: &str, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    with_query(path, query.into_iter().filter(|(name, _)| !INSTRUMENT.contains(name)))
}

fn encoded(text: &str) -> String {
    let mut all = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            all.push(char::from(byte));
        } else {
            all.push_str(&format!("%{byte:02X}"));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_instruments_is_sent_and_not_shown() {
        let query = [("fault", "goodbye"), ("reason", "so long"), ("after", "3")];
        assert_eq!(with_query("/ws", query), "/ws?fault=goodbye&reason=so%20long&after=3");
        assert_eq!(shown("/ws", query), "/ws?after=3");
        assert_eq!(shown("/ws", [("run", "1")]), "/ws");
    }
}
