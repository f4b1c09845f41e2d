//! The lab `exchange`: the same conversation over HTTP and over a WebSocket. k messages of n bytes
//! are echoed one after another or at an interval, the two protocols taking turns (A B A B), after
//! one warm-up each.

use super::{ParameterError, Range};
use crate::network::{Network, Patience, Request, Socket};
use crate::trace::{Failure, Span, Time, Turn};

/// The lab's name in URLs and files.
pub const SLUG: &str = "exchange";

/// How many messages each protocol carries.
pub const MESSAGES: Range = Range { name: "messages", least: 1, most: 100_000, default: 10, unit: "messages" };
/// How long each message's payload is.
pub const SIZE: Range = Range { name: "size", least: 0, most: 1024 * 1024, default: 32, unit: "bytes" };
/// From the beginning of one turn to that of the next; 0 is one after another.
pub const INTERVAL: Range = Range { name: "interval", least: 0, most: 10_000, default: 0, unit: "ms" };
/// How long to wait for a connection.
pub const CONNECT_TIMEOUT: Range =
    Range { name: "connect-timeout", least: 100, most: 60_000, default: 5_000, unit: "ms" };
/// How long to wait for a reply.
pub const REPLY_TIMEOUT: Range = Range { name: "reply-timeout", least: 100, most: 60_000, default: 10_000, unit: "ms" };
/// The name of [`Parameters::close`].
pub const CONNECTION: &str = "connection";

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
    /// Ask for `Connection: close` on each response (RFC 9112 §9.6), instead of keep-alive.
    pub close: bool,
    /// Milliseconds; see [`CONNECT_TIMEOUT`].
    pub connect_timeout: u32,
    /// Milliseconds; see [`REPLY_TIMEOUT`].
    pub reply_timeout: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            messages: MESSAGES.default,
            size: SIZE.default,
            interval: INTERVAL.default,
            close: false,
            connect_timeout: CONNECT_TIMEOUT.default,
            reply_timeout: REPLY_TIMEOUT.default,
        }
    }
}

impl Parameters {
    /// Reads one parameter from its name and text. `Ok(false)` when the name is none of this lab's.
    ///
    /// # Errors
    /// When the value cannot be taken; nothing is changed then.
    pub fn set(&mut self, name: &str, value: &str) -> Result<bool, ParameterError> {
        match name {
            _ if name == MESSAGES.name => self.messages = MESSAGES.read(value)?,
            _ if name == SIZE.name => self.size = SIZE.read(value)?,
            _ if name == INTERVAL.name => self.interval = INTERVAL.read(value)?,
            _ if name == CONNECT_TIMEOUT.name => self.connect_timeout = CONNECT_TIMEOUT.read(value)?,
            _ if name == REPLY_TIMEOUT.name => self.reply_timeout = REPLY_TIMEOUT.read(value)?,
            CONNECTION => {
                self.close = match value {
                    crate::wire::query::KEEP_ALIVE => false,
                    crate::wire::query::CLOSE => true,
                    _ => {
                        return Err(ParameterError::NoSuchWord {
                            name: CONNECTION,
                            allowed: "keep-alive, close",
                            given: value.chars().take(40).collect(),
                        });
                    }
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// All parameters by name, as [`Parameters::set`] reads them.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        let connection = if self.close { crate::wire::query::CLOSE } else { crate::wire::query::KEEP_ALIVE };
        [
            (MESSAGES.name, self.messages.to_string()),
            (SIZE.name, self.size.to_string()),
            (INTERVAL.name, self.interval.to_string()),
            (CONNECTION, connection.to_owned()),
            (CONNECT_TIMEOUT.name, self.connect_timeout.to_string()),
            (REPLY_TIMEOUT.name, self.reply_timeout.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Whether the parameters can be taken together.
    ///
    /// # Errors
    /// When messages × size is more than [`MOST_IN_ALL`].
    pub fn check(&self) -> Result<(), ParameterError> {
        let bytes = u64::from(self.messages) * u64::from(self.size);
        if bytes > MOST_IN_ALL << 20 {
            return Err(ParameterError::TooMuch {
                messages: self.messages,
                size: self.size,
                total: bytes.div_ceil(1 << 20),
                most: MOST_IN_ALL,
            });
        }
        Ok(())
    }

    /// How long to wait before giving up.
    #[must_use]
    pub const fn patience(&self) -> Patience {
        Patience { connect: Span::from_millis(self.connect_timeout), reply: Span::from_millis(self.reply_timeout) }
    }
}

/// Holds the conversation.
///
/// # Errors
/// When an exchange fails; what was done until then is recorded.
pub async fn run<N: Network>(network: &N, parameters: &Parameters) -> Result<(), Failure> {
    let mut payload = Vec::with_capacity(parameters.size as usize);
    let mut over_http = async |turn: Turn| {
        fill(&mut payload, turn, parameters.size as usize);
        network.exchange(Request { turn, body: &payload, close: parameters.close }).await
    };
    over_http(Turn::WARM_UP).await?;
    network.between_turns().await;
    let socket = network.open().await?;
    let mut payload = Vec::with_capacity(parameters.size as usize);
    let mut over_socket = async |turn: Turn| {
        fill(&mut payload, turn, parameters.size as usize);
        socket.echo(turn, &payload).await
    };
    over_socket(Turn::WARM_UP).await?;

    let began = network.now();
    for number in 1..=parameters.messages {
        network.between_turns().await;
        let due = i64::from(number - 1) * Span::from_millis(parameters.interval).0;
        network.wait_until(Time(began.0 + due)).await;
        over_http(Turn { number }).await?;
        network.between_turns().await;
        over_socket(Turn { number }).await?;
    }
    socket.close().await;
    Ok(())
}

/// A payload that a person recognises in a hex dump: `message 17 · …` in ASCII, repeated to size.
fn fill(payload: &mut Vec<u8>, turn: Turn, size: usize) {
    payload.clear();
    let words = format!("Duplex message {}. ", turn.number);
    payload.extend(words.bytes().cycle().take(size));
}
