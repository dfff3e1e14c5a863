//! Models of one's own that say what no grammar would let them say.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{
    CallOutcome, CallResult, Delta, DeltaSink, Discard, Effect, Event, Fault, LimitKind, Message, Model,
    ModelInfo, ModelReply, ModelRequest, Outcome, Part, ReplyBody, ReplyMode, ReplyOptions, Role, Safety,
    SessionId, StopReason, TokenUsage, ToolChoice, ToolResult, ToolSpec, tool,
};
use serde_json::{Value, json};

use super::Checked;
use crate::escalate::tests::Shown;
use crate::{Agent, AllowAll};

/// A model of one's own that has one thing to say.
struct Says(ModelReply);

#[async_trait]
impl Model for Says {
    fn info(&self) -> ModelInfo {
        ModelInfo { name: "own".to_owned(), sha256: "5a".to_owned() }
    }

    fn window(&self) -> Option<u64> {
        Some(512)
    }

    fn tokens(&self, text: &str) -> u64 {
        text.len() as u64
    }

    fn describing(&self, _: &[ToolSpec]) -> u64 {
        7
    }

    async fn reply(&self, _: ModelRequest<'_>, sink: &dyn DeltaSink) -> Result<ModelReply, Fault> {
        if let ReplyBody::Said { text, .. } = &self.0.body {
            sink.delta(Delta::Text(text.clone()));
        }
        Ok(self.0.clone())
    }
}

fn spec(name: &str, parameters: Value) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: "Works".to_owned(),
        parameters,
        effect: Effect::ReadOnly,
        safety: Safety::default(),
    }
}

/// What a checked model's reply is after a search that found one row.
async fn checked(reply: ModelReply, mode: ReplyMode, options: &ReplyOptions) -> ModelReply {
    checked_shown(reply, mode, options, &Discard).await
}

async fn checked_shown(
    reply: ModelReply,
    mode: ReplyMode,
    options: &ReplyOptions,
    sink: &dyn DeltaSink,
) -> ModelReply {
    let properties = json!({
        "id": {"type": "string", "x-from": ["search.id"]},
        "city": {"type": "string", "x-verbatim": true},
    });
    let tools = [
        spec("search", json!({"type": "object", "properties": {}})),
        spec("order", json!({"type": "object", "properties": properties})),
    ];
    let request = ModelRequest {
        session: &SessionId::from("s1"),
        history: &searched(),
        tools: &tools,
        revealed: &[],
        mode,
        tokens_max: 99,
        options,
    };
    Checked::new(Says(reply)).reply(request, sink).await.unwrap()
}

/// A search that found one row.
fn searched() -> [Message; 2] {
    let result = CallResult {
        call: "c1".into(),
        tool: "search".to_owned(),
        outcome: CallOutcome::Succeeded,
        result: json!({"rows": [{"id": "A1", "price": 10}]}),
    };
    [
        Message::text_of(Role::User, "Order one in Lagos"),
        Message { role: Role::Tool, parts: vec![Part::Result(result)] },
    ]
}

/// What a reply is once it was checked, with these tools on offer.
async fn checked_with(tools: &[ToolSpec], body: ReplyBody) -> ReplyBody {
    let request = ModelRequest {
        session: &SessionId::from("s1"),
        history: &searched(),
        tools,
        revealed: &[],
        mode: ReplyMode::Free,
        tokens_max: 99,
        options: &ReplyOptions::default(),
    };
    Checked::new(Says(whole(body))).reply(request, &Discard).await.unwrap().body
}

fn whole(body: ReplyBody) -> ModelReply {
    ModelReply::new(body, TokenUsage::default())
}

fn order(arguments: Value) -> ReplyBody {
    ScriptedModel::call("order", arguments)
}

/// A call of each, in one reply.
fn both() -> ReplyBody {
    ScriptedModel::calls([("order", json!({"id": "A1"})), ("search", json!({}))])
}

fn asking(tool_choice: ToolChoice) -> ReplyOptions {
    ReplyOptions { tool_choice, ..ReplyOptions::default() }
}

#[tokio::test]
async fn what_no_grammar_would_let_a_model_say_is_malformed_and_says_why() {
    let (usual, none) = (ReplyOptions::default, "no call could be made now; an answer was asked for");
    let alone = || ReplyOptions { parallel_calls: false, ..usual() };
    let ruled_out = || ReplyOptions { ruled_out: vec!["order".to_owned()], ..usual() };
    let grounded = || ReplyOptions { grounded: true, ..usual() };
    let answer = ScriptedModel::answer;
    let good = || order(json!({"id": "A1"}));
    let cases = [
        (order(json!({"id": "B2"})), usual(), "order: /id: 'B2' has to be a value of search.id"),
        (
            order(json!({"city": "Paris"})),
            usual(),
            "order: /city: 'Paris' has to be copied from what was said",
        ),
        (good(), asking(ToolChoice::None), none),
        (answer("No."), asking(ToolChoice::Required), "a call was asked for"),
        (answer("No."), asking(ToolChoice::Tool("order".to_owned())), "a call was asked for"),
        (
            good(),
            asking(ToolChoice::Tool("search".to_owned())),
            "a call of search was asked for, not of order",
        ),
        (both(), alone(), "only one call at a time was asked for"),
        (good(), ruled_out(), "order cannot be called now"),
        (answer("It costs 11."), grounded(), "'11' stands in no result"),
        (answer(" \n"), usual(), "nothing was said and nothing called"),
    ];
    for (body, options, expected) in cases {
        let reply = checked(whole(body.clone()), ReplyMode::Free, &options).await;
        let ReplyBody::Malformed { problem, .. } = reply.body else { panic!("{body:?}: {:?}", reply.body) };
        assert!(problem.starts_with(expected), "{problem}");
    }
    let last = checked(whole(good()), ReplyMode::AnswerOnly, &usual()).await;
    assert!(matches!(last.body, ReplyBody::Malformed { problem, .. } if problem == none));
}

#[tokio::test]
async fn what_is_copied_into_maps_tuples_and_joined_schemas_is_checked_too() {
    let id = json!({"type": "string", "x-from": ["search.id"]});
    let named = json!({"allOf": [{"$ref": "#/$defs/line"}, {"type": "object", "properties": {"id": id}}]});
    let parameters = json!({
        "type": "object",
        "properties": {
            "map": {"type": "object", "additionalProperties": id},
            "pair": {"type": "array", "prefixItems": [{"type": "integer"}, id]},
            "joined": {"$ref": "#/$defs/line"},
        },
        "$defs": {"line": named},
    });
    for (given, at) in [
        (json!({"map": {"a": "B2"}}), "/map/a"),
        (json!({"pair": [1, "B2"]}), "/pair/1"),
        (json!({"joined": {"id": "B2"}}), "/joined/id"),
    ] {
        let tools = [spec("order", parameters.clone())];
        let made_up = checked_with(&tools, order(given.clone())).await;
        let ReplyBody::Malformed { problem, .. } = made_up else { panic!("{given}: {made_up:?}") };
        assert_eq!(problem, format!("order: {at}: 'B2' has to be a value of search.id in an earlier result"));
        let found: Value = serde_json::from_str(&given.to_string().replace("B2", "A1")).unwrap();
        let found = order(found);
        assert_eq!(checked_with(&tools, found.clone()).await, found);
    }
}

#[tokio::test]
async fn what_was_asked_for_passes_as_it_is() {
    let (usual, reading) = (ReplyOptions::default, || ScriptedModel::call("search", json!({})));
    let grounded = ReplyOptions { grounded: true, ..usual() };
    let unread = ReplyBody::Malformed { text: "{".to_owned(), problem: "no end".to_owned() };
    let cases = [
        (order(json!({"id": "A1", "city": "Lagos"})), usual()),
        (both(), usual()),
        (reading(), asking(ToolChoice::Required)),
        (reading(), asking(ToolChoice::Tool("search".to_owned()))),
        (reading(), ReplyOptions { parallel_calls: false, ..usual() }),
        (reading(), ReplyOptions { ruled_out: vec!["order".to_owned()], ..usual() }),
        (ScriptedModel::answer("It costs 11."), usual()),
        (ScriptedModel::answer("It costs 10."), grounded),
        // What calls of no tool come to is told by the planner, and what could not be read by the model itself.
        (ScriptedModel::call("paint", json!({"id": "B2"})), usual()),
        (unread, usual()),
    ];
    for (body, options) in cases {
        let reply = checked(whole(body.clone()), ReplyMode::Free, &options).await;
        assert_eq!(reply.body, body);
    }
}

#[tokio::test]
async fn of_a_malformed_reply_the_words_the_cost_and_what_was_shown_are_kept() {
    let calls = match order(json!({"id": "B2"})) {
        ReplyBody::Said { calls, .. } => calls,
        ReplyBody::Malformed { .. } => Vec::new(),
    };
    let body = ReplyBody::Said { reasoning: "so".to_owned(), text: "Ordering.".to_owned(), calls };
    let usage = TokenUsage { sampled: 12, ..TokenUsage::default() };
    let (reply, shown) =
        (ModelReply { confidence: Some(0.5), ..ModelReply::new(body, usage) }, Shown::default());
    let reply = checked_shown(reply, ReplyMode::Free, &ReplyOptions::default(), &shown).await;
    assert_eq!((reply.usage, reply.confidence, shown.text().as_str()), (usage, Some(0.5), "Ordering."));
    let ReplyBody::Malformed { text, .. } = reply.body else { panic!("{:?}", reply.body) };
    let called = json!({"name": "order", "arguments": {"id": "B2"}});
    assert_eq!(text, format!("Ordering.\n{called}"));
    let cut = ModelReply { stop: StopReason::Tokens, ..whole(ScriptedModel::answer("")) };
    let cut = checked(cut, ReplyMode::Free, &ReplyOptions::default()).await;
    assert!(matches!(cut.body, ReplyBody::Malformed { problem, .. } if problem.contains("cut off")));
    assert_eq!(cut.stop, StopReason::Tokens);
}

#[test]
fn a_checked_model_tells_of_itself_what_the_model_does() {
    let model = || Says(whole(ScriptedModel::answer("Hello.")));
    let checked = Checked::new(model());
    assert_eq!(checked.info(), model().info());
    assert_eq!((checked.window(), checked.tokens("four"), checked.describing(&[])), (Some(512), 4, 7));
}

/// Finds what can be ordered.
#[tool(read_only)]
async fn search() -> ToolResult<Value> {
    Ok(json!({"page": 8, "rows": [{"id": 7}, {"id": 71}]}))
}

/// Orders something that was found.
#[tool(once)]
async fn buy(#[state] bought: &Mutex<Vec<i64>>, #[arg(from = search.rows.id)] id: i64) -> ToolResult<Value> {
    bought.lock().unwrap().push(id);
    Ok(json!({"order": id}))
}

/// A shop with this model: how its run ends, what was bought, and what was wrong with its replies.
async fn shop(model: impl Model + 'static) -> (Outcome, Vec<i64>, Vec<String>) {
    let (bought, journal) = (Arc::new(Mutex::new(Vec::new())), Arc::new(MemoryJournal::default()));
    let agent = Agent::new(model).policy(AllowAll).tool(search).tool(buy(Arc::clone(&bought)));
    let agent = agent.journal_with(Arc::clone(&journal) as Arc<_>);
    let run = agent.run("Order the last one").await.unwrap();
    let told = |event: Event| match event {
        Event::ReplyMalformed { problem, .. } => Some(problem),
        _ => None,
    };
    let problems = journal.all().into_iter().filter_map(|(_, event)| told(event)).collect();
    let bought = bought.lock().unwrap().clone();
    (run.outcome().unwrap().clone(), bought, problems)
}

fn buying(ids: &[i64]) -> ScriptedModel {
    let calls = ids.iter().map(|id| ScriptedModel::call("buy", json!({"id": id})));
    let searching = ScriptedModel::call("search", json!({}));
    ScriptedModel::new(std::iter::once(searching).chain(calls).chain([ScriptedModel::answer("Hello.")]))
}

#[tokio::test]
async fn an_id_that_was_made_up_never_reaches_its_tool() {
    let problem = "buy: /id: 8 has to be a value of search.rows.id in an earlier result".to_owned();
    let (outcome, bought, problems) = shop(Checked::new(buying(&[8, 71]))).await;
    assert_eq!((outcome, bought, problems), (Outcome::Answered, vec![71], vec![problem]));
    let (_, bought, problems) = shop(buying(&[8, 71])).await;
    assert_eq!((bought, problems), (vec![8, 71], Vec::new()), "a script plays what it is told to");
}

#[tokio::test]
async fn a_model_that_insists_ends_at_the_limit() {
    let (outcome, bought, problems) = shop(Checked::new(buying(&[8, 9, 70]))).await;
    assert_eq!((outcome, bought), (Outcome::Limit { limit: LimitKind::Malformed }, Vec::new()));
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[tokio::test]
async fn a_tool_that_is_not_there_is_told_with_those_that_are() {
    let replies = [ScriptedModel::call("paint", json!({})), ScriptedModel::answer("I cannot paint.")];
    let agent = Agent::new(Checked::new(ScriptedModel::new(replies))).policy(AllowAll).tool(search);
    let run = agent.run("Paint something").await.unwrap();
    let told: Vec<_> = run.done().iter().map(|done| done.result.to_string()).collect();
    assert!(told.len() == 1 && told[0].contains("the tools are: search"), "{told:?}");
}
