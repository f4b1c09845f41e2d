//! The trace file: a run as JSON, complete, versioned, and read back exactly.
//!
//! `{"format":"duplex-trace","version":1,"trace":{…}}`, where `trace` is a [`Trace`] field by field.
//! `docs/trace-format.md` describes it for other programs.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::trace::Trace;

/// What the field `format` says.
pub const FORMAT: &str = "duplex-trace";

/// The version that is written, and the newest that is read.
pub const VERSION: u32 = 1;

/// Why a file cannot be read as a trace.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileError {
    /// It is no JSON, or ends too early.
    #[error("this is no complete JSON file: {0}")]
    NotJson(String),
    /// It is JSON, but no trace file.
    #[error("this is no trace file: its field “format” should say “{FORMAT}”")]
    NotATrace,
    /// It was written by a newer version.
    #[error("this trace file has version {0}; this page reads up to version {VERSION}: open it with a newer Duplex")]
    TooNew(u32),
    /// It is a trace file, but something in it is wrong.
    #[error("this trace file is damaged: {0}")]
    Damaged(String),
}

#[derive(Serialize)]
struct Written<'a> {
    format: &'static str,
    version: u32,
    trace: &'a Trace,
}

#[derive(Deserialize)]
struct Head {
    format: Option<String>,
    version: Option<u32>,
}

#[derive(Deserialize)]
struct Body {
    trace: Trace,
}

/// A trace as the text of a file.
///
/// # Errors
/// When the trace cannot be expressed in JSON, which no trace of this version does.
pub fn write(trace: &Trace) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Written { format: FORMAT, version: VERSION, trace })
}

/// Reads a file's text back.
///
/// # Errors
/// When it is no trace file of a version that is known, or contradicts itself.
pub fn read(text: &str) -> Result<Trace, FileError> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| FileError::NotJson(error.to_string()))?;
    let head = Head::deserialize(&json).map_err(|_| FileError::NotATrace)?;
    if head.format.as_deref() != Some(FORMAT) {
        return Err(FileError::NotATrace);
    }
    match head.version {
        Some(VERSION) => {}
        Some(newer) if newer > VERSION => return Err(FileError::TooNew(newer)),
        _ => {
            return Err(FileError::Damaged("its field “version” should be a number from 1".into()));
        }
    }
    // From the text again, so that an error names its line and column.
    let body: Body = serde_json::from_str(text).map_err(|error| FileError::Damaged(error.to_string()))?;
    check(&body.trace)?;
    Ok(body.trace)
}

/// Ids are places in lists; a file in which they are not would lead astray.
fn check(trace: &Trace) -> Result<(), FileError> {
    let damaged = |what: String| Err(FileError::Damaged(what));
    for (place, connection) in trace.connections.iter().enumerate() {
        if connection.id.0 as usize != place {
            return damaged(format!("connection {place} says that it is number {}", connection.id.0));
        }
    }
    for (place, message) in trace.messages.iter().enumerate() {
        if message.id.0 as usize != place {
            return damaged(format!("message {place} says that it is number {}", message.id.0));
        }
        if message.answers.is_some_and(|request| request >= message.id) {
            return damaged(format!("message {place} answers one that comes later"));
        }
        if message.connection.is_some_and(|id| trace.connection(id).is_none()) {
            return damaged(format!("message {place} came on a connection that is not there"));
        }
    }
    Ok(())
}
