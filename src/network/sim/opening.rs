//! Opening a WebSocket as Chromium does: refused at once where a secure page may not, one handshake after another
//! to the same address, beside the pool of HTTP connections and not counted with it.

use std::rc::Rc;

use super::address::{Urls, path};
use super::connection::{Asked, Connection, Down, Stream};
use super::http::UnderWay;
use super::socket::SimSocket;
use super::{RUN, World};
use crate::network::{Opening, Service};
use crate::trace::{Cause, Closing, Failing, Failure, Inference, Protocol};
use crate::wire::SUBPROTOCOL;

/// Where a WebSocket's URL leads.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    secure: bool,
    host: String,
    port: u16,
    /// Path and query.
    path: String,
}

impl Target {
    /// Takes a URL apart (RFC 6455 §3); `None` where it is none.
    fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let secure = match scheme {
            "ws" | "http" => false,
            "wss" | "https" => true,
            _ => return None,
        };
        let rest = rest.split('#').next()?;
        let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let (host, port) = match authority.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, if secure { 443 } else { 80 }),
        };
        let is_host = !host.is_empty() && !host.contains(char::is_whitespace);
        is_host.then(|| Self { secure, host: host.to_owned(), port, path: path.to_owned() })
    }

    /// A host that is this machine: a secure page may talk to it without TLS (Secure Contexts, §3.1).
    fn is_loopback(&self) -> bool {
        let host = self.host.as_str();
        host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "[::1]"
    }
}

/// A connection that is to become a WebSocket; the browser ends it unless it does.
struct Dial(Option<Rc<Connection>>);

impl Drop for Dial {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.leave();
        }
    }
}

impl World {
    /// Opens a WebSocket, and records it.
    pub(super) async fn open(self: &Rc<Self>, opening: Opening<'_>) -> Result<SimSocket, Failure> {
        let turn = opening.turn;
        let failure =
            |cause, inferred_from| Failure { protocol: Protocol::WebSocket, turn: None, cause, inferred_from };
        if opening.url.is_none() && !self.offers(opening.service, Protocol::WebSocket) {
            return Err(failure(Cause::NotOffered, Inference::Schemes));
        }
        self.begin(turn);
        let place = self.place();
        let origin = place.ws.strip_suffix(crate::wire::WS_PATH).unwrap_or(&place.ws);
        let own_url = path(opening.service, Protocol::WebSocket, RUN).map(|path| format!("{origin}{path}"));
        let url = opening.url.unwrap_or(own_url.as_deref().unwrap_or_default());
        let number = self.recorder().next_number();
        let urls = Urls::new(url, opening.service, opening.query, RUN, number);
        let enveloped = opening.url.is_none() && opening.service == Service::Echo && !self.conditions.plain;
        let header = if enveloped { "Sec-WebSocket-Protocol: \r\n".len() + SUBPROTOCOL.len() } else { 0 };
        let instrument = urls.instrument() + header as u64;
        let (id, handshake) = self.recorder().opening(turn, self.clock.now(), number, &urls.plain, instrument);
        let fail = |cause: Cause, inferred_from| {
            let failing = Failing { at: self.clock.now(), cause: cause.clone(), inferred_from };
            self.recorder().failed(handshake, failing);
            failure(cause, inferred_from)
        };
        let Some(target) = Target::of(&urls.whole) else {
            return Err(fail(Cause::BadUrl { why: "SyntaxError".into() }, Inference::Thrown));
        };
        if place.secure_page && !target.secure && !target.is_loopback() {
            return Err(fail(Cause::MixedContent, Inference::Thrown));
        }
        let mut under_way = UnderWay { world: self, message: Some(handshake) };
        let bare = target.path.split('?').next().unwrap_or_default().to_owned();
        let asked = Asked {
            method: "GET",
            service: self.service_at(&bare),
            target: target.path.clone(),
            host: format!("{}:{}", target.host, target.port),
            query: opening.query.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
            number: Some(number),
            upgrade: Some(number),
            enveloped,
            ..Asked::default()
        };
        let patience = opening.within.unwrap_or(self.patience.connect);
        let opened = self.clock.within(patience, self.shake_hands(&target, asked)).await;
        under_way.message = None;
        let at = self.clock.now();
        match opened {
            None => Err(fail(Cause::ConnectTimeout { after: patience }, Inference::Timer)),
            Some(None) => {
                let how = Closing::CloseEvent { code: 1006, reason: String::new(), clean: false };
                self.recorder().closed(id, at, how);
                let (cause, inferred_from) = self.why_not_open(&target, &bare).await;
                self.recorder().failed(handshake, Failing { at, cause: cause.clone(), inferred_from });
                Err(failure(cause, inferred_from))
            }
            Some(Some((connection, stream))) => {
                let subprotocol = if enveloped { SUBPROTOCOL } else { "" };
                self.recorder().opened(id, handshake, turn, at, subprotocol.to_owned(), String::new());
                Ok(SimSocket::open(self, id, &opening, enveloped, connection, stream))
            }
        }
    }

    /// Waits for the turn at the address, connects, and asks. `None` when there is no 101.
    async fn shake_hands(self: &Rc<Self>, target: &Target, asked: Asked) -> Option<(Rc<Connection>, Rc<Stream>)> {
        if !self.is_ours(target) {
            // A name that nobody has, or a port that nobody listens at: known after about a round trip.
            self.clock.sleep(self.conditions.one_way + self.conditions.one_way).await;
            return None;
        }
        let _turn = self.handshakes[usize::from(target.secure)].pass().await;
        let connection = Connection::open(self, target.secure, "http/1.1").await.ok()?;
        let mut dial = Dial(Some(Rc::clone(&connection)));
        let stream = connection.send(Rc::new(asked));
        match stream.down.next().await {
            Down::Head(head) if head.status == 101 => {
                dial.0 = None;
                Some((connection, stream))
            }
            _ => None,
        }
    }

    /// Whether our server is there: its port with TLS only for a page that came by it, since a certificate that is not
    /// known is asked about only when a page is opened.
    fn is_ours(&self, target: &Target) -> bool {
        let port = if target.secure { super::TLS_PORT } else { super::PORT };
        target.is_loopback() && target.port == port && (!target.secure || self.is_secure())
    }

    fn service_at(&self, bare: &str) -> Option<Service> {
        let services = [Service::Echo, Service::News, Service::Memory, Service::Room];
        services.into_iter().find(|&service| path(service, Protocol::WebSocket, RUN).as_deref() == Some(bare))
    }

    /// Why a WebSocket closed before it was open, as a page finds out: it asks for anything at all.
    async fn why_not_open(self: &Rc<Self>, target: &Target, bare: &str) -> (Cause, Inference) {
        let answers = if self.is_ours(target) {
            self.answers(bare).await
        } else {
            self.clock.sleep(self.conditions.one_way + self.conditions.one_way).await;
            false
        };
        match answers {
            true => (Cause::HandshakeRefused, Inference::ProbeAnswered),
            false => (Cause::NoAnswer, Inference::ProbeFailed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let target = Target::of("wss://localhost:9443/news/ws?a=1#here").expect("it is one");
        let expected = Target { secure: true, host: "localhost".into(), port: 9443, path: "/news/ws?a=1".into() };
        assert_eq!(target, expected);
        assert!(target.is_loopback());
        assert_eq!(Target::of("ws://nobody.invalid").map(|target| (target.port, target.path)), Some((80, "/".into())));
        for wrong in ["nobody", "ftp://host/", "ws://", "ws://host:port/"] {
            assert_eq!(Target::of(wrong), None, "{wrong}");
        }
    }
}
