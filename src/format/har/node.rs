//! A place in a file that somebody else wrote: it is asked for what should be there, and says where it is when that is
//! not so.

use std::fmt;

use serde_json::Value;
use thiserror::Error;

/// Why a file cannot be read as HAR.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HarError {
    /// It is no JSON, or ends too early.
    #[error("this is no complete JSON file: {0}")]
    NotJson(String),
    /// It is JSON, but no HAR file.
    #[error("this is no HAR file: it should be an object with an object “log” in it")]
    NotHar,
    /// It says that it is of another major version.
    #[error("this HAR file has version {0}; versions 1.1, 1.2 and what is like them are read")]
    Version(String),
    /// Something in it is wrong.
    #[error("{path} {what}")]
    Wrong {
        /// Where, such as `log.entries[3].request.url`.
        path: String,
        /// What is wrong there, to be said of it.
        what: String,
    },
    /// It has more of something than a record holds.
    #[error("this HAR file has more than {0} {1}, which is the most that a record holds")]
    TooMany(usize, &'static str),
    /// Nothing in it is HTTP or WebSocket traffic.
    #[error(
        "this HAR file has nothing to draw: none of its entries is an HTTP exchange or a WebSocket that crossed a connection"
    )]
    Nothing,
}

/// A value and where it is.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    value: &'a Value,
    within: Option<&'a Self>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Item(usize),
}

impl<'a> Node<'a> {
    pub(super) const fn root(value: &'a Value, name: &'a str) -> Self {
        Self { value, within: None, step: Step::Field(name) }
    }

    /// What is wrong here.
    pub(super) fn wrong(&self, what: impl Into<String>) -> HarError {
        HarError::Wrong { path: self.to_string(), what: what.into() }
    }

    /// A field, where it is there and not null.
    pub(super) fn field<'b>(&'b self, name: &'b str) -> Option<Node<'b>> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(Node { value, within: Some(self), step: Step::Field(name) })
    }

    /// A field that has to be there.
    pub(super) fn required<'b>(&'b self, name: &'b str) -> Result<Node<'b>, HarError> {
        self.object()?;
        self.field(name).ok_or_else(|| self.wrong(format!("has no field “{name}”")))
    }

    pub(super) fn object(&self) -> Result<(), HarError> {
        if self.value.is_object() { Ok(()) } else { Err(self.wrong("should be an object")) }
    }

    /// The items of a list, in order.
    pub(super) fn items<'b>(&'b self) -> Result<impl Iterator<Item = Node<'b>>, HarError> {
        let items = self.value.as_array().ok_or_else(|| self.wrong("should be a list"))?;
        let item = move |(place, value)| Node { value, within: Some(self), step: Step::Item(place) };
        Ok(items.iter().enumerate().map(item))
    }

    pub(super) fn text(&self) -> Result<&'a str, HarError> {
        self.value.as_str().ok_or_else(|| self.wrong("should be a text"))
    }

    pub(super) fn number(&self) -> Result<f64, HarError> {
        let number = self.value.as_f64().filter(|number| number.is_finite());
        number.ok_or_else(|| self.wrong("should be a number"))
    }

    /// A whole number up to `most`.
    pub(super) fn whole(&self, most: u64) -> Result<u64, HarError> {
        let number = self.number()?;
        let fits = number.fract() == 0.0 && (0.0..=most as f64).contains(&number);
        if fits { Ok(number as u64) } else { Err(self.wrong(format!("should be a whole number from 0 to {most}"))) }
    }

    pub(super) fn is_true(&self) -> bool {
        self.value.as_bool().unwrap_or(false)
    }

    pub(super) const fn value(&self) -> &'a Value {
        self.value
    }

    /// The text of a field; empty where there is none.
    pub(super) fn text_of(&self, name: &str) -> Result<String, HarError> {
        self.field(name).map_or_else(|| Ok(String::new()), |field| field.text().map(str::to_owned))
    }
}

impl fmt::Display for Node<'_> {
    /// The path, such as `log.entries[3].time`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(within) = self.within {
            write!(out, "{within}")?;
        }
        match (self.step, self.within) {
            (Step::Item(place), _) => write!(out, "[{place}]"),
            (Step::Field(name), None) => out.write_str(name),
            (Step::Field(name), Some(_)) => write!(out, ".{name}"),
        }
    }
}
