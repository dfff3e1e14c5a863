//! The agent as a tool: what a person is asked, what the model is told where nobody can be, and what the client hears.

use std::sync::Arc;

use handyman_core::testing::{MemoryJournal, ScriptedModel};
use handyman_core::{Tool, ToolCall};

use super::*;

/// A client whose person says this, or that has none to ask.
struct Client(Option<bool>);

#[async_trait]
impl Caller for Client {
    fn tell(&self, _message: &str) {}

    async fn allows(&self, _question: &str) -> Option<bool> {
        self.0
    }

    async fn gone(&self) {
        std::future::pending().await
    }
}

/// Pays, and has not heard of plans.
struct Pay(ToolSpec);

#[async_trait]
impl Tool for Pay {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _arguments: Map<String, Value>, _context: &CallContext) -> ToolResult<Value> {
        Ok(json!({"paid": true}))
    }
}

#[tokio::test]
async fn what_nobody_could_be_asked_about_is_no_persons_no() {
    let cases = [(None, NOBODY), (Some(false), "a person said no")];
    for (says, told) in cases {
        let spec = ToolSpec {
            name: "pay".to_owned(),
            description: "Pays".to_owned(),
            parameters: json!({"type": "object", "properties": {}}),
            effect: Effect::Once,
            safety: Safety::default(),
        };
        let journal = Arc::new(MemoryJournal::default());
        let model =
            ScriptedModel::new([ScriptedModel::call("pay", json!({})), ScriptedModel::answer("Not paid.")]);
        let agent = Agent::new(model).tool(Pay(spec)).journal_with(Arc::clone(&journal));
        let request = json!({"request": "Pay it"}).as_object().cloned().unwrap();
        let context = CallContext::new(jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0)).under("k1");
        let done = ServedAgent::new(agent).call(request, &context, &Client(says)).await.unwrap();
        assert_eq!(done["answer"], "Not paid.", "{done}");
        let events = journal.events(&done["run"].as_str().unwrap().into()).await.unwrap();
        let heard = events.iter().find_map(|event| match event {
            Event::CallFinished { outcome: CallOutcome::Refused, result, .. } => Some(&result["error"]),
            _ => None,
        });
        assert_eq!(heard, Some(&json!(told)), "{events:?}");
    }
}

/// A client that keeps what it is told, and goes as soon as it is asked something.
#[derive(Default)]
struct Hears {
    told: Mutex<Vec<String>>,
    goes: CancellationToken,
}

#[async_trait]
impl Caller for Hears {
    fn tell(&self, message: &str) {
        self.told.lock().unwrap().push(message.to_owned());
    }

    async fn allows(&self, _question: &str) -> Option<bool> {
        self.goes.cancel();
        std::future::pending().await
    }

    async fn gone(&self) {
        self.goes.cancelled().await;
    }
}

/// Counts, and says how far it has come.
struct Count(ToolSpec);

#[async_trait]
impl Tool for Count {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        context.tell("half of it");
        Ok(json!({"count": 2}))
    }
}

/// What comes of a request to an agent that calls a tool with this effect, for a client that hears.
async fn counted(effect: Effect, client: &Hears) -> Value {
    let parameters = json!({"type": "object", "properties": {}});
    let (name, description) = ("count".to_owned(), "Counts".to_owned());
    let spec = ToolSpec { name, description, parameters, effect, safety: Safety::default() };
    let model = ScriptedModel::new([ScriptedModel::call("count", json!({})), ScriptedModel::answer("Two.")]);
    let agent = Agent::new(model).tool(Count(spec)).journal_with(Arc::new(MemoryJournal::default()));
    let request = json!({"request": "Count it"}).as_object().cloned().unwrap();
    let context = CallContext::new(jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0)).under("k1");
    let served = ServedAgent::new(agent);
    let done =
        tokio::time::timeout(std::time::Duration::from_secs(20), served.call(request, &context, client));
    done.await.expect("it ends").unwrap()
}

#[tokio::test]
async fn a_client_hears_how_far_a_tool_has_come() {
    let client = Hears::default();
    assert_eq!(counted(Effect::ReadOnly, &client).await["answer"], "Two.");
    let told = client.told.lock().unwrap().clone();
    assert_eq!(told, ["count: started", "count: half of it", "count: done"]);
}

#[tokio::test]
async fn a_run_waits_on_where_its_client_goes_instead_of_answering() {
    let done = counted(Effect::Once, &Hears::default()).await;
    assert_eq!(done["outcome"], "waiting", "{done}");
}

#[test]
fn the_call_the_reason_and_the_plan_stand_on_lines_of_their_own() {
    let arguments = json!({"id": "G2"}).as_object().cloned().unwrap();
    let approval = |plan: Option<Value>| Approval {
        run: "r1".into(),
        session: "s1".into(),
        message: "Book it".to_owned(),
        started: jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0),
        call: ToolCall { id: CallId::from("c1"), tool: "book".to_owned(), arguments: arguments.clone() },
        why: "book has an effect and needs a person's yes".to_owned(),
        plan,
        digest: "d1".to_owned(),
        decision: None,
    };
    let asked = question(&approval(Some(json!({"price": 10}))));
    let expected = "Allow book {\"id\":\"G2\"}?\nbook has an effect and needs a person's yes\nIt would:\n{\n  \"price\": 10\n}";
    assert_eq!(asked, expected);
    let asked = question(&approval(None));
    assert!(asked.ends_with("yes\nIt cannot be said beforehand what it would do."), "{asked}");
}

#[tokio::test]
async fn a_key_that_was_used_for_another_request_gives_no_old_answer() {
    let model = ScriptedModel::new([ScriptedModel::answer("Hello.")]);
    let served = ServedAgent::new(Agent::new(model).journal_with(Arc::new(MemoryJournal::default())));
    let context = CallContext::new(jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0)).under("k1");
    let ask = async |request: &str| {
        let request = json!({"request": request}).as_object().cloned().unwrap();
        served.call(request, &context, &Client(None)).await
    };
    assert_eq!(ask("Say hello").await.unwrap()["answer"], "Hello.");
    assert_eq!(ask("Say hello").await.unwrap()["answer"], "Hello.", "the same request again");
    let error = ask("Book a train").await.unwrap_err();
    assert!(error.to_string().contains("the key was used for another request"), "{error}");
}
