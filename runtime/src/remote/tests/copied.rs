//! A run whose model makes up an id: the call is never made, the model hears why, and writes one that was found.

use std::sync::{Arc, Mutex};

use handyman_core::testing::MemoryJournal;
use handyman_core::{Event, Outcome, ToolResult, tool};
use serde_json::{Value, json};

use super::{RemoteModel, delta, finish, settings, stream};
use crate::loopback::{Loopback, Piece};
use crate::{Agent, AllowAll};

/// Finds what can be ordered.
#[tool(read_only)]
async fn search() -> ToolResult<Value> {
    Ok(json!({"page": 8, "rows": [{"id": 7, "code": "9"}, {"id": 71, "code": "10"}]}))
}

/// Orders something that was found.
#[tool(once)]
async fn order(
    #[state] ordered: &Mutex<Vec<i64>>,
    #[arg(from = search.rows.id)] id: i64,
) -> ToolResult<Value> {
    ordered.lock().unwrap().push(id);
    Ok(json!({"order": id}))
}

fn calls(tool: &str, arguments: &str) -> Vec<Piece> {
    let function = json!({"name": tool, "arguments": arguments});
    let call = json!({"index": 0, "id": "x", "type": "function", "function": function});
    stream(&[delta(json!({"tool_calls": [call]})), finish("tool_calls")], 0)
}

#[tokio::test]
async fn a_number_that_no_result_holds_is_refused_before_the_call() {
    for made_up in ["8", "9", "70"] {
        let server = Loopback::serve(move |index, _| match index {
            0 => calls("search", "{}"),
            1 => calls("order", &format!("{{\"id\": {made_up}}}")),
            2 => calls("order", "{\"id\": 71}"),
            _ => stream(&[delta(json!({"content": "Hello."})), finish("stop")], 0),
        })
        .await;
        let (ordered, journal) = (Arc::new(Mutex::new(Vec::new())), Arc::new(MemoryJournal::default()));
        let model = RemoteModel::connect(settings(&server.url)).await.unwrap();
        let agent = Agent::new(model).policy(AllowAll).tool(search).tool(order(Arc::clone(&ordered)));
        let agent = agent.journal_with(Arc::clone(&journal) as Arc<_>);
        let run = agent.run("Order the last one").await.unwrap();
        assert_eq!(run.outcome(), Some(&Outcome::Answered));
        assert_eq!(*ordered.lock().unwrap(), [71], "{made_up}");
        let told = |event: &Event| match event {
            Event::ReplyMalformed { problem, .. } => Some(problem.clone()),
            _ => None,
        };
        let problems: Vec<String> = journal.all().iter().filter_map(|(_, event)| told(event)).collect();
        let whence = "has to be a value of search.rows.id in an earlier result";
        assert_eq!(problems, [format!("order: /id: {made_up} {whence}")]);
    }
}
