//! `cargo xtask dev`: trunk serves the page, and rebuilds it when a source changes. The echo server
//! beside it is started by trunk's hook (see [`super::trunk_hook`]), as for plain `trunk serve`.

use anyhow::Result;

use crate::{process, tools};

/// Installs what is missing and hands over to `trunk serve`.
///
/// # Errors
///
/// A tool is missing, or trunk could not be started.
pub(crate) fn dev(trunk_arguments: &[String]) -> Result<()> {
    let trunk = tools::for_the_page()?;
    process::hand_over_to(trunk.command().arg("serve").args(trunk_arguments))
}
