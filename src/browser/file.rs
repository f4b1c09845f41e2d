//! Files that are brought to the page: chosen, dropped, or fetched from an address. Each comes as a text and the name
//! that it had.

use std::pin::Pin;
use std::rc::Rc;

use gloo_net::http::RequestBuilder;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AbortController, DragEvent, EventTarget, File, FileList, HtmlInputElement, ReadableStreamDefaultReader,
    ReferrerPolicy, RequestCredentials, RequestMode, Response,
};

use super::page_address;
use super::surroundings::error_text;
use super::{probe, promise};

/// The most bytes of a file that are read: many times as many are needed to take it apart and draw it.
pub const MOST_BYTES: u64 = 128 * 1024 * 1024;

/// Some editors write it before a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A file's name, and its text or why there is none, in a clause.
pub type Brought = (String, Result<String, String>);

/// The file that was chosen in a file input; the input is emptied, so that the same file can be chosen again.
#[must_use]
pub fn chosen(event: &web_sys::Event) -> Option<impl Future<Output = Brought> + use<>> {
    let input: HtmlInputElement = event.target()?.dyn_into().ok()?;
    let file = input.files()?.get(0)?;
    let read = read(&file);
    input.set_value("");
    Some(read)
}

/// Taken as bytes: a long text would be copied from one form of string into another.
fn read(file: &File) -> impl Future<Output = Brought> + use<> {
    let name = file.name();
    let bytes = (file.size() <= MOST_BYTES as f64).then(|| file.array_buffer());
    async move {
        let Some(bytes) = bytes else { return (name, Err(too_large())) };
        let text = match promise::settled(&bytes).await.result {
            Ok(read) => text(Uint8Array::new(&read).to_vec()),
            // So it is with a folder.
            Err(error) => Err(format!("the browser could not read it: {}", error_text(&error))),
        };
        (name, text)
    }
}

fn text(mut bytes: Vec<u8>) -> Result<String, String> {
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    String::from_utf8(bytes).map_err(|error| format!("it is no text in UTF-8: {}", error.utf8_error()))
}

fn too_large() -> String {
    format!("it is larger than {} MiB, which is the most that is read", MOST_BYTES >> 20)
}

/// What reads a file.
pub type Reading = Pin<Box<dyn Future<Output = Brought>>>;

/// What goes on while something is dragged over the page.
pub enum Drag {
    /// A file is over the page.
    Over,
    /// None is any more.
    Gone,
    /// It was dropped: what reads it, and how many there were.
    Dropped(Reading, u32),
}

/// Takes files that are dropped anywhere on the page, for as long as it is there. Without this, the browser would leave
/// the page and show the file.
pub fn take_dropped(tell: impl Fn(Drag) + 'static) {
    let tell = Rc::new(tell);
    let window = web_sys::window().expect("a page has a window");
    let on = |name: &str, take: Box<dyn Fn(&DragEvent)>| {
        let callback = Closure::<dyn FnMut(DragEvent)>::new(move |event: DragEvent| take(&event));
        let target: &EventTarget = &window;
        // It fails only for a target that takes no listeners, which a window does.
        target.add_event_listener_with_callback(name, callback.as_ref().unchecked_ref()).ok();
        // For as long as the page is there.
        callback.forget();
    };
    let over = {
        let tell = tell.clone();
        move |event: &DragEvent| {
            if has_files(event) {
                event.prevent_default();
                tell(Drag::Over);
            }
        }
    };
    on("dragenter", Box::new(over.clone()));
    on("dragover", Box::new(over));
    let gone = {
        let tell = tell.clone();
        move |event: &DragEvent| {
            // Between the page's own elements it goes from one to the other.
            if event.related_target().is_none() {
                tell(Drag::Gone);
            }
        }
    };
    on("dragleave", Box::new(gone));
    on(
        "drop",
        Box::new(move |event| {
            tell(Drag::Gone);
            if !has_files(event) {
                return;
            }
            event.prevent_default();
            let files = dragged(event, "files").dyn_into::<FileList>().ok();
            if let Some((file, files)) = files.and_then(|files| Some((files.get(0)?, files))) {
                tell(Drag::Dropped(Box::pin(read(&file)), files.length()));
            }
        }),
    );
}

/// What is dragged is a file, and not a text or a link of the page.
fn has_files(event: &DragEvent) -> bool {
    js_sys::try_iter(&dragged(event, "types"))
        .ok()
        .flatten()
        .is_some_and(|mut kinds| kinds.any(|kind| kind.is_ok_and(|kind| kind == "Files")))
}

/// What the browser says of what is dragged.
fn dragged(event: &DragEvent, what: &str) -> JsValue {
    let all = Reflect::get(event, &"dataTransfer".into()).unwrap_or_default();
    Reflect::get(&all, &what.into()).unwrap_or_default()
}

/// The file at an address. From the page's own origin no redirect leads to another.
///
/// # Errors
/// When there is none to be had; the error is a clause that says why, and how that is known.
pub async fn fetched(url: &str) -> Result<String, String> {
    if page_address::mixed_content(url) {
        return Err("a page that came by https may not read from an unencrypted address (mixed content)".to_owned());
    }
    let mode = if page_address::same_origin(url) { RequestMode::SameOrigin } else { RequestMode::Cors };
    let abort = AbortController::new().map_err(|error| error_text(&error))?;
    let request = RequestBuilder::new(url)
        .mode(mode)
        .credentials(RequestCredentials::Omit)
        .referrer_policy(ReferrerPolicy::NoReferrer)
        .abort_signal(Some(&abort.signal()))
        .build()
        .map_err(|error| format!("the browser refuses this address: {error}"))?;
    let window = web_sys::window().expect("a page has a window");
    let head = promise::settled(&window.fetch_with_request(&request.into())).await;
    let response: Response = match head.result.map(JsCast::dyn_into) {
        Ok(Ok(response)) => response,
        _ => return Err(why_nothing_came(url, mode).await),
    };
    if !response.ok() {
        return Err(format!("the server answered with status {}", response.status()));
    }
    let body = body(&response).await;
    if body.is_err() {
        abort.abort();
    }
    text(body?)
}

/// Why a `fetch` was rejected, which tells the page nothing: so another is made whose answer nobody may read.
async fn why_nothing_came(url: &str, mode: RequestMode) -> String {
    let answers = probe::answers(url).await;
    match (answers, mode) {
        (true, RequestMode::SameOrigin) => {
            "the server answers, but not with the file: it may redirect to another origin".to_owned()
        }
        (true, _) => "a server answers there, but does not let this page read it (its answer would need the header \
                      Access-Control-Allow-Origin). Save the file, and open it from there"
            .to_owned(),
        (false, _) => "nobody answers there: no server, a wrong name, or something in between that blocks".to_owned(),
    }
}

/// All of a body, unless it is too large.
async fn body(response: &Response) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let Some(stream) = response.body() else { return Ok(bytes) };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    loop {
        let piece = promise::settled(&reader.read()).await.result;
        let piece = piece.map_err(|_| format!("it broke off after {} bytes", bytes.len()))?;
        let field = |name: &str| Reflect::get(&piece, &name.into()).unwrap_or_default();
        if field("done").is_truthy() {
            return Ok(bytes);
        }
        let piece: Uint8Array = field("value").unchecked_into();
        if bytes.len() as u64 + u64::from(piece.length()) > MOST_BYTES {
            return Err(too_large());
        }
        bytes.extend(piece.to_vec());
    }
}
