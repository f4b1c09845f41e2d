//! The sequence diagrams in use: axes, folds, one diagram for both, replay, zoom, the overview, and many messages.

use chromiumoxide::cdp::browser_protocol::input::{
    DispatchMouseEventParams, DispatchMouseEventType, DispatchTouchEventParams, DispatchTouchEventType, MouseButton,
    TouchPoint,
};
use duplex::trace::Protocol;

use crate::page::Lab;
use crate::server::Server;

async fn finished(server: &Server, query: &str) -> Lab {
    let lab = Lab::open(&format!("{}/?{query}&run=1", server.origin())).await;
    lab.until_run_is("finished").await;
    lab
}

async fn choose(lab: &Lab, selector: &str, value: &str) {
    let script = format!(
        "{{ const field = document.querySelector('{selector}'); field.value = '{value}';
            field.dispatchEvent(new Event('change', {{ bubbles: true }})); true }}"
    );
    let _: bool = lab.ask(&script).await;
}

/// A mouse event in the middle of an element, or so far from there.
async fn mouse(lab: &Lab, selector: &str, kind: DispatchMouseEventType, (dx, dy): (f64, f64), wheel: Option<f64>) {
    let script = format!(
        "{{ const it = document.querySelector('{selector}'); it.scrollIntoView({{ block: 'center' }});
            const box = it.getBoundingClientRect(); [box.x + box.width / 2, box.y + box.height / 2] }}"
    );
    let [x, y]: [f64; 2] = lab.ask(&script).await;
    let event = DispatchMouseEventParams::builder().r#type(kind).x(x + dx).y(y + dy).button(MouseButton::Left);
    let event = match wheel {
        // Two is Ctrl.
        Some(delta) => event.delta_x(0.0).delta_y(delta).modifiers(2).button(MouseButton::None),
        None => event.buttons(1).click_count(1),
    };
    lab.tab.execute(event.build().expect("an event")).await.expect("the event is taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn repeats_are_folded_and_a_click_opens_and_closes_them() {
    let server = Server::start();
    let lab = finished(&server, "messages=40").await;
    // The warm-up, the first, the last; and two to open and two to close a WebSocket.
    assert_eq!(lab.arrows().await, [6, 10]);
    let words: String = lab.ask("document.querySelector('.pane.http g.fold-label').textContent").await;
    assert!(words.starts_with("× 38, median "), "{words}");
    mouse(&lab, ".pane.http g.fold rect", DispatchMouseEventType::MousePressed, (0.0, 0.0), None).await;
    mouse(&lab, ".pane.http g.fold rect", DispatchMouseEventType::MouseReleased, (0.0, 0.0), None).await;
    lab.until("document.querySelector('.pane.http g.unfolded') !== null").await;
    assert!(lab.ask::<bool>("document.querySelector('.pane.ws g.fold') !== null").await, "the other stays folded");
    let _: bool = lab
        .ask(
            "document.querySelector('.pane.http g.unfolded').dispatchEvent(new MouseEvent('click', { bubbles: true }))",
        )
        .await;
    lab.until("document.querySelector('.pane.http g.fold') !== null").await;
    // What is picked elsewhere is unfolded.
    let window = lab.tab.find_element(".pane.http .window").await.expect("the diagram");
    window.focus().await.expect("it takes the focus");
    for _ in 0..7 {
        window.press_key("ArrowDown").await.expect("a key");
    }
    lab.until("document.querySelectorAll('.pane.http path.message.selected').length === 1").await;
    // What is picked in one picture is picked in all.
    lab.until("[...document.querySelectorAll('.figure')].every((chart) => chart.querySelector('.picked') !== null)")
        .await;
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time_runs_in_each_of_the_three_ways_and_a_silence_is_marked() {
    let server = Server::start();
    let lab = finished(&server, "messages=4&interval=400").await;
    let _: bool = lab.ask("{ document.querySelector('input.wall-time').click(); true }").await;
    lab.until("document.querySelectorAll('.pane.http g.silence').length >= 3").await;
    let legend = lab.text(".legend").await;
    assert!(legend.contains("a long silence, shrunk") && !legend.contains("time cut out"), "{legend}");
    choose(&lab, "select.pace", "linear").await;
    lab.until("document.querySelector('.pane.http g.silence') === null").await;
    assert!(!lab.text(".legend").await.contains("silence"));
    choose(&lab, "select.pace", "ordinal").await;
    // One step a message: the page's ends are as far from one another.
    lab.until(
        "(() => {
            const ends = [...document.querySelectorAll('.pane.http path.message')].map((arrow, place) =>
                Number(arrow.getAttribute('d').match(/[\\d.]+/g)[place % 2 ? 3 : 1]));
            const steps = ends.slice(1).map((y, place) => y - ends[place]);
            return steps.length === 9 && steps.every((step) => Math.abs(step - steps[0]) < 0.2);
        })()",
    )
    .await;
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_protocols_come_together_in_one_diagram_and_part_again() {
    let server = Server::start();
    let lab = finished(&server, "messages=5").await;
    let [http, ws] = lab.arrows().await;
    let _: bool = lab.ask("{ document.querySelector('input.together').click(); true }").await;
    lab.until("document.querySelector('.pane.both path.message.http') !== null").await;
    let both: [usize; 2] = lab
        .ask("['http', 'ws'].map((which) => document.querySelectorAll('.pane.both path.message.' + which).length)")
        .await;
    assert_eq!(both, [http, ws]);
    // The arrow keys lead from one protocol to the other.
    let window = lab.tab.find_element(".pane.both .window").await.expect("the diagram");
    window.focus().await.expect("it takes the focus");
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..8 {
        window.press_key("ArrowDown").await.expect("a key");
        seen.insert(lab.ask::<bool>("document.querySelector('path.message.selected').classList.contains('ws')").await);
    }
    assert_eq!(seen.len(), 2);
    let _: bool = lab.ask("{ document.querySelector('input.together').click(); true }").await;
    lab.until("document.querySelectorAll('.pane .window').length === 2").await;
    assert_eq!(lab.arrows().await, [http, ws]);
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_played_again_step_by_step_and_to_its_end() {
    let server = Server::start();
    let lab = finished(&server, "messages=5").await;
    let [http, ws] = lab.arrows().await;
    // From the end back to its beginning, a message at a time.
    let back = lab.tab.find_element(".replay button[aria-label=\"Message before\"]").await.expect("a button");
    back.click().await.expect("a click");
    lab.until("document.querySelector('.pane.http g.playhead') !== null").await;
    for _ in 0..40 {
        back.click().await.expect("a click");
    }
    lab.until("document.querySelectorAll('.pane path.message').length <= 1").await;
    // What was asked may still wait in the browser; by the fourth message something has arrived.
    for _ in 0..4 {
        lab.click(".replay button[aria-label=\"Next message\"]").await;
    }
    lab.until("document.querySelectorAll('.pane path.message').length >= 1").await;
    assert!(lab.text(".replay output").await.contains(" of "));
    // As fast as it goes, to the end.
    choose(&lab, ".replay select", "4").await;
    lab.click(".replay .play").await;
    lab.until(
        "document.querySelector('g.playhead') === null && document.querySelector('.replay .play').innerText === 'Play'",
    )
    .await;
    assert_eq!(lab.arrows().await, [http, ws]);
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn zooming_keeps_the_place_under_the_pointer_and_the_overview_moves_both_windows() {
    let server = Server::start();
    let lab = finished(&server, "messages=15").await;
    let tick = "(() => {
        const window = document.querySelector('.pane.http .window').getBoundingClientRect();
        const middle = window.y + window.height / 2;
        const y = (text) => text.getBoundingClientRect().y;
        const ticks = [...document.querySelectorAll('.pane.http g.tick text')];
        // The time in the middle of the window, by its two neighbours.
        const [above, below] = [ticks.findLast((tick) => y(tick) <= middle), ticks.find((tick) => y(tick) > middle)];
        const ms = (tick) => parseFloat(tick.textContent);
        return ms(above) + (middle - y(above)) / (y(below) - y(above)) * (ms(below) - ms(above));
    })()";
    mouse(&lab, ".pane.http .window", DispatchMouseEventType::MouseMoved, (0.0, 0.0), None).await;
    let before: f64 = lab.ask(tick).await;
    let high = "document.querySelector('.pane.http .paper').offsetHeight";
    let height: f64 = lab.ask(high).await;
    mouse(&lab, ".pane.http .window", DispatchMouseEventType::MouseWheel, (0.0, 0.0), Some(-300.0)).await;
    lab.until(&format!("{high} > {}", height * 1.5)).await;
    lab.until(&format!("Math.abs({tick} - {before}) < {}", before * 0.05)).await;
    // The overview shows the whole: its lower end is the run's.
    mouse(&lab, ".pane.ws .overview", DispatchMouseEventType::MousePressed, (0.0, 200.0), None).await;
    lab.until("['http', 'ws'].every((which) => document.querySelector('.pane.' + which + ' .window').scrollTop > 300)")
        .await;
    let scrolls: [f64; 2] =
        lab.ask("['http', 'ws'].map((which) => document.querySelector('.pane.' + which + ' .window').scrollTop)").await;
    assert!((scrolls[0] - scrolls[1]).abs() <= 1.0, "{scrolls:?}");
    mouse(&lab, ".pane.ws .overview", DispatchMouseEventType::MouseReleased, (0.0, 200.0), None).await;
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_fingers_zoom_by_as_much_as_they_move_apart() {
    let server = Server::start();
    let lab = finished(&server, "messages=10").await;
    let [x, y]: [f64; 2] = lab
        .ask(
            "{ const it = document.querySelector('.pane.http .window'); it.scrollIntoView({ block: 'center' });
               const box = it.getBoundingClientRect(); [box.x + box.width / 2, box.y + box.height / 2] }",
        )
        .await;
    let height = "document.querySelector('.pane.http .paper').offsetHeight";
    let before: f64 = lab.ask(height).await;
    let touch = async |kind: DispatchTouchEventType, apart: f64| {
        let finger = |up: f64, id: f64| TouchPoint::builder().x(x).y(y + up).id(id).build().expect("a finger");
        let fingers = vec![finger(-apart / 2.0, 1.0), finger(apart / 2.0, 2.0)];
        lab.tab.execute(DispatchTouchEventParams::new(kind, fingers)).await.expect("the event is taken");
    };
    touch(DispatchTouchEventType::TouchStart, 40.0).await;
    for apart in (45..=120).step_by(5) {
        touch(DispatchTouchEventType::TouchMove, f64::from(apart)).await;
    }
    // The browser keeps the first few pixels to itself.
    lab.until(&format!("{height} > {before} * 2 && {height} < {before} * 4")).await;
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_messages_each_can_be_picked_as_long_as_it_can_be_told_apart_and_then_their_density_is_shown() {
    let server = Server::start();
    let lab = finished(&server, "messages=1000").await;
    let _: bool = lab.ask("{ document.querySelector('input.folding').click(); true }").await;
    let zoom_out = async |times: usize| {
        for _ in 0..times {
            lab.click("button[title^=\"Zoom out\"]").await;
        }
    };
    // Many, and each to be told apart: those that look alike are one element, and each can be picked.
    zoom_out(4).await;
    lab.until(
        "[...document.querySelectorAll('.pane.http path.message:not([data-message])')]
            .reduce((sum, path) => sum + path.getAttribute('d').split('Z').length - 1, 0) > 150",
    )
    .await;
    // Where it is silent there is nothing to pick: one of these places has an arrow.
    let shown = "new Promise((done) => requestAnimationFrame(() => setTimeout(() =>
        done(document.querySelector('#inspector h3') !== null))))";
    for place in 0..12 {
        for kind in [DispatchMouseEventType::MousePressed, DispatchMouseEventType::MouseReleased] {
            mouse(&lab, ".pane.http .window", kind, (0.0, f64::from(place) * 9.0), None).await;
        }
        if lab.ask::<bool>(shown).await {
            break;
        }
    }
    lab.until("document.querySelector('#inspector h3') !== null").await;
    let picked = lab.text("#inspector").await;
    assert!(picked.contains("turn "), "{picked}");
    // Too many to be told apart: how many there are in each place.
    zoom_out(11).await;
    let trace = lab.save().await;
    lab.until(&format!(
        "[...document.querySelectorAll('.pane.http .paper g.density title')]
            .reduce((sum, title) => sum + parseInt(title.textContent), 0) === {}",
        trace.of(Protocol::Http).count()
    ))
    .await;
    lab.assert_no_errors().await;
}
