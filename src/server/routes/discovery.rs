//! `/.well-known/duplex`: what this server is and takes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::server::Shared;
use crate::wire::{
    Discovery, ECHO_PATH, Endpoints, Limits, MEMORY_PATH, NEWS_PATH, ROOM_PATH, TRANSCRIPT_PATH, WS_PATH,
};

/// The server's description of itself.
pub(super) async fn discovery(State(shared): State<Arc<Shared>>) -> Json<Discovery> {
    Json(Discovery {
        software: Discovery::SOFTWARE.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        instance: shared.instance.clone(),
        endpoints: Endpoints {
            echo: ECHO_PATH.to_owned(),
            ws: WS_PATH.to_owned(),
            transcript: TRANSCRIPT_PATH.to_owned(),
            news: Some(NEWS_PATH.to_owned()),
            memory: Some(MEMORY_PATH.to_owned()),
            room: Some(ROOM_PATH.to_owned()),
        },
        limits: Limits { max_body: shared.config.max_body, max_message: shared.config.max_message },
        links: shared.links.clone(),
        tls: shared.tls.clone(),
        behind_proxy: shared.config.behind_proxy,
    })
}
