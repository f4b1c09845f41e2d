//! The words of the lab `opening`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::bytes_in_words;
use crate::analysis::judgement::opening::requests::{Untold, Way};
use crate::analysis::judgement::opening::{Fact, requests, schemes, switching, websocket};
use crate::trace::Cause;
use crate::words;

/// What the lab says before it has run.
pub const WORDS: LabWords = LabWords {
    title: "Handshakes and connections",
    question: "Both protocols travel over TCP connections. Does HTTP need a new one for every request, as one often \
               reads? The same requests are sent twice, once with the server asked to close the connection after each \
               response and once without, and the connections that carried them are counted. Then a WebSocket is \
               opened: what does its handshake look like, what does the 101 change, and is it still open after nobody \
               has said anything for a while?",
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
            "Resource Timing, the browser’s own account, says of {} of the {} {} that a new connection was made for \
             it (connectEnd is later than connectStart). That tells new connections, and not which older ones \
             carried the rest.",
            new,
            plural(*requests, "request"),
            way_in_words(*way)
        ),
        Fact::OneRequest { way } => format!(
            "Only one request was sent {}. Whether a second one would have needed a new connection, it cannot show: \
             take at least two.",
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
            plural(*answered, "answer"),
            words::cause(cause)
        ),
        Fact::SideBySide { close, keep_alive } => format!(
            "With Connection: close {} on {}; without it {} on {}, by the server’s count.",
            travelled(close.1),
            plural(close.0, "TCP connection"),
            travelled(keep_alive.1),
            plural(keep_alive.0, "TCP connection")
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
            "The opening handshake is one HTTP exchange of its own: a GET with “Upgrade: websocket”, answered with \
             101. The page recomputed the proof that the server understood: from the key {key} follows {accept}, and \
             that is the Sec-WebSocket-Accept that the server sent. All {checks} requirements of RFC 6455 §4 are met."
        ),
        Fact::Unproven { broken, first } => format!(
            "The raw bytes of the handshake do not meet {} of RFC 6455 §4; the first: {first}.",
            plural(*broken, "requirement")
        ),
        Fact::HandshakeUnseen { why } => format!(
            "The handshake itself could not be looked at. That there was a right one is known from the open event: a \
             browser fires it only after a 101 with the right accept key. {}",
            words::raw::missing(*why, true)
        ),
        Fact::OneConnection { messages, server_id, found } => one_connection(*messages, *server_id, *found),
        Fact::StillOpen { idle, after } => format!(
            "For {idle} the page sent nothing, and then the same connection was still open: {} on it.",
            if *after == 1 { "1 message was answered".to_owned() } else { format!("{after} messages were answered") }
        ),
        Fact::ClosedEarly { lived, code, idle } => closed_early(&lived.to_string(), *code, *idle),
        Fact::SilentAfterIdle { idle } => format!(
            "After {idle} in which the page sent nothing, what it sent was not answered any more, though its browser \
             told of no end. Something on the way may have dropped the idle connection without a word."
        ),
        Fact::NotIdle => {
            "Whether it stays open was not tried: the run ended before the idle time was over and something had been \
             answered after it, or no idle time was asked for."
                .to_owned()
        }
    }
}

fn of_switching(fact: &switching::Fact) -> String {
    use switching::Fact;
    match fact {
        Fact::StatusLine { status, reason, bytes } => format!(
            "The server answered the handshake with the status line “HTTP/1.1 {status} {reason}”, in a head of {}; a \
             page never sees it, so this is from the server’s raw bytes.",
            bytes_in_words(*bytes)
        ),
        Fact::FirstFrame { opcode, from_page, after, server_id } => format!(
            "The next bytes are a WebSocket frame already (opcode: {opcode}), sent by the {} {after} after the 101, on \
             the same TCP connection{}. So the status marks the change of protocol, and no new connection is made for \
             it: it is the same one.",
            if *from_page { "page" } else { "server" },
            server_id.map_or_else(String::new, |id| format!(", number {id} at the server"))
        ),
        Fact::NoFrame => {
            "No WebSocket frame is told that came after it, so what the connection speaks from there on was not seen."
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
            other => format!("A WebSocket was opened at an address that begins with {other}://."),
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
            "wss:// was not measured here: this run’s endpoint is unencrypted. Start the server with \
             --tls-self-signed, open this page at its TLS port, and accept the certificate; a browser asks about a \
             certificate when a page is opened, and never for a WebSocket."
                .to_owned()
        }
        Fact::MixedContentNotMeasured => {
            "Whether ws:// is refused to a page that came by https was not measured here: this page came by http. \
             Open it at the server’s TLS port."
                .to_owned()
        }
    }
}

fn carried(way: Way, [requests, connections, already_open, ended_by_server]: [u32; 4]) -> String {
    let mut text = format!(
        "{} {} travelled over {}.",
        plural(requests, "request"),
        way_in_words(way),
        plural(connections, "TCP connection")
    );
    match already_open {
        0 => {}
        1 => text.push_str(" One of these was open before: browsers keep connections, and make some ahead."),
        more => text.push_str(&format!(" {more} of these were open before: browsers keep connections.")),
    }
    if ended_by_server > 0 && way == Way::Close {
        text.push_str(&format!(" By its own account the server ended {ended_by_server} of them after the response."));
    }
    match way {
        Way::Close if requests > 1 && connections == requests => {
            text.push_str(" Each request needed one of its own, as the server had said “Connection: close”.");
        }
        Way::KeepAlive if requests > 1 && connections == 1 => {
            text.push_str(" It stayed open after each response (keep-alive), which is the default of HTTP/1.1.");
        }
        Way::Parallel if connections > 1 => text.push_str(
            " Over HTTP/1.1 a connection carries one exchange at a time, so requests at once take several. That it is \
             six at most to one server is the browser’s rule, not HTTP’s.",
        ),
        _ => {}
    }
    text
}

fn multiplexed(way: Way, requests: u32, connections: Option<u32>) -> String {
    let over = connections.map_or_else(String::new, |count| format!(", on {}", plural(count, "connection")));
    let mut text = format!(
        "{} {} travelled over HTTP/2{over}: it carries many exchanges at once on one connection.",
        plural(requests, "request"),
        way_in_words(way)
    );
    if way == Way::Close {
        text.push_str(
            " Close cannot be asked for there: HTTP/2 has no such header, and no response ends its connection.",
        );
    }
    text
}

fn not_told(way: Way, requests: u32, why: Untold) -> String {
    let why = match why {
        Untold::Plain => "this endpoint is no Duplex server, and a page does not see its browser’s connections",
        Untold::BehindProxy => "a proxy is between, and the connections that the server sees are the proxy’s",
        Untold::NoEvidence => "the server told nothing of them",
    };
    let requests = plural(requests, "request");
    format!("Which connections carried the {requests} {} is not known: {why}.", way_in_words(way))
}

fn one_connection(messages: u32, server_id: Option<u64>, found: Option<u32>) -> String {
    let id = server_id.map_or_else(String::new, |id| format!(", number {id} at the server"));
    let seen = match found {
        Some(found) if found == messages => " The frames of all of them are among its raw bytes.".to_owned(),
        Some(found) => format!(" The frames of {found} of them are among those of its raw bytes that were kept."),
        None => String::new(),
    };
    format!("{} travelled over this one connection{id}.{seen}", plural(messages, "message"))
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

fn travelled(requests: u32) -> String {
    format!("{} travelled", plural(requests, "request"))
}

fn plural(count: u32, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
