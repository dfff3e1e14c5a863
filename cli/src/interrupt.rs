//! Ctrl-C: what is under way ends well; pressed again, the process ends at once.

use std::sync::atomic::{AtomicBool, Ordering};

use handyman::{CancellationToken, Observer, Watch};
use tokio::task::JoinHandle;

use crate::show;

/// The exit status of a process that Ctrl-C ended (128 + SIGINT).
pub(crate) const INTERRUPTED: u8 = 130;

/// Whether a person is asked about a call: nothing is under way then that Ctrl-C could stop.
static IS_ASKED: AtomicBool = AtomicBool::new(false);

/// Notes that a person is asked, or has said something. Whoever presses Ctrl-C instead stays asked.
pub(crate) fn asked(is_asked: bool) {
    IS_ASKED.store(is_asked, Ordering::SeqCst);
}

/// Lets Ctrl-C cancel what is under way, for as long as the value lives.
#[derive(Debug)]
pub(crate) struct Interrupt {
    cancel: CancellationToken,
    listener: JoinHandle<()>,
}

impl Interrupt {
    pub(crate) fn new() -> Self {
        asked(false);
        let cancel = CancellationToken::new();
        let listener = tokio::spawn(listen(cancel.clone()));
        Self { cancel, listener }
    }

    /// Somebody who watches a run that ends at its next step once Ctrl-C is pressed, with every call accounted for.
    pub(crate) fn watch<'a>(&self, observer: &'a dyn Observer) -> Watch<'a> {
        Watch::new(observer).cancelled_by(self.cancel.clone())
    }

    /// Whether Ctrl-C has been pressed.
    pub(crate) fn is_pressed(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// What is cancelled once Ctrl-C is pressed.
    #[cfg(feature = "services")]
    pub(crate) fn token(&self) -> CancellationToken {
        self.cancel.clone()
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Pressed again, nothing is waited for: a call that is under way may take minutes, and its journal says that it began.
/// What a model's threads still compute with is not torn down under them.
async fn listen(cancel: CancellationToken) {
    pressed().await;
    cancel.cancel();
    if !IS_ASKED.load(Ordering::SeqCst) {
        tell_stopping();
    }
    pressed().await;
    handyman::leave(i32::from(INTERRUPTED));
}

/// Says that what is under way ends well.
pub(crate) fn tell_stopping() {
    show::note("stopping; a call that has an effect runs to its end (Ctrl-C again leaves at once)");
}

/// Waits for Ctrl-C; for ever, where it cannot be heard.
pub(crate) async fn pressed() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Waits until a service manager ends the process (SIGTERM), which is heard from this call on; for ever, where there is
/// no such signal.
#[cfg(feature = "services")]
pub(crate) fn terminated() -> impl Future<Output = ()> + Send + 'static {
    #[cfg(unix)]
    let heard = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    async move {
        #[cfg(unix)]
        if let Ok(mut heard) = heard {
            heard.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    }
}
