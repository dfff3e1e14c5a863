//! A session: a conversation of many runs over one journal.

mod after;
mod cancel;
mod names;
mod once;
mod places;
mod request;
mod said;

use std::any::Any;

use handyman_core::catalogue::{SHOW_TOOLS, is_headed};
use handyman_core::workflow::Begun;
use handyman_core::{
    AnswerSchema, CallState, Earlier, Event, Fault, FaultKind, Journal, Message, Outcome, ReplyOptions, Role,
    Run, RunId, RunSummary, SessionId, Toolset, Workflow,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::agent::{Agent, no_such_run};
use crate::driver::{Ports, drive, record};
use crate::observe::Watch;

pub(crate) use names::{fresh, is_fresh};

/// A conversation of many runs over one journal.
///
/// While it works it holds the session's lease: nobody else can write the session. A run that was
/// interrupted does not block it: the next message closes that run as cancelled, after the tools have said
/// what became of its calls.
#[derive(Debug, Clone)]
pub struct Session {
    agent: Agent,
    id: SessionId,
    /// The key that its next run is begun under.
    key: Option<String>,
}

/// A run with an answer of a type's shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed<T> {
    /// The run. Where a limit ended it, [`Run::incomplete`] says what of the value is not the model's.
    pub run: Run,
    /// The answer; `None` where there is none (the run waits for a person, or was cancelled), or where nothing of
    /// that shape could be made of what a limit left. Of a run that waited, [`Run::answer_as`] gives it once the run has
    /// been gone on with.
    pub value: Option<T>,
}

impl Session {
    pub(crate) fn new(agent: Agent, id: SessionId) -> Self {
        Self { agent, id, key: None }
    }

    pub(crate) fn agent(&self) -> &Agent {
        &self.agent
    }

    /// The session's name, to go on with it later.
    #[must_use]
    pub fn id(&self) -> &SessionId {
        &self.id
    }

    /// The same session with other options for its next runs.
    #[must_use]
    pub fn with_options(mut self, options: ReplyOptions) -> Self {
        self.agent.options = options;
        self
    }

    /// The same session, which gives the tools of its next runs a value: see [`Agent::with`].
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.agent = self.agent.with(value);
        self
    }

    /// The journal the session is kept in.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal` if it cannot be opened.
    pub async fn journal(&self) -> Result<std::sync::Arc<dyn Journal>, Fault> {
        self.agent.opened_journal().await
    }

    /// What was said in the session so far, for an application that shows it again: the person's messages, the calls
    /// with their results, and the answers as they were given. It is not what the model is shown, which may be less
    /// or more than this. A run that goes on or waits is there as far as it has come; nothing is changed.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal`.
    pub async fn history(&self) -> Result<Vec<Message>, Fault> {
        let runs = self.agent.opened_journal().await?.events_of(&self.id, None).await?;
        let said =
            |(run, events): (RunId, Vec<Event>)| said::in_run(&Run::replay(run, Earlier::default(), &events));
        Ok(runs.into_iter().flat_map(said).collect())
    }

    /// The session's last run, if there is one.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal`.
    pub async fn last(&self) -> Result<Option<RunSummary>, Fault> {
        Ok(self.agent.opened_journal().await?.runs(Some(&self.id)).await?.pop())
    }

    /// Handles one message. What becomes of the run when the future is dropped is said at [`Agent::run`];
    /// `session.stream(message).run()` is the form that can be.
    ///
    /// # Errors
    /// As [`Agent::run`]; a `Request` fault if the message is empty or the last run waits for a person, a
    /// `Busy` one while another process is at work on the session, a `Schema` one if a tool could never be called,
    /// because nothing on offer gives what it needs.
    pub async fn run(&self, message: &str) -> Result<Run, Fault> {
        self.run_watched(message, &Watch::default()).await
    }

    /// Handles one message while somebody watches, who may cancel it.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub async fn run_watched(&self, message: &str, watch: &Watch<'_>) -> Result<Run, Fault> {
        self.run_task(message, false, watch).await
    }

    /// Handles one message, which is nobody's request where strangers may have had a part in it.
    pub(crate) async fn run_task(
        &self,
        message: &str,
        untrusted: bool,
        watch: &Watch<'_>,
    ) -> Result<Run, Fault> {
        request::check(message, self.agent.model.as_ref())?;
        self.begin((message, untrusted), None, watch).await
    }

    /// Follows a workflow in one run of this session. What it is and what it began with is in the journal: a run that
    /// was interrupted, or waits for a person, is resumed like any other.
    ///
    /// # Errors
    /// As [`Session::run`]; a `Request` fault if inputs or tools are not those that the workflow wants.
    pub async fn run_workflow<N: Into<String>, V: Into<Value>>(
        &self,
        workflow: &Workflow,
        inputs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Run, Fault> {
        self.run_workflow_watched(workflow, inputs, &Watch::default()).await
    }

    /// Follows a workflow while somebody watches, who may cancel it.
    ///
    /// # Errors
    /// As [`Session::run_workflow`].
    pub async fn run_workflow_watched<N: Into<String>, V: Into<Value>>(
        &self,
        workflow: &Workflow,
        inputs: impl IntoIterator<Item = (N, V)>,
        watch: &Watch<'_>,
    ) -> Result<Run, Fault> {
        let inputs = workflow.bind(by_name(inputs))?;
        workflow.fits(self.agent.tools()?.specs())?;
        let message = workflow.message(&inputs);
        self.begin((message.as_str(), false), Some(Begun { workflow: workflow.clone(), inputs }), watch).await
    }

    /// Begins a run of the session, with a message that may be untrusted, and drives it.
    async fn begin(
        &self,
        (message, untrusted_message): (&str, bool),
        workflow: Option<Begun>,
        watch: &Watch<'_>,
    ) -> Result<Run, Fault> {
        self.agent.guards.message(message)?;
        let tools = self.agent.offer()?;
        let specs = tools.specs();
        let journal = self.agent.opened_journal().await?;
        let id = RunId::from(fresh("r"));
        let place = self.agent.under_way.at_work(&id, &watch.cancel);
        let _lease = journal.lease(&self.id).await?;
        self.check_key(journal.as_ref()).await?;
        let earlier = self.earlier(journal.as_ref(), None).await?;
        if workflow.is_none() {
            // The steps of a workflow may give a tool what no other tool on offer gives.
            tools.check_sources(&earlier.messages)?;
        }
        let mut run = Run::new(id, earlier);
        let started = Event::Started {
            run: run.id().clone(),
            session: self.id.clone(),
            message: message.to_owned(),
            untrusted_message,
            key: self.key.clone(),
            model: self.agent.model.info(),
            tools: specs.iter().map(|spec| spec.name.clone()).collect(),
            untrusted: specs
                .iter()
                .filter(|spec| spec.safety.untrusted)
                .map(|spec| spec.name.clone())
                .collect(),
            places: places::of(specs),
            // The steps of a workflow say themselves what shape their replies have.
            answer_schema: self.agent.options.answer.clone().filter(|_| workflow.is_none()),
            workflow: workflow.map(Box::new),
            now: self.agent.time(),
        };
        let watch = watch.clone().cancelled_by(place.cancel().clone());
        self.go_on(&mut run, journal.as_ref(), &watch, &started).await?;
        place.came_to(&run);
        Ok(run)
    }

    /// Handles one message with an answer of a type's shape, with tools all the same.
    ///
    /// # Errors
    /// As [`Session::run`]; a `Schema` fault if the type's shape cannot be promised.
    pub async fn run_as<T: JsonSchema + DeserializeOwned>(&self, message: &str) -> Result<Typed<T>, Fault> {
        let options = ReplyOptions { answer: Some(AnswerSchema::of::<T>()?), ..self.agent.options.clone() };
        let run = self.clone().with_options(options).run(message).await?;
        Ok(Typed { value: run.answer_as().ok(), run })
    }

    /// Goes on with a run of this session. One that waits for a person asks the policy again; what the
    /// person has decided since counts. [`Session::resume_stream`] is the form whose future can be dropped.
    ///
    /// # Errors
    /// As [`Agent::resume`]; of kind `Request` if the run is one of another session.
    pub async fn resume(&self, id: &RunId, watch: &Watch<'_>) -> Result<Run, Fault> {
        let journal = self.agent.opened_journal().await?;
        let place = self.agent.under_way.at_work(id, &watch.cancel);
        let _lease = journal.lease(&self.id).await?;
        let events = self.own_events(journal.as_ref(), id).await?;
        let earlier = self.earlier(journal.as_ref(), Some(id)).await?;
        let mut run = Run::replay(id.clone(), earlier, &events);
        match run.outcome() {
            None | Some(Outcome::Waiting { .. }) => {
                self.has_tools_of(&run, &events)?;
                let watch = watch.clone().cancelled_by(place.cancel().clone());
                self.go_on(&mut run, journal.as_ref(), &watch, &Event::Resumed).await?;
                place.came_to(&run);
            }
            Some(_) => {}
        }
        Ok(run)
    }

    /// The events of a run of this session. Another session's run came after other messages, and is written under
    /// another lease.
    pub(crate) async fn own_events(&self, journal: &dyn Journal, run: &RunId) -> Result<Vec<Event>, Fault> {
        let events = journal.events(run).await?;
        match events.first() {
            Some(Event::Started { session, .. }) if *session == self.id => Ok(events),
            Some(Event::Started { session, .. }) => {
                let message = format!("run {run} belongs to session {session}, not to session {}", self.id);
                Err(Fault::new(FaultKind::Request, message)
                    .with_hint("`Agent::session_of` gives the session that a run belongs to"))
            }
            Some(_) | None => Err(no_such_run(run)),
        }
    }

    /// Ends a run without asking the model, after the tools have said what became of its calls.
    async fn give_up(&self, run: &mut Run, journal: &dyn Journal) -> Result<(), Fault> {
        let cancel = CancellationToken::new();
        cancel.cancel();
        self.go_on(run, journal, &Watch::default().cancelled_by(cancel), &Event::Resumed).await
    }

    /// A call that was asked for while its tool was on offer is not answered with "there is no such tool".
    fn has_tools_of(&self, run: &Run, events: &[Event]) -> Result<(), Fault> {
        let began_with = events.iter().find_map(|event| match event {
            Event::Started { tools, .. } => Some(tools.as_slice()),
            _ => None,
        });
        let offered = self.agent.offer_again(run)?;
        let specs = offered.specs();
        // What shows an agent's tools is not one of them.
        let shows = |tool: &String| run.reveals() && tool == SHOW_TOOLS;
        let is_missing = |tool: &String| !shows(tool) && specs.iter().all(|spec| spec.name != *tool);
        let open = run.pending().iter().filter(|pending| pending.state != CallState::Finished);
        let missing = open
            .map(|pending| &pending.call.tool)
            .find(|tool| began_with.unwrap_or_default().contains(tool) && is_missing(tool));
        // A workflow is not begun with a step that cannot be gone on from.
        let later = || run.progress().and_then(|progress| progress.missing_tool(specs));
        let Some(tool) = missing.map(String::as_str).or_else(later) else { return Ok(()) };
        let message = format!("run {} goes on with a call of '{tool}', which is not on offer now", run.id());
        Err(Fault::new(FaultKind::Request, message).with_hint("resume it with the tools that it began with"))
    }

    async fn go_on(
        &self,
        run: &mut Run,
        journal: &dyn Journal,
        watch: &Watch<'_>,
        first: &Event,
    ) -> Result<(), Fault> {
        let tools = if let Event::Started { tools, .. } = first {
            self.agent.offer_revealing(is_headed(tools))?
        } else {
            let tools = self.agent.offer_again(run)?;
            places::check(run, tools.specs())?;
            tools
        };
        let observers = self.agent.observers.clone().and(&watch.above);
        let shown = observers.after(watch.observer, run.id());
        let ports = Ports {
            model: self.agent.model.as_ref(),
            tools: &tools,
            policy: self.agent.policy.as_ref(),
            journal,
            limits: &self.agent.limits,
            options: &self.agent.options,
            given: &self.agent.given,
            guards: &self.agent.guards,
            observer: &shown,
            cancel: &watch.cancel,
        };
        let driven = match record(run, &ports, first).await {
            Ok(()) => watch.over(&observers, drive(run, &ports)).await,
            Err(fault) => Err(fault),
        };
        // Of a run that could not even be begun, nobody has heard.
        if let Err(fault) = &driven
            && run.now().is_some()
        {
            ports.observer.broke_off(run, fault);
        }
        driven
    }

    /// What the session's runs before `until` (or all of them) leave behind. A run that was interrupted is
    /// closed; one that waits for a person is not passed over.
    pub(crate) async fn earlier(
        &self,
        journal: &dyn Journal,
        until: Option<&RunId>,
    ) -> Result<Earlier, Fault> {
        let system = self.agent.system.iter().map(|text| Message::text_of(Role::System, text));
        let mut earlier = Earlier { messages: system.collect(), ..Earlier::default() };
        for (id, events) in journal.events_of(&self.id, until).await? {
            // Whoever goes on with a run does so from its last event as it is now.
            let has_ended = matches!(events.last(), Some(Event::Finished { .. }));
            let events = if has_ended { events } else { journal.events(&id).await? };
            let mut run = Run::replay(id, earlier, &events);
            match run.outcome() {
                None => self.give_up(&mut run, journal).await?,
                Some(Outcome::Waiting { .. }) => return Err(waits(run.id())),
                Some(_) => {}
            }
            earlier = run.into_earlier();
        }
        Ok(earlier)
    }
}

/// A workflow's inputs.
pub(crate) fn by_name<N: Into<String>, V: Into<Value>>(
    inputs: impl IntoIterator<Item = (N, V)>,
) -> Map<String, Value> {
    inputs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn waits(run: &RunId) -> Fault {
    Fault::new(FaultKind::Request, format!("run {run} of this session waits for a person")).with_hint(format!(
        "decide with `Agent::allow` or `Agent::deny`; on the command line: handyman approvals allow {run}, or deny, \
         then handyman resume {run}"
    ))
}

#[cfg(test)]
mod tests;
