//! `/memory`: a counter and a cart that the server forgets over HTTP, unless the client carries them,
//! and remembers over a WebSocket, as long as it is open.

use std::io;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::response::Response;
use hyper::StatusCode;

use super::query::Parameters;
use super::upgrade::Handshake;
use super::{Problem, body};
use crate::server::Shared;
use crate::server::memory::{CommandError, TokenError, obey};
use crate::server::visit::Visit;
use crate::server::websocket::{Kind, Socket};
use crate::wire::{MemoryAnswer, MemoryCommand, MemoryRequest, MemoryState};

/// Bytes of the longest request; the longest token is well below.
const MAX_REQUEST: usize = 64 << 10;
/// RFC 6455 §7.4.1: a message violates the endpoint's policy.
const POLICY: u16 = 1008;

/// `POST /memory`: does what the command says to the state that the request carries.
pub(super) async fn command(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    request: Request,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(request.uri())?;
    parameters.keep_books(&visit, &shared);
    let text = body::read_text(request.into_body(), MAX_REQUEST as u64, &shared.config).await?;
    let MemoryRequest { command, token } = serde_json::from_str(&text).map_err(|error| no_command(&error))?;
    let mut state = match &token {
        Some(token) => shared.signer.verify(token)?,
        None => MemoryState::default(),
    };
    obey(&mut state, command)?;
    let answer = MemoryAnswer {
        token: Some(shared.signer.sign(&state)),
        state,
        connection: visit.told_id(&shared.config),
        problem: None,
        state_bytes: Some(token.map_or(0, |token| token.len() as u64)),
    };
    Ok(parameters.conclude(Json(answer)))
}

/// `GET /memory/ws`: the same commands, and a state that lives as long as the connection.
pub(super) async fn ws(
    State(shared): State<Arc<Shared>>,
    Extension(visit): Extension<Visit>,
    mut request: Request,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(request.uri())?;
    parameters.keep_books(&visit, &shared);
    let handshake = Handshake::check(&mut request, &parameters, &[], &shared)?;
    let connection = visit.told_id(&shared.config);
    Ok(handshake.switch(&visit, move |socket| converse(socket, connection)))
}

async fn converse(mut socket: Socket, connection: Option<u64>) -> io::Result<()> {
    let mut state = MemoryState::default();
    while let Some(message) = socket.next().await? {
        let Ok(command) = serde_json::from_slice::<MemoryCommand>(&message.payload) else {
            return socket.close(POLICY, "a message here is a command such as {\"do\":\"count\"}").await;
        };
        let problem = obey(&mut state, command).err().map(|error| error.to_string());
        let answer = MemoryAnswer { state: state.clone(), connection, problem, token: None, state_bytes: None };
        let answer = serde_json::to_string(&answer).expect("an answer is JSON");
        socket.send(Kind::Text, answer.as_bytes()).await?;
    }
    Ok(())
}

fn no_command(error: &serde_json::Error) -> Problem {
    Problem::bad_request(format!(
        "The body is no command: {error}. Send {{\"do\":\"count\"}}, {{\"do\":\"put\",\"what\":\"pear\"}}, \
         {{\"do\":\"take\",\"what\":\"pear\"}} or {{\"do\":\"show\"}}, and beside it the “token” of an earlier answer."
    ))
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let status = match error {
            CommandError::Name => StatusCode::BAD_REQUEST,
            CommandError::Full | CommandError::NotThere(_) => StatusCode::CONFLICT,
        };
        Self::new(status, error.to_string())
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        let status = match error {
            TokenError::Form => StatusCode::BAD_REQUEST,
            // Understood, and refused (RFC 9110 §15.5.4). A 401 would ask for credentials, which a token
            // is not.
            TokenError::OtherKey | TokenError::Tampered => StatusCode::FORBIDDEN,
        };
        Self::new(status, error.to_string())
    }
}
