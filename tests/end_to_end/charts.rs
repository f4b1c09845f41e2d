//! The charts in use: what is read out is what the table says and what was measured, and what is picked in one picture is
//! picked in all.

use chromiumoxide::layout::Point;
use duplex::analysis::Timeline;
use duplex::trace::{Protocol, Trace};

use crate::page::Lab;
use crate::server::Server;

async fn finished(server: &Server, query: &str) -> (Lab, Trace) {
    let lab = Lab::open(&format!("{}/?run=1&{query}", server.origin())).await;
    lab.until_run_is("finished").await;
    let trace = lab.save().await;
    (lab, trace)
}

/// Opens a chart's table and gives its rows.
async fn table(lab: &Lab, chart: &str) -> Vec<Vec<String>> {
    let _: bool = lab.ask(&format!("(document.querySelector('{chart} details').open = true)")).await;
    lab.until(&format!("document.querySelector('{chart} tbody tr') !== null")).await;
    lab.ask(&format!(
        "[...document.querySelectorAll('{chart} tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
    ))
    .await
}

async fn press(lab: &Lab, chart: &str, key: &str) {
    let holder = lab.tab.find_element(format!("{chart} .holder")).await.expect("the chart");
    holder.focus().await.expect("it takes the focus");
    holder.press_key(key).await.expect("a key");
}

async fn until_read_out(lab: &Lab, chart: &str, words: &str) {
    let words = serde_json::to_string(words).expect("a string");
    lab.until(&format!("document.querySelector('{chart} .read-out').textContent.trim() === {words}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_reads_out_what_the_table_says_and_enter_shows_the_message() {
    let server = Server::start();
    let (lab, trace) = finished(&server, "messages=4").await;
    let rows = table(&lab, "#chart-times").await;
    assert_eq!(rows.len(), 5, "{rows:?}");
    for row in &rows {
        let turn = if row[0] == "warm-up" { row[0].clone() } else { format!("turn {}", row[0]) };
        press(&lab, "#chart-times", "ArrowRight").await;
        until_read_out(&lab, "#chart-times", &format!("● HTTP, {turn}: {}", row[1])).await;
        press(&lab, "#chart-times", "ArrowRight").await;
        until_read_out(&lab, "#chart-times", &format!("◆ WebSocket, {turn}: {}", row[2])).await;
    }
    press(&lab, "#chart-times", "Enter").await;
    let timeline = Timeline::of(&trace);
    let last = timeline.samples(Protocol::WebSocket).last().expect("a sample").request;
    lab.until(&format!(
        "document.querySelector('.pane.ws path.message.selected[data-message=\"{}\"]') !== null",
        last.0
    ))
    .await;
    lab.until("document.querySelector('#inspector').innerText.includes('Binary message')").await;
    lab.until("[...document.querySelectorAll('.figure')].every((chart) => chart.querySelector('.picked') !== null)")
        .await;
    press(&lab, "#chart-times", "Home").await;
    until_read_out(&lab, "#chart-times", &format!("● HTTP, warm-up: {}", rows[0][1])).await;
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pointing_at_a_sign_reads_it_out_and_a_click_picks_its_message() {
    let server = Server::start();
    let (lab, trace) = finished(&server, "messages=5").await;
    let timeline = Timeline::of(&trace);
    let sample = timeline.samples(Protocol::Http)[3];
    let sign =
        format!("document.querySelector('#chart-times g.sample[data-message=\"{}\"] > :last-child')", sample.request.0);
    let [x, y]: [f64; 2] = lab
        .ask(&format!(
            "{{ {sign}.scrollIntoView({{ block: 'center' }}); const box = {sign}.getBoundingClientRect();
               [box.x + box.width / 2, box.y + box.height / 2] }}"
        ))
        .await;
    lab.tab.move_mouse(Point { x, y }).await.expect("the pointer moves");
    let took = sample.took.known_to(trace.circumstances.resolution);
    until_read_out(&lab, "#chart-times", &format!("● HTTP, turn 3: {took}")).await;
    lab.until("document.querySelector('#chart-times .crosshair') !== null").await;
    lab.tab.click(Point { x, y }).await.expect("a click");
    lab.until(&format!(
        "document.querySelector('.pane.http path.message.selected[data-message=\"{}\"]') !== null",
        sample.request.0
    ))
    .await;
    assert_eq!(table(&lab, "#chart-times").await[3][1], took);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_charts_say_what_the_figures_say() {
    let server = Server::start();
    let (lab, _) = finished(&server, "messages=12").await;
    let carried = table(&lab, "#chart-bytes").await;
    let last = carried.last().expect("rows");
    press(&lab, "#chart-bytes", "End").await;
    let told = format!("payload {}, overhead {}, instrument {}", last[4], last[5], last[6]);
    until_read_out(&lab, "#chart-bytes", &format!("◆ WebSocket, after 26 messages: {told}")).await;
    let instrument = lab.figure("instrument").await;
    assert_eq!([carried[23][3].clone(), last[6].clone()], [instrument[0].clone(), instrument[1].clone()]);
    let counted = table(&lab, "#chart-distribution").await;
    let sum = |column: usize| counted.iter().map(|row| row[column].parse::<u32>().expect("a count")).sum::<u32>();
    assert_eq!((sum(1), sum(3)), (12, 12));
    let rows = table(&lab, "#chart-waterfall").await;
    assert_eq!(rows.len(), 2 * 13 + 2, "with the warm-up, an opening and a closing");
    press(&lab, "#chart-waterfall", "End").await;
    let last = rows.last().expect("rows");
    let told = format!("{} {}: {} in all", last[0], last[1], last[3]);
    lab.until(&format!("document.querySelector('#chart-waterfall .read-out').textContent.includes('{told}')")).await;
    lab.until("document.querySelector('#chart-waterfall .reading') !== null").await;
    lab.assert_no_errors().await;
}
