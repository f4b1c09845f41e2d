//! The markup that puts a lab into a page: a plain `<iframe>`, or `<duplex-lab>`, which also gives it its height.

use std::fmt::Write as _;

/// What a host page has to grant: a fine clock, and, for a server on the visitor's machine or network, leave to talk to
/// it. Browsers that do not know one of these pass over it.
pub const PERMISSIONS: &str = "cross-origin-isolated; local-network-access; local-network; loopback-network";

/// How wide a frame of fixed size is, unless told otherwise, in pixels.
pub const DEFAULT_WIDTH: u32 = 640;
/// How high.
pub const DEFAULT_HEIGHT: u32 = 480;

/// What the markup is made from. All texts are as they are; they are escaped here.
#[derive(Clone, Copy, Debug)]
pub struct Snippet<'a> {
    /// The page's address, without a query.
    pub page: &'a str,
    /// The query that leads to the embedded lab, without its question mark.
    pub query: &'a str,
    /// The lab, by its name in links.
    pub lab: &'a str,
    /// The query without lab, theme and `embed`: what `<duplex-lab>` is told as `settings`.
    pub settings: &'a str,
    /// `light`, `dark`, `auto`, or `inherit`, which only `<duplex-lab>` knows.
    pub theme: &'a str,
    /// What the frame is called, for those who do not see it.
    pub title: &'a str,
    /// Pixels; `None` is as wide as there is room.
    pub width: Option<u32>,
    /// Pixels: of the frame, and of `<duplex-lab>` until it knows better.
    pub height: u32,
}

impl Snippet<'_> {
    /// A frame of a fixed size, without a script.
    #[must_use]
    pub fn iframe(&self) -> String {
        let width = self.width.map_or_else(|| "100%".to_owned(), |width| width.to_string());
        format!(
            "<iframe\n  src=\"{}?{}\"\n  title=\"{}\"\n  width=\"{width}\" height=\"{}\" style=\"border: 0; max-width: 100%\"\n  \
             loading=\"lazy\"\n  allow=\"{PERMISSIONS}\"></iframe>\n",
            escaped(self.page),
            escaped(self.query),
            escaped(self.title),
            self.height
        )
    }

    /// The element, with the script that makes it one, and a link for where that does not run.
    #[must_use]
    pub fn element(&self) -> String {
        let (folder, page) = (escaped(self.folder()), escaped(self.page));
        let mut markup =
            format!("<script src=\"{folder}duplex-lab.js\" defer></script>\n<duplex-lab lab=\"{}\"", escaped(self.lab));
        let mut attribute = |name: &str, value: &str| {
            // Writing to a string does not fail.
            write!(markup, " {name}=\"{}\"", escaped(value)).ok();
        };
        if !self.settings.is_empty() {
            attribute("settings", self.settings);
        }
        if self.theme != "inherit" {
            attribute("theme", self.theme);
        }
        if self.height != DEFAULT_HEIGHT {
            attribute("height", &self.height.to_string());
        }
        if let Some(width) = self.width {
            attribute("style", &format!("max-width: {width}px"));
        }
        attribute("title", self.title);
        let separator = if self.settings.is_empty() { "" } else { "&amp;" };
        let query = format!("lab={}{separator}{}", escaped(self.lab), escaped(self.settings));
        write!(markup, ">\n  <a href=\"{page}?{query}\">{}</a>\n</duplex-lab>\n", escaped(self.title)).ok();
        markup
    }

    /// Where the page lies: its address up to the last slash.
    fn folder(&self) -> &str {
        self.page.rfind('/').map_or(self.page, |slash| &self.page[..=slash])
    }
}

/// As it stands in markup, in a text or in an attribute between double quotes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNIPPET: Snippet<'_> = Snippet {
        page: "https://duplex.example/labs/",
        query: "lab=exchange&messages=20&theme=dark&embed=1",
        lab: "exchange",
        settings: "messages=20&link=cable",
        theme: "dark",
        title: "The same “conversation”, <twice> \"over\"",
        width: None,
        height: 480,
    };

    #[test]
    fn a_frame_has_its_address_size_name_and_permissions() {
        let markup = SNIPPET.iframe();
        assert!(
            markup.contains(
                r#"src="https://duplex.example/labs/?lab=exchange&amp;messages=20&amp;theme=dark&amp;embed=1""#
            )
        );
        assert!(markup.contains(r#"width="100%" height="480""#) && markup.contains(r#"loading="lazy""#), "{markup}");
        assert!(markup.contains(&format!("allow=\"{PERMISSIONS}\"")), "{markup}");
        let fixed = Snippet { width: Some(640), ..SNIPPET }.iframe();
        assert!(fixed.contains(r#"width="640""#) && fixed.contains("max-width: 100%"), "{fixed}");
    }

    #[test]
    fn an_element_has_its_script_beside_the_page_and_a_link_for_where_that_does_not_run() {
        let markup = SNIPPET.element();
        assert!(
            markup.starts_with(r#"<script src="https://duplex.example/labs/duplex-lab.js" defer></script>"#),
            "{markup}"
        );
        assert!(markup.contains(r#"lab="exchange" settings="messages=20&amp;link=cable" theme="dark""#), "{markup}");
        assert!(
            markup.contains(r#"<a href="https://duplex.example/labs/?lab=exchange&amp;messages=20&amp;link=cable">"#),
            "{markup}"
        );
        let plain = Snippet { settings: "", theme: "inherit", ..SNIPPET }.element();
        assert!(
            !plain.contains("settings") && !plain.contains("theme=") && plain.contains("?lab=exchange\">"),
            "{plain}"
        );
    }

    #[test]
    fn texts_do_not_break_out_of_the_markup() {
        let evil = Snippet { title: "\"><script>x()</script>", page: "http://x/\"onload=\"y", ..SNIPPET };
        for markup in [evil.iframe(), evil.element()] {
            assert!(!markup.contains("<script>x") && !markup.contains("\"onload"), "{markup}");
        }
    }

    #[test]
    fn the_script_lies_beside_a_page_with_a_name() {
        let named = Snippet { page: "http://127.0.0.1:9000/some/index.html", ..SNIPPET };
        assert!(named.element().contains(r#"src="http://127.0.0.1:9000/some/duplex-lab.js""#));
    }
}
