//! The sequence diagram: lifelines of the page's clients and of the server, connections as bars along them, messages
//! as arrows that slant with their true times. Time runs downward.
//!
//! A [`Plan`] is made once for a run; [`sequence`] lays out what is in view. That costs what is visible, not what was
//! recorded: where more messages are in view than can be told apart, their density is drawn instead.

mod arrows;
mod control;
mod density;
mod fold;
mod label;
mod lanes;
mod legend;
mod lifetimes;
mod plan;
mod queue;
mod sample;
mod silence;
mod ticks;
mod words;

pub use density::overview;
pub use fold::Fold;
pub use legend::{Mark, is_lost};
pub use plan::{Manner, Plan, Subject};
pub use sample::sample;
pub use words::{connection_end, connection_name, fold_words, label, message_in_words, said};

use label::Label;
use lanes::Columns;

use super::scene::{Anchor, Item, Point, Role, Scene, Shape};
use crate::analysis::Timeline;
use crate::trace::{Message, MessageId, Outcome, Protocol, Time, Trace};

/// Below the participants' names and above the first time, in pixels.
const TOP: f64 = 14.0;
/// Below the last time, in pixels.
const BOTTOM: f64 = 40.0;
/// Room for the ticks' words, in pixels.
const GUTTER: f64 = 58.0;
/// Width of a connection's bar on a lifeline, in pixels.
const BAR: f64 = 8.0;

/// How near, and where, one looks at a sequence diagram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Pixels to a millisecond, on an ordinal axis to a step.
    pub scale: f64,
    /// In pixels.
    pub width: f64,
    /// The height of the paper, in pixels; at least that of the diagram.
    pub height: f64,
    /// The visible stretch, in pixels from the top.
    pub visible: (f64, f64),
    /// What is asked to be marked.
    pub selected: Option<MessageId>,
    /// Only what happened until then, on the clock of the axis: a run that is played again.
    pub until: Option<Time>,
    /// So many arrows are drawn; of more, their density.
    pub most: usize,
}

impl View {
    /// So many arrows can be told apart in a window.
    pub const MOST: usize = 500;

    /// The whole of a diagram, all arrows drawn.
    #[must_use]
    pub fn whole(plan: &Plan, trace: &Trace, timeline: &Timeline, scale: f64, width: f64) -> Self {
        let height = plan.height(trace, timeline, scale);
        Self { scale, width, height, visible: (0.0, height), selected: None, until: None, most: usize::MAX }
    }
}

/// Lays out what is in view of a sequence diagram.
#[must_use]
pub fn sequence(plan: &Plan, trace: &Trace, timeline: &Timeline, view: View) -> Scene {
    Layout::new(plan, trace, timeline, view).scene()
}

/// The names of the participants, to stand above their lifelines, in a picture as wide as the diagram.
#[must_use]
pub fn participants(plan: &Plan, width: f64) -> Scene {
    const HEIGHT: f64 = 22.0;
    const NARROW: f64 = 20.0;
    let columns = Columns::of(&plan.lanes, width);
    let mut scene = Scene { width, height: HEIGHT, items: Vec::new() };
    let clients: Vec<(u32, f64)> = columns.clients().collect();
    let (first, last) = (clients[0], clients[clients.len() - 1]);
    let at = |x: f64| Point { x, y: HEIGHT - 7.0 };
    scene.text(Role::Participant, at(columns.server_x), Anchor::Middle, "server");
    if clients.len() == 1 {
        scene.text(Role::Participant, at(first.1), Anchor::Middle, "page");
        return scene;
    }
    let pitch = (last.1 - first.1) / (clients.len() - 1) as f64;
    if pitch >= NARROW {
        for (client, x) in clients {
            scene.text(Role::Participant, at(x), Anchor::Middle, (client + 1).to_string());
        }
        scene.text(Role::Participant, at(4.0), Anchor::Start, "client");
        return scene;
    }
    let words = format!("clients {} … {}", first.0 + 1, last.0 + 1);
    scene.text(Role::Participant, at(first.1 - BAR), Anchor::Start, words);
    scene
}

struct Layout<'a> {
    plan: &'a Plan,
    trace: &'a Trace,
    timeline: &'a Timeline,
    view: View,
    columns: Columns,
    scene: Scene,
    labels: Vec<Label<'a>>,
    /// How far off messages' ends may be: beside the lifeline, where nothing else is.
    whiskers: Vec<Item>,
    /// Where arrows cross the middle of the diagram, for labels to find their place.
    crossings: Vec<f64>,
    /// Stretches in which no message's label may stand.
    reserved: Vec<(f64, f64)>,
    /// The names of parts, by the pixel at which each begins.
    part_names: Vec<(f64, String)>,
}

impl<'a> Layout<'a> {
    fn new(plan: &'a Plan, trace: &'a Trace, timeline: &'a Timeline, view: View) -> Self {
        Self {
            plan,
            trace,
            timeline,
            view,
            columns: Columns::of(&plan.lanes, view.width),
            scene: Scene { width: view.width, height: view.height, items: Vec::new() },
            labels: Vec::new(),
            whiskers: Vec::new(),
            crossings: Vec::new(),
            reserved: Vec::new(),
            part_names: Vec::new(),
        }
    }

    fn scene(mut self) -> Scene {
        self.silences();
        self.ticks();
        self.parts();
        self.connections();
        self.lifelines();
        let is_dense = self.is_dense();
        if self.has_room_for_small_marks() {
            self.cuts();
        }
        self.folds();
        self.messages(is_dense);
        self.scene.items.append(&mut self.whiskers);
        self.control_frames();
        self.place_labels();
        self.part_names();
        self.done();
        self.playhead();
        self.scene
    }

    /// The pixel of a wall time in a protocol's conversation.
    fn y(&self, protocol: Protocol, at: Time) -> f64 {
        self.plan.px(self.plan.time(self.timeline, protocol, at), self.view.scale)
    }

    /// The visible stretch in the axis' time.
    fn visible(&self) -> (Time, Time) {
        let (top, bottom) = self.view.visible;
        (self.plan.at(top, self.view.scale), self.plan.at(bottom, self.view.scale))
    }

    /// The visible stretch on the wall clock, with all that is cut out at its ends.
    fn visible_wall(&self) -> (Time, Time) {
        let (from, until) = self.visible();
        // A pixel beyond what is seen, since a time is whole microseconds.
        let (from, until) = (Time(from.0.saturating_sub(1)), Time(until.0.saturating_add(1)));
        match self.plan.manner().subject {
            Subject::One(protocol) if !self.plan.is_wall_time() => {
                let cuts = self.timeline.cuts(protocol);
                (cuts.wall(from).0, cuts.wall(until).1)
            }
            _ => (from, until),
        }
    }

    fn is_in_view(&self, top: f64, bottom: f64) -> bool {
        bottom >= self.view.visible.0 && top <= self.view.visible.1
    }

    /// A time of the axis lies behind what is played.
    fn is_beyond(&self, at: Time) -> bool {
        self.view.until.is_some_and(|until| at > until)
    }

    fn add(&mut self, role: Role, shape: Shape, title: String) {
        self.scene.items.push(Item { shape, role, message: None, title });
    }

    /// The lifelines that are drawn one by one: of a crowd of clients the outermost ones, with a band between them.
    fn lifelines(&mut self) {
        let height = self.view.height;
        if let Some((first, last)) = self.columns.crowd() {
            let shape = Shape::Rect { at: Point { x: first, y: 0.0 }, width: last - first, height };
            self.add(Role::Crowd, shape, String::new());
        }
        for x in self.lifelines_x() {
            self.scene.line(Role::Lifeline, Point { x, y: 0.0 }, Point { x, y: height });
        }
    }

    fn lifelines_x(&self) -> Vec<f64> {
        let mut all: Vec<f64> = match self.columns.crowd() {
            Some((first, last)) => vec![first, last],
            None => self.columns.clients().map(|(_, x)| x).collect(),
        };
        all.push(self.columns.server_x);
        all
    }

    /// More messages are in view than are to be drawn one by one.
    fn is_dense(&self) -> bool {
        let (from, until) = self.visible_wall();
        self.plan.within(from, until).len() > self.view.most
    }

    /// Where messages can hardly be told apart, cuts between them and whiskers at their ends can't be. That holds for
    /// the whole diagram, so that none comes or goes as one scrolls.
    fn has_room_for_small_marks(&self) -> bool {
        const EACH: f64 = 4.0;
        self.view.height >= EACH * self.plan.shown().len() as f64
    }

    fn messages(&mut self, is_dense: bool) {
        let (from, until) = self.visible_wall();
        if is_dense {
            self.density(from, until);
            return;
        }
        let (plan, trace) = (self.plan, self.trace);
        for message in plan.under_way(trace, from, until) {
            self.message(message);
        }
    }

    /// Where a finished conversation ends, how long it took.
    fn done(&mut self) {
        let last = self.plan.last(self.trace, self.timeline);
        if self.trace.outcome != Some(Outcome::Finished) || self.is_beyond(last) {
            return;
        }
        let mut y = self.plan.px(last, self.view.scale) + 18.0;
        // A part that begins at the end has its name there, and what follows elsewhere may be a silence here.
        while let Some((_, below)) = self.reserved.iter().find(|(top, below)| *top < y && below + 11.0 > y) {
            y = below + 11.0;
        }
        if self.is_in_view(y - 12.0, y) {
            let at = Point { x: f64::midpoint(self.columns.client_x(0), self.columns.server_x), y };
            let took = last - self.trace.circumstances.origin;
            self.scene.text(Role::Note, at, Anchor::Middle, format!("done at {took}"));
        }
    }

    fn playhead(&mut self) {
        let Some(until) = self.view.until else { return };
        let y = self.plan.px(until, self.view.scale).min(self.view.height);
        self.scene.line(Role::Playhead, Point { x: GUTTER - 6.0, y }, Point { x: self.view.width, y });
    }

    /// The x of a message's end at its client, and of that at the server.
    fn ends_x(&self, message: &Message) -> (f64, f64) {
        let place = self.plan.lanes.of(message.connection);
        (self.columns.page_lane_x(message.client, place), self.columns.server_lane_x(place))
    }
}
