//! An HTTP message's raw bytes: its head as a list, how its body is framed, all of it in hex.

use leptos::prelude::*;

use super::hex::Hex;
use super::raw;
use crate::analysis::raw::HttpBytes;
use crate::decode::http1::{Field, Message as Read, Part, StartLine};
use crate::format::hex::{Layer, Stretch};
use crate::page::state::Record;
use crate::trace::{Message, Trace};
use crate::words;

/// An HTTP message of the run.
pub(super) fn section(record: &Record, trace: &Trace, message: &Message, bytes: &HttpBytes) -> AnyView {
    view! {
        <h4>"On the wire"</h4>
        {said(bytes)}
        {dump(record, trace, message, bytes)}
    }
    .into_any()
}

/// What the message says: a sentence, its first line, its fields, and what is wrong with it.
pub(super) fn said(bytes: &HttpBytes) -> AnyView {
    let read = bytes.message();
    let problems = bytes.reading.problems.iter().map(|problem| problem.part.to_string());
    let problems = problems.map(|words| view! { <li class="error">{words}</li> }).collect_view();
    view! {
        {read.map(|read| view! { <p>{words::raw::http(bytes, read)}</p> })}
        {read.map(head)}
        <ul>{problems}</ul>
        {words::raw::cut(bytes.dropped, bytes.left_out).map(|words| view! { <p class="hint">{words}</p> })}
    }
    .into_any()
}

fn head(read: &Read) -> AnyView {
    let line = match &read.start_line {
        StartLine::Request { method, target, minor_version } => format!("{method} {target} HTTP/1.{minor_version}"),
        StartLine::Status { minor_version, code, reason } => format!("HTTP/1.{minor_version} {code} {reason}"),
    };
    let field = |field: &Field| {
        let (name, value) = (field.name.clone(), field.text().into_owned());
        view! { <div><dt>{name}</dt><dd>{value}</dd></div> }
    };
    let fields = read.fields.iter().map(field).collect_view();
    view! {
        <p class="start-line">{line}</p>
        <dl class="fields">{fields}</dl>
    }
    .into_any()
}

/// All of the bytes, and where they come from.
pub(super) fn dump(record: &Record, trace: &Trace, message: &Message, bytes: &HttpBytes) -> AnyView {
    let stretches = bytes.reading.spans.iter().map(|span| Stretch {
        range: span.start as usize..span.end as usize,
        layer: if matches!(span.part, Part::Body) { Layer::Payload } else { Layer::Framing },
        name: words::raw::http_part(span.part),
    });
    view! {
        <Hex label="Its raw bytes in hex" bytes=bytes.bytes.clone() stretches=stretches.collect()/>
        {raw::provenance(record, trace, message, message.direction, &bytes.taken)}
    }
    .into_any()
}
