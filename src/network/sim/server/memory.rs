//! A counter and a cart: forgotten over HTTP, unless the page carries them in a token; kept over a WebSocket as
//! long as it is open.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha1::{Digest, Sha1};

use super::websocket::Socket;
use super::{Answer, Exchange};
use crate::wire::{MemoryAnswer, MemoryCommand, MemoryRequest, MemoryState};

/// How many things a cart holds, and bytes of a thing's name.
const MAX_THINGS: u32 = 100;
const MAX_NAME: usize = 64;
/// Of which start of the server a token is.
const HEADER: &[u8] = br#"{"alg":"HS256","kid":"sim"}"#;

/// `POST /memory`.
pub(super) fn command(exchange: &Exchange) -> Answer {
    let request: MemoryRequest = match serde_json::from_slice(&exchange.asked.body) {
        Ok(request) => request,
        Err(error) => return Answer::problem(400, &format!("The body is no command: {error}.")),
    };
    let mut state = match request.token.as_deref().map(verify).transpose() {
        Ok(state) => state.unwrap_or_default(),
        Err(refusal) => return refusal,
    };
    if let Err((status, why)) = obey(&mut state, request.command) {
        return Answer::problem(status, &why);
    }
    Answer::json(&MemoryAnswer {
        token: Some(sign(&state)),
        state,
        connection: exchange.told_id(),
        problem: None,
        state_bytes: Some(request.token.map_or(0, |token| token.len() as u64)),
    })
}

/// `/memory/ws`.
pub(super) async fn converse(socket: &Socket<'_>) {
    let mut state = MemoryState::default();
    while let Some(message) = socket.next().await {
        socket.think().await;
        let Ok(command) = serde_json::from_slice::<MemoryCommand>(&message.payload) else {
            return socket.close(1008, "a message here is a command such as {\"do\":\"count\"}").await;
        };
        let problem = obey(&mut state, command).err().map(|(_, why)| why);
        let connection = socket.exchange.told_id();
        socket.send_json(&MemoryAnswer { state: state.clone(), connection, problem, token: None, state_bytes: None });
    }
}

/// Does what a command says.
///
/// # Errors
/// When that cannot be, with the status that says so over HTTP; then nothing is changed.
fn obey(state: &mut MemoryState, command: MemoryCommand) -> Result<(), (u16, String)> {
    match command {
        MemoryCommand::Count => state.counter += 1,
        MemoryCommand::Put { what } => {
            if what.is_empty() || what.len() > MAX_NAME || what.contains(char::is_control) {
                return Err((400, "A thing's name has 1 to 64 bytes and no control characters.".into()));
            }
            if state.cart.values().sum::<u32>() >= MAX_THINGS {
                return Err((409, "The cart is full.".into()));
            }
            *state.cart.entry(what).or_default() += 1;
        }
        MemoryCommand::Take { what } => match state.cart.get_mut(&what) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) => drop(state.cart.remove(&what)),
            None => return Err((409, format!("There is no “{what}” in the cart, so none can be taken out."))),
        },
        MemoryCommand::Show => {}
    }
    Ok(())
}

/// The state as a token of the real one's form: header, state, and what shows a change.
fn sign(state: &MemoryState) -> String {
    let state = serde_json::to_vec(state).unwrap_or_default();
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(state));
    format!("{input}.{}", seal(&input))
}

/// Stands for the real server's HMAC: whoever carries the token here does not compute it.
fn seal(input: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha1::new().chain_update("a key that only the server has").chain_update(input).finalize())
}

fn verify(token: &str) -> Result<MemoryState, Answer> {
    let no_token = || Answer::problem(400, "This is no token of this server.");
    let (input, told) = token.rsplit_once('.').ok_or_else(no_token)?;
    let (header, state) = input.split_once('.').ok_or_else(no_token)?;
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| no_token())?;
    if header != HEADER {
        return Err(Answer::problem(403, "This token was signed with another key."));
    }
    let changed = || Answer::problem(403, "The token's signature does not belong to its content: it was changed.");
    if seal(input) != told {
        return Err(changed());
    }
    let state = URL_SAFE_NO_PAD.decode(state).map_err(|_| changed())?;
    serde_json::from_slice(&state).map_err(|_| changed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_carries_the_state_and_shows_when_it_was_changed() {
        let state = MemoryState { counter: 3, cart: [("pear".to_owned(), 2)].into() };
        let token = sign(&state);
        assert_eq!(verify(&token).ok(), Some(state));
        let middle = token.find('.').expect("it has parts") + 5;
        let other = if token.as_bytes()[middle] == b'A' { "B" } else { "A" };
        let mut changed = token;
        changed.replace_range(middle..=middle, other);
        assert_eq!(verify(&changed).map_err(|problem| problem.status), Err(403));
        assert_eq!(verify("no token").map_err(|problem| problem.status), Err(400));
    }
}
