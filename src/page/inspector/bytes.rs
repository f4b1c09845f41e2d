//! The bytes of a message by layer: a bar, and the figures.

use leptos::prelude::*;

use crate::analysis::{bytes_in_words, known_overhead};
use crate::drawing::byte_bar::{Layer, stretches};
use crate::trace::{Kind, Message, Protocol, Trace};

/// Bar and figures.
pub(super) fn section(trace: &Trace, message: &Message) -> AnyView {
    let overhead = known_overhead(trace, message);
    let note = match (overhead, message.protocol, message.kind) {
        (None, ..) => "not told by the server",
        (_, _, Kind::Event) => "what surrounds it counts with its response",
        (_, Protocol::Http, _) => "head, counted by the server",
        (_, _, kind) if kind.is_opening() => "head, counted by the server",
        (_, Protocol::WebSocket, Kind::Close { .. }) => "frame head and code (RFC 6455 §5.5.1)",
        (_, Protocol::WebSocket, _) => "frame heads, from the length (RFC 6455 §5.2)",
    };
    let instrument_note = match message.kind {
        Kind::Event => "counts with its response",
        _ => "charged to no protocol",
    };
    let bar = stretches(message.payload, overhead, message.instrument);
    let bar = bar.into_iter().map(|stretch| {
        let width = format!("{:.2}%", stretch.share * 100.0);
        view! { <span class=class(stretch.layer) class:unknown=stretch.bytes.is_none() style:width=width></span> }
    });
    let row = |layer: Layer, name: &'static str, bytes: Option<u64>, note: &'static str| {
        let value = bytes.map_or_else(|| "unknown".to_owned(), bytes_in_words);
        view! {
            <div>
                <dt><span class=format!("swatch {}", class(layer)) class:unknown=bytes.is_none() aria-hidden="true"></span>{name}</dt>
                <dd>{value}" "<small>{note}</small></dd>
            </div>
        }
    };
    view! {
        <h4>"Bytes by layer"</h4>
        <div class="byte-bar" aria-hidden="true">{bar.collect_view()}</div>
        <dl class="layers-told">
            {row(Layer::Payload, "Payload", Some(message.payload), "what the application sent")}
            {row(Layer::Protocol, "Overhead", overhead, note)}
            {row(Layer::Instrument, "The instrument of Duplex", message.instrument, instrument_note)}
        </dl>
    }
    .into_any()
}

const fn class(layer: Layer) -> &'static str {
    match layer {
        Layer::Payload => "payload",
        Layer::Protocol => "framing",
        Layer::Instrument => "instrument",
    }
}
