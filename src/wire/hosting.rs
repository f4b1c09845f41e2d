//! What a page's host says of the echo servers beside it, in [`HOSTING_FILE`](super::HOSTING_FILE).

use serde::{Deserialize, Serialize};

/// Which Duplex servers a page asks. Where the host has no such file, the page asks its own origin, and
/// then, if that is a loopback address, the usual port there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hosting {
    /// Their origins, as URLs, the first that answers is taken; a relative one is taken from where the page is.
    /// None where no live traffic can be had: nobody is asked then.
    pub servers: Vec<String>,
}

impl Hosting {
    /// The page comes from the echo server itself.
    #[must_use]
    pub fn here() -> Self {
        Self { servers: vec!["/".to_owned()] }
    }
}
