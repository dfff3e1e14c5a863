//! Who is shown the runs of an agent.

use std::sync::{Arc, Mutex};

use handyman_core::testing::{FailAt, FaultyJournal, MemoryJournal, ScriptedModel};
use handyman_core::{
    Delta, DeltaSink, Effect, Event, Fault, ReplyBody, Run, RunId, ToolResult, Workflow, tool,
};
use serde_json::{Map, Value, json};

use crate::{Agent, AllowAll, Observer, Watch};

/// Notes down what it is shown, by run.
#[derive(Default)]
struct Kept(Mutex<Vec<(RunId, String)>>);

impl Kept {
    fn keep(&self, run: &RunId, what: impl Into<String>) {
        self.0.lock().unwrap().push((run.clone(), what.into()));
    }

    fn of(&self, run: &Run) -> Vec<String> {
        let all = self.0.lock().unwrap();
        all.iter().filter(|(of, _)| of == run.id()).map(|(_, what)| what.clone()).collect()
    }
}

fn kind(event: &Event) -> String {
    serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned()
}

impl DeltaSink for Kept {
    fn delta(&self, delta: Delta) {
        panic!("it is not said whose {delta:?} is");
    }
}

impl Observer for Kept {
    fn event(&self, event: &Event) {
        panic!("it is not said whose {event:?} is");
    }

    fn event_in(&self, run: &Run, event: &Event) {
        self.keep(run.id(), kind(event));
    }

    fn delta_in(&self, run: &RunId, delta: Delta) {
        if let Delta::Text(text) = delta {
            self.keep(run, text);
        }
    }

    fn asked(&self, run: &Run) {
        self.keep(run.id(), "asked");
    }

    fn broke_off(&self, run: &Run, _fault: &Fault) {
        self.keep(run.id(), "broke_off");
    }
}

/// Notes something down.
#[tool(once)]
async fn note(
    /// What
    text: String,
) -> ToolResult<String> {
    Ok(text)
}

fn notes() -> ReplyBody {
    ScriptedModel::call("note", json!({"text": "milk"}))
}

fn agent(replies: impl IntoIterator<Item = ReplyBody>) -> (Agent, Arc<Kept>) {
    let kept = Arc::new(Kept::default());
    (Agent::new(ScriptedModel::new(replies)).tool(note).observed_by(Arc::clone(&kept)), kept)
}

const ANSWERED: [&str; 5] = ["started", "asked", "Noted.", "model_replied", "finished"];

#[tokio::test]
async fn a_run_is_shown_however_it_is_begun() {
    let answers = || ScriptedModel::answer("Noted.");
    let (agent, kept) = agent([answers(), answers(), answers(), answers()]);
    let session = agent.session();
    for run in [
        agent.run("Hello").await.unwrap(),
        agent.stream("Hello").run().await.unwrap(),
        session.run("Hello").await.unwrap(),
        session.run_watched("Hello", &Watch::default()).await.unwrap(),
    ] {
        assert_eq!(kept.of(&run), ANSWERED);
    }

    let workflow = Workflow::new(json!({"name": "w", "steps": [
        {"name": "one", "call": "note", "with": {"text": "milk"}}]}));
    let run = agent.policy(AllowAll).run_workflow(&workflow.unwrap(), Map::new()).await.unwrap();
    let shown = kept.of(&run);
    assert!(shown.contains(&"step_called".to_owned()) && shown.contains(&"finished".to_owned()), "{shown:?}");
}

#[tokio::test]
async fn a_run_is_shown_however_it_is_gone_on_with() {
    let (agent, kept) =
        agent([notes(), ScriptedModel::answer("Noted."), notes(), ScriptedModel::answer("Noted.")]);
    for allows in [true, false] {
        let run = agent.run("Note milk").await.unwrap();
        let shown = agent.waiting(run.id()).await.unwrap().unwrap();
        let before = kept.of(&run).len();
        let run = if allows { agent.allow(&shown).await } else { agent.deny(&shown, None).await }.unwrap();
        let after = kept.of(&run).split_off(before);
        assert_eq!((after[0].as_str(), after[after.len() - 1].as_str()), ("resumed", "finished"));
    }
    // The script has ended.
    let session = agent.session();
    session.run("Note milk").await.unwrap_err();
    let run = session.last().await.unwrap().unwrap().run;
    let run = agent.cancel(&run).await.unwrap();
    assert_eq!(kept.of(&run), ["started", "asked", "broke_off", "resumed", "finished"]);
}

#[tokio::test]
async fn a_run_that_cannot_be_gone_on_with_is_told_of_and_one_that_cannot_be_begun_is_not() {
    let journal = Arc::new(MemoryJournal::default());
    let (agent, kept) = agent([notes()]);
    let run = agent.clone().journal_with(Arc::clone(&journal)).run("Note milk").await.unwrap();
    let before = kept.of(&run).len();
    let failing = || FaultyJournal::new(Arc::clone(&journal), FailAt::Before(0));
    agent.clone().journal_with(failing()).resume(run.id()).await.unwrap_err();
    assert_eq!(kept.of(&run).split_off(before), ["broke_off"]);
    let all = kept.0.lock().unwrap().len();
    agent.clone().journal_with(failing()).run("Note milk").await.unwrap_err();
    assert_eq!(kept.0.lock().unwrap().len(), all);
}

#[tokio::test]
async fn several_are_shown_the_same_and_who_watches_comes_first() {
    let (agent, first) = agent([ScriptedModel::answer("Noted.")]);
    let (second, watcher) = (Arc::new(Kept::default()), Kept::default());
    let agent = agent.observed_by(Arc::clone(&second) as Arc<dyn Observer>);
    let run = agent.session().run_watched("Hello", &Watch::new(&watcher)).await.unwrap();
    for kept in [first.as_ref(), second.as_ref(), &watcher] {
        assert_eq!(kept.of(&run), ANSWERED);
    }
}

#[tokio::test]
async fn what_is_handed_on_is_shown_to_those_who_are_shown_the_run_that_hands_it_on() {
    let replies = [notes(), ScriptedModel::answer("Noted.")];
    let (inner, of_inner) = agent(replies);
    let hands_on = ScriptedModel::call("noter", json!({"task": "Note milk"}));
    let (outer, of_outer) = agent([hands_on, ScriptedModel::answer("Noted.")]);
    let shared = Arc::new(Kept::default());
    let inner = inner.policy(AllowAll).observed_by(Arc::clone(&shared));
    let outer = outer.policy(AllowAll).tool(inner.as_tool("noter", "Notes things down", Effect::Once));
    let watcher = Kept::default();
    let run = outer.session().run_watched("Note milk", &Watch::new(&watcher)).await.unwrap();
    assert_eq!(run.answer(), "Noted.");

    let all: Vec<(RunId, String)> = of_outer.0.lock().unwrap().clone();
    let of_others: Vec<&(RunId, String)> = all.iter().filter(|(of, _)| of != run.id()).collect();
    assert_eq!(of_others.len(), of_inner.0.lock().unwrap().len());
    assert!(of_others.iter().all(|(of, _)| *of == of_others[0].0), "it is one run: {of_others:?}");
    let at = |what: &str| all.iter().position(|(of, shown)| of == run.id() && shown == what).unwrap();
    let within = all.iter().position(|(of, _)| of != run.id()).unwrap();
    assert!(at("call_started") < within && within < at("call_finished"), "{all:?}");
    let watched = watcher.0.lock().unwrap().len();
    assert_eq!(watcher.of(&run).len(), watched, "who watches one run is shown one run");
    assert!(shared.of(&run).is_empty(), "those of the other agent are not shown who hands it on");
}

#[tokio::test]
async fn an_observer_that_two_agents_share_as_clones_is_shown_a_run_once() {
    let calls = ScriptedModel::call("noter", json!({"task": "Note milk"}));
    let answer = || ScriptedModel::answer("Noted.");
    let (base, kept) = agent([calls, answer(), answer()]);
    let base = base.policy(AllowAll);
    let outer = base.clone().tool(base.as_tool("noter", "Notes things down", Effect::Once));
    outer.run("Note milk").await.unwrap();
    let all: Vec<Value> = kept.0.lock().unwrap().iter().map(|(of, what)| json!([of, what])).collect();
    let started = all.iter().filter(|shown| shown[1] == "started").count();
    assert_eq!((started, all.iter().filter(|shown| shown[1] == "finished").count()), (2, 2), "{all:?}");
}

#[tokio::test]
async fn an_observer_that_two_agents_were_given_is_shown_a_run_once() {
    let kept = Arc::new(Kept::default());
    let inner =
        Agent::new(ScriptedModel::new([ScriptedModel::answer("Noted.")])).observed_by(Arc::clone(&kept));
    let calls = ScriptedModel::call("noter", json!({"task": "Note milk"}));
    let outer = Agent::new(ScriptedModel::new([calls, ScriptedModel::answer("Noted.")]))
        .policy(AllowAll)
        .tool(inner.as_tool("noter", "Notes things down", Effect::Once))
        .observed_by(Arc::clone(&kept) as Arc<dyn Observer>);
    outer.run("Note milk").await.unwrap();
    let all = kept.0.lock().unwrap().clone();
    assert_eq!(all.iter().filter(|(_, what)| what == "started").count(), 2, "{all:?}");
}
