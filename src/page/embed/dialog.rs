//! The dialog “Embed”: choices, a preview, and the markup to be copied into another page.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser::{element, page_address, saving, url};
use crate::lab::embedding::{DEFAULT_HEIGHT, DEFAULT_WIDTH, PERMISSIONS, Snippet};
use crate::lab::link::{Link, Page, Theme};
use crate::page::state::LabState;
use crate::words::labs;

/// How large a frame is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    Column,
    Slide,
    Phone,
}

impl Size {
    const ALL: [Self; 3] = [Self::Column, Self::Slide, Self::Phone];

    const fn name(self) -> &'static str {
        match self {
            Self::Column => "column",
            Self::Slide => "slide",
            Self::Phone => "phone",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Column => "as wide as its column",
            Self::Slide => "640 wide",
            Self::Phone => "360 wide",
        }
    }

    /// Width, if it is fixed, and height: of a frame that cannot grow.
    const fn pixels(self) -> (Option<u32>, u32) {
        match self {
            Self::Column => (None, DEFAULT_HEIGHT),
            Self::Slide => (Some(DEFAULT_WIDTH), DEFAULT_HEIGHT),
            Self::Phone => (Some(360), 640),
        }
    }
}

/// What is chosen.
#[derive(Clone, Copy)]
struct Choices {
    size: RwSignal<Size>,
    /// `None` is as the page around it has it.
    theme: RwSignal<Option<Theme>>,
    run: RwSignal<bool>,
}

/// What the element is told instead: the theme of the text around it. A frame without our script cannot know that, and follows the
/// reader's system.
const INHERIT: &str = "inherit";

impl Choices {
    /// The link of the frame.
    fn link(&self, page: &Link) -> Link {
        let theme = self.theme.get().unwrap_or_default();
        Link { embed: true, run: self.run.get(), theme, message: None, ..page.clone() }
    }

    /// The markup: a frame, and the element.
    fn markup(&self, page: &Link) -> [String; 2] {
        let link = self.link(page);
        let settings = Link { embed: false, theme: Theme::default(), ..link.clone() }.write();
        let settings: Vec<_> = settings.into_iter().filter(|(name, _)| name != "lab").collect();
        let (width, height) = self.size.get().pixels();
        let (address, title) = (page_address::own_address(&[]), title(link.page));
        let (query, settings) = (query(&link.write()), query(&settings));
        let lab = link.page.slug();
        let theme = self.theme.get().map_or(INHERIT, Theme::name);
        let snippet =
            Snippet { page: &address, query: &query, lab, settings: &settings, theme, title: &title, width, height };
        [snippet.iframe(), snippet.element()]
    }
}

/// Pairs as a query, without its question mark.
fn query(pairs: &[(String, String)]) -> String {
    url::with_query("", pairs).trim_start_matches('?').to_owned()
}

/// What the frame is called.
fn title(page: Page) -> String {
    let name = match page {
        Page::Lab(lab) => labs::of(lab).title,
        Page::Verdict => "The verdict",
        Page::Capture => "Your captures",
    };
    format!("Duplex: {name}")
}

/// The button, and the dialog that it opens.
#[component]
pub(in crate::page) fn EmbedDialog(state: LabState) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let is_open = RwSignal::new(false);
    let open = move |_| {
        is_open.set(true);
        if let Some(dialog) = dialog.get_untracked() {
            element::show_dialog(&dialog);
        }
    };
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    // A capture can be shown to others only if it is somewhere.
    let nothing_to_embed = move || {
        let link = state.link.read();
        link.page == Page::Capture && link.trace.is_none()
    };
    view! {
        <button type="button" class="embed" aria-haspopup="dialog" on:click=open hidden=nothing_to_embed>"Embed"</button>
        // Escape closes it, too; the browser leads the focus back to the button.
        <dialog class="embedding" node_ref=dialog aria-labelledby="embedding" on:close=move |_| is_open.set(false)>
            <div class="heading">
                <h3 id="embedding">"Embed this in a page"</h3>
                <button type="button" class="close" on:click=close>"Close"</button>
            </div>
            // Nothing is loaded for who does not look.
            <Show when=move || is_open.get()>
                <Content state/>
            </Show>
        </dialog>
    }
}

#[component]
fn Content(state: LabState) -> impl IntoView {
    let choices = Choices { size: RwSignal::new(Size::Column), theme: RwSignal::new(None), run: RwSignal::new(false) };
    let markup = Memo::new(move |_| choices.markup(&state.link.read()));
    // The preview makes no traffic by itself; and a frame is not loaded anew for what it need not be.
    let preview = Memo::new(move |_| {
        let link = Link { run: false, ..choices.link(&state.link.read()) };
        page_address::own_path(&link.write())
    });
    // Property by property: the page's policy allows no style attribute.
    let width = move || choices.size.get().pixels().0.map_or_else(|| "100%".to_owned(), |width| format!("{width}px"));
    let height = move || format!("{}px", choices.size.get().pixels().1);
    let local = page_address::on_loopback().then(|| {
        view! {
            <p class="notice">
                "The address below is that of your own machine: a page with this markup finds Duplex there, and nobody else does. \
                 Open Duplex at the address at which your readers reach it, and take the markup from there."
            </p>
        }
    });
    view! {
        <Fields choices no_runs=Signal::derive(move || state.link.read().trace.is_some())/>
        {local}
        <Markup
            id="markup-element"
            label="Markup with the element"
            hint="It is as high as it needs to be, follows the page’s colours, and loads when it comes into sight."
            text=Signal::derive(move || markup.read()[1].clone())
        />
        <Markup
            id="markup-iframe"
            label="Markup without a script"
            hint="For places that allow no scripts. Its size is fixed; what does not fit is scrolled. As the page around it, it cannot be: then it follows the reader’s system."
            text=Signal::derive(move || markup.read()[0].clone())
        />
        <p class="hint">
            "In a page that came by https, Duplex and its server have to be reached by https as well. "
            <code>"allow"</code>" grants the frame a finer clock, if your page is isolated itself, and leave to talk to a server on the reader’s own network."
        </p>
        <h4>"Preview"</h4>
        <iframe class="preview" title="Preview of the embedded lab" src=preview style:width=width style:height=height allow=PERMISSIONS></iframe>
    }
}

#[component]
fn Fields(choices: Choices, no_runs: Signal<bool>) -> impl IntoView {
    let sizes = Size::ALL.map(|size| view! { <option value=size.name()>{size.words()}</option> });
    let themes = Theme::ALL.map(|theme| {
        let words = if theme == Theme::Auto { "as the reader’s system" } else { theme.name() };
        view! { <option value=theme.name()>{words}</option> }
    });
    let choose_size = move |name: String| {
        if let Some(size) = Size::ALL.into_iter().find(|size| size.name() == name) {
            choices.size.set(size);
        }
    };
    let choose_theme = move |name: String| choices.theme.set(Theme::ALL.into_iter().find(|theme| theme.name() == name));
    view! {
        <div class="fields">
            <label class="field">
                <span>"Size"</span>
                <select name="embed-size" on:change:target=move |event| choose_size(event.target().value())>{sizes}</select>
            </label>
            <label class="field">
                <span>"Theme"</span>
                <select name="embed-theme" on:change:target=move |event| choose_theme(event.target().value())>
                    <option value=INHERIT>"as the page around it"</option>
                    {themes}
                </select>
            </label>
            <label class="check" hidden=no_runs>
                <input type="checkbox" name="embed-run" on:change:target=move |event| choices.run.set(event.target().checked())/>
                " run by itself once it has loaded"
            </label>
        </div>
    }
}

/// A text to be copied.
#[component]
fn Markup(id: &'static str, label: &'static str, hint: &'static str, text: Signal<String>) -> impl IntoView {
    let copied = RwSignal::new(None::<bool>);
    Effect::new(move |_| {
        text.track();
        copied.set(None);
    });
    let button = format!("copy-{id}");
    let copy = {
        let button = button.clone();
        move |_| {
            let button = button.clone();
            spawn_local(async move {
                let worked = saving::copy(text.get_untracked(), id).await;
                if worked {
                    // To copy by hand takes the focus to the field.
                    element::focus(&button);
                }
                copied.try_set(Some(worked));
            });
        }
    };
    let said = move || match copied.get() {
        None => "",
        Some(true) => "Copied.",
        Some(false) => "The browser does not let this page copy. The text is selected, to be copied by hand.",
    };
    view! {
        <div class="markup">
            <label for=id>{label}</label>
            <button type="button" id=button on:click=copy>"Copy"</button>
            <textarea id=id readonly=true rows="6" spellcheck="false" prop:value=text></textarea>
            <p class="hint">{hint}" "<span role="status">{said}</span></p>
        </div>
    }
}
