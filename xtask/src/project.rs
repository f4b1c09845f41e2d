//! Where things are: the project's folders, trunk's cache, and the versions that the lock file and
//! `Trunk.toml` ask for.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The project's folder: the one with the workspace's `Cargo.toml`.
///
/// # Errors
///
/// There is no such folder.
pub(crate) fn root() -> Result<PathBuf> {
    let own = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), Into::into);
    own.parent().map(Path::to_path_buf).context("the folder of xtask has no parent")
}

/// The folder of the built page, as an absolute path. It need not exist.
///
/// # Errors
///
/// There is no project.
pub(crate) fn dist() -> Result<PathBuf> {
    Ok(root()?.join("dist"))
}

/// Cargo's folder for what it builds.
///
/// # Errors
///
/// This program does not lie where cargo puts programs.
pub(crate) fn target() -> Result<PathBuf> {
    let own = env::current_exe().context("this program does not know where it lies")?;
    // <target>/<profile>/xtask
    let target = own.ancestors().nth(2).context("this program does not lie in cargo's target folder")?;
    Ok(target.to_path_buf())
}

/// A program of this workspace that cargo has built. `profile` is `debug` or `release`.
///
/// # Errors
///
/// As [`target`].
pub(crate) fn built(profile: &str, name: &str) -> Result<PathBuf> {
    Ok(target()?.join(profile).join(crate::process::executable(name)))
}

/// Cargo's home, where it puts installed programs: `CARGO_HOME`, or `.cargo` in the user's home.
///
/// # Errors
///
/// Neither is known.
pub(crate) fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = env::var_os("CARGO_HOME") {
        return Ok(home.into());
    }
    Ok(env::home_dir().context("the user's home folder is not known: set CARGO_HOME")?.join(".cargo"))
}

/// The folder in which trunk keeps the tools that it downloads, each in `<name>-<version>`. What
/// lies there trunk takes instead of downloading it, and every clone of the project shares it.
///
/// # Errors
///
/// The user's cache folder is not known.
pub(crate) fn trunk_cache() -> Result<PathBuf> {
    let home = || env::home_dir().context("the user's home folder is not known: set HOME");
    if cfg!(windows) {
        let local = env::var_os("LOCALAPPDATA").context("LOCALAPPDATA is not set")?;
        return Ok(Path::new(&local).join("trunkrs").join("trunk").join("cache"));
    }
    if cfg!(target_os = "macos") {
        return Ok(home()?.join("Library/Caches/dev.trunkrs.trunk"));
    }
    let xdg = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = match xdg {
        Some(cache) => cache,
        None => home()?.join(".cache"),
    };
    Ok(cache.join("trunk"))
}

/// The version of wasm-bindgen that the page is linked with. The command line tool must be of
/// exactly this version.
///
/// # Errors
///
/// `Cargo.lock` cannot be read or does not name it.
pub(crate) fn wasm_bindgen_version() -> Result<String> {
    let lock = read("Cargo.lock")?;
    let Some(version) = locked_version(&lock, "wasm-bindgen") else {
        bail!("Cargo.lock does not name wasm-bindgen: run `cargo update --workspace`");
    };
    Ok(version.to_owned())
}

/// The release of wasm-opt that `Trunk.toml` asks for, as in `version_132`.
///
/// # Errors
///
/// `Trunk.toml` cannot be read or does not name it.
pub(crate) fn wasm_opt_version() -> Result<String> {
    let trunk = read("Trunk.toml")?;
    match value_of(&trunk, "wasm_opt") {
        Some(version) => Ok(version.to_owned()),
        None => bail!("Trunk.toml does not name a version for wasm_opt under [tools]"),
    }
}

fn read(name: &str) -> Result<String> {
    let path = root()?.join(name);
    fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
}

/// The version of a package in the text of a `Cargo.lock`.
fn locked_version<'lock>(lock: &'lock str, package: &str) -> Option<&'lock str> {
    lock.split("[[package]]")
        .find(|entry| value_of(entry, "name") == Some(package))
        .and_then(|entry| value_of(entry, "version"))
}

/// The text in `key = "text"`, on a line of its own.
fn value_of<'text>(text: &'text str, key: &str) -> Option<&'text str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        let value = value.trim().strip_prefix('"')?.split_once('"')?.0;
        (name.trim() == key).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"version = 4

[[package]]
name = "wasm-bindgen-futures"
version = "0.4.80"
dependencies = [
 "wasm-bindgen",
]

[[package]]
name = "wasm-bindgen"
version = "0.2.130"
source = "registry"
"#;

    #[test]
    fn finds_the_locked_version_of_the_very_package() {
        assert_eq!(locked_version(LOCK, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(LOCK, "wasm-bindgen-futures"), Some("0.4.80"));
        assert_eq!(locked_version(LOCK, "wasm"), None);
    }

    #[test]
    fn the_projects_own_files_name_the_tools() {
        let bindgen = wasm_bindgen_version().expect("Cargo.lock names wasm-bindgen");
        assert!(bindgen.starts_with("0.2."), "{bindgen}");
        let wasm_opt = wasm_opt_version().expect("Trunk.toml names wasm-opt");
        let number = wasm_opt.strip_prefix("version_").expect("trunk asks for a release by its tag");
        assert!(number.parse::<u32>().is_ok(), "{wasm_opt}");
    }

    #[test]
    fn a_value_may_have_a_comment_behind_it() {
        assert_eq!(value_of("a = 1\nwasm_opt = \"version_132\" # why\n", "wasm_opt"), Some("version_132"));
    }
}
