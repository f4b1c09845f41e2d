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
            "{{ const arrow = document.querySelector('path.message[data-message=\"{id}\"]');
               arrow.dispatchEvent(new MouseEvent('click', {{ bubbles: true }})); true }}"
        ))
        .await;
    lab.until(&format!(
        "document.querySelector('path.message[data-message=\"{id}\"]').classList.contains('selected') \
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
            lab.ask("document.querySelector('#inspector [data-field=\"Masking key\"] b').textContent").await;
        assert_eq!(key.split(' ').filter(|byte| u8::from_str_radix(byte, 16).is_ok()).count(), 4, "{key}");
        let field = async |name: &str| -> String {
            lab.ask(&format!("document.querySelector('#inspector [data-field=\"{name}\"] b').textContent")).await
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

/// The bytes that a frame's head is drawn with, put together from its fields' bits.
async fn drawn_head(lab: &Lab) -> Vec<u8> {
    let bits: String = lab
        .ask(
            "[...document.querySelector('#inspector .head-bits').querySelectorAll('button[data-bits]')]\
             .map((field) => field.dataset.bits).join('')",
        )
        .await;
    // What stands in the boxes is what the fields have, boxes that go on in the next row included.
    let digits: String = lab
        .ask(
            "document.querySelector('#inspector .head-bits').querySelectorAll('.digits').values()\
              .map((digits) => digits.textContent).toArray().join('')",
        )
        .await;
    assert_eq!(digits, bits);
    assert_eq!(bits.len() % 8, 0);
    (0..bits.len() / 8).map(|at| u8::from_str_radix(&bits[at * 8..at * 8 + 8], 2).expect("bits")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frames_head_is_drawn_with_its_own_bits_and_its_masking_undone_is_what_the_browser_sent() {
    let server = Server::start();
    for size in [24, 300, 70_000] {
        let (lab, trace) = finished(&server, &format!("messages=1&size={size}")).await;
        let message = pick(&trace, |message| {
            message.kind == Kind::Binary && message.direction == Direction::ToServer && message.turn == 0
        });
        click_arrow(&lab, message).await;
        let sent = lab.log.once(|log| log.sent.len() >= 2, |log| log.sent.clone()).await;
        let sent = sent.iter().find(|frame| Envelope::split(frame).is_ok_and(|(envelope, _)| envelope.n == 0));
        let sent = sent.expect("it is in the log");

        // The head, and behind it what the browser says it sent, masked with the key in that head.
        let head = drawn_head(&lab).await;
        let key: [u8; 4] = head[head.len() - 4..].try_into().expect("four bytes");
        let raw = bytes_of(&lab, "#inspector .hex").await;
        assert_eq!(raw[..head.len()], head);
        assert_eq!(duplex::analysis::raw::masked_with(key, &raw[head.len()..]), *sent, "{size}");
        assert_eq!(head[0], 0x82);
        assert_eq!(
            head.len(),
            if size == 24 {
                6
            } else if size == 300 {
                8
            } else {
                14
            }
        );

        // Step by step, by keyboard.
        let plain = "[...document.querySelectorAll('#inspector .strip li.plain b')].map((byte) => byte.textContent)";
        let _: bool = lab.ask("(document.querySelector('#inspector .unmask button').focus(), true)").await;
        for done in 1..=3 {
            lab.press("ArrowRight").await;
            lab.until(&format!("{plain}.length === {done}")).await;
        }
        lab.press("ArrowLeft").await;
        lab.until(&format!("{plain}.length === 2")).await;
        lab.press("End").await;
        let count = sent.len().min(32);
        lab.until(&format!("{plain}.length === {count}")).await;
        let shown: Vec<String> = lab.ask(plain).await;
        let shown: Vec<u8> = shown.iter().map(|byte| u8::from_str_radix(byte, 16).expect("hex")).collect();
        assert_eq!(shown, sent[..count]);
        lab.assert_no_errors().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_field_says_is_told_where_the_arrow_keys_lead() {
    let server = Server::start();
    let (lab, trace) = finished(&server, "messages=1").await;
    click_arrow(&lab, pick(&trace, |message| message.kind == Kind::Binary)).await;
    let _: bool = lab.ask("(document.querySelector('#inspector .head-bits button').focus(), true)").await;
    lab.until("/^FIN = 1/.test(document.querySelector('#inspector .field-said').innerText)").await;
    for _ in 0..4 {
        lab.press("ArrowRight").await;
    }
    lab.until("/^Opcode = 2/.test(document.querySelector('#inspector .field-said').innerText)").await;
    lab.press("End").await;
    lab.until("/^Masking key = /.test(document.querySelector('#inspector .field-said').innerText)").await;
    let stops: usize =
        lab.ask("document.querySelector('#inspector .head-bits').querySelectorAll('[tabindex=\"0\"]').length").await;
    assert_eq!(stops, 1, "one stop of the tabulator key");
}

#[tokio::test(flavor = "multi_thread")]
async fn brackets_go_from_message_to_message_the_focus_stays_and_escape_closes() {
    let server = Server::start();
    let (lab, trace) = finished(&server, "messages=3").await;
    let first = pick(&trace, |message| message.kind == Kind::Binary);
    click_arrow(&lab, first).await;
    let number = "Number(document.querySelector('#inspector .meta').dataset.number)";
    let before: u64 = lab.ask(number).await;
    assert_eq!(before, first.id.number());
    // From within what gives way to the next message.
    let _: bool = lab.ask("(document.querySelector('#inspector .unmask button').focus(), true)").await;
    lab.press("]").await;
    lab.until(&format!("{number} > {before}")).await;
    assert!(lab.ask::<bool>("document.activeElement.closest('#inspector') !== null").await);
    lab.press("[").await;
    lab.until(&format!("{number} === {before}")).await;
    let entries: usize = lab.ask("history.length").await;
    lab.press("]").await;
    lab.until(&format!("{number} > {before}")).await;
    assert_eq!(lab.ask::<usize>("history.length").await, entries);
    lab.press("Escape").await;
    lab.until("document.querySelector('#inspector h3') === null").await;
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_frames_code_is_explained() {
    let server = Server::start();
    let (lab, trace) = finished(&server, "lab=closing&wait=300").await;
    let close = pick(&trace, |message| message.kind == Kind::Close { code: Some(4001) });
    click_arrow(&lab, close).await;
    let said = lab.text("#inspector .close-code").await;
    assert!(said.contains("4001") && said.contains("4000–4999"), "{said}");
}
