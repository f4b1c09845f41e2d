//! The words of the lab `crowd`.

use super::{LabWords, ParameterWords, Prediction};
use crate::analysis::judgement::crowd::{Fact, Missing, SeenBy, Trouble};
use crate::trace::Protocol;
use crate::words::many;

/// What the lab says before it has run.
pub const WORDS: LabWords = LabWords {
    title: "Many clients, one server",
    question: "A server is there for many. Here a crowd of clients comes all at once: each asks over HTTP, then each opens \
               a WebSocket and says something, and at last one of them speaks and all others listen (a broadcast). Look at \
               whether everybody is served, who has to wait, and what for. All clients live in this one page, so you also \
               see what your browser does with a crowd.",
    prediction: Prediction {
        asks: "All clients ask at the same moment over HTTP. How many of their requests will be on the way at the same time?",
        choices: &["one", "two to five", "six", "more than six"],
    },
    parameters: &[
        ParameterWords { name: "clients", label: "Clients", hint: "" },
        ParameterWords {
            name: "hold",
            label: "Server takes",
            hint: "for each answer over HTTP, so that waiting can be seen; only a Duplex server does so",
        },
        ParameterWords { name: "size", label: "Size", hint: "of each message" },
    ],
    choices: &[],
};

/// What a fact says.
pub fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Served { protocol, clients, served, within, resolution } => {
            let who = match (served, clients) {
                (1, 1) => "The one client was".to_owned(),
                (served, clients) if served == clients => format!("All {clients} clients were"),
                (1, clients) => format!("1 of {clients} clients was"),
                (served, clients) => format!("{served} of {clients} clients were"),
            };
            if *served == 0 {
                return format!("None of {} was served {}.", many(*clients, "client"), over(*protocol));
            }
            let how = match protocol {
                Protocol::Http => "served over HTTP",
                Protocol::WebSocket => "served over WebSockets: each opened, and gave back what was sent",
            };
            let last = match protocol {
                Protocol::Http => "The last response was there",
                Protocol::WebSocket => "The last WebSocket was open",
            };
            let time = within.map_or_else(String::new, |within| {
                format!(" {last} {} after the first call.", within.known_to(*resolution))
            });
            format!("{who} {how}.{time}")
        }
        Fact::NotServed { protocol, clients, count, trouble } => {
            format!("{count} of {clients} got nothing {}: {}.", over(*protocol), self::trouble(*trouble))
        }
        Fact::HttpConnections { requests, connections, already_open } => {
            let open = match already_open {
                0 => String::new(),
                open => format!(" {open} of them had been open before the run."),
            };
            format!("{} went over {}.{open}", many(*requests, "request"), many(*connections, "TCP connection"))
        }
        Fact::UnderWay { requests, most, seen_by, version } => {
            under_way(*requests, *most, *seen_by, version.as_deref())
        }
        Fact::Queued { requests, waited, longest } => format!(
            "{waited} of {} had to wait in the browser until another one was done, for up to {longest}: over HTTP/1.1 a connection carries one exchange at a time, and browsers open about six to a server. Six is the browsers’ rule; HTTP sets no number (RFC 9112 §9.4).",
            many(*requests, "request")
        ),
        Fact::NotQueued { requests, version: Some(version) } if version == "h2" || version == "h3" => format!(
            "None of {} had to wait for another one: over this version of HTTP one connection carries many exchanges at the same time (multiplexing).",
            many(*requests, "request")
        ),
        Fact::NotQueued { requests, .. } => {
            format!("None of {} had to wait in the browser until another one was done.", many(*requests, "request"))
        }
        Fact::OpenAtOnce { sockets, most } => {
            let more = if *most > 6 { " Browsers do not count WebSockets into their limit of six." } else { "" };
            format!("{} opened, and {most} {} open at the same time.{more}", many(*sockets, "WebSocket"), be(*most))
        }
        Fact::HandshakesInTurn { sockets, first, last, step, resolution } => format!(
            "The {sockets} handshakes went one after another: by the server’s clock each was answered before the next connection came. The first WebSocket was open {} after the first call, the last {} after it, typically {} apart. A browser opens WebSockets to one address one by one (RFC 6455 §4.1 asks it to); it is no limit of the server.",
            first.known_to(*resolution),
            last.known_to(*resolution),
            step.known_to(*resolution)
        ),
        Fact::HandshakesAtOnce { sockets, most } => format!(
            "Of {sockets} handshakes, up to {most} {} under way at the same time, by the server’s clock. To one address a browser opens one at a time (RFC 6455 §4.1); several addresses, or a proxy between, can look like this.",
            be(*most)
        ),
        Fact::HandshakesFromHere { sockets, first, last, resolution } => format!(
            "Of {sockets} WebSockets that were asked for together, the first was open after {} and the last after {}. To one address a browser opens one at a time (RFC 6455 §4.1).",
            first.known_to(*resolution),
            last.known_to(*resolution)
        ),
        Fact::Heard { clients, members, heard, said, first, spread, resolution } => {
            let absent = match clients - members.min(clients) {
                0 => String::new(),
                absent => format!(" {absent} of {clients} clients did not get into the room."),
            };
            let times = first.zip(*spread).map_or_else(String::new, |(first, spread)| {
                let (first, spread) = (first.known_to(*resolution), spread.known_to(*resolution));
                format!(" The first had it {first} after it was sent, the last {spread} later.")
            });
            match (members, said, heard) {
                (0, ..) => {
                    format!("None of {} got into the room, so nobody could speak to all.", many(*clients, "client"))
                }
                (_, false, _) => {
                    format!(
                        "{members} of {clients} clients {} in the room, but nobody could speak any more.",
                        be(*members)
                    )
                }
                (_, true, 0) => {
                    format!("One client spoke to all, and none of {members} in the room heard it.{absent}")
                }
                (_, true, heard) => format!(
                    "One client spoke to all (a broadcast), and {heard} of {members} in the room heard it, the speaker included. None had asked for it.{times}{absent}"
                ),
            }
        }
        Fact::OneClient => "One client is no crowd: let at least two come.".to_owned(),
        Fact::Missing(missing) => self::missing(*missing).to_owned(),
    }
}

fn under_way(requests: u32, most: u32, seen_by: SeenBy, version: Option<&str>) -> String {
    let version = match version {
        Some("h2") => " over HTTP/2",
        Some("h3") => " over HTTP/3",
        Some("http/1.1") => " over HTTP/1.1",
        _ => "",
    };
    let (requests, were) = (many(requests, "request"), be(most));
    match seen_by {
        SeenBy::Browser => format!(
            "Of {requests}{version}, at most {most} {were} on the way at the same time, by the browser’s own account (Resource Timing)."
        ),
        SeenBy::Server => format!(
            "Of {requests}{version}, at most {most} {were} with the server at the same time, by its clock; what was still travelling is not counted."
        ),
    }
}

fn trouble(trouble: Trouble) -> String {
    match trouble {
        Trouble::Status(503) => "the server answered 503 Service Unavailable, so it had no room for more".to_owned(),
        Trouble::Status(status) => format!("the server answered with status {status}"),
        Trouble::HandshakeRefused => {
            "the server is there, but the WebSocket did not open (a page is not told why)".to_owned()
        }
        Trouble::NoAnswer => "there was no answer that the page may read".to_owned(),
        Trouble::TimedOut => "nothing came in time".to_owned(),
        Trouble::GivenUp => "they were given up, because those before them had waited in vain; whether the server would have answered these is not known".to_owned(),
        Trouble::Closed => "the connection ended first".to_owned(),
        Trouble::Different => "what came back is not what was sent".to_owned(),
        Trouble::Unfinished => "the run ended first".to_owned(),
    }
}

const fn missing(missing: Missing) -> &'static str {
    match missing {
        Missing::Hold => {
            "This server cannot be asked to take its time, so some requests may have been done before others began: fewer are on the way at the same time than could be."
        }
        Missing::Rooms => {
            "Whether one message reaches all cannot be shown here: the WebSocket endpoint has no rooms, as a Duplex server has."
        }
        Missing::Connections => {
            "How many TCP connections carried the requests is not known: a page cannot see that, and this server does not tell."
        }
        Missing::UnderWay => {
            "How many requests were on the way at the same time is not known: the server does not let the page see the browser’s timing (Timing-Allow-Origin), and tells no times of its own."
        }
        Missing::HandshakeTimes => {
            "Whether the handshakes overlapped cannot be told from the page alone: it sees when each was asked for and when it was open, not when it was its turn. The server’s times of the handshakes are not there."
        }
        Missing::Asking(Protocol::Http) => "The run did not come to the end of its requests over HTTP.",
        Missing::Asking(Protocol::WebSocket) => "The run did not come to the end of its WebSockets.",
        Missing::Broadcast => "The run ended before one message had been sent to all.",
        Missing::Served => "Nobody was served, so this run cannot say how many a server can talk with.",
        Missing::Answer(Protocol::Http) => {
            "Not one client had an answer over HTTP that the page may read. That is about this address, or what it allows this page, and not about being many."
        }
        Missing::Answer(Protocol::WebSocket) => {
            "Not one client had an answer over WebSocket. That is about this address, and not about being many."
        }
    }
}

/// The verb of so many.
const fn be(count: u32) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

const fn over(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "over HTTP",
        Protocol::WebSocket => "over a WebSocket",
    }
}
