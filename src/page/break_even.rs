//! When which way of talking pays (claim C16): sliders, the chart of what a session comes to, the recommendation with
//! its reason, the same numbers as a table, and what all of it rests on.

use leptos::html::Div;
use leptos::prelude::*;

use super::paper;
use super::picture::{Picture, Save, legend};
use super::state::LabState;
use super::verdict::PageLink;
use crate::analysis::break_even::{
    BreakEven as Even, Costs, Criterion, Gap, LeftOut, Line, Measure, Part, Policy, Recommendation, Setting, Situation,
    Slider, Starter, StoredCosts, Way, advise,
};
use crate::analysis::judgement::exchange::Case;
use crate::browser::{element, surroundings};
use crate::drawing::break_even::{Along, View, amount, lines, messages_at, near_crossings, read_out};
use crate::format::standalone;
use crate::format::svg;
use crate::lab::Lab;
use crate::lab::link::Page;
use crate::words::break_even as words;
use crate::words::labs;

/// In pixels.
const HEIGHT: f64 = 320.0;
/// Ten short messages a minute for ten minutes, from both sides.
const AT_FIRST: Situation =
    Situation { per_hour: 600, payload: 32, starter: Starter::Both, minutes: 10, poll_interval: 5_000 };

/// Where a slider can stand: it covers a day as well as a second, so its steps grow.
const fn stops(slider: Slider) -> &'static [u32] {
    match slider {
        Slider::PerHour => &[
            1, 2, 4, 6, 12, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 18_000, 36_000, 72_000, 180_000,
            360_000,
        ],
        Slider::Payload => &[
            0, 1, 2, 5, 10, 20, 32, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_240, 20_480, 51_200, 102_400, 204_800,
            512_000, 1_048_576,
        ],
        Slider::Minutes => &[1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1_440],
        Slider::PollInterval => &[
            100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
            3_600_000,
        ],
        Slider::Starter => &[],
    }
}

/// What to take, or of each way what is missing to say so.
type Advised = Result<Recommendation, Vec<(Way, Gap)>>;

/// What the visitor asks about.
#[derive(Clone, Copy)]
struct Asked {
    costs: Signal<Option<StoredCosts>>,
    situation: RwSignal<Situation>,
    measure: RwSignal<Measure>,
    along: RwSignal<Along>,
    /// Only the first messages, where lines cross.
    near: RwSignal<bool>,
    /// What is to be expected of each way; `None` without costs.
    even: Memo<Option<Even>>,
    /// What is advised, or why each way cannot be.
    advice: Memo<Option<Advised>>,
}

impl Asked {
    fn new(costs: Signal<Option<StoredCosts>>) -> Self {
        let (situation, measure) = (RwSignal::new(AT_FIRST), RwSignal::new(Measure::Bytes));
        let policy = Policy::default();
        let even = Memo::new(move |_| Some(Even::of(&costs.read().as_ref()?.costs, situation.get(), policy)));
        let advice = Memo::new(move |_| {
            let criterion = Criterion { measure: measure.get(), ..Criterion::default() };
            Some(advise(&costs.read().as_ref()?.costs, situation.get(), policy, criterion))
        });
        let (along, near) = (RwSignal::new(Along::Messages), RwSignal::new(false));
        Self { costs, situation, measure, along, near, even, advice }
    }

    /// How many messages to show if not the whole session.
    fn nearer(&self) -> Option<f64> {
        near_crossings(self.even.read().as_ref()?, self.measure.get())
    }

    fn advised(&self) -> Option<Way> {
        Some(self.advice.read().as_ref()?.as_ref().ok()?.way)
    }
}

/// The break-even from a run's costs; without them, how to come by them.
#[component]
pub(super) fn BreakEven(state: LabState, costs: Signal<Option<StoredCosts>>) -> impl IntoView {
    let known = Memo::new(move |_| costs.read().is_some());
    let content = move || {
        if known.get() {
            let asked = Asked::new(costs);
            return view! {
                <Sliders asked/>
                <Advice asked/>
                <Chart state asked/>
                <Numbers asked/>
                <Basis asked/>
            }
            .into_any();
        }
        view! {
            <p>
                "This needs to know what a message, a handshake and a connection cost here. A run of the lab “"
                <PageLink state page=Page::Lab(Lab::Exchange) words=labs::of(Lab::Exchange).title/>
                "” measures that."
            </p>
        }
        .into_any()
    };
    view! {
        <section class="break-even chart" id="break-even">
            <h3>"When does which one pay?"</h3>
            <p class="hint">
                "Say what you want to talk about: what the run measured is added up for each way to do it. "
                "After how many messages has the WebSocket’s handshake paid for itself?"
            </p>
            {content}
        </section>
    }
}

#[component]
fn Sliders(asked: Asked) -> impl IntoView {
    let who = Starter::ALL.map(|starter| {
        let chosen = move || asked.situation.read().starter == starter;
        let choose = move |_| asked.situation.update(|it| *it = it.with(Slider::Starter, Setting::Starter(starter)));
        radio("even-starter", words::starter(starter), chosen, choose)
    });
    let what = [Measure::Bytes, Measure::Time].map(|measure| {
        let chosen = move || asked.measure.get() == measure;
        radio("even-measure", words::measure(measure), chosen, move |_| asked.measure.set(measure))
    });
    let known = Case::ALL.map(|case| {
        let choose = move |_| asked.situation.set(case.situation());
        view! { <button type="button" class="quiet" on:click=choose>{labs::exchange::case(case)}</button> }
    });
    view! {
        <div class="buttons" role="group" aria-label="Situations to begin with">{known.collect_view()}</div>
        <div class="sliders">
            <Range asked slider=Slider::PerHour/>
            <Range asked slider=Slider::Payload/>
            <Range asked slider=Slider::Minutes/>
            <Range asked slider=Slider::PollInterval/>
            <fieldset class="choices"><legend>{words::slider(Slider::Starter)}</legend>{who.collect_view()}</fieldset>
            <fieldset class="choices"><legend>"Added up"</legend>{what.collect_view()}</fieldset>
        </div>
    }
}

fn radio(
    name: &'static str,
    label: &'static str,
    chosen: impl Fn() -> bool + Send + 'static,
    choose: impl FnMut(leptos::ev::Event) + 'static,
) -> impl IntoView {
    view! {
        <label class="choice">
            <input type="radio" name=name prop:checked=chosen on:change=choose/>
            <span>{label}</span>
        </label>
    }
}

/// A slider over its stops, with what it stands at in words.
#[component]
fn Range(asked: Asked, slider: Slider) -> impl IntoView {
    let stops = stops(slider);
    let place = move || match asked.situation.read().get(slider) {
        Setting::Number(number) => stops.partition_point(|stop| *stop < number),
        Setting::Starter(_) => 0,
    };
    let said = move || words::setting(slider, asked.situation.read().get(slider));
    let take = move |text: String| {
        if let Some(number) = text.parse::<usize>().ok().and_then(|place| stops.get(place)) {
            asked.situation.update(|it| *it = it.with(slider, Setting::Number(*number)));
        }
    };
    // Who asks alone has nothing to poll for.
    let idle = move || slider == Slider::PollInterval && asked.situation.read().starter == Starter::Client;
    let id = format!("even-{}", words::slider(slider).to_lowercase().replace(' ', "-"));
    view! {
        <div class="slider" hidden=idle>
            <label for=id.clone()>{words::slider(slider)}</label>
            <input
                type="range" id=id.clone() min="0" max=stops.len().saturating_sub(1) step="1"
                prop:value=move || place().to_string()
                aria-valuetext=said
                on:input:target=move |event| take(event.target().value())
            />
            <output for=id>{said}</output>
        </div>
    }
}

/// What is advised, why, and when it would be another.
#[component]
fn Advice(asked: Asked) -> impl IntoView {
    let sentence = move || match &*asked.advice.read() {
        Some(Ok(advice)) => words::recommendation(advice),
        Some(Err(_)) => {
            "Nothing can be advised: no way to do this has known costs. The table says what is missing.".to_owned()
        }
        None => String::new(),
    };
    let changes = move || {
        let Some(Ok(advice)) = &*asked.advice.read() else { return Vec::new().collect_view() };
        let situation = asked.situation.get();
        let changes = advice.changes.iter().map(|change| view! { <li>{words::change(change, situation)}</li> });
        changes.collect::<Vec<_>>().collect_view()
    };
    let fixed = move || matches!(&*asked.advice.read(), Some(Ok(advice)) if advice.changes.is_empty());
    let some = move || matches!(&*asked.advice.read(), Some(Ok(advice)) if !advice.changes.is_empty());
    view! {
        <div class="advice" data-advised=move || asked.advised().map(Way::slug)>
            <p role="status">{sentence}</p>
            <p class="hint" hidden=move || !fixed()>"No single slider, wherever it stands, would change that."</p>
            <p class="hint" hidden=move || !some()>"It would be another one:"</p>
            <ul class="findings hint">{changes}</ul>
        </div>
    }
}

#[component]
fn Chart(state: LabState, asked: Asked) -> impl IntoView {
    let holder = NodeRef::<Div>::new();
    let (measured, on_paper) = (RwSignal::new(640.0_f64), state.look.on_paper);
    // Narrower than this there is no room for lines beside their labels.
    let width = Signal::derive(move || if on_paper.get() { paper::WIDTH } else { measured.get().max(280.0) });
    // The effect keeps what it gives, and with it the observer, as long as the component lives.
    Effect::new(move |_| {
        let element = holder.get()?;
        element::observe_size(&element, move |wide, _| {
            if measured.try_get_untracked().is_some_and(|known| known != wide) {
                measured.set(wide);
            }
        })
    });
    let view = move || {
        let even = asked.even.read();
        let session = even.as_ref().map_or(1.0, |even| even.situation.messages().as_f64());
        View {
            width: width.get(),
            height: HEIGHT,
            measure: asked.measure.get(),
            along: asked.along.get(),
            until: asked.nearer().filter(|_| asked.near.get()).unwrap_or(session),
            advised: asked.advised(),
        }
    };
    let markup =
        move || asked.even.read().as_ref().map_or_else(String::new, |even| svg::markup(&lines(even, view()), None));
    // After how many messages the chart is read out.
    let read = RwSignal::new(None::<f64>);
    let reading = move || read_out(asked.even.read().as_ref()?, view(), read.get()?);
    let over = move || reading().map_or_else(String::new, |(scene, _)| svg::markup(&scene, None));
    let told = move || reading().map_or_else(|| "Nothing is read out yet.".to_owned(), |(_, words)| words);
    let point = move |event: &leptos::ev::MouseEvent| {
        let even = asked.even.read_untracked();
        if let Some((even, element)) = even.as_ref().zip(holder.get_untracked()) {
            read.set(Some(messages_at(even, untrack(view), element::place_in(&element, event).0)));
        }
    };
    let step = move |event: leptos::ev::KeyboardEvent| {
        let until = untrack(view).until.max(1.0);
        let by = (until / 100.0).round().max(1.0);
        let before = read.get_untracked();
        let next = match event.key().as_str() {
            _ if event.ctrl_key() || event.alt_key() || event.meta_key() => return,
            "ArrowRight" | "ArrowUp" => Some(before.map_or(1.0, |before| before + by)),
            "ArrowLeft" | "ArrowDown" => Some(before.map_or(until, |before| before - by)),
            "Home" => Some(1.0),
            "End" => Some(until),
            "Escape" => None,
            _ => return,
        };
        event.prevent_default();
        read.set(next.map(|messages| messages.clamp(1.0, until)));
    };
    let make = move || picture(asked, view());
    let said = move || on_paper.get().then(|| description(asked)).flatten();
    let in_minutes = move || asked.along.get() == Along::Minutes;
    let along = move |minutes: bool| asked.along.set(if minutes { Along::Minutes } else { Along::Messages });
    view! {
        <p class="tools">
            <label>
                <input type="checkbox" prop:checked=in_minutes on:change:target=move |event| along(event.target().checked())/>
                " Time of the session, instead of messages"
            </label>
            <label hidden=move || asked.nearer().is_none()>
                <input
                    type="checkbox"
                    prop:checked=move || asked.near.get()
                    on:change:target=move |event| asked.near.set(event.target().checked())
                />
                " Only the beginning, where lines cross"
            </label>
        </p>
        <div class="head">
            <p class="read-out" aria-live="polite">{told}</p>
            <Save state name=HEADING ready=Signal::stored(true) make/>
        </div>
        <div node_ref=holder class="holder" tabindex="0" role="application" on:pointermove=move |event| point(&event) on:keydown=step
            aria-label="What a session comes to, for each way to talk. Left and right read it out; the table below has the same values">
            <svg width=width height=HEIGHT viewBox=move || format!("0 0 {} {HEIGHT}", width.get()) aria-hidden="true" inner_html=markup></svg>
            <svg class="over" width=width height=HEIGHT aria-hidden="true" inner_html=over></svg>
        </div>
        <p class="hint">
            "Circles: from that message on, the one line is below the other. A line that leaves at the upper edge comes to what its label, or the table, says."
        </p>
        <p class="on-paper hint">{said}</p>
    }
}

/// What the chart is called.
const HEADING: &str = "What a session comes to, for each way to talk";

/// The chart as a picture to be taken away.
fn picture(asked: Asked, view: View) -> Option<Picture> {
    let even = asked.even.read_untracked();
    let scene = lines(even.as_ref()?, view);
    Some(Picture {
        title: HEADING.to_owned(),
        description: description(asked)?,
        file: "duplex-break-even".to_owned(),
        legend: legend(&scene),
        scenes: vec![scene],
    })
}

/// What the chart is of, and which run its lines are derived from.
fn description(asked: Asked) -> Option<String> {
    let situation = asked.situation.get();
    let mut sliders = vec![Slider::PerHour, Slider::Payload, Slider::Starter, Slider::Minutes];
    // Who asks alone has nothing to poll for.
    if situation.starter != Starter::Client {
        sliders.push(Slider::PollInterval);
    }
    let said = |slider| format!("{}: {}", words::slider(slider), words::setting(slider, situation.get(slider)));
    let asked_about: Vec<String> = sliders.into_iter().map(said).collect();
    let stored = asked.costs.read();
    let stored = stored.as_ref()?;
    Some(format!("{}. Derived. {}", asked_about.join("; "), basis(stored, &standalone::utc(stored.started))))
}

/// Which run the lines are derived from.
fn basis(stored: &StoredCosts, when: &str) -> String {
    let StoredCosts { browser, http, ws, links, .. } = stored;
    format!("From the run of {when} in {browser} against {http} and {ws}{}.", standalone::emulated(links))
}

/// The numbers of the chart.
#[component]
fn Numbers(asked: Asked) -> impl IntoView {
    let messages = move || {
        let count = asked.even.read().as_ref().map_or(0.0, |even| even.situation.messages().as_f64());
        format!("After {} messages", (count * 100.0).round() / 100.0)
    };
    let rows = move || {
        let even = asked.even.read();
        let Some(even) = even.as_ref() else { return Vec::new().collect_view() };
        let advised = asked.advised();
        Way::ALL.into_iter().map(|way| row(even, asked.measure.get(), way, advised == Some(way))).collect_view()
    };
    view! {
        <div class="scroll-x">
            <table class="ways">
                <thead>
                    <tr>
                        <th scope="col">"Way"</th>
                        <th scope="col">"Once"</th>
                        <th scope="col">"Each message"</th>
                        <th scope="col">{messages}</th>
                        <th scope="col">"News arrive after"</th>
                        <th scope="col">"WebSocket is cheaper"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn row(even: &Even, measure: Measure, way: Way, advised: bool) -> AnyView {
    let name = words::way(way);
    let class = svg::protocol_class(way.protocol());
    let outlook = even.outlook(way);
    let Line { opening, per_message } = match outlook.line(measure) {
        Ok(line) => line,
        Err(gap) => {
            let why = words::gap(gap);
            return view! { <tr data-way=way.slug()><th scope="row" class=class>{name}</th><td colspan="5" class="words">{why}</td></tr> }
                .into_any();
        }
    };
    let said = |value: f64| amount(measure, value);
    let total = even.total(measure, way).map_or_else(words::gap, |total| said(total.as_f64()));
    let delay = match outlook.delay {
        Ok(delay) => amount(Measure::Time, delay.as_f64()),
        Err(Gap::NoNews) => "—".to_owned(),
        Err(gap) => words::gap(gap),
    };
    let since = match way {
        Way::WebSocket => "—".to_owned(),
        _ => even.crossing(measure, Way::WebSocket, way).map_or_else(words::gap, words::crossing),
    };
    view! {
        <tr data-way=way.slug() class:advised=advised>
            <th scope="row" class=class>{name}</th>
            <td>{said(opening.as_f64())}</td>
            <td>{said(per_message.as_f64())}</td>
            <td>{total}</td>
            <td>{delay}</td>
            <td>{since}</td>
        </tr>
    }
    .into_any()
}

/// Which figures of which run all this rests on, and what it leaves out.
#[component]
fn Basis(asked: Asked) -> impl IntoView {
    let open = RwSignal::new(false);
    let rows = Memo::new(move |_| {
        let stored = asked.costs.read();
        let Some(stored) = stored.as_ref().filter(|_| open.get()) else { return Vec::new() };
        figures(&stored.costs, asked.situation.get(), asked.measure.get())
    });
    let run = move || {
        let stored = asked.costs.read();
        stored.as_ref().map_or_else(String::new, |stored| basis(stored, &surroundings::date(stored.started)))
    };
    let shown = move || {
        let row = |[what, value, from]: [String; 3]| {
            view! { <tr><th scope="row">{what}</th><td>{value}</td><td class="words">{from}</td></tr> }
        };
        rows.get().into_iter().map(row).collect_view()
    };
    view! {
        <details class="basis" on:toggle:target=move |event| open.set(event.target().open())>
            <summary>"What this rests on"</summary>
            <p class="hint">{run}</p>
            <div class="scroll-x">
                <table>
                    <thead>
                        <tr><th scope="col">"Figure"</th><th scope="col">"Value"</th><th scope="col">"Where it comes from"</th></tr>
                    </thead>
                    <tbody>{shown}</tbody>
                </table>
            </div>
            <p class="hint">
                "Lines, totals, crossings and advice are derived from these. A long poll is taken to be answered after 30 s, a silent "
                "connection to be closed after 2 min, and one way to take half of a round trip. Left out, alike for all:"
            </p>
            <ul class="findings hint">{LeftOut::ALL.map(|what| view! { <li>{words::left_out(what)}</li> }).collect_view()}</ul>
            <p class="hint">"What this page adds in order to measure is in none of it."</p>
        </details>
    }
}

/// The figures that the drawn lines rest on: what, how much, and where from.
fn figures(costs: &Costs, situation: Situation, measure: Measure) -> Vec<[String; 3]> {
    let needed: Vec<Part> = Way::ALL
        .into_iter()
        .flat_map(|way| Even::rests_on(costs, situation, Policy::default(), measure, way))
        .collect();
    let known = Part::ALL.into_iter().filter(|part| needed.contains(part));
    known
        .filter_map(|part| {
            let figure = costs.get(part).ok()?;
            let value = amount(part.measure(), figure.value() as f64);
            Some([words::part(part).to_owned(), value, words::source(figure.source()).to_owned()])
        })
        .collect()
}
