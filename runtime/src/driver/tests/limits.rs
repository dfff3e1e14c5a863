//! What a limit cuts off is no answer: the outcome says so, and what is left of it is true.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{
    CallOutcome, DeltaSink, Effect, Event, Fault, LimitKind, Limits, Model, ModelInfo, ModelReply,
    ModelRequest, Outcome, ReplyBody, ReplyOptions, StopReason, ToolChoice, ToolResult, tool,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Behaviour, Counter, agent, results, say};
use crate::{Agent, AllowAll, ScriptModel, Watch};

fn with(script: &str, journal: &Arc<MemoryJournal>) -> Agent {
    let agent = Agent::new(ScriptModel::parse(script).unwrap()).policy(AllowAll);
    agent
        .tool(Counter::new("book", Effect::Once, Behaviour::Works))
        .journal_with(Arc::clone(journal) as Arc<_>)
}

#[tokio::test]
async fn a_text_that_was_cut_off_is_a_partial_answer_and_the_session_goes_on() {
    for (stop, limit) in [("tokens", LimitKind::Tokens), ("withheld", LimitKind::Withheld)] {
        let journal = Arc::new(MemoryJournal::default());
        let script =
            format!("{{\"text\": \"It will ra\", \"stop\": \"{stop}\"}}\n{{\"text\": \"It will rain.\"}}");
        let session = with(&script, &journal).session();
        let run = session.run("Will it rain?").await.unwrap();
        assert_eq!((run.outcome(), run.answer()), (Some(&Outcome::Limit { limit }), "It will ra"));
        let replied = serde_json::to_value(&journal.all()[1].1).unwrap();
        assert_eq!(replied["stop"], stop, "the journal has the reason");
        let replayed = session.replay(run.id(), true).await.unwrap();
        assert_eq!((replayed.replies, replayed.difference), (1, None));
        let next = session.run("Go on").await.unwrap();
        assert_eq!((next.outcome(), next.answer()), (Some(&Outcome::Answered), "It will rain."));
    }
}

#[tokio::test]
async fn what_a_journal_says_was_answered_though_it_was_cut_off_is_found_by_a_replay() {
    let journal = Arc::new(MemoryJournal::default());
    let agent = with("{\"text\": \"It will ra\", \"stop\": \"tokens\"}", &journal);
    let run = agent.run("Will it rain?").await.unwrap();
    let forged = Arc::new(MemoryJournal::default());
    for (id, mut event) in journal.all() {
        if let Event::Finished { outcome, .. } = &mut event {
            *outcome = Outcome::Answered;
        }
        handyman_core::Journal::append(forged.as_ref(), &id, &event).await.unwrap();
    }
    let session = agent.journal_with(forged).session_of(run.id()).await.unwrap();
    let difference = session.replay(run.id(), false).await.unwrap().difference.unwrap();
    assert!(difference.now.contains("Limit { limit: Tokens }"), "{difference:?}");
}

#[tokio::test]
async fn a_partial_answer_claims_nothing_that_was_not_done() {
    let journal = Arc::new(MemoryJournal::default());
    let script = "{\"text\": \"Your train is booked. The\", \"stop\": \"tokens\"}";
    let run = with(script, &journal).run("Book it").await.unwrap();
    assert_eq!(run.answer(), "I cannot confirm this: nothing was booked.");
    assert_eq!(run.outcome(), Some(&Outcome::Limit { limit: LimitKind::Tokens }));

    // A run that is cancelled, too: what the model announced did not happen.
    let announces =
        json!({"text": "Your train is booked.", "calls": [{"tool": "book", "arguments": {"n": 1}}]});
    let cancel = CancellationToken::new();
    let agent =
        with(&announces.to_string(), &journal).policy(Cancels(cancel.clone(), handyman_core::Verdict::Allow));
    let run = agent.session().run_watched("Book it", &Watch::default().cancelled_by(cancel)).await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Cancelled));
    assert_eq!(run.answer(), "I cannot confirm this: nothing was booked.");
}

/// Decides so on a call, and then the person presses Ctrl-C.
struct Cancels(CancellationToken, handyman_core::Verdict);

#[async_trait::async_trait]
impl handyman_core::Policy for Cancels {
    async fn decide(
        &self,
        _call: &handyman_core::ToolCall,
        _spec: &handyman_core::ToolSpec,
        _run: &handyman_core::Run,
    ) -> handyman_core::Decision {
        self.0.cancel();
        handyman_core::Decision::new(self.1, "once")
    }
}

#[tokio::test]
async fn a_cancelled_run_waits_for_nobody() {
    let (agent, _, journal) =
        agent(vec![say("", &[("act", json!({"n": 1}))]), ScriptedModel::answer("Hello.")]);
    let agent = agent.tool(Counter::new("act", Effect::Once, Behaviour::Works));
    let cancel = CancellationToken::new();
    let session = agent.policy(Cancels(cancel.clone(), handyman_core::Verdict::Ask)).session();
    let run = session.run_watched("go", &Watch::default().cancelled_by(cancel)).await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Cancelled));
    assert!(crate::approvals::waiting(journal.as_ref()).await.unwrap().is_empty());
    assert_eq!(session.run("and now?").await.unwrap().answer(), "Hello.", "the session is free");
}

/// Presses Ctrl-C when a call has started and its tool is not yet used.
struct CancelsAtTheStart(CancellationToken);

impl handyman_core::DeltaSink for CancelsAtTheStart {}

impl crate::Observer for CancelsAtTheStart {
    fn event(&self, event: &Event) {
        if matches!(event, Event::CallStarted { .. }) {
            self.0.cancel();
        }
    }
}

#[tokio::test]
async fn a_call_that_a_cancelled_run_has_not_tried_is_cancelled_whatever_its_effect() {
    for effect in [Effect::ReadOnly, Effect::Idempotent, Effect::Once] {
        let (agent, ..) = super::agent(vec![say("", &[("act", json!({"n": 1}))])]);
        let act = Counter::new("act", effect, Behaviour::Works);
        let done = Arc::clone(&act.done);
        let watcher = CancelsAtTheStart(CancellationToken::new());
        let watch = Watch::new(&watcher).cancelled_by(watcher.0.clone());
        let run = agent.tool(act).session().run_watched("go", &watch).await.unwrap();
        let cancelled = json!({"error": "the run was cancelled before this call ran"});
        assert_eq!(results(&run), [(CallOutcome::Cancelled, cancelled)], "{effect:?}");
        assert!(done.lock().unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn reading_ends_in_time_for_an_answer_and_an_effect_runs_to_its_end() {
    let limits = Limits {
        wall_time: Duration::from_secs(20),
        answer_time: Duration::from_secs(5),
        ..Limits::default()
    };
    let (agent, model, _) =
        agent(vec![say("", &[("read", json!({"n": 1}))]), ScriptedModel::answer("It hangs.")]);
    let started = tokio::time::Instant::now();
    let read = Counter::new("read", Effect::ReadOnly, Behaviour::Hangs);
    let run = agent.tool(read).limits(limits.clone()).run("go").await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 15, "the answer's time is kept");
    assert_eq!((run.answer(), model.left()), ("It hangs.", 0));
    assert_eq!(results(&run)[0].1, json!({"error": "no answer within 15 s"}));

    let calls = [("act", json!({"n": 1})), ("read", json!({"n": 1}))];
    let (agent, ..) = super::agent(vec![say("Acting.", &calls), ScriptedModel::answer("Done.")]);
    let started = tokio::time::Instant::now();
    let act = Counter::new("act", Effect::Once, Behaviour::ActsThenHangs);
    let read = Counter::new("read", Effect::ReadOnly, Behaviour::Works);
    let run = agent.tool(act).tool(read).limits(limits).run("go").await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 60, "an effect is not given up half way");
    let outcomes: Vec<CallOutcome> = results(&run).into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(outcomes, [CallOutcome::Succeeded; 2]);
}

/// Takes five seconds, and cannot say afterwards what became of it.
#[tool(once)]
async fn slow() -> ToolResult<String> {
    tokio::time::sleep(Duration::from_secs(5)).await;
    Ok("done".to_owned())
}

#[tokio::test(start_paused = true)]
async fn what_has_come_when_the_time_is_over_is_taken() {
    let limits = Limits { tool_time: Duration::from_secs(5), ..Limits::default() };
    // Which of the two is looked at first is no matter of chance.
    for _ in 0..20 {
        let (agent, ..) = agent(vec![say("", &[("slow", json!({}))]), ScriptedModel::answer("Done.")]);
        let run = agent.tool(slow).limits(limits.clone()).run("go").await.unwrap();
        assert_eq!(results(&run), [(CallOutcome::Succeeded, json!("done"))]);
    }
}

/// Takes five seconds, and may take a minute.
#[tool(read_only, seconds = 60)]
async fn patient() -> ToolResult<String> {
    tokio::time::sleep(Duration::from_secs(5)).await;
    Ok("read".to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_tool_may_have_a_time_of_its_own() {
    let limits = Limits { tool_time: Duration::from_secs(2), ..Limits::default() };
    let replies =
        vec![say("", &[("slow", json!({})), ("patient", json!({}))]), ScriptedModel::answer("Done.")];
    let (agent, ..) = agent(replies);
    let run = agent.tool(slow).tool(patient).limits(limits).run("go").await.unwrap();
    let late = json!({"error": "no answer within 2 s; it is unknown whether this took effect"});
    assert_eq!(results(&run), [(CallOutcome::Unknown, late), (CallOutcome::Succeeded, json!("read"))]);
}

#[tokio::test]
async fn reasoning_leaves_tokens_for_an_answer() {
    let options = crate::driver::options_now;
    let run = handyman_core::Run::new("r".into(), handyman_core::Earlier::default());
    let most = |mode, asked: Option<u32>, tokens| {
        let asked = handyman_core::ReplyOptions { reasoning_max: asked, ..Default::default() };
        options(&run, &asked, mode, tokens).reasoning_max
    };
    use handyman_core::ReplyMode::{AnswerOnly, Free};
    assert_eq!((most(Free, None, 512), most(Free, Some(9), 4)), (None, Some(9)));
    assert_eq!((most(AnswerOnly, None, 512), most(AnswerOnly, Some(9), 512)), (Some(256), Some(9)));
    assert_eq!((most(AnswerOnly, Some(0), 512), most(AnswerOnly, None, 1)), (Some(0), Some(1)));
}

#[tokio::test(start_paused = true)]
async fn what_the_clock_cut_off_is_journalled_as_that() {
    let limits = Limits { wall_time: Duration::from_secs(8), ..Limits::default() };
    let journal = Arc::new(MemoryJournal::default());
    let silent = super::Silent { asked: Arc::default() };
    let agent = Agent::new(silent).tool(Counter::new("look", Effect::ReadOnly, Behaviour::Works));
    let agent = agent.limits(limits).journal_with(Arc::clone(&journal) as Arc<_>);
    agent.run("go").await.unwrap();
    let cut = |(_, event): &(_, Event)| matches!(event, Event::ReplyMalformed { stop: StopReason::Time, recording, .. } if recording.sampling == Value::Null);
    assert_eq!(journal.all().iter().filter(|event| cut(event)).count(), 1);
}

/// A model that remembers which call it had to make.
struct Choosy(ScriptedModel, Arc<std::sync::Mutex<Vec<ToolChoice>>>);

#[async_trait]
impl Model for Choosy {
    fn info(&self) -> ModelInfo {
        self.0.info()
    }

    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        self.1.lock().unwrap().push(request.options.tool_choice.clone());
        self.0.reply(request, sink).await
    }
}

#[tokio::test]
async fn a_call_that_had_to_be_made_is_not_asked_for_twice() {
    let unread = || ReplyBody::Malformed { text: "{".to_owned(), problem: "it is no JSON".to_owned() };
    let call = say("", &[("act", json!({"n": 1}))]);
    let replies = vec![unread(), call, unread(), ScriptedModel::answer("Done.")];
    let asked = Arc::default();
    let options = ReplyOptions { tool_choice: ToolChoice::Required, ..ReplyOptions::default() };
    let agent = Agent::new(Choosy(ScriptedModel::new(replies), Arc::clone(&asked))).policy(AllowAll);
    let act = Counter::new("act", Effect::Once, Behaviour::Works);
    agent.options(options).tool(act).run("go").await.unwrap();
    use ToolChoice::{Auto, Required};
    assert_eq!(
        *asked.lock().unwrap(),
        [Required, Required, Auto, Auto],
        "the note after a reply changes nothing"
    );
}

#[tokio::test]
async fn a_look_at_the_tools_is_not_the_call_that_had_to_be_made() {
    let look = ScriptedModel::call("show_tools", json!({"query": "act"}));
    let replies = vec![look, say("", &[("act", json!({"n": 1}))]), ScriptedModel::answer("Done.")];
    let asked = Arc::default();
    let options = ReplyOptions { tool_choice: ToolChoice::Required, ..ReplyOptions::default() };
    let agent = Agent::new(Choosy(ScriptedModel::new(replies), Arc::clone(&asked))).policy(AllowAll);
    let limits = Limits { tools_percent: 0, ..Limits::default() };
    let act = Counter::new("act", Effect::Once, Behaviour::Works);
    agent.options(options).limits(limits).tool(act).run("go").await.unwrap();
    use ToolChoice::{Auto, Required};
    assert_eq!(*asked.lock().unwrap(), [Required, Required, Auto]);
}
