//! Labs within other pages: at their height, one at a time, sharing one download, and talking to nobody but the page that
//! embeds them.

use crate::host_pages::{self, HostPages};
use crate::page::Lab;
use crate::server::Server;

/// Every frame of the page's labs, where these are of the page's own origin.
const FRAMES: &str =
    "[...document.querySelectorAll('duplex-lab')].map((lab) => lab.shadowRoot.querySelector('iframe'))";

/// No frame has anything to scroll, be it down or sideways.
const NOTHING_TO_SCROLL: &str = "every(({ contentDocument: { documentElement: page } }) =>
    page.scrollHeight <= page.clientHeight && page.scrollWidth <= page.clientWidth)";

/// Scrolls to each lab until it has been seen, and waits until all are there.
async fn load_all(page: &Lab, labs: usize) {
    page.until("customElements.get('duplex-lab')").await;
    let seen: usize = page
        .ask(
            "(async () => {
                const labs = [...document.querySelectorAll('duplex-lab')];
                for (const lab of labs) {
                    lab.scrollIntoView();
                    // Its own observer is told in the same frame, before this one.
                    await new Promise((done) => {
                        const observer = new IntersectionObserver((entries) => {
                            if (entries.some((entry) => entry.isIntersecting)) {
                                observer.disconnect();
                                done();
                            }
                        });
                        observer.observe(lab);
                    });
                }
                return labs.length;
            })()",
        )
        .await;
    assert_eq!(seen, labs);
    page.until_told("ready", labs).await;
}

impl Lab {
    /// Opens a host page.
    async fn open_host(switches: &[&str], url: &str) -> Self {
        let page = Self::open_with(switches, url).await;
        page.until("document.readyState === 'complete'").await;
        page
    }

    /// Waits until labs have told that many events of a kind.
    async fn until_told(&self, what: &str, count: usize) {
        self.until(&format!("told.filter((event) => event.what === '{what}').length >= {count}")).await;
    }

    /// The states of all labs in the order in which they were told: `lab state`.
    async fn states(&self) -> Vec<String> {
        self.ask("told.filter(({ what }) => what === 'state').map(({ lab, state }) => `${lab} ${state}`)").await
    }
}

/// Three labs in a page of the origin of Duplex itself, whose frames can be looked into.
fn three_labs() -> String {
    host_pages::page(
        "<script src='/duplex-lab.js' defer></script>
         <duplex-lab id=a settings='lab=exchange&messages=4'></duplex-lab>
         <duplex-lab id=b lab=opening></duplex-lab>
         <duplex-lab id=c lab=memory settings='messages=9'></duplex-lab>",
    )
}

/// Writes another document over one of the server's, so that it is of the server's origin.
async fn become_page(lab: &Lab, html: &str) {
    let html = serde_json::to_string(html).expect("a text is JSON");
    let _: bool = lab.ask(&format!("(document.open(), document.write({html}), document.close(), true)")).await;
}

/// Where the running states of labs overlap there is a second `running` before the first has ended.
fn never_two_at_once(states: &[String]) {
    let mut running = None::<&str>;
    for told in states {
        let (lab, state) = told.split_once(' ').expect("a lab and its state");
        match state {
            "running" => {
                assert_eq!(running, None, "{states:?}");
                running = Some(lab);
            }
            "finished" => {
                assert_eq!(running, Some(lab), "{states:?}");
                running = None;
            }
            _ => {}
        }
    }
    assert_eq!(running, None, "{states:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_labs_are_at_their_height_and_the_page_is_downloaded_once() {
    let server = Server::start();
    let page = Lab::open_host(&[], &format!("{}/examples/index.html", server.origin())).await;
    become_page(&page, &three_labs()).await;
    load_all(&page, 3).await;
    // The height follows what is in the frame within a few frames; the page's own change tells when.
    page.until(&format!("{FRAMES}.{NOTHING_TO_SCROLL}")).await;
    let transfers: Vec<u32> = page
        .ask(&format!(
            "{FRAMES}.map((frame) => frame.contentWindow.performance.getEntriesByType('resource')
                .filter(({{ name, transferSize }}) => /[.]wasm$/.test(name) && transferSize > 0).length)"
        ))
        .await;
    assert_eq!(transfers.iter().sum::<u32>(), 1, "{transfers:?}");

    let _: bool = page.ask("document.querySelectorAll('duplex-lab').forEach((lab) => lab.run()) ?? true").await;
    page.until_told("results", 3).await;
    never_two_at_once(&page.states().await);
    page.until(&format!("{FRAMES}.{NOTHING_TO_SCROLL}")).await;
    // What is opened grows, and the frame with it.
    let before: Vec<u32> = page.ask(&format!("{FRAMES}.map((frame) => frame.clientHeight)")).await;
    let _: bool = page
        .ask(&format!(
            "{FRAMES}.forEach((frame) => frame.contentDocument.querySelector('.further > summary').click()) ?? true"
        ))
        .await;
    let grown = format!("{FRAMES}.every((frame, place) => frame.clientHeight > {before:?}[place] + 200)");
    page.until(&grown).await;
    page.until(&format!("{FRAMES}.{NOTHING_TO_SCROLL}")).await;
    page.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn labs_of_a_page_run_one_after_another_and_tell_it_what_came_of_it() {
    let server = Server::start();
    let duplex = server.origin();
    let body = format!(
        "<duplex-lab id=a lab=exchange settings='messages=20'></duplex-lab>
         <script src='{duplex}/duplex-lab.js' defer></script>
         <duplex-lab id=b lab=exchange settings='messages=20&size=300'></duplex-lab>
         <duplex-lab id=c lab=formats></duplex-lab>"
    );
    let site = HostPages::serve(vec![("/", host_pages::page(&body))]).await;
    let page = Lab::open_host(&[], &format!("{}/", site.origin())).await;
    load_all(&page, 3).await;
    let _: bool = page.ask("document.querySelectorAll('duplex-lab').forEach((lab) => lab.run()) ?? true").await;
    page.until_told("results", 3).await;
    page.until("told.filter(({ state }) => state === 'finished').length === 3").await;
    let states = page.states().await;
    never_two_at_once(&states);
    // Each asked for its turn before any had ended its own.
    let first_end = states.iter().position(|state| state.ends_with(" finished")).expect("one ends first");
    let waited = states[..first_end].iter().filter(|state| state.ends_with(" waiting")).count();
    assert_eq!(waited, 3, "{states:?}");

    let origins: Vec<String> = page.ask("[...new Set(heard.map(({ origin }) => origin))]").await;
    assert_eq!(origins, [duplex]);
    let results: Vec<(String, String, u32, f64, usize)> = page
        .ask(
            "told.filter(({ what, http }) => what === 'results' && http.roundTrips).map(({ lab, outcome, http, verdicts }) =>
                [lab, outcome, http.roundTrips.counted, http.roundTrips.medianMs, verdicts.length])",
        )
        .await;
    assert_eq!(results.len(), 2, "{results:?}");
    for (lab, outcome, counted, median, verdicts) in results {
        assert_eq!((outcome.as_str(), counted), ("finished", 20), "{lab}");
        assert!(median > 0.0 && verdicts > 0, "{lab}: {median} ms, {verdicts} verdicts");
    }
    let settings: (String, String) = page.ask("[b.results.settings.size, c.results.lab]").await;
    assert_eq!(settings, ("300".to_owned(), "formats".to_owned()));
    page.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_that_is_taken_away_while_it_runs_holds_nobody_up() {
    let server = Server::start();
    let body = format!(
        "<script src='{}/duplex-lab.js' defer></script>
         <duplex-lab id=a lab=exchange settings='messages=2000'></duplex-lab>
         <duplex-lab id=b lab=exchange settings='messages=2'></duplex-lab>",
        server.origin()
    );
    let site = HostPages::serve(vec![("/", host_pages::page(&body))]).await;
    let page = Lab::open_host(&[], &format!("{}/", site.origin())).await;
    load_all(&page, 2).await;
    let _: bool = page.ask("(a.run(), true)").await;
    page.until("a.state === 'running'").await;
    let _: bool = page.ask("(b.run(), true)").await;
    page.until("b.state === 'waiting'").await;
    // Whoever waits can give it up, and ask again.
    let _: bool = page.ask("(b.stop(), true)").await;
    page.until("b.state === 'idle'").await;
    let _: bool = page.ask("(b.run(), true)").await;
    page.until("b.state === 'waiting'").await;
    let frame: bool =
        page.ask("(window.gone = a, gone.remove(), gone.shadowRoot.querySelector('iframe') !== null)").await;
    assert!(!frame, "an element that is taken away keeps no frame");
    page.until("b.state === 'finished'").await;
    let after: usize = page
        .ask("told.filter(({ lab, state }) => lab === 'a' && state && !['waiting', 'running'].includes(state)).length")
        .await;
    assert_eq!(after, 0, "it told of its run alone");

    // Where it comes back it is a new one.
    let _: bool = page.ask("(window.first = told.length, document.body.prepend(gone), true)").await;
    page.until("told.slice(first).some(({ what, lab }) => what === 'ready' && lab === 'exchange')").await;
    page.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_hears_and_tells_the_page_around_it_and_no_other() {
    let server = Server::start();
    let duplex = server.origin();
    let inner =
        format!("<iframe id=lab src='{duplex}/?lab=exchange&messages=2&embed=1' width=640 height=480></iframe>");
    let inner = HostPages::serve(vec![("/", host_pages::page(&inner))]).await;
    let outer = format!("<iframe id=host src='{}/' width=800 height=700></iframe>", inner.origin());
    let outer = HostPages::serve(vec![("/", host_pages::page(&outer))]).await;
    let page = Lab::open_host(&[], &format!("{}/", outer.origin())).await;
    // The lab is in a frame of a frame: not the outer page's to command.
    page.until("frames[0]?.frames.length === 1").await;
    let relay = |message: &str| format!("(frames[0].frames[0].postMessage({message}, '*'), true)");
    let _: bool = page.ask(&relay("{ duplex: 1, type: 'hello' }")).await;
    let _: bool = page.ask(&relay("{ duplex: 1, type: 'run' }")).await;
    let direct = Lab::open_host(&[], &format!("{}/", inner.origin())).await;
    direct.until("heard.some(({ type }) => type === 'height')").await;
    let command = |message: &str| format!("(lab.contentWindow.postMessage({message}, '{duplex}'), true)");
    // Rubbish is left alone.
    for rubbish in
        ["null", "'run'", "{ type: 'run' }", "{ duplex: 2, type: 'run' }", "{ duplex: 1, type: 'theme', theme: 'x' }"]
    {
        let _: bool = direct.ask(&command(rubbish)).await;
    }
    let _: bool = direct.ask(&command("{ duplex: 1, type: 'theme', theme: 'dark' }")).await;
    let _: bool = direct.ask(&command("{ duplex: 1, type: 'run' }")).await;
    direct.until("heard.some(({ type }) => type === 'results')").await;
    direct.until("heard.some(({ state }) => state === 'finished')").await;
    let states: Vec<String> =
        direct.ask("heard.filter(({ type }) => type === 'state').map(({ state }) => state)").await;
    assert_eq!(states, ["idle", "waiting", "running", "finished"]);
    // Meanwhile the outer page's wish to run has led to nothing, and nothing has come to it.
    assert_eq!(page.ask::<usize>("heard.length").await, 0);
    direct.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_an_origin_of_its_own_gets_heights_and_states_but_no_results() {
    let server = Server::start();
    let frame = format!(
        "<iframe src='{}/?lab=exchange&messages=2&embed=1&run=1' width=640 height=480></iframe>",
        server.origin()
    );
    let site = HostPages::serve_sandboxed(host_pages::page(&frame)).await;
    let page = Lab::open_host(&[], &format!("{}/", site.origin())).await;
    page.until("heard.some(({ state }) => state === 'finished')").await;
    // Results would come before the state that tells of the end.
    let types: Vec<String> = page.ask("[...new Set(heard.map(({ type }) => type))].sort()").await;
    assert_eq!(types, ["height", "ready", "state"]);
}

/// A course page that is opened from a disk.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_from_a_file_has_its_labs_at_their_height_and_can_run_them() {
    let server = Server::start();
    let body = format!(
        "<script src='{0}/duplex-lab.js' defer></script>
         <duplex-lab id=a lab=exchange settings='messages=2'><a href='{0}/'>Open the lab</a></duplex-lab>",
        server.origin()
    );
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("course.html");
    std::fs::write(&path, host_pages::page(&body)).expect("a file");
    let page = Lab::open_host(&[], &format!("file://{}", path.display())).await;
    load_all(&page, 1).await;
    let _: bool = page.ask("(a.run(), true)").await;
    page.until("told.some(({ state }) => state === 'finished')").await;
    let (heights, results): (usize, bool) =
        page.ask("[heard.filter(({ type }) => type === 'height').length, a.results === null]").await;
    assert!(heights > 0 && results, "{heights} {results}: results are for whom the browser knows by name");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_duplex_cannot_be_reached_the_link_within_the_element_stays() {
    let server = Server::start();
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("its address");
    let body = format!(
        "<script src='{}/duplex-lab.js' defer></script>
         <duplex-lab id=a base='http://{nobody}/'><a href='http://{nobody}/'>Open the lab</a></duplex-lab>
         <duplex-lab id=b settings='messages=2'><a href='/'>Open the lab</a></duplex-lab>",
        server.origin()
    );
    let site = HostPages::serve(vec![("/", host_pages::page(&body))]).await;
    let page = Lab::open_host(&[], &format!("{}/", site.origin())).await;
    // The second is there, so the first has been given up.
    page.until_told("ready", 1).await;
    let seen: [bool; 2] = page.ask("[a, b].map((lab) => lab.firstElementChild.checkVisibility())").await;
    assert_eq!(seen, [true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_labs_in_a_row_each_tells_its_results() {
    let server = Server::start();
    let body = format!(
        "<script src='{}/duplex-lab.js' defer></script><duplex-lab id=a lab=verdict></duplex-lab>",
        server.origin()
    );
    let site = HostPages::serve(vec![("/", host_pages::page(&body))]).await;
    let page = Lab::open_host(&[], &format!("{}/", site.origin())).await;
    load_all(&page, 1).await;
    let _: bool = page.ask("(a.run(), true)").await;
    page.until_told("results", 2).await;
    let _: bool = page.ask("(a.stop(), true)").await;
    let labs: Vec<String> =
        page.ask("told.filter(({ what }) => what === 'results').slice(0, 2).map(({ lab }) => lab)").await;
    assert_eq!(labs, ["exchange", "opening"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_page_cannot_make_a_visitor_call_other_addresses() {
    let server = Server::start();
    let other = Server::start();
    let body = format!(
        "<script src='{}/duplex-lab.js' defer></script>
         <duplex-lab id=a lab=exchange settings='messages=2&http={}/echo'></duplex-lab>",
        server.origin(),
        other.origin()
    );
    let site = HostPages::serve(vec![("/", host_pages::page(&body))]).await;
    let page = Lab::open_host(&[], &format!("{}/", site.origin())).await;
    load_all(&page, 1).await;
    let _: bool = page.ask("(a.run(), true)").await;
    page.until_told("refused", 1).await;
    let (reason, state): (String, String) =
        page.ask("[told.find(({ what }) => what === 'refused').reason, a.state]").await;
    assert!(reason.contains("press Run") && state == "idle", "{reason} {state}");
    let asked = page.log.once(|_| true, |log| log.requests.values().any(|url| url.starts_with(other.origin()))).await;
    assert!(!asked, "the other server was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_theme_is_that_of_the_text_around_it_and_follows_it() {
    let server = Server::start();
    let page = Lab::open_host(&[], &format!("{}/examples/index.html", server.origin())).await;
    let body = "<style>.night { color: oklch(0.95 0.01 90); background: #111 }</style>
        <script src='/duplex-lab.js' defer></script><duplex-lab id=a lab=exchange></duplex-lab>";
    become_page(&page, &host_pages::page(body)).await;
    load_all(&page, 1).await;
    let is = |theme: &str| {
        format!(
            "new Promise((done) => {{
            const page = {FRAMES}[0].contentDocument.documentElement;
            const check = () => page.dataset.theme === '{theme}' && done(true);
            new MutationObserver(check).observe(page, {{ attributes: true }});
            check();
        }})"
        )
    };
    let _: bool = page.ask(&is("light")).await;
    let _: bool = page.ask("(document.body.className = 'night', true)").await;
    let _: bool = page.ask(&is("dark")).await;
    let _: bool = page.ask("(a.setAttribute('theme', 'light'), true)").await;
    let _: bool = page.ask(&is("light")).await;
    page.assert_no_errors().await;
}

/// Over plain http a page of another machine is no secure context, and has no locks of the browser.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_secure_context_labs_wait_for_one_another_all_the_same() {
    let server = Server::start();
    let port = server.origin().rsplit(':').next().expect("a port").to_owned();
    let switch = "host-resolver-rules=MAP duplex.test 127.0.0.1";
    let page = Lab::open_host(&[switch], &format!("http://duplex.test:{port}/examples/index.html")).await;
    become_page(&page, &three_labs()).await;
    load_all(&page, 3).await;
    let (secure, locks): (bool, bool) = page.ask("[isSecureContext, 'locks' in navigator]").await;
    assert!(!secure && !locks);
    let _: bool = page.ask("document.querySelectorAll('duplex-lab').forEach((lab) => lab.run()) ?? true").await;
    page.until_told("results", 3).await;
    page.until("told.filter(({ state }) => state === 'finished').length === 3").await;
    never_two_at_once(&page.states().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_take_turns_and_one_that_is_closed_gives_its_turn_back() {
    let server = Server::start();
    let address = |messages: u32| format!("{}/?lab=exchange&messages={messages}", server.origin());
    let first = Lab::open(&address(5000)).await;
    first.press_run().await;
    first.until_run_is("running").await;
    let second = first.beside(&address(2)).await;
    second.press_run().await;
    second.until_run_is("waiting").await;
    second.until("/waits for it to end/.test(document.querySelector('.status [role=status]').innerText)").await;
    second.press_stop().await;
    second.until_run_is("idle").await;
    second.press_run().await;
    second.until_run_is("waiting").await;
    first.tab.clone().close().await.expect("it closes");
    second.until_run_is("finished").await;
    second.assert_no_errors().await;
}
