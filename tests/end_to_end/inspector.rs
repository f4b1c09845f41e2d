//! The inspector beside the browser's own log: what it shows of a message's raw bytes is what Chromium says
//! it sent.

use std::collections::HashMap;

use duplex::trace::{Direction, Kind, Message, Protocol, Trace};
use duplex::wire::Envelope;

use crate::head_log::{Head, HeadLog};
use crate::page::Lab;
use crate::server::Server;

/// Clicks a message's arrow and waits until the inspector shows it.
async fn click_arrow(lab: &Lab, message: &Message) {
    let id = message.id.0;
    let _: bool = lab
        .ask(&format!(
            "{{ const arrow = document.querySelector('g.message[data-message=\"{id}\"] .hit');
               arrow.dispatchEvent(new MouseEvent('click', {{ bubbles: true }})); true }}"
        ))
        .await;
    lab.until(&format!(
        "document.querySelector('g.message[data-message=\"{id}\"]').classList.contains('selected') \
         && document.querySelector('#inspector h3') !== null"
    ))
    .await;
}

/// A finished run of so many messages, and its record.
async fn finished(server: &Server, query: &str) -> (Lab, Trace) {
    let lab = Lab::open(&format!("{}/?run=1&{query}", server.origin())).await;
    lab.until_run_is("finished").await;
    let trace = lab.save().await;
    (lab, trace)
}

fn pick(trace: &Trace, fits: impl Fn(&Message) -> bool) -> &Message {
    trace.messages.iter().find(|message| fits(message)).expect("such a message")
}

/// The bytes of a hex view, pressed open to its end.
async fn bytes_of(lab: &Lab, view: &str) -> Vec<u8> {
    let opened = format!(
        "(() => {{ const more = document.querySelector('{view} button'); \
           if (more && !more.hidden) {{ more.click(); return false; }} return true; }})()"
    );
    lab.until(&opened).await;
    let dump: String = lab.ask(&format!("document.querySelector('{view} pre').textContent")).await;
    // Offset, two spaces, eight pairs, two spaces, eight characters.
    let hex = dump.lines().map(|line| line.split("  ").nth(1).expect("pairs").to_owned());
    hex.flat_map(|line| {
        line.split_whitespace().map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect::<Vec<_>>()
    })
    .collect()
}

/// The fields that a list of the inspector shows, names in small letters.
async fn fields(lab: &Lab, list: &str) -> Vec<(String, String)> {
    let rows: Vec<[String; 2]> = lab
        .ask(&format!(
            "[...document.querySelectorAll('{list} > div')].map((row) => \
             [row.querySelector('dt').textContent, row.querySelector('dd').textContent])"
        ))
        .await;
    rows.into_iter().map(|[name, value]| (name.to_lowercase(), value)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requests_line_and_headers_are_those_that_the_browser_says_it_sent() {
    let server = Server::start();
    let lab = Lab::open(&format!("{}/?messages=3", server.origin())).await;
    let mut heads = HeadLog::follow(&lab).await;
    lab.press_run().await;
    lab.until_run_is("finished").await;
    let trace = lab.save().await;
    let message = pick(&trace, |message| message.kind == Kind::Request && message.turn == 2);
    let Head { method, url, headers: told } = heads.of(&format!("&n={}", message.number.expect("it has one"))).await;

    click_arrow(&lab, message).await;
    let target = url.strip_prefix(server.origin()).expect("it went to the server");
    assert_eq!(lab.text("#inspector .start-line").await, format!("{method} {target} HTTP/1.1"));
    let shown = fields(&lab, "#inspector dl.fields").await;
    let shown: HashMap<String, String> = shown.into_iter().collect();
    assert_eq!(shown, told, "field by field");
    assert!(shown.contains_key("user-agent"), "one that the page itself never sees");
    let words = lab.text("#inspector").await;
    assert!(words.contains("reported by the server’s tap"), "{words}");
    let bytes = bytes_of(&lab, "#inspector .hex").await;
    assert!(bytes.starts_with(format!("{method} {target} HTTP/1.1\r\n").as_bytes()));
    assert!(bytes.ends_with(&message.copy.as_ref().expect("a copy").0));
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_101s_accept_is_worked_out_again_and_both_sides_are_there() {
    let server = Server::start();
    let (lab, trace) = finished(&server, "messages=3").await;
    click_arrow(&lab, pick(&trace, |message| message.kind == Kind::SwitchingProtocols)).await;
    let steps: HashMap<String, String> = fields(&lab, "#inspector dl.steps").await.into_iter().collect();
    assert_eq!(steps["in base64"], steps["server sent"]);
    assert_eq!(steps["in base64"], duplex::decode::handshake::accept_key(&steps["key"]));
    assert!(lab.text("#inspector .verdict").await.contains("equal"));
    assert_eq!(lab.text("#inspector .start-line").await, "HTTP/1.1 101 Switching Protocols");
    let other = fields(&lab, "#inspector .other-side dl.fields").await;
    assert!(other.contains(&("sec-websocket-key".to_owned(), steps["key"].clone())), "{other:?}");
    assert!(lab.text("#inspector .checks summary").await.starts_with("13 of 13"));

    click_arrow(&lab, pick(&trace, |message| message.kind == Kind::Handshake)).await;
    let own = bytes_of(&lab, "#inspector .hex").await;
    assert!(own.starts_with(b"GET /ws?run=") && own.ends_with(b"\r\n\r\n"), "{:?}", String::from_utf8_lossy(&own));
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_messages_unmasked_payload_is_the_one_that_the_browser_says_it_sent() {
    let server = Server::start();
    // The lengths of each of the three forms.
    for size in [32, 300, 70_000] {
        let (lab, trace) = finished(&server, &format!("messages=1&size={size}")).await;
        // The warm-up: of a long message the server keeps the bytes of the first alone.
        let first = |direction| {
            pick(&trace, |message| {
                message.protocol == Protocol::WebSocket && !message.kind.is_opening() && message.direction == direction
            })
        };
        click_arrow(&lab, first(Direction::ToServer)).await;
        let sent = lab.log.once(|log| log.sent.len() >= 2, |log| log.sent.clone()).await;
        let sent = sent.iter().find(|frame| Envelope::split(frame).is_ok_and(|(envelope, _)| envelope.n == 0));
        let shown = bytes_of(&lab, "#inspector .unmasked .hex").await;
        assert!(&shown == sent.expect("it is in the log"), "{size}: {} bytes are shown", shown.len());
        let key: String =
            lab.ask("document.querySelector('#inspector [data-field=\"Masking key\"] b').innerText").await;
        assert_eq!(key.split(' ').filter(|byte| u8::from_str_radix(byte, 16).is_ok()).count(), 4, "{key}");
        let field = async |name: &str| -> String {
            lab.ask(&format!("document.querySelector('#inspector [data-field=\"{name}\"] b').innerText")).await
        };
        assert_eq!([field("Opcode").await, field("MASK").await], ["2", "1"]);

        click_arrow(&lab, first(Direction::ToPage)).await;
        let received = lab.log.once(|log| log.received.len() >= 2, |log| log.received.clone()).await;
        let received = received.iter().find(|frame| Envelope::split(frame).is_ok_and(|(envelope, _)| envelope.n == 0));
        assert!(bytes_of(&lab, "#inspector .hex").await.ends_with(received.expect("it is in the log")), "{size}");
        lab.assert_no_errors().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_run_brings_its_raw_bytes_along_and_old_views_give_way() {
    let server = Server::start();
    let (lab, trace) = finished(&server, "messages=2").await;
    assert!(trace.raw_bytes() > 1_000);
    let request = pick(&trace, |message| message.kind == Kind::Request && message.turn == 1);
    assert_eq!(request.alpn.as_deref(), Some("http/1.1"));
    click_arrow(&lab, request).await;
    let views: usize = lab.ask("document.querySelectorAll('#inspector .hex').length").await;
    assert_eq!(views, 1, "the raw bytes, and not the copy of the payload besides");
    assert_eq!(lab.figure("protocol").await, ["HTTP/1.1", "HTTP/1.1, then WebSocket"]);
}
