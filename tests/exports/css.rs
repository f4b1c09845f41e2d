//! As much of CSS as the style sheet of the pictures uses: custom properties, class and type selectors, inheritance. It
//! says how an element of the page looks.

use std::collections::HashMap;

use duplex::format::standalone::Theme;

/// What an element of the page has in styles, by their names. Colours are `#rrggbb` or `#rrggbbaa`.
pub(crate) type Style = HashMap<String, String>;

/// An element as selectors see it.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) tag: String,
    pub(crate) classes: Vec<String>,
}

pub(crate) struct Sheet {
    tokens: HashMap<String, String>,
    rules: Vec<Rule>,
}

struct Rule {
    /// From the outermost to the element itself: a type, classes, and classes that it must not have.
    selector: Vec<Compound>,
    specificity: (usize, usize),
    declarations: Vec<(String, String)>,
}

#[derive(Default)]
struct Compound {
    tag: Option<String>,
    classes: Vec<String>,
    not: Vec<String>,
}

impl Compound {
    /// `None` for what depends on what somebody does.
    fn parse(text: &str) -> Option<Self> {
        let mut compound = Self::default();
        let mut rest = text;
        if let Some((before, after)) = text.split_once(":not(.") {
            let (not, behind) = after.split_once(')').expect("it ends");
            compound.not.push(not.to_owned());
            assert!(behind.is_empty(), "{text}");
            rest = before;
        }
        if rest.contains([':', '[', '#', '*', '>']) {
            return None;
        }
        let mut parts = rest.split('.');
        compound.tag = parts.next().filter(|tag| !tag.is_empty()).map(str::to_owned);
        compound.classes = parts.map(str::to_owned).collect();
        Some(compound)
    }

    fn matches(&self, node: &Node) -> bool {
        self.tag.as_ref().is_none_or(|tag| *tag == node.tag)
            && self.classes.iter().all(|class| node.classes.contains(class))
            && !self.not.iter().any(|class| node.classes.contains(class))
    }
}

impl Rule {
    /// The last element is the one that is looked at.
    fn matches(&self, chain: &[Node]) -> bool {
        let (Some(own), Some((last, around))) = (self.selector.last(), chain.split_last()) else { return false };
        if !own.matches(last) {
            return false;
        }
        let mut ancestors = around.iter().rev();
        let outer = &self.selector[..self.selector.len() - 1];
        outer.iter().rev().all(|compound| ancestors.by_ref().any(|node| compound.matches(node)))
    }
}

impl Sheet {
    pub(crate) fn of_the_page(theme: Theme) -> Self {
        let tokens = rules(include_str!("../../style/tokens.css"));
        let (_, tokens) = tokens.into_iter().find(|(selector, _)| selector == ":root").expect("there is a root");
        let tokens = tokens.into_iter().map(|(name, value)| (name, of_theme(&value, theme))).collect();
        let mut all = Vec::new();
        for (selectors, declarations) in rules(include_str!("../../style/diagram.css")) {
            for selector in selectors.split(',').map(str::trim) {
                let is_of_pictures = selector.starts_with("svg ") || selector == ".http" || selector == ".ws";
                let compounds: Option<Vec<Compound>> = selector.split_whitespace().map(Compound::parse).collect();
                let Some(compounds) = compounds.filter(|_| is_of_pictures) else { continue };
                let classes = compounds.iter().map(|one| one.classes.len() + one.not.len()).sum();
                let tags = compounds.iter().filter(|one| one.tag.is_some()).count();
                all.push(Rule {
                    selector: compounds,
                    specificity: (classes, tags),
                    declarations: declarations.clone(),
                });
            }
        }
        assert!(all.len() > 80, "only {} rules were understood", all.len());
        Self { tokens, rules: all }
    }

    /// A custom property.
    pub(crate) fn token(&self, name: &str) -> &str {
        &self.tokens[&format!("--{name}")]
    }

    /// How the last of these elements looks, each of which is within the one before.
    pub(crate) fn style(&self, chain: &[Node]) -> Style {
        let mut style = Style::new();
        let mut opacity = 1.0;
        for depth in 1..=chain.len() {
            // What is not inherited.
            style.remove("rx");
            style.remove("opacity");
            let mut matching: Vec<(usize, &Rule)> =
                self.rules.iter().enumerate().filter(|(_, rule)| rule.matches(&chain[..depth])).collect();
            matching.sort_by_key(|(place, rule)| (rule.specificity, *place));
            for (name, value) in matching.iter().flat_map(|(_, rule)| &rule.declarations) {
                style.insert(name.clone(), value.clone());
            }
            // A custom property means what it means where it is set.
            for name in ["--own", "--tint"] {
                if let Some(value) = style.get(name).map(|value| self.resolved(value, &Style::new())) {
                    style.insert(name.to_owned(), value);
                }
            }
            opacity *= style.get("opacity").map_or(1.0, |value| value.parse::<f64>().expect("a number"));
        }
        let mut resolved: Style =
            style.iter().map(|(name, value)| (name.clone(), self.resolved(value, &style))).collect();
        resolved.insert("opacity".to_owned(), opacity.to_string());
        resolved
    }

    fn resolved(&self, value: &str, own: &Style) -> String {
        let Some((before, rest)) = value.split_once("var(") else { return value.to_owned() };
        let end = closing(rest, ('(', ')'));
        let (inside, after) = (&rest[..end], &rest[end + 1..]);
        let (name, fallback) = match inside.split_once(',') {
            Some((name, fallback)) => (name.trim(), Some(fallback.trim())),
            None => (inside.trim(), None),
        };
        let known = own.get(name).or_else(|| self.tokens.get(name)).map(String::as_str);
        let value = known.or(fallback).unwrap_or_else(|| panic!("{name} is not set"));
        self.resolved(&format!("{before}{value}{after}"), own)
    }
}

/// Where what has been opened by one sign is closed by the other.
fn closing(text: &str, (opens, closes): (char, char)) -> usize {
    let mut depth = 1;
    let is_end = |character: char| {
        depth += i32::from(character == opens) - i32::from(character == closes);
        depth == 0
    };
    text.find(is_end).expect("what is opened is closed")
}

fn of_theme(value: &str, theme: Theme) -> String {
    let Some(colours) = value.strip_prefix("light-dark(").and_then(|rest| rest.strip_suffix(')')) else {
        return value.to_owned();
    };
    let (light, dark) = colours.split_once(',').expect("two colours");
    if theme == Theme::Light { light.trim().to_owned() } else { dark.trim().to_owned() }
}

/// A selector list and its declarations.
type Block = (String, Vec<(String, String)>);

/// All blocks, but for those that hold only for some sizes of a window.
fn rules(text: &str) -> Vec<Block> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        plain += before;
        rest = comment.split_once("*/").expect("a comment ends").1;
    }
    plain += rest;
    let mut found = Vec::new();
    blocks(&plain, &mut found);
    found
}

fn blocks(mut text: &str, found: &mut Vec<Block>) {
    while let Some((head, rest)) = text.split_once('{') {
        // Behind statements without a block.
        let head = head.rsplit(';').next().unwrap_or_default().trim();
        let end = closing(rest, ('{', '}'));
        let inside = &rest[..end];
        if head.starts_with("@layer") {
            blocks(inside, found);
        } else if !head.starts_with('@') {
            let declarations = inside.split(';').filter_map(|one| one.split_once(':'));
            let declarations = declarations.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
            found.push((head.to_owned(), declarations.collect()));
        }
        text = &rest[end + 1..];
    }
}
