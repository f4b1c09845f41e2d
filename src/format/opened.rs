//! Whatever file somebody brings back: a trace file or a HAR file, told apart by what is in it, never by its name.

use serde::Deserialize;
use serde::de::IgnoredAny;
use thiserror::Error;

use super::har::HarError;
use super::{FileError, har, trace_json};
use crate::trace::Trace;

/// Why a file cannot be opened; the words are a clause.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is a page, as servers often send in place of a file that they do not have.
    #[error("it is a web page (HTML) and no saved run: the address may lead to a page about the file")]
    Html,
    /// It is no JSON, or ends too early; with the place.
    #[error("it is no complete JSON file: {0}")]
    NotJson(String),
    /// It is JSON, and neither of the two.
    #[error(
        "it is JSON, but neither a run that Duplex saved (an object with “format”: “duplex-trace”) nor a HAR file (an \
         object with an object “log”)"
    )]
    Unknown,
    /// It is a trace file with something wrong in it.
    #[error(transparent)]
    Trace(#[from] FileError),
    /// It is a HAR file with something wrong in it.
    #[error(transparent)]
    Har(#[from] HarError),
}

/// What tells the two apart; all else is passed over.
#[derive(Deserialize)]
struct Outline {
    format: Option<IgnoredAny>,
    log: Option<IgnoredAny>,
}

/// Reads a file's text as a record.
///
/// # Errors
/// When it is neither a trace file nor a HAR file, or something in it is wrong; the error says what, and where.
pub fn open(text: &str) -> Result<Trace, OpenError> {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.trim_start();
    if first.is_empty() {
        return Err(OpenError::Empty);
    }
    if first.starts_with('<') {
        return Err(OpenError::Html);
    }
    // Where all is well, a long file of ours is gone through once.
    let ours = trace_json::read(text);
    match ours {
        Err(FileError::NotATrace | FileError::NotJson(_)) => {}
        _ => return Ok(ours?),
    }
    let outline: Outline = serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => OpenError::Unknown,
        _ => OpenError::NotJson(error.to_string()),
    })?;
    match outline {
        Outline { log: Some(_), .. } => Ok(har::read(text)?),
        Outline { format: Some(_), .. } => Ok(ours?),
        _ => Err(OpenError::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        open(text).expect_err(text).to_string()
    }

    #[test]
    fn what_is_no_file_of_either_kind_is_named() {
        assert_eq!(open(" \n"), Err(OpenError::Empty));
        assert_eq!(open("\u{feff}"), Err(OpenError::Empty));
        assert_eq!(open("\n<!doctype html><title>404</title>"), Err(OpenError::Html));
        for json in ["7", "[]", "{}", r#"{"log":null}"#, r#""log""#] {
            assert_eq!(open(json), Err(OpenError::Unknown), "{json}");
        }
        assert!(refused("{\"log\":\n{").contains("line 2 column 1"), "the place is told");
        assert!(refused("not a file").contains("no complete JSON"));
        assert!(refused(r#"{"format":"other"}"#).contains("format"));
    }

    #[test]
    fn what_is_wrong_within_is_said_by_the_reader_of_its_kind() {
        let har = r#"{"log":{"version":"1.2","entries":[{"request":{}}]}}"#;
        assert_eq!(refused(har), "log.entries[0].request has no field “url”");
        assert!(refused(r#"{"log":{}}"#).contains("entries"));
        assert!(refused(r#"{"format":"duplex-trace","version":99,"trace":{}}"#).contains("version 99"));
        assert!(refused(r#"{"format":"duplex-trace","version":1,"trace":{}}"#).contains("damaged"));
        // A name tells nothing: what is in it does.
        assert!(open(r#"{"log":{"entries":[]}}"#).is_err_and(|error| matches!(error, OpenError::Har(_))));
    }
}
