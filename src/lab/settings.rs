//! A lab's settings: its parameters by name, each with what it is now. What a link, a form and a file have in
//! common; a lab reads its own typed parameters from them.

use super::{Lab, Parameter, ParameterError};
use crate::network::Patience;
use crate::trace::Span;

use super::parameter::{CONNECT_TIMEOUT, Choice, REPLY_TIMEOUT, Range};

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Number(u32),
    Choice(&'static str),
}

/// The parameters of one lab, with their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    lab: Lab,
    /// In the order of [`Lab::parameters`].
    values: Vec<Value>,
}

impl Settings {
    /// The defaults of a lab.
    #[must_use]
    pub fn of(lab: Lab) -> Self {
        let default = |parameter: &Parameter| match parameter {
            Parameter::Number(range) => Value::Number(range.default),
            Parameter::Choice(choice) => Value::Choice(choice.default),
        };
        Self { lab, values: lab.parameters().iter().map(default).collect() }
    }

    /// Whose they are.
    #[must_use]
    pub const fn lab(&self) -> Lab {
        self.lab
    }

    /// Reads one parameter from its name and text. `Ok(false)` when the name is none of this lab's.
    ///
    /// # Errors
    /// When the value cannot be taken; nothing is changed then.
    pub fn set(&mut self, name: &str, text: &str) -> Result<bool, ParameterError> {
        let Some(place) = self.lab.parameters().iter().position(|parameter| parameter.name() == name) else {
            return Ok(false);
        };
        self.values[place] = match &self.lab.parameters()[place] {
            Parameter::Number(range) => Value::Number(range.read(text)?),
            Parameter::Choice(choice) => Value::Choice(choice.read(text)?),
        };
        Ok(true)
    }

    /// A number; its default where the lab has no such parameter.
    #[must_use]
    pub fn number(&self, range: &Range) -> u32 {
        match self.value(range.name) {
            Some(Value::Number(number)) => number,
            _ => range.default,
        }
    }

    /// A choice; its default where the lab has no such parameter.
    #[must_use]
    pub fn choice(&self, choice: &Choice) -> &'static str {
        match self.value(choice.name) {
            Some(Value::Choice(option)) => option,
            _ => choice.default,
        }
    }

    /// What a parameter is, as text; `None` where the lab has no such parameter.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        Some(match self.value(name)? {
            Value::Number(number) => number.to_string(),
            Value::Choice(option) => option.to_owned(),
        })
    }

    /// All parameters by name, as [`Settings::set`] reads them.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        let names = self.lab.parameters().iter().map(Parameter::name);
        names.filter_map(|name| Some((name.to_owned(), self.text(name)?))).collect()
    }

    /// Whether the parameters can be taken together.
    ///
    /// # Errors
    /// When they ask for more than a run may do.
    pub fn check(&self) -> Result<(), ParameterError> {
        self.lab.check(self)
    }

    /// How long to wait before giving up.
    #[must_use]
    pub fn patience(&self) -> Patience {
        let millis = |range| Span::from_millis(self.number(range));
        Patience { connect: millis(&CONNECT_TIMEOUT), reply: millis(&REPLY_TIMEOUT) }
    }

    fn value(&self, name: &str) -> Option<Value> {
        let place = self.lab.parameters().iter().position(|parameter| parameter.name() == name)?;
        self.values.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lab_begins_with_settings_that_it_takes_and_names_each_parameter_once() {
        for lab in Lab::ALL {
            let settings = Settings::of(lab);
            assert_eq!(settings.check(), Ok(()), "{lab:?}");
            let mut again = Settings::of(lab);
            for (name, value) in settings.pairs() {
                assert_eq!(again.set(&name, &value), Ok(true), "{lab:?} {name}");
            }
            assert_eq!(again, settings);
            let mut names: Vec<_> = lab.parameters().iter().map(Parameter::name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), lab.parameters().len(), "{lab:?}");
        }
    }
}
