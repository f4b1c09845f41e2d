//! The runs of this visit that are not shown: found again by their settings, or as their lab's newest.

use super::state::Record;
use crate::lab::link::Page;
use crate::trace::Trace;

/// About how many bytes of runs are kept.
const MOST_BYTES: u64 = 128 * 1024 * 1024;
/// How many runs are kept.
const MOST_RUNS: usize = 64;

/// Runs that have ended, the newest last; one for each lab and its settings.
#[derive(Default)]
pub(super) struct Runs(Vec<Record>);

impl Runs {
    /// Keeps a run, in place of an earlier one with the same settings. Of more than there is room for, the largest are
    /// forgotten; of too many, the oldest.
    pub(super) fn put(&mut self, record: Record) {
        let Some(trace) = &record.trace else { return };
        self.0.retain(|other| other.trace.as_ref().is_none_or(|other| !same_settings(other, trace)));
        self.0.push(record);
        if self.0.len() > MOST_RUNS {
            self.0.remove(0);
        }
        while self.0.iter().map(Record::weight).sum::<u64>() > MOST_BYTES {
            let largest = self.0.iter().enumerate().max_by_key(|(_, record)| record.weight());
            let Some((largest, _)) = largest else { return };
            self.0.remove(largest);
        }
    }

    /// Takes the newest run of a page that is as it should be out, else the newest one of the page.
    pub(super) fn take(&mut self, page: Page, is_right: impl Fn(&Trace) -> bool) -> Option<Record> {
        let of_page = |record: &Record| record.page() == Some(page);
        let right = |record: &Record| of_page(record) && record.trace.as_ref().is_some_and(&is_right);
        let place = self.0.iter().rposition(right).or_else(|| self.0.iter().rposition(of_page))?;
        Some(self.0.remove(place))
    }

    /// All of them, the newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Record> {
        self.0.iter().rev()
    }
}

/// Two runs were asked for with the same settings, against the same endpoints.
fn same_settings(one: &Trace, other: &Trace) -> bool {
    let [one, other] = [&one.circumstances, &other.circumstances];
    // Two captures are two things, however alike.
    !(one.is_imported() && one.run != other.run)
        && one.lab == other.lab
        && one.parameters == other.parameters
        && one.http.url == other.http.url
        && one.ws.url == other.ws.url
}
