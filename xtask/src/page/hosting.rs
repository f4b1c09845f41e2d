//! What makes the built page fit for any static host: no script within the document, a Content-Security-Policy as a
//! `meta` element, the headers for hosts that read a file `_headers`, and `duplex.json`, which names the echo servers.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// What the page may load and whom it may talk to (Content Security Policy Level 3). Any endpoint is the feature, hence
/// `connect-src`; `'wasm-unsafe-eval'` lets WebAssembly be compiled, and nothing else; pictures are made from `blob:`
/// and `data:` as they are saved; a frame is the preview of an embedded lab.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self' http: https: ws: wss:; frame-src 'self'; base-uri 'none'; \
    form-action 'none'";

/// Headers for hosts that read them from a file (Cloudflare Pages, Netlify and others do). The first two isolate the
/// page, so that its clock is a fine one; the third lets an isolated course page embed it.
const HEADERS: &str = "\
/*
  Cross-Origin-Opener-Policy: same-origin
  Cross-Origin-Embedder-Policy: credentialless
  Cross-Origin-Resource-Policy: cross-origin
  Access-Control-Allow-Origin: *
  X-Content-Type-Options: nosniff
";

/// Does all of that in the folder of the built page.
///
/// # Errors
///
/// The document is not as trunk writes it, or a file cannot be written.
pub(super) fn prepare(folder: &Path, servers: &[String]) -> Result<()> {
    let path = folder.join("index.html");
    let document = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let (document, name, script) = without_inline_script(&document)?;
    write(folder, "index.html", &with_policy(&document)?)?;
    write(folder, &name, &script)?;
    write(folder, "_headers", &headers(&names(folder)?))?;
    write(folder, "duplex.json", &servers_file(servers))
}

/// The names of what lies in the folder itself, in order; those of folders end with a slash.
fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        let slash = if entry.file_type()?.is_dir() { "/" } else { "" };
        names.extend(entry.file_name().into_string().ok().map(|name| name + slash));
    }
    names.sort();
    Ok(names)
}

/// The headers, and how long each file may be kept: for good where its content's hash is in its name, else not without
/// asking again. No file is named twice, since hosts differ in what they make of that.
fn headers(names: &[String]) -> String {
    let named = names.iter().map(|name| {
        let rest = if name.ends_with('/') { "*" } else { "" };
        let kept = if is_hashed(name) { "public, max-age=31536000, immutable" } else { "no-cache" };
        format!("\n/{name}{rest}\n  Cache-Control: {kept}\n")
    });
    // The document by its other name.
    let document = "\n/\n  Cache-Control: no-cache\n".to_owned();
    format!("{HEADERS}{}", std::iter::once(document).chain(named).collect::<String>())
}

/// Whether a name has a hash as trunk writes it: a hyphen, and 16 hexadecimal digits.
fn is_hashed(name: &str) -> bool {
    let hash = name.split_once('-').and_then(|(_, rest)| rest.split_once(['.', '_']));
    hash.is_some_and(|(hash, _)| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
}

/// Moves trunk's script, which starts the page, from the document into a file, so that a policy need not allow any
/// script within a document. Its name has the hash of the page's own script, which it consists of else. Gives the
/// document, the file's name and its text.
fn without_inline_script(document: &str) -> Result<(String, String, String)> {
    const OPEN: &str = "<script type=\"module\">";
    const CLOSE: &str = "</script>";
    let (before, rest) = document.split_once(OPEN).context("the built document has no script that starts the page")?;
    let (script, after) = rest.split_once(CLOSE).context("the script that starts the page has no end")?;
    ensure!(!after.contains("<script"), "the built document has a script that nobody knows");
    let hash = script.split_once("'./page-").and_then(|(_, rest)| rest.split_once(".js'")).map(|(hash, _)| hash);
    let name = format!("start-{}.js", hash.context("the script that starts the page does not name the page's own")?);
    let document = format!("{before}<script type=\"module\" src=\"./{name}\"></script>{after}");
    Ok((document, name, format!("{}\n", script.trim())))
}

/// Puts the policy before everything that it is about.
fn with_policy(document: &str) -> Result<String> {
    const CHARSET: &str = "<meta charset=\"utf-8\">";
    let (before, after) = document.split_once(CHARSET).context("the built document does not tell its encoding")?;
    Ok(format!("{before}{CHARSET}\n    <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">{after}"))
}

/// `duplex.json`: the echo servers' origins.
fn servers_file(servers: &[String]) -> String {
    let quoted: Vec<String> = servers.iter().map(|url| format!("\"{url}\"")).collect();
    format!("{{ \"servers\": [{}] }}\n", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT: &str = "<head>\n<meta charset=\"utf-8\">\n<script type=\"module\">\nimport init from './page-0123.js';\nawait init();\n</script>\n</head>";

    #[test]
    fn the_script_moves_into_a_file_that_the_document_names() {
        let (document, name, script) = without_inline_script(BUILT).expect("as trunk writes it");
        assert_eq!(name, "start-0123.js");
        assert_eq!(script, "import init from './page-0123.js';\nawait init();\n");
        assert!(document.contains("<script type=\"module\" src=\"./start-0123.js\"></script>"), "{document}");
        assert!(!document.contains("init()"), "{document}");
    }

    #[test]
    fn the_policy_comes_before_any_script() {
        let document = with_policy(BUILT).expect("a document");
        assert!(document.find("Content-Security-Policy") < document.find("<script"), "{document}");
    }

    #[test]
    fn what_never_changes_is_kept_for_long_and_nothing_else() {
        let names =
            ["course/", "duplex-lab.js", "index.html", "page-8e02c37d3dc76996_bg.wasm", "base-f3fcbce96ec1bc27.css"];
        let told = headers(&names.map(str::to_owned));
        assert_eq!(told.matches("immutable").count(), 2);
        assert!(told.contains("\n/page-8e02c37d3dc76996_bg.wasm\n  Cache-Control: public"), "{told}");
        for anew in ["/", "/course/*", "/duplex-lab.js", "/index.html"] {
            assert!(told.contains(&format!("\n{anew}\n  Cache-Control: no-cache\n")), "{anew}: {told}");
        }
    }

    #[test]
    fn servers_are_written_as_json() {
        assert_eq!(servers_file(&[]), "{ \"servers\": [] }\n");
        let two = ["https://a.example".to_owned(), "https://b.example:8443".to_owned()];
        assert_eq!(servers_file(&two), "{ \"servers\": [\"https://a.example\", \"https://b.example:8443\"] }\n");
    }
}
