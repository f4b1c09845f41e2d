//! The lab `opening`: how many connections, by its settings and by what the page came over, and which addresses the
//! browser takes. Connections are counted again in the browser's own log.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use duplex::analysis::judgement::{Claim, Fact, opening};
use duplex::trace::Kind;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{Judged, run_by_keyboard, run_in};
use crate::page::Lab;
use crate::server::Server;

/// Settings that take no longer than the claim needs.
const QUICK: &str = "lab=opening&requests=4&messages=2&idle=100";
const TLS: [&str; 3] = ["--tls-self-signed", "--tls-listen", "127.0.0.1:0"];

/// How many connections carried the requests of a part: by the record, and by the browser's own log.
async fn connections(judged: &Judged, part: &str) -> [usize; 2] {
    let trace = &judged.trace;
    let part = trace.part(part).expect("it was run");
    let requests: Vec<_> = trace.in_part(part).filter(|message| message.kind == Kind::Request).collect();
    let recorded: BTreeSet<_> = requests.iter().map(|request| request.connection.expect("it is told")).collect();
    let run = trace.circumstances.run.to_string();
    let numbers: Vec<u32> = requests.iter().filter_map(|request| request.number).collect();
    assert_eq!(numbers.len(), requests.len());
    let all = |log: &crate::network_log::Log| {
        numbers.iter().map(|number| log.connection_of(&run, *number)).collect::<Option<BTreeSet<_>>>()
    };
    let logged = judged.lab.log.once(|log| all(log).is_some(), |log| all(log).unwrap_or_default()).await;
    [recorded.len(), logged.len()]
}

#[tokio::test(flavor = "multi_thread")]
async fn with_its_defaults_it_depends_on_close_and_the_rest_is_supported() {
    let server = Server::start();
    let judged = run_by_keyboard(server.origin(), "lab=opening").await;
    judged.says(&[("C3", "depends"), ("C4", "supported"), ("C5", "supported"), ("C13", "supported")]).await;
    assert_eq!(connections(&judged, "close").await, [10, 10]);
    assert_eq!(connections(&judged, "keep-alive").await, [1, 1]);
    let [recorded, logged] = connections(&judged, "parallel").await;
    // How many is the browser's choice: a request that is answered quickly leaves its connection to the next.
    assert!(recorded == logged && (1..=6).contains(&logged), "{recorded} and {logged}");
    let card = judged.card("C13").await;
    assert!(card.contains("wss:// was not measured here") && card.contains("begins with ws://"), "{card}");
    assert!(card.contains("ftp:// was refused"), "{card}");
    let sockets = judged.lab.log.once(|log| !log.sockets.is_empty(), |log| log.sockets.clone()).await;
    assert!(sockets.iter().all(|url| url.starts_with(&server.ws_origin())), "{sockets:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_close_it_is_supported_and_kept_alive_it_is_refuted() {
    let server = Server::start();
    let close = run_by_keyboard(server.origin(), &format!("{QUICK}&connection=close&parallel=0")).await;
    close.says(&[("C3", "supported"), ("C4", "supported"), ("C5", "supported"), ("C13", "supported")]).await;
    assert_eq!(connections(&close, "close").await, [4, 4]);
    let kept = run_by_keyboard(server.origin(), &format!("{QUICK}&connection=keep-alive&parallel=0")).await;
    kept.says(&[("C3", "refuted"), ("C4", "supported"), ("C5", "supported"), ("C13", "supported")]).await;
    assert_eq!(connections(&kept, "keep-alive").await, [1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_nobody_tells_how_many_connections_there_were() {
    let server = Server::start_with(&["--behind-proxy"]);
    let judged = run_by_keyboard(server.origin(), QUICK).await;
    let shown = super::outcomes(&judged.lab).await;
    assert_eq!((shown["C3"].as_str(), shown["C13"].as_str()), ("not-measured", "supported"), "{shown:?}");
    let card = judged.card("C3").await;
    assert!(card.contains("a proxy is between"), "{card}");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_2_one_connection_carries_all_and_only_wss_is_opened() {
    let server = Server::start_with(&TLS);
    let (address, comers) = whoever_comes().await;
    let rules = format!("host-resolver-rules=MAP duplex.invalid {address}");
    let switches = ["ignore-certificate-errors", rules.as_str()];
    let url = format!("{}/?{QUICK}", server.tls_origin());
    let judged = run_in(Lab::open_with(&switches, &url).await).await;
    judged.says(&[("C3", "refuted"), ("C4", "supported"), ("C5", "supported"), ("C13", "supported")]).await;
    for part in ["close", "keep-alive", "parallel"] {
        assert_eq!(connections(&judged, part).await, [1, 1], "{part}");
    }
    let multiplexed = judged.reasons(Claim::C3).into_iter().filter(|reason| {
        matches!(
            reason.fact,
            Fact::Opening(opening::Fact::Requests(opening::requests::Fact::Multiplexed { connections: Some(1), .. }))
        )
    });
    assert_eq!(multiplexed.count(), 3, "{:#?}", judged.reasons(Claim::C3));

    let card = judged.card("C13").await;
    assert!(card.contains("begins with wss://, within TLS") && card.contains("ws://duplex.invalid/"), "{card}");
    assert!(card.contains("mixed content") && card.contains("so nothing was sent"), "{card}");
    assert!(!card.contains("was not measured"), "{card}");
    let sockets = judged.lab.log.once(|log| !log.sockets.is_empty(), |log| log.sockets.clone()).await;
    assert!(sockets.iter().all(|url| url.starts_with("wss://")), "{sockets:?}");
    assert_eq!(*comers.borrow(), 0, "no connection was made for it");
    would_have_been_seen(&judged.lab, &server, comers).await;
}

/// A listener that counts who comes.
async fn whoever_comes() -> (SocketAddr, watch::Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    let (count, comers) = watch::channel(0);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.send_modify(|count| *count += 1);
        }
    });
    (address, comers)
}

/// From a page that came by http the same browser tries the same address: had it tried before, that would have been seen.
async fn would_have_been_seen(lab: &Lab, server: &Server, mut comers: watch::Receiver<usize>) {
    lab.tab.goto(format!("{}/?lab=opening", server.origin())).await.expect("the page opens");
    let _: bool = lab.ask("(new WebSocket('ws://duplex.invalid/'), true)").await;
    lab.log.once(|log| log.sockets.iter().any(|url| url == "ws://duplex.invalid/"), |_| ()).await;
    let came = tokio::time::timeout(Duration::from_secs(20), comers.wait_for(|count| *count > 0)).await;
    assert!(came.is_ok_and(|came| came.is_ok()), "nobody came");
}
