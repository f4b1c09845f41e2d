//! What leaves the page by the visitor's wish: files to be saved, and texts for the clipboard.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use super::surroundings::{document, error_text, secure, window};

/// Selects what stands in the field of this id, of one line or of several.
fn select_field(id: &str) -> bool {
    let field = document().get_element_by_id(id);
    let Some(field) = field else { return false };
    if let Some(line) = field.dyn_ref::<web_sys::HtmlInputElement>() {
        line.select();
    } else if let Some(text) = field.dyn_ref::<web_sys::HtmlTextAreaElement>() {
        text.select();
    } else {
        return false;
    }
    true
}

/// Puts a text into the clipboard; says whether that worked. The field of this id has the same text: where the page is
/// no secure context there is no clipboard for it, and what is selected is copied as if by hand. If that does not
/// work either, it stays selected.
pub async fn copy(text: String, field: &str) -> bool {
    if secure() && !window().navigator().clipboard().is_undefined() {
        let written = window().navigator().clipboard().write_text(&text);
        if super::promise::settled(&written).await.result.is_ok() {
            return true;
        }
    }
    let document: web_sys::HtmlDocument = document().unchecked_into();
    select_field(field) && document.exec_command("copy").unwrap_or(false)
}

/// Offers a text as a file to be saved.
///
/// # Errors
/// When the browser refuses; the error is what it says.
pub fn download(name: &str, media_type: &str, text: &str) -> Result<(), String> {
    let save = || -> Result<(), JsValue> {
        let options = BlobPropertyBag::new();
        options.set_type(media_type);
        let blob = Blob::new_with_str_sequence_and_options(&js_sys::Array::of1(&text.into()), &options)?;
        offer(name, &blob)
    };
    save().map_err(|error| error_text(&error))
}

/// Offers what is in a blob as a file to be saved.
pub(super) fn offer(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let anchor: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    Url::revoke_object_url(&url)
}
