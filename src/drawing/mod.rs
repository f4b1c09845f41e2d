//! Where things go: a trace and its analysis become a [`Scene`], shapes at pixels with their
//! meaning. No DOM, no font is measured, and the same input gives the same picture.

mod axis;
pub mod break_even;
pub mod byte_bar;
pub mod charts;
pub mod frame_head;
mod scene;
pub mod sequence;

pub use axis::{Axis, Fixed, FixedStretch, Pace, round_up};
pub use scene::{Anchor, Badge, Item, Point, Role, Scene, Shape};
