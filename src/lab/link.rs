//! A lab as a link: the page's query is its state. Reading takes every pair; what is unknown or bad
//! gives a notice and leaves the default.

use super::exchange::{self, Parameters};

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

/// What a link asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The HTTP endpoint, if one is named.
    pub http: Option<String>,
    /// The WebSocket endpoint, if one is named.
    pub ws: Option<String>,
    /// The emulated link of the found server that both protocols go over, by its name; `None` goes
    /// straight.
    pub link: Option<String>,
    /// The lab's parameters.
    pub parameters: Parameters,
    /// Begin by itself.
    pub run: bool,
    /// How the page looks.
    pub theme: Theme,
}

impl Link {
    /// Reads a query's pairs. Gives a sentence for each that cannot be taken.
    #[must_use]
    pub fn read(pairs: &[(String, String)]) -> (Self, Vec<String>) {
        let mut link = Self::default();
        let mut notices = Vec::new();
        for (name, value) in pairs {
            if let Err(notice) = link.take(name, value) {
                notices.push(notice);
            }
        }
        if let Err(error) = link.parameters.check() {
            notices.push(format!("{error}. The defaults are used instead."));
            link.parameters.messages = exchange::MESSAGES.default;
            link.parameters.size = exchange::SIZE.default;
        }
        (link, notices)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        let one_of = |allowed: &str| format!("In the link, {name} is one of {allowed}, not “{}”.", shortened(value));
        match name {
            "lab" if value == exchange::SLUG => {}
            "lab" => return Err(one_of(exchange::SLUG)),
            "http" => self.http = Some(value.to_owned()).filter(|url| !url.is_empty()),
            "ws" => self.ws = Some(value.to_owned()).filter(|url| !url.is_empty()),
            "link" => self.link = Some(value.to_owned()).filter(|name| !name.is_empty()),
            "run" => {
                self.run = match value {
                    "1" => true,
                    "0" => false,
                    _ => return Err(one_of("0, 1")),
                }
            }
            "theme" => {
                let theme = Theme::ALL.into_iter().find(|theme| theme.name() == value);
                self.theme = theme.ok_or_else(|| one_of("auto, light, dark"))?;
            }
            _ => match self.parameters.set(name, value) {
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
        let mut pairs = vec![("lab".to_owned(), exchange::SLUG.to_owned())];
        let mut add = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
        if let Some(url) = &self.http {
            add("http", url);
        }
        if let Some(url) = &self.ws {
            add("ws", url);
        }
        if let Some(name) = &self.link {
            add("link", name);
        }
        let defaults = Parameters::default().pairs();
        for (pair, default) in self.parameters.pairs().iter().zip(&defaults) {
            if pair != default {
                add(&pair.0, &pair.1);
            }
        }
        if self.run {
            add("run", "1");
        }
        if self.theme != Theme::Auto {
            add("theme", self.theme.name());
        }
        pairs
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(query: &[(&str, &str)]) -> (Link, Vec<String>) {
        let pairs: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Link::read(&pairs)
    }

    proptest! {
        #[test]
        fn a_link_leads_back_to_what_it_was_written_from(
            messages in 1u32..=200, size in 0u32..=1024, interval in 0u32..=10_000, close: bool, run: bool, theme in 0usize..3,
            http in proptest::option::of("http://[a-z]{1,9}/x"), link in proptest::option::of("[a-z]{1,9}"),
        ) {
            let parameters = Parameters { messages, size, interval, close, ..Parameters::default() };
            let link = Link { http, ws: None, link, parameters, run, theme: Theme::ALL[theme] };
            prop_assert_eq!(Link::read(&link.write()), (link, Vec::new()));
        }
    }

    #[test]
    fn a_bad_value_gives_a_notice_with_the_range_and_leaves_the_default() {
        let (link, notices) = read(&[("messages", "100001"), ("size", "64")]);
        assert_eq!((link.parameters.messages, link.parameters.size), (exchange::MESSAGES.default, 64));
        assert!(notices.len() == 1 && notices[0].contains("from 1 to 100000"), "{notices:?}");
    }

    #[test]
    fn an_unknown_name_and_lab_are_told() {
        let (_, notices) = read(&[("lab", "nonsense"), ("colour", "red")]);
        assert!(notices[0].contains("exchange") && notices[1].contains("colour"), "{notices:?}");
    }

    #[test]
    fn more_than_goes_in_all_is_refused() {
        let (link, notices) = read(&[("messages", "1000"), ("size", "1048576")]);
        assert_eq!(link.parameters, Parameters::default());
        assert!(notices[0].contains("256 MiB"), "{notices:?}");
    }
}
