//! Two scripted models, of which the first is more or less sure.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use handyman_core::testing::MemoryJournal;
use handyman_core::{
    Delta, DeltaSink, Event, Fault, Model, ModelInfo, ModelReply, ModelRequest, ReplyBody, ReplyMode,
    ReplyOptions, SessionId, TokenUsage, ToolResult, tool,
};

use super::Escalate;
use crate::{Agent, AllowAll, ScriptModel};

/// Calls with its first reply, and answers with its second.
const SMALL: &str = r#"{"text": "Off.", "calls": [{"tool": "lamp", "arguments": {"lit": false}}]}
{"text": "It is lit."}"#;
const LARGE: &str = r#"{"text": "On.", "calls": [{"tool": "lamp", "arguments": {"lit": true}}]}"#;

/// A script that is this sure of its calls, and takes ten tokens for each reply.
struct Sure {
    script: ScriptModel,
    confidence: Option<f32>,
}

impl Sure {
    fn new(script: &str, confidence: Option<f32>) -> Self {
        Self { script: ScriptModel::parse(script).unwrap(), confidence }
    }
}

#[async_trait]
impl Model for Sure {
    fn info(&self) -> ModelInfo {
        self.script.info()
    }

    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        let reply = self.script.reply(request, sink).await?;
        let usage = TokenUsage { sampled: 10, ..TokenUsage::default() };
        let calls = matches!(&reply.body, ReplyBody::Said { calls, .. } if !calls.is_empty());
        Ok(ModelReply { usage, confidence: self.confidence.filter(|_| calls), ..reply })
    }
}

/// What was shown.
#[derive(Default)]
pub(crate) struct Shown(Mutex<Vec<Delta>>);

impl DeltaSink for Shown {
    fn delta(&self, delta: Delta) {
        self.0.lock().unwrap().push(delta);
    }
}

impl Shown {
    pub(crate) fn text(&self) -> String {
        let text = |delta: &Delta| match delta {
            Delta::Text(text) | Delta::Reasoning(text) => text.clone(),
            Delta::Progress { text, .. } => panic!("a model runs no tools: {text}"),
        };
        self.0.lock().unwrap().iter().map(text).collect()
    }
}

/// Asks for the first reply of a session, with so many tokens.
pub(crate) async fn first_reply(
    model: &dyn Model,
    tokens_max: u64,
    sink: &dyn DeltaSink,
) -> Result<ModelReply, Fault> {
    let request = ModelRequest {
        session: &SessionId::from("s1"),
        history: &[],
        tools: &[],
        revealed: &[],
        mode: ReplyMode::Free,
        tokens_max,
        options: &ReplyOptions::default(),
    };
    model.reply(request, sink).await
}

#[tokio::test]
async fn what_the_first_is_not_sure_of_the_second_is_asked() {
    for (confidence, below, tokens_max, said, tokens) in [
        (Some(0.25), 0.5, 100, "On.", 20),
        (Some(0.5), 0.5, 100, "Off.", 10),
        (None, 1.0, 100, "Off.", 10),
        // Nothing is left for another reply.
        (Some(0.25), 0.5, 10, "Off.", 10),
    ] {
        let model = Escalate::new(Sure::new(SMALL, confidence), Sure::new(LARGE, None), below);
        let shown = Shown::default();
        let reply = first_reply(&model, tokens_max, &shown).await.unwrap();
        let ReplyBody::Said { text, .. } = &reply.body else { panic!("{:?}", reply.body) };
        assert_eq!((text.as_str(), reply.usage.decoded()), (said, tokens), "{confidence:?} below {below}");
        assert_eq!(shown.text(), said, "nothing is shown of what was thrown away");
    }
}

#[tokio::test]
async fn an_answer_is_never_thrown_away() {
    let model = Escalate::new(Sure::new(r#"{"text": "Hello."}"#, Some(0.1)), Sure::new("", None), 1.0);
    let reply = first_reply(&model, 100, &Shown::default()).await.unwrap();
    assert!(matches!(reply.body, ReplyBody::Said { text, .. } if text == "Hello."));
}

/// A model that begins to speak and does not end.
struct Endless;

#[async_trait]
impl Model for Endless {
    fn info(&self) -> ModelInfo {
        ModelInfo::default()
    }

    fn window(&self) -> Option<u64> {
        Some(100)
    }

    async fn reply(&self, _: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        sink.delta(Delta::Text("Well, ".to_owned()));
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_held_back_of_a_reply_that_is_given_up_is_heard() {
    let (model, shown) = (Escalate::new(Endless, Sure::new(LARGE, None), 0.5), Shown::default());
    let given_up = tokio::time::timeout(Duration::from_secs(1), first_reply(&model, 100, &shown)).await;
    assert!(given_up.is_err());
    assert_eq!(shown.text(), "Well, ");
}

#[test]
fn both_are_one_model() {
    let (small, large) = (|| Sure::new(SMALL, None), || Sure::new(LARGE, None));
    let info = Escalate::new(small(), large(), 0.5).info();
    assert_eq!((info.name.as_str(), info.sha256.len()), ("script, then script", 64));
    assert_ne!(Escalate::new(large(), small(), 0.5).info(), info, "the other way round");
    let unnamed = Escalate::new(Endless, Endless, 0.5).info();
    assert!(unnamed.sha256.is_empty(), "neither has a file");
    let windows =
        [Escalate::new(small(), Endless, 0.5).window(), Escalate::new(Endless, small(), 0.5).window()];
    assert_eq!(windows, [Some(100), Some(100)]);
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
    let model = Escalate::new(Sure::new(SMALL, Some(0.25)), Sure::new(LARGE, None), 0.5);
    let agent = Agent::new(model).tool(lamp).policy(AllowAll).journal_with(Arc::clone(&journal) as Arc<_>);
    let run = agent.run("Light the lamp").await.unwrap();
    assert_eq!((run.answer(), run.usage().turns, run.usage().tokens.decoded()), ("It is lit.", 2, 30));
    let lit: Vec<_> = run.done().iter().map(|done| done.result.clone()).collect();
    assert_eq!(lit, [true], "what the first wanted was not done");
    assert!(run.history().iter().all(|message| message.text() != "Off."));
    let replied = journal.all().into_iter().find_map(|(_, event)| {
        if let Event::ModelReplied { text, confidence, .. } = event { Some((text, confidence)) } else { None }
    });
    assert_eq!(replied, Some(("On.".to_owned(), None)), "it is as the second has it");
    let session = agent.session_of(run.id()).await.unwrap();
    let replayed = session.replay(run.id(), true).await.unwrap();
    assert_eq!((replayed.replies, replayed.difference, replayed.made_by), (2, None, None));
}
