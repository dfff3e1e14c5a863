//! The run around a call, while its tool works: what the program has given, what the tool tells, and when it has to end.

use std::time::Duration;

use handyman_core::{CallContext, CallId, Delta};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

use crate::driver::Ports;
use crate::observe::Observer;

/// Shows how far a call has come.
pub(crate) struct Attendant<'a> {
    observer: &'a dyn Observer,
    call: CallId,
    told: UnboundedReceiver<String>,
}

/// The context of a call that has so much time from now on, and who attends to it meanwhile.
pub(crate) fn attended<'a>(
    ports: &Ports<'a>,
    mut context: CallContext,
    time: Duration,
) -> (CallContext, Attendant<'a>) {
    context.given = ports.given.clone();
    let (tells, told) = unbounded_channel();
    let attendant = Attendant { observer: ports.observer, call: context.call.clone(), told };
    let (cancel, began) = (ports.cancel.clone(), Instant::now());
    let context = context
        .on_progress(move |text| {
            // What is told after the end of the call is of no interest any more.
            let _ = tells.send(text);
        })
        .cancelled_when(move || cancel.is_cancelled())
        .timed_by(move || time.saturating_sub(began.elapsed()));
    (context, attendant)
}

impl Attendant<'_> {
    /// Does the work of the tool, and shows what it tells as it comes.
    pub(crate) async fn during<W: Future>(mut self, work: W) -> W::Output {
        let mut work = std::pin::pin!(work);
        let done = loop {
            tokio::select! {
                biased;
                Some(text) = self.told.recv() => self.show(text),
                done = &mut work => break done,
            }
        };
        while let Ok(text) = self.told.try_recv() {
            self.show(text);
        }
        done
    }

    fn show(&self, text: String) {
        self.observer.delta(Delta::Progress { call: self.call.clone(), text });
    }
}

#[cfg(test)]
mod tests;
