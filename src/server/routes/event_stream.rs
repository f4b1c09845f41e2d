//! Server-sent events: a response that goes on (HTML standard, §9.2).

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};
use hyper::header::{CONTENT_TYPE, HeaderValue};

use crate::server::shutdown::Shutdown;

/// After how long a silence a comment is sent. It keeps proxies from taking the connection for dead,
/// and shows the server whether it is (HTML standard, §9.2.7, advises about 15 seconds).
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A comment without a word.
const COMMENT: &str = ":\n\n";
/// What an `EventSource` is told first: to come back after a second if the connection breaks.
const BEGINNING: &str = "retry: 1000\n\n";

/// Where events come from.
pub(super) trait Source: Send + 'static {
    /// The next event, as [`event`] writes it, or `None` when there will be no more. May be dropped
    /// while it waits: nothing is lost with it.
    fn next(&mut self) -> impl Future<Output = Option<String>> + Send;
}

/// An event with a type, an id if it has one, and data of one line.
pub(super) fn event(kind: &str, id: Option<u32>, data: &str) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("{id}event: {kind}\ndata: {data}\n\n")
}

/// A response that tells events as they come. It ends with the source, or with the server.
pub(super) fn respond(source: impl Source, shutdown: Shutdown) -> Response {
    let steps = Steps { source, shutdown, has_begun: false };
    let mut response = Body::new(EventStream { step: Some(Box::pin(steps.next())) }).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

struct Steps<S> {
    source: S,
    shutdown: Shutdown,
    has_begun: bool,
}

impl<S: Source> Steps<S> {
    /// The next part of the body, or `None` at its end.
    async fn next(mut self) -> (Self, Option<Bytes>) {
        if !self.has_begun {
            self.has_begun = true;
            return (self, Some(Bytes::from_static(BEGINNING.as_bytes())));
        }
        let part = tokio::select! {
            biased;
            () = self.shutdown.clone().begun() => None,
            event = self.source.next() => event.map(Bytes::from),
            () = tokio::time::sleep(HEARTBEAT) => Some(Bytes::from_static(COMMENT.as_bytes())),
        };
        (self, part)
    }
}

/// The body, one step after the other. What was made is handed over before the next is made, so a slow
/// reader has one event waiting here and no more.
struct EventStream<S> {
    step: Option<Step<S>>,
}

/// The future of [`Steps::next`].
type Step<S> = Pin<Box<dyn Future<Output = (Steps<S>, Option<Bytes>)> + Send>>;

impl<S: Source> HttpBody for EventStream<S> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(step) = &mut self.step else {
            return Poll::Ready(None);
        };
        let (steps, part) = ready!(step.as_mut().poll(context));
        self.step = part.is_some().then(|| -> Step<S> { Box::pin(steps.next()) });
        Poll::Ready(part.map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.step.is_none()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;
    use tokio::sync::mpsc;
    use tokio::time::timeout;

    use super::*;
    use crate::server::clock::Clock;
    use crate::server::shutdown;

    struct Told(mpsc::Receiver<String>);

    impl Source for Told {
        async fn next(&mut self) -> Option<String> {
            self.0.recv().await
        }
    }

    async fn part(body: &mut Body) -> Option<String> {
        let frame = timeout(Duration::from_secs(60), body.frame()).await.expect("it comes in time")?;
        let data = frame.expect("it is right").into_data().expect("it is data");
        Some(String::from_utf8(data.into()).expect("it is text"))
    }

    #[tokio::test(start_paused = true)]
    async fn events_are_told_as_they_come_and_silence_is_filled() {
        let (_trigger, shutdown) = shutdown::channel();
        let (teller, told) = mpsc::channel(8);
        let response = respond(Told(told), shutdown);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream");
        let mut body = response.into_body();
        assert_eq!(part(&mut body).await.as_deref(), Some("retry: 1000\n\n"));

        let clock = Clock::start();
        for beat in 1..=3 {
            assert_eq!(part(&mut body).await.as_deref(), Some(":\n\n"));
            let expected = beat * 15_000_000;
            assert!((expected..expected + 10_000).contains(&clock.now()), "beat {beat} came at {}", clock.now());
        }
        teller.send(event("news", Some(7), "{}")).await.expect("it is heard");
        assert_eq!(part(&mut body).await.as_deref(), Some("id: 7\nevent: news\ndata: {}\n\n"));
        drop(teller);
        assert_eq!(part(&mut body).await, None);
        assert!(body.is_end_stream());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_with_the_server() {
        let (trigger, shutdown) = shutdown::channel();
        let (_teller, told) = mpsc::channel(8);
        let mut body = respond(Told(told), shutdown).into_body();
        part(&mut body).await;
        let (end, ()) = tokio::join!(part(&mut body), async { trigger.pull() });
        assert_eq!(end, None);
    }
}
