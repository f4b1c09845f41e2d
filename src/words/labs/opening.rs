//! The words of the lab `opening`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::bytes_in_words;
use crate::analysis::judgement::opening::requests::{Untold, Way};
use crate::analysis::judgement::opening::{Fact, requests, schemes, switching, websocket};
use crate::trace::Cause;
use crate::words::{self, counted, many};

/// What the lab says before it has run.
pub const WORDS: LabWords = LabWords {
    title: "Handshakes and connections",
    question: "Both protocols travel over TCP connections. A handshake is the short exchange that opens something: TCP \
               has one, and a WebSocket adds its own, an HTTP request that asks to change the protocol, answered with \
               101. Here the same requests are sent twice, once with the server asked to close the connection after \
               each response and once without: count the connections. Then a WebSocket is opened, used, left alone \
               for a while, and used again: look at its handshake, at what follows the 101, and whether it is still \
               open.",
    prediction: Prediction {
        asks: "The same requests, one after another, twice: first the server is asked to close the connection after \
               each response, then it is not. How many TCP connections will carry them?",
        choices: &[
            "one for each request, both times",
            "one for each request with close, one for all without",
            "one for all, both times",
            "some other number",
        ],
    },
    parameters: &[
        ParameterWords { name: "requests", label: "Requests", hint: "one after another, each way" },
        ParameterWords { name: "connection", label: "After each response", hint: "" },
        ParameterWords { name: "parallel", label: "Requests at once", hint: "0 leaves them out" },
        ParameterWords { name: "messages", label: "Messages", hint: "before the WebSocket is idle, and after" },
        ParameterWords { name: "idle", label: "WebSocket idle for", hint: "" },
    ],
    choices: &[
        ("connection", "both", "close, then keep-alive"),
        ("connection", "keep-alive", "keep-alive"),
        ("connection", "close", "close"),
    ],
};

/// What a fact says.
pub fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Requests(fact) => of_requests(fact),
        Fact::WebSocket(fact) => of_websocket(fact),
        Fact::Switching(fact) => of_switching(fact),
        Fact::Address(fact) => of_address(fact),
    }
}

fn of_requests(fact: &requests::Fact) -> String {
    use requests::Fact;
    match fact {
        Fact::Carried { way, requests, connections, already_open, ended_by_server } => {
            carried(*way, [*requests, *connections, *already_open, *ended_by_server])
        }
        Fact::Multiplexed { way, requests, connections } => multiplexed(*way, *requests, *connections),
        Fact::NotTold { way, requests, why } => not_told(*way, *requests, *why),
        Fact::NewByTiming { way, requests, new } => format!(
            "By the browser’s own account (Resource Timing) a new connection was made for {new} of the {} {}. Which older \
             ones carried the rest it does not tell.",
            many(*requests, "request"),
            way_in_words(*way)
        ),
        Fact::OneRequest { way } => format!(
            "Only one request was sent {}. It cannot show whether a second one would have needed a new connection: take \
             at least two.",
            way_in_words(*way)
        ),
        Fact::NotTried { way, impossible: false } => {
            format!("Requests {} were not sent in this run.", way_in_words(*way))
        }
        Fact::NotTried { impossible: true, .. } => {
            "Connection: close was not tried. A page may not set that header itself, and this endpoint is no Duplex \
             server, which would set it when asked to."
                .to_owned()
        }
        Fact::BrokeOff { way, answered, cause } => format!(
            "The requests {} broke off after {}: {}",
            way_in_words(*way),
            many(*answered, "answer"),
            words::cause(cause)
        ),
        Fact::SideBySide { close, keep_alive } => format!(
            "Where the server was asked to close each time, {} went over {}; where it was not, {} went over {} (by the server’s \
             count).",
            many(close.1, "request"),
            many(close.0, "TCP connection"),
            many(keep_alive.1, "request"),
            many(keep_alive.0, "TCP connection")
        ),
    }
}

fn of_websocket(fact: &websocket::Fact) -> String {
    use websocket::Fact;
    match fact {
        Fact::Opened { took } => format!("The WebSocket was open {took} after the page had asked for it."),
        Fact::NotOpened { cause } => format!("The WebSocket could not be opened: {}", words::cause(cause)),
        Fact::NotReached => "The run ended before a WebSocket was open.".to_owned(),
        Fact::Proven { key, accept, checks } => format!(
            "The WebSocket was opened by a handshake of its own: a GET with “Upgrade: websocket”, answered with 101. From \
             the browser’s key {key} follows {accept}, as this page recomputed, and the server sent just that: so it \
             understood what was asked. All {checks} requirements that were checked (RFC 6455 §4) are met."
        ),
        Fact::Unproven { broken, first } => format!(
            "The raw bytes of the handshake do not meet {} of RFC 6455 §4. The first of them: {first}.",
            many(*broken, "requirement")
        ),
        Fact::HandshakeUnseen { why } => format!(
            "The handshake itself could not be looked at. That it was right is known from the open event: a browser fires \
             it only after an answer with the right accept key (RFC 6455 §4.1). {}",
            words::raw::missing(*why, true)
        ),
        Fact::OneConnection { messages, server_id, found } => one_connection(*messages, *server_id, *found),
        Fact::StillOpen { idle, after } => format!(
            "For {idle} the page sent nothing, and then the same connection was still open: {} on it.",
            counted(*after, "message was answered", "messages were answered")
        ),
        Fact::ClosedEarly { lived, code, idle } => closed_early(&lived.to_string(), *code, *idle),
        Fact::SilentAfterIdle { idle } => format!(
            "After {idle} in which the page sent nothing, what it sent was not answered any more, though its browser \
             told of no end. Something on the way may have dropped the idle connection without a word."
        ),
        Fact::NotIdle => {
            "Whether it stays open was not seen: the run left it no idle time, or ended before anything was answered \
             after it."
                .to_owned()
        }
    }
}

fn of_switching(fact: &switching::Fact) -> String {
    use switching::Fact;
    match fact {
        Fact::StatusLine { status, reason, bytes } => format!(
            "The server answered the handshake with “HTTP/1.1 {status} {reason}”, in a head of {}. A page never sees it: \
             this is from the raw bytes at the server.",
            bytes_in_words(*bytes)
        ),
        Fact::FirstFrame { opcode, from_page, after, server_id } => format!(
            "The first frame ({opcode}) came from the {} {after} after the 101, on the same TCP connection{}: the protocol \
             changed, and no new connection was made.",
            if *from_page { "page" } else { "server" },
            server_id.map_or_else(String::new, |id| format!(", number {id} at the server"))
        ),
        Fact::NoFrame => {
            "No WebSocket frame was seen after it, so what the connection carried from there on is not known."
                .to_owned()
        }
        Fact::OverHttp2 => {
            "This WebSocket was opened over HTTP/2. There a CONNECT with the status 200 takes the place of the 101 \
             (RFC 8441): no 101 marks the change."
                .to_owned()
        }
        Fact::StatusUnseen { why } => format!(
            "The status line could not be looked at: a page never sees the head of a 101. {}",
            words::raw::missing(*why, true)
        ),
    }
}

fn of_address(fact: &schemes::Fact) -> String {
    use schemes::Fact;
    match fact {
        Fact::Opened { scheme } => match scheme.as_str() {
            "ws" => "A WebSocket was opened at an address that begins with ws://, unencrypted.".to_owned(),
            "wss" => "A WebSocket was opened at an address that begins with wss://, within TLS.".to_owned(),
            other => format!(
                "A WebSocket was opened at an address that begins with {other}://; newer browsers make ws:// of http:// and \
                 wss:// of https://."
            ),
        },
        Fact::Refused { scheme, at_once } => {
            format!("An address that begins with {scheme}:// was refused by the browser{}.", how_soon(*at_once))
        }
        Fact::MixedContentRefused { url, at_once } => format!(
            "This page came by https, and its browser refused to open {url}{}: a page that came encrypted may not \
             talk unencrypted to another machine (mixed content). That is the browser’s rule, not WebSocket’s.",
            how_soon(*at_once)
        ),
        Fact::MixedContentTried { cause } => format!(
            "This page came by https, and its browser tried an unencrypted ws:// address on another machine all the \
             same; it should have refused. {}",
            cause.as_ref().map_or_else(|| "It even opened.".to_owned(), tried)
        ),
        Fact::SecureNotMeasured => {
            "An address with wss:// was not measured: this run’s endpoint is unencrypted. Start the server with --tls-self-signed, open \
             this page at its TLS port, and accept the certificate (for a WebSocket alone no browser asks)."
                .to_owned()
        }
        Fact::MixedContentNotMeasured => {
            "Whether a page that came by https may use ws:// was not measured: this one came by http. Open it at the \
             server’s TLS port."
                .to_owned()
        }
    }
}

fn carried(way: Way, [requests, connections, already_open, ended_by_server]: [u32; 4]) -> String {
    let mut text = format!(
        "{} {} went over {}.",
        many(requests, "request"),
        way_in_words(way),
        many(connections, "TCP connection")
    );
    match already_open {
        0 => {}
        1 => text.push_str(" One of them was open before."),
        more => text.push_str(&format!(" {more} of them were open before.")),
    }
    match way {
        Way::Close if requests > 1 && connections == requests => text.push_str(" Each had one of its own."),
        Way::KeepAlive if requests > 1 && connections == 1 => {
            text.push_str(" It stayed open after each response (keep-alive), which is the default of HTTP/1.1.");
        }
        Way::Parallel if connections > 1 => text.push_str(
            " Over HTTP/1.1 a connection carries one exchange at a time, so requests at once take several. That browsers \
             open no more than about six to a server is their rule, not HTTP’s (RFC 9112 §9.4).",
        ),
        _ => {}
    }
    if ended_by_server > 0 && way == Way::Close {
        text.push_str(&format!(" The server says that it ended {ended_by_server} of them."));
    }
    text
}

fn multiplexed(way: Way, requests: u32, connections: Option<u32>) -> String {
    let over = connections.map_or_else(String::new, |count| format!(", on {}", many(count, "connection")));
    let mut text = format!(
        "{} {} went over HTTP/2{over}: it carries many exchanges on one connection at the same time.",
        many(requests, "request"),
        way_in_words(way)
    );
    if way == Way::Close {
        text.push_str(" Closing cannot be asked for there: HTTP/2 has no Connection header (RFC 9113 §8.2.2).");
    }
    text
}

fn not_told(way: Way, requests: u32, why: Untold) -> String {
    let why = match why {
        Untold::Plain => "this endpoint is no Duplex server, and a page does not see its browser’s connections",
        Untold::BehindProxy => "a proxy is between, and the connections that the server sees are the proxy’s",
        Untold::NoEvidence => "the server told nothing of them",
    };
    let requests = many(requests, "request");
    format!("Which connections carried the {requests} {} is not known: {why}.", way_in_words(way))
}

fn one_connection(messages: u32, server_id: Option<u64>, found: Option<u32>) -> String {
    let id = server_id.map_or_else(String::new, |id| format!(", number {id} at the server"));
    let seen = match found {
        Some(found) if found == messages => " Their frames are all among its raw bytes.".to_owned(),
        Some(found) => format!(" The frames of {found} of them are among its raw bytes that were kept."),
        None => String::new(),
    };
    format!("{} went over this one connection{id}.{seen}", many(messages, "message"))
}

fn closed_early(lived: &str, code: Option<u16>, idle: bool) -> String {
    let code = code.map_or_else(String::new, |code| format!(", with the close code {code}{}", words::close_code(code)));
    let after = if idle { "after it had been left idle" } else { "before it was left idle" };
    format!(
        "The connection ended by itself {lived} after it was open, {after}{code}. A server, or something on the way such \
         as a proxy, may end what is idle for long."
    )
}

fn tried(cause: &Cause) -> String {
    format!("What came of it: {}", words::cause(cause))
}

const fn how_soon(at_once: bool) -> &'static str {
    if at_once {
        " as soon as it was asked, so nothing was sent"
    } else {
        " (that is inferred from the two addresses; the page only saw that it failed)"
    }
}

const fn way_in_words(way: Way) -> &'static str {
    match way {
        Way::Close => "with Connection: close",
        Way::KeepAlive => "without Connection: close",
        Way::Parallel => "sent at once",
    }
}
