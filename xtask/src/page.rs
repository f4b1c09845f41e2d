//! The built page, in the folder `dist`.

use std::path::PathBuf;

use anyhow::Result;

use crate::tools::Trunk;
use crate::{process, project};

/// Builds the page as it is published, with the cargo profile `page`, and gives its folder as an
/// absolute path.
///
/// # Errors
///
/// It could not be built; cargo or trunk have said why.
pub(crate) fn build(trunk: &Trunk) -> Result<PathBuf> {
    let dist = project::dist()?;
    let mut command = trunk.command();
    command.args(["build", "--release", "--cargo-profile", "page", "--dist"]).arg(&dist);
    process::run(&mut command)?;
    Ok(dist)
}
