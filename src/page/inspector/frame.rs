//! WebSocket frames: the head bit by bit, the bytes in hex, the payload unmasked.

use leptos::prelude::*;

use super::anatomy::Anatomy;
use super::hex::Hex;
use super::raw;
use super::unmask::Unmask;
use crate::analysis::raw::{Carried, CarriedFrame, Grounds, Unmasking, closing};
use crate::decode::websocket::Part;
use crate::format::hex::{Layer, Stretch};
use crate::page::state::Record;
use crate::trace::{Connection, Direction, Message, Trace};
use crate::words;

/// Frames of a message that are shown one by one.
const SHOWN: usize = 8;

/// What carried a WebSocket message.
pub(super) fn section(
    record: &Record,
    trace: &Trace,
    message: &Message,
    connection: &Connection,
    carried: &Carried,
) -> AnyView {
    let one = carried.frame_count == 1;
    let frames = carried.frames.iter().take(SHOWN).enumerate().map(|(place, frame)| {
        let title = (!one).then(|| view! { <h5>{format!("Frame {} of {}", place + 1, carried.frame_count)}</h5> });
        // Of the application's bytes the first frame alone has our envelope before it.
        let envelope = carried.application_from.filter(|_| place == 0).unwrap_or(0);
        view! { {title}{whole(record, trace, message, message.direction, frame, envelope)} }
    });
    let frames = frames.collect_view();
    let more = carried.frame_count.saturating_sub(SHOWN);
    let direction = message.direction;
    view! {
        <h4>"On the wire"</h4>
        <p>{words::raw::carried(carried, direction)}</p>
        <p class="hint">{words::raw::grounds(carried.grounds, carried.compressed)}</p>
        {frames}
        {(more > 0).then(|| view! { <p class="hint">{format!("and {more} more frames")}</p> })}
        {(direction == Direction::ToServer || !one).then(|| payload(connection, carried))}
    }
    .into_any()
}

/// The payload as the application gave it: unmasked, and its frames' put together.
fn payload(connection: &Connection, carried: &Carried) -> AnyView {
    let from = carried.application_from.unwrap_or(0);
    let bytes = carried.payload.clone();
    let stretches = layers(from, bytes.len());
    let words = match (carried.compressed, connection.is_enveloped()) {
        _ if carried.grounds == Grounds::Close => "Unmasked: the code in two bytes, then the reason.",
        (true, _) => "Unmasked; still compressed.",
        (false, true) => "Unmasked: the envelope of Duplex, one line, then what the application sent.",
        (false, false) => "Unmasked: what the application sent.",
    };
    view! {
        <h4>"Payload"</h4>
        <p class="hint">{words}</p>
        <div class="unmasked"><Hex label="The unmasked payload in hex" bytes stretches/></div>
    }
    .into_any()
}

/// The layers of an unmasked payload whose envelope ends `from` there.
fn layers(from: usize, length: usize) -> Vec<Stretch> {
    vec![
        Stretch { range: 0..from, layer: Layer::Instrument, name: "the envelope of Duplex" },
        Stretch { range: from..length, layer: Layer::Payload, name: "payload" },
    ]
    .into_iter()
    .filter(|stretch| !stretch.range.is_empty())
    .collect()
}

/// One frame in full; `envelope` bytes of its payload are our envelope.
fn whole(
    record: &Record,
    trace: &Trace,
    message: &Message,
    direction: Direction,
    carried: &CarriedFrame,
    envelope: usize,
) -> AnyView {
    let violations = carried.frame.violations.iter().map(|wrong| view! { <li class="error">{wrong.to_string()}</li> });
    let violations = violations.collect_view();
    let unmasking = Unmasking::of(carried);
    view! {
        <Anatomy carried=carried.clone()/>
        <ul>{violations}</ul>
        {words::raw::cut(carried.missing, 0).map(|words| view! { <p class="hint">{words}</p> })}
        <Hex label="The frame in hex" bytes=carried.bytes.clone() stretches=stretches(carried, envelope)/>
        {raw::provenance(record, trace, message, direction, &carried.taken)}
        {unmasking.map(|unmasking| view! { <Unmask unmasking instrument=envelope/> })}
    }
    .into_any()
}

fn stretches(carried: &CarriedFrame, envelope: usize) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let head = carried.frame.head_bytes() as usize;
    for span in &carried.spans {
        let range = span.start as usize..span.end as usize;
        let name = words::raw::frame_part(span.part);
        if span.part == Part::Payload {
            let middle = (head + envelope).clamp(range.start, range.end);
            stretches.push(Stretch {
                range: range.start..middle,
                layer: Layer::Instrument,
                name: "the envelope of Duplex",
            });
            stretches.push(Stretch { range: middle..range.end, layer: Layer::Payload, name });
        } else {
            let layer = if span.part.is_payload() { Layer::Payload } else { Layer::Framing };
            stretches.push(Stretch { range, layer, name });
        }
    }
    stretches.retain(|stretch| !stretch.range.is_empty());
    stretches
}

/// The close frames of a WebSocket, both ways.
pub(super) fn closing_frames(
    record: &Record,
    trace: &Trace,
    message: &Message,
    connection: &Connection,
) -> Option<impl IntoView + use<>> {
    let both = closing(connection).into_iter().zip([Direction::ToServer, Direction::ToPage]);
    let shown = both.filter_map(|(frame, direction)| {
        let frame = frame?;
        let whose = if direction == Direction::ToServer { "From the page" } else { "From the server" };
        let said = match frame.frame.close.as_ref() {
            Some(close) => close.code.map_or_else(
                || "without a code".to_owned(),
                |code| format!("code {code}, {}: {}", code.name(), code.meaning()),
            ),
            None => String::new(),
        };
        Some(view! {
            <h5>{whose}</h5>
            <p>{said}</p>
            {whole(record, trace, message, direction, &frame, 0)}
        })
    });
    let shown: Vec<_> = shown.collect();
    (!shown.is_empty()).then(|| {
        view! { <details class="closing"><summary>"Its close frames"</summary>{shown.collect_view()}</details> }
    })
}
