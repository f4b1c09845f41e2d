//! The query parameters that the echo endpoints understand, read and checked.

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use hyper::Uri;
use hyper::header::{CONNECTION, HeaderValue};

use super::Problem;
use super::fault::FaultRequest;
use crate::server::Shared;
use crate::server::visit::Visit;
use crate::wire::{RunId, query};

/// What [`query::PING`] may be, in ms.
const PING: RangeInclusive<u64> = 100..=600_000;

/// The parameters of `/echo` and `/ws`. Others are ignored: they make a URL unique or are for
/// somebody else.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    run: Option<RunId>,
    n: Option<u32>,
    /// Close the connection after the response.
    pub(super) close: bool,
    /// The media type that the response shall have.
    pub(super) media_type: Option<HeaderValue>,
    /// Over WebSocket: how long the client may be silent before it is sent a ping.
    pub(super) ping: Option<Duration>,
    /// Over WebSocket: whether to agree to permessage-deflate.
    pub(super) deflate: Option<bool>,
    /// The fault that the exchange shall meet.
    pub(super) fault: Option<FaultRequest>,
}

impl Parameters {
    /// Reads the parameters of a URL.
    ///
    /// # Errors
    /// A `400` that says which value is wrong and what would be right.
    pub(super) fn read(uri: &Uri) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| Problem::bad_request(format!("The query cannot be read: {error}.")))?;
        let mut parameters = Self { fault: FaultRequest::read(&pairs.0)?, ..Self::default() };
        for (name, value) in pairs.0 {
            parameters.set(&name, &value)?;
        }
        Ok(parameters)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        let wrong = |right: &str| {
            let value: String = value.chars().take(80).collect();
            Problem::bad_request(format!("The parameter “{name}” is {right}, not “{value}”."))
        };
        match name {
            query::RUN => self.run = Some(value.parse().map_err(|_| wrong("a run id of 32 hexadecimal digits"))?),
            query::NUMBER => self.n = Some(value.parse().map_err(|_| wrong("a number from 0 to 4294967295"))?),
            query::CONNECTION => {
                self.close = match value {
                    query::CLOSE => true,
                    query::KEEP_ALIVE => false,
                    _ => return Err(wrong("“close” or “keep-alive”")),
                }
            }
            query::TYPE => {
                let media_type =
                    media_type(value).ok_or_else(|| wrong("a media type such as “text/plain;charset=utf-8”"))?;
                self.media_type = Some(media_type);
            }
            query::DEFLATE => {
                self.deflate = match value {
                    query::ON => Some(true),
                    "0" => Some(false),
                    _ => return Err(wrong("“1” or “0”")),
                }
            }
            query::PING => {
                let ms = value.parse().ok().filter(|ms| PING.contains(ms));
                let ms = ms.ok_or_else(|| wrong("a time from 100 to 600000 (ms)"))?;
                self.ping = Some(Duration::from_millis(ms));
            }
            _ => {}
        }
        Ok(())
    }

    /// The response, which closes the connection if that was asked for.
    pub(super) fn conclude(&self, response: impl IntoResponse) -> Response {
        let mut response = response.into_response();
        if self.close {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Writes the exchange down on its run, if it names one. Behind a proxy nobody could ask for it.
    pub(super) fn keep_books(&self, visit: &Visit, shared: &Shared) {
        if let Some(run) = self.run
            && !shared.config.behind_proxy
            && let Some(ledger) = shared.ledger.take_in(run, &visit.meter, shared.clock.now())
        {
            visit.meter.belongs_to(visit.ordinal, ledger, self.n);
            if let Some(request) = &self.fault {
                visit.meter.asks_for(visit.ordinal, request.fault);
            }
        }
    }
}

/// A media type as a header value, if `text` has the form `type/subtype` with perhaps parameters
/// (RFC 9110 §8.3.1).
fn media_type(text: &str) -> Option<HeaderValue> {
    let essence = text.split(';').next().unwrap_or_default().trim();
    let (kind, subtype) = essence.split_once('/')?;
    let is_token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let is_media_type = is_token(kind) && is_token(subtype) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    is_media_type.then(|| HeaderValue::from_str(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_told_from_other_texts() {
        for right in ["text/plain", "application/problem+json", "text/html; charset=utf-8"] {
            assert_eq!(media_type(right).as_ref().map(HeaderValue::as_bytes), Some(right.as_bytes()));
        }
        for wrong in ["", "text", "text/", "/plain", "te xt/plain", "text/plain\r\nset-cookie: a", "text/ü", "a/b/c"] {
            assert_eq!(media_type(wrong), None, "{wrong}");
        }
    }
}
