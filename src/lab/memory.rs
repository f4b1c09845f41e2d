//! The lab `memory`: who remembers. Two clients take turns and say the same things to a server with a counter and a
//! cart: over HTTP while they carry nothing, over HTTP while each carries its state along in a token, and each over a
//! WebSocket of its own; at last one of them comes back on a new WebSocket.
//!
//! What fails ends its part alone: the script goes on with the next.

use super::parameter::{CONNECT_TIMEOUT, Parameter, REPLY_TIMEOUT, Range};
use super::settings::Settings;
use crate::analysis::Claim;
use crate::analysis::judgement::memory::part;
use crate::network::{Method, Network, Opening, Payload, Request, Service, Socket};
use crate::trace::{Cause, Failure, Inference, Protocol, Turn};
use crate::wire::{MemoryAnswer, MemoryCommand, MemoryRequest};

/// How many commands each client gives, each way; a look at what there is comes on top.
pub const STEPS: Range = Range { name: "steps", least: 1, most: 20, default: 3, unit: "commands" };

/// All parameters.
pub const PARAMETERS: &[Parameter] =
    &[Parameter::Number(STEPS), Parameter::Number(CONNECT_TIMEOUT), Parameter::Number(REPLY_TIMEOUT)];

/// The claims that it tests.
pub const CLAIMS: &[Claim] = &[Claim::C10, Claim::C11];

/// How many clients there are.
const CLIENTS: u32 = 2;
/// Safelisted (Fetch §2.2.2), so that the browser asks for no permission first. The server takes any type.
const PLAIN_TEXT: &str = "text/plain";

/// Runs the script.
///
/// # Errors
/// When every part of it failed; what was done until then is recorded. At an endpoint that is no Duplex server there
/// is nothing to be done: an echo has nothing to remember.
pub async fn run<N: Network>(network: &N, settings: &Settings) -> Result<(), Failure> {
    let steps = settings.number(&STEPS);
    let mut outcomes = Vec::new();
    if network.offers(Service::Memory, Protocol::Http) {
        network.part(part::WITHOUT_TOKEN, Some(Protocol::Http));
        outcomes.push(without_token(network, steps).await);
        network.part(part::WITH_TOKEN, Some(Protocol::Http));
        outcomes.push(with_token(network, steps).await);
    }
    if network.offers(Service::Memory, Protocol::WebSocket) {
        network.part(part::CONNECTION, Some(Protocol::WebSocket));
        outcomes.push(on_connections(network, steps).await);
        network.part(part::NEW_CONNECTION, Some(Protocol::WebSocket));
        outcomes.push(on_a_new_connection(network).await);
    }
    match outcomes.iter().any(Result::is_ok) {
        true => Ok(()),
        false => outcomes.into_iter().collect(),
    }
}

/// What a client says at a step: it counts, and puts something of its own into the cart, in turn.
fn command(step: u32, client: u32) -> MemoryCommand {
    match (step % 2, client) {
        (1, _) => MemoryCommand::Count,
        (_, 0) => MemoryCommand::Put { what: "pear".to_owned() },
        _ => MemoryCommand::Put { what: "fig".to_owned() },
    }
}

/// Both clients take a step after the other, and then look at what there is.
fn conversation(steps: u32) -> impl Iterator<Item = (Turn, MemoryCommand)> {
    let said = move |step, client| if step <= steps { command(step, client) } else { MemoryCommand::Show };
    let turns = (1..=steps + 1).flat_map(|step| (0..CLIENTS).map(move |client| (step, client)));
    turns.map(move |(step, client)| (Turn::of(step).by(client), said(step, client)))
}

/// Over HTTP, and the clients carry nothing.
async fn without_token<N: Network>(network: &N, steps: u32) -> Result<(), Failure> {
    for (turn, command) in conversation(steps) {
        network.between_turns().await;
        ask(network, turn, command, None).await?;
    }
    Ok(())
}

/// Over HTTP, and each client carries the token of its latest answer. At last the first one carries its oldest
/// token, its newest, and its oldest again.
async fn with_token<N: Network>(network: &N, steps: u32) -> Result<(), Failure> {
    let mut tokens: [Vec<String>; CLIENTS as usize] = Default::default();
    for (turn, command) in conversation(steps) {
        network.between_turns().await;
        let own = &mut tokens[turn.client as usize];
        let answer = ask(network, turn, command, own.last().cloned()).await?;
        own.extend(answer.token);
    }
    let [first, ..] = tokens;
    let again = [first.first(), first.last(), first.first()];
    for (place, token) in (1..).zip(again) {
        network.between_turns().await;
        ask(network, Turn::of(steps + 1 + place), MemoryCommand::Show, token.cloned()).await?;
    }
    Ok(())
}

/// Each client over a WebSocket of its own.
async fn on_connections<N: Network>(network: &N, steps: u32) -> Result<(), Failure> {
    let open = async |client| network.open(Opening::of(Turn::WARM_UP.by(client), Service::Memory)).await;
    let sockets = [open(0).await?, open(1).await?];
    for (turn, command) in conversation(steps) {
        network.between_turns().await;
        tell(&sockets[turn.client as usize], turn, &command).await?;
    }
    for socket in &sockets {
        socket.close(1000, "").await;
    }
    Ok(())
}

/// The first client comes back, and looks at what there is.
async fn on_a_new_connection<N: Network>(network: &N) -> Result<(), Failure> {
    let socket = network.open(Opening::of(Turn::WARM_UP, Service::Memory)).await?;
    for (step, command) in (1..).zip([MemoryCommand::Show, MemoryCommand::Count]) {
        network.between_turns().await;
        tell(&socket, Turn::of(step), &command).await?;
    }
    socket.close(1000, "").await;
    Ok(())
}

/// Gives a command over HTTP.
async fn ask<N: Network>(
    network: &N,
    turn: Turn,
    command: MemoryCommand,
    token: Option<String>,
) -> Result<MemoryAnswer, Failure> {
    let body = serde_json::to_vec(&MemoryRequest { command, token }).expect("a command is JSON");
    let request = Request {
        method: Method::Post,
        body: Some(&body),
        media_type: Some(PLAIN_TEXT),
        ..Request::get(turn, Service::Memory)
    };
    let response = network.fetch(request).await.map_err(|failed| failed.failure)?;
    match response.status {
        200..=299 => read(Protocol::Http, turn, &response.body),
        status => Err(wrong(Protocol::Http, turn, Cause::Status { status })),
    }
}

/// Gives a command over a WebSocket.
async fn tell<S: Socket>(socket: &S, turn: Turn, command: &MemoryCommand) -> Result<MemoryAnswer, Failure> {
    let text = serde_json::to_string(command).expect("a command is JSON");
    socket.send(turn, Payload::Text(&text))?;
    match socket.next(turn, None).await {
        Ok(incoming) => read(Protocol::WebSocket, turn, &incoming.payload),
        Err(failure) => {
            socket.give_up_unanswered();
            Err(failure)
        }
    }
}

fn read(protocol: Protocol, turn: Turn, payload: &[u8]) -> Result<MemoryAnswer, Failure> {
    serde_json::from_slice(payload).map_err(|error| wrong(protocol, turn, Cause::Unreadable { why: error.to_string() }))
}

fn wrong(protocol: Protocol, turn: Turn, cause: Cause) -> Failure {
    Failure { protocol, turn: Some(turn.number), cause, inferred_from: Inference::Reply }
}
