//! Whether a run was made with the settings that a link asks for, and if not, which of them differ: what is shown
//! beneath settings must be theirs, or be said to be another's.

use super::link::Link;
use super::settings::Settings;
use crate::trace::Circumstances;

/// A setting that is another in a run than in a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which: a parameter's name, or [`LINK`], [`HTTP`] or [`WS`].
    pub name: String,
    /// What it was in the run; `None` for no emulated link.
    pub was: Option<String>,
    /// What the link asks for; `None` for no emulated link.
    pub now: Option<String>,
}

/// The emulated link, by its name.
pub const LINK: &str = "link";
/// The HTTP endpoint's URL.
pub const HTTP: &str = "http";
/// The WebSocket endpoint's URL.
pub const WS: &str = "ws";

/// What of a link's settings is another than in a run of the same lab. `own` are the addresses, for HTTP and for a
/// WebSocket, that stand for what the link leaves open, as far as they are known. What the run does not tell of itself
/// is not compared.
#[must_use]
pub fn differences(known: &Circumstances, link: &Link, own: Option<(&str, &str)>) -> Vec<Difference> {
    let recorded =
        |name: &str| known.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let mut found = of_settings(&link.settings, recorded);
    let differ = |name: &str, was: Option<String>, now: Option<String>| Difference { name: name.to_owned(), was, now };
    let asked = [(HTTP, &link.http, own.map(|own| own.0)), (WS, &link.ws, own.map(|own| own.1))];
    let was = recorded(LINK);
    let another_link = was != link.link;
    // A lab's own link is left out where no server offers it.
    let left_out = was.is_none() && link.link.as_deref() == link.settings.lab().default_link();
    let mut elsewhere = false;
    for ((name, typed, own), known) in asked.into_iter().zip([&known.http.url, &known.ws.url]) {
        match (typed.as_deref(), own) {
            (Some(url), _) if url != known => found.push(differ(name, Some(known.clone()), Some(url.to_owned()))),
            (None, Some(url)) if url != known => {
                elsewhere = true;
                // Another link is another port: that says more than the address.
                if !another_link {
                    found.push(differ(name, Some(known.clone()), Some(url.to_owned())));
                }
            }
            (None, None) => elsewhere |= !left_out,
            _ => {}
        }
    }
    if another_link && elsewhere {
        found.push(differ(LINK, was, link.link.clone()));
    }
    found
}

fn of_settings(settings: &Settings, recorded: impl Fn(&str) -> Option<String>) -> Vec<Difference> {
    let differs = |(name, now): (String, String)| {
        let was = recorded(&name).filter(|was| *was != now)?;
        Some(Difference { name, was: Some(was), now: Some(now) })
    };
    settings.pairs().into_iter().filter_map(differs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Lab;
    use crate::lab::link::Page;
    use crate::trace::{Speaks, testing};

    const OWN: Option<(&str, &str)> = Some(("http://127.0.0.1:9000/echo", "ws://127.0.0.1:9000/ws"));
    const OVER_CABLE: Option<(&str, &str)> = Some(("http://127.0.0.1:4000/echo", "ws://127.0.0.1:4000/ws"));

    /// What is known of a run that a link asked for, without an emulated link.
    fn run_of(link: &Link) -> Circumstances {
        let mut known = testing::circumstances(link.settings.lab().slug(), Speaks::Duplex);
        known.parameters = link.settings.pairs();
        known
    }

    fn link(lab: Lab) -> Link {
        Link::to(Page::Lab(lab))
    }

    fn difference(name: &str, was: Option<&str>, now: Option<&str>) -> Difference {
        Difference { name: name.to_owned(), was: was.map(str::to_owned), now: now.map(str::to_owned) }
    }

    #[test]
    fn a_run_of_the_same_settings_does_not_differ_and_looks_do_not_count() {
        let asked = link(Lab::Exchange);
        let known = run_of(&asked);
        assert_eq!(differences(&known, &asked, OWN), []);
        assert_eq!(differences(&known, &asked, None), []);
        let dark = Link { run: true, theme: crate::lab::link::Theme::Dark, ..asked };
        assert_eq!(differences(&known, &dark, OWN), []);
    }

    #[test]
    fn each_setting_that_is_another_is_named_with_both_values() {
        let known = run_of(&link(Lab::Exchange));
        let mut asked = link(Lab::Exchange);
        for (name, value) in [("messages", "50"), ("connection", "close")] {
            assert_eq!(asked.settings.set(name, value), Ok(true));
        }
        let expected = [
            difference("messages", Some("10"), Some("50")),
            difference("connection", Some("keep-alive"), Some("close")),
        ];
        assert_eq!(differences(&known, &asked, OWN), expected);
    }

    #[test]
    fn other_endpoints_are_named_typed_or_found() {
        let asked = link(Lab::Exchange);
        let known = run_of(&asked);
        let typed = Link { http: Some("http://other/".into()), ..asked.clone() };
        let other = difference(HTTP, Some("http://127.0.0.1:9000/echo"), Some("http://other/"));
        assert_eq!(differences(&known, &typed, OWN), [other]);
        let found: Vec<_> = differences(&known, &asked, OVER_CABLE).into_iter().map(|it| it.name).collect();
        assert_eq!(found, [HTTP, WS]);
        // What was found is the same as what was typed before.
        let typed = Link { http: Some(known.http.url.clone()), ws: Some(known.ws.url.clone()), ..asked };
        assert_eq!(differences(&known, &typed, OVER_CABLE), []);
    }

    #[test]
    fn another_emulated_link_is_named_rather_than_its_port() {
        let asked = Link { link: Some("cable".into()), ..link(Lab::Exchange) };
        let known = run_of(&asked);
        let expected = [difference(LINK, None, Some("cable"))];
        assert_eq!(differences(&known, &asked, OVER_CABLE), expected);
        assert_eq!(differences(&known, &asked, None), expected);
    }

    #[test]
    fn a_labs_own_link_that_no_server_offers_makes_no_difference() {
        let asked = link(Lab::Duplex);
        let known = run_of(&asked);
        assert_eq!(differences(&known, &asked, OWN), []);
        assert_eq!(differences(&known, &asked, None), []);
        let straight = Link { link: None, ..asked.clone() };
        let mut over = known;
        over.parameters.push((LINK.into(), "mobile".into()));
        assert_eq!(differences(&over, &straight, None), [difference(LINK, Some("mobile"), None)]);
        assert_eq!(differences(&over, &asked, None), []);
    }
}
