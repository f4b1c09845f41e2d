//! What the learner sets: how much is said, how long, by whom; and what the server's operator sets.

use super::exact::Exact;

/// Who starts a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Starter {
    /// The client asks, the server answers with as much payload.
    Client,
    /// The server has news, to which nobody answers.
    Server,
    /// Both, in turn: half of the messages each.
    Both,
}

impl Starter {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Client, Self::Server, Self::Both];

    /// Which part of the messages the client starts.
    pub(super) const fn by_client(self) -> Exact {
        match self {
            Self::Client => Exact::ONE,
            Self::Server => Exact::ZERO,
            Self::Both => Exact::ratio(1, 2),
        }
    }

    /// Which part of the messages the server starts.
    pub(super) const fn by_server(self) -> Exact {
        match self {
            Self::Client => Exact::ZERO,
            Self::Server => Exact::ONE,
            Self::Both => Exact::ratio(1, 2),
        }
    }
}

/// The sliders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Situation {
    /// Messages an hour, evenly spaced, so that slow pages can be told exactly: 60 are one a minute.
    pub per_hour: u32,
    /// Bytes of payload of a message, and of its answer.
    pub payload: u32,
    /// Who starts.
    pub starter: Starter,
    /// How long a session lasts, in minutes.
    pub minutes: u32,
    /// From one short poll to the next, in milliseconds.
    pub poll_interval: u32,
}

/// A slider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slider {
    /// [`Situation::per_hour`]: 1 to 360,000 (a hundred a second).
    PerHour,
    /// [`Situation::payload`]: 0 to 1,048,576 bytes.
    Payload,
    /// [`Situation::starter`].
    Starter,
    /// [`Situation::minutes`]: 1 to 1,440 (a day).
    Minutes,
    /// [`Situation::poll_interval`]: 100 to 3,600,000 ms (an hour).
    PollInterval,
}

/// What a slider stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setting {
    /// A number, in the slider's unit.
    Number(u32),
    /// Who starts.
    Starter(Starter),
}

impl Slider {
    /// Those that are numbers.
    pub const NUMBERS: [Self; 4] = [Self::PerHour, Self::Payload, Self::Minutes, Self::PollInterval];

    /// The least and the greatest number; `None` for [`Slider::Starter`].
    #[must_use]
    pub const fn range(self) -> Option<(u32, u32)> {
        match self {
            Self::PerHour => Some((1, 360_000)),
            Self::Payload => Some((0, 1 << 20)),
            Self::Starter => None,
            Self::Minutes => Some((1, 1_440)),
            Self::PollInterval => Some((100, 3_600_000)),
        }
    }
}

impl Situation {
    /// What a slider stands at.
    #[must_use]
    pub const fn get(&self, slider: Slider) -> Setting {
        match slider {
            Slider::PerHour => Setting::Number(self.per_hour),
            Slider::Payload => Setting::Number(self.payload),
            Slider::Starter => Setting::Starter(self.starter),
            Slider::Minutes => Setting::Number(self.minutes),
            Slider::PollInterval => Setting::Number(self.poll_interval),
        }
    }

    /// The same with one slider moved. A setting of the wrong kind changes nothing; a number is brought into the
    /// slider's range.
    #[must_use]
    pub fn with(mut self, slider: Slider, setting: Setting) -> Self {
        match (slider, setting) {
            (Slider::Starter, Setting::Starter(starter)) => self.starter = starter,
            (Slider::PerHour, Setting::Number(number)) => self.per_hour = number,
            (Slider::Payload, Setting::Number(number)) => self.payload = number,
            (Slider::Minutes, Setting::Number(number)) => self.minutes = number,
            (Slider::PollInterval, Setting::Number(number)) => self.poll_interval = number,
            _ => {}
        }
        self.in_range()
    }

    /// The same with all numbers brought into their ranges.
    pub(super) fn in_range(self) -> Self {
        let clamp = |slider: Slider, number: u32| {
            let (least, most) = slider.range().unwrap_or((0, u32::MAX));
            number.clamp(least, most)
        };
        Self {
            per_hour: clamp(Slider::PerHour, self.per_hour),
            payload: clamp(Slider::Payload, self.payload),
            starter: self.starter,
            minutes: clamp(Slider::Minutes, self.minutes),
            poll_interval: clamp(Slider::PollInterval, self.poll_interval),
        }
    }

    /// How many messages a session has: messages an hour × hours. Where there is less than one, that is how often
    /// there is one.
    #[must_use]
    pub fn messages(&self) -> Exact {
        Exact::ratio(u128::from(self.per_hour) * u128::from(self.minutes), 60)
    }

    /// From one message to the next, in µs.
    pub(super) fn gap(&self) -> Exact {
        Exact::ratio(3_600_000_000, self.per_hour.into())
    }
}

/// What an application and its server decide, in seconds. The model takes at least 1; `None`: never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// After how long a long poll is answered without news (RFC 6202 §5.5 calls 30 seconds a safe value).
    pub long_poll_timeout: u32,
    /// After how much silence the server closes a connection that HTTP kept (RFC 9112 §9.5).
    pub idle_close: Option<u32>,
    /// After how much silence a WebSocket is pinged (RFC 6455 §5.5.2).
    pub ping_after: Option<u32>,
    /// After how much silence an event stream gets a comment (HTML §9.2.7 advises about every 15 seconds).
    pub comment_after: Option<u32>,
}

impl Default for Policy {
    /// A long poll of 30 seconds, else what the echo server does unless it is told otherwise.
    fn default() -> Self {
        Self { long_poll_timeout: 30, idle_close: Some(120), ping_after: Some(120), comment_after: Some(15) }
    }
}
