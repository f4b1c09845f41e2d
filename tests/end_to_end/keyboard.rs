//! A visitor who has a keyboard and nothing else, and the keys that it takes.

use chromiumoxide::cdp::browser_protocol::input::InsertTextParams;

use crate::page::Lab;

/// Hands on a page's keyboard.
pub(crate) struct Keyboard<'a> {
    lab: &'a Lab,
    /// How often a key was pressed. An address is taken to be pasted, with one.
    pub(crate) pressed: usize,
}

impl<'a> Keyboard<'a> {
    pub(crate) const fn of(lab: &'a Lab) -> Self {
        Self { lab, pressed: 0 }
    }

    /// Presses a key, wherever the focus is.
    pub(crate) async fn press(&mut self, key: &str) {
        self.pressed += 1;
        self.lab.press(key).await;
    }

    /// Goes to the next control that a selector fits.
    pub(crate) async fn go_to(&mut self, selector: &str) {
        self.pressed += self.lab.tab_to(selector).await;
    }

    /// Goes to a control and presses it.
    pub(crate) async fn press_at(&mut self, selector: &str) {
        self.go_to(selector).await;
        self.press("Enter").await;
    }

    /// Goes to a field and gives it a value, over what stands there.
    pub(crate) async fn set(&mut self, name: &str, value: &str) {
        self.go_to(&format!("[name=\"{name}\"]")).await;
        if self.lab.is_at("select").await {
            self.choose(value).await;
        } else if value.contains("://") {
            self.pressed += 1;
            self.lab.tab.execute(InsertTextParams::new(value)).await.expect("it is pasted");
        } else {
            // What stands there is selected, since the tabulator key led here.
            for key in value.chars() {
                self.press(&key.to_string()).await;
            }
        }
        let taken: String = self.lab.ask("document.activeElement.value").await;
        assert_eq!(taken, value, "{name}");
    }

    /// Goes down the choices to one of them.
    async fn choose(&mut self, value: &str) {
        let choices: usize = self.lab.ask("document.activeElement.options.length").await;
        for _ in 0..choices {
            if self.lab.ask::<String>("document.activeElement.value").await == value {
                return;
            }
            self.press("ArrowDown").await;
        }
    }
}
