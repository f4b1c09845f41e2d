//! What charts look like in a file: the pictures of all charts of a run, with the legends that they have on the page,
//! which name what occurs and nothing else.

use std::collections::BTreeSet;

use duplex::analysis::Timeline;
use duplex::analysis::break_even::{BreakEven, Measure, Policy, Situation, Starter, StoredCosts, Way};
use duplex::drawing::break_even::{self, lines};
use duplex::drawing::charts::bytes::CumulativeBytes;
use duplex::drawing::charts::distribution::Distribution;
use duplex::drawing::charts::round_trips::RoundTrips;
use duplex::drawing::charts::waterfall::{ROW, Rows, TOP, Waterfall};
use duplex::drawing::charts::{
    Chart, Event, Layer, Piece, Recorded, Sign, bytes, distribution, occurring, round_trips, sample, waterfall,
};
use duplex::drawing::{Item, Role, Scene, Shape};
use duplex::trace::Trace;
use duplex::words;

use crate::named_runs;
use crate::xml::Element;

/// A chart: its name, its picture, and what its signs mean.
pub(crate) type Drawn = (&'static str, Scene, Vec<(Scene, &'static str)>);

/// The charts of a run.
pub(crate) fn charts(trace: &Trace) -> Vec<Drawn> {
    let timeline = Timeline::of(trace);
    let of = Recorded { trace, timeline: &timeline };
    let along = round_trips::Along::Time { wall: false };
    let times = RoundTrips::of(of, round_trips::View { width: 640.0, height: 260.0, along, logarithmic: false });
    let spread = Distribution::of(of, distribution::View { width: 640.0, height: 300.0, logarithmic: false });
    let view = bytes::View { width: 640.0, height: 300.0, along: bytes::Along::Messages, split: false };
    let carried = CumulativeBytes::of(of, view);
    let rows = std::sync::Arc::new(Rows::of(of, false));
    let height = TOP + rows.len().max(4) as f64 * ROW;
    let fall = Waterfall::of(of, &rows, waterfall::View { width: 640.0, height, first: 0 });
    let drawn = |name, chart: &dyn Chart| (name, chart.scene().clone(), legend(chart.scene()));
    let mut all = vec![
        drawn("times", &times),
        drawn("distribution", &spread),
        drawn("bytes", &carried),
        drawn("waterfall", &fall),
    ];
    if let Some(stored) = StoredCosts::of(trace, &timeline) {
        let scene = break_even_of(&stored);
        let signs = legend(&scene);
        all.push(("break-even", scene, signs));
    }
    all
}

/// A chart's legend, as the page has it.
fn legend(scene: &Scene) -> Vec<(Scene, &'static str)> {
    occurring(scene).into_iter().map(|sign| (sample::of(sign), words::charts::sign(sign.sign))).collect()
}

/// What ten minutes of messages from both sides come to, by a run's costs.
fn break_even_of(stored: &StoredCosts) -> Scene {
    let situation = Situation { per_hour: 600, payload: 32, starter: Starter::Both, minutes: 10, poll_interval: 5_000 };
    let even = BreakEven::of(&stored.costs, situation, Policy::default());
    let view = break_even::View {
        width: 640.0,
        height: 320.0,
        measure: Measure::Bytes,
        along: break_even::Along::Messages,
        until: 100.0,
        advised: Some(Way::WebSocket),
    };
    lines(&even, view)
}

/// Each kind of shape that a chart's picture has stands in its legend, and nothing else does.
pub(crate) fn says_what_occurs(root: &Element, scene: &Scene) {
    let kinds: BTreeSet<&str> = scene.items.iter().filter_map(meaning).collect();
    let said: String =
        root.walk().iter().filter(|element| element.name == "text").map(|text| format!("{} ", text.text)).collect();
    for (words, means) in MEANINGS {
        assert_eq!(said.contains(words), kinds.contains(means), "{means}: {said}");
    }
}

/// What stands in a legend, and the kind of shape that it is for.
const MEANINGS: [(&str, &str); 16] = [
    ("an exchange", "sample"),
    ("not counted: the warm-up", "left out"),
    ("from the least to the greatest", "spread"),
    ("the median of several", "median"),
    ("beyond the scale", "beyond"),
    ("a connection was opened", "opened"),
    ("a part of the script begins", "part"),
    ("how many took about so long", "bar"),
    ("which part took at most so long", "cumulative"),
    ("p50, p95, p99", "percentile"),
    ("payload: what", "payload"),
    ("overhead: what", "overhead"),
    ("instrument: what", "instrument"),
    ("at least so many bytes", "at least"),
    ("phases unknown", "undivided"),
    ("the one line is below the other", "crossing"),
];

fn meaning(item: &Item) -> Option<&'static str> {
    let is_triangle = matches!(item.shape, Shape::Path { .. });
    Some(match item.role {
        Role::Sample { .. } if is_triangle => "beyond",
        Role::Sample { left_out, .. } => {
            if left_out {
                "left out"
            } else {
                "sample"
            }
        }
        Role::Beyond(_) => "beyond",
        Role::Spread(_) => "spread",
        Role::Median(_) => "median",
        Role::Event { what: Event::Opened, .. } => "opened",
        Role::Event { what: Event::Part, .. } => "part",
        Role::Bar(_) => "bar",
        Role::Cumulative(_) => "cumulative",
        Role::Percentile(_) => "percentile",
        Role::Layer { layer: Layer::Payload, .. } => "payload",
        Role::Layer { layer: Layer::Overhead, .. } => "overhead",
        Role::Layer { layer: Layer::Instrument, .. } => "instrument",
        Role::AtLeast(_) => "at least",
        Role::Piece { piece: Piece::Undivided, .. } => "undivided",
        Role::Crossing => "crossing",
        _ => return None,
    })
}

#[test]
fn a_legends_sign_has_the_form_and_the_colour_of_what_it_stands_for() {
    for (name, trace, _) in named_runs() {
        for (chart, scene, _) in charts(&trace) {
            for sign in occurring(&scene) {
                let drawn: Vec<Role> = sample::of(sign).items.iter().map(|item| item.role).collect();
                for role in &drawn {
                    let same = |item: &&Item| std::mem::discriminant(&item.role) == std::mem::discriminant(role);
                    // What lies beyond the scale is a sample where each has a sign of its own.
                    let occurs = scene.items.iter().any(|item| item.role == *role) || sign.sign == Sign::Beyond;
                    assert!(occurs || sign.of == [false; 2], "{role:?} in the legend of {chart} of {name}");
                    assert!(sign.sign == Sign::Beyond || scene.items.iter().any(|item| same(&item)), "{role:?}");
                }
                assert_eq!(drawn.len(), sign.of.iter().filter(|of| **of).count().max(1), "{sign:?}");
            }
        }
    }
}
