//! What one does with a session beside speaking: ending a run of it, reading it again, closing its journal.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use handyman_core::testing::{FailAt, FaultyJournal, ScriptedModel};
use handyman_core::{
    CallContext, CallOutcome, CallRequest, Effect, Event, FaultKind, IdempotencyKey, Journal, Message,
    ModelInfo, Outcome, Probe, Recording, ReplyBody, Role, RunId, Safety, StopReason, TokenUsage, Tool,
    ToolResult, ToolSpec, Usage, Verdict,
};
use jiff::civil::date;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::{Agent, AllowAll, AskForEffects, SqliteJournal, Watch, approvals};

/// Remembers the keys that it was called under.
struct Keeps {
    spec: ToolSpec,
    kept: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Tool for Keeps {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    async fn call(&self, _arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        self.kept.lock().unwrap().push(context.key.to_string());
        Ok(json!({"kept": true}))
    }

    async fn probe(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
        let is_kept = self.kept.lock().unwrap().contains(&key.to_string());
        Ok(if is_kept { Probe::Done(json!({"kept": true})) } else { Probe::NotDone })
    }
}

struct Desk {
    journal: Arc<SqliteJournal>,
    kept: Arc<Mutex<Vec<String>>>,
}

impl Desk {
    async fn new() -> Self {
        Self { journal: Arc::new(SqliteJournal::in_memory().await.unwrap()), kept: Arc::default() }
    }

    /// An agent that asks before it keeps something, and not before it looks.
    fn agent(&self, replies: impl IntoIterator<Item = ReplyBody>) -> Agent {
        let tool = |name: &str, effect: Effect| {
            let spec = ToolSpec {
                name: name.to_owned(),
                description: "Keeps".to_owned(),
                parameters: json!({"type": "object", "properties": {}}),
                effect,
                safety: Safety::default(),
            };
            Keeps { spec, kept: Arc::clone(&self.kept) }
        };
        Agent::new(ScriptedModel::new(replies))
            .policy(AskForEffects)
            .tool(tool("keep", Effect::Once))
            .tool(tool("look", Effect::ReadOnly))
            .now(date(2026, 11, 23).at(9, 0, 0, 0))
            .journal_with(Arc::clone(&self.journal) as Arc<_>)
    }

    fn kept(&self) -> usize {
        self.kept.lock().unwrap().len()
    }

    /// The session takes the next message, and nothing keeps its runs from being dropped.
    async fn goes_on(&self, runs: usize) {
        let agent = self.agent([ScriptedModel::answer("Hello.")]);
        let run = agent.session_named("s".into()).run("hi").await.unwrap();
        assert_eq!(run.answer(), "Hello.");
        let dropped = self.journal.prune(date(2027, 1, 1).at(0, 0, 0, 0)).await.unwrap();
        assert_eq!(dropped.len(), runs + 1);
    }
}

fn calls(text: &str, tool: &str) -> ReplyBody {
    let call = CallRequest { tool: tool.to_owned(), arguments: Map::new() };
    ReplyBody::Said { reasoning: String::new(), text: text.to_owned(), calls: vec![call] }
}

fn results(messages: &[Message]) -> Vec<CallOutcome> {
    messages.iter().flat_map(Message::results).map(|result| result.outcome).collect()
}

async fn only_run(journal: &SqliteJournal) -> RunId {
    journal.runs(None).await.unwrap().remove(0).run
}

#[tokio::test]
async fn an_interrupted_run_is_cancelled_with_the_truth_of_its_calls() {
    // The process ends before the tool is called, or when it has done its work.
    for (at, outcome, kept) in
        [(FailAt::After(3), CallOutcome::Cancelled, 0), (FailAt::Before(4), CallOutcome::Succeeded, 1)]
    {
        let desk = Desk::new().await;
        let faulty = Arc::new(FaultyJournal::new(Arc::clone(&desk.journal), at));
        let crashing = desk.agent([calls("", "keep")]).policy(AllowAll).journal_with(faulty);
        crashing.session_named("s".into()).run("keep it").await.unwrap_err();
        let run = desk.agent([]).cancel(&only_run(&desk.journal).await).await.unwrap();
        assert_eq!(run.outcome(), Some(&Outcome::Cancelled), "{at:?}");
        assert_eq!((results(run.record()), desk.kept()), (vec![outcome], kept), "{at:?}");
        desk.goes_on(1).await;
    }
}

#[tokio::test]
async fn a_run_that_waits_is_cancelled_and_its_call_never_made() {
    for decided in [None, Some(Verdict::Allow), Some(Verdict::Deny)] {
        let desk = Desk::new().await;
        let agent = desk.agent([calls("", "keep")]);
        let waiting = agent.session_named("s".into()).run("keep it").await.unwrap();
        assert!(matches!(waiting.outcome(), Some(Outcome::Waiting { .. })));
        let refused = agent.session_named("s".into()).run("and now?").await.unwrap_err();
        for way in ["`Agent::allow` or `Agent::deny`", "handyman approvals allow "] {
            assert!(refused.hint().unwrap().contains(way), "{refused:?}");
        }
        if let Some(verdict) = decided {
            approvals::decide(desk.journal.as_ref(), waiting.id(), verdict, None).await.unwrap();
        }
        let run = agent.cancel(waiting.id()).await.unwrap();
        assert_eq!(run.outcome(), Some(&Outcome::Cancelled), "{decided:?}");
        assert_eq!((results(run.record()), desk.kept()), (vec![CallOutcome::Cancelled], 0), "{decided:?}");
        assert!(approvals::waiting(desk.journal.as_ref()).await.unwrap().is_empty());
        desk.goes_on(1).await;
    }
}

#[tokio::test]
async fn what_has_ended_is_given_as_it_is_and_what_is_unknown_is_said_to_be() {
    let desk = Desk::new().await;
    let agent = desk.agent([ScriptedModel::answer("Hello."), calls("", "keep")]);
    let session = agent.session_named("s".into());
    let first = session.run("hi").await.unwrap();
    let waiting = session.run("keep it").await.unwrap();
    let before = desk.journal.events_of(&"s".into(), None).await.unwrap();
    // Also where another run has come after it.
    assert_eq!(agent.cancel(first.id()).await.unwrap().answer(), "Hello.");
    assert_eq!(desk.journal.events_of(&"s".into(), None).await.unwrap(), before, "nothing was written");

    let unknown = agent.cancel(&"r0".into()).await.unwrap_err();
    let as_usual = agent.resume(&"r0".into()).await.unwrap_err();
    assert_eq!((unknown.kind(), unknown.to_string()), (as_usual.kind(), as_usual.to_string()));
    assert!(unknown.hint().unwrap().starts_with("`Journal::runs` lists the runs there are; "), "{unknown:?}");

    let held = desk.journal.lease(&"s".into()).await.unwrap();
    assert_eq!(agent.cancel(waiting.id()).await.unwrap_err().kind(), FaultKind::Busy);
    drop(held);
    let run = agent.cancel(waiting.id()).await.unwrap();
    let again = agent.cancel(waiting.id()).await.unwrap();
    assert_eq!((run.outcome(), again.outcome()), (Some(&Outcome::Cancelled), Some(&Outcome::Cancelled)));
    desk.goes_on(2).await;
}

#[tokio::test]
async fn a_run_of_another_session_is_left_to_it() {
    let desk = Desk::new().await;
    let agent = desk.agent([calls("", "keep")]);
    let waiting = agent.session_named("s".into()).run("keep it").await.unwrap();
    let before = desk.journal.events(waiting.id()).await.unwrap();
    let (other, watch, unknown) = (agent.session_named("t".into()), Watch::default(), RunId::from("r0"));
    for (run, said) in
        [(waiting.id(), "belongs to session s, not to session t"), (&unknown, "there is no run r0")]
    {
        let refused = [
            other.resume(run, &watch).await.unwrap_err(),
            other.cancel(run).await.unwrap_err(),
            other.replay(run, false).await.unwrap_err(),
            other.fork(run, 1).await.unwrap_err(),
        ];
        for fault in refused {
            assert_eq!(fault.kind(), FaultKind::Request, "{fault}");
            assert!(fault.to_string().contains(said), "{fault}");
        }
    }
    assert_eq!(desk.journal.events(waiting.id()).await.unwrap(), before, "nothing was written");
    assert!(desk.journal.events(&unknown).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_said_is_what_the_person_had() {
    let desk = Desk::new().await;
    let unreadable = ReplyBody::Malformed { text: "{\"tool".to_owned(), problem: "it ends".to_owned() };
    let agent = desk.agent([
        calls("Looking.", "look"),
        ScriptedModel::answer("Done."),
        unreadable,
        ScriptedModel::answer("Hello."),
        calls("May I?", "keep"),
    ]);
    let session = agent.system("Be brief.").session_named("s".into());
    assert!(session.history().await.unwrap().is_empty());
    for message in ["look", "hi", "keep it"] {
        session.run(message).await.unwrap();
    }
    let before = desk.journal.events_of(&"s".into(), None).await.unwrap();
    let _at_work = desk.journal.lease(&"s".into()).await.unwrap();
    let history = session.history().await.unwrap();
    let said: Vec<(Role, String)> = history.iter().map(|said| (said.role, said.text())).collect();
    let expected = [
        (Role::User, "look"),
        (Role::Assistant, "Looking."),
        (Role::Tool, ""),
        (Role::Assistant, "Done."),
        (Role::User, "hi"),
        (Role::Assistant, "Hello."),
        (Role::User, "keep it"),
        (Role::Assistant, "May I?"),
    ];
    assert_eq!(said, expected.map(|(role, text)| (role, text.to_owned())));
    assert_eq!(results(&history), [CallOutcome::Succeeded], "what waits has no result yet");
    assert_eq!(desk.journal.events_of(&"s".into(), None).await.unwrap(), before, "nothing was written");
}

#[tokio::test]
async fn an_answer_that_is_not_the_models_stands_in_its_place() {
    let desk = Desk::new().await;
    let agent = desk.agent([ScriptedModel::answer("Hello.")]);
    agent.session_named("s".into()).run("hi").await.unwrap();
    let (run, replied) = (RunId::from("r2"), |turn: u32| Event::ModelReplied {
        turn,
        text: "It is booked.".to_owned(),
        reasoning: String::new(),
        calls: vec![],
        stop: StopReason::Ended,
        confidence: None,
        usage: TokenUsage::default(),
        ms: 0,
        recording: Recording::default(),
    });
    let started = Event::Started {
        run: run.clone(),
        session: "s".into(),
        message: "book a train".to_owned(),
        untrusted_message: false,
        key: None,
        model: ModelInfo::default(),
        tools: vec![],
        untrusted: vec![],
        places: std::collections::BTreeMap::new(),
        answer_schema: None,
        workflow: None,
        now: date(2026, 11, 23).at(9, 0, 0, 0),
    };
    let refused =
        Event::ClaimRefused { claim: "booked".to_owned(), problem: "nothing was booked".to_owned() };
    let finished = Event::Finished {
        outcome: Outcome::Answered,
        answer: "Nothing was booked.".to_owned(),
        receipts: vec![],
        incomplete: vec![],
        usage: Usage::default(),
    };
    desk.journal
        .append_all(&[(run, vec![started, replied(1), refused, replied(2), finished])])
        .await
        .unwrap();
    let history = agent.session_named("s".into()).history().await.unwrap();
    let said: Vec<String> = history.iter().map(Message::text).collect();
    assert_eq!(said, ["hi", "Hello.", "book a train", "Nothing was booked."]);
}

#[tokio::test]
async fn an_agent_closes_the_journal_that_it_opened_and_no_other() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("journal.db");
    let replies = || ScriptedModel::new([ScriptedModel::answer("Hi."), ScriptedModel::answer("Ho.")]);
    let agent = Agent::new(replies()).journal(&path);
    agent.close().await;
    agent.run("hi").await.unwrap();
    agent.clone().close().await;
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["journal.db"]);
    assert_eq!(agent.run("ho").await.unwrap_err().kind(), FaultKind::Journal);

    let journal = Arc::new(SqliteJournal::open(&path).await.unwrap());
    let agent = Agent::new(replies()).journal_with(Arc::clone(&journal) as Arc<_>);
    agent.close().await;
    agent.run("hi").await.unwrap();
    assert_eq!(journal.runs(None).await.unwrap().len(), 2);
}
