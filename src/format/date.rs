//! Dates as files have them: ISO 8601, with the time zone. Inside they are microseconds since 1970-01-01 UTC.

const MICROS: i64 = 1_000_000;
const DAY: i64 = 86_400;

/// The beginning of the year 0.
const FIRST: i64 = -62_167_219_200 * MICROS;

/// The last microsecond of the year 9999: a later year has no four digits.
const LAST: i64 = 253_402_300_800 * MICROS - 1;

/// Writes a date in UTC, to the microsecond. Dates before 1970 and behind 9999 are written as the nearest in between.
pub(super) fn write(micros: i64) -> String {
    let micros = micros.clamp(0, LAST);
    let (seconds, fraction) = (micros / MICROS, micros % MICROS);
    let (year, month, day) = civil(seconds / DAY);
    let second = seconds % DAY;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z")
}

/// A time in ms since 1970-01-01 UTC, to the second; `None` for what has no date of four digits.
pub(super) fn to_the_second(millis: f64) -> Option<String> {
    let micros = (millis * 1_000.0).floor();
    // Not up to `LAST`, which has no float of its own.
    (0.0..(LAST + 1) as f64).contains(&micros).then(|| {
        let date = write(micros as i64);
        date.split_once('.').map_or_else(|| date.clone(), |(seconds, _)| format!("{seconds}Z"))
    })
}

/// Reads a date of the years 0 to 9999; those before 1970 are negative. One without a time zone is taken for UTC; what is finer than a microsecond
/// is cut off.
pub(super) fn read(text: &str) -> Option<i64> {
    let (date, time) = text.trim().split_once(['T', 't', ' '])?;
    let mut fields = date.split('-');
    let mut next = |digits| number(fields.next()?, digits);
    let (year, month, day) = (next(4)?, next(2)?, next(2)?);
    let days = days(year, month, day).filter(|_| fields.next().is_none())?;
    let zone_at = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at_checked(zone_at)?;
    let (time, fraction) = time.split_once(['.', ',']).unwrap_or((time, ""));
    let mut fields = time.split(':');
    let mut next = || number(fields.next()?, 2);
    let (hour, minute, second) = (next()?, next()?, next()?);
    // A leap second (60) is taken for the second behind it.
    if fields.next().is_some() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days * DAY + hour * 3600 + minute * 60 + second - offset(zone)?;
    let micros = seconds * MICROS + fraction_micros(fraction)?;
    (FIRST..=LAST).contains(&micros).then_some(micros)
}

/// What a time zone is ahead of UTC, in seconds.
fn offset(zone: &str) -> Option<i64> {
    let (sign, rest) = match zone.split_at_checked(1) {
        None | Some(("Z" | "z", "")) => return Some(0),
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        Some(_) => return None,
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(parts) => parts,
        None => rest.split_at_checked(2)?,
    };
    let minutes = if minutes.is_empty() { 0 } else { number(minutes, 2)? };
    let hours = number(hours, 2)?;
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

fn fraction_micros(digits: &str) -> Option<i64> {
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let six: String = digits.chars().chain("000000".chars()).take(6).collect();
    six.parse().ok()
}

/// A number of just so many digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && text.bytes().all(|digit| digit.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; `None` where there is no such day. Years are counted from
/// March on, so that the day that comes and goes is a year's last.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// The date of so many days after 1970-01-01: what [`days`] does, backwards.
const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
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
            prop_assert!(read(&text).is_none_or(|micros| (FIRST..=LAST).contains(&micros)));
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
        ] {
            assert_eq!(read(text), at, "{text}");
        }
    }

    #[test]
    fn dates_before_1970_are_negative() {
        assert_eq!(read("1969-12-31T23:59:59.000Z"), Some(-MICROS));
        assert_eq!(read("0000-01-01T00:00:00Z"), Some(FIRST));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "yesterday",
            "2025-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-11-21",
            "2025-11-21T24:00:00Z",
            "2025-11-21T00:00:00+24:00",
            "0000-01-01T00:00:00+00:01",
            "2025-11-21T00:00Z",
            "+025-11-21T00:00:00Z",
            "2025-11-21T00:00:00.1x2Z",
            "2025-11-21T00:00:00+é",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
