//! The course sheets in `docs/course/` keep to the page: there is one for each lab, their links into labs can be read,
//! what they call a claim is what the page calls it, and they stand without script.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use duplex::analysis::Claim;
use duplex::lab::Lab;
use duplex::lab::link::{Link, Page};
use duplex::words::{claims, labs};

/// The file that lists the sheets.
const INDEX: &str = "index.html";

/// Elements without an end tag (HTML §13.1.2).
const VOID: [&str; 3] = ["link", "meta", "br"];

/// Where a sheet may lead besides the page and the other sheets.
const STANDARDS: [&str; 3] =
    ["https://www.rfc-editor.org/rfc/", "https://html.spec.whatwg.org/multipage/", "https://fetch.spec.whatwg.org/#"];

/// An element as it was read: its attributes, and the text within it.
#[derive(Debug)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    /// What it is within, the outermost first.
    within: Vec<String>,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    fn has_class(&self, class: &str) -> bool {
        self.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/course")
}

fn read(file: &str) -> String {
    fs::read_to_string(folder().join(file)).unwrap_or_else(|error| panic!("docs/course/{file}: {error}"))
}

/// A sheet's elements, in the order in which they end.
fn elements(file: &str) -> Vec<Element> {
    parse(&read(file)).unwrap_or_else(|fault| panic!("docs/course/{file}: {fault}"))
}

/// Reads markup that is as strict as XML, but for the elements of [`VOID`]; says what is wrong with other markup.
fn parse(markup: &str) -> Result<Vec<Element>, String> {
    let mut rest = markup.strip_prefix("<!doctype html>\n").ok_or("it does not begin with its document type")?;
    let (mut open, mut done): (Vec<Element>, Vec<Element>) = Default::default();
    while let Some((text, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').ok_or("a tag has no end")?;
        let text = unescape(text)?;
        open.iter_mut().for_each(|element| element.text.push_str(&text));
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let ended = open.pop().ok_or_else(|| format!("</{name}> ends nothing"))?;
            if ended.name != name {
                return Err(format!("</{name}> ends <{}>", ended.name));
            }
            done.push(ended);
        } else {
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            let within = open.iter().map(|element| element.name.clone()).collect();
            let attributes = read_attributes(attributes)?;
            let element = Element { name: name.to_owned(), attributes, text: String::new(), within };
            if VOID.contains(&name) { done.push(element) } else { open.push(element) }
        }
    }
    if let Some(left) = open.last() {
        return Err(format!("<{}> is not ended", left.name));
    }
    if rest.trim().is_empty() { Ok(done) } else { Err(format!("after the document there is “{rest}”")) }
}

/// `name="value" name="value"`.
fn read_attributes(mut rest: &str) -> Result<BTreeMap<String, String>, String> {
    let mut attributes = BTreeMap::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").ok_or_else(|| format!("no value, or none in quotes: {rest}"))?;
        let (value, after) = after.split_once('"').ok_or_else(|| format!("the value of {name} has no end"))?;
        if name.is_empty() || name.contains([' ', '"']) {
            return Err(format!("“{name}” is no name of an attribute"));
        }
        if attributes.insert(name.to_owned(), unescape(value)?).is_some() {
            return Err(format!("{name} stands twice"));
        }
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    Ok(attributes)
}

/// The only character reference that the sheets need is that of the ampersand.
fn unescape(text: &str) -> Result<String, String> {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let after = part.strip_prefix("amp;").ok_or_else(|| format!("an ampersand stands alone before “{part}”"))?;
        plain.push('&');
        plain.push_str(after);
    }
    if plain.contains('>') { Err(format!("a > stands alone in “{plain}”")) } else { Ok(plain) }
}

fn sheet(page: Page) -> String {
    format!("{}.html", page.slug())
}

/// The pages that have a sheet.
fn pages() -> Vec<Page> {
    Lab::ALL.into_iter().map(Page::Lab).chain([Page::Verdict]).collect()
}

/// All files with markup.
fn files() -> Vec<String> {
    pages().into_iter().map(sheet).chain([INDEX.to_owned()]).collect()
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        assert!(!format!("{name}{value}").contains(['%', '+']), "nothing in these links needs an escape: {query}");
        (name.to_owned(), value.to_owned())
    };
    query.split('&').map(pair).collect()
}

#[test]
fn the_folder_holds_a_sheet_for_each_page_and_nothing_unknown() {
    let found: BTreeSet<String> = fs::read_dir(folder())
        .expect("the folder")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("a name"))
        .collect();
    let expected = files().into_iter().chain(["course.css".to_owned(), "icon.svg".to_owned()]).collect();
    assert_eq!(found, expected);
    assert_eq!(read("icon.svg"), include_str!("../style/icon.svg"), "the icon is the page’s");
}

#[test]
fn each_sheet_is_well_formed_and_stands_without_script_or_inline_style() {
    for file in files() {
        let elements = elements(&file);
        let count = |name: &str| elements.iter().filter(|element| element.name == name).count();
        assert_eq!(["html", "head", "body", "title", "main", "h1"].map(count), [1; 6], "{file}");
        assert_eq!(["script", "style", "img", "iframe", "form", "object"].map(count), [0; 6], "{file}");
        let attributes = || elements.iter().flat_map(|element| element.attributes.keys());
        let inline: Vec<_> = attributes().filter(|name| *name == "style" || name.starts_with("on")).collect();
        assert!(inline.is_empty(), "{file}: a strict Content-Security-Policy forbids {inline:?}");
        let ids: Vec<_> = elements.iter().filter_map(|element| element.attribute("id")).collect();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{file}: an id stands twice");
        let html = elements.iter().find(|element| element.name == "html").expect("a document");
        assert_eq!(html.attribute("lang"), Some("en"), "{file}");
    }
}

#[test]
fn each_sheet_has_its_parts_and_hides_its_answers() {
    for page in pages() {
        let file = sheet(page);
        let elements = elements(&file);
        let headings: Vec<_> =
            elements.iter().filter(|element| element.name == "h2").map(|element| element.text.trim()).collect();
        for heading in ["Goal", "Before", "Do", "Look for", "Questions", "Further reading"] {
            assert!(headings.contains(&heading), "{file} lacks “{heading}”: {headings:?}");
        }
        let answers: Vec<_> = elements.iter().filter(|element| element.name == "details").collect();
        assert!(answers.len() >= 3, "{file} has {} answers", answers.len());
        assert!(answers.iter().all(|answer| answer.has_class("answer")), "{file}");
        assert!(answers.iter().all(|answer| answer.attribute("open").is_none()), "{file}: an answer is not hidden");
        let labels = elements.iter().filter(|element| element.name == "summary");
        let within = labels.map(|label| label.within.last().map_or("", String::as_str));
        assert_eq!(within.collect::<Vec<_>>(), vec!["details"; answers.len()], "{file}");
        let title = elements.iter().find(|element| element.name == "h1").expect("a heading").text.trim();
        if let Page::Lab(lab) = page {
            assert_eq!(title, labs::of(lab).title, "{file}");
        }
    }
}

#[test]
fn every_link_into_a_lab_is_read_without_a_notice_and_leads_to_the_sheets_own() {
    for file in files() {
        let own = pages().into_iter().find(|page| sheet(*page) == file);
        let mut led_to = Vec::new();
        for link in elements(&file).iter().filter(|element| element.name == "a") {
            let Some(query) = link.attribute("href").and_then(|href| href.strip_prefix("../?")) else { continue };
            let (read, notices) = Link::read(&pairs(query));
            assert!(notices.is_empty(), "{file}, ?{query}: {notices:?}");
            assert!(!read.run, "{file}, ?{query}: the prediction comes before the run");
            if link.has_class("lab") {
                assert_eq!(link.text, format!("?{query}"), "{file}: on paper the settings are read from the text");
                // What is as by default would only make it longer to type.
                assert_eq!(pairs(query), read.write(), "{file}");
            }
            led_to.push(read.page);
        }
        match own {
            Some(own) => assert!(led_to.iter().all(|page| *page == own), "{file} leads to {led_to:?}"),
            None => assert_eq!(led_to, pages(), "{file}"),
        }
        assert!(!led_to.is_empty(), "{file}");
    }
}

#[test]
fn every_other_link_leads_somewhere() {
    let ids: BTreeMap<String, Vec<String>> = files()
        .into_iter()
        .map(|file| {
            let ids = elements(&file).iter().filter_map(|element| element.attribute("id").map(str::to_owned)).collect();
            (file, ids)
        })
        .collect();
    for file in files() {
        let mut sheets = BTreeSet::new();
        for link in elements(&file) {
            let Some(href) = link.attribute("href") else { continue };
            if href == "../" || href.starts_with("../?") || STANDARDS.iter().any(|prefix| href.starts_with(prefix)) {
                continue;
            }
            let (path, fragment) = href.split_once('#').unwrap_or((href, ""));
            let target = if path.is_empty() { &file } else { path };
            assert!(folder().join(target).is_file(), "{file}: nothing is at {href}");
            if !fragment.is_empty() {
                assert!(ids[target].iter().any(|id| id == fragment), "{file}: nothing is at {href}");
            }
            sheets.insert(target.to_owned());
        }
        assert!(files().iter().all(|other| sheets.contains(other)), "{file} does not lead to every sheet: {sheets:?}");
    }
}

#[test]
fn a_section_that_is_named_is_the_one_that_is_linked() {
    for file in files() {
        for link in elements(&file) {
            let Some(address) = link.attribute("href").and_then(|href| href.strip_prefix(STANDARDS[0])) else {
                continue;
            };
            let (number, section) = link
                .text
                .strip_prefix("RFC ")
                .and_then(|name| name.split_once(" §"))
                .unwrap_or_else(|| panic!("{file}: “{}” names no section", link.text));
            assert_eq!(address, format!("rfc{number}.html#section-{section}"), "{file}");
        }
    }
}

#[test]
fn every_claim_of_a_lab_stands_on_its_sheet_in_the_pages_words() {
    let named = |file: &str| -> BTreeSet<String> {
        let elements = elements(file);
        let lines = elements.iter().filter(|element| matches!(element.name.as_str(), "li" | "th"));
        lines.map(|line| line.text.trim().to_owned()).filter(|line| line.starts_with('C')).collect()
    };
    let line = |claim: &Claim| format!("{} {}", claims::id(*claim), claims::of(*claim).says);
    let is_claim = |line: &String| line[1..].starts_with(|first: char| first.is_ascii_digit());
    for page in pages() {
        let stated: &[Claim] = match page {
            Page::Lab(lab) => lab.claims(),
            Page::Verdict => &Claim::ALL,
            Page::Capture => &[],
        };
        let expected: BTreeSet<String> = stated.iter().map(line).collect();
        let found: BTreeSet<String> = named(&sheet(page)).into_iter().filter(is_claim).collect();
        assert_eq!(found, expected, "{}", sheet(page));
    }
}

#[test]
fn the_sheets_are_copied_beside_the_page_and_linked_from_it() {
    let page = include_str!("../index.html");
    assert!(page.contains(r#"<link data-trunk rel="copy-dir" href="docs/course">"#), "trunk copies the folder");
    assert!(
        include_str!("../src/page/mod.rs").contains(r#"href="course/index.html""#),
        "the page’s footer leads there"
    );
}

#[test]
fn markup_that_is_not_well_formed_is_told() {
    let broken = [
        ("<p>", "<p> is not ended"),
        ("<p></b></p>", "</b> ends <p>"),
        ("</p>", "</p> ends nothing"),
        ("<p class=a></p>", "no value"),
        ("<p id=\"a\" id=\"b\"></p>", "id stands twice"),
        ("<p>a & b</p>", "an ampersand stands alone"),
        ("<p>a > b</p>", "a > stands alone"),
        ("<p></p> and more", "after the document"),
    ];
    for (markup, fault) in broken {
        let told = parse(&format!("<!doctype html>\n{markup}")).expect_err("it is not well-formed");
        assert!(told.contains(fault), "{markup}: {told}");
    }
    let read = parse("<!doctype html>\n<p id=\"a\">1 &amp; <b>2</b></p>").expect("it is well-formed");
    let texts: Vec<_> = read.iter().map(|element| (element.name.as_str(), element.text.as_str())).collect();
    assert_eq!(texts, [("b", "2"), ("p", "1 & 2")]);
}
