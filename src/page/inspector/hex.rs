//! A hex view: the beginning at first, more on request.

use leptos::prelude::*;

use crate::format::hex::{self, Layer, Stretch};

/// Bytes that are shown at first.
const FIRST: usize = 128;
/// How many times as many each press of the button shows.
const MORE: usize = 8;

/// Bytes in hex and ASCII, with a legend of the layers that they have.
#[component]
pub(super) fn Hex(
    /// What they are, to be read out.
    label: &'static str,
    bytes: Vec<u8>,
    stretches: Vec<Stretch>,
) -> impl IntoView {
    let length = bytes.len();
    let shown = RwSignal::new(FIRST);
    let has = |layer| stretches.iter().any(|stretch| stretch.layer == layer);
    let legend = (has(Layer::Framing) || has(Layer::Instrument)).then(|| {
        let samples = [
            (Layer::Framing, "framing", "framing"),
            (Layer::Instrument, "instrument", "the envelope of Duplex"),
            (Layer::Payload, "payload", "payload"),
        ];
        let samples = samples.into_iter().filter(|(layer, ..)| has(*layer));
        samples.map(|(_, class, words)| view! { <li class=class>{words}</li> }).collect_view()
    });
    let markup = move || hex::markup(&bytes, &stretches, shown.get());
    view! {
        <div class="hex">
            <pre role="group" aria-label=label inner_html=markup></pre>
            {legend.map(|legend| view! { <ul class="layers" aria-hidden="true">{legend}</ul> })}
            <button
                type="button"
                class="link"
                hidden=move || { shown.get() >= length }
                on:click=move |_| shown.update(|shown| *shown *= MORE)
            >
                {move || format!("Show more: {} of {length} bytes are shown", shown.get().min(length))}
            </button>
        </div>
    }
}
