//! What a message said, read from the copy of its payload.

use serde::de::DeserializeOwned;

use crate::trace::Message;

/// What a message carries as JSON; `None` where it is something else, or no copy was kept.
pub(super) fn said<T: DeserializeOwned>(message: &Message) -> Option<T> {
    serde_json::from_slice(&message.copy.as_ref()?.0).ok()
}
