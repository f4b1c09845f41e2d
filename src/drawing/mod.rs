//! Where things go: a trace and its analysis become a [`Scene`], shapes at pixels with their
//! meaning. No DOM, no font is measured, and the same input gives the same picture.

mod axis;
pub mod break_even;
pub mod byte_bar;
pub mod chart;
pub mod frame_head;
mod scene;
pub mod sequence;

pub use axis::{Axis, round_up};
pub use scene::{Anchor, Item, Point, Role, Scene, Shape};
