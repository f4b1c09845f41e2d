//! Mermaid's text: as many arrows as there are messages, blocks that end, and nothing that a message says is syntax.

use duplex::analysis::Timeline;
use duplex::drawing::sequence::{Manner, Plan, Subject};
use duplex::format::mermaid::{self, escaped};
use duplex::lab::Lab;
use duplex::trace::{Protocol, Target};
use proptest::prelude::*;

use crate::{manners, named_runs, run, runs, written};

const ARROWS: [&str; 6] = ["-->>", "->>", "-->", "->", "--x", "-x"];

/// What the lines of a diagram are, or which one is none that Mermaid knows.
#[derive(Debug, Default, PartialEq)]
struct Read {
    participants: Vec<String>,
    arrows: Vec<(String, String, String)>,
    loops: usize,
    notes: usize,
}

/// Reads the part of Mermaid's language that is written here, line by line, as its grammar has it.
fn read(text: &str) -> Result<Read, String> {
    let mut read = Read::default();
    let mut open = 0usize;
    let mut lines = text.lines().map(str::trim_start);
    if lines.next() != Some("sequenceDiagram") {
        return Err("it does not begin".to_owned());
    }
    for line in lines {
        let rest = line.split_once([' ', ':']).map_or("", |(_, rest)| rest);
        match line.split([' ', ':']).next().unwrap_or_default() {
            "accTitle" | "accDescr" => free_text(rest)?,
            "participant" => {
                let (id, alias) = rest.split_once(" as ").unwrap_or((rest, rest));
                free_text(alias)?;
                read.participants.push(id.to_owned());
            }
            "loop" => {
                free_text(rest)?;
                open += 1;
                read.loops += 1;
            }
            "end" if line == "end" => open = open.checked_sub(1).ok_or("an end of nothing")?,
            "Note" => {
                let (over, words) = rest.split_once(": ").ok_or("a note without words")?;
                free_text(words)?;
                let over = over.strip_prefix("over ").ok_or("a note over nothing")?;
                over.split(',').try_for_each(|id| known(&read, id))?;
                read.notes += 1;
            }
            _ => {
                let arrow = ARROWS.iter().find(|arrow| line.contains(**arrow)).ok_or_else(|| format!("{line:?}?"))?;
                let (from, rest) = line.split_once(arrow).expect("it contains that");
                let (to, words) = rest.split_once(": ").ok_or_else(|| format!("{line:?} has no words"))?;
                known(&read, from)?;
                known(&read, to)?;
                free_text(words)?;
                read.arrows.push((from.to_owned(), (*arrow).to_owned(), to.to_owned()));
            }
        }
    }
    if open == 0 { Ok(read) } else { Err(format!("{open} blocks do not end")) }
}

fn known(read: &Read, id: &str) -> Result<(), String> {
    if read.participants.iter().any(|other| other == id) { Ok(()) } else { Err(format!("who is {id:?}?")) }
}

/// Mermaid's lexer ends a text at `;` and `#`, unless they are an entity's.
fn free_text(text: &str) -> Result<(), String> {
    let mut rest = text;
    while let Some(at) = rest.find(['#', ';', '<', '>', '%', '$', '{', '}', '\\']) {
        let entity = rest[at..].strip_prefix('#').and_then(|entity| entity.split_once(';'));
        let Some((_, after)) = entity.filter(|(name, _)| name.parse::<u32>().is_ok()) else {
            return Err(format!("{:?} in {text:?}", &rest[at..]));
        };
        rest = after;
    }
    if text.trim().is_empty() || text.contains(char::is_control) { Err(format!("{text:?} is no text")) } else { Ok(()) }
}

/// The text that entities stand for.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, entity)) = rest.split_once('#') {
        let (code, after) = entity.split_once(';').expect("an entity ends");
        out += before;
        out.extend(code.parse().ok().and_then(char::from_u32));
        rest = after;
    }
    out + rest
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn there_are_as_many_arrows_as_messages_and_blocks_end(trace in runs(), manner in manners()) {
        let timeline = Timeline::of(&trace);
        let plan = Plan::of(&trace, &timeline, manner);
        let read = read(&mermaid::sequence_diagram(&plan, &trace, &timeline)).map_err(TestCaseError::fail)?;
        let closed: Vec<_> = plan.folds().iter().filter(|fold| !fold.open).collect();
        prop_assert_eq!(read.loops, closed.len());
        let hidden = trace.messages.iter().filter(|message| plan.is_hidden(message.id));
        // Of what is folded, the first time is there; so many messages each time has.
        let once: usize = closed
            .iter()
            .map(|fold| hidden.clone().filter(|message| plan.fold_of(message.id) == Some(fold.first)).count() / fold.times)
            .sum();
        prop_assert_eq!(read.arrows.len(), plan.shown().len() + once);
        let protocols = plan.manner().subject.protocols();
        let to_server = read.arrows.iter().filter(|(_, _, to)| to == "server").count();
        if closed.is_empty() {
            let sent = trace.messages.iter().filter(|message| protocols.contains(&message.protocol) && message.direction == duplex::trace::Direction::ToServer);
            prop_assert_eq!(to_server, sent.count());
        }
    }

    #[test]
    fn whatever_a_message_says_is_no_syntax(text in "\\PC{0,20}|[;#:<>%&{}$\\\\\n\r\t\"' ]{0,8}|(end|loop|style|%%|<br/>|#35;| ){0,6}") {
        let words = escaped(&text);
        let expected: String = text
            .chars()
            .map(|character| if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') { ' ' } else { character })
            .collect();
        prop_assert_eq!(plain(&words), expected);
        prop_assert!(words.split(|other: char| !other.is_alphanumeric()).all(|word| !word.eq_ignore_ascii_case("end")), "{}", words);
        let mut trace = run(Lab::Exchange, &[("messages", "2")]);
        let before = diagram(&trace);
        for message in &mut trace.messages {
            message.target = Some(Box::new(Target { method: text.as_str().into(), path: text.as_str().into() }));
        }
        trace.circumstances.browser.clone_from(&text);
        trace.circumstances.lab.clone_from(&text);
        let after = diagram(&trace);
        prop_assert_eq!(read(&before).map_err(TestCaseError::fail)?, read(&after).map_err(TestCaseError::fail)?);
    }
}

fn diagram(trace: &duplex::trace::Trace) -> String {
    let timeline = Timeline::of(trace);
    let plan = Plan::of(trace, &timeline, Manner::plain(Subject::One(Protocol::Http)));
    mermaid::sequence_diagram(&plan, trace, &timeline)
}

#[test]
fn an_exchange_reads_as_one_would_write_it() {
    let trace = run(Lab::Exchange, &[("messages", "1")]);
    let text = diagram(&trace);
    let expected = "sequenceDiagram
  accTitle: HTTP, lab exchange
  accDescr: Recorded by Duplex test in none. In order, not to scale.
  participant page
  participant server
  Note over page,server: TCP connection 1 (the server's number) opens
  page->>server: warm-up · POST /echo · 32 B
  server-->>page: warm-up · response 200 · 32 B
  page->>server: 1 · POST /echo · 32 B
  server-->>page: 1 · response 200 · 32 B
";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn a_long_run_stays_readable_and_what_is_lost_ends_in_a_cross() {
    for (name, trace, manner) in named_runs() {
        let timeline = Timeline::of(&trace);
        let plan = Plan::of(&trace, &timeline, manner);
        let text = mermaid::sequence_diagram(&plan, &trace, &timeline);
        written(&format!("{name}.mmd"), &text);
        assert!(text.chars().count() < mermaid::USUAL_LIMIT, "{name}");
        match name {
            "folded" => assert!(text.contains("  loop × 98, median") && text.lines().count() < 30, "{text}"),
            "broken" => assert!(text.contains("-x"), "{text}"),
            "crowd-http" => assert!(text.contains("participant client8 as client 8"), "{text}"),
            _ => {}
        }
    }
}

#[test]
fn the_worst_that_may_stand_in_a_path_is_text() {
    const WORST: [&str; 14] = [
        "end",
        "a;b",
        "#35;",
        "<br/>",
        "<img src=x onerror=alert(1)>",
        "%%{init: {}}%%",
        "%% no",
        "x: y",
        "style: #a;",
        "$$x^2$$",
        "a-->>b",
        "loop",
        "wrap: no",
        "\\n\n",
    ];
    let mut trace = run(Lab::Exchange, &[("messages", "14")]);
    let requests = trace.messages.iter_mut().filter(|message| message.target.is_some());
    for (message, worst) in requests.skip(1).zip(WORST) {
        message.target = Some(Box::new(Target { method: worst.into(), path: "/".into() }));
    }
    let text = diagram(&trace);
    written("worst.mmd", &text);
    let read = read(&text).expect("it is still a diagram");
    assert_eq!(read.arrows.len(), 30);
    for worst in WORST {
        assert!(plain(&text).contains(&worst.replace('\n', " ")), "{worst:?} is in {text}");
    }
}
