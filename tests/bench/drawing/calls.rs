//! The functions that `harness.js` calls, as properties of the global object `ours`.

use std::cell::RefCell;
use std::rc::Rc;

use duplex::analysis::{Sample, Timeline};
use duplex::browser::{BrowserNetwork, Plan as Conversation, clock, discovery, page_address, surroundings, timer};
use duplex::drawing::charts::{Chart as _, Recorded, bytes, distribution, round_trips, waterfall};
use duplex::drawing::sequence::{self, Manner, Plan, Subject, View};
use duplex::drawing::{Item, Pace, Role, Scene, Shape};
use duplex::format::{self, svg};
use duplex::lab::exchange::Parameters;
use duplex::lab::{self, Settings};
use duplex::trace::{Circumstances, Endpoint, Outcome, Protocol, Recorder, Span, Speaks, Time, Trace};
use js_sys::{Array, Float64Array, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::Element;

/// From one message to the next, in pixels: room for every message's words.
const STEP: f64 = 26.0;
/// How wide a diagram is, in pixels.
const WIDTH: f64 = 640.0;
/// How high a window of the page is, in pixels.
const WINDOW: f64 = 560.0;

type Result<T> = std::result::Result<T, JsValue>;

thread_local! {
    /// The run that was read last, and its times: the samples that charts are made from.
    static RUN: RefCell<Option<(Trace, Timeline)>> = const { RefCell::new(None) };
}

/// Puts the functions in place.
pub(crate) fn install() {
    console_error_panic_hook::set_once();
    // Without a task's executor nothing is waited for; mounting nothing has one made.
    leptos::mount::mount_to_body(|| ());
    let ours = Object::new();
    put(&ours, "read", |text| read(&text.as_string().unwrap_or_default()));
    put(&ours, "stages", |text| stages(&text.as_string().unwrap_or_default()));
    put(&ours, "words", |element| diagram(element.unchecked_ref(), Size::ForAllWords));
    put(&ours, "window", |element| diagram(element.unchecked_ref(), Size::ForWindow));
    put(&ours, "labels", |_| labels());
    put(&ours, "chart", |element| chart_of(element.unchecked_ref()));
    put(&ours, "samples", |_| samples());
    put(&ours, "undrawn", |messages| Ok(undrawn(messages.as_f64().unwrap_or_default() as u32).into()));
    set(&js_sys::global(), "ours", &ours);
}

fn put(ours: &Object, name: &str, call: impl Fn(JsValue) -> Result<JsValue> + 'static) {
    let call = Closure::<dyn Fn(JsValue) -> Result<JsValue>>::new(call).into_js_value();
    set(ours, name, &call);
}

fn set(object: &Object, name: &str, value: &JsValue) {
    Reflect::set(object, &name.into(), value).expect("an object of our own takes properties");
}

fn because(why: impl ToString) -> JsValue {
    js_sys::Error::new(&why.to_string()).into()
}

fn with<T>(call: impl FnOnce(&Trace, &Timeline) -> T) -> Result<T> {
    RUN.with_borrow(|run| run.as_ref().map(|(trace, timeline)| call(trace, timeline)))
        .ok_or_else(|| because("no run was read"))
}

/// Reads a run, and keeps it.
fn read(text: &str) -> Result<JsValue> {
    let trace = format::read(text).map_err(because)?;
    let messages = trace.messages.len();
    let timeline = Timeline::of(&trace);
    RUN.set(Some((trace, timeline)));
    Ok((messages as u32).into())
}

/// How long each step from a file's text to two pictures takes, in ms.
fn stages(text: &str) -> Result<JsValue> {
    let stages = Array::new();
    let mut last = clock::now();
    let mut done = || {
        let now = clock::now();
        stages.push(&(now - std::mem::replace(&mut last, now)).as_millis().into());
    };
    let trace = format::read(text).map_err(because)?;
    done();
    let timeline = Timeline::of(&trace);
    done();
    let folded = |protocol| Manner { folding: true, pace: Pace::default(), ..Manner::plain(Subject::One(protocol)) };
    let plans = Protocol::BOTH.map(|protocol| Plan::of(&trace, &timeline, folded(protocol)));
    done();
    let open = |protocol| Manner { folding: false, ..folded(protocol) };
    let opened = Protocol::BOTH.map(|protocol| Plan::of(&trace, &timeline, open(protocol)));
    done();
    for plan in plans.iter().chain(&opened) {
        let whole = View::whole(plan, &trace, &timeline, 1.0, WIDTH);
        let scene = sequence::sequence(plan, &trace, &timeline, View { most: View::MOST, ..whole });
        std::hint::black_box(scene);
    }
    done();
    let (of, (width, height)) = (Recorded { trace: &trace, timeline: &timeline }, (900.0, 300.0));
    std::hint::black_box(chart_scene(&trace, &timeline));
    done();
    std::hint::black_box(distribution::Distribution::of(of, distribution::View { width, height, logarithmic: false }));
    done();
    std::hint::black_box(bytes::CumulativeBytes::of(
        of,
        bytes::View { width, height, along: bytes::Along::Messages, split: false },
    ));
    done();
    std::hint::black_box(waterfall::Rows::of(of, false));
    done();
    Ok(stages.into())
}

/// How large HTTP's diagram is drawn.
#[derive(Clone, Copy)]
enum Size {
    /// So that there is room for every message's words.
    ForAllWords,
    /// So that all of it is in a window: of the words those that have room.
    ForWindow,
}

/// HTTP's diagram with one step a message, all arrows.
fn scene(trace: &Trace, size: Size) -> Scene {
    let timeline = Timeline::of(trace);
    let manner = Manner { pace: Pace::Ordinal, ..Manner::plain(Subject::One(Protocol::Http)) };
    let plan = Plan::of(trace, &timeline, manner);
    let scale = match size {
        Size::ForAllWords => STEP,
        Size::ForWindow => (WINDOW - plan.height(trace, &timeline, 0.0)) / plan.reach(trace, &timeline).0,
    };
    sequence::sequence(&plan, trace, &timeline, View::whole(&plan, trace, &timeline, scale, WIDTH))
}

fn arrows(scene: &Scene) -> JsValue {
    let arrows = scene.items.iter().filter(|item| matches!(item.role, Role::Message { .. }));
    (arrows.count() as u32).into()
}

fn show(element: &Element, scene: &Scene) -> Result<()> {
    element.set_attribute("width", &scene.width.to_string())?;
    element.set_attribute("height", &scene.height.to_string())?;
    element.set_inner_html(&svg::markup(scene, None));
    Ok(())
}

/// Draws the diagram into an SVG element; gives the number of arrows.
fn diagram(element: &Element, size: Size) -> Result<JsValue> {
    let scene = with(|trace, _| scene(trace, size))?;
    show(element, &scene)?;
    Ok(arrows(&scene))
}

/// The words at each message, in order.
fn labels() -> Result<JsValue> {
    let scene = with(|trace, _| scene(trace, Size::ForAllWords))?;
    let label = |item: &Item| match (&item.shape, item.role) {
        (Shape::Text { text, .. }, Role::MessageLabel { .. }) => Some((item.message?, text.clone())),
        _ => None,
    };
    let mut labels: Vec<_> = scene.items.iter().filter_map(label).collect();
    labels.sort_by_key(|(message, _)| *message);
    Ok(labels.into_iter().map(|(_, text)| JsValue::from(text)).collect::<Array>().into())
}

fn chart_scene(trace: &Trace, timeline: &Timeline) -> Scene {
    let last = Protocol::BOTH.iter().filter_map(|protocol| timeline.samples(*protocol).last());
    let turns = last.map(|sample| sample.turn).max().unwrap_or(1);
    let view =
        round_trips::View { width: 900.0, height: 240.0, along: round_trips::Along::Turns(turns), logarithmic: false };
    round_trips::RoundTrips::of(Recorded { trace, timeline }, view).scene().clone()
}

/// Draws the chart of each exchange's time into an SVG element.
fn chart_of(element: &Element) -> Result<JsValue> {
    let scene = with(chart_scene)?;
    show(element, &scene)?;
    Ok((scene.items.len() as u32).into())
}

/// The same values as columns: turns, HTTP's ms, the WebSocket's ms.
fn samples() -> Result<JsValue> {
    with(|_, timeline| {
        let [http, ws] = Protocol::BOTH.map(|protocol| timeline.samples(protocol));
        let columns = |value: fn(&Sample) -> f64, samples: &[Sample]| {
            Float64Array::from(&samples.iter().map(value).collect::<Vec<_>>()[..])
        };
        let took: fn(&Sample) -> f64 = |sample| sample.took.as_millis();
        let columns = [columns(|sample| f64::from(sample.turn), http), columns(took, http), columns(took, ws)];
        columns.into_iter().collect::<Array>().into()
    })
}

/// A run of the exchange lab as the page makes one, of which nothing is drawn; gives its file's text.
fn undrawn(messages: u32) -> Promise {
    Promise::new(&mut |resolve, reject| {
        leptos::task::spawn_local(async move {
            let called = match run(messages).await {
                Ok(text) => resolve.call1(&JsValue::NULL, &text.into()),
                Err(why) => reject.call1(&JsValue::NULL, &because(why)),
            };
            called.expect("a promise's functions do not throw");
        });
    })
}

async fn run(messages: u32) -> std::result::Result<String, String> {
    let settings: Settings = Parameters { messages, ..Parameters::default() }.into();
    let origin = page_address::own_origin().ok_or("the document has no origin")?;
    let server = discovery::discover(&origin).await.ok_or("there is no echo server")?;
    let endpoint = |origin: String, path: &str| Endpoint {
        url: format!("{origin}{path}"),
        speaks: Speaks::Duplex,
        instance: Some(server.instance.clone()),
        behind_proxy: server.behind_proxy,
    };
    let plan = Conversation {
        run: surroundings::random_run_id(),
        http: endpoint(origin.clone(), &server.endpoints.echo),
        http_services: Some(server.endpoints.clone()),
        ws: endpoint(origin.replacen("http", "ws", 1), &server.endpoints.ws),
        ws_services: Some(server.endpoints.clone()),
        patience: settings.patience(),
    };
    let circumstances = Circumstances {
        run: plan.run,
        lab: settings.lab().slug().to_owned(),
        parameters: settings.pairs(),
        http: plan.http.clone(),
        ws: plan.ws.clone(),
        version: String::new(),
        browser: surroundings::browser(),
        resolution: clock::resolution(),
        isolated: surroundings::isolated(),
        secure: surroundings::secure(),
        started: clock::wall_clock(),
        origin: Time(0),
    };
    let recorder = Rc::new(RefCell::new(Recorder::default()));
    let network = BrowserNetwork::new(plan, recorder.clone(), || {});
    // As in the page: no run begins in the midst of a frame.
    timer::frame(|| {}).await;
    let origin = clock::now();
    lab::run(&network, &settings).await.map_err(|failure| format!("{failure:?}"))?;
    let ended = clock::now();
    timer::within(Span::from_millis(12_000), network.settle()).await.ok_or("the server gives no account")?;
    recorder.borrow_mut().end(ended, Outcome::Finished);
    let mut trace = Trace::new(Circumstances { origin, ..circumstances });
    recorder.borrow_mut().take().into_iter().for_each(|event| trace.apply(event));
    format::write(&trace).map_err(|error| error.to_string())
}
