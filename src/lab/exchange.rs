//! The lab `exchange`: the same conversation over HTTP and over a WebSocket. k messages of n bytes
//! are echoed one after another or at an interval, the two protocols taking turns (A B A B), after
//! one warm-up each.

use super::Lab;
use super::echo::{echo_over_http, echo_over_socket};
use super::parameter::{CONNECT_TIMEOUT, Choice, Parameter, ParameterError, REPLY_TIMEOUT, Range};
use super::settings::Settings;
use crate::analysis::Claim;
use crate::network::{Network, Opening, Payload, Request, Service, Socket};
use crate::trace::{Failure, Span, Time, Turn};
use crate::wire::query;

/// How many messages each protocol carries.
pub const MESSAGES: Range = Range { name: "messages", least: 1, most: 100_000, default: 10, unit: "messages" };
/// How long each message's payload is.
pub const SIZE: Range = Range { name: "size", least: 0, most: 1024 * 1024, default: 32, unit: "bytes" };
/// From the beginning of one turn to that of the next; 0 is one after another.
pub const INTERVAL: Range = Range { name: "interval", least: 0, most: 10_000, default: 0, unit: "ms" };
/// Whether the server is asked to close the connection after each response (RFC 9112 §9.6).
pub const CONNECTION: Choice =
    Choice { name: query::CONNECTION, options: &[query::KEEP_ALIVE, query::CLOSE], default: query::KEEP_ALIVE };

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::Number(MESSAGES),
    Parameter::Number(SIZE),
    Parameter::Number(INTERVAL),
    Parameter::Choice(CONNECTION),
    Parameter::Number(CONNECT_TIMEOUT),
    Parameter::Number(REPLY_TIMEOUT),
];

/// The claims that it tests.
pub const CLAIMS: &[Claim] = &[Claim::C16];

/// The most that all payloads of one protocol may come to, in MiB.
pub const MOST_IN_ALL: u64 = 256;

/// What the lab is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Messages that each protocol carries, without the warm-up; see [`MESSAGES`].
    pub messages: u32,
    /// Bytes of payload of each; see [`SIZE`].
    pub size: u32,
    /// Milliseconds from turn to turn; see [`INTERVAL`].
    pub interval: u32,
    /// Ask for `Connection: close` on each response, instead of keep-alive; see [`CONNECTION`].
    pub close: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        (&Settings::of(Lab::Exchange)).into()
    }
}

impl From<Parameters> for Settings {
    /// The lab's settings with these parameters; a number out of its range is taken as the nearest.
    fn from(parameters: Parameters) -> Self {
        let mut settings = Self::of(Lab::Exchange);
        let Parameters { messages, size, interval, close } = parameters;
        let clamped = |range: &Range, number: u32| number.clamp(range.least, range.most).to_string();
        let connection = if close { query::CLOSE } else { query::KEEP_ALIVE };
        for (name, text) in [
            (MESSAGES.name, clamped(&MESSAGES, messages)),
            (SIZE.name, clamped(&SIZE, size)),
            (INTERVAL.name, clamped(&INTERVAL, interval)),
            (CONNECTION.name, connection.to_owned()),
        ] {
            settings.set(name, &text).expect("the value is one of the parameter's");
        }
        settings
    }
}

impl From<&Settings> for Parameters {
    fn from(settings: &Settings) -> Self {
        Self {
            messages: settings.number(&MESSAGES),
            size: settings.number(&SIZE),
            interval: settings.number(&INTERVAL),
            close: settings.choice(&CONNECTION) == query::CLOSE,
        }
    }
}

/// Whether the settings can be taken together.
///
/// # Errors
/// When messages × size is more than [`MOST_IN_ALL`].
pub fn check(settings: &Settings) -> Result<(), ParameterError> {
    let Parameters { messages, size, .. } = settings.into();
    let bytes = u64::from(messages) * u64::from(size);
    if bytes > MOST_IN_ALL << 20 {
        return Err(ParameterError::TooMuch { messages, size, total: bytes.div_ceil(1 << 20), most: MOST_IN_ALL });
    }
    Ok(())
}

/// Holds the conversation.
///
/// # Errors
/// When an exchange fails; what was done until then is recorded.
pub async fn run<N: Network>(network: &N, settings: &Settings) -> Result<(), Failure> {
    let parameters = Parameters::from(settings);
    let size = parameters.size as usize;
    let close: &[(&str, &str)] = if parameters.close { &[(query::CONNECTION, query::CLOSE)] } else { &[] };
    let mut payload = Vec::with_capacity(size);
    let mut over_http = async |turn: Turn| {
        fill(&mut payload, turn, size);
        echo_over_http(network, Request::echo(turn, &payload).with(close)).await
    };
    over_http(Turn::WARM_UP).await?;
    network.between_turns().await;
    let socket = network.open(Opening::of(Turn::WARM_UP, Service::Echo)).await?;
    let mut payload = Vec::with_capacity(size);
    let mut over_socket = async |turn: Turn| {
        fill(&mut payload, turn, size);
        echo_over_socket(&socket, turn, Payload::Binary(&payload)).await
    };
    over_socket(Turn::WARM_UP).await?;

    let began = network.now();
    for number in 1..=parameters.messages {
        network.between_turns().await;
        let due = i64::from(number - 1) * Span::from_millis(parameters.interval).0;
        network.wait_until(Time(began.0 + due)).await;
        over_http(Turn::of(number)).await?;
        network.between_turns().await;
        over_socket(Turn::of(number)).await?;
    }
    socket.close(1000, "").await;
    Ok(())
}

/// A payload that a person recognises in a hex dump: `message 17 · …` in ASCII, repeated to size.
pub(super) fn fill(payload: &mut Vec<u8>, turn: Turn, size: usize) {
    payload.clear();
    let words = format!("Duplex message {}. ", turn.number);
    payload.extend(words.bytes().cycle().take(size));
}
