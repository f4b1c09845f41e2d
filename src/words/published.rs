//! Published comparisons in words: what each says, where, and what holds of it.

use super::break_even::missing;
use super::thousands;
use crate::analysis::bytes_in_words;
use crate::analysis::published::{Absent, Amount, Checked, Holds, Part, Preset, Source, What, Why};

/// What a comparison is called here.
pub const fn title(preset: Preset) -> &'static str {
    match preset {
        Preset::QuantumLeap => "871 bytes against 2",
        Preset::SevenBytes => "98.8 % less overhead",
        Preset::FiftyRequests => "50 requests: 5 seconds against 180 milliseconds",
    }
}

/// What the source says, in our words.
pub const fn says(preset: Preset) -> &'static str {
    match preset {
        Preset::QuantumLeap => {
            "A page that polls for stock prices once a second sends and receives 871 bytes of heads each time; a WebSocket \
             message has 2. Multiplied by 1,000 to 100,000 clients that is megabits against kilobits: a reduction of 500 to 1, \
             or even 1,000 to 1. Much of what is taught about overhead goes back to this."
        }
        Preset::SevenBytes => {
            "To say “Hello” takes a frame of 7 bytes over a WebSocket and a request of about 600 bytes over HTTP: 98.8 % less. \
             The percentage is repeated without the sum behind it."
        }
        Preset::FiftyRequests => {
            "In a browser, one HTTP request took 107 ms and one over a WebSocket (with Socket.IO) 83 ms. Fifty at once took about \
             5 s against 180 ms, because a browser opens no more than six connections."
        }
    }
}

/// Where it was published.
pub fn source(source: &Source) -> String {
    let by = source.authors.map_or_else(|| "author not known".to_owned(), str::to_owned);
    let year = source.year.map_or_else(|| "year not known".to_owned(), |year| year.to_string());
    format!("“{}”, {by}, {}, {year}.", source.title, source.appeared)
}

/// How its figures were checked.
pub const fn checked(checked: Checked) -> &'static str {
    match checked {
        Checked::Copies => "Its figures were checked against complete copies of the text.",
        Checked::Quotations => {
            "Its figures are as others quote them word for word; its set-up beyond that was not to be had."
        }
        Checked::Unsigned => "One text of several that say so; where the figure comes from could not be found.",
    }
}

/// What to run to see it here.
pub const fn repetition(part: Part) -> &'static str {
    match part {
        Part::Whole => "Run the same here",
        Part::OneByOne => "Run 50, one after another",
        Part::AtOnce => "Run 50 at once",
    }
}

/// What a row is about.
pub fn what(what: What) -> String {
    match what {
        What::HeadsOfAnExchange => "Heads of a request and its response".to_owned(),
        What::HeadToPage => "What a frame adds, to the page".to_owned(),
        What::HeadToServer => "What a frame adds, to the server".to_owned(),
        What::HeadsToHead => "An exchange’s heads against a message’s, to the page".to_owned(),
        What::Polling { clients } => format!("{} clients poll once a second", thousands(clients.into())),
        What::Pushing { clients } => format!("{} clients are sent a message a second", thousands(clients.into())),
        What::Handshake => "The WebSocket’s handshake, once".to_owned(),
        What::WholeRequest => "A request with 5 bytes".to_owned(),
        What::WholeFrameToPage => "A frame with 5 bytes, to the page".to_owned(),
        What::WholeFrameToServer => "A frame with 5 bytes, to the server".to_owned(),
        What::SavingOneWay => "Saved: a frame to the server instead of a request".to_owned(),
        What::SavingBothWays { payload } => {
            format!("Saved: there and back, with {} each way", bytes_in_words(payload))
        }
        What::OneOverHttp => "One exchange over HTTP".to_owned(),
        What::OneOverWebSocket => "One message there and back over a WebSocket".to_owned(),
        What::BytesOverHttp => "Bytes of an exchange over HTTP, payload included".to_owned(),
        What::BytesOverWebSocket => "Bytes there and back over a WebSocket, payload included".to_owned(),
        What::InTurnOverHttp => "50 over HTTP, one after another".to_owned(),
        What::InTurnOverWebSocket => "50 over a WebSocket, one after another".to_owned(),
        What::AtOnceOverHttp => "50 over HTTP, all at once".to_owned(),
        What::AtOnceOverWebSocket => "50 over WebSockets that are open, all at once".to_owned(),
        What::RateOverHttp => "That is, over HTTP".to_owned(),
        What::RateOverWebSocket => "That is, over WebSockets".to_owned(),
        What::Connections => "Connections that the browser used for HTTP".to_owned(),
    }
}

/// A figure.
pub fn amount(amount: Amount) -> String {
    match amount {
        Amount::Bytes(bytes) => bytes_in_words(bytes),
        Amount::Time(span) => span.to_string(),
        Amount::Percent(percent) => format!("{percent:.1} %"),
        Amount::ToOne(times) => format!("{} : 1", rounded(times)),
        Amount::PerSecond(rate) => format!("{} a second", rounded(rate)),
        Amount::BitsPerSecond(bits) => bits_per_second(bits),
        Amount::Count(count) => count.to_string(),
    }
}

/// Why there is no figure of ours.
pub fn absent(absent: Absent) -> String {
    match absent {
        Absent::Missing(why) => format!("not known: {}", missing(why)),
        Absent::InAnotherRun(part) => format!("see “{}”", repetition(part)),
    }
}

/// Whether something holds, in a word or two.
pub const fn holds(holds: Holds) -> &'static str {
    match holds {
        Holds::Yes => "holds",
        Holds::InPart => "holds in part",
        Holds::No => "does not hold",
        Holds::NotShown => "not shown here",
    }
}

/// What holds or does not, and why.
pub fn why(why: &Why) -> String {
    match *why {
        Why::ItsRatio { .. }
        | Why::ItsMegabits { .. }
        | Why::ItsDelaysAreAssumed
        | Why::ItsSixConnections { .. }
        | Why::ItsSingles { .. }
        | Why::ItsRate { .. } => its_own(why),
        Why::HeadsAsPublished { ours, published } => format!(
            "Here a request and its response have {ours} bytes of heads, published were {published}. How many there are depends \
             on the browser, the server and what the page’s origin has set as cookies; HTTP asks for few of them."
        ),
        Why::HowMuchMore { times } => format!(
            "An exchange’s heads are {} times what a message to the page has: that heads outweigh short messages by far is so.",
            rounded(times)
        ),
        Why::Masked { to_server, published } => format!(
            "{published} bytes are right for a message to the page. What a client sends is masked, which takes 4 bytes more \
             (RFC 6455 §5.3): here {to_server}."
        ),
        Why::HandshakeLeftOut { bytes, paid_after } => format!(
            "The handshake is left out: here {bytes} bytes, paid once. Against polls that each bring a message it has paid for \
             itself after {paid_after}."
        ),
        Why::EventStream { each, web_socket } => format!(
            "What saves most is that the server speaks when it has something to say, and HTTP has a way for that too: a \
             server-sent event adds about {each} bytes to such a message (HTML §9.2), a WebSocket {web_socket}."
        ),
        Why::Saving { ours, published } => {
            format!("With this run’s bytes a message to the server is {ours:.1} % less than a request, published are {published} %.")
        }
        Why::PayloadDilutes { payload, saved } => format!(
            "It is a matter of the payload: with {} each way, {saved:.1} % of all bytes are saved.",
            bytes_in_words(payload)
        ),
        Why::BytesAreNotTime { http, web_socket } => format!(
            "That there are as much fewer bytes does not mean as much less waiting: a round trip took {http} over HTTP and \
             {web_socket} over the WebSocket, in the median."
        ),
        Why::Singles { http, web_socket } => format!(
            "One after another, a round trip took {http} over HTTP and {web_socket} over the WebSocket, in the median, on \
             connections that were open."
        ),
        Why::LibraryOnTop { ours, published } => format!(
            "Its {published} bytes there and back are those of a library’s messages; a bare WebSocket needs {ours} for the same."
        ),
        Why::Connections { used, shared: true, .. } => format!(
            "The browser spoke HTTP/2 here, in which exchanges share a connection (RFC 9113): it used {used}, and no request had \
             to wait for one."
        ),
        Why::Connections { used, published, .. } => {
            format!("The browser used {used} connections for its requests; said to be the most are {published}.")
        }
        Why::Queueing { requests, connections, shortest, explained, took } => format!(
            "{requests} requests over {connections} connections go in {} rounds. The shortest exchange took {shortest}, so the \
             rounds explain {explained}; all of them took {took}.",
            requests.div_ceil(connections.max(1))
        ),
        Why::BrowsersRule => {
            "That requests wait for one of a few connections is the browsers’ rule, and one of HTTP/1.1; the standard sets no \
             number (RFC 9112 §9.4). It says nothing of how long HTTP takes between programs that are no browsers."
                .to_owned()
        }
        Why::AtOnce { http, web_socket } => format!(
            "All at once took {http} over HTTP and {web_socket} over WebSockets; the server held back no answer. The source used \
             one WebSocket for all; here each client has its own, and opening them is not counted."
        ),
    }
}

/// What follows from a source's own figures.
fn its_own(why: &Why) -> String {
    match *why {
        Why::ItsRatio { gives, says } => {
            format!("871 bytes against 2 are {} to 1, not {} to 1.", rounded(gives), rounded(says))
        }
        Why::ItsMegabits { bits, says } => format!(
            "Its bits are right, its megabits are of 2^20: {} are written as {says}.",
            bits_per_second(bits)
        ),
        Why::ItsSixConnections { rounds, explained, says } => format!(
            "Six connections do not explain it: {rounds} rounds of its own 107 ms come to {explained}, not to {says}."
        ),
        Why::ItsSingles { requests, in_turn, says } => format!(
            "{requests} of its single requests one after another would come to {in_turn}, which is near its {says}: as if they had \
             not gone six at a time. Why is not known. A browser lets requests for the same URL wait for one another where the \
             answer might be cached; here each has a URL of its own."
        ),
        Why::ItsRate { gives, says } => format!(
            "50 messages in 180 ms are {} a second, not almost {}: the two are not of the same measurement.",
            rounded(gives),
            thousands(says as u64)
        ),
        _ => "Its 3 to 1 for delays rests on an assumed 50 ms from server to page, not on a measurement. The lab on who may speak \
              shows how long news wait for a poll."
            .to_owned(),
    }
}

fn rounded(number: f64) -> String {
    match number {
        ..10.0 => format!("{number:.1}"),
        _ => thousands(number.round() as u64),
    }
}

fn bits_per_second(bits: f64) -> String {
    match bits {
        ..1e3 => format!("{bits:.0} bit/s"),
        1e3..1e6 => format!("{:.1} kbit/s", bits / 1e3),
        _ => format!("{:.2} Mbit/s", bits / 1e6),
    }
}
