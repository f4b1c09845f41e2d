//! `cargo xtask dist`: the folder for a static host.

use anyhow::Result;

use crate::{page, tools};

/// Builds the page. Its URLs are relative, so it works under any path.
///
/// # Errors
///
/// A tool is missing, or the page could not be built.
pub(crate) fn dist() -> Result<()> {
    let dist = page::build(&tools::for_the_page()?)?;
    println!("The page is in {}: a static host can serve it under any path.", dist.display());
    Ok(())
}
