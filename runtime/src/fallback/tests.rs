//! A model that fails in every way there is, and one that does not.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use handyman_core::testing::MemoryJournal;
use handyman_core::{
    Delta, DeltaSink, Event, Fault, FaultKind, Model, ModelInfo, ModelReply, ModelRequest, ReplyBody,
    ToolResult, ToolSpec, tool,
};

use super::Fallback;
use crate::escalate::tests::{Shown, first_reply};
use crate::{Agent, AllowAll, ScriptModel};

const ALL: [FaultKind; 9] = [
    FaultKind::Request,
    FaultKind::Model,
    FaultKind::Template,
    FaultKind::Window,
    FaultKind::Schema,
    FaultKind::Backend,
    FaultKind::Busy,
    FaultKind::Journal,
    FaultKind::Tool,
];

/// Fails in these ways one after the other, after it has shown something, and then plays a script.
struct Frail {
    name: &'static str,
    faults: Mutex<VecDeque<FaultKind>>,
    shows: Option<Delta>,
    script: ScriptModel,
    window: Option<u64>,
}

impl Frail {
    fn new(name: &'static str, faults: impl IntoIterator<Item = FaultKind>, script: &str) -> Self {
        let faults = Mutex::new(faults.into_iter().collect());
        Self { name, faults, shows: None, script: ScriptModel::parse(script).unwrap(), window: None }
    }

    /// One that fails with its first reply.
    fn once(fault: FaultKind) -> Self {
        Self::new("small", [fault], "")
    }
}

#[async_trait]
impl Model for Frail {
    fn info(&self) -> ModelInfo {
        ModelInfo { name: self.name.to_owned(), ..self.script.info() }
    }

    fn window(&self) -> Option<u64> {
        self.window
    }

    fn tokens(&self, text: &str) -> u64 {
        text.len() as u64 * self.name.len() as u64
    }

    fn describing(&self, _: &[ToolSpec]) -> u64 {
        self.name.len() as u64
    }

    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        let Some(kind) = self.faults.lock().unwrap().pop_front() else {
            return self.script.reply(request, sink).await;
        };
        if let Some(delta) = &self.shows {
            sink.delta(delta.clone());
        }
        Err(Fault::new(kind, format!("{} is out of order", self.name))
            .with_hint(format!("mend {}", self.name))
            .with_source(format!("a screw of {} is loose", self.name)))
    }
}

fn well() -> ScriptModel {
    ScriptModel::parse(r#"{"text": "Hello."}"#).unwrap()
}

/// What comes of a first request: what was said, or how it failed.
async fn said(model: &dyn Model, shown: &Shown) -> Result<String, FaultKind> {
    match first_reply(model, 100, shown).await.map(|reply| reply.body) {
        Ok(ReplyBody::Said { text, .. }) => Ok(text),
        Ok(ReplyBody::Malformed { problem, .. }) => panic!("{problem}"),
        Err(fault) => Err(fault.kind()),
    }
}

#[tokio::test]
async fn where_the_first_fails_the_second_replies_and_what_is_asked_wrongly_is_told() {
    let own = [FaultKind::Model, FaultKind::Template, FaultKind::Backend, FaultKind::Busy];
    for kind in ALL {
        let (model, shown) = (Fallback::new(Frail::once(kind), well()), Shown::default());
        let expected = if own.contains(&kind) { Ok("Hello.".to_owned()) } else { Err(kind) };
        assert_eq!(said(&model, &shown).await, expected, "{kind:?}");
        assert_eq!(shown.text(), expected.unwrap_or_default(), "{kind:?}");
    }
}

#[tokio::test]
async fn which_faults_are_fallen_back_on_can_be_chosen() {
    for kind in ALL {
        let only_long = |fault: &Fault| fault.kind() == FaultKind::Window;
        let model = Fallback::new(Frail::once(kind), well()).on(only_long);
        let expected = if kind == FaultKind::Window { Ok("Hello.".to_owned()) } else { Err(kind) };
        assert_eq!(said(&model, &Shown::default()).await, expected, "{kind:?}");
    }
}

#[tokio::test]
async fn a_first_model_that_replies_is_the_only_one_asked() {
    let second = Frail::new("large", [FaultKind::Backend], "");
    assert_eq!(said(&Fallback::new(well(), second), &Shown::default()).await, Ok("Hello.".to_owned()));
}

#[tokio::test]
async fn a_reply_of_which_something_was_shown_is_not_begun_again() {
    let deltas = [Delta::Text("Well, ".to_owned()), Delta::Reasoning("Well, ".to_owned())];
    for delta in deltas {
        let first = Frail { shows: Some(delta), ..Frail::once(FaultKind::Backend) };
        let (model, shown) = (Fallback::new(first, well()), Shown::default());
        assert_eq!(said(&model, &shown).await, Err(FaultKind::Backend));
        assert_eq!(shown.text(), "Well, ");
    }
    let empty = Some(Delta::Text(String::new()));
    let first = Frail { shows: empty, ..Frail::once(FaultKind::Backend) };
    assert_eq!(said(&Fallback::new(first, well()), &Shown::default()).await, Ok("Hello.".to_owned()));
}

#[tokio::test]
async fn where_both_fail_the_fault_is_the_second_s_and_tells_of_the_first() {
    let second = || Frail::new("large", [FaultKind::Window], "");
    let model = Fallback::new(Frail::once(FaultKind::Backend), second());
    let fault = first_reply(&model, 100, &Shown::default()).await.unwrap_err();
    assert_eq!(
        (fault.kind(), fault.to_string().as_str(), fault.hint()),
        (
            FaultKind::Window,
            "large is out of order; small was asked first: small is out of order",
            Some("mend large")
        )
    );
    let cause = fault.source().unwrap();
    let causes = [cause.to_string(), cause.source().unwrap().to_string()];
    assert_eq!(causes, ["large is out of order", "a screw of large is loose"]);
    let busy = || Frail::once(FaultKind::Busy);
    let three = Fallback::new(busy(), Fallback::new(busy(), well()));
    assert_eq!(said(&three, &Shown::default()).await, Ok("Hello.".to_owned()));
}

#[test]
fn both_are_one_model_as_large_as_the_smaller_one() {
    let small = |window| Frail { window, ..Frail::new("small", [], "") };
    let large = |window| Frail { window, ..Frail::new("larger", [], "") };
    let model = Fallback::new(small(Some(100)), large(Some(200)));
    let info = model.info();
    assert_eq!((info.name.as_str(), info.sha256.len()), ("small, else larger", 64));
    assert_eq!((model.window(), model.tokens("ab"), model.describing(&[])), (Some(100), 12, 6));
    assert_eq!(Fallback::new(small(None), large(Some(200))).window(), Some(200));
    assert_eq!(Fallback::new(small(Some(100)), large(None)).window(), Some(100));
}

/// A lamp.
#[tool(once)]
async fn lamp(
    /// Whether it is lit
    lit: bool,
) -> ToolResult<bool> {
    Ok(lit)
}

#[tokio::test]
async fn a_run_goes_on_with_the_first_after_the_second_has_replied() {
    let journal = Arc::new(MemoryJournal::default());
    let small = Frail::new("small", [FaultKind::Busy], "{\"text\": \"Off.\"}\n{\"text\": \"It is lit.\"}");
    let large = r#"{"text": "On.", "calls": [{"tool": "lamp", "arguments": {"lit": true}}]}"#;
    let model = Fallback::new(small, ScriptModel::parse(large).unwrap());
    let agent = Agent::new(model).tool(lamp).policy(AllowAll).journal_with(Arc::clone(&journal) as Arc<_>);
    let run = agent.run("Light the lamp").await.unwrap();
    assert_eq!((run.answer(), run.usage().turns), ("It is lit.", 2));
    let said = |(_, event)| if let Event::ModelReplied { text, .. } = event { Some(text) } else { None };
    let texts: Vec<String> = journal.all().into_iter().filter_map(said).collect();
    assert_eq!(texts, ["On.", "It is lit."]);
}
