//! The built page, in the folder `dist`.

mod hosting;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::tools::Trunk;
use crate::{process, project};

/// Builds the page as it is published, with the cargo profile `page`, and gives its folder as an
/// absolute path. `servers` are the echo servers that the page asks where its host is none itself.
///
/// # Errors
///
/// It could not be built; cargo or trunk have said why.
pub(crate) fn build(trunk: &Trunk, servers: &[String]) -> Result<PathBuf> {
    let dist = project::dist()?;
    let mut command = trunk.command();
    command.args(["build", "--release", "--cargo-profile", "page", "--dist"]).arg(&dist);
    process::run(&mut command)?;
    hosting::prepare(&dist, servers)?;
    compress(&dist)?;
    Ok(dist)
}

/// Writes the files of a folder in compressed forms (`.br`, `.gz`) beside them, for servers that send
/// those to who accepts them; the echo server does. Node has both compressions; without it the page is
/// whole, and only travels larger.
fn compress(folder: &Path) -> Result<()> {
    let Some(node) = process::find("node") else {
        println!("The page is not compressed: that takes Node.js.");
        return Ok(());
    };
    process::run(Command::new(node).arg("--eval").arg(COMPRESS).arg(folder))
}

/// Leaves alone what gets no smaller.
const COMPRESS: &str = "
const fs = require('node:fs'), path = require('node:path'), zlib = require('node:zlib');
const folder = process.argv[1];
for (const name of fs.readdirSync(folder, { recursive: true }).filter((name) => /\\.(css|html|js|json|svg|wasm)$/.test(name))) {
    const bytes = fs.readFileSync(path.join(folder, name));
    const forms = { br: zlib.brotliCompressSync(bytes), gz: zlib.gzipSync(bytes, { level: 9 }) };
    for (const [form, compressed] of Object.entries(forms)) {
        if (compressed.length < bytes.length) fs.writeFileSync(path.join(folder, `${name}.${form}`), compressed);
    }
}
";
