//! The waterfall: a row for each exchange, in the order in which they began, with the stretches that its time went by
//! with; rows of both protocols on one axis of time. Only the rows in view are laid out, and the axis spans what these
//! took, so that a row of a long run is as readable as one of a short one.

use std::collections::HashMap;
use std::sync::Arc;

use super::frame::{self, LETTER, Labels, NARROWEST};
use super::pieces::{Piece, Stretch, added, stretches, told};
use super::scale::{Quantity, Scale};
use super::{Chart, Datum, Recorded, name, sign};
use crate::drawing::scene::{Anchor, Item, Point, Role, Scene, Shape};
use crate::trace::{ConnectionId, Direction, Kind, Message, MessageId, Protocol, Span, Time};

/// A row, in pixels.
pub const ROW: f64 = 20.0;
/// Above the rows, for the axis, in pixels.
pub const TOP: f64 = 30.0;
/// A bar, in pixels.
const BAR: f64 = 11.0;
/// Right of the bars, in pixels.
const RIGHT: f64 = 14.0;
/// From this width on labels are longer, in pixels.
const WIDE: f64 = 640.0;
/// A row that takes so many times as long as the next longest in view leaves at the right edge.
const PRESSED: f64 = 5.0;

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A request and its response.
    Exchange,
    /// A WebSocket message from the page, and what answers it.
    Message,
    /// A WebSocket message that answers nothing.
    Pushed,
    /// The opening of a WebSocket.
    Opening(ConnectionId),
    /// Its closing.
    Closing(ConnectionId),
}

/// A row, before it is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// What.
    pub of: Of,
    /// Whose.
    pub protocol: Protocol,
    /// The message that began it.
    pub message: Option<MessageId>,
    /// In µs since the run began, in the time that is shown.
    from: i64,
    /// The same for its end; `None` where it has none.
    until: Option<i64>,
    /// How long it took by the wall clock.
    took: Option<i64>,
}

impl Row {
    /// How long it took; `None` where it came to no end.
    #[must_use]
    pub fn took(&self) -> Option<Span> {
        self.took.map(Span)
    }
}

/// All rows of a record.
#[derive(Debug, Default)]
pub struct Rows {
    rows: Vec<Row>,
    /// What answers a message, by its place: a request's response, a handshake's 101, a message's echo.
    answers: Vec<Option<MessageId>>,
    /// Server-sent events, by the request whose response they are parts of.
    events: HashMap<MessageId, Vec<MessageId>>,
    wall: bool,
}

impl Rows {
    /// The rows of a record, by the wall clock or in each protocol's own time.
    #[must_use]
    pub fn of(of: Recorded<'_>, wall: bool) -> Self {
        let mut all = Self { wall, answers: vec![None; of.trace.messages.len()], ..Self::default() };
        for message in &of.trace.messages {
            match (message.kind, message.answers) {
                (Kind::Event, Some(request)) => all.events.entry(request).or_default().push(message.id),
                (_, Some(request)) => {
                    if let Some(answer) = all.answers.get_mut(request.0 as usize) {
                        answer.get_or_insert(message.id);
                    }
                }
                _ => {}
            }
        }
        let mut closing: HashMap<ConnectionId, &Message> = HashMap::new();
        let mut rows = Vec::new();
        for message in &of.trace.messages {
            let what = match (message.kind, message.connection) {
                (Kind::Request, _) => Of::Exchange,
                (Kind::Handshake, Some(connection)) => Of::Opening(connection),
                (Kind::Binary | Kind::Text, _) if message.sent.page().is_some() => Of::Message,
                (Kind::Binary | Kind::Text, _) if message.answers.is_none() => Of::Pushed,
                (Kind::Close { .. }, Some(connection)) => {
                    let first = closing.entry(connection).or_insert(message);
                    if message.page_time() < first.page_time() {
                        *first = message;
                    }
                    continue;
                }
                _ => continue,
            };
            rows.extend(all.row(of, what, message.protocol, Some(message)));
        }
        for connection in of.trace.connections.iter().filter(|it| it.protocol == Protocol::WebSocket) {
            let frame = closing.get(&connection.id).copied();
            rows.extend(all.row(of, Of::Closing(connection.id), Protocol::WebSocket, frame));
        }
        rows.sort_by_key(|row| (row.from, row.protocol, row.message));
        all.rows = rows;
        all
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// There are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn answer(&self, message: MessageId) -> Option<MessageId> {
        *self.answers.get(message.0 as usize)?
    }

    fn row(&self, of: Recorded<'_>, what: Of, protocol: Protocol, message: Option<&Message>) -> Option<Row> {
        let answer = message.and_then(|message| of.trace.message(self.answer(message.id)?));
        let received = answer.and_then(|answer| answer.received.page());
        let sent = message.and_then(Message::page_time);
        let connection = |id: ConnectionId| of.trace.connection(id);
        let (from, until) = match what {
            Of::Exchange => {
                let ended = message.and_then(|message| message.phases.as_ref()).map(|phases| phases.response_end);
                (sent?, received.max(ended))
            }
            Of::Message => (sent?, received),
            Of::Pushed => (sent?, None),
            Of::Opening(id) => {
                let known = connection(id);
                let asked = known.and_then(|known| known.asked.page());
                (asked.or(sent)?, known.and_then(|known| known.opened.page()))
            }
            Of::Closing(id) => {
                let closed = connection(id).and_then(|known| known.closed.as_ref()?.at.page());
                // How long it took is known where the page began it.
                let begun_here = message.is_some_and(|frame| frame.direction == Direction::ToServer);
                (sent.or(closed)?, closed.filter(|_| begun_here))
            }
        };
        let at = |time: Time| of.since_start(protocol, time, self.wall).0;
        let until = until.map(|until| until.max(from));
        Some(Row {
            of: what,
            protocol,
            message: message.map(|message| message.id),
            from: at(from),
            until: until.map(at),
            took: until.map(|until| (until - from).0),
        })
    }

    fn stretches(&self, of: Recorded<'_>, row: &Row) -> Vec<Stretch> {
        let answer = row.message.and_then(|id| self.answer(id));
        let events = row.message.and_then(|id| self.events.get(&id));
        stretches(of, row, answer, events.map_or(&[][..], Vec::as_slice))
    }
}

/// How the rows in view are to be laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// In pixels.
    pub width: f64,
    /// In pixels.
    pub height: f64,
    /// The first row in view.
    pub first: usize,
}

/// The rows in view, laid out.
pub struct Waterfall {
    rows: Arc<Rows>,
    scene: Scene,
    view: View,
    x: Scale,
}

impl Waterfall {
    /// Lays the rows in view out.
    #[must_use]
    pub fn of(of: Recorded<'_>, rows: &Arc<Rows>, view: View) -> Self {
        let view =
            View { width: view.width.max(NARROWEST), first: view.first.min(rows.len().saturating_sub(1)), ..view };
        let scene = Scene { width: view.width, height: view.height, items: Vec::new() };
        let x = Scale::linear((0.0, 1.0), (left(view.width), view.width - RIGHT));
        let mut chart = Self { rows: rows.clone(), scene, view, x };
        if rows.is_empty() {
            chart.scene = frame::empty(view.width, view.height, "Each exchange’s phases will stand here.");
            return chart;
        }
        chart.x = Scale::linear(chart.reach(), chart.x.pixels());
        chart.axis();
        for place in chart.in_view() {
            chart.row_at(of, place);
        }
        chart
    }

    /// How many rows go into a height.
    #[must_use]
    pub fn fitting(height: f64) -> usize {
        ((height - TOP) / ROW).floor().max(1.0) as usize
    }

    fn in_view(&self) -> std::ops::Range<usize> {
        self.view.first..(self.view.first + Self::fitting(self.view.height)).min(self.rows.len())
    }

    /// From the beginning of the first row in view to the end of the last, but for one that would press all others flat.
    fn reach(&self) -> (f64, f64) {
        let rows = &self.rows.rows[self.in_view()];
        let from = rows.iter().map(|row| row.from).min().unwrap_or(0);
        let begun = rows.iter().map(|row| row.from).max().unwrap_or(from);
        let mut ends: Vec<i64> = rows.iter().map(|row| row.until.unwrap_or(row.from).max(begun) - from).collect();
        ends.sort_unstable_by(|one, other| other.cmp(one));
        while let [most, next, ..] = ends[..] {
            if next <= 0 || most as f64 <= PRESSED * next as f64 {
                break;
            }
            ends.remove(0);
        }
        let most = ends.first().copied().unwrap_or(0).max(1) as f64;
        (from as f64, from as f64 + most * 1.02)
    }

    fn axis(&mut self) {
        let mut labels = Labels::default();
        let (left, right) = self.x.pixels();
        let bottom = TOP + self.in_view().len() as f64 * ROW;
        for tick in self.x.ticks(Quantity::Time, 56.0) {
            let x = self.x.px(tick.value);
            self.scene.line(Role::Grid, Point { x, y: TOP - 6.0 }, Point { x, y: bottom });
            labels.put_within(&mut self.scene, Role::Tick, Point { x, y: TOP - 12.0 }, &tick.label);
        }
        let y = TOP - 6.0;
        self.scene.line(Role::Axis, Point { x: left, y }, Point { x: right, y });
        let words = if self.rows.wall { "wall time" } else { "own time" };
        labels.put(&mut self.scene, Role::Tick, Point { x: 8.0, y: TOP - 12.0 }, Anchor::Start, words);
    }

    /// The middle of a row in view.
    fn y(&self, place: usize) -> f64 {
        TOP + (place.saturating_sub(self.view.first) as f64 + 0.5) * ROW
    }

    fn row_at(&mut self, of: Recorded<'_>, place: usize) {
        let row = self.rows.rows[place];
        let stretches = self.rows.stretches(of, &row);
        let y = self.y(place);
        let label = label(of, &row);
        let letters = ((left(self.view.width) - 14.0) / LETTER) as usize;
        let shown = shortened(&format!("{} {label}", sign(row.protocol)), letters);
        let words = Shape::Text { at: Point { x: 8.0, y: y + 4.0 }, text: shown, anchor: Anchor::Start };
        let title = told(of, &row, &label, &stretches);
        let role = Role::RowLabel(row.protocol);
        self.scene.items.push(Item { shape: words, role, message: row.message, title });
        let mut end = self.px(of, row.protocol, row.begins(of, self.rows.wall));
        for stretch in &stretches {
            end = self.stretch(of, &row, stretch, y).unwrap_or(end).max(end);
        }
        self.duration(of, &row, y, end);
    }

    fn px(&self, of: Recorded<'_>, protocol: Protocol, at: Time) -> f64 {
        self.x.px(of.since_start(protocol, at, self.rows.wall).0 as f64)
    }

    /// Draws a stretch and gives its right end, if it is in view.
    fn stretch(&mut self, of: Recorded<'_>, row: &Row, stretch: &Stretch, y: f64) -> Option<f64> {
        let value = |at: Time| of.since_start(row.protocol, at, self.rows.wall).0 as f64;
        let (least, most) = self.x.values();
        if value(stretch.from) > most || value(stretch.until) < least {
            return None;
        }
        let (from, until) = (self.x.px(value(stretch.from)), self.x.px(value(stretch.until)));
        let shape = match stretch.piece {
            Piece::AtServer => Shape::Line { from: Point { x: from, y: y - 8.0 }, to: Point { x: from, y: y + 8.0 } },
            Piece::Arrival => Shape::Dot { at: Point { x: from, y }, radius: 3.0 },
            Piece::Stalled | Piece::Delivery => {
                Shape::Line { from: Point { x: from, y }, to: Point { x: until.max(from + 0.5), y } }
            }
            Piece::Unanswered => Shape::Lost { from: Point { x: from, y }, to: Point { x: until.max(from + 6.0), y } },
            _ => {
                let room = (until - from).max(1.5).min(self.view.width - from);
                Shape::Rect { at: Point { x: from, y: y - BAR / 2.0 }, width: room, height: BAR }
            }
        };
        let role = Role::Piece { protocol: row.protocol, piece: stretch.piece };
        self.scene.items.push(Item { shape, role, message: row.message, title: stretch.title.clone() });
        Some(until.max(from + 1.5))
    }

    /// How long the row took, where there is room beside its bar.
    fn duration(&mut self, of: Recorded<'_>, row: &Row, y: f64, end: f64) {
        let Some(took) = row.took() else { return };
        let beyond = row.until.is_some_and(|until| until as f64 > self.x.values().1);
        let words = if beyond { format!("{} →", of.told(took)) } else { of.told(took) };
        let width = words.chars().count() as f64 * LETTER;
        let begin = self.x.px(row.from as f64);
        let (x, anchor) = if end + 8.0 + width <= self.view.width {
            (end + 8.0, Anchor::Start)
        } else if begin - 11.0 - width >= self.x.pixels().0 {
            (begin - 11.0, Anchor::End)
        } else {
            return;
        };
        self.scene.text(Role::Duration, Point { x, y: y + 4.0 }, anchor, words);
    }
}

impl Row {
    /// Where the row begins on the wall clock of the page, as it is drawn.
    fn begins(&self, of: Recorded<'_>, wall: bool) -> Time {
        let message = self.message.and_then(|id| of.trace.message(id)).and_then(Message::page_time);
        message.unwrap_or_else(|| {
            let own = of.timeline.cuts(self.protocol);
            let origin = of.trace.circumstances.origin;
            if wall { origin + Span(self.from) } else { own.wall(own.own(origin) + Span(self.from)).0 }
        })
    }
}

impl Chart for Waterfall {
    fn scene(&self) -> &Scene {
        &self.scene
    }

    fn plot(&self, _around: Point) -> (Point, Point) {
        let (left, right) = self.x.pixels();
        (Point { x: left, y: TOP - 6.0 }, Point { x: right, y: TOP + self.in_view().len() as f64 * ROW })
    }

    fn count(&self) -> usize {
        self.rows.len()
    }

    fn datum(&self, of: Recorded<'_>, place: usize) -> Option<Datum> {
        let row = self.rows.rows.get(place)?;
        let in_view = self.in_view().contains(&place);
        let at = in_view.then(|| Point { x: self.x.px(row.from as f64), y: self.y(place) });
        let text = told(of, row, &label(of, row), &self.rows.stretches(of, row));
        Some(Datum {
            at: at.into_iter().collect(),
            text: format!("{} {text}", sign(row.protocol)),
            message: row.message,
        })
    }

    fn nearest(&self, _of: Recorded<'_>, at: Point) -> Option<usize> {
        let place = self.view.first + ((at.y - TOP) / ROW).floor().max(0.0) as usize;
        self.in_view().last().map(|last| place.min(last))
    }

    fn find(&self, of: Recorded<'_>, message: MessageId) -> Option<usize> {
        let answered = of.trace.message(message)?.answers;
        let wanted = |row: &Row| row.message.is_some() && (row.message == Some(message) || row.message == answered);
        self.rows.rows.iter().position(wanted)
    }

    fn columns(&self) -> Vec<String> {
        let pieces = Piece::COLUMNS.iter().map(|piece| piece.name().to_owned());
        let fixed = ["Protocol", "What", "Began", "In all"].map(str::to_owned);
        fixed.into_iter().chain(pieces).collect()
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn row(&self, of: Recorded<'_>, place: usize) -> Vec<String> {
        let Some(row) = self.rows.rows.get(place) else { return Vec::new() };
        let stretches = self.rows.stretches(of, row);
        let took = row.took().map_or_else(|| "—".to_owned(), |took| of.told(took));
        let fixed = [name(row.protocol).to_owned(), label(of, row), Span(row.from).to_string(), took];
        let cell = |piece: &Piece| added(&stretches, *piece).map_or_else(String::new, |span| of.told(span));
        fixed.into_iter().chain(Piece::COLUMNS.iter().map(cell)).collect()
    }
}

impl Piece {
    /// Those with a column of the table.
    const COLUMNS: [Self; 8] = [
        Self::Stalled,
        Self::NameLookup,
        Self::Connect,
        Self::Tls,
        Self::Waiting,
        Self::Download,
        Self::Delivery,
        Self::Undivided,
    ];
}

/// Left of the bars, for the rows' words, in pixels.
fn left(width: f64) -> f64 {
    if width >= WIDE { 168.0 } else { 104.0 }
}

/// What a row is called.
fn label(of: Recorded<'_>, row: &Row) -> String {
    let message = row.message.and_then(|id| of.trace.message(id));
    let client = |number: u32| if number == 0 { String::new() } else { format!("client {}, ", number + 1) };
    match (row.of, message) {
        (Of::Opening(_), Some(message)) => format!("{}opening", client(message.client)),
        (Of::Opening(_), None) => "opening".to_owned(),
        (Of::Closing(id), message) => {
            let connection = of.trace.connection(id);
            let client = client(message.map_or_else(|| connection.map_or(0, |it| it.client), |message| message.client));
            format!("{client}closing")
        }
        (_, None) => String::new(),
        (what, Some(message)) => {
            let turn = if message.warm_up { "w".to_owned() } else { message.turn.to_string() };
            let said = match (what, message.target.as_deref()) {
                (Of::Exchange, Some(target)) => {
                    format!("{} {}", target.method, target.path.split('?').next().unwrap_or_default())
                }
                (Of::Exchange, None) => "request".to_owned(),
                (Of::Pushed, _) => "pushed".to_owned(),
                _ => "message".to_owned(),
            };
            format!("{}{turn} {said}", client(message.client))
        }
    }
}

/// A label whose end is left out where it is too long.
fn shortened(label: &str, letters: usize) -> String {
    if label.chars().count() <= letters {
        return label.to_owned();
    }
    label.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}
