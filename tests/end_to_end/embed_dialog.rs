//! The dialog that gives the markup for embedding a lab.

use crate::page::Lab;
use crate::server::Server;

async fn open(server: &Server) -> Lab {
    let lab = Lab::open(&format!("{}/?lab=exchange&messages=7&theme=dark", server.origin())).await;
    lab.until("document.querySelector('button.embed')").await;
    let _: bool = lab.ask("(document.querySelector('button.embed').focus(), true)").await;
    lab.press("Enter").await;
    lab.until("document.querySelector('dialog.embedding[open] textarea')?.value").await;
    lab
}

async fn markup(lab: &Lab, which: &str) -> String {
    lab.ask(&format!("document.querySelector('#markup-{which}').value")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_markup_is_that_of_the_settings_and_the_choices() {
    let server = Server::start();
    let lab = open(&server).await;
    let (element, iframe) = (markup(&lab, "element").await, markup(&lab, "iframe").await);
    let origin = server.origin();
    assert!(element.contains(&format!("src=\"{origin}/duplex-lab.js\"")), "{element}");
    assert!(
        element.contains("lab=\"exchange\" settings=\"messages=7\" title=") && !element.contains("theme"),
        "{element}"
    );
    assert!(iframe.contains(&format!("src=\"{origin}/?lab=exchange&amp;messages=7&amp;embed=1\"")), "{iframe}");
    assert!(iframe.contains("width=\"100%\" height=\"480\""), "{iframe}");

    lab.fill("embed-size", "phone").await;
    lab.fill("embed-theme", "light").await;
    lab.click("[name=embed-run]").await;
    lab.until("/run=1/.test(document.querySelector('#markup-iframe').value)").await;
    let (element, iframe) = (markup(&lab, "element").await, markup(&lab, "iframe").await);
    assert!(element.contains("settings=\"messages=7&amp;run=1\" theme=\"light\""), "{element}");
    assert!(
        iframe.contains("run=1&amp;theme=light&amp;embed=1") && iframe.contains("width=\"360\" height=\"640\""),
        "{iframe}"
    );

    // The preview is such a frame, which does not run by itself.
    let preview: String = lab.ask("document.querySelector('iframe.preview').src").await;
    assert_eq!(preview, format!("{origin}/?lab=exchange&messages=7&theme=light&embed=1"));
    lab.until("document.querySelector('iframe.preview').clientWidth === 360").await;

    // What was copied is in the page as it is in the field: the browser's parser reads it back.
    let read: (String, String, usize) = lab
        .ask(
            "{ const page = new DOMParser().parseFromString(document.querySelector('#markup-element').value, 'text/html');
                const lab = page.querySelector('duplex-lab');
                [lab.getAttribute('settings'), lab.querySelector('a').getAttribute('href'), page.scripts.length] }",
        )
        .await;
    assert_eq!(read, ("messages=7&run=1".to_owned(), format!("{origin}/?lab=exchange&messages=7&run=1"), 1));
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_works_by_keyboard_and_gives_the_focus_back() {
    let server = Server::start();
    let lab = open(&server).await;
    assert!(lab.ask::<bool>("document.activeElement.closest('dialog.embedding') !== null").await);
    let _: bool = lab
        .ask("(navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }, true)")
        .await;
    lab.press_at("#copy-markup-element").await;
    lab.until("/Copied/.test(document.querySelector('.markup [role=status]').textContent)").await;
    assert_eq!(lab.ask::<String>("copied").await, markup(&lab, "element").await);
    assert!(lab.is_at("#copy-markup-element").await);
    lab.press("Escape").await;
    lab.until("!document.querySelector('dialog.embedding').open && document.activeElement.matches('button.embed')")
        .await;
    // Nothing of it goes on.
    lab.until("document.querySelector('iframe.preview') === null").await;
    lab.assert_no_errors().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_browser_lets_no_page_copy_the_text_is_selected() {
    let server = Server::start();
    let lab = open(&server).await;
    let _: bool = lab
        .ask(
            "(navigator.clipboard.writeText = () => Promise.reject(new Error('no')),
              document.execCommand = () => false,
              document.querySelector('#copy-markup-iframe').click(), true)",
        )
        .await;
    lab.until(
        "[...document.querySelectorAll('.markup [role=status]')].some((said) => /by hand/.test(said.textContent))",
    )
    .await;
    let selected: bool = lab
        .ask("{ const field = document.querySelector('#markup-iframe'); document.activeElement === field && field.selectionEnd - field.selectionStart === field.value.length }")
        .await;
    assert!(selected);
}
