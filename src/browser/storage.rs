//! What the page keeps in the visitor's browser (Web Storage, `localStorage`). A browser may refuse it, as in
//! some private windows and in embeds; then nothing is kept.

use web_sys::Storage;

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// What is kept under a key; `None` where nothing is, or nothing may be kept.
#[must_use]
pub fn get(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// Keeps a text. `false` where nothing may be kept, or there is no room.
pub fn set(key: &str, text: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(key, text).is_ok())
}

/// Forgets what is kept under a key.
pub fn remove(key: &str) {
    if let Some(storage) = storage() {
        // Only where nothing may be kept at all is there an error, and then there is nothing to forget.
        storage.remove_item(key).ok();
    }
}
