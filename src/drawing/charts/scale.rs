//! Scales of charts: from a value to its pixel and back, linear or logarithmic, with ticks at round values (1, 2 and 5
//! times a power of ten of a unit that suits the range).

use crate::drawing::round_up;

/// What a scale measures, from which the units at its ticks follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Lengths of time, in µs.
    Time,
    /// Bytes.
    Bytes,
    /// Things that are counted: nothing lies between two whole numbers.
    Count,
    /// Parts of a whole, which is 1.
    Share,
}

/// A round value of a scale and what stands beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The value.
    pub value: f64,
    /// With its unit; 0 has none.
    pub label: String,
}

/// From values to pixels. Between the ends it is strictly monotone; values beyond lie at the ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    values: (f64, f64),
    pixels: (f64, f64),
    logarithmic: bool,
}

impl Scale {
    /// Equal differences take equal room. The second value is greater than the first; pixels may fall.
    #[must_use]
    pub fn linear(values: (f64, f64), pixels: (f64, f64)) -> Self {
        let (from, to) = values;
        Self { values: (from, if to > from { to } else { from + 1.0 }), pixels, logarithmic: false }
    }

    /// Equal ratios take equal room. Both values are more than 0.
    #[must_use]
    pub fn logarithmic(values: (f64, f64), pixels: (f64, f64)) -> Self {
        let from = values.0.max(f64::MIN_POSITIVE);
        let to = if values.1 > from { values.1 } else { from * 10.0 };
        Self { values: (from, to), pixels, logarithmic: true }
    }

    /// The least and the greatest value.
    #[must_use]
    pub const fn values(&self) -> (f64, f64) {
        self.values
    }

    /// Where these lie.
    #[must_use]
    pub const fn pixels(&self) -> (f64, f64) {
        self.pixels
    }

    /// It has ends on both sides of a value, or at it.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        (self.values.0..=self.values.1).contains(&value)
    }

    /// Where a value lies.
    #[must_use]
    pub fn px(&self, value: f64) -> f64 {
        let (from, to) = self.values;
        let value = value.clamp(from, to);
        let share =
            if self.logarithmic { (value / from).ln() / (to / from).ln() } else { (value - from) / (to - from) };
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }

    /// Which value lies there.
    #[must_use]
    pub fn value(&self, px: f64) -> f64 {
        let (from, to) = self.values;
        let share = ((px - self.pixels.0) / (self.pixels.1 - self.pixels.0)).clamp(0.0, 1.0);
        if self.logarithmic { from * (to / from).powf(share) } else { from + share * (to - from) }
    }

    /// Round values, in rising order, at least `room` pixels apart.
    #[must_use]
    pub fn ticks(&self, quantity: Quantity, room: f64) -> Vec<Tick> {
        if self.logarithmic {
            for digits in [&[1.0, 2.0, 5.0][..], &[1.0, 3.0], &[1.0]] {
                let ticks = self.decades(quantity, digits);
                if ticks.len() > 1 && self.are_apart(&ticks, room) {
                    return ticks;
                }
            }
        }
        self.steps(quantity, room)
    }

    fn are_apart(&self, ticks: &[Tick], room: f64) -> bool {
        ticks.windows(2).all(|pair| (self.px(pair[1].value) - self.px(pair[0].value)).abs() >= room)
    }

    /// These digits in each power of ten.
    fn decades(&self, quantity: Quantity, digits: &[f64]) -> Vec<Tick> {
        let (from, to) = self.values;
        let (first, last) = (from.log10().floor() as i32, to.log10().ceil() as i32);
        let values = (first..=last).flat_map(|power| digits.iter().map(move |digit| digit * 10f64.powi(power)));
        // What is computed may be a hair beside the end that it stands for.
        let values = values.filter(|value| (from * (1.0 - 1e-9)..=to * (1.0 + 1e-9)).contains(value));
        values
            .map(|value| {
                let (unit, sign) = unit_of(quantity, value * 2.0);
                Tick { value, label: labelled(quantity, value / unit, 0, sign) }
            })
            .collect()
    }

    /// Equal steps, in one unit.
    fn steps(&self, quantity: Quantity, room: f64) -> Vec<Tick> {
        let (from, to) = self.values;
        let (unit, sign) = unit_of(quantity, from.abs().max(to.abs()));
        let length = (self.pixels.1 - self.pixels.0).abs();
        let mut step = round_up((to - from) / unit / (length / room.max(1.0)).max(1.0));
        if quantity == Quantity::Count {
            step = step.max(1.0);
        }
        let first = (from / unit / step - 1e-9).ceil();
        let count = (to / unit / step + 1e-9).floor() - first;
        let ticks = (0..=count.max(0.0) as u32).map(|number| (first + f64::from(number)) * step);
        let ticks = ticks.filter(|value| *value * unit <= to * (1.0 + 1e-9) + 1e-12);
        // All ticks of an axis have as many decimals.
        let decimals = plain(step).split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let ticks = ticks.map(|value| Tick { value: value * unit, label: labelled(quantity, value, decimals, sign) });
        let mut ticks: Vec<Tick> = ticks.collect();
        // On a logarithmic scale equal steps come closer and closer.
        let mut last = f64::NEG_INFINITY;
        ticks.retain(|tick| {
            let px = (self.px(tick.value) - self.pixels.0).abs();
            let keep = px - last >= room || !self.logarithmic;
            if keep {
                last = px;
            }
            keep
        });
        ticks
    }
}

fn labelled(quantity: Quantity, value: f64, decimals: usize, sign: &str) -> String {
    let number = |value: f64| if decimals > 0 { format!("{value:.decimals$}") } else { short(value) };
    match (quantity, value) {
        (Quantity::Share, _) => format!("{} %", number(value)),
        (_, 0.0) => "0".to_owned(),
        // Bytes the other way are drawn downward.
        (Quantity::Bytes, _) => format!("{} {sign}", number(value.abs())),
        _ if sign.is_empty() => number(value),
        _ => format!("{} {sign}", number(value)),
    }
}

/// The unit in which values up to `most` are written, and its sign.
#[must_use]
pub fn unit_of(quantity: Quantity, most: f64) -> (f64, &'static str) {
    const KIB: f64 = 1024.0;
    let units: &[(f64, &str)] = match quantity {
        Quantity::Bytes => {
            &[(1.0, "B"), (KIB, "KiB"), (KIB * KIB, "MiB"), (KIB * KIB * KIB, "GiB"), (KIB * KIB * KIB * KIB, "TiB")]
        }
        Quantity::Time => &[(1.0, "µs"), (1e3, "ms"), (1e6, "s"), (6e7, "min"), (3.6e9, "h")],
        Quantity::Count => &[(1.0, "")],
        Quantity::Share => &[(0.01, "%")],
    };
    let fitting = units.iter().rev().find(|(unit, _)| most >= 2.0 * unit);
    *fitting.unwrap_or(&units[0])
}

/// A number without what floating point adds.
fn plain(value: f64) -> String {
    ((value * 1e6).round() / 1e6).to_string()
}

/// A number in few letters.
#[must_use]
pub fn short(value: f64) -> String {
    match value.abs() {
        ..10_000.0 => plain(value),
        10_000.0..1_000_000.0 => format!("{}k", plain((value / 100.0).round() / 10.0)),
        _ => format!("{}M", plain((value / 10_000.0).round() / 100.0)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scale(from: f64, ratio: f64, logarithmic: bool, falls: bool) -> Scale {
        let pixels = if falls { (300.0, 20.0) } else { (20.0, 300.0) };
        if logarithmic {
            Scale::logarithmic((from, from * ratio), pixels)
        } else {
            Scale::linear((0.0, from * ratio), pixels)
        }
    }

    const QUANTITIES: [Quantity; 4] = [Quantity::Time, Quantity::Bytes, Quantity::Count, Quantity::Share];

    proptest! {
        #[test]
        fn there_and_back_is_the_same_value_and_order_is_kept(
            from in 0.5f64..1e6, ratio in 1.01f64..1e6, logarithmic: bool, falls: bool, a in 0.0f64..1.0, b in 0.0f64..1.0,
        ) {
            let scale = scale(from, ratio, logarithmic, falls);
            let (least, most) = scale.values();
            let [a, b] = [a, b].map(|share| least + share * (most - least));
            prop_assert!((scale.value(scale.px(a)) - a).abs() <= most * 1e-9);
            let rises = (scale.px(b) - scale.px(a)) * if falls { -1.0 } else { 1.0 };
            prop_assert!(a >= b || rises > -1e-9);
            prop_assert!((20.0..=300.0).contains(&scale.px(a)));
            prop_assert_eq!(scale.px(most * 9.0), scale.px(most));
        }

        #[test]
        fn ticks_are_round_rising_within_the_scale_and_never_too_dense(
            from in 0.5f64..1e6, ratio in 1.01f64..1e6, logarithmic: bool, falls: bool, which in 0usize..4, room in 14.0f64..80.0,
        ) {
            let scale = scale(from, ratio, logarithmic, falls);
            let (least, most) = scale.values();
            let ticks = scale.ticks(QUANTITIES[which], room);
            for pair in ticks.windows(2) {
                prop_assert!(pair[0].value < pair[1].value);
                prop_assert!((scale.px(pair[1].value) - scale.px(pair[0].value)).abs() >= room - 1e-6);
                prop_assert_ne!(&pair[0].label, &pair[1].label);
            }
            for tick in &ticks {
                prop_assert!(tick.value >= least * (1.0 - 1e-9) && tick.value <= most * (1.0 + 1e-9) + 1e-9);
            }
        }
    }

    #[test]
    fn units_follow_the_range() {
        let labels =
            |scale: Scale, quantity| scale.ticks(quantity, 60.0).into_iter().map(|tick| tick.label).collect::<Vec<_>>();
        let linear = |most| Scale::linear((0.0, most), (0.0, 300.0));
        assert_eq!(labels(linear(900.0), Quantity::Time), ["0", "200 µs", "400 µs", "600 µs", "800 µs"]);
        assert_eq!(labels(linear(4_000.0), Quantity::Time), ["0", "1 ms", "2 ms", "3 ms", "4 ms"]);
        assert_eq!(labels(linear(4096.0), Quantity::Bytes), ["0", "1 KiB", "2 KiB", "3 KiB", "4 KiB"]);
        assert_eq!(labels(linear(3.0), Quantity::Count), ["0", "1", "2", "3"]);
        assert_eq!(labels(linear(1.0), Quantity::Share), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        let decades = Scale::logarithmic((100.0, 1e7), (0.0, 400.0));
        assert_eq!(labels(decades, Quantity::Time), ["100 µs", "1 ms", "10 ms", "100 ms", "1 s", "10 s"]);
    }
}
