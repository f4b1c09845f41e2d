//! What is known of the connection that carried a message.

use leptos::prelude::*;

use super::{frame, row};
use crate::analysis::bytes_in_words;
use crate::page::state::Record;
use crate::trace::{Connection, Fate, Message, Protocol, Trace};
use crate::words;

pub(super) fn section(record: &Record, trace: &Trace, message: &Message) -> AnyView {
    let connection = message.connection.and_then(|id| trace.connection(id));
    let facts = connection.map(|connection| facts(trace, message, connection));
    let closing = connection
        .filter(|connection| connection.protocol == Protocol::WebSocket)
        .and_then(|connection| frame::closing_frames(record, trace, message, connection));
    view! {
        <h4>"Connection"</h4>
        <p>{sentence(trace, message)}</p>
        {facts}
        {closing}
    }
    .into_any()
}

/// Protocol, TLS and link, as far as they are told.
fn facts(trace: &Trace, message: &Message, connection: &Connection) -> AnyView {
    let request = message.answers.and_then(|id| trace.message(id)).unwrap_or(message);
    let by_browser = request.phases.as_deref().map(|phases| phases.protocol.clone()).filter(|name| !name.is_empty());
    let by_server = message.alpn.as_deref().map(words::alpn);
    let protocol = words::protocol_told(by_server, by_browser.as_deref().map(words::alpn));
    let protocol = protocol.map(|(name, note)| row("Protocol", name, note));
    let tls = connection.tls.as_deref().map(|tls| {
        let (read, written) = tls.handshake_bytes;
        let handshake = format!("{} in, {} out", bytes_in_words(read), bytes_in_words(written));
        let resumed = if tls.resumed { "an earlier session was resumed" } else { "a full handshake" };
        (row("TLS", tls.version.clone(), resumed), row("TLS handshake", handshake, "counted by the server"))
    });
    let link =
        connection.link.as_deref().map(|link| row("Emulated link", words::link(link), "delay added by the server"));
    let handshake = connection.emulated_handshake.map(|(from, until)| {
        row("Its handshake", (until - from).to_string(), "emulated: the true one was over before")
    });
    view! { <dl>{protocol}{tls}{link}{handshake}</dl> }.into_any()
}

fn sentence(trace: &Trace, message: &Message) -> String {
    let Some(connection) = message.connection.and_then(|id| trace.connection(id)) else {
        return match message.fate {
            Fate::Delivered => "The server does not tell which TCP connection carried this.".to_owned(),
            Fate::InFlight | Fate::Unanswered | Fate::Broken => {
                "Without an answer nobody tells which TCP connection carried this.".to_owned()
            }
            Fate::Lost => "By the server’s account this never arrived, on no connection.".to_owned(),
        };
    };
    let name = match connection.server_id {
        Some(id) => format!("TCP connection {id} (the server’s number)"),
        None => "One TCP connection".to_owned(),
    };
    let open = if connection.already_open { ", open since before the run" } else { "" };
    let extensions = match (connection.protocol, connection.extensions.as_str()) {
        (Protocol::WebSocket, "") if connection.came_to_be() => " No extensions were negotiated.".to_owned(),
        (Protocol::Http, _) | (_, "") => String::new(),
        (Protocol::WebSocket, names) => format!(" Extensions: {names}."),
    };
    format!("{name}{open}.{extensions}")
}
