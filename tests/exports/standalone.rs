//! Pictures that stand alone: well-formed, in need of nothing else, and with the looks that the style sheet gives the page.

use duplex::analysis::Timeline;
use duplex::analysis::break_even::Way;
use duplex::drawing::charts::{Event, Layer, Piece};
use duplex::drawing::sequence::{self, Manner, Mark, Plan, Subject, View};
use duplex::drawing::{Anchor, Badge, Item, Point, Role, Scene, Shape};
use duplex::format::standalone::{Document, LONGEST_SIDE, Sheet, Theme, Token, TooLarge, document, markup, provenance};
use duplex::format::svg;
use duplex::lab::Lab;
use duplex::trace::{MessageId, Protocol, Span, Trace};
use duplex::wire::Link;
use duplex::words;
use proptest::prelude::*;

use crate::charts::{charts, says_what_occurs};
use crate::css::{Node, Sheet as StyleSheet, Style};
use crate::xml::{self, Element};
use crate::{manners, named_runs, run, runs, written};

const THEMES: [Theme; 2] = [Theme::Light, Theme::Dark];

/// A diagram with its participants and its legend.
fn diagram(trace: &Trace, manner: Manner, theme: Theme, height: f64) -> Document {
    let timeline = Timeline::of(trace);
    let plan = Plan::of(trace, &timeline, manner);
    let (flow, fixed) = plan.reach(trace, &timeline);
    let scale = (height - fixed).max(height / 2.0) / flow.max(1.0);
    let scene = sequence::sequence(&plan, trace, &timeline, View::whole(&plan, trace, &timeline, scale, 480.0));
    let names = sequence::participants(&plan, 480.0);
    let marks = plan.legend(trace, &timeline);
    let protocol = plan.manner().subject.protocols()[0];
    let legend: Vec<(Scene, &str)> =
        marks.into_iter().map(|mark| (sequence::sample(mark, protocol), words::mark_on_paper(mark))).collect();
    document(&Sheet {
        title: "Messages of a run",
        description: &provenance(trace, &timeline),
        scenes: &[&names, &scene],
        legend: &legend,
        theme,
    })
}

/// It is well-formed, and refers to nothing that is not within.
fn stands_alone(document: &Document) -> Element {
    let text = &document.text;
    let root = xml::parse(text).unwrap_or_else(|why| panic!("{why}:\n{text}"));
    assert_eq!((root.name.as_str(), root.get("xmlns")), ("svg", Some("http://www.w3.org/2000/svg")));
    let (width, height) = (root.get("width").expect("a width"), root.get("height").expect("a height"));
    assert_eq!((width, height), (document.width.to_string().as_str(), document.height.to_string().as_str()));
    within(&root, document);
    assert_eq!(root.get("viewBox"), Some(format!("0 0 {width} {height}").as_str()));
    let all = root.walk();
    let ids: Vec<&str> = all.iter().filter_map(|element| element.get("id")).collect();
    for element in &all {
        let known =
            ["svg", "title", "desc", "defs", "pattern", "g", "rect", "path", "line", "circle", "polygon", "text"];
        assert!(known.contains(&element.name.as_str()), "{}", element.name);
        for (name, value) in &element.attributes {
            assert!(
                !matches!(name.as_str(), "class" | "style" | "href" | "paint-order") && !name.starts_with("on"),
                "{name}"
            );
            assert!(name == "xmlns" || !(value.contains("http") && value.contains("//")), "{name}={value}");
            assert!(!value.contains("var(") && !value.contains("light-dark("), "{name}={value}");
            if let Some(id) = value.strip_prefix("url(#").and_then(|rest| rest.strip_suffix(')')) {
                assert!(ids.contains(&id), "{id} is not there");
            }
        }
        for number in ["x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy", "r"] {
            assert!(
                element.get(number).is_none_or(|value| value.parse::<f64>().is_ok_and(f64::is_finite)),
                "{element:?}"
            );
        }
    }
    for name in ["title", "desc"] {
        assert!(root.children.iter().any(|child| child.name == name && !child.text.is_empty()), "no {name}");
    }
    root
}

/// Nothing lies outside of the picture: neither where words are anchored, nor any end, edge or middle.
fn within(root: &Element, document: &Document) {
    let mut open = vec![((0.0, 0.0), root)];
    while let Some(((left, top), element)) = open.pop() {
        // A pattern has a room of its own.
        if element.name == "defs" {
            continue;
        }
        let shift = element.get("transform").map_or((0.0, 0.0), |value| {
            let inside = value.strip_prefix("translate(").and_then(|rest| rest.strip_suffix(')')).expect("a shift");
            let (x, y) = inside.split_once(' ').expect("two numbers");
            (x.parse::<f64>().expect("a number"), y.parse::<f64>().expect("a number"))
        });
        let (left, top) = (left + shift.0, top + shift.1);
        let number = |name: &str| element.get(name).map(|value| value.parse::<f64>().expect("a number"));
        let (x, y) = (number("x").unwrap_or(0.0), number("y").unwrap_or(0.0));
        let mut places = vec![(x, y)];
        if element.name == "rect" {
            places.push((x + number("width").expect("a width"), y + number("height").expect("a height")));
        }
        for names in [("x1", "y1"), ("x2", "y2"), ("cx", "cy")] {
            places.extend(number(names.0).zip(number(names.1)));
        }
        let data = element.get("d").unwrap_or_default();
        // What is relative stays near to what is not.
        let absolute = data.split(|letter: char| "MLA".contains(letter)).filter(|part| !part.trim().is_empty());
        places.extend(absolute.filter_map(|part| {
            let numbers: Option<Vec<f64>> = part.trim_end_matches('Z').split(' ').map(|it| it.parse().ok()).collect();
            match numbers?[..] {
                [x, y] => Some((x, y)),
                _ => None,
            }
        }));
        for (x, y) in places {
            let (x, y) = (left + x, top + y);
            let inside = (-0.5..=document.width + 0.5).contains(&x) && (-0.5..=document.height + 0.5).contains(&y);
            assert!(inside, "{x}, {y} of {element:?} leaves {}×{}", document.width, document.height);
        }
        open.extend(element.children.iter().map(|child| ((left, top), child)));
    }
}

/// Elements that are drawn.
fn drawn(root: &Element) -> Vec<(Vec<Node>, &Element)> {
    let node = |element: &Element| Node {
        tag: element.name.clone(),
        classes: element.get("class").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
    };
    let mut found = Vec::new();
    let mut open = vec![(vec![node(root)], root)];
    while let Some((chain, element)) = open.pop() {
        match element.name.as_str() {
            "line" | "rect" | "path" | "circle" | "polygon" | "text" => found.push((chain, element)),
            _ => open.extend(element.children.iter().rev().map(|child| ([&chain[..], &[node(child)]].concat(), child))),
        }
    }
    found
}

/// A colour, and how opaque it is with what is said of that apart from it.
fn paint(value: &str, opacity: Option<&str>) -> (String, f64) {
    let opacity: f64 = opacity.map_or(1.0, |value| value.parse().expect("a number"));
    match value.len() {
        9 if value.starts_with('#') => {
            let alpha = u8::from_str_radix(&value[7..], 16).expect("an alpha");
            (value[..7].to_owned(), opacity * f64::from(alpha) / 255.0)
        }
        _ => (value.replace('"', ""), opacity),
    }
}

fn same_paint(what: &str, one: (String, f64), other: (String, f64)) {
    assert!(one.0 == other.0 && (one.1 - other.1).abs() < 0.002, "{what}: {one:?} on the page, {other:?} in the file");
}

fn same_number(what: &str, one: &str, other: &str) {
    let number = |text: &str| text.trim_end_matches("px").parse::<f64>().expect("a number");
    assert!((number(one) - number(other)).abs() < 0.001, "{what}: {one} on the page, {other} in the file");
}

/// An element of a file looks as the style sheet says that it does on the page.
fn same_looks(item: &Item, style: &Style, element: &Element, rim: Option<&Element>) {
    let what = format!("{:?} <{}>", item.role, element.name);
    let page = |name: &str, usual: &'static str| style.get(name).map_or(usual, String::as_str);
    let file = |name: &str, usual: &'static str| element.get(name).unwrap_or(usual).to_owned();
    same_number(&format!("{what} opacity"), page("opacity", "1"), &file("opacity", "1"));
    // A line has no area.
    if !matches!(item.shape, Shape::Line { .. } | Shape::Lost { .. }) && element.name != "line" {
        let on_page = paint(page("fill", "#000000"), style.get("fill-opacity").map(String::as_str));
        same_paint(&format!("{what} fill"), on_page, paint(&file("fill", "#000000"), element.get("fill-opacity")));
    }
    let is_text = element.name == "text";
    if is_text {
        let font = page("font", "11px/1");
        let size = style.get("font-size").map_or_else(|| font.split('/').next().expect("a size"), String::as_str);
        same_number(&format!("{what} size"), size, &file("font-size", "11"));
        same_number(&format!("{what} weight"), page("font-weight", "400"), &file("font-weight", "400"));
        assert_eq!(page("font-style", "normal"), file("font-style", "normal"), "{what}");
        assert_eq!(page("stroke", "none") != "none", rim.is_some(), "{what} has a rim, or has none");
        assert!(rim.is_none() || page("paint-order", "normal") == "stroke", "{what}");
    }
    let outlined = if is_text { rim } else { Some(element) };
    let Some(outlined) = outlined else { return };
    let file = |name: &str, usual: &'static str| outlined.get(name).unwrap_or(usual).to_owned();
    same_paint(
        &format!("{what} stroke"),
        paint(page("stroke", "none"), None),
        paint(&file("stroke", "none"), outlined.get("stroke-opacity")),
    );
    if page("stroke", "none") == "none" {
        return;
    }
    same_number(&format!("{what} stroke-width"), page("stroke-width", "1"), &file("stroke-width", "1"));
    for (name, usual) in [("stroke-dasharray", "none"), ("stroke-linecap", "butt"), ("stroke-linejoin", "miter")] {
        assert_eq!(page(name, usual), file(name, usual), "{what} {name}");
    }
    same_number(&format!("{what} rx"), page("rx", "0"), &file("rx", "0"));
}

/// An item looks in a file as it does on the page.
fn check_item(item: &Item, theme: Theme, sheet: &StyleSheet) {
    let scene = Scene { width: 9.0, height: 9.0, items: vec![item.clone()] };
    let parsed = |markup: String| xml::parse(&format!("<svg>{markup}</svg>")).unwrap_or_else(|why| panic!("{why}"));
    let (page, file) = (parsed(svg::markup(&scene, None)), parsed(markup(&scene, theme)));
    let mut of_file = drawn(&file).into_iter().map(|(_, element)| element).peekable();
    for (chain, on_page) in drawn(&page) {
        let mut element = of_file.next().expect("as many elements");
        let mut rim = None;
        if element.name == "text" && of_file.peek().is_some() {
            rim = Some(element);
            element = of_file.next().expect("words behind their rim");
        }
        for geometry in ["d", "x", "y", "x1", "y1", "x2", "y2", "width", "height", "cx", "cy", "r"] {
            if element.name == on_page.name {
                assert_eq!(element.get(geometry), on_page.get(geometry), "{geometry} of {:?}", item.role);
            }
        }
        // A sign that few fonts have is another one in a file.
        assert_eq!(element.text, on_page.text.replace('◆', "♦"));
        same_looks(item, &sheet.style(&chain), element, rim);
    }
    assert!(of_file.next().is_none(), "more elements than on the page: {item:?}");
}

#[test]
fn colours_are_those_of_the_style_sheet() {
    for theme in THEMES {
        let sheet = StyleSheet::of_the_page(theme);
        for token in Token::ALL {
            let written = sheet.token(token.name());
            let [red, green, blue, alpha] = token.colour(theme);
            let own = format!("#{red:02x}{green:02x}{blue:02x}{alpha:02x}");
            assert!(own == written || own == format!("{written}ff"), "{}: {own} is {written}", token.name());
        }
    }
    assert!(include_str!("../../style/diagram.css").contains(".patterns .ground { fill: var(--own); opacity: 0.13; }"));
}

/// What no run has in its pictures by itself.
fn rare_items() -> Vec<Item> {
    let (from, to) = (Point { x: 1.0, y: 2.0 }, Point { x: 8.0, y: 5.0 });
    let line = || Shape::Line { from, to };
    let rect = || Shape::Rect { at: from, width: 4.0, height: 3.0 };
    let path = || Shape::Path { points: vec![from, to, Point { x: 3.0, y: 8.0 }], closed: false };
    let dot = || Shape::Dot { at: from, radius: 3.0 };
    let text = || Shape::Text { at: from, text: "words".to_owned(), anchor: Anchor::Start };
    let mut all = vec![
        (Role::Piece { protocol: Protocol::Http, piece: Piece::Unanswered }, Shape::Lost { from, to }),
        (Role::Crowd, rect()),
        (Role::Playhead, line()),
        (Role::Unfolded(MessageId(3)), path()),
        (Role::Crosshair, line()),
        (Role::Reading, dot()),
        (Role::Picked, dot()),
        (Role::Silence, path()),
        (Role::SilenceLabel, text()),
        (Role::Control, Shape::Arrow { from, to }),
        (Role::Crossing, dot()),
        (Role::CrossingLabel, text()),
        (Role::LayerLabel, text()),
        (Role::Duration, text()),
        (Role::Note, text()),
        (Role::Part, text()),
        (Role::Part, line()),
    ];
    for protocol in Protocol::BOTH {
        all.extend([
            (Role::EmulatedHandshake(protocol), rect()),
            (Role::Queued(protocol), rect()),
            (Role::Spread(protocol), line()),
            (Role::Beyond(protocol), path()),
            (Role::Median(protocol), path()),
            (Role::Notable(protocol), line()),
            (Role::AtLeast(protocol), path()),
            (Role::Sample { protocol, left_out: true }, dot()),
            (Role::Percentile(protocol), dot()),
            (Role::Percentile(protocol), line()),
            (Role::Event { protocol, what: Event::Retried }, path()),
            (Role::Event { protocol, what: Event::Opened }, line()),
            (Role::Event { protocol, what: Event::Part }, line()),
            (Role::Event { protocol, what: Event::Hidden }, rect()),
            (Role::Piece { protocol, piece: Piece::Stalled }, line()),
            (Role::Piece { protocol, piece: Piece::Delivery }, line()),
            (Role::Piece { protocol, piece: Piece::Unanswered }, line()),
            (Role::Piece { protocol, piece: Piece::Arrival }, dot()),
            (Role::Piece { protocol, piece: Piece::Undivided }, rect()),
            (Role::Piece { protocol, piece: Piece::Download }, rect()),
            (Role::Piece { protocol, piece: Piece::Closing }, rect()),
        ]);
        for level in 1..=4 {
            all.push((Role::Density { protocol: Some(protocol), level }, rect()));
            all.push((Role::Density { protocol: None, level }, rect()));
        }
        for badge in [Badge::Opening, Badge::Close, Badge::Retried, Badge::Resent, Badge::Broken] {
            all.push((Role::Badge(badge, protocol), dot()));
        }
        all.extend(Layer::ALL.map(|layer| (Role::Layer { protocol, layer }, rect())));
    }
    for piece in [Piece::NameLookup, Piece::Connect, Piece::Tls] {
        all.push((Role::Piece { protocol: Protocol::Http, piece }, rect()));
    }
    for way in Way::ALL {
        for advised in [false, true] {
            all.extend([
                (Role::Way { way, advised }, path()),
                (Role::Way { way, advised }, dot()),
                (Role::WayLabel { way, advised }, text()),
            ]);
        }
        all.push((Role::Leader(way), path()));
    }
    // Of these HTTP has none, and the style sheet says nothing of them.
    let is_of_http = |role: &Role| matches!(role, Role::Piece { protocol: Protocol::Http, piece: Piece::Closing });
    all.retain(|(role, _)| !is_of_http(role));
    all.into_iter().map(|(role, shape)| Item { shape, role, message: None, title: String::new() }).collect()
}

/// Marks of every kind.
fn marks() -> Vec<Mark> {
    vec![
        Mark::Message(Protocol::Http),
        Mark::Message(Protocol::WebSocket),
        Mark::Unasked,
        Mark::Opening,
        Mark::Close,
        Mark::Control,
        Mark::WarmUp,
        Mark::UnknownTime,
        Mark::Uncertainty,
        Mark::Lost,
        Mark::Queued,
        Mark::Retried,
        Mark::Resent,
        Mark::Connection,
        Mark::BrokenConnection,
        Mark::EmulatedHandshake,
        Mark::Cut,
        Mark::Silence,
        Mark::Fold,
    ]
}

#[test]
fn what_is_rare_looks_as_on_the_page() {
    for theme in THEMES {
        let sheet = StyleSheet::of_the_page(theme);
        rare_items().iter().for_each(|item| check_item(item, theme, &sheet));
        for (mark, protocol) in marks().into_iter().flat_map(|mark| Protocol::BOTH.map(|protocol| (mark, protocol))) {
            let scene = sequence::sample(mark, protocol);
            assert!(!scene.items.is_empty(), "{mark:?}");
            scene.items.iter().for_each(|item| check_item(item, theme, &sheet));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn diagrams_and_charts_of_any_run_stand_alone_and_look_as_on_the_page(trace in runs(), manner in manners(), dark: bool) {
        let theme = if dark { Theme::Dark } else { Theme::Light };
        stands_alone(&diagram(&trace, manner.clone(), theme, 500.0));
        let sheet = StyleSheet::of_the_page(theme);
        let timeline = Timeline::of(&trace);
        let plan = Plan::of(&trace, &timeline, manner);
        let mut scenes = vec![
            sequence::sequence(&plan, &trace, &timeline, View::whole(&plan, &trace, &timeline, 2.0, 480.0)),
            sequence::participants(&plan, 480.0),
        ];
        for (name, scene, legend) in charts(&trace) {
            let root = stands_alone(&document(&Sheet {
                title: name, description: "a run", scenes: &[&scene], legend: &legend, theme,
            }));
            says_what_occurs(&root, &scene);
            scenes.extend(legend.into_iter().map(|(sign, _)| sign));
            scenes.push(scene);
        }
        for scene in &scenes {
            // Of what is alike some is enough.
            scene.items.iter().take(400).for_each(|item| check_item(item, theme, &sheet));
        }
    }

    #[test]
    fn whatever_is_written_in_a_picture_is_text(text in any::<String>()) {
        let mut trace = run(Lab::Exchange, &[("messages", "1")]);
        trace.circumstances.browser.clone_from(&text);
        let root = stands_alone(&diagram(&trace, Manner::plain(Subject::Both), Theme::Light, 300.0));
        let desc = root.children.iter().find(|child| child.name == "desc").expect("a description");
        let allowed: String = text
            .chars()
            .map(|character| match character {
                '\t' | '\n' | '\r' => character,
                '\u{fffe}' | '\u{ffff}' | '\0'..='\u{1f}' => '\u{fffd}',
                other => other,
            })
            .collect();
        prop_assert!(desc.text.contains(&allowed), "{:?} lacks {:?}", desc.text, allowed);
    }
}

#[test]
fn a_legend_has_all_its_words_and_none_leaves_the_picture() {
    let scene = Scene { width: 300.0, height: 50.0, items: Vec::new() };
    let legend: Vec<(Scene, &str)> =
        marks().into_iter().map(|mark| (sequence::sample(mark, Protocol::Http), words::mark_on_paper(mark))).collect();
    let root = stands_alone(&document(&Sheet {
        title: "all marks",
        description: "none of a run",
        scenes: &[&scene],
        legend: &legend,
        theme: Theme::Light,
    }));
    let texts: Vec<&Element> = root.walk().into_iter().filter(|element| element.name == "text").collect();
    let number = |element: &Element, name: &str| element.get(name).expect("a place").parse::<f64>().expect("a number");
    let (width, height) = (number(&root, "width"), number(&root, "height"));
    for text in &texts {
        let right = number(text, "x") + text.text.chars().count() as f64 * 5.0;
        assert!(right <= width && number(text, "y") <= height, "{:?} leaves {width}×{height}", text.text);
    }
    let said: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    let (heading, note) = (said[0], said[said.len() - 1]);
    assert_eq!((heading, note), ("all marks", "none of a run"));
    let said = &said[1..said.len() - 1];
    assert_eq!(said.join(" "), legend.iter().map(|(_, words)| *words).collect::<Vec<_>>().join(" "));
    assert!(!said.join(" ").contains("click"));
}

#[test]
fn a_picture_that_no_browser_paints_in_pixels_says_how_large_it_would_be() {
    let scene = |height: f64| Scene { width: 300.0, height, items: Vec::new() };
    let picture = |height: f64| {
        let sheet = Sheet { title: "t", description: "d", scenes: &[&scene(height)], legend: &[], theme: Theme::Light };
        document(&sheet)
    };
    let small = picture(100.0);
    assert_eq!(small.pixels(2.0), Ok(((small.width * 2.0) as u32, (small.height * 2.0) as u32)));
    let frame = small.height - 100.0;
    let most = f64::from(LONGEST_SIDE) / 2.0 - frame;
    assert_eq!(picture(most).pixels(2.0), Ok((640, LONGEST_SIDE)));
    assert_eq!(picture(most + 1.0).pixels(2.0), Err(TooLarge(640, LONGEST_SIDE + 2)));
    assert!(picture(most + 1.0).pixels(1.0).is_ok());
}

#[test]
fn an_emulated_link_is_told() {
    let trace = run(Lab::Exchange, &[("messages", "2")]);
    let mut over_a_link = trace.clone();
    let link = Link { name: "mobile".to_owned(), rtt: 100_000, jitter: 0, rate: None };
    over_a_link.connections[0].link = Some(link.into());
    let told = |trace: &Trace| provenance(trace, &Timeline::of(trace));
    assert!(told(&over_a_link).contains("over the emulated link mobile: its times are those of the emulation"));
    assert!(!told(&trace).contains("emulat"));
}

#[test]
fn what_is_told_of_the_record_is_what_the_record_says() {
    let trace = run(Lab::Exchange, &[("messages", "4")]);
    let told = provenance(&trace, &Timeline::of(&trace));
    for part in ["1970-01-01T00:00:00Z", "Duplex test", "messages=4", "lab exchange", "steps by 5 µs", "/echo"] {
        assert!(told.contains(part), "{told}");
    }
    let silent = crate::simulated::record(
        duplex::lab::exchange::Parameters::default(),
        duplex::network::sim::Conditions { plain: true, one_way: Span(9), ..Default::default() },
        None,
    );
    assert!(provenance(&silent, &Timeline::of(&silent)).contains("tells no times"));
}

#[test]
fn written_to_be_looked_at() {
    for (name, trace, manner) in named_runs() {
        for (theme, suffix) in [(Theme::Light, ""), (Theme::Dark, "-dark")] {
            let height = if name == "crossing" || name == "broken" { 900.0 } else { 500.0 };
            written(&format!("{name}{suffix}.svg"), &diagram(&trace, manner.clone(), theme, height).text);
        }
        for (chart, scene, legend) in charts(&trace) {
            let title = format!("{chart} of {name}");
            let sheet =
                Sheet { title: &title, description: "a run", scenes: &[&scene], legend: &legend, theme: Theme::Light };
            written(&format!("{name}-{chart}.svg"), &document(&sheet).text);
        }
    }
}
