//! Dates as files have them: ISO 8601, with the time zone. Inside they are microseconds since 1970-01-01 UTC.

use time::format_description::well_known::Iso8601;
use time::format_description::well_known::iso8601::{Config, EncodedConfig, TimePrecision};
use time::{OffsetDateTime, PrimitiveDateTime};

/// The last microsecond of the year 9999: a later year has no four digits.
const LAST: i64 = 253_402_300_800_000_000 - 1;

/// With so many digits behind the second.
const fn with_digits(digits: Option<u8>) -> EncodedConfig {
    let digits = match digits {
        Some(digits) => std::num::NonZero::new(digits),
        None => None,
    };
    Config::DEFAULT.set_time_precision(TimePrecision::Second { decimal_digits: digits }).encode()
}

/// Writes a date in UTC, to the microsecond. Dates before 1970 and behind 9999 are written as the nearest in between.
pub(super) fn write(micros: i64) -> String {
    const FORM: Iso8601<{ with_digits(Some(6)) }> = Iso8601;
    let date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros.clamp(0, LAST)) * 1_000);
    date.ok().and_then(|date| date.format(&FORM).ok()).unwrap_or_default()
}

/// A time in ms since 1970-01-01 UTC, to the second; `None` for what has no date of four digits.
pub(super) fn to_the_second(millis: f64) -> Option<String> {
    const FORM: Iso8601<{ with_digits(None) }> = Iso8601;
    let seconds = (millis / 1_000.0).floor();
    // Beyond that a float may stand for more than one; and NaN is neither.
    let is_known = (0.0..=(LAST / 1_000_000) as f64).contains(&seconds);
    let date = OffsetDateTime::from_unix_timestamp(seconds as i64).ok().filter(|_| is_known)?;
    date.format(&FORM).ok()
}

/// Reads a date of the years 0 to 9999; those before 1970 are negative. One without a time zone is taken for UTC; what is finer than a microsecond
/// is cut off.
pub(super) fn read(text: &str) -> Option<i64> {
    let text = text.trim();
    let zoned = OffsetDateTime::parse(text, &Iso8601::PARSING);
    let plain = || PrimitiveDateTime::parse(text, &Iso8601::PARSING).map(PrimitiveDateTime::assume_utc);
    let date = zoned.or_else(|_| plain()).ok()?;
    let micros = i64::try_from(date.unix_timestamp_nanos().div_euclid(1_000)).ok()?;
    (micros <= LAST).then_some(micros)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(micros in 0..=LAST) {
            prop_assert_eq!(read(&write(micros)), Some(micros));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            prop_assert!(read(&text).is_none_or(|micros| micros <= LAST));
        }
    }

    #[test]
    fn known_dates_are_right() {
        assert_eq!(write(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(write(1_763_683_200_123_250), "2025-11-21T00:00:00.123250Z");
        assert_eq!(write(951_782_400_000_000), "2000-02-29T00:00:00.000000Z");
        assert_eq!(write(i64::MAX), "9999-12-31T23:59:59.999999Z");
        assert_eq!(write(-1), write(0));
    }

    #[test]
    fn seconds_are_cut_off_not_rounded() {
        assert_eq!(to_the_second(0.0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(to_the_second(951_782_399_999.0).as_deref(), Some("2000-02-28T23:59:59Z"));
        assert_eq!(to_the_second(253_402_300_799_999.0).as_deref(), Some("9999-12-31T23:59:59Z"));
        for none in [f64::NAN, f64::INFINITY, -1.0, 253_402_300_800_000.0] {
            assert_eq!(to_the_second(none), None, "{none}");
        }
    }

    #[test]
    fn zones_and_fractions_are_read_as_tools_write_them() {
        let at = Some(1_763_683_200_120_000);
        for text in [
            "2025-11-21T00:00:00.12Z",
            "2025-11-21T00:00:00.1200009Z",
            "2025-11-21T01:30:00.120+01:30",
            "2025-11-20T19:00:00.120-0500",
            "2025-11-20T19:00:00.120-05",
            "2025-11-21T00:00:00.120",
            "2025-11-21T00:00:00,120Z",
        ] {
            assert_eq!(read(text), at, "{text}");
        }
    }

    #[test]
    fn dates_before_1970_are_negative() {
        assert_eq!(read("1969-12-31T23:59:59.000Z"), Some(-1_000_000));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "yesterday",
            "2025-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-11-21T24:00:00Z",
            "2025-11-21T00:00:00+26:00",
            "+025-11-21T00:00:00Z",
            "2025-11-21T00:00:00.1x2Z",
            "2025-11-21T00:00:00+é",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
