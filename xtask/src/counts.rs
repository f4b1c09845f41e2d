//! How many checks passed, failed and were skipped: read from what test runners print, and summed.

use std::fmt;
use std::ops::AddAssign;

/// Numbers of checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Checks that passed.
    pub(crate) passed: u32,
    /// Checks that failed.
    pub(crate) failed: u32,
    /// Checks that were not run: ignored tests.
    pub(crate) skipped: u32,
}

impl Counts {
    /// One check that passed.
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    /// One check that failed.
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };

    /// Reads the line with which libtest and wasm-bindgen-test end:
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; …`. Any other line is `None`.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let (_, result) = line.split_once("test result: ")?;
        let (_, numbers) = result.split_once(". ")?;
        let number = |what: &str| {
            let part = numbers.split("; ").find_map(|part| part.trim().strip_suffix(what))?;
            part.trim().parse::<u32>().ok()
        };
        Some(Self { passed: number(" passed")?, failed: number(" failed")?, skipped: number(" ignored")? })
    }

    /// What a test run counts for: a run that failed without a failed test (it did not compile, or
    /// it broke off) is one failure, and so is one that ran no test at all.
    pub(crate) fn of_run(mut self, succeeded: bool) -> Self {
        let ran_nothing = self.passed + self.failed == 0;
        if (!succeeded && self.failed == 0) || ran_nothing {
            self.failed += 1;
        }
        self
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, skipped } = self;
        write!(out, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBTEST: &str =
        "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.01s";
    const IN_A_BROWSER: &str = "test result: ok. 7 passed; 0 failed; 1 ignored; 0 filtered out; finished in 0.22s";

    #[test]
    fn reads_the_last_line_of_both_runners() {
        assert_eq!(Counts::from_line(LIBTEST), Some(Counts { passed: 3, failed: 2, skipped: 1 }));
        assert_eq!(Counts::from_line(IN_A_BROWSER), Some(Counts { passed: 7, failed: 0, skipped: 1 }));
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in ["", "test result: ok", "test wire::reads ... ok", "running 3 tests", "12 passed; 0 failed"] {
            assert_eq!(Counts::from_line(line), None, "{line}");
        }
    }

    #[test]
    fn sums_up() {
        let mut sum = Counts::default();
        for line in [LIBTEST, IN_A_BROWSER] {
            sum += Counts::from_line(line).expect("both lines have counts");
        }
        assert_eq!(sum.to_string(), "10 passed, 2 failed, 2 skipped");
    }

    #[test]
    fn a_run_that_broke_off_is_one_failure() {
        let counts = Counts { passed: 3, failed: 0, skipped: 0 };
        assert_eq!(counts.of_run(false).failed, 1);
        assert_eq!(counts.of_run(true), counts);
    }

    #[test]
    fn a_failed_test_is_counted_once() {
        let counts = Counts { passed: 3, failed: 2, skipped: 0 };
        assert_eq!(counts.of_run(false), counts);
    }

    #[test]
    fn a_run_without_a_test_is_one_failure() {
        assert_eq!(Counts::default().of_run(true), Counts::FAILED);
        let only_skipped = Counts { skipped: 2, ..Counts::default() };
        assert_eq!(only_skipped.of_run(true).failed, 1);
    }
}
