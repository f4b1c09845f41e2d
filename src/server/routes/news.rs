//! `/news`: the same numbered items by short polling, long polling, server-sent events and WebSocket.
//!
//! RFC 6202 describes the first three and what they cost. An answer without items is a `200` all the
//! same: it says when it was made, what to ask next and whether the feed has ended, and a `204` has
//! no content to say it in.

use std::io;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, Query, Request, State};
use axum::response::{IntoResponse, Response};
use hyper::header::{HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{HeaderMap, StatusCode, Uri};

use super::event_stream::{self, Source, event};
use super::query::Parameters;
use super::upgrade::Handshake;
use super::{Problem, body};
use crate::server::Shared;
use crate::server::news::{Feed, NewsError, Plan};
use crate::server::registry::Lease;
use crate::server::shutdown::Shutdown;
use crate::server::visit::Visit;
use crate::server::websocket::{Kind, Socket};
use crate::wire::news::limits;
use crate::wire::{NewsEnd, NewsItem, NewsResume, RunId, query};

/// HTML standard, §9.2.4: what an `EventSource` sends as it reconnects.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// RFC 6455 §7.4.1: normal closure.
const NORMAL: u16 = 1000;
/// RFC 6455 §7.4.1: a message violates the endpoint's policy.
const POLICY: u16 = 1008;

/// What a request wants of which feed.
struct Wish {
    feed: RunId,
    plan: Option<Plan>,
    after: u32,
    wait: Duration,
}

/// `GET /news`: the items after a number, at once, or as soon as there is one.
pub(super) async fn poll(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    Extension(shutdown): Extension<Shutdown>,
    uri: Uri,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(&uri)?;
    parameters.keep_books(&visit, &shared);
    let wish = Wish::read(&uri)?;
    let feed = shared.news.open(wish.feed, wish.plan)?;
    if !wish.wait.is_zero() {
        tokio::select! {
            () = feed.items.wait(wish.after) => {}
            () = tokio::time::sleep(wish.wait) => {}
            () = shutdown.begun() => {}
        }
    }
    Ok(parameters.conclude(Json(feed.items.answer(wish.after))))
}

/// `POST /news`: publishes the body's text as the next item.
pub(super) async fn publish(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    request: Request,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(request.uri())?;
    parameters.keep_books(&visit, &shared);
    let wish = Wish::read(request.uri())?;
    let text = body::read_text(request.into_body(), limits::MAX_TEXT as u64, &shared.config).await?;
    let feed = shared.news.open(wish.feed, wish.plan)?;
    Ok(parameters.conclude(Json(shared.news.publish(&feed, text)?)))
}

/// `GET /news/events`: the items as server-sent events.
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    Extension(shutdown): Extension<Shutdown>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Parameters::read(&uri)?.keep_books(&visit, &shared);
    let wish = Wish::read(&uri)?;
    let reconnected = last_event_id(&headers)?;
    let feed = shared.news.open(wish.feed, wish.plan)?;
    // Who comes back with an id has read further than its URL says.
    let after = reconnected.unwrap_or(wish.after);
    if reconnected.is_some() && feed.items.end().is_some_and(|end| end <= after) {
        // HTML standard, §9.2: a 204 tells an EventSource to stop reconnecting.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(event_stream::respond(Events { feed, after, has_ended: false }, shutdown))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u32>, Problem> {
    let Some(id) = headers.get(LAST_EVENT_ID).filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    let number = id.to_str().ok().and_then(|id| id.parse().ok());
    number.map(Some).ok_or_else(|| {
        Problem::bad_request("The header “Last-Event-ID” is the number of an item, as an earlier event's id said it.")
    })
}

/// What is told of a feed to one who listens.
struct Events {
    feed: Lease<Feed>,
    after: u32,
    /// The end was told.
    has_ended: bool,
}

impl Source for Events {
    async fn next(&mut self) -> Option<String> {
        if self.has_ended {
            return None;
        }
        match self.feed.items.next(self.after).await {
            Some(item) => {
                self.after = item.number;
                Some(event("news", Some(item.number), &json(&item)))
            }
            None => {
                self.has_ended = true;
                let end = NewsEnd { last: self.feed.items.end().unwrap_or(self.after) };
                let data = serde_json::to_string(&end).expect("a number is JSON");
                Some(event("end", None, &data))
            }
        }
    }
}

/// On one line: JSON escapes line feeds.
fn json(item: &NewsItem) -> String {
    serde_json::to_string(item).expect("an item is JSON")
}

/// `GET /news/ws`: the items as messages of a WebSocket.
pub(super) async fn ws(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    mut request: Request,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(request.uri())?;
    parameters.keep_books(&visit, &shared);
    let wish = Wish::read(request.uri())?;
    let handshake = Handshake::check(&mut request, &parameters, &[], &shared)?;
    let feed = shared.news.open(wish.feed, wish.plan)?;
    Ok(handshake.switch(&visit, move |socket| push(socket, feed, wish.after)))
}

/// Sends each item after a number as it comes; a client may name another number at any time.
async fn push(mut socket: Socket, feed: Lease<Feed>, mut after: u32) -> io::Result<()> {
    loop {
        tokio::select! {
            message = socket.next() => {
                let Some(message) = message? else {
                    return Ok(());
                };
                match serde_json::from_slice::<NewsResume>(&message.payload) {
                    Ok(resume) => after = resume.after,
                    Err(_) => return socket.close(POLICY, "a message here is {\"after\":<number>}").await,
                }
            }
            item = feed.items.next(after) => {
                let Some(item) = item else {
                    return socket.close(NORMAL, "the feed has ended").await;
                };
                after = item.number;
                socket.send(Kind::Text, json(&item).as_bytes()).await?;
            }
        }
    }
}

impl Wish {
    fn read(uri: &Uri) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| Problem::bad_request(format!("The query cannot be read: {error}.")))?
            .0;
        let find = |wanted: &str| pairs.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let feed = find(query::FEED)
            .and_then(|value| value.parse().ok())
            .ok_or_else(|| wrong(query::FEED, "the id of the feed, 32 hexadecimal digits of your choice"))?;
        let after = number(find(query::AFTER), 0).ok_or_else(|| wrong(query::AFTER, "an item's number, or 0"))?;
        let wait = number(find(query::WAIT), 0)
            .filter(|&wait| wait <= limits::MAX_WAIT)
            .ok_or_else(|| wrong(query::WAIT, &format!("milliseconds, up to {}", limits::MAX_WAIT)))?;
        let plan = find(query::INTERVAL)
            .map(|interval| {
                let items = number(find(query::ITEMS), limits::MAX_ITEMS);
                let size = number(find(query::SIZE), 0);
                let interval = interval.parse().ok();
                interval.zip(items).zip(size).and_then(|((interval, items), size)| Plan::new(interval, items, size))
            })
            .map(|plan| plan.ok_or_else(wrong_plan))
            .transpose()?;
        Ok(Self { feed, plan, after, wait: Duration::from_millis(wait) })
    }
}

/// A number, the default if there is none, or `None` if it is something else.
fn number<T: FromStr>(value: Option<&str>, default: T) -> Option<T> {
    value.map_or(Some(default), |value| value.parse().ok())
}

fn wrong(name: &str, right: &str) -> Problem {
    Problem::bad_request(format!("The parameter “{name}” is {right}."))
}

fn wrong_plan() -> Problem {
    Problem::bad_request(format!(
        "A feed is begun with “interval”, 0 or {} to {} milliseconds; “items”, 1 to {}; and “size”, 0 to {} bytes.",
        limits::MIN_INTERVAL,
        limits::MAX_INTERVAL,
        limits::MAX_ITEMS,
        limits::MAX_TEXT
    ))
}

impl From<NewsError> for Problem {
    fn from(error: NewsError) -> Self {
        let status = match error {
            NewsError::Unknown => StatusCode::NOT_FOUND,
            NewsError::Otherwise(_) | NewsError::OnSchedule | NewsError::Ended => StatusCode::CONFLICT,
            NewsError::TooManyFeeds | NewsError::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        };
        let problem = Self::new(status, error.to_string());
        match status {
            StatusCode::SERVICE_UNAVAILABLE => problem.with_header(RETRY_AFTER, HeaderValue::from_static("10")),
            _ => problem,
        }
    }
}
