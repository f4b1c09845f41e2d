//! A lab within a page of somebody else, such as a course: what it says to that page, and the dialog that gives the markup
//! for it. How it looks there is `lab::CompactLab` and `style/embed.css`; the element for host pages is `duplex-lab.js`.

mod dialog;
mod protocol;

pub(super) use dialog::EmbedDialog;
pub(super) use protocol::begin;
