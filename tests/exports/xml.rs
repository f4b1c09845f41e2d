//! A reader of the XML that is written here: elements with attributes and text. It refuses what is not well-formed.

/// An element.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Self>,
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// This element and all within, from the outermost on.
    pub(crate) fn walk(&self) -> Vec<&Self> {
        let mut all = vec![self];
        for child in &self.children {
            all.extend(child.walk());
        }
        all
    }
}

/// Reads a document with one element, which may begin with a declaration.
pub(crate) fn parse(text: &str) -> Result<Element, String> {
    let rest = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").ok_or("the declaration does not end")?.1,
        None => text,
    };
    let mut root = Element::default();
    let rest = content(rest.trim(), &mut root)?;
    match (rest, &root.children[..]) {
        ("", [one]) if root.text.trim().is_empty() => Ok(one.clone()),
        _ => Err(format!("{} elements at the top, then {rest:?}", root.children.len())),
    }
}

/// Reads what is within an element, and gives what is behind it: its end tag, or nothing.
fn content<'a>(mut rest: &'a str, element: &mut Element) -> Result<&'a str, String> {
    loop {
        let begin = rest.find('<').unwrap_or(rest.len());
        element.text += &unescaped(&rest[..begin])?;
        rest = &rest[begin..];
        if rest.is_empty() || rest.starts_with("</") {
            return Ok(rest);
        }
        let (child, after) = tag(&rest[1..])?;
        element.children.push(child);
        rest = after;
    }
}

fn tag(text: &str) -> Result<(Element, &str), String> {
    let (name, mut rest) = name(text)?;
    let mut element = Element { name: name.to_owned(), ..Element::default() };
    loop {
        let trimmed = rest.trim_start();
        if let Some(after) = trimmed.strip_prefix("/>") {
            return Ok((element, after));
        }
        if let Some(inside) = trimmed.strip_prefix('>') {
            let after = content(inside, &mut element)?;
            let after = after.strip_prefix("</").ok_or_else(|| format!("<{name}> does not end"))?;
            let after = after.strip_prefix(name).ok_or_else(|| format!("{after:?} does not end <{name}>"))?;
            return Ok((element, after.strip_prefix('>').ok_or("an end tag without end")?));
        }
        if trimmed.len() == rest.len() {
            return Err(format!("no space before {trimmed:?}"));
        }
        let (key, after) = self::name(trimmed)?;
        let after = after.strip_prefix("=\"").ok_or_else(|| format!("{key} has no value"))?;
        let (value, after) = after.split_once('"').ok_or_else(|| format!("the value of {key} does not end"))?;
        if value.contains('<') || element.get(key).is_some() {
            return Err(format!("{key}={value:?}"));
        }
        element.attributes.push((key.to_owned(), unescaped(value)?));
        rest = after;
    }
}

fn name(text: &str) -> Result<(&str, &str), String> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | ':' | '_');
    let end = text.find(|character| !is_name(character)).unwrap_or(text.len());
    if end == 0 || !text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Err(format!("no name at {:?}", text.chars().take(20).collect::<String>()));
    }
    Ok(text.split_at(end))
}

fn unescaped(text: &str) -> Result<String, String> {
    let is_allowed = |character: char| match character {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        other => other >= ' ',
    };
    if let Some(other) = text.chars().find(|character| !is_allowed(*character)) {
        return Err(format!("{other:?} may not be in XML"));
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, entity)) = rest.split_once('&') {
        let (name, after) = entity.split_once(';').ok_or_else(|| format!("&{entity} does not end"))?;
        out += before;
        out.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            _ => return Err(format!("&{name}; is not known")),
        });
        rest = after;
    }
    Ok(out + rest)
}

#[test]
fn what_is_not_well_formed_is_refused() {
    assert!(parse("<a b=\"c &lt;\"><d/>x</a>").is_ok());
    for broken in [
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a b=c/>",
        "<a b=\"1\" b=\"2\"/>",
        "<a>&x;</a>",
        "<a>\u{1}</a>",
        "x",
        "<a b=\"1\"c=\"2\"/>",
    ] {
        assert!(parse(broken).is_err(), "{broken:?}");
    }
}
