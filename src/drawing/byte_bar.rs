//! The bytes of one message as a bar: what the application sent, what the protocol added, what our instrument
//! added, each as wide as its share, and none so narrow that it is not seen.

/// What bytes are there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The application sent them.
    Payload,
    /// The protocol added them.
    Protocol,
    /// Our instrument added them.
    Instrument,
}

/// A stretch of the bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Whose bytes they are.
    pub layer: Layer,
    /// How many; `None` where that is unknown.
    pub bytes: Option<u64>,
    /// How much of the bar's width it takes, from 0 to 1.
    pub share: f64,
}

/// The least that a stretch takes.
const LEAST: f64 = 0.02;
/// What a stretch takes of which nothing is known.
const UNKNOWN: f64 = 0.15;

/// The stretches of a bar, in order; a layer without bytes has none.
#[must_use]
pub fn stretches(payload: u64, protocol: Option<u64>, instrument: Option<u64>) -> Vec<Stretch> {
    let layers = [(Layer::Payload, Some(payload)), (Layer::Protocol, protocol), (Layer::Instrument, instrument)];
    let layers: Vec<_> = layers.into_iter().filter(|(_, bytes)| *bytes != Some(0)).collect();
    let known: u64 = layers.iter().filter_map(|(_, bytes)| *bytes).sum();
    let of_known = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64 / known as f64);
    let widths: Vec<f64> =
        layers.iter().map(|(_, bytes)| of_known(*bytes).map_or(UNKNOWN, |share| share.max(LEAST))).collect();
    let whole: f64 = widths.iter().sum();
    let stretch = |((layer, bytes), width): ((Layer, Option<u64>), f64)| Stretch { layer, bytes, share: width / whole };
    layers.into_iter().zip(widths).map(stretch).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_bar_is_full_and_each_stretch_is_seen(
            payload in 0u64..1 << 40, protocol in proptest::option::of(0u64..1 << 20),
            instrument in proptest::option::of(0u64..1 << 20),
        ) {
            let stretches = stretches(payload, protocol, instrument);
            let whole: f64 = stretches.iter().map(|stretch| stretch.share).sum();
            prop_assert!(stretches.is_empty() || (whole - 1.0).abs() < 1e-9, "{whole}");
            prop_assert!(stretches.iter().all(|stretch| stretch.share > LEAST / 1.5), "{stretches:?}");
            prop_assert!(stretches.iter().all(|stretch| stretch.bytes != Some(0)));
            // More bytes are never drawn narrower.
            for (one, other) in stretches.iter().zip(stretches.iter().skip(1)) {
                if let (Some(few), Some(many)) = (one.bytes, other.bytes) {
                    prop_assert!((few <= many) == (one.share <= other.share) || (one.share - other.share).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn shares_are_those_of_the_bytes() {
        let stretches = stretches(32, Some(6), Some(10));
        let shares: Vec<_> = stretches.iter().map(|stretch| (stretch.share * 48.0).round() as u64).collect();
        assert_eq!(shares, [32, 6, 10]);
        assert_eq!(super::stretches(0, Some(2), Some(0)).len(), 1);
        assert_eq!(super::stretches(0, Some(0), Some(0)), []);
    }
}
