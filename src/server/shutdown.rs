//! The word to end, told once to everything that runs.

use tokio::sync::watch;

/// Tells every [`Shutdown`] to end.
#[derive(Debug)]
pub(crate) struct Trigger(watch::Sender<bool>);

/// Knows when to end.
#[derive(Clone, Debug)]
pub(crate) struct Shutdown(watch::Receiver<bool>);

/// A trigger and what it triggers.
pub(crate) fn channel() -> (Trigger, Shutdown) {
    let (sender, receiver) = watch::channel(false);
    (Trigger(sender), Shutdown(receiver))
}

impl Trigger {
    /// Tells it.
    pub(crate) fn pull(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Resolves once it is told to end, at once if it was told already.
    pub(crate) async fn begun(mut self) {
        // A trigger that is gone without having been pulled leaves nobody to end for: that is an
        // end too.
        drop(self.0.wait_for(|&begun| begun).await);
    }
}
