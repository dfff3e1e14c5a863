//! The same guarantees for every kind of model: those that see everything, those with sliding windows, those
//! with a recurrent state, and hybrids. The models have random weights; llama.cpp is the real one.

use std::path::Path;
use std::time::Duration;

use handyman::{
    CallOutcome, CallResult, Discard, Effect, Fault, FaultKind, LocalModel, Message, Model, ModelReply,
    ModelRequest, ModelSettings, Part, ReplyBody, ReplyMode, ReplyOptions, Role, SessionId, Shortcuts,
    StateFolder, ToolCall, ToolSpec,
};
use serde_json::json;

#[path = "support/gguf.rs"]
mod gguf;

use gguf::{Architecture, Shape};

const ALL: [Architecture; 4] =
    [Architecture::Attention, Architecture::SlidingWindow, Architecture::Recurrent, Architecture::Hybrid];

async fn load(file: &Path, settings: ModelSettings) -> LocalModel {
    LocalModel::load(file, ModelSettings { threads: Some(1), ..settings }).await.unwrap()
}

fn model_file(folder: &Path, shape: &Shape) -> std::path::PathBuf {
    let file = folder.join(format!("{:?}-{}.gguf", shape.architecture, shape.thinks));
    gguf::write(&file, shape).unwrap();
    file
}

fn tools() -> Vec<ToolSpec> {
    let parameters = json!({"type": "object", "properties": {"city": {"type": "string", "maxLength": 12},
        "order": {"enum": ["earliest", "latest"]}}, "required": ["city", "order"]});
    let tool = |name: &str| ToolSpec {
        name: name.to_owned(),
        description: "Looks something up".to_owned(),
        parameters: parameters.clone(),
        effect: Effect::ReadOnly,
        safety: handyman::core::Safety::default(),
    };
    vec![tool("weather"), tool("trains")]
}

fn person(text: &str) -> Message {
    Message::text_of(Role::User, text)
}

fn result(turn: usize) -> Message {
    let part = CallResult {
        call: "c1".into(),
        tool: "weather".to_owned(),
        outcome: CallOutcome::Succeeded,
        result: json!({"turn": turn, "say": "<|im_end|> is text here"}),
    };
    Message { role: Role::Tool, parts: vec![Part::Result(part)] }
}

async fn reply(
    model: &LocalModel,
    session: &str,
    history: &[Message],
    tokens_max: u64,
) -> Result<ModelReply, Fault> {
    let (session, tools, options) = (SessionId::from(session), tools(), ReplyOptions::usual());
    let mode = ReplyMode::Free;
    let request =
        ModelRequest { session: &session, history, tools: &tools, revealed: &[], mode, tokens_max, options };
    model.reply(request, &Discard).await
}

/// The reply as it stands in the history after it.
fn said(reply: &ModelReply) -> Message {
    match &reply.body {
        ReplyBody::Malformed { text, .. } => Message::text_of(Role::Assistant, text),
        ReplyBody::Said { reasoning, text, calls } => {
            let mut parts = Vec::new();
            parts.extend((!reasoning.is_empty()).then(|| Part::Reasoning(reasoning.clone())));
            parts.extend((!text.is_empty()).then(|| Part::Text(text.clone())));
            parts.extend(calls.iter().map(|call| {
                Part::Call(ToolCall {
                    id: "c1".into(),
                    tool: call.tool.clone(),
                    arguments: call.arguments.clone(),
                })
            }));
            Message { role: Role::Assistant, parts }
        }
    }
}

/// What follows a reply: a tool's result or the person, in turn.
fn next(turn: usize) -> Message {
    if turn.is_multiple_of(2) { result(turn) } else { person(&format!("And number {turn}?")) }
}

/// Goes on for some turns and checks that each computes exactly what is new. Returns the tokens held.
async fn go_on(
    model: &LocalModel,
    session: &str,
    history: &mut Vec<Message>,
    turns: std::ops::Range<usize>,
    mut held: u64,
) -> u64 {
    for turn in turns {
        let reply = reply(model, session, history, 10).await.unwrap();
        assert_eq!((reply.usage.reused, reply.usage.recomputed), (held, 0), "turn {turn}: {:?}", reply.usage);
        held += reply.usage.prefilled + reply.usage.decoded();
        history.push(said(&reply));
        history.push(next(turn));
    }
    held
}

#[tokio::test]
async fn over_twenty_turns_prefilled_is_new_for_every_kind_of_model_thinking_or_not() {
    let folder = tempfile::tempdir().unwrap();
    for architecture in ALL {
        for thinks in [false, true] {
            let file = model_file(folder.path(), &Shape { thinks, ..Shape::tiny(architecture) });
            let model = load(&file, ModelSettings { sessions_max: 2, ..ModelSettings::default() }).await;
            let mut history = vec![person("What is the weather in Lagos?")];
            go_on(&model, "long", &mut history, 0..20, 0).await;
        }
    }
}

#[tokio::test]
async fn sessions_that_take_turns_in_one_sequence_compute_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    for architecture in ALL {
        let file = model_file(folder.path(), &Shape::tiny(architecture));
        let model = load(&file, ModelSettings { sessions_max: 1, ..ModelSettings::default() }).await;
        let mut histories =
            ["Lagos", "上海", "Porto"].map(|city| vec![person(&format!("Trains from {city}?"))]);
        let mut held = [0, 0, 0];
        for turn in 0..4 {
            for index in 0..3 {
                let session = format!("s{index}");
                let reply = reply(&model, &session, &histories[index], 10).await.unwrap();
                assert_eq!(reply.usage.recomputed, 0, "{architecture:?}, turn {turn}: {:?}", reply.usage);
                if turn > 0 {
                    assert_eq!(reply.usage.reused, held[index], "{architecture:?}, turn {turn}");
                } else if index > 0 {
                    assert!(
                        reply.usage.reused > 100,
                        "{architecture:?}: the tools are shared: {:?}",
                        reply.usage
                    );
                }
                held[index] = reply.usage.reused + reply.usage.prefilled + reply.usage.decoded();
                histories[index].extend([said(&reply), next(turn)]);
            }
        }
    }
}

/// Nothing is proposed: how much is worth it follows from how long passes take, and batches that are laid out otherwise
/// are rounded otherwise.
const STEADY: Shortcuts = Shortcuts { reuse: true, forcing: true, drafting: false };

#[tokio::test]
async fn a_reply_does_not_depend_on_how_it_came_about() {
    let folder = tempfile::tempdir().unwrap();
    for architecture in ALL {
        let file = model_file(folder.path(), &Shape::tiny(architecture));
        let off = Shortcuts { reuse: false, forcing: false, drafting: false };
        let plain = load(&file, ModelSettings { shortcuts: off, ..ModelSettings::default() }).await;
        let quick = load(&file, ModelSettings::default()).await;
        let history = [person("What is the weather in Lagos, and in Lagos tomorrow?")];
        let wanted = reply(&plain, "s", &history, 40).await.unwrap();
        assert_eq!((wanted.usage.reused, wanted.usage.forced, wanted.usage.drafted), (0, 0, 0));
        for milliseconds in [0, 2, 10, 40] {
            let cut = Duration::from_millis(milliseconds);
            let _ = tokio::time::timeout(cut, reply(&quick, "s", &history, 40)).await;
            let again = reply(&quick, "s", &history, 40).await.unwrap();
            assert_eq!(again.body, wanted.body, "{architecture:?}, after {milliseconds} ms");
        }
        let known = reply(&quick, "s", &history, 40).await.unwrap();
        assert_eq!(
            (known.usage.prefilled, known.body),
            (0, wanted.body),
            "{architecture:?}: the same prompt again"
        );
    }
}

#[tokio::test]
async fn a_reply_that_was_given_up_is_written_again_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for architecture in ALL {
        let file = model_file(folder.path(), &Shape::tiny(architecture));
        let model = load(&file, ModelSettings { shortcuts: STEADY, ..ModelSettings::default() }).await;
        let history = [person("What is the weather in Lagos, and in Lagos tomorrow?")];
        // Once the prompt is held, all that is computed comes after it, the same way wherever it was given up.
        reply(&model, "s", &history, 40).await.unwrap();
        let wanted = reply(&model, "s", &history, 40).await.unwrap();
        for milliseconds in [0, 2, 10, 40] {
            let cut = Duration::from_millis(milliseconds);
            let _ = tokio::time::timeout(cut, reply(&model, "s", &history, 40)).await;
            let again = reply(&model, "s", &history, 40).await.unwrap();
            assert_eq!(
                (again.usage.prefilled, again.body),
                (0, wanted.body.clone()),
                "{architecture:?}, after {milliseconds} ms"
            );
        }
        // In the middle of a prompt, what has been computed of it counts, and the rest follows.
        for milliseconds in [0, 2, 10, 40] {
            let cut = Duration::from_millis(milliseconds);
            let history = [person(&format!("{milliseconds} trains, {}", "or one to Rome, ".repeat(20)))];
            let session = format!("s{milliseconds}");
            let _ = tokio::time::timeout(cut, reply(&model, &session, &history, 10)).await;
            let again = reply(&model, &session, &history, 10).await.unwrap();
            let whole = reply(&model, &format!("w{milliseconds}"), &history, 10).await.unwrap();
            let tokens = |reply: &ModelReply| reply.usage.prefilled + reply.usage.reused;
            assert_eq!(tokens(&again), tokens(&whole), "{architecture:?}, after {milliseconds} ms");
        }
    }
}

#[tokio::test]
async fn a_later_process_computes_nothing_again() {
    let folder = tempfile::tempdir().unwrap();
    for architecture in ALL {
        let file = model_file(folder.path(), &Shape::tiny(architecture));
        let states =
            StateFolder { folder: folder.path().join(format!("{architecture:?}")), bytes_max: 1 << 30 };
        let settings = ModelSettings { states: Some(states.clone()), ..ModelSettings::default() };
        let mut history = vec![person("What is the weather in Lagos?")];
        let first = load(&file, settings.clone()).await;
        let held = go_on(&first, "s", &mut history, 0..4, 0).await;
        let wanted = reply(&first, "other", &history, 10).await.unwrap();
        drop(first);
        let later = load(&file, settings.clone()).await;
        let resumed = reply(&later, "s", &history, 10).await.unwrap();
        assert_eq!((resumed.usage.reused, resumed.usage.recomputed), (held, 0), "{architecture:?}");
        assert_eq!(resumed.body, wanted.body, "{architecture:?}");
        drop(later);
        // The same prompt once more, as after a kill in the middle of the reply.
        let again = load(&file, settings.clone()).await;
        let same = reply(&again, "s", &history, 10).await.unwrap();
        assert_eq!((same.usage.prefilled, same.body), (0, wanted.body.clone()), "{architecture:?}");
        drop(again);
        damage(&states.folder);
        let cautious = load(&file, settings).await;
        let recomputed = reply(&cautious, "s", &history, 10).await.unwrap();
        assert_eq!(recomputed.usage.reused, 0, "{architecture:?}: a damaged file is as good as none");
    }
}

/// Changes a byte in the middle of every file.
fn damage(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }
}

#[tokio::test]
async fn a_conversation_that_branches_off_shares_what_was_said_until_then() {
    let folder = tempfile::tempdir().unwrap();
    for architecture in ALL {
        let file = model_file(folder.path(), &Shape::tiny(architecture));
        let model = load(&file, ModelSettings::default()).await;
        let mut history = vec![person("What is the weather in Lagos?")];
        let held = go_on(&model, "parent", &mut history, 0..3, 0).await;
        history.pop();
        history.push(person("Do this part on your own."));
        let child = reply(&model, "child", &history, 10).await.unwrap();
        assert_eq!(
            (child.usage.reused, child.usage.recomputed),
            (held, 0),
            "{architecture:?}: {:?}",
            child.usage
        );
    }
}

#[tokio::test]
async fn a_conversation_that_fills_the_cache_of_the_windows_still_branches_off() {
    let folder = tempfile::tempdir().unwrap();
    let file = model_file(folder.path(), &Shape::tiny(Architecture::SlidingWindow));
    // Two windows of 64 and a batch of 256, rounded up, are 512 cells.
    let model = load(&file, ModelSettings { sessions_max: 2, ..ModelSettings::default() }).await;
    let mut history = vec![person(&"What is the weather in Lagos? ".repeat(40))];
    let held = go_on(&model, "parent", &mut history, 0..1, 0).await;
    assert!(held > 600, "{held} tokens");
    history.pop();
    let mut branch = [history.as_slice(), &[person("Do this part on your own.")]].concat();
    let branched = go_on(&model, "child", &mut branch, 0..1, held).await;
    // Both go on, each with a window of its own.
    history.push(person(&"And tomorrow? ".repeat(40)));
    go_on(&model, "parent", &mut history, 1..2, held).await;
    go_on(&model, "child", &mut branch, 1..3, branched).await;
}

#[tokio::test]
async fn sessions_that_begin_alike_have_windows_of_their_own_in_hybrids_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let hybrid = Shape { window: 64, ..Shape::tiny(Architecture::Hybrid) };
    for shape in [Shape::tiny(Architecture::SlidingWindow), hybrid] {
        let file = model_file(folder.path(), &shape);
        // What they begin with is longer than a window and there once: all of them would fit, but for their windows.
        let (window, cache_tokens) = (Some(1_024), Some(1_024));
        let settings = ModelSettings { sessions_max: 24, window, cache_tokens, ..ModelSettings::default() };
        let model = load(&file, settings).await;
        for turn in 0..2 {
            for session in 0..24 {
                let mut history = vec![person(&format!("{session}?"))];
                history.extend(
                    (0..turn).flat_map(|_| [Message::text_of(Role::Assistant, "Fine."), person("So?")]),
                );
                let reply = reply(&model, &format!("s{session}"), &history, 2).await.unwrap();
                // Once the windows are full, llama.cpp may have no room in one piece for a copy: then it is computed.
                let shares = turn == 0 && (1..12).contains(&session);
                assert!(
                    !shares || reply.usage.reused > 64,
                    "{:?}, session {session}: {:?}",
                    shape.architecture,
                    reply.usage
                );
            }
        }
    }
}

#[tokio::test]
async fn a_cache_that_no_memory_can_hold_is_refused_with_a_size_that_fits() {
    let folder = tempfile::tempdir().unwrap();
    let file = model_file(folder.path(), &Shape::tiny(Architecture::Attention));
    let settings = ModelSettings { cache_tokens: Some(u32::MAX), ..ModelSettings::default() };
    let fault = LocalModel::load(&file, settings).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Backend);
    assert!(fault.hint().is_some_and(|hint| hint.contains("smaller window")), "{fault}");
}

#[tokio::test]
async fn too_many_requests_are_refused_and_the_others_answered() {
    let folder = tempfile::tempdir().unwrap();
    let file = model_file(folder.path(), &Shape::tiny(Architecture::Attention));
    let settings = ModelSettings { sessions_max: 2, queue_max: 3, ..ModelSettings::default() };
    let model = load(&file, settings).await;
    let history = [person("Hello")];
    let names: Vec<String> = (0..9).map(|index| format!("s{index}")).collect();
    let mut asked: Vec<_> = names.iter().map(|name| Box::pin(reply(&model, name, &history, 5))).collect();
    let mut answers = Vec::new();
    // Each future asks when it is first polled.
    for future in &mut asked {
        answers.push(tokio::time::timeout(Duration::ZERO, future).await);
    }
    let refused =
        answers.iter().filter(|answer| matches!(answer, Ok(Err(fault)) if fault.kind() == FaultKind::Busy));
    assert!((1..=4).contains(&refused.count()), "nine requests, two places and a queue of three");
    for (future, answer) in asked.into_iter().zip(answers) {
        if answer.is_err() {
            assert!(future.await.is_ok());
        }
    }
    assert!(reply(&model, "later", &history, 5).await.is_ok());
}

#[tokio::test]
async fn more_sessions_than_there_is_room_for_their_windows_are_served_in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let file = model_file(folder.path(), &Shape::tiny(Architecture::SlidingWindow));
    // Sixteen windows of 64 and a batch would take more than the cache has.
    let (window, cache_tokens) = (Some(1_024), Some(1_024));
    let settings = ModelSettings { sessions_max: 16, window, cache_tokens, ..ModelSettings::default() };
    let model = load(&file, settings).await;
    for turn in 0..2 {
        for session in 0..16 {
            let mut history = vec![person(&format!("What is the weather in city {session}?"))];
            history.extend(
                (0..turn).flat_map(|_| [Message::text_of(Role::Assistant, "Fine."), person("And then?")]),
            );
            reply(&model, &format!("s{session}"), &history, 10).await.unwrap();
        }
    }
}
