//! Holds the direction of dependencies: each module of the crate may use only those that the table
//! in the README's architecture section names for it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// For each module, what it may use. `crate::` paths in tests inside the modules count as well.
const MAY_USE: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("decode", &[]),
    ("trace", &["wire"]),
    ("network", &["wire", "trace"]),
    ("lab", &["network", "trace", "wire", "analysis"]),
    ("analysis", &["trace", "decode", "wire"]),
    ("drawing", &["trace", "analysis"]),
    ("format", &["wire", "trace", "decode", "analysis", "drawing"]),
    ("words", &["wire", "decode", "trace", "lab", "analysis", "drawing"]),
    ("browser", &["network", "trace", "wire"]),
    ("page", &["wire", "decode", "trace", "network", "lab", "analysis", "drawing", "words", "format", "browser"]),
    ("server", &["wire", "decode"]),
];

/// What only some modules may touch.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("web_sys", &["src/browser"]),
    ("js_sys", &["src/browser"]),
    ("performance.now", &["src/browser/clock.rs"]),
    ("Instant::now", &["src/server/clock.rs"]),
    ("SystemTime::now", &["src/server/clock.rs"]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The first path segments after `crate::` outside comments, groups of a `use` included.
fn used_modules(source: &str) -> BTreeSet<String> {
    let code: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut used = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let names = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or_default().to_owned(),
            None => rest.to_owned(),
        };
        let grouped = rest.starts_with('{');
        for name in names.split(',').take(if grouped { usize::MAX } else { 1 }) {
            let module: String = name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            used.insert(module);
        }
    }
    used
}

#[test]
fn modules_use_only_what_lies_before_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut broken = Vec::new();
    for (module, allowed) in MAY_USE {
        for file in sources(&root.join(module)) {
            let source = fs::read_to_string(&file).expect("the source can be read");
            for used in used_modules(&source) {
                let known = MAY_USE.iter().any(|(name, _)| *name == used);
                if known && used != *module && !allowed.contains(&used.as_str()) {
                    broken.push(format!("{} uses {used}", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "against the direction of data:\n{}", broken.join("\n"));
}

#[test]
fn every_module_is_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(root).expect("src can be read") {
        let path = entry.expect("the entry can be read").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a readable name").to_owned();
        let in_table = MAY_USE.iter().any(|(module, _)| *module == name);
        assert!(!path.is_dir() || name == "bin" || in_table, "{name} is not in the table");
    }
}

#[test]
fn browser_calls_and_clocks_stay_where_they_belong() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut broken = Vec::new();
    for file in sources(&root.join("src")) {
        let source = fs::read_to_string(&file).expect("the source can be read");
        let code: String =
            source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for (word, places) in ONLY_IN {
            let here = file.strip_prefix(root).expect("below the root");
            if code.contains(word) && !places.iter().any(|place| here.starts_with(place)) {
                broken.push(format!("{} has {word}", here.display()));
            }
        }
    }
    assert!(broken.is_empty(), "out of place:\n{}", broken.join("\n"));
}

#[test]
fn the_reader_of_uses_finds_single_and_grouped_paths() {
    let source = "// use crate::page::X;\nuse crate::trace::{A, B};\nuse crate::{wire, lab::exchange};\nlet x = crate::network::sim();";
    let found: Vec<String> = used_modules(source).into_iter().collect();
    assert_eq!(found, ["lab", "network", "trace", "wire"]);
}
