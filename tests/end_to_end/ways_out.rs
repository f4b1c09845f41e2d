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
    let (name, picture) = lab.taken_away(".pane.http button.as-svg").await;
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
    lab.until("document.querySelectorAll('.pane button.as-svg').length === 1").await;
    let (name, _) = lab.taken_away(".pane button.as-svg").await;
    assert!(!name.contains("http"), "{name}");
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_travels_in_a_link_and_no_server_sees_it() {
    let mut server = Server::start();
    let lab = finished(&server, "messages=8").await;
    let sent = lab.save().await;
    lab.click("button.copy-run").await;
    lab.until("document.querySelector('.links .hint').innerText").await;
    let link: String = lab.ask("document.querySelector('#lab-link').value").await;
    let (address, fragment) = link.split_once('#').expect("a fragment");
    assert!(address.ends_with("/?lab=exchange&messages=8") && fragment.starts_with("run=1."), "{link}");
    assert!(link.len() < 20_000, "{} characters", link.len());
    lab.assert_no_errors().await;
    // Elsewhere it is the same run, to the last bit, and it is not made anew.
    let other = Lab::open(&link).await;
    other.until("document.querySelectorAll('.pane.ws path.message').length > 8").await;
    assert_eq!(other.ask::<String>("document.documentElement.dataset.run").await, "idle");
    assert_eq!(other.save().await, sent);
    assert!(other.text(".status").await.contains("Recorded earlier"));
    let (urls, sockets) = other.log.traffic().await;
    assert!(urls.iter().all(|url| !url.contains("/echo") && !url.contains("recordings")), "{urls:?}");
    assert_eq!(sockets, Vec::<String>::new());
    // A link that a program has cut says so, and the page is as good as without it.
    let cut = Lab::open(&link[..link.len() / 2]).await;
    cut.until("document.querySelector('.notices li')?.innerText.includes('cut')").await;
    cut.until("document.querySelector('aside.recording')").await;
    // A long run has no room in a link, and the page says what to do.
    let long = finished(&server, "messages=500").await;
    long.click("button.copy-run").await;
    long.until("document.querySelector('.links .hint').innerText.includes('too large for a link')").await;
    server.kill();
    for lab in [&other, &cut, &long] {
        lab.assert_no_errors().await;
    }
}

/// What a button saves as pixels: the file's name, how wide and how high it is, and how many colours it has.
async fn pixels(lab: &Lab, button: &str) -> (String, u32, u32, usize) {
    lab.ask(&format!(
        "new Promise((done) => {{
            const {{ createObjectURL }} = URL;
            const {{ click }} = HTMLAnchorElement.prototype;
            let read;
            URL.createObjectURL = (blob) => {{
                if (blob.type === 'image/png') {{
                    URL.createObjectURL = createObjectURL;
                    read = createImageBitmap(blob);
                }}
                return createObjectURL.call(URL, blob);
            }};
            HTMLAnchorElement.prototype.click = function () {{
                HTMLAnchorElement.prototype.click = click;
                read.then((image) => {{
                    const canvas = new OffscreenCanvas(image.width, image.height);
                    const context = canvas.getContext('2d');
                    context.drawImage(image, 0, 0);
                    const {{ data }} = context.getImageData(0, 0, image.width, image.height);
                    done([this.download, image.width, image.height, new Set(new Uint32Array(data.buffer)).size]);
                }});
                click.call(this);
            }};
            document.querySelector({button:?}).click();
        }})"
    ))
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_chart_is_saved_from_its_own_figure_in_lines_and_in_pixels_of_twice_the_size() {
    let server = Server::start();
    let lab = finished(&server, "messages=5&theme=light").await;
    for (chart, title) in [
        ("times", "How long each exchange took"),
        ("bytes", "What has been carried so far"),
        ("distribution", "How these times are distributed"),
        ("waterfall", "What each exchange’s time went by with"),
    ] {
        let (name, picture) = lab.taken_away(&format!("#chart-{chart} button.as-svg")).await;
        assert!(name.ends_with(&format!("-{chart}.svg")), "{name}");
        assert!(picture.contains(&format!("<title>{title}</title>")), "{picture}");
        assert!(picture.contains("messages=5") && !picture.contains("class="), "{picture}");
        // What the figure's legend says stands in the picture as well.
        let words: Vec<String> = lab
            .ask(&format!(
                "[...document.querySelectorAll('#chart-{chart} .legend li')].map((item) => [...item.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join('').trim())"
            ))
            .await;
        assert!(!words.is_empty());
        words.iter().for_each(|words| assert!(picture.contains(words), "{words} in {picture}"));
        let side = |name: &str| {
            let (_, rest) = picture.split_once(&format!(" {name}=\"")).expect("a size");
            rest.split('"').next().and_then(|value| value.parse::<u32>().ok()).expect("a whole number")
        };
        let (name, width, height, colours) = pixels(&lab, &format!("#chart-{chart} button.as-png")).await;
        assert!(name.ends_with(&format!("-{chart}.png")), "{name}");
        assert_eq!((width, height), (2 * side("width"), 2 * side("height")), "{chart}");
        assert!(colours > 10, "{colours} colours in {chart}");
    }
    let (name, width, _, colours) = pixels(&lab, ".pane.ws button.as-png").await;
    assert!(name.ends_with("-websocket.png") && width > 1_000 && colours > 10, "{name}: {width}, {colours}");
    // Keyboard and screen reader know each pair apart.
    let names: Vec<String> = lab
        .ask("[...document.querySelectorAll('.save button')].map((button) => button.getAttribute('aria-label'))")
        .await;
    let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
    assert_eq!((names.len(), distinct.len()), (12, 12), "{names:?}");
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_too_large_for_pixels_says_so_and_what_to_do() {
    let server = Server::start();
    // Without folds each message has a row of its own.
    let lab = finished(&server, "messages=260").await;
    lab.click("input.folding").await;
    lab.until("!document.querySelector('input.folding').checked").await;
    let _: bool = lab.ask("(document.querySelector('.pane.ws button.as-png').click(), true)").await;
    lab.until("document.querySelector('.pane.ws .head .error').textContent.includes('Save it as SVG')").await;
    let (_, picture) = lab.taken_away(".pane.ws button.as-svg").await;
    assert!(picture.ends_with("</svg>\n"));
    lab.assert_no_errors().await;
}
