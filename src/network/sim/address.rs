//! Where services are, and which part of a URL is the application's and which the instrument's: as the network of a
//! browser has it.

use crate::network::Service;
use crate::trace::Protocol;
use crate::wire::{
    ECHO_PATH, MEMORY_PATH, MEMORY_WS_PATH, NEWS_EVENTS_PATH, NEWS_PATH, NEWS_WS_PATH, ROOM_PATH, RunId, WS_PATH, query,
};

/// The path of a service at a Duplex server; the room is that of the run. `None` where it is not offered over that
/// protocol.
pub(super) fn path(service: Service, over: Protocol, run: RunId) -> Option<String> {
    let path = match (service, over) {
        (Service::Echo, Protocol::Http) => ECHO_PATH,
        (Service::Echo, Protocol::WebSocket) => WS_PATH,
        (Service::News, Protocol::Http) => NEWS_PATH,
        (Service::News, Protocol::WebSocket) => NEWS_WS_PATH,
        (Service::NewsEvents, Protocol::Http) => NEWS_EVENTS_PATH,
        (Service::Memory, Protocol::Http) => MEMORY_PATH,
        (Service::Memory, Protocol::WebSocket) => MEMORY_WS_PATH,
        (Service::Room, Protocol::Http) => return Some(format!("{ROOM_PATH}/{run}")),
        (Service::Room, Protocol::WebSocket) => return Some(format!("{ROOM_PATH}/{run}/ws")),
        (Service::RoomEvents, Protocol::Http) => return Some(format!("{ROOM_PATH}/{run}/events")),
        (Service::NewsEvents | Service::RoomEvents, Protocol::WebSocket) => return None,
    };
    Some(path.to_owned())
}

/// A path or URL, as the application would ask for it and as it is asked for: run and number are the instrument's, and
/// so is what an echo is asked for the experiment's sake.
pub(super) struct Urls {
    pub(super) plain: String,
    pub(super) whole: String,
}

impl Urls {
    pub(super) fn new(address: &str, service: Service, asked: &[(&str, &str)], run: RunId, number: u32) -> Self {
        let is_experiment = |(name, _): &&(&str, &str)| service == Service::Echo || *name == query::CONNECTION;
        let (run, number) = (run.to_string(), number.to_string());
        let plain = with_query(address, asked.iter().filter(|pair| !is_experiment(pair)));
        let own = [(query::RUN, run.as_str()), (query::NUMBER, number.as_str())];
        let whole = with_query(&plain, asked.iter().filter(is_experiment).chain(&own));
        Self { plain, whole }
    }

    /// Bytes that the instrument adds.
    pub(super) fn instrument(&self) -> u64 {
        (self.whole.len() - self.plain.len()) as u64
    }
}

/// Adds parameters to a query, percent-encoded (URL standard, §1.3).
fn with_query<'a>(address: &str, query: impl Iterator<Item = &'a (&'a str, &'a str)>) -> String {
    let mut all = address.to_owned();
    let mut separator = if address.contains('?') { '&' } else { '?' };
    for (name, value) in query {
        all.push(separator);
        all.push_str(&encoded(name));
        all.push('=');
        all.push_str(&encoded(value));
        separator = '&';
    }
    all
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
        let run = RunId(1);
        let echo = Urls::new("/ws", Service::Echo, &[("fault", "goodbye"), ("reason", "so long")], run, 7);
        assert_eq!(echo.plain, "/ws");
        assert_eq!(echo.whole, format!("/ws?fault=goodbye&reason=so%20long&run={run}&n=7"));
        let news = Urls::new("/news", Service::News, &[("connection", "close"), ("after", "3")], run, 8);
        assert_eq!(news.plain, "/news?after=3");
        assert_eq!(news.whole, format!("/news?after=3&connection=close&run={run}&n=8"));
        assert_eq!(news.instrument(), (news.whole.len() - "/news?after=3".len()) as u64);
    }
}
