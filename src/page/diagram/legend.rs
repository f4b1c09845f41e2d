//! What the marks in the diagrams mean: those that occur, and no others.

use leptos::prelude::*;

use super::sheets::Sheets;
use crate::drawing::sequence::Mark;
use crate::drawing::{Badge, Point};
use crate::format::svg;
use crate::trace::Protocol;
use crate::words;

#[component]
pub(super) fn Legend(sheets: Sheets) -> impl IntoView {
    let marks = Memo::new(move |_| sheets.legend());
    let items = move || {
        let item = |mark: Mark| {
            view! {
                <li><svg width="34" height="14" aria-hidden="true" inner_html=sample(mark)></svg>{words::mark(mark)}</li>
            }
        };
        marks.get().into_iter().map(item).collect_view()
    };
    view! { <ul class="legend">{items}</ul> }
}

/// A mark by itself, as it looks in a diagram.
fn sample(mark: Mark) -> String {
    const ARROW: &str = "<line x1='1' y1='7' x2='31' y2='7'/><path class='head' d='M23 3L32 7L23 11'/>";
    let class = |protocol| svg::protocol_class(protocol);
    let badge = |badge: Badge, name: &str, protocol: Protocol| {
        let at = Point { x: 8.0, y: 7.0 };
        let (class, path) = (class(protocol), svg::badge_path(badge, at, 3.0));
        format!("<g class='message {class}'>{ARROW}</g><g class='badge {name} {class}'><path d='{path}'/></g>")
    };
    match mark {
        Mark::Message(protocol) => format!("<g class='message {}'>{ARROW}</g>", class(protocol)),
        Mark::Unasked => "<g class='message ws unasked'><line x1='3' y1='7' x2='32' y2='7'/><path class='head' d='M9 3L2 7L9 11'/></g>".to_owned(),
        Mark::Opening => badge(Badge::Opening, "opening", Protocol::WebSocket),
        Mark::Close => badge(Badge::Close, "close", Protocol::WebSocket),
        Mark::Control => format!("<g class='control ws'>{ARROW}</g>"),
        Mark::WarmUp => "<g class='message http warm-up'><line x1='1' y1='7' x2='31' y2='7'/></g>".to_owned(),
        Mark::UnknownTime => "<g class='message http unknown'><line x1='1' y1='7' x2='31' y2='7'/></g>".to_owned(),
        Mark::Uncertainty => "<g class='uncertainty http'><line x1='17' y1='1' x2='17' y2='13'/></g>".to_owned(),
        Mark::Lost => "<g class='message http'><line x1='1' y1='7' x2='22' y2='7'/><line class='cross' x1='18' y1='3' x2='26' y2='11'/><line class='cross' x1='18' y1='11' x2='26' y2='3'/></g>".to_owned(),
        Mark::Queued => "<g class='queued http'><rect x='15' y='1' width='3' height='12'/></g>".to_owned(),
        Mark::Retried => badge(Badge::Retried, "retried", Protocol::Http),
        Mark::Resent => badge(Badge::Resent, "resent", Protocol::Http),
        Mark::Connection => "<g class='connection-end http'><rect x='13' y='1' width='8' height='12'/><line x1='11' y1='1' x2='23' y2='1'/><line x1='11' y1='13' x2='23' y2='13'/></g>".to_owned(),
        Mark::BrokenConnection => {
            let cross = svg::badge_path(Badge::Broken, Point { x: 17.0, y: 10.0 }, 3.0);
            format!("<g class='connection-end ws'><rect x='13' y='0' width='8' height='10'/></g><g class='badge broken ws'><path d='{cross}'/></g>")
        }
        Mark::EmulatedHandshake => "<g class='emulated-handshake http'><rect x='13' y='1' width='8' height='12'/></g>".to_owned(),
        Mark::Cut => "<g class='cut'><line x1='12' y1='8' x2='22' y2='4'/><line x1='12' y1='11' x2='22' y2='7'/></g>".to_owned(),
        Mark::Silence => "<g class='silence'><path d='M1 3L6 5L11 3L16 5L21 3L26 5L31 3L31 10L26 12L21 10L16 12L11 10L6 12L1 10Z'/></g>".to_owned(),
        Mark::Fold => "<g class='fold'><rect x='3' y='2' width='28' height='10'/></g>".to_owned(),
    }
}
