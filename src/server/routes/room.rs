//! `/room/<name>`: what one sends, over HTTP or over a WebSocket, all members hear, over a WebSocket or
//! as server-sent events.

use std::io;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Request, State};
use axum::response::Response;
use hyper::header::{HeaderValue, RETRY_AFTER};
use hyper::{StatusCode, Uri};

use super::event_stream::{self, Source, event};
use super::query::Parameters;
use super::upgrade::Handshake;
use super::{Problem, body};
use crate::server::Shared;
use crate::server::room::{Member, RoomError};
use crate::server::shutdown::Shutdown;
use crate::server::visit::Visit;
use crate::server::websocket::{Kind, Message, Socket};
use crate::wire::{MAX_ROOM_TEXT, RunId};

// RFC 6455 §7.4.1, and for the last the registry that it opened.
const UNACCEPTABLE_DATA: u16 = 1003;
const TOO_BIG: u16 = 1009;
const TRY_AGAIN_LATER: u16 = 1013;

/// `POST /room/<name>`: says the body's text in a room.
pub(super) async fn say(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(request.uri())?;
    parameters.keep_books(&visit, &shared);
    let name = room(&name)?;
    let text = body::read_text(request.into_body(), MAX_ROOM_TEXT as u64, &shared.config).await?;
    Ok(parameters.conclude(Json(shared.rooms.say(name, visit.told_id(&shared.config), text)?)))
}

/// `GET /room/<name>/events`: listens as a member, without a voice.
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    Extension(shutdown): Extension<Shutdown>,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    Parameters::read(&uri)?.keep_books(&visit, &shared);
    let member = shared.rooms.join(room(&name)?)?;
    Ok(event_stream::respond(member, shutdown))
}

impl Source for Member {
    async fn next(&mut self) -> Option<String> {
        Some(event("room", None, &Self::next(self).await))
    }
}

/// `GET /room/<name>/ws`: listens and speaks as a member.
pub(super) async fn ws(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    Path(name): Path<String>,
    mut request: Request,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(request.uri())?;
    parameters.keep_books(&visit, &shared);
    let name = room(&name)?;
    let handshake = Handshake::check(&mut request, &parameters, &[], &shared)?;
    let member = shared.rooms.join(name)?;
    let connection = visit.told_id(&shared.config);
    Ok(handshake.switch(&visit, move |socket| take_part(socket, member, connection, shared)))
}

async fn take_part(
    mut socket: Socket,
    mut member: Member,
    connection: Option<u64>,
    shared: Arc<Shared>,
) -> io::Result<()> {
    loop {
        tokio::select! {
            message = socket.next() => {
                let Some(Message { kind, payload }) = message? else {
                    return Ok(());
                };
                let text = if kind == Kind::Text { String::from_utf8(payload.into()).ok() } else { None };
                let Some(text) = text else {
                    return socket.close(UNACCEPTABLE_DATA, "a room takes text").await;
                };
                if let Err(error) = shared.rooms.say_as(&member, connection, text) {
                    let code = if error == RoomError::TooLong { TOO_BIG } else { TRY_AGAIN_LATER };
                    // Its place is free while the closing goes on.
                    drop(member);
                    return socket.close(code, &error.to_string()).await;
                }
            }
            // Collected, so that what came together leaves with one write: `next` sends it before it waits.
            told = member.next() => socket.collect(Kind::Text, &[], told.as_bytes()).await?,
        }
    }
}

fn room(name: &str) -> Result<RunId, Problem> {
    name.parse().map_err(|_| Problem::bad_request("A room's name is 32 hexadecimal digits: take the id of your run."))
}

impl From<RoomError> for Problem {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::TooLong => Self::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
            RoomError::TooManyRooms | RoomError::Full | RoomError::TooMuchWaiting => {
                let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string());
                problem.with_header(RETRY_AFTER, HeaderValue::from_static("10"))
            }
        }
    }
}
