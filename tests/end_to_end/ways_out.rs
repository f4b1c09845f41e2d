//! What the page gives to take away, beside the run itself: the same as the library makes of the same run.

use duplex::analysis::Timeline;
use duplex::drawing::sequence::{Manner, Plan, Subject};
use duplex::format::{csv, mermaid};

use crate::page::Lab;
use crate::server::Server;

async fn finished(server: &Server, query: &str) -> Lab {
    let lab = Lab::open(&format!("{}/?lab=exchange&{query}&run=1", server.origin())).await;
    lab.until_run_is("finished").await;
    lab
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_and_text_are_of_the_run_that_is_shown() {
    let server = Server::start();
    let lab = finished(&server, "messages=30").await;
    let trace = lab.save().await;
    let timeline = Timeline::of(&trace);
    let run = &trace.circumstances.run.to_string()[..8];
    let (name, messages) = lab.taken_away("button.as-messages").await;
    assert_eq!(name, format!("duplex-exchange-{run}-messages.csv"));
    assert_eq!(messages, csv::messages(&trace, &timeline));
    let (name, figures) = lab.taken_away("button.as-figures").await;
    assert_eq!(name, format!("duplex-exchange-{run}-figures.csv"));
    assert_eq!(figures, csv::figures(&trace, &timeline, true));
    let plan = Plan::of(&trace, &timeline, Manner { folding: true, ..Manner::plain(Subject::Both) });
    let (name, text) = lab.taken_away("button.as-mermaid").await;
    assert_eq!(name, format!("duplex-exchange-{run}.mmd"));
    assert_eq!(text, mermaid::sequence_diagram(&plan, &trace, &timeline));
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diagram_is_saved_as_it_is_looked_at_as_a_picture_that_needs_nothing_else() {
    let server = Server::start();
    let lab = finished(&server, "messages=3&theme=dark").await;
    let (name, picture) = lab.taken_away("button.as-svg").await;
    assert!(name.ends_with("-http.svg"), "{name}");
    assert!(!picture.contains("var(") && !picture.contains("class="), "{picture}");
    let text = serde_json::to_string(&picture).expect("a text is JSON");
    let seen: (String, String, String, usize) = lab
        .ask(&format!(
            "{{ const picture = new DOMParser().parseFromString({text}, 'image/svg+xml').documentElement;
                const data = [...picture.querySelectorAll('path')].map((path) => path.getAttribute('d')).join(' ');
                [picture.nodeName, picture.querySelector('title').textContent, picture.querySelector('desc').textContent,
                    data.match(/M[^MZ]*M[^MZ]*Z/g).length] }}"
        ))
        .await;
    assert_eq!((seen.0.as_str(), seen.1.as_str()), ("svg", "Sequence diagram of HTTP"));
    assert!(seen.2.contains("messages=3"), "{}", seen.2);
    // Each arrow, and those of the legend.
    assert!(seen.3 > lab.arrows().await[0], "{} arrows", seen.3);
    // The ground is the dark one.
    let ground: String = lab.ask("getComputedStyle(document.querySelector('.pane .window')).backgroundColor").await;
    let channels: Vec<u8> =
        ground.split(|character: char| !character.is_ascii_digit()).filter_map(|it| it.parse().ok()).collect();
    let dark = channels.iter().take(3).map(|channel| format!("{channel:02x}")).collect::<String>();
    assert!(picture.contains(&format!("#{dark}")), "{ground} in {picture}");
    // Both in one diagram are one picture.
    lab.click("input.together").await;
    lab.until("document.querySelectorAll('button.as-svg').length === 1").await;
    let (name, _) = lab.taken_away("button.as-svg").await;
    assert!(!name.contains("http"), "{name}");
    lab.assert_no_errors().await;
}
