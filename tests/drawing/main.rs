//! The sequence diagrams from outside: what must hold of every one, over runs of many shapes; their marks, axes and
//! folds; and a handful of pictures that somebody has looked at.
#![cfg(not(target_arch = "wasm32"))]

mod axes;
mod marks;
mod properties;
#[path = "../simulated/mod.rs"]
mod simulated;
mod snapshots;

use duplex::analysis::Timeline;
use duplex::drawing::sequence::{self, Manner, Plan, Subject, View};
use duplex::drawing::{Item, Role, Scene, Shape};
use duplex::lab::exchange::Parameters;
use duplex::lab::{Lab, Settings};
use duplex::network::sim::Conditions;
use duplex::trace::{MessageId, Protocol, Trace};

fn recorded(parameters: Parameters, conditions: Conditions) -> Trace {
    simulated::record(parameters, conditions, None)
}

/// A protocol's diagram in true proportion, in its own time; a stretch of it or the whole.
fn draw(trace: &Trace, protocol: Protocol, scale: f64, visible: Option<(f64, f64)>) -> Scene {
    draw_as(trace, Manner::plain(Subject::One(protocol)), scale, visible)
}

fn draw_as(trace: &Trace, manner: Manner, scale: f64, visible: Option<(f64, f64)>) -> Scene {
    let timeline = Timeline::of(trace);
    let plan = Plan::of(trace, &timeline, manner);
    let whole = View::whole(&plan, trace, &timeline, scale, 480.0);
    sequence::sequence(&plan, trace, &timeline, View { visible: visible.unwrap_or(whole.visible), ..whole })
}

fn arrows(scene: &Scene) -> impl Iterator<Item = (&Item, f64, f64)> {
    scene.items.iter().filter_map(|item| match item.shape {
        Shape::Arrow { from, to } => Some((item, from.y, to.y)),
        _ => None,
    })
}

/// A lab with its defaults, but for a crowd as large as it may be.
fn crowded(lab: Lab) -> Settings {
    let mut settings = Settings::of(lab);
    if lab == Lab::Crowd {
        settings.set("clients", "100").expect("so many may be");
    }
    settings
}

/// What each message looks like: its arrow, and whether it has words.
fn arrows_by_message(scene: &Scene) -> Vec<(MessageId, Shape)> {
    let is_arrow = |item: &&Item| matches!(item.role, Role::Message { .. });
    let mut all: Vec<_> =
        scene.items.iter().filter(is_arrow).filter_map(|item| Some((item.message?, item.shape.clone()))).collect();
    all.sort_by_key(|(id, _)| *id);
    all
}
