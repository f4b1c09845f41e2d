//! Pictures to be taken away: two quiet buttons beside each picture, for lines (SVG) and for pixels (PNG, at twice the
//! size that it has on the page). Both are of the same document: heading, picture, legend, and how it was recorded.

use leptos::prelude::*;

use super::state::LabState;
use crate::browser::{picture as pixels, saving, surroundings};
use crate::drawing::Scene;
use crate::drawing::charts::{occurring, sample};
use crate::format::standalone::{self, Document, LONGEST_SIDE, Sheet, TooLarge};
use crate::lab::link::Theme;
use crate::trace::Trace;
use crate::words;

/// How many times larger than on the page a picture in pixels is.
const ENLARGED: f64 = 2.0;

/// A picture with what stands beside it in a file.
pub(super) struct Picture {
    /// Its heading.
    pub(super) title: String,
    /// How it was recorded.
    pub(super) description: String,
    /// What the file is called, up to the dot.
    pub(super) file: String,
    /// One below another.
    pub(super) scenes: Vec<Scene>,
    /// The signs that occur, each with its words.
    pub(super) legend: Vec<(Scene, &'static str)>,
}

impl Picture {
    fn document(&self, theme: standalone::Theme) -> Document {
        standalone::document(&Sheet {
            title: &self.title,
            description: &self.description,
            scenes: &self.scenes.iter().collect::<Vec<_>>(),
            legend: &self.legend,
            theme,
        })
    }
}

/// What the files of a run are called, up to what tells them apart.
pub(super) fn stem(trace: &Trace) -> String {
    format!("duplex-{}-{}", trace.circumstances.lab, &trace.circumstances.run.to_string()[..8])
}

/// The legend of a chart: the signs that occur in it.
pub(super) fn legend(scene: &Scene) -> Vec<(Scene, &'static str)> {
    occurring(scene).into_iter().map(|sign| (sample::of(sign), words::charts::sign(sign.sign))).collect()
}

/// The buttons beside a picture. `name` says of which; `make` lays it out, if there is anything to be drawn.
#[component]
pub(super) fn Save(
    state: LabState,
    name: &'static str,
    #[prop(into)] ready: Signal<bool>,
    make: impl Fn() -> Option<Picture> + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let trouble = RwSignal::new(None::<String>);
    let idle = move || !ready.get() || state.running.get();
    let save = move |kind: Kind| {
        trouble.set(None);
        let Some(picture) = untrack(make) else { return };
        let document = picture.document(theme(state));
        leptos::task::spawn_local(async move {
            if let Err(why) = kind.save(&picture.file, &document).await {
                trouble.try_set(Some(why));
            }
        });
    };
    let buttons = [Kind::Svg, Kind::Png].map(|kind| {
        view! {
            <button type="button" class=kind.class() disabled=idle on:click=move |_| save(kind)
                aria-label=format!("{}: save “{name}” as a picture", kind.name()) title=kind.title()>
                {kind.name()}
            </button>
        }
    });
    view! {
        <span class="save">{buttons}</span>
        <span class="error" role="alert">{move || trouble.get()}</span>
    }
}

/// What kind of file.
#[derive(Clone, Copy)]
enum Kind {
    Svg,
    Png,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Svg => "SVG",
            Self::Png => "PNG",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Svg => "quiet as-svg",
            Self::Png => "quiet as-png",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Svg => "Save this picture as SVG: sharp at any size",
            Self::Png => "Save this picture as PNG: pixels, at twice its size",
        }
    }

    async fn save(self, file: &str, document: &Document) -> Result<(), String> {
        let saved = match self {
            Self::Svg => saving::download(&format!("{file}.svg"), "image/svg+xml", &document.text),
            Self::Png => {
                let size = document.pixels(ENLARGED).map_err(too_large)?;
                pixels::save_as_png(&format!("{file}.png"), &document.text, size).await
            }
        };
        saved.map_err(|why| match self {
            Self::Svg => format!("The picture could not be saved: {why}."),
            Self::Png => format!("The picture could not be saved as PNG: {why}. SVG has no such limit."),
        })
    }
}

fn too_large(TooLarge(width, height): TooLarge) -> String {
    format!(
        "As PNG this picture would be {width} × {height} pixels, and browsers paint none with a side of more than \
         {LONGEST_SIDE}. Save it as SVG, which has no such limit, or zoom out before."
    )
}

/// On which ground the page is shown now.
fn theme(state: LabState) -> standalone::Theme {
    let is_dark = match state.link.read_untracked().theme {
        Theme::Light => false,
        Theme::Dark => true,
        Theme::Auto => surroundings::prefers_dark(),
    };
    if is_dark { standalone::Theme::Dark } else { standalone::Theme::Light }
}
