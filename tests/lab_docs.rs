//! `docs/labs.md` names every lab with its claims, and every parameter with its range and default.

use duplex::lab::{CONNECT_TIMEOUT, Lab, Parameter, REPLY_TIMEOUT};

const DOCS: &str = include_str!("../docs/labs.md");

/// How a row of a lab's table begins and ends: the meaning in between is the author's.
fn row(parameter: &Parameter) -> (String, String) {
    match parameter {
        Parameter::Number(range) => {
            let values = format!("{}–{} {}", range.least, range.most, range.unit);
            (format!("| `{}` |", range.name), format!("| {} | {} |", values.trim(), range.default))
        }
        Parameter::Choice(choice) => {
            let options: Vec<_> = choice.options.iter().map(|option| format!("`{option}`")).collect();
            (format!("| `{}` |", choice.name), format!("| {} | `{}` |", options.join(", "), choice.default))
        }
    }
}

#[test]
fn every_lab_and_parameter_is_described_as_it_is() {
    let mut missing = Vec::new();
    for lab in Lab::ALL {
        let heading = format!("## `{}`", lab.slug());
        let section = DOCS.split(&heading).nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap_or_default();
        if section.is_empty() {
            missing.push(heading);
        }
        let claims: Vec<_> = lab.claims().iter().map(|claim| format!("C{}", claim.number())).collect();
        let claims = format!("Claims: {}.", claims.join(", "));
        if !section.contains(&claims) {
            missing.push(format!("{}: {claims}", lab.slug()));
        }
        let usual = [Parameter::Number(CONNECT_TIMEOUT), Parameter::Number(REPLY_TIMEOUT)];
        for parameter in lab.parameters().iter().filter(|parameter| !usual.contains(parameter)) {
            let (begins, ends) = row(parameter);
            if !section.lines().any(|line| line.starts_with(&begins) && line.ends_with(&ends)) {
                missing.push(format!("{}: {begins} … {ends}", lab.slug()));
            }
        }
    }
    assert!(missing.is_empty(), "docs/labs.md lacks:\n{}", missing.join("\n"));
}
