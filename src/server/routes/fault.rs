//! The fault that a URL asks for, the same parameters over HTTP and over WebSocket.

use std::ops::RangeInclusive;

use hyper::StatusCode;

use super::Problem;
use crate::wire::{Fault, query};

/// What [`query::STATUS`] may be. Interim statuses are left out: they are no answer (RFC 9110 §15.2).
const STATUSES: RangeInclusive<u16> = 200..=599;
/// What [`query::CODE`] may be, those included that may not be sent (RFC 6455 §7.4), so that a page can
/// show what becomes of them.
const CODES: RangeInclusive<u16> = 1000..=4999;
/// Bytes of the longest [`query::REASON`] (RFC 6455 §5.5: 125 less the code).
const LONGEST_REASON: usize = 123;

/// A fault that a URL asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FaultRequest {
    /// What shall go wrong.
    pub(crate) fault: Fault,
    /// Over WebSocket: with which data message, from 1; 0 is the handshake. [`Fault::Status`] is always of
    /// the handshake.
    pub(crate) at: u64,
    /// The status of [`Fault::Status`].
    pub(crate) status: StatusCode,
    /// The close code of [`Fault::Goodbye`].
    pub(crate) code: u16,
    /// The close reason of [`Fault::Goodbye`], of 123 bytes at most.
    pub(crate) reason: String,
}

impl FaultRequest {
    /// Reads the fault from a query's parameters, if they ask for one. Without it the others mean nothing
    /// and are ignored.
    ///
    /// # Errors
    /// A `400` that says which value is wrong and what would be right.
    pub(super) fn read(parameters: &[(String, String)]) -> Result<Option<Self>, Problem> {
        // The last one counts, as it does for the other parameters.
        let value = |wanted| parameters.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let Some(fault) = value(query::FAULT) else { return Ok(None) };
        let fault: Fault =
            fault.parse().map_err(|error| Problem::bad_request(format!("The parameter “fault” is wrong: {error}.")))?;
        let at = match value(query::AT) {
            _ if fault == Fault::Status => 0,
            Some(at) => {
                at.parse().map_err(|_| wrong(query::AT, "the number of a message, or 0 for the handshake", at))?
            }
            None => 1,
        };
        let status = match value(query::STATUS) {
            Some(status) => number(status, &STATUSES)
                .and_then(|status| StatusCode::from_u16(status).ok())
                .ok_or_else(|| wrong(query::STATUS, "a status from 200 to 599", status))?,
            None => StatusCode::SERVICE_UNAVAILABLE,
        };
        let code = match value(query::CODE) {
            Some(code) => {
                number(code, &CODES).ok_or_else(|| wrong(query::CODE, "a close code from 1000 to 4999", code))?
            }
            None => 1000,
        };
        let reason = value(query::REASON).unwrap_or_default();
        if reason.len() > LONGEST_REASON {
            return Err(wrong(query::REASON, "a text of up to 123 bytes", reason));
        }
        Ok(Some(Self { fault, at, status, code, reason: reason.to_owned() }))
    }

    /// The answer of [`Fault::Status`].
    pub(super) fn status_problem(&self) -> Problem {
        Problem::new(
            self.status,
            format!("The status {} was asked for by the parameter “fault”.", self.status.as_u16()),
        )
    }
}

fn number(text: &str, allowed: &RangeInclusive<u16>) -> Option<u16> {
    text.parse().ok().filter(|number| allowed.contains(number))
}

fn wrong(name: &str, right: &str, value: &str) -> Problem {
    let value: String = value.chars().take(80).collect();
    Problem::bad_request(format!("The parameter “{name}” is {right}, not “{value}”."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> Result<Option<FaultRequest>, Problem> {
        let parameters: Vec<_> = query.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        FaultRequest::read(&parameters)
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        let expected = FaultRequest {
            fault: Fault::Goodbye,
            at: 1,
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: 1000,
            reason: String::new(),
        };
        assert_eq!(read(&[("fault", "goodbye")]).expect("right"), Some(expected));
    }

    #[test]
    fn everything_can_be_said() {
        let request =
            read(&[("at", "3"), ("fault", "goodbye"), ("code", "4999"), ("reason", "bye"), ("status", "418")]);
        let request = request.expect("right").expect("a fault");
        assert_eq!((request.at, request.code, request.reason.as_str(), request.status.as_u16()), (3, 4999, "bye", 418));
    }

    #[test]
    fn a_status_is_always_that_of_the_handshake() {
        let request = read(&[("fault", "status"), ("at", "3")]).expect("right").expect("a fault");
        assert_eq!(request.at, 0);
    }

    #[test]
    fn without_a_fault_nothing_is_asked_for() {
        assert_eq!(read(&[("status", "pending"), ("code", "of conduct")]).expect("right"), None);
    }
}
