//! One message in full: what it is, its raw bytes with what they mean, its times with their provenance,
//! its bytes by layer, its connection. Raw bytes are decoded here and now, when a message is picked.

mod anatomy;
mod bytes;
mod connection;
mod frame;
mod handshake;
mod hex;
mod http;
mod raw;
mod times;
mod unmask;

use leptos::prelude::*;

use super::diagram;
use super::message_link::CopyLink;
use super::state::{LabState, Record};
use crate::analysis::Placed;
use crate::browser::element::{self, Focused};
use crate::format::svg;
use crate::trace::{Connection, Direction, Kind, Message, Trace};
use crate::wire::RunId;
use crate::words;

/// The element in which a picked message is shown.
const ID: &str = "inspector";

/// Moves the focus to the picked message, until that is closed.
pub(super) fn open(state: LabState) {
    if let Some(opener) = Focused::now() {
        state.opener.set_value(Some(opener));
    }
    element::focus(ID);
}

/// What is shown depends on this alone; while it stays, so does what the reader has opened, stepped to or selected.
#[derive(Clone, PartialEq)]
struct Subject {
    run: RunId,
    message: Message,
    /// The request of a response; the reply to a handshake.
    other: Option<Message>,
    connection: Option<Connection>,
    ends: (Option<Placed>, Option<Placed>),
    is_over: bool,
    picked_by_link: bool,
}

impl Subject {
    fn of(state: LabState) -> Option<Self> {
        let record = state.record.read();
        let trace = record.trace.as_ref()?;
        let message = trace.message(state.selected.get()?)?;
        let reply = || trace.messages.iter().find(|reply| reply.answers == Some(message.id));
        let other = match message.answers {
            Some(request) => trace.message(request),
            None => message.kind.is_opening().then(reply).flatten(),
        };
        Some(Self {
            run: trace.circumstances.run,
            message: message.clone(),
            other: other.cloned(),
            connection: message.connection.and_then(|id| trace.connection(id)).cloned(),
            ends: record.timeline.ends(trace, message),
            is_over: trace.outcome.is_some(),
            picked_by_link: state.link.read().message == Some(message.id),
        })
    }
}

#[component]
pub(super) fn Inspector(state: LabState) -> impl IntoView {
    let subject = Memo::new(move |_| Subject::of(state));
    let content = move || {
        let subject = subject.read();
        let subject = subject.as_ref()?;
        let record = state.record.read_untracked();
        let trace = record.trace.as_ref()?;
        Some(details(&record, trace, &subject.message, subject.picked_by_link))
    };
    let picked = Memo::new(move |_| subject.read().as_ref().map(|subject| subject.message.protocol));
    let step = move |by: isize| {
        // What has the focus may be about to give way to the next message's.
        if element::focus_is_within(CONTENT) {
            element::focus(ID);
        }
        if let Some(protocol) = picked.get_untracked() {
            diagram::step(state, &[protocol], by);
        }
    };
    // The focus goes back to where it came from; if that is gone, to the diagram that the message is in.
    let close = move || {
        let opener = state.opener.try_update_value(Option::take).flatten();
        if !opener.is_some_and(|opener| opener.restore())
            && let Some(protocol) = picked.get_untracked()
        {
            element::focus(diagram::window_id(state.look, protocol));
        }
        state.selected.set(None);
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        // Those belong to the browser.
        if event.ctrl_key() || event.meta_key() {
            return;
        }
        match event.key().as_str() {
            "Escape" => close(),
            "[" => step(-1),
            "]" => step(1),
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <aside
            id=ID
            class="inspector"
            class:open=move || picked.get().is_some()
            tabindex="-1"
            aria-label="The picked message"
            on:keydown=on_key
        >
            <div class="bar" hidden=move || picked.get().is_none()>
                <button type="button" title="The message before ([)" on:click=move |_| step(-1)>"Previous"</button>
                <button type="button" title="The message after (])" on:click=move |_| step(1)>"Next"</button>
                <button type="button" title="Close (Escape)" on:click=move |_| close()>"Close"</button>
            </div>
            <p class="hint" hidden=move || picked.get().is_some()>
                "Click an arrow, or press the arrow keys in a diagram, to see a message in full."
            </p>
            <div class="content">{content}</div>
            <div class="share" hidden=move || picked.get().is_none()><CopyLink state/></div>
        </aside>
    }
}

/// What is made anew for each message.
const CONTENT: &str = "#inspector .content";

fn details(record: &Record, trace: &Trace, message: &Message, picked_by_link: bool) -> impl IntoView + use<> {
    let class = svg::protocol_class(message.protocol);
    let to = match message.direction {
        Direction::ToServer => "page → server",
        Direction::ToPage => "server → page",
    };
    let turn = if message.warm_up { "warm-up".to_owned() } else { format!("turn {}", message.turn) };
    let number = message.id.number();
    let fate = words::inspector::fate(message, trace.outcome.is_some());
    view! {
        <h3 class=class>{words::kind(message)}</h3>
        <p class="meta" data-number=number>
            {format!("Message {number} · ")} {words::protocol(message.protocol)} " · " {turn} " · " {to}
        </p>
        {picked_by_link.then(|| view! { <p class="hint">{words::inspector::PICKED_BY_LINK}</p> })}
        <p class="explanation">{words::inspector::explanation(message)}</p>
        {fate.map(|fate| view! { <p class="fate">{fate}</p> })}
        {close_code(message)}
        {raw::section(record, trace, message)}
        {as_text(message)}
        {times::section(record, trace, message)}
        {bytes::section(trace, message)}
        {connection::section(record, trace, message)}
    }
}

fn row(name: &'static str, value: String, note: &'static str) -> AnyView {
    view! { <div><dt>{name}</dt><dd>{value}" "<small>{note}</small></dd></div> }.into_any()
}

/// What a close frame's code means.
fn close_code(message: &Message) -> Option<AnyView> {
    let Kind::Close { code } = message.kind else { return None };
    let said = match code {
        Some(code) => {
            let [name, meaning, range] = words::inspector::close_code(code);
            view! { <p><b>{code}" "{name}</b>" "{meaning}</p><p class="hint">{range}</p> }.into_any()
        }
        None => {
            view! { <p>"No code: a close frame may be empty. The other side’s API tells 1005 then."</p> }.into_any()
        }
    };
    Some(view! { <h4>"Close code"</h4><div class="close-code">{said}</div> }.into_any())
}

/// Characters of a payload that are shown as text.
const TEXT: usize = 2_000;

/// What the application sent or received, where that is text.
fn as_text(message: &Message) -> Option<AnyView> {
    let text = std::str::from_utf8(&message.copy.as_ref()?.0).ok()?;
    let is_text =
        !text.is_empty() && !text.contains(|character: char| character.is_control() && !character.is_whitespace());
    let shown: String = text.chars().take(TEXT).collect();
    let rest = text.chars().count().saturating_sub(TEXT);
    is_text.then(|| {
        view! {
            <h4>"Payload as text"</h4>
            <pre class="as-text" tabindex="0" aria-label="The payload as text">{shown}</pre>
            {(rest > 0).then(|| view! { <p class="hint">{format!("and {rest} more characters")}</p> })}
        }
        .into_any()
    })
}
