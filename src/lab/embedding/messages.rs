//! What a lab and its host page say to each other, as `postMessage` carries it: plain objects with the version of
//! these rules under `duplex` and what they are under `type`. Described for embedders in `docs/embedding.md`.

use serde::{Deserialize, Serialize};

use super::Results;
use crate::lab::link::Theme;

/// The version of these messages. What is added later does not change it.
pub const VERSION: u32 = 1;

/// What the lab says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Told {
    /// It is there, and listens.
    Ready {
        /// The page, by its name in links.
        lab: String,
        /// The version of Duplex.
        version: &'static str,
    },
    /// It needs this many pixels, so that nothing of it has to be scrolled.
    Height {
        /// In CSS pixels.
        height: u32,
    },
    /// Where its run stands.
    State {
        /// `idle`, `waiting`, `running`, `finished`, `failed` or `stopped`, as in the document's `data-run`.
        state: &'static str,
    },
    /// What a run came to.
    Results(Box<Results>),
    /// It does not do what it was asked to.
    Refused {
        /// What was asked.
        command: &'static str,
        /// Why not, in a sentence.
        reason: String,
    },
}

/// What the host page asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing but to be heard: it makes its origin known, and is told how things stand.
    Hello,
    /// To look like this.
    Theme(Theme),
    /// A run with the settings as they are.
    Run,
    /// That the run ends.
    Stop,
}

/// As it is written.
#[derive(Deserialize)]
struct Written {
    duplex: u32,
    r#type: String,
    #[serde(default)]
    theme: String,
}

impl Asked {
    /// Reads a message, written as JSON. `None` for all that is none of ours, or of a later version, or unknown: pages
    /// send each other all sorts of things.
    #[must_use]
    pub fn read(json: &str) -> Option<Self> {
        let written: Written = serde_json::from_str(json).ok()?;
        if written.duplex != VERSION {
            return None;
        }
        match written.r#type.as_str() {
            "hello" => Some(Self::Hello),
            "theme" => Theme::ALL.into_iter().find(|theme| theme.name() == written.theme).map(Self::Theme),
            "run" => Some(Self::Run),
            "stop" => Some(Self::Stop),
            _ => None,
        }
    }
}

/// A message of the lab, as JSON.
#[must_use]
pub fn told(message: &Told) -> String {
    #[derive(Serialize)]
    struct Versioned<'a> {
        duplex: u32,
        #[serde(flatten)]
        message: &'a Told,
    }
    serde_json::to_string(&Versioned { duplex: VERSION, message }).expect("its keys are strings")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_host_page_may_ask_for_is_understood() {
        let read = Asked::read;
        assert_eq!(read(r#"{"duplex":1,"type":"hello","version":"9"}"#), Some(Asked::Hello));
        assert_eq!(read(r#"{"duplex":1,"type":"theme","theme":"dark"}"#), Some(Asked::Theme(Theme::Dark)));
        assert_eq!(read(r#"{"type":"run","duplex":1}"#), Some(Asked::Run));
        assert_eq!(read(r#"{"type":"stop","duplex":1}"#), Some(Asked::Stop));
    }

    #[test]
    fn what_is_none_of_ours_is_left_alone() {
        for other in [
            "null",
            "7",
            r#""run""#,
            "{}",
            r#"{"type":"run"}"#,
            r#"{"duplex":2,"type":"run"}"#,
            r#"{"duplex":"1","type":"run"}"#,
            r#"{"duplex":1,"type":"theme"}"#,
            r#"{"duplex":1,"type":"theme","theme":"sepia"}"#,
            r#"{"duplex":1,"type":"settings","messages":9}"#,
            r#"{"duplex":1,"type":"run""#,
        ] {
            assert_eq!(Asked::read(other), None, "{other}");
        }
    }

    #[test]
    fn a_lab_says_its_version_and_what_it_is() {
        let height = told(&Told::Height { height: 480 });
        assert_eq!(height, r#"{"duplex":1,"type":"height","height":480}"#);
        let state = told(&Told::State { state: "waiting" });
        assert_eq!(state, r#"{"duplex":1,"type":"state","state":"waiting"}"#);
        let refused = told(&Told::Refused { command: "run", reason: "“No”".into() });
        assert_eq!(refused, r#"{"duplex":1,"type":"refused","command":"run","reason":"“No”"}"#);
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in ".{0,80}") {
            prop_assert!(Asked::read(&text).is_none());
        }
    }
}
