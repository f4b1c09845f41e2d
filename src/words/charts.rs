//! What the signs in the charts mean, and what a chart's picture is called.

use crate::drawing::charts::{Event, Layer, Sign};
use crate::words::protocol;

/// The words at a sign in a legend.
#[must_use]
pub const fn sign(sign: Sign) -> &'static str {
    match sign {
        Sign::Row(whose) => protocol(whose),
        Sign::Sample => "an exchange",
        Sign::LeftOut => "not counted: the warm-up, or the tab was hidden",
        Sign::Spread => "from the least to the greatest of several exchanges",
        Sign::Median => "the median of several exchanges",
        Sign::Beyond => "beyond the scale",
        Sign::Event(Event::Opened) => "a connection was opened",
        Sign::Event(Event::Retried) => "a request was sent again",
        Sign::Event(Event::Hidden) => "the tab was hidden",
        Sign::Event(Event::Part) => "a part of the script begins",
        Sign::Bar => "how many took about so long",
        Sign::Cumulative => "which part took at most so long",
        Sign::Percentile => "p50, p95, p99: so many percent took no longer",
        Sign::Layer(Layer::Payload) => "payload: what the application sent",
        Sign::Layer(Layer::Overhead) => "overhead: what the protocol added",
        Sign::Layer(Layer::Instrument) => "instrument: what this tool added in order to measure",
        Sign::AtLeast => "at least so many bytes: some overhead is unknown",
        Sign::Piece(piece) => piece.name(),
        Sign::Crossing => "from that message on, the one line is below the other",
    }
}
