//! A lab within a page of somebody else: what the two say to each other, and the markup that puts it there. Only values
//! and text; who may be told is decided where windows are (`browser::host`).

mod messages;
mod results;
mod snippet;

pub use messages::{Asked, Told, VERSION, told};
pub use results::Results;
pub use snippet::{DEFAULT_HEIGHT, DEFAULT_WIDTH, PERMISSIONS, Snippet};
