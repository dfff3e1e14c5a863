//! The agent: model + tools + policy + limits, as data, and what one does with it.

mod delegate;
mod given;
mod guards;
mod under_way;

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use handyman_core::{
    Event, Fault, FaultKind, Given, Journal, Limits, Model, ModelInfo, Policy, ReplyOptions, Run, RunId,
    SessionId, Tool, ToolChoice, Toolbox, Workflow, catalogue,
};
use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::journal::SqliteJournal;
use crate::observe::{Observers, Watch};
use crate::offer::Offer;
use crate::policy::{AskForEffects, AskForUntrusted, HeedRefusals};
use crate::session::{Session, Typed, fresh};

pub use delegate::Delegate;
pub(crate) use delegate::handed_on_by;
pub(crate) use guards::Guards;
pub(crate) use under_way::UnderWay;

/// A model with tools, a policy and limits.
///
/// Cloning is cheap and shares the model, the tools and the journal.
#[derive(Clone)]
pub struct Agent {
    pub(crate) model: Arc<dyn Model>,
    tools: Result<Toolbox, Arc<Fault>>,
    pub(crate) policy: Arc<dyn Policy>,
    pub(crate) limits: Limits,
    pub(crate) options: ReplyOptions,
    pub(crate) system: Option<String>,
    pub(crate) given: Given,
    pub(crate) observers: Observers,
    pub(crate) guards: Guards,
    pub(crate) under_way: UnderWay,
    now: Option<DateTime>,
    journal_path: Option<PathBuf>,
    journal: Arc<OnceCell<Arc<dyn Journal>>>,
    /// The same, where it is one that was opened here.
    own_journal: Arc<OnceLock<Arc<SqliteJournal>>>,
}

impl Agent {
    /// An agent without tools that asks before every effect and keeps its journal in memory.
    pub fn new(model: impl Model + 'static) -> Self {
        Self {
            model: Arc::new(model),
            tools: Ok(Toolbox::new()),
            policy: Arc::new(AskForUntrusted::new(HeedRefusals::new(AskForEffects))),
            limits: Limits::default(),
            options: ReplyOptions::default(),
            system: None,
            given: Given::default(),
            observers: Observers::default(),
            guards: Guards::default(),
            under_way: UnderWay::default(),
            now: None,
            journal_path: None,
            journal: Arc::default(),
            own_journal: Arc::default(),
        }
    }

    /// Offers one more tool. A tool that cannot be offered is reported by the first run.
    #[must_use]
    pub fn tool(mut self, tool: impl Tool + 'static) -> Self {
        self.tools = self.tools.and_then(|tools| tools.with(Arc::new(tool)).map_err(Arc::new));
        self
    }

    /// Offers these tools, after those that it offers already. Two of one name are reported by the first run.
    #[must_use]
    pub fn toolbox(mut self, tools: Toolbox) -> Self {
        self.tools = self.tools.and_then(|offered| offered.and(tools).map_err(Arc::new));
        self
    }

    /// Lets this policy decide on every call. What it allows is still refused where the person's own words refuse it
    /// ([`HeedRefusals`]), and asked about where untrusted content is behind it ([`AskForUntrusted`]).
    #[must_use]
    pub fn policy(self, policy: impl Policy + 'static) -> Self {
        self.policy_alone(AskForUntrusted::new(HeedRefusals::new(policy)))
    }

    /// Lets this policy alone decide on every call, whatever was said and whatever content is behind it.
    #[must_use]
    pub fn policy_alone(mut self, policy: impl Policy + 'static) -> Self {
        self.policy = Arc::new(policy);
        self
    }

    /// Limits each run.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Asks this of every reply: how tokens are drawn, which calls it may or must hold.
    #[must_use]
    pub fn options(mut self, options: ReplyOptions) -> Self {
        self.options = options;
        self
    }

    /// Instructions that head every session.
    #[must_use]
    pub fn system(mut self, text: impl Into<String>) -> Self {
        self.system = Some(text.into());
        self
    }

    /// Fixes the local date and time that runs begin at, instead of the clock's.
    #[must_use]
    pub fn now(mut self, now: DateTime) -> Self {
        self.now = Some(now);
        self
    }

    /// Makes runs durable in this SQLite file.
    #[must_use]
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal_path = Some(path.into());
        self.journal = Arc::default();
        self.own_journal = Arc::default();
        self
    }

    /// Keeps events in a journal of one's own. Who wants to look into it afterwards keeps an `Arc` of it: that is a
    /// journal too.
    #[must_use]
    pub fn journal_with(mut self, journal: impl Journal + 'static) -> Self {
        self.journal = Arc::new(OnceCell::new_with(Some(Arc::new(journal))));
        self.own_journal = Arc::default();
        self
    }

    /// Handles one message in a session of its own.
    ///
    /// # Dropping the future
    /// Like the end of the process, it ends the run where it stands: a tool that is at work is dropped in the middle of its
    /// effect. Nothing is done twice for it: the next message of the session, or [`Agent::resume`], asks the tool what
    /// became of the call, and where the tool cannot say, it is *unknown*. Where a client may go away or time may run out
    /// (`tokio::time::timeout`, `select!`), use `agent.stream(message).run()` instead: that run is on a task of its own,
    /// and dropping it [cancels](crate::RunStream) it in order.
    ///
    /// # Errors
    /// A [`Fault`] when the run cannot go on; what happened until then is in the journal.
    pub async fn run(&self, message: &str) -> Result<Run, Fault> {
        self.session().run(message).await
    }

    /// Handles one message in a session of its own, with an answer of a type's shape: tools are called all the
    /// same, and a run that stops at a limit still has one.
    ///
    /// ```
    /// # use handyman_runtime::{Agent, ScriptModel};
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct Weather {
    ///     city: String,
    ///     rain: bool,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), handyman_core::Fault> {
    /// # let model = ScriptModel::parse(r#"{"text": "{\"city\": \"Lagos\", \"rain\": true}"}"#)?;
    /// let agent = Agent::new(model);
    /// let answered = agent.run_as::<Weather>("Will it rain in Lagos?").await?;
    /// assert!(answered.value.is_some_and(|weather| weather.rain && weather.city == "Lagos"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Agent::run`]; a `Schema` fault if the type's shape cannot be promised.
    pub async fn run_as<T: JsonSchema + DeserializeOwned>(&self, message: &str) -> Result<Typed<T>, Fault> {
        self.session().run_as(message).await
    }

    /// Follows a workflow with these inputs, in a session of its own.
    ///
    /// ```
    /// # use handyman_core::{ToolResult, Workflow, tool};
    /// # use handyman_runtime::{Agent, ScriptModel};
    /// # use serde_json::json;
    /// # /// Weather forecast for a city.
    /// # #[tool(read_only)]
    /// # async fn weather(
    /// #     /// City name
    /// #     city: String,
    /// # ) -> ToolResult<String> {
    /// #     Ok(format!("rain in {city}"))
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), handyman_core::Fault> {
    /// # let model = ScriptModel::parse("")?;
    /// let workflow = Workflow::new(json!({
    ///     "name": "look",
    ///     "inputs": {"city": "Where to look"},
    ///     "steps": [{"name": "forecast", "call": "weather", "with": {"city": "{{ city }}"}}],
    ///     "answer": "Tomorrow: {{ forecast }}"
    /// }))?;
    /// let run = Agent::new(model).tool(weather).run_workflow(&workflow, [("city", "Lagos")]).await?;
    /// assert_eq!(run.answer(), "Tomorrow: rain in Lagos");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Session::run_workflow`].
    pub async fn run_workflow<N: Into<String>, V: Into<Value>>(
        &self,
        workflow: &Workflow,
        inputs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Run, Fault> {
        self.session().run_workflow(workflow, inputs).await
    }

    /// Begins a session.
    #[must_use]
    pub fn session(&self) -> Session {
        self.session_named(fresh("s").into())
    }

    /// Goes on with a session of the journal, or begins one of this name.
    #[must_use]
    pub fn session_named(&self, id: SessionId) -> Session {
        Session::new(self.clone(), id)
    }

    /// Goes on with a run that was interrupted or waits for a person.
    ///
    /// # Dropping the future
    /// As with [`Agent::run`]. In its place, [`Agent::resume_stream`] can be dropped.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` if there is no such run; otherwise as [`Agent::run`].
    pub async fn resume(&self, run: &RunId) -> Result<Run, Fault> {
        let session = self.session_of(run).await?;
        session.resume(run, &Watch::default()).await
    }

    /// Ends a run, and gives it as it has ended; one that has ended is given as it is. Not to be called by a tool of the
    /// run, which would wait for itself.
    ///
    /// A run that is under way, of this agent or of a clone, is cancelled and waited for: every call gets a result first,
    /// and one with an effect runs to its end. One that was interrupted or waits for a person ends without asking the
    /// model: tools say what became of calls that were under way, and every other call is cancelled. The session is free
    /// for its next message.
    ///
    /// # Errors
    /// As [`Agent::resume`]; of kind `Busy` while another process is at work on the run's session, or another run of it is
    /// under way.
    pub async fn cancel(&self, run: &RunId) -> Result<Run, Fault> {
        let session = self.session_of(run).await?;
        session.cancel(run).await
    }

    /// The session a run of the journal belongs to.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` if there is no such run.
    pub async fn session_of(&self, run: &RunId) -> Result<Session, Fault> {
        let events = self.opened_journal().await?.events(run).await?;
        match events.first() {
            Some(Event::Started { session, .. }) => Ok(self.session_named(session.clone())),
            Some(_) | None => Err(no_such_run(run)),
        }
    }

    /// The journal, opened when it is first needed.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Journal` if it cannot be opened.
    pub async fn opened_journal(&self) -> Result<Arc<dyn Journal>, Fault> {
        let open = || async {
            let journal = Arc::new(match &self.journal_path {
                Some(path) => SqliteJournal::open(path).await?,
                None => SqliteJournal::in_memory().await?,
            });
            // It is opened once, so there is none yet.
            let _ = self.own_journal.set(Arc::clone(&journal));
            Ok(journal as Arc<dyn Journal>)
        };
        self.journal.get_or_try_init(open).await.cloned()
    }

    /// Closes the journal that this agent and its clones have opened, if they have: all of it is in its file then (see
    /// [`SqliteJournal::close`]). They can do nothing more. One given to [`Agent::journal_with`] stays open.
    pub async fn close(&self) {
        if let Some(journal) = self.own_journal.get() {
            journal.close().await;
        }
    }

    /// The tools of a new run: all of them, or behind one that shows them where they take too much of the window.
    pub(crate) fn offer(&self) -> Result<Offer<'_>, Fault> {
        let tools = self.tools()?;
        let fits = Offer::all(Cow::Borrowed(tools)).fits(self.model.as_ref(), &self.limits);
        if let (false, ToolChoice::Tool(name)) = (fits, &self.options.tool_choice)
            && name != catalogue::SHOW_TOOLS
        {
            let message =
                format!("a call of {name} is asked for, but there are too many tools to show it at once");
            return Err(Fault::new(FaultKind::Request, message)
                .with_hint("offer fewer tools, or a larger share of the window"));
        }
        self.offer_revealing(!fits)
    }

    /// The tools of a run that has them shown step by step, or all at once.
    pub(crate) fn offer_revealing(&self, reveals: bool) -> Result<Offer<'_>, Fault> {
        Ok(self.offering(Cow::Borrowed(self.tools()?), reveals))
    }

    /// The tools of a run that goes on: those that it began with. One whose content nobody vouches for any more is none of
    /// them, for what it gives would be told as vouched for.
    pub(crate) fn offer_again(&self, run: &Run) -> Result<Offer<'_>, Fault> {
        let tools = self.tools()?;
        let is_as_it_was = |name: &&String| {
            let known = tools.get(name).map(|tool| tool.spec().safety.untrusted);
            known.is_some_and(|untrusted| !untrusted || run.untrusted().contains(name))
        };
        let kept = tools.only(run.tools().iter().filter(is_as_it_was))?;
        Ok(self.offering(Cow::Owned(kept), run.reveals()))
    }

    /// The tools of a run that is only looked at again: those that it began with, whoever vouches for them now.
    pub(crate) fn offer_as_then(&self, run: &Run) -> Result<Offer<'_>, Fault> {
        let tools = self.tools()?;
        let kept = tools.only(run.tools().iter().filter(|name| tools.get(name).is_some()))?;
        Ok(self.offering(Cow::Owned(kept), run.reveals()))
    }

    fn offering<'a>(&self, tools: Cow<'a, Toolbox>, reveals: bool) -> Offer<'a> {
        if reveals {
            Offer::step_by_step(tools, self.model.as_ref(), &self.limits)
        } else {
            Offer::all(tools)
        }
    }

    /// The tools it offers.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Schema` if one of them cannot be offered.
    pub fn tools(&self) -> Result<&Toolbox, Fault> {
        self.tools.as_ref().map_err(|fault| {
            let copy = Fault::new(fault.kind(), fault.to_string());
            match fault.hint() {
                Some(hint) => copy.with_hint(hint),
                None => copy,
            }
        })
    }

    /// What it asks of every reply.
    #[must_use]
    pub fn reply_options(&self) -> &ReplyOptions {
        &self.options
    }

    /// The model that it asks.
    #[must_use]
    pub fn model(&self) -> ModelInfo {
        self.model.info()
    }

    pub(crate) fn time(&self) -> DateTime {
        self.now.unwrap_or_else(|| jiff::ZonedDateTime::now().datetime())
    }
}

pub(crate) fn no_such_run(run: &RunId) -> Fault {
    Fault::new(FaultKind::Request, format!("there is no run {run} in the journal"))
        .with_hint("`Journal::runs` lists the runs there are; on the command line: handyman runs list")
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("model", &self.model.info().name)
            .field("tools", &self.tools)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
