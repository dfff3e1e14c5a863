//! The agent: model + tools + policy + limits, as data, and what one does with it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use handyman_core::{
    Earlier, Event, Fault, FaultKind, Journal, Limits, Message, Model, Outcome, Policy, ReplyOptions, Role, Run, RunId,
    SessionId, Tool, Toolbox, Toolset,
};
use jiff::civil::DateTime;
use tokio::sync::OnceCell;

use crate::driver::{World, drive, record};
use crate::journal::SqliteJournal;
use crate::observe::Watch;
use crate::policy::AskForEffects;

/// A model with tools, a policy and limits.
///
/// Cloning is cheap and shares the model, the tools and the journal.
#[derive(Clone)]
pub struct Agent {
    model: Arc<dyn Model>,
    tools: Result<Toolbox, Arc<Fault>>,
    policy: Arc<dyn Policy>,
    limits: Limits,
    options: ReplyOptions,
    system: Option<String>,
    now: Option<DateTime>,
    journal_path: Option<PathBuf>,
    journal: Arc<OnceCell<Arc<dyn Journal>>>,
}

impl Agent {
    /// An agent without tools that asks before every effect and keeps its journal in memory.
    pub fn new(model: impl Model + 'static) -> Self {
        Self {
            model: Arc::new(model),
            tools: Ok(Toolbox::new()),
            policy: Arc::new(AskForEffects),
            limits: Limits::default(),
            options: ReplyOptions::default(),
            system: None,
            now: None,
            journal_path: None,
            journal: Arc::default(),
        }
    }

    /// Offers one more tool. A tool that cannot be offered is reported by the first run.
    #[must_use]
    pub fn tool(mut self, tool: impl Tool + 'static) -> Self {
        self.tools = self.tools.and_then(|tools| tools.with(Arc::new(tool)).map_err(Arc::new));
        self
    }

    /// Offers these tools and no others.
    #[must_use]
    pub fn toolbox(mut self, tools: Toolbox) -> Self {
        self.tools = Ok(tools);
        self
    }

    /// Lets this policy decide on every call.
    #[must_use]
    pub fn policy(mut self, policy: impl Policy + 'static) -> Self {
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
        self
    }

    /// Keeps events in a journal of one's own.
    #[must_use]
    pub fn journal_with(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = Arc::new(OnceCell::new_with(Some(journal)));
        self
    }

    /// Handles one message in a session of its own.
    ///
    /// # Errors
    /// A [`Fault`] when the run cannot go on; what happened until then is in the journal.
    pub async fn run(&self, message: &str) -> Result<Run, Fault> {
        self.session().run(message).await
    }

    /// Begins a session.
    #[must_use]
    pub fn session(&self) -> Session {
        self.session_named(fresh("s").into())
    }

    /// Goes on with a session of the journal, or begins one of this name.
    #[must_use]
    pub fn session_named(&self, id: SessionId) -> Session {
        Session { agent: self.clone(), id }
    }

    /// Goes on with a run that was interrupted or waits for a person.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` if there is no such run; otherwise as [`Agent::run`].
    pub async fn resume(&self, run: &RunId) -> Result<Run, Fault> {
        let session = self.session_of(run).await?;
        session.resume(run, &Watch::default()).await
    }

    /// The session a run of the journal belongs to.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Request` if there is no such run.
    pub async fn session_of(&self, run: &RunId) -> Result<Session, Fault> {
        let events = self.opened_journal().await?.events(run).await?;
        match events.first() {
            Some(Event::Started { session, .. }) => Ok(self.session_named(session.clone())),
            Some(_) | None => Err(Fault::new(FaultKind::Request, format!("there is no run {run} in the journal"))
                .with_hint("`handyman runs list` shows the runs there are")),
        }
    }

    async fn opened_journal(&self) -> Result<Arc<dyn Journal>, Fault> {
        let open = || async {
            let journal = match &self.journal_path {
                Some(path) => SqliteJournal::open(path).await?,
                None => SqliteJournal::in_memory().await?,
            };
            Ok(Arc::new(journal) as Arc<dyn Journal>)
        };
        self.journal.get_or_try_init(open).await.cloned()
    }

    fn offered_tools(&self) -> Result<&Toolbox, Fault> {
        self.tools.as_ref().map_err(|fault| {
            let copy = Fault::new(fault.kind(), fault.to_string());
            match fault.hint() {
                Some(hint) => copy.with_hint(hint),
                None => copy,
            }
        })
    }

    fn time(&self) -> DateTime {
        self.now.unwrap_or_else(|| jiff::ZonedDateTime::now().datetime())
    }
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

/// A conversation of many runs over one journal.
#[derive(Debug, Clone)]
pub struct Session {
    agent: Agent,
    id: SessionId,
}

impl Session {
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

    /// Handles one message.
    ///
    /// # Errors
    /// As [`Agent::run`]; a `Request` fault if the message is empty or the last run has not ended.
    pub async fn run(&self, message: &str) -> Result<Run, Fault> {
        self.run_watched(message, &Watch::default()).await
    }

    /// Handles one message while somebody watches, who may cancel it.
    ///
    /// # Errors
    /// As [`Session::run`].
    pub async fn run_watched(&self, message: &str, watch: &Watch<'_>) -> Result<Run, Fault> {
        if message.trim().is_empty() {
            return Err(Fault::new(FaultKind::Request, "the request is empty")
                .with_hint("say in a sentence what should be done"));
        }
        let tools = self.agent.offered_tools()?;
        let journal = self.agent.opened_journal().await?;
        let earlier = self.earlier(journal.as_ref(), None).await?;
        let mut run = Run::new(fresh("r").into(), earlier);
        let started = Event::Started {
            run: run.id().clone(),
            session: self.id.clone(),
            message: message.to_owned(),
            model: self.agent.model.info(),
            tools: tools.specs().iter().map(|spec| spec.name.clone()).collect(),
            now: self.agent.time(),
        };
        self.go_on(&mut run, journal.as_ref(), watch, &started).await?;
        Ok(run)
    }

    /// Goes on with a run of this session.
    ///
    /// # Errors
    /// As [`Agent::resume`].
    pub async fn resume(&self, id: &RunId, watch: &Watch<'_>) -> Result<Run, Fault> {
        let journal = self.agent.opened_journal().await?;
        let events = journal.events(id).await?;
        let earlier = self.earlier(journal.as_ref(), Some(id)).await?;
        let mut run = Run::replay(id.clone(), earlier, &events);
        match run.outcome() {
            None | Some(Outcome::Waiting { .. }) => {
                self.go_on(&mut run, journal.as_ref(), watch, &Event::Resumed).await?;
            }
            Some(Outcome::Answered | Outcome::Asked | Outcome::Limit { .. } | Outcome::Cancelled) => {}
        }
        Ok(run)
    }

    async fn go_on(
        &self,
        run: &mut Run,
        journal: &dyn Journal,
        watch: &Watch<'_>,
        first: &Event,
    ) -> Result<(), Fault> {
        let world = World {
            model: self.agent.model.as_ref(),
            tools: self.agent.offered_tools()?,
            policy: self.agent.policy.as_ref(),
            journal,
            limits: &self.agent.limits,
            options: &self.agent.options,
            observer: watch.observer,
            cancel: &watch.cancel,
        };
        record(run, &world, first).await?;
        drive(run, &world).await
    }

    /// What the session's runs before `until` (or all of them) leave behind.
    async fn earlier(&self, journal: &dyn Journal, until: Option<&RunId>) -> Result<Earlier, Fault> {
        let system = self.agent.system.iter().map(|text| Message::text_of(Role::System, text));
        let mut earlier = Earlier { messages: system.collect(), date: None };
        for summary in journal.runs(Some(&self.id)).await? {
            if until == Some(&summary.run) {
                break;
            }
            match summary.outcome {
                None | Some(Outcome::Waiting { .. }) => {
                    return Err(Fault::new(FaultKind::Request, format!("run {} of this session has not ended", summary.run))
                        .with_hint(format!("go on with it first: handyman resume {}", summary.run)));
                }
                Some(Outcome::Answered | Outcome::Asked | Outcome::Limit { .. } | Outcome::Cancelled) => {}
            }
            let events = journal.events(&summary.run).await?;
            earlier = Run::replay(summary.run, earlier, &events).into_earlier();
        }
        Ok(earlier)
    }
}

/// A new identifier: the prefix and 40 random bits, in letters and digits that are not mistaken for others.
fn fresh(prefix: &str) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let digits = (0..8).map(|_| char::from(ALPHABET[fastrand::usize(..ALPHABET.len())]));
    prefix.chars().chain(digits).collect()
}

