//! The patterns that tell areas apart without colour: what is drawn on each tile, here and in pictures that are taken away.

/// A pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Lines from lower left to upper right.
    Hatch,
    /// The same, crossed by others.
    Cross,
    /// Dots, row by row.
    Dots,
}

/// What is drawn on a tile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sign {
    /// Strokes: the data of a path, and their width in pixels. They reach beyond the tile, so that there is no seam. A tile
    /// turned by `patternTransform` would be simpler; LibreOffice does not turn it.
    Strokes(&'static str, f64),
    /// A dot: its centre, the same both ways, and its radius, in pixels.
    Dot(f64, f64),
}

impl Pattern {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hatch, Self::Cross, Self::Dots];

    /// How it is named in a picture.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hatch => "hatch",
            Self::Cross => "cross",
            Self::Dots => "dots",
        }
    }

    /// The side of its tile, in pixels.
    #[must_use]
    pub const fn side(self) -> u32 {
        match self {
            Self::Hatch | Self::Cross => 7,
            Self::Dots => 4,
        }
    }

    /// What is drawn on its tile.
    #[must_use]
    pub const fn sign(self) -> Sign {
        match self {
            Self::Hatch => Sign::Strokes("M-2 2L2 -2M0 7L7 0M5 9L9 5", 1.6),
            Self::Cross => Sign::Strokes("M-2 2L2 -2M0 7L7 0M5 9L9 5M-2 5L2 9M0 0L7 7M5 -2L9 2", 1.0),
            Self::Dots => Sign::Dot(1.2, 0.9),
        }
    }
}
