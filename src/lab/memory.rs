//! The lab `memory`: who remembers.

use super::parameter::{CONNECT_TIMEOUT, Parameter, REPLY_TIMEOUT};
use super::settings::Settings;
use crate::analysis::Claim;
use crate::network::Network;
use crate::trace::Failure;

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[Parameter::Number(CONNECT_TIMEOUT), Parameter::Number(REPLY_TIMEOUT)];

/// The claims that it tests.
pub const CLAIMS: &[Claim] = &[Claim::C10, Claim::C11];

/// Runs the script.
///
/// # Errors
/// When it cannot go on; what was done until then is recorded.
pub async fn run<N: Network>(_network: &N, _settings: &Settings) -> Result<(), Failure> {
    Ok(())
}
