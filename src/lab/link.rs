//! A lab as a link: the page's query is its state. Reading takes every pair; what is unknown or bad
//! gives a notice and leaves the default.

use super::differences::LINK;
use super::{Lab, Settings};
use crate::trace::{Circumstances, MessageId};

/// How the page looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the visitor's system asks.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// Its name in the link.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// A lab.
    Lab(Lab),
    /// The claims, and what this browser measured of them.
    Verdict,
    /// Traffic that another tool recorded.
    Capture,
}

impl Page {
    /// The name of [`Page::Verdict`].
    const VERDICT: &'static str = "verdict";
    /// The name of [`Page::Capture`].
    const CAPTURE: &'static str = "capture";

    /// Its name in the link.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Lab(lab) => lab.slug(),
            Self::Verdict => Self::VERDICT,
            Self::Capture => Self::CAPTURE,
        }
    }

    /// The page of that name.
    #[must_use]
    pub fn named(slug: &str) -> Option<Self> {
        match slug {
            Self::VERDICT => Some(Self::Verdict),
            Self::CAPTURE => Some(Self::Capture),
            _ => Lab::named(slug).map(Self::Lab),
        }
    }

    /// Where a record is shown; `None` where no page of this version shows such.
    #[must_use]
    pub fn of_record(known: &Circumstances) -> Option<Self> {
        if known.is_imported() { Some(Self::Capture) } else { Lab::named(&known.lab).map(Self::Lab) }
    }

    /// All names, for whoever typed another.
    fn slugs() -> String {
        let labs = Lab::ALL.map(Lab::slug);
        labs.into_iter().chain([Self::VERDICT, Self::CAPTURE]).collect::<Vec<_>>().join(", ")
    }
}

/// What a link asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub page: Page,
    /// The HTTP endpoint, if one is named.
    pub http: Option<String>,
    /// The WebSocket endpoint, if one is named.
    pub ws: Option<String>,
    /// The emulated link of the found server that both protocols go over, by its name; `None` goes
    /// straight.
    pub link: Option<String>,
    /// The lab's settings; on a page that is no lab, those of the first one.
    pub settings: Settings,
    /// The address of a saved run or a HAR file that is to be opened.
    pub trace: Option<String>,
    /// Begin by itself.
    pub run: bool,
    /// The message to be shown in full, once there is a run that has it.
    pub message: Option<MessageId>,
    /// How the page looks.
    pub theme: Theme,
    /// Compact, within another page.
    pub embed: bool,
}

impl Default for Link {
    fn default() -> Self {
        Self::to(Page::Lab(Lab::default()))
    }
}

impl Link {
    /// A link to a page, with its defaults.
    #[must_use]
    pub fn to(page: Page) -> Self {
        let lab = match page {
            Page::Lab(lab) => lab,
            Page::Verdict | Page::Capture => Lab::default(),
        };
        Self {
            page,
            http: None,
            ws: None,
            link: lab.default_link().map(str::to_owned),
            settings: Settings::of(lab),
            trace: None,
            run: false,
            message: None,
            theme: Theme::default(),
            embed: false,
        }
    }

    /// The same endpoints and looks on another page, which has its defaults else.
    #[must_use]
    pub fn turned_to(&self, page: Page) -> Self {
        let Self { http, ws, theme, embed, .. } = self.clone();
        Self { http, ws, theme, embed, ..Self::to(page) }
    }

    /// Something is shown without anybody doing anything: a run begins, or a file is opened.
    #[must_use]
    pub const fn begins(&self) -> bool {
        self.run || self.trace.is_some()
    }

    /// The same, whole and not within another page.
    #[must_use]
    pub fn in_full(&self) -> Self {
        Self { embed: false, ..self.clone() }
    }

    /// A link to a message of a run, in full: it starts one with the same settings, and shows the message of that number.
    #[must_use]
    pub fn to_message(&self, known: &Circumstances, message: MessageId) -> Self {
        Self { run: true, message: Some(message), ..self.to_run(known) }
    }

    /// A link to a run's lab, in full, with the run's settings, as far as these are links' matter. Endpoints stay as they are
    /// here; those of a run may have been found.
    #[must_use]
    pub fn to_run(&self, known: &Circumstances) -> Self {
        let page = Lab::named(&known.lab).map_or(self.page, Page::Lab);
        let mut link = Self { embed: false, ..self.turned_to(page) };
        link.link = known.parameters.iter().find(|(name, _)| name == LINK).map(|(_, value)| value.clone());
        for (name, value) in known.parameters.iter().filter(|(name, _)| name != LINK) {
            // What an older or a newer Duplex knew is not in a link of this one.
            link.settings.set(name, value).ok();
        }
        link
    }

    /// Reads a query's pairs. Gives a sentence for each that cannot be taken.
    #[must_use]
    pub fn read(pairs: &[(String, String)]) -> (Self, Vec<String>) {
        let mut notices = Vec::new();
        let mut page = Self::default().page;
        // The page first, wherever it stands: it says what else there may be.
        for (_, slug) in pairs.iter().filter(|(name, _)| name == "lab") {
            match Page::named(slug) {
                Some(named) => page = named,
                None => notices.push(one_of("lab", &Page::slugs(), slug)),
            }
        }
        let mut link = Self::to(page);
        for (name, value) in pairs.iter().filter(|(name, _)| name != "lab") {
            if let Err(notice) = link.take(name, value) {
                notices.push(notice);
            }
        }
        if let Err(error) = link.settings.check() {
            notices.push(format!("In the link, {error}. The defaults are used instead."));
            link.settings = Settings::of(link.settings.lab());
        }
        (link, notices)
    }

    /// What stands for no emulated link, where a lab has one unless told otherwise.
    const STRAIGHT: &'static str = "none";

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        let one_of = |allowed: &str| one_of(name, allowed, value);
        let switch = || match value {
            "1" => Ok(true),
            "0" => Ok(false),
            _ => Err(one_of("0, 1")),
        };
        match name {
            "http" => self.http = Some(value.to_owned()).filter(|url| !url.is_empty()),
            "ws" => self.ws = Some(value.to_owned()).filter(|url| !url.is_empty()),
            "link" => self.link = Some(value.to_owned()).filter(|name| !name.is_empty() && name != Self::STRAIGHT),
            "run" => self.run = switch()?,
            "embed" => self.embed = switch()?,
            "trace" => self.trace = Some(value.to_owned()).filter(|url| !url.is_empty()),
            "message" => {
                let number = value.parse().ok().and_then(MessageId::numbered);
                self.message = Some(number.ok_or_else(|| one_of("a number from 1 on"))?);
            }
            "theme" => {
                let theme = Theme::ALL.into_iter().find(|theme| theme.name() == value);
                self.theme = theme.ok_or_else(|| one_of("auto, light, dark"))?;
            }
            _ => match self.settings.set(name, value) {
                Ok(true) => {}
                Ok(false) => {
                    return Err(format!("The link asks for “{}”, which this page does not know.", shortened(name)));
                }
                Err(error) => return Err(format!("In the link, {error}. The default is used instead.")),
            },
        }
        Ok(())
    }

    /// The pairs of a query that leads here; what is as by default is left out.
    #[must_use]
    pub fn write(&self) -> Vec<(String, String)> {
        let mut pairs = vec![("lab".to_owned(), self.page.slug().to_owned())];
        let defaults = Self::to(self.page);
        let mut add = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
        if let Some(url) = &self.http {
            add("http", url);
        }
        if let Some(url) = &self.ws {
            add("ws", url);
        }
        if self.link != defaults.link {
            add("link", self.link.as_deref().unwrap_or(Self::STRAIGHT));
        }
        for (pair, default) in self.settings.pairs().iter().zip(&defaults.settings.pairs()) {
            if pair != default {
                add(&pair.0, &pair.1);
            }
        }
        if let Some(url) = &self.trace {
            add("trace", url);
        }
        if self.run {
            add("run", "1");
        }
        if let Some(message) = self.message {
            add("message", &message.number().to_string());
        }
        if self.theme != Theme::Auto {
            add("theme", self.theme.name());
        }
        if self.embed {
            add("embed", "1");
        }
        pairs
    }
}

fn one_of(name: &str, allowed: &str, given: &str) -> String {
    format!("In the link, {name} is one of {allowed}, not “{}”.", shortened(given))
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::trace::{Speaks, testing};

    fn read(query: &[(&str, &str)]) -> (Link, Vec<String>) {
        let pairs: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Link::read(&pairs)
    }

    proptest! {
        #[test]
        fn a_link_leads_back_to_what_it_was_written_from(
            messages in 1u32..=200, size in 0u32..=1024, close: bool, run: bool, embed: bool, theme in 0usize..3,
            message in proptest::option::of((0u32..200_000).prop_map(MessageId)),
            http in proptest::option::of("http://[a-z]{1,9}/x"), link in proptest::option::of("[a-z]{5,9}"),
            trace in proptest::option::of("[a-z:/?&#=%]{1,30}"),
        ) {
            let mut settings = Settings::of(Lab::Exchange);
            settings.set("messages", &messages.to_string()).expect("it is in the range");
            settings.set("size", &size.to_string()).expect("it is in the range");
            settings.set("connection", if close { "close" } else { "keep-alive" }).expect("it is a choice");
            let page = Page::Lab(Lab::Exchange);
            let link = Link { page, http, ws: None, link, settings, trace, run, message, theme: Theme::ALL[theme], embed };
            prop_assert_eq!(Link::read(&link.write()), (link, Vec::new()));
        }
    }

    #[test]
    fn every_page_is_led_back_to_and_a_labs_own_emulated_link_can_be_switched_off() {
        for page in Lab::ALL.map(Page::Lab).into_iter().chain([Page::Verdict, Page::Capture]) {
            let link = Link::to(page);
            assert_eq!(Link::read(&link.write()), (link, Vec::new()));
        }
        let straight = Link { link: None, ..Link::to(Page::Lab(Lab::Duplex)) };
        assert_eq!(Link::read(&straight.write()), (straight, Vec::new()));
    }

    #[test]
    fn a_bad_value_gives_a_notice_with_the_range_and_leaves_the_default() {
        let (link, notices) = read(&[("messages", "100001"), ("size", "64")]);
        let value = |name| link.settings.text(name);
        assert_eq!((value("messages").as_deref(), value("size").as_deref()), (Some("10"), Some("64")));
        assert!(notices.len() == 1 && notices[0].contains("from 1 to 100000"), "{notices:?}");
    }

    #[test]
    fn a_message_is_named_by_the_number_that_is_shown_and_by_no_other() {
        let (link, notices) = read(&[("message", "12")]);
        assert_eq!((link.message, notices.len()), (Some(MessageId(11)), 0));
        for bad in ["0", "-1", "twelve", "", "1.5", "99999999999"] {
            let (link, notices) = read(&[("message", bad)]);
            assert!(link.message.is_none() && notices.len() == 1 && notices[0].contains("from 1 on"), "{notices:?}");
        }
    }

    #[test]
    fn a_link_to_a_message_has_the_settings_of_its_run_and_the_looks_of_the_page() {
        let mut known = testing::circumstances(Lab::Exchange.slug(), Speaks::Duplex);
        known.parameters = vec![("messages".into(), "7".into()), ("of-another-version".into(), "x".into())];
        let here = Link { theme: Theme::Dark, ws: Some("ws://x/".into()), ..Link::to(Page::Lab(Lab::Duplex)) };
        let link = here.to_message(&known, MessageId(2));
        assert_eq!((link.page, link.link.as_deref(), link.run), (Page::Lab(Lab::Exchange), None, true));
        assert_eq!(link.settings.text("messages").as_deref(), Some("7"));
        assert_eq!((link.theme, link.ws.as_deref()), (Theme::Dark, Some("ws://x/")));
        assert!(link.write().contains(&("message".to_owned(), "3".to_owned())));
        known.parameters.push(("link".into(), "cable".into()));
        assert_eq!(here.to_message(&known, MessageId(2)).link.as_deref(), Some("cable"));
        assert_eq!(link.turned_to(Page::Verdict).message, None, "another page has other messages");
    }

    #[test]
    fn an_embedded_lab_stays_embedded_but_opens_in_full_and_leads_to_messages_in_full() {
        let (link, notices) = read(&[("embed", "1"), ("theme", "dark"), ("messages", "7")]);
        assert!(link.embed && notices.is_empty(), "{notices:?}");
        assert!(link.turned_to(Page::Verdict).embed);
        assert_eq!(link.in_full(), Link { embed: false, ..link.clone() });
        let known = testing::circumstances(Lab::Exchange.slug(), Speaks::Duplex);
        assert!(!link.to_message(&known, MessageId(0)).embed);
        let (link, notices) = read(&[("embed", "yes")]);
        assert!(!link.embed && notices[0].contains("0, 1"), "{notices:?}");
    }

    #[test]
    fn an_unknown_name_and_lab_are_told() {
        let (_, notices) = read(&[("colour", "red"), ("lab", "nonsense")]);
        assert!(notices[0].contains("exchange, opening") && notices[1].contains("colour"), "{notices:?}");
    }

    #[test]
    fn a_file_to_be_opened_is_of_this_page_alone() {
        let (link, notices) = read(&[("lab", "capture"), ("trace", "runs/a.json?b=1"), ("message", "4")]);
        assert_eq!((link.page, link.trace.as_deref(), notices.len()), (Page::Capture, Some("runs/a.json?b=1"), 0));
        assert_eq!(link.turned_to(Page::Verdict).trace, None, "another page has other records");
        assert_eq!(read(&[("trace", "")]).0.trace, None);
    }

    #[test]
    fn the_lab_is_read_first_wherever_it_stands() {
        let (link, notices) = read(&[("run", "1"), ("lab", "verdict")]);
        assert!(link.page == Page::Verdict && link.run && notices.is_empty(), "{notices:?}");
    }

    #[test]
    fn more_than_goes_in_all_is_refused() {
        let (link, notices) = read(&[("messages", "1000"), ("size", "1048576")]);
        assert_eq!(link.settings, Settings::of(Lab::Exchange));
        assert!(notices[0].contains("256 MiB"), "{notices:?}");
    }
}
