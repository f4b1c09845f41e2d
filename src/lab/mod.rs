//! What to do: one file a lab, with its parameters, their ranges and defaults, the claims that it tests,
//! and its script over [`Network`].

pub mod closing;
pub mod crowd;
pub mod differences;
pub mod duplex;
mod echo;
pub mod embedding;
pub mod exchange;
pub mod formats;
pub mod interruption;
pub mod link;
pub mod memory;
pub mod opening;
mod parameter;
mod settings;

pub use parameter::{CONNECT_TIMEOUT, Choice, Parameter, ParameterError, REPLY_TIMEOUT, Range};
pub use settings::Settings;

use crate::analysis::Claim;
use crate::network::Network;
use crate::trace::Failure;

/// A lab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lab {
    /// The same conversation over both protocols.
    #[default]
    Exchange,
    /// Handshakes and connections.
    Opening,
    /// Who may speak.
    Duplex,
    /// Who remembers.
    Memory,
    /// What may be carried.
    Formats,
    /// What gets lost.
    Interruption,
    /// How it ends.
    Closing,
    /// Many clients, one server.
    Crowd,
}

impl Lab {
    /// All of them, in the order in which they are shown and run.
    pub const ALL: [Self; 8] = [
        Self::Exchange,
        Self::Opening,
        Self::Duplex,
        Self::Memory,
        Self::Formats,
        Self::Interruption,
        Self::Closing,
        Self::Crowd,
    ];

    /// Its name in URLs and files.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Exchange => "exchange",
            Self::Opening => "opening",
            Self::Duplex => "duplex",
            Self::Memory => "memory",
            Self::Formats => "formats",
            Self::Interruption => "interruption",
            Self::Closing => "closing",
            Self::Crowd => "crowd",
        }
    }

    /// The lab of that name.
    #[must_use]
    pub fn named(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lab| lab.slug() == slug)
    }

    /// Its parameters.
    #[must_use]
    pub const fn parameters(self) -> &'static [Parameter] {
        match self {
            Self::Exchange => exchange::PARAMETERS,
            Self::Opening => opening::PARAMETERS,
            Self::Duplex => duplex::PARAMETERS,
            Self::Memory => memory::PARAMETERS,
            Self::Formats => formats::PARAMETERS,
            Self::Interruption => interruption::PARAMETERS,
            Self::Closing => closing::PARAMETERS,
            Self::Crowd => crowd::PARAMETERS,
        }
    }

    /// The claims that it tests.
    #[must_use]
    pub const fn claims(self) -> &'static [Claim] {
        match self {
            Self::Exchange => exchange::CLAIMS,
            Self::Opening => opening::CLAIMS,
            Self::Duplex => duplex::CLAIMS,
            Self::Memory => memory::CLAIMS,
            Self::Formats => formats::CLAIMS,
            Self::Interruption => interruption::CLAIMS,
            Self::Closing => closing::CLAIMS,
            Self::Crowd => crowd::CLAIMS,
        }
    }

    /// The emulated link that it runs over unless another is asked for; `None` goes straight.
    #[must_use]
    pub const fn default_link(self) -> Option<&'static str> {
        match self {
            Self::Duplex => Some("mobile"),
            _ => None,
        }
    }

    /// Whether settings of this lab can be taken together.
    pub(crate) fn check(self, settings: &Settings) -> Result<(), ParameterError> {
        match self {
            Self::Exchange => exchange::check(settings),
            Self::Duplex => duplex::check(settings),
            Self::Closing => closing::check(settings),
            _ => Ok(()),
        }
    }
}

/// Runs the settings' lab.
///
/// # Errors
/// When the lab cannot go on; what was done until then is recorded.
pub async fn run<N: Network>(network: &N, settings: &Settings) -> Result<(), Failure> {
    match settings.lab() {
        Lab::Exchange => exchange::run(network, settings).await,
        Lab::Opening => opening::run(network, settings).await,
        Lab::Duplex => duplex::run(network, settings).await,
        Lab::Memory => memory::run(network, settings).await,
        Lab::Formats => formats::run(network, settings).await,
        Lab::Interruption => interruption::run(network, settings).await,
        Lab::Closing => closing::run(network, settings).await,
        Lab::Crowd => crowd::run(network, settings).await,
    }
}
