//! A window that fills: the run goes on, and what is computed again is counted as that.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use handyman_core::testing::MemoryJournal;
use handyman_core::{
    CallRequest, Compaction, DeltaSink, Event, Fault, FaultKind, Message, Model, ModelInfo, ModelReply,
    ModelRequest, Outcome, ReplyBody, StopReason, TokenUsage, tool,
};
use serde_json::{Value, json};

use super::path;
use crate::local::{LocalModel, ModelSettings};
use crate::{Agent, AllowAll};

/// Pages of a long report, in a window that holds few of them.
#[tool(read_only)]
async fn page(number: u32) -> handyman_core::ToolResult<Value> {
    let lines: Vec<Value> =
        (0..6).map(|line| json!({"line": format!("{number}.{line}"), "text": "the sea is wide and the boat is small"})).collect();
    Ok(json!({"page": number, "lines": lines}))
}

/// A real model that decides nothing: what it is asked is computed in its window, and what it says is not heard.
/// Calls of one page after another take its place.
struct Reader {
    model: LocalModel,
    pages: u32,
    used: Mutex<Vec<TokenUsage>>,
}

#[async_trait]
impl Model for Reader {
    fn info(&self) -> ModelInfo {
        self.model.info()
    }

    async fn reply(&self, request: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        let reply = self.model.reply(ModelRequest { tokens_max: 1, ..request }, sink).await?;
        self.used.lock().unwrap().push(reply.usage);
        let turn = u32::try_from(self.used.lock().unwrap().len()).unwrap();
        let (text, calls) = if turn > self.pages {
            ("That was all.".to_owned(), vec![])
        } else {
            let arguments = json!({"number": turn}).as_object().cloned().unwrap();
            (String::new(), vec![CallRequest { tool: "page".to_owned(), arguments }])
        };
        let body = ReplyBody::Said { reasoning: String::new(), text, calls };
        Ok(ModelReply { body, stop: StopReason::Ended, ..reply })
    }
}

#[tokio::test]
async fn a_run_goes_on_when_the_window_is_full_and_says_what_was_shortened() {
    let settings = ModelSettings { window: Some(1_024), ..ModelSettings::default() };
    let model = LocalModel::load(path(), settings).await.unwrap();
    let journal = Arc::new(MemoryJournal::default());
    let reader = Reader { model, pages: 8, used: Mutex::default() };
    let agent = Agent::new(reader).tool(page).policy(AllowAll).journal_with(Arc::clone(&journal) as Arc<_>);
    let run = agent.run("Read all of it.").await.unwrap();
    assert_eq!((run.outcome(), run.answer()), (Some(&Outcome::Answered), "That was all."));
    assert_eq!(run.usage().calls, 8, "every page was read");
    let steps: Vec<Compaction> = journal
        .all()
        .into_iter()
        .filter_map(|(_, event)| match event {
            Event::Compacted { step, why } => {
                assert!(why.contains("window"), "{why}");
                Some(step)
            }
            _ => None,
        })
        .collect();
    assert!(matches!(steps.first(), Some(Compaction::ResultsShortened { .. })), "{steps:?}");
    let whole =
        run.record().iter().flat_map(Message::results).filter(|result| result.result.get("cut").is_none());
    assert_eq!(whole.count(), 8, "the run still knows every page");
}

#[tokio::test]
async fn tokens_that_a_compaction_makes_the_model_read_again_are_counted_as_that() {
    let settings = ModelSettings { window: Some(1_024), ..ModelSettings::default() };
    let model = LocalModel::load(path(), settings).await.unwrap();
    let (session, options) = ("s".into(), handyman_core::ReplyOptions::default());
    let ask = |history: Vec<Message>| {
        let (model, session, options) = (&model, &session, &options);
        async move {
            let mode = handyman_core::ReplyMode::AnswerOnly;
            model
                .reply(
                    ModelRequest {
                        session,
                        history: &history,
                        tools: &[],
                        revealed: &[],
                        mode,
                        tokens_max: 8,
                        options,
                    },
                    &handyman_core::Discard,
                )
                .await
        }
    };
    let mut history = vec![crate::tiny::person("Look at page 0")];
    let (mut last, mut held) = (TokenUsage::default(), 0);
    let fault = loop {
        match ask(history.clone()).await {
            Ok(reply) => {
                assert_eq!((reply.usage.recomputed, reply.usage.reused), (0, held));
                held = reply.usage.reused + reply.usage.prefilled + reply.usage.decoded();
                last = reply.usage;
                history.push(super::as_message(&reply.body));
            }
            Err(fault) => break fault,
        }
        let lines: Vec<String> =
            (0..24).map(|line| format!("line {line} of page {}", history.len())).collect();
        history.push(crate::tiny::result("page", json!({"lines": lines})));
    };
    assert_eq!(fault.kind(), FaultKind::Window);
    // What the driver does then, by hand: older results are shortened.
    let mut run = handyman_core::Run::new(
        "r".into(),
        handyman_core::Earlier { messages: history, ..Default::default() },
    );
    run.apply(&Event::Started {
        run: "r".into(),
        session: "s".into(),
        message: "And then?".to_owned(),
        untrusted_message: false,
        key: None,
        model: ModelInfo::default(),
        tools: vec![],
        untrusted: vec![],
        places: std::collections::BTreeMap::new(),
        answer_schema: None,
        workflow: None,
        now: jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0),
    });
    let step = handyman_core::compact::next(&run).unwrap();
    run.apply(&Event::Compacted { step, why: String::new() });
    let usage = ask(run.history().to_vec()).await.unwrap().usage;
    let new = usage.prefilled - usage.recomputed;
    assert!(usage.recomputed > 0 && usage.recomputed < held, "{usage:?} after {held}");
    assert!(
        new > last.prefilled && new < last.prefilled + 60,
        "a page and a question are new: {usage:?}, a page was {last:?}"
    );
    assert!(usage.reused > 0, "what stands before the first change is not computed again: {usage:?}");
    let again = ask(run.history().to_vec()).await.unwrap().usage;
    assert_eq!((again.prefilled, again.recomputed), (0, 0), "and only once");
}
