//! A link as it is written on the command line: `NAME=RTT[,jitter][,rate]`.

use thiserror::Error;

use crate::wire::Link;

/// The longest round-trip time, in µs: a minute.
const LONGEST: u64 = 60_000_000;
/// The slowest and the fastest rate, in bytes a second. At the slowest a full delay line still runs empty within
/// about a minute.
const RATES: std::ops::RangeInclusive<f64> = 1_000.0..=10e9;
/// The longest name, in characters.
const LONGEST_NAME: usize = 32;

/// Units of time, in µs. The first is taken where none is named.
const TIMES: [(&str, f64); 4] = [("ms", 1e3), ("s", 1e6), ("µs", 1.0), ("us", 1.0)];
/// Units of rate, in bytes a second.
const UNITS: [(&str, f64); 6] =
    [("B/s", 1.0), ("kB/s", 1e3), ("MB/s", 1e6), ("bit/s", 0.125), ("kbit/s", 125.0), ("Mbit/s", 125e3)];

/// Why a text is no link. Each is a sentence that says what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum LinkError {
    /// There is no `=`.
    #[error("a link is written NAME=RTT[,jitter][,rate], as in mobile=100ms,10ms,1.5MB/s, not “{0}”")]
    NoName(String),
    /// The name cannot stand in a URL as it is.
    #[error("a link's name is 1 to 32 lower-case letters, digits and hyphens, as in mobile, not “{0}”")]
    Name(String),
    /// The round-trip time cannot be read.
    #[error("a round-trip time is a number of ms up to 60000, or has a unit (µs, ms, s), as in 100 or 0.1s, not “{0}”")]
    Rtt(String),
    /// What follows is neither a jitter nor a rate.
    #[error(
        "after the round-trip time come at most a jitter in ms (as in 10ms) and then a rate from 1 kB/s to 10 GB/s in \
         B/s, kB/s, MB/s, bit/s, kbit/s or Mbit/s (as in 1.5MB/s), not “{0}”"
    )]
    Rest(String),
    /// One way would take less than no time.
    #[error(
        "the jitter of a link is at most half its round-trip time, so that one way takes no less than no time, not “{0}”"
    )]
    Jitter(String),
}

/// The links that a server offers unless told otherwise.
pub(crate) fn defaults() -> [Link; 3] {
    [("cable", 20_000), ("mobile", 100_000), ("satellite", 600_000)].map(|(name, rtt)| Link {
        name: name.to_owned(),
        rtt,
        jitter: 0,
        rate: None,
    })
}

/// Reads a link.
///
/// # Errors
/// A sentence that says what is wrong and what would be right.
pub(crate) fn parse(text: &str) -> Result<Link, LinkError> {
    let (name, figures) = text.split_once('=').ok_or_else(|| LinkError::NoName(shortened(text)))?;
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_plain) {
        return Err(LinkError::Name(shortened(name)));
    }
    let mut figures = figures.split(',');
    let first = figures.next().unwrap_or_default();
    let rtt = time(first).ok_or_else(|| LinkError::Rtt(shortened(first)))?;
    let mut link = Link { name: name.to_owned(), rtt, jitter: 0, rate: None };
    let mut has_jitter = false;
    for figure in figures {
        let wrong = || LinkError::Rest(shortened(figure));
        if let Some(jitter) = time(figure).filter(|_| !has_jitter && link.rate.is_none()) {
            if jitter > rtt / 2 {
                return Err(LinkError::Jitter(shortened(figure)));
            }
            link.jitter = jitter;
            has_jitter = true;
        } else if link.rate.is_none() {
            link.rate = Some(rate(figure).ok_or_else(wrong)?);
        } else {
            return Err(wrong());
        }
    }
    Ok(link)
}

/// A time in µs.
fn time(text: &str) -> Option<u64> {
    let (number, unit) = figure(text)?;
    let unit = if unit.is_empty() { TIMES[0].0 } else { unit };
    let (_, factor) = TIMES.into_iter().find(|(name, _)| *name == unit)?;
    // At most 60,000,000 and not below 0, so it is a whole number of u64.
    Some((number * factor).round()).filter(|time| *time <= LONGEST as f64).map(|time| time as u64)
}

/// A rate in bytes a second.
fn rate(text: &str) -> Option<u64> {
    let (number, unit) = figure(text)?;
    let (_, factor) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    // Within bounds that u64 holds.
    Some((number * factor).round()).filter(|rate| RATES.contains(rate)).map(|rate| rate as u64)
}

/// A decimal number that is not negative, and the word behind it.
fn figure(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let number = text[..end].parse().ok()?;
    Some((number, text[end..].trim_start()))
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(name: &str, rtt: u64, jitter: u64, rate: Option<u64>) -> Result<Link, LinkError> {
        Ok(Link { name: name.to_owned(), rtt, jitter, rate })
    }

    #[test]
    fn plain_numbers_are_milliseconds() {
        assert_eq!(parse("cable=20"), link("cable", 20_000, 0, None));
        assert_eq!(parse("lan=0.5,0.25"), link("lan", 500, 250, None));
        assert_eq!(parse("none=0"), link("none", 0, 0, None));
    }

    #[test]
    fn units_are_understood_and_jitter_or_rate_may_be_left_out() {
        assert_eq!(parse("mobile=100ms,10ms,1.5MB/s"), link("mobile", 100_000, 10_000, Some(1_500_000)));
        assert_eq!(parse("slow=1s,56kbit/s"), link("slow", 1_000_000, 0, Some(7_000)));
        assert_eq!(parse("dsl=30, 16 Mbit/s"), link("dsl", 30_000, 0, Some(2_000_000)));
        assert_eq!(parse("near=800µs,100us,8000bit/s"), link("near", 800, 100, Some(1_000)));
        assert_eq!(parse("x=1,500kB/s"), link("x", 1_000, 0, Some(500_000)));
        assert_eq!(parse("x=1,2000B/s"), link("x", 1_000, 0, Some(2_000)));
    }

    #[test]
    fn what_is_wrong_is_told_with_what_would_be_right() {
        let wrong = [
            ("mobile", "NAME=RTT"),
            ("=20", "lower-case letters"),
            ("Mobile=20", "lower-case letters"),
            ("a/b=20", "lower-case letters"),
            ("mobile=", "as in 100"),
            ("mobile=fast", "as in 100"),
            ("mobile=-5", "as in 100"),
            ("mobile=61s", "up to 60000"),
            ("mobile=1e9", "as in 100"),
            ("mobile=100,60", "half its round-trip time"),
            ("mobile=100,10,20", "1.5MB/s"),
            ("mobile=100,1MB/s,10", "1.5MB/s"),
            ("mobile=100,1MB/s,2MB/s", "1.5MB/s"),
            ("mobile=100,10,1MiB/s", "1.5MB/s"),
            ("mobile=100,999B/s", "1 kB/s"),
            ("mobile=100,10,", "1.5MB/s"),
        ];
        for (text, hint) in wrong {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }

    #[test]
    fn the_defaults_could_have_been_written() {
        for (link, text) in defaults().into_iter().zip(["cable=20", "mobile=100", "satellite=600"]) {
            assert_eq!(parse(text), Ok(link));
        }
    }
}
