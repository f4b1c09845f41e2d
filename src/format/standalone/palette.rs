//! The colours of `style/tokens.css` as plain colours, for light and for dark. A test reads the style sheet and fails
//! where the two differ.

use crate::trace::Protocol;

/// On which ground a picture is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

/// A colour by its name in the style sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// The ground of a picture.
    Raised,
    /// Words.
    Ink,
    /// Words that are less important.
    Quiet,
    /// What separates.
    Faint,
    /// What separates, and is hardly to be seen.
    Hair,
    /// HTTP.
    Http,
    /// A ground of HTTP's.
    HttpTint,
    /// WebSocket.
    Ws,
    /// A ground of WebSocket's.
    WsTint,
    /// What went wrong.
    Bad,
    /// Its ground.
    BadTint,
    /// The server speaks first.
    Unasked,
    /// Where one is.
    Focus,
    /// What is picked.
    Selected,
}

impl Token {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Raised,
        Self::Ink,
        Self::Quiet,
        Self::Faint,
        Self::Hair,
        Self::Http,
        Self::HttpTint,
        Self::Ws,
        Self::WsTint,
        Self::Bad,
        Self::BadTint,
        Self::Unasked,
        Self::Focus,
        Self::Selected,
    ];

    /// The name of its custom property, without the dashes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Ink => "ink",
            Self::Quiet => "quiet",
            Self::Faint => "faint",
            Self::Hair => "hair",
            Self::Http => "http",
            Self::HttpTint => "http-tint",
            Self::Ws => "ws",
            Self::WsTint => "ws-tint",
            Self::Bad => "bad",
            Self::BadTint => "bad-tint",
            Self::Unasked => "unasked",
            Self::Focus => "focus",
            Self::Selected => "selected",
        }
    }

    /// The colour: red, green, blue and how opaque it is, each from 0 to 255.
    #[must_use]
    pub const fn colour(self, theme: Theme) -> [u8; 4] {
        let [light, dark]: [u32; 2] = match self {
            Self::Raised => [0xff_ff_ff_ff, 0x17_1e_27_ff],
            Self::Ink => [0x1c_24_30_ff, 0xe4_e9_ef_ff],
            Self::Quiet => [0x5a_66_75_ff, 0x9a_a7_b6_ff],
            Self::Faint => [0x8b_96_a4_ff, 0x66_77_8a_ff],
            Self::Hair => [0xe9_ec_ef_ff, 0x24_2d_38_ff],
            Self::Http => [0xb8_4a_00_ff, 0xff_9a_57_ff],
            Self::HttpTint => [0xb8_4a_00_14, 0xff_9a_57_1a],
            Self::Ws => [0x00_62_b3_ff, 0x6c_b6_ff_ff],
            Self::WsTint => [0x00_62_b3_14, 0x6c_b6_ff_1a],
            Self::Bad => [0xa3_12_2a_ff, 0xff_8c_9b_ff],
            Self::BadTint => [0xa3_12_2a_10, 0xff_8c_9b_14],
            Self::Unasked => [0x00_7a_63_ff, 0x4f_d6_b8_ff],
            Self::Focus => [0x7a_3f_d0_ff, 0xc4_a3_ff_ff],
            Self::Selected => [0x7a_3f_d0_26, 0xc4_a3_ff_2e],
        };
        match theme {
            Theme::Light => light.to_be_bytes(),
            Theme::Dark => dark.to_be_bytes(),
        }
    }

    /// The colour of a protocol.
    #[must_use]
    pub const fn own(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Http => Self::Http,
            Protocol::WebSocket => Self::Ws,
        }
    }

    /// The ground of a protocol.
    #[must_use]
    pub const fn tint(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Http => Self::HttpTint,
            Protocol::WebSocket => Self::WsTint,
        }
    }
}
