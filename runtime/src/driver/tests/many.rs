//! Many tools: agents that reveal them step by step.

use std::sync::Arc;

use handyman_core::testing::ScriptedModel;
use handyman_core::{
    CallContext, Effect, Event, Limits, Outcome, Safety, Tool, ToolResult, ToolSpec, Toolbox, Toolset,
};
use serde_json::{Map, Value, json};

use super::say;
use crate::{Agent, AllowAll, AskForEffects};

struct Numbered(ToolSpec);

#[async_trait::async_trait]
impl Tool for Numbered {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, arguments: Map<String, Value>, _context: &CallContext) -> ToolResult<Value> {
        Ok(json!({"did": self.0.name, "with": arguments}))
    }
}

fn toolbox(count: usize) -> Toolbox {
    let tool = |number: usize| -> Arc<dyn Tool> {
        Arc::new(Numbered(ToolSpec {
            name: format!("thing_{number}"),
            description: format!("Does thing number {number}"),
            parameters: json!({"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}),
            effect: Effect::Once,
            safety: Safety::default(),
        }))
    };
    Toolbox::new().with_all((0..count).map(tool)).unwrap()
}

fn script() -> Arc<ScriptedModel> {
    Arc::new(ScriptedModel::new([
        ScriptedModel::call("show_tools", json!({"query": "thing_250"})),
        ScriptedModel::call("thing_250", json!({"id": "x"})),
        ScriptedModel::answer("It is there."),
    ]))
}

#[tokio::test]
async fn more_tools_than_fit_are_revealed_step_by_step() {
    let model = script();
    let agent = Agent::new(Arc::clone(&model)).toolbox(toolbox(400)).policy(AllowAll);
    let session = agent.session();
    let run = session.run("Do it").await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Answered));
    assert_eq!(run.done()[1].result, json!({"did": "thing_250", "with": {"id": "x"}}));
    let offered = model.offered();
    assert_eq!(offered[0], ["show_tools"]);
    assert!(offered[1].contains(&"thing_250".to_owned()) && offered[1].len() <= 6, "{offered:?}");
    let events = session.journal().await.unwrap().events(run.id()).await.unwrap();
    let Event::Started { tools, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((tools.len(), tools[0].as_str()), (401, "show_tools"));
    let shown = events.iter().any(|event| matches!(event, Event::CallFinished { result, .. } if result["tools"][0]["name"] == "thing_250"));
    assert!(shown, "what was shown is in the journal");
    assert_eq!(session.replay(run.id(), false).await.unwrap().difference, None);
}

#[tokio::test]
async fn what_the_request_names_is_revealed_before_the_model_is_asked() {
    let model = Arc::new(ScriptedModel::new([
        ScriptedModel::call("thing_250", json!({"id": "x"})),
        ScriptedModel::answer("It is there."),
        ScriptedModel::answer("It is."),
    ]));
    let agent = Agent::new(Arc::clone(&model)).toolbox(toolbox(400)).policy(AllowAll);
    let session = agent.session();
    let run = session.run("Use thing_250").await.unwrap();
    assert_eq!(run.done()[0].result, json!({"did": "thing_250", "with": {"id": "x"}}));
    assert!(model.offered()[0][..2] == ["show_tools", "thing_250"], "{:?}", model.offered()[0]);
    let journal = session.journal().await.unwrap();
    let events = journal.events(run.id()).await.unwrap();
    assert!(
        matches!(&events[1], Event::ToolsRevealed { tools } if tools[0]["name"] == "thing_250"),
        "{events:?}"
    );
    assert_eq!(session.replay(run.id(), false).await.unwrap().difference, None);

    // What was told can still be read in the session's next run.
    let next = session.run("Is thing_250 done?").await.unwrap();
    let told = |event: &Event| matches!(event, Event::ToolsRevealed { tools } if tools.iter().any(|tool| tool["name"] == "thing_250"));
    assert!(!journal.events(next.id()).await.unwrap().iter().any(told));
    assert!(model.offered()[2].contains(&"thing_250".to_owned()));
}

#[tokio::test]
async fn an_interrupted_run_can_call_what_it_was_shown() {
    let model = script();
    let agent = Agent::new(Arc::clone(&model)).toolbox(toolbox(400)).policy(AllowAll);
    let session = agent.session();
    let whole = session.run("Do it").await.unwrap();
    let events = session.journal().await.unwrap().events(whole.id()).await.unwrap();
    let until = events.iter().position(|event| matches!(event, Event::CallFinished { .. })).unwrap() + 1;
    let journal = Arc::new(handyman_core::testing::MemoryJournal::default());
    for event in &events[..until] {
        handyman_core::Journal::append(journal.as_ref(), whole.id(), event).await.unwrap();
    }
    let rest = Arc::new(ScriptedModel::new([
        ScriptedModel::call("thing_250", json!({"id": "x"})),
        ScriptedModel::answer("It is there."),
    ]));
    // By now there would be room for all of them: the run goes on as it began.
    let limits = Limits { tools_percent: 100, ..Limits::default() };
    let later = Agent::new(Arc::clone(&rest)).toolbox(toolbox(400)).policy(AllowAll).limits(limits);
    let resumed = later.journal_with(journal).resume(whole.id()).await.unwrap();
    assert_eq!(resumed.done()[1].result, whole.done()[1].result);
    assert_eq!(rest.offered()[0], model.offered()[1]);
}

#[tokio::test]
async fn a_run_that_waits_before_it_is_shown_more_goes_on() {
    let model = ScriptedModel::new([
        ScriptedModel::call("show_tools", json!({"query": "thing_250"})),
        say("", &[("thing_250", json!({"id": "x"})), ("show_tools", json!({"query": "thing_7"}))]),
        ScriptedModel::answer("It is there."),
    ]);
    let agent = Agent::new(model).toolbox(toolbox(400)).policy(AskForEffects);
    let run = agent.run("Do it").await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Waiting { call: "c2".into() }));
    let shown = agent.waiting(run.id()).await.unwrap().unwrap();
    let run = agent.allow(&shown).await.unwrap();
    assert_eq!(run.outcome(), Some(&Outcome::Answered));
    let did: Vec<&str> = run.done().iter().map(|done| done.call.tool.as_str()).collect();
    assert_eq!(did, ["show_tools", "show_tools", "thing_250"]);
}

#[tokio::test]
async fn the_share_of_the_window_decides() {
    for (count, percent, first) in
        [(10, 50, "thing_0"), (10, 0, "show_tools"), (400, 50, "show_tools"), (400, 100, "thing_0")]
    {
        let model = Arc::new(ScriptedModel::new([ScriptedModel::answer("Hello.")]));
        let limits = Limits { tools_percent: percent, ..Limits::default() };
        Agent::new(Arc::clone(&model)).toolbox(toolbox(count)).limits(limits).run("Hello").await.unwrap();
        assert_eq!(model.offered()[0][0], first, "{count} tools, {percent} %");
    }
}

#[test]
fn a_toolbox_comes_after_the_tools_that_were_offered_before() {
    let named = |name: &str| {
        Numbered(ToolSpec {
            name: name.into(),
            description: "Does it".into(),
            parameters: json!({"type": "object"}),
            effect: Effect::ReadOnly,
            safety: Safety::default(),
        })
    };
    let agent =
        Agent::new(ScriptedModel::new([])).tool(named("first")).toolbox(toolbox(2)).tool(named("last"));
    let names: Vec<&str> = agent.tools().unwrap().specs().iter().map(|spec| spec.name.as_str()).collect();
    assert_eq!(names, ["first", "thing_0", "thing_1", "last"]);
    let unnamed = Agent::new(ScriptedModel::new([])).tool(named("")).toolbox(toolbox(2));
    assert!(unnamed.tools().unwrap_err().to_string().contains("has an empty name"), "it is not forgotten");
}
