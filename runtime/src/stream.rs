//! A run as a stream: what is said and done while it goes on, then the run itself.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;
use handyman_core::{Delta, DeltaSink, Event, Fault, FaultKind, Run, RunId, Workflow};
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::agent::Agent;
use crate::observe::{Observer, Watch};
use crate::session::{Session, by_name};

/// What a stream tells.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Told {
    /// A piece of a reply while the model writes it, or how far a call has come: shown and forgotten. What becomes of either
    /// is told by the event.
    Delta(Delta),
    /// An event that is durable now.
    Event(Box<Event>),
    /// The run has ended, or waits for a person. Nothing follows.
    Ended(Box<Run>),
}

/// A run that goes on by itself and tells what happens. It can be read with [`RunStream::next`], or as a [`Stream`].
///
/// Whoever drops it before the end cancels the run: every call gets a result first, and one with an effect that is under
/// way runs to its end. What is not read yet is kept in memory.
#[derive(Debug)]
pub struct RunStream {
    told: UnboundedReceiver<Result<Told, Fault>>,
    cancel: CancellationToken,
    _cancels: DropGuard,
}

impl RunStream {
    /// What is told next; `None` after the end. A fault is told where the run cannot go on, and is the last.
    pub async fn next(&mut self) -> Option<Result<Told, Fault>> {
        self.told.recv().await
    }

    /// Cancels the run and goes on telling, until it has ended.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Waits for the end, whatever is told until then.
    ///
    /// # Errors
    /// The [`Fault`] with which the run cannot go on.
    pub async fn run(mut self) -> Result<Run, Fault> {
        while let Some(told) = self.next().await {
            if let Told::Ended(run) = told? {
                return Ok(*run);
            }
        }
        Err(gone())
    }

    /// Has this done on a task of its own while it is watched.
    fn of<W>(work: impl FnOnce(Teller, CancellationToken) -> W) -> Self
    where
        W: Future<Output = Result<Run, Fault>> + Send + 'static,
    {
        let (tells, told) = unbounded_channel();
        let cancel = CancellationToken::new();
        let work = work(Teller(tells.clone()), cancel.clone());
        let ending = Ending(Some(tells));
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(in_span(async move { ending.comes(work.await) }))),
            Err(error) => {
                let problem = format!("a run cannot be streamed: {error}");
                let hint = "call it within a Tokio runtime";
                ending.comes(Err(Fault::new(FaultKind::Request, problem).with_hint(hint)));
            }
        }
        Self { told, cancel: cancel.clone(), _cancels: cancel.drop_guard() }
    }
}

/// Tells the last: how the work has ended or, where it is dropped before that, that it has gone. A tool may have
/// panicked, or the runtime been shut down.
struct Ending(Option<UnboundedSender<Result<Told, Fault>>>);

impl Ending {
    fn comes(mut self, ended: Result<Run, Fault>) {
        self.tell(ended.map(|run| Told::Ended(Box::new(run))));
    }

    fn tell(&mut self, last: Result<Told, Fault>) {
        if let Some(tells) = self.0.take() {
            // Nobody may be listening any more.
            let _ = tells.send(last);
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.tell(Err(gone()));
    }
}

/// Does this on a task of its own, watched as what a tool of a run begins. Whoever drops the future cancels it, and does
/// not wait for its end.
pub(crate) async fn apart<W>(work: impl FnOnce(Watch<'static>) -> W) -> Result<Run, Fault>
where
    W: Future<Output = Result<Run, Fault>> + Send + 'static,
{
    let watch = Watch::within();
    let cancel = watch.cancel.child_token();
    let _cancels = cancel.clone().drop_guard();
    tokio::spawn(in_span(work(watch.cancelled_by(cancel))))
        .await
        .map_err(|error| gone().with_source(error))?
}

/// What is told of the work stands below the span that the program is in.
#[cfg(feature = "tracing")]
fn in_span<W: Future>(work: W) -> impl Future<Output = W::Output> {
    tracing::Instrument::in_current_span(work)
}

#[cfg(not(feature = "tracing"))]
fn in_span<W: Future>(work: W) -> W {
    work
}

fn gone() -> Fault {
    Fault::new(FaultKind::Backend, "the run's task has gone")
        .with_hint("what happened until then is in the journal: resume the run")
}

impl Stream for RunStream {
    type Item = Result<Told, Fault>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.told.poll_recv(context)
    }
}

/// Hands on what a run tells.
struct Teller(UnboundedSender<Result<Told, Fault>>);

impl DeltaSink for Teller {
    fn delta(&self, delta: Delta) {
        let _ = self.0.send(Ok(Told::Delta(delta)));
    }
}

impl Observer for Teller {
    fn event(&self, event: &Event) {
        let _ = self.0.send(Ok(Told::Event(Box::new(event.clone()))));
    }
}

impl Session {
    /// Handles one message on a task of its own, and tells what happens.
    #[must_use]
    pub fn stream(&self, message: &str) -> RunStream {
        let (session, message) = (self.clone(), message.to_owned());
        RunStream::of(|teller, cancel| async move {
            session.run_watched(&message, &Watch::new(&teller).cancelled_by(cancel)).await
        })
    }

    /// Follows a workflow on a task of its own, and tells what happens.
    #[must_use]
    pub fn stream_workflow<N: Into<String>, V: Into<Value>>(
        &self,
        workflow: &Workflow,
        inputs: impl IntoIterator<Item = (N, V)>,
    ) -> RunStream {
        let (session, workflow, inputs) = (self.clone(), workflow.clone(), by_name(inputs));
        RunStream::of(|teller, cancel| async move {
            let watch = Watch::new(&teller).cancelled_by(cancel);
            session.run_workflow_watched(&workflow, inputs, &watch).await
        })
    }

    /// Goes on with a run of this session on a task of its own, and tells what happens from here on.
    #[must_use]
    pub fn resume_stream(&self, run: &RunId) -> RunStream {
        let (session, run) = (self.clone(), run.clone());
        RunStream::of(|teller, cancel| async move {
            session.resume(&run, &Watch::new(&teller).cancelled_by(cancel)).await
        })
    }
}

impl Agent {
    /// Handles one message in a session of its own, and tells what happens meanwhile.
    ///
    /// ```
    /// # use handyman_core::Delta;
    /// # use handyman_runtime::{Agent, ScriptModel, Told};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), handyman_core::Fault> {
    /// # let agent = Agent::new(ScriptModel::parse(r#"{"text": "Good morning."}"#)?);
    /// let mut stream = agent.stream("Hello");
    /// while let Some(told) = stream.next().await {
    ///     match told? {
    ///         Told::Delta(Delta::Text(text)) => print!("{text}"),
    ///         Told::Ended(run) => assert_eq!(run.answer(), "Good morning."),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn stream(&self, message: &str) -> RunStream {
        self.session().stream(message)
    }

    /// Follows a workflow in a session of its own, and tells what happens meanwhile.
    #[must_use]
    pub fn stream_workflow<N: Into<String>, V: Into<Value>>(
        &self,
        workflow: &Workflow,
        inputs: impl IntoIterator<Item = (N, V)>,
    ) -> RunStream {
        self.session().stream_workflow(workflow, inputs)
    }

    /// Goes on with a run that was interrupted or waits for a person, and tells what happens from here on.
    #[must_use]
    pub fn resume_stream(&self, run: &RunId) -> RunStream {
        let (agent, run) = (self.clone(), run.clone());
        RunStream::of(|teller, cancel| async move {
            let session = agent.session_of(&run).await?;
            session.resume(&run, &Watch::new(&teller).cancelled_by(cancel)).await
        })
    }
}

#[cfg(test)]
mod tests;
