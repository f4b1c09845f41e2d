//! The opening handshake of a WebSocket: the bytes of both sides, and the proof that the server read the
//! client's key (RFC 6455 §1.3).

use leptos::prelude::*;

use super::{http, raw};
use crate::analysis::raw as bytes;
use crate::decode::handshake::{GUID, Handshake, accept_digest};
use crate::page::state::Record;
use crate::trace::{Direction, Message, Trace};
use crate::words;

/// One side of the handshake, the other one folded, and the checks of both.
pub(super) fn section(record: &Record, trace: &Trace, message: &Message) -> AnyView {
    let own = match bytes::http(trace, message) {
        Ok(bytes) => http::section(record, trace, message, &bytes),
        Err(why) => raw::absent(trace, message, why),
    };
    let checked = bytes::handshake(trace, message).map(|handshake| {
        view! { {proof(&handshake)}{checks(&handshake)} }
    });
    let other = other_side(trace, message).and_then(|other| {
        let bytes = bytes::http(trace, other).ok()?;
        let title = match other.direction {
            Direction::ToServer => "The other side: the request",
            Direction::ToPage => "The other side: the 101",
        };
        Some(view! {
            <details class="other-side">
                <summary>{title}</summary>
                {http::said(&bytes)}
                {http::dump(record, trace, other, &bytes)}
            </details>
        })
    });
    view! { {checked}{own}{other} }.into_any()
}

fn other_side<'a>(trace: &'a Trace, message: &Message) -> Option<&'a Message> {
    match message.answers {
        Some(request) => trace.message(request),
        None => trace.messages.iter().find(|reply| reply.answers == Some(message.id)),
    }
}

/// Step by step from the client's key to the server's accept.
fn proof(handshake: &Handshake) -> impl IntoView + use<> {
    let key = handshake.key.clone()?;
    let expected = handshake.expected_accept.clone()?;
    let digest = words::raw::hex(&accept_digest(&key));
    let accept = handshake.accept.clone();
    let equal = accept.as_ref() == Some(&expected);
    let verdict = if equal { "✓ equal: the server read the key" } else { "✗ not equal: this is no WebSocket" };
    let step = |name: &'static str, value: String| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    Some(view! {
        <h4>"Is this a WebSocket server?"</h4>
        <p>
            "The browser sends a random key. A server that knows the protocol appends a fixed text, hashes both, and sends the \
             hash back; a cache or another server could not. This page has worked it out again:"
        </p>
        <dl class="fields steps" data-accept=if equal { "equal" } else { "differs" }>
            {step("Key", key)}
            {step("+ fixed text", GUID.to_owned())}
            {step("SHA-1 of both", digest)}
            {step("in base64", expected)}
            {step("Server sent", accept.unwrap_or_else(|| "no Sec-WebSocket-Accept".to_owned()))}
        </dl>
        <p class="verdict" class:bad=!equal>{verdict}</p>
    })
}

fn checks(handshake: &Handshake) -> AnyView {
    let holding = handshake.checks.iter().filter(|check| check.holds).count();
    let check = |check: &crate::decode::handshake::Check| {
        let (sign, class) = if check.holds { ("✓ ", "") } else { ("✗ ", "error") };
        let said = check.said.clone().unwrap_or_else(|| "nothing was said".to_owned());
        view! { <li class=class>{sign}{check.requirement.to_string()}" "<small>{said}</small></li> }
    };
    let list = handshake.checks.iter().map(check).collect_view();
    let title = format!("{holding} of {} requirements are met", handshake.checks.len());
    view! { <details class="checks"><summary>{title}</summary><ul>{list}</ul></details> }.into_any()
}
