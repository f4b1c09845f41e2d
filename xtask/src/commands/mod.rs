//! The commands, one module each.

mod bench;
mod dev;
mod dist;
mod record;
mod serve;
mod test;
mod trunk_hook;

use anyhow::Result;

pub(crate) use bench::bench;
pub(crate) use dev::dev;
pub(crate) use dist::{binary, dist};
pub(crate) use record::record;
pub(crate) use serve::{open_when_ready, serve};
pub(crate) use test::test;
pub(crate) use trunk_hook::trunk_hook;

use crate::tools;

/// Installs every tool that is missing.
///
/// # Errors
///
/// One could not be installed; the error says what to do.
pub(crate) fn setup() -> Result<()> {
    tools::for_lints()?;
    tools::for_browser_tests()?;
    tools::for_the_page()?;
    tools::Browser::ensure()?;
    tools::firefox()?;
    eprintln!("set-up: everything is there");
    Ok(())
}
