//! The words for the settings of a run: which they were, and where they are others than those that the page shows.

use super::labs;
use crate::lab::differences::{Difference, HTTP, LINK, WS};
use crate::lab::{Lab, Parameter, Settings};

/// That what is shown comes from a run with other settings, and which; `None` where there are none.
pub fn of_another_run(lab: Lab, differences: &[Difference]) -> Option<String> {
    if differences.is_empty() {
        return None;
    }
    let all: Vec<_> = differences.iter().map(|difference| self::difference(lab, difference)).collect();
    Some(format!(
        "These are the results of a run with other settings than those above: {}. Press Run for results with the settings above.",
        all.join("; ")
    ))
}

/// What a run was of: its lab, and those settings that are not as by default.
pub fn of_run(lab: Lab, settings: &[(String, String)]) -> String {
    let defaults = Settings::of(lab);
    let default = |name: &str| match name {
        LINK => lab.default_link().map(str::to_owned),
        _ => defaults.text(name),
    };
    let other = settings.iter().filter(|(name, value)| default(name).as_ref() != Some(value));
    let mut other: Vec<_> = other.map(|(name, value)| setting(lab, name, Some(value))).collect();
    if lab.default_link().is_some() && !settings.iter().any(|(name, _)| name == LINK) {
        other.push(setting(lab, LINK, None));
    }
    let name = labs::name(lab);
    if other.is_empty() {
        format!("in the lab “{name}” with its defaults")
    } else {
        format!("in the lab “{name}” with {}", other.join("; "))
    }
}

/// A setting by its label, with its value.
pub fn setting(lab: Lab, name: &str, value: Option<&str>) -> String {
    format!("{}: {}", label(lab, name), self::value(lab, name, value))
}

fn difference(lab: Lab, difference: &Difference) -> String {
    let Difference { name, was, now } = difference;
    let was = setting(lab, name, was.as_deref());
    format!("{was} (above: {})", value(lab, name, now.as_deref()))
}

fn label(lab: Lab, name: &str) -> String {
    let own = lab.parameters().iter().map(Parameter::name).find(|own| *own == name);
    match name {
        LINK => "Network".to_owned(),
        HTTP => "HTTP endpoint".to_owned(),
        WS => "WebSocket endpoint".to_owned(),
        _ => own.map_or_else(|| name.to_owned(), |own| labs::of(lab).parameter(own).0.to_owned()),
    }
}

fn value(lab: Lab, name: &str, value: Option<&str>) -> String {
    let Some(value) = value else { return "as it is".to_owned() };
    match lab.parameters().iter().find(|parameter| parameter.name() == name) {
        // “Clients: 12 clients” says one thing twice.
        Some(Parameter::Number(range)) if range.unit == label(lab, name).to_lowercase() => value.to_owned(),
        Some(Parameter::Number(range)) => format!("{value} {}", range.unit).trim_end().to_owned(),
        Some(Parameter::Choice(choice)) => {
            let option = choice.options.iter().find(|option| **option == value);
            option.map_or_else(|| value.to_owned(), |option| labs::of(lab).option(name, option).to_owned())
        }
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(name: &str, was: Option<&str>, now: &str) -> Difference {
        Difference { name: name.into(), was: was.map(str::to_owned), now: Some(now.into()) }
    }

    #[test]
    fn each_setting_is_told_by_its_label_with_both_values() {
        let lab = Lab::Crowd;
        assert_eq!(of_another_run(lab, &[]), None);
        let all = [
            difference("clients", Some("12"), "50"),
            difference("hold", Some("100"), "5"),
            difference("link", None, "cable"),
        ];
        let said = of_another_run(lab, &all).expect("they differ");
        assert!(said.contains("Clients: 12 (above: 50)"), "{said}");
        assert!(said.contains("Server takes: 100 ms (above: 5 ms)"), "{said}");
        assert!(said.contains("Network: as it is (above: cable)"), "{said}");
    }

    #[test]
    fn a_run_is_told_by_its_lab_and_what_is_not_as_by_default() {
        let mut settings = Settings::of(Lab::Crowd);
        assert_eq!(of_run(Lab::Crowd, &settings.pairs()), "in the lab “Crowd” with its defaults");
        settings.set("clients", "50").expect("it is in the range");
        assert_eq!(of_run(Lab::Crowd, &settings.pairs()), "in the lab “Crowd” with Clients: 50");
        let straight = Settings::of(Lab::Duplex).pairs();
        assert!(of_run(Lab::Duplex, &straight).ends_with("with Network: as it is"));
        let over = [straight, vec![(LINK.to_owned(), "mobile".to_owned())]].concat();
        assert!(of_run(Lab::Duplex, &over).ends_with("with its defaults"));
    }

    #[test]
    fn an_option_is_told_as_the_control_tells_it() {
        let lab = Lab::Exchange;
        let said = setting(lab, "connection", Some("close"));
        let (label, option) = (labs::of(lab).parameter("connection").0, labs::of(lab).option("connection", "close"));
        assert_eq!(said, format!("{label}: {option}"));
    }
}
