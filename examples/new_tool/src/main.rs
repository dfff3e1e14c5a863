//! A tool of one's own, an agent that has it, and a test of both that needs no model.

use handyman::prelude::*;

/// What the tool returns: the model is shown it as JSON.
#[derive(Serialize)]
struct Greeting {
    text: String,
}

/// Greets somebody by name.
#[tool(read_only)] // or `idempotent`, or `once` with a `probe`: what it does to the world must be said
async fn greet(
    /// The name, as the person wrote it
    #[arg(verbatim)]
    name: String,
    /// How many times
    #[arg(range = 1..=3)]
    times: Option<usize>,
) -> ToolResult<Greeting> {
    if name.chars().any(char::is_numeric) {
        return Err(ToolError::argument("name", "a name has no digits; write it as it is said"));
    }
    Ok(Greeting { text: vec![format!("Hello, {name}!"); times.unwrap_or(1)].join(" ") })
}

#[tokio::main]
async fn main() -> Result<(), Fault> {
    let question = std::env::args().nth(1).unwrap_or_else(|| "Please say hello to Ann".to_owned());
    let run = Agent::new(model().await?).tool(greet).run(&question).await?;
    println!("{}", run.answer());
    Ok(())
}

/// A script, for the first steps; `LocalModel::load("model.gguf", ModelSettings::default()).await` for the rest.
async fn model() -> Result<impl handyman::Model, Fault> {
    use handyman::core::testing::ScriptedModel;
    let call = ScriptedModel::call("greet", serde_json::json!({"name": "Ann", "times": 2}));
    Ok(ScriptedModel::new([call, ScriptedModel::answer("Said hello to Ann twice.")]))
}

#[tokio::test]
async fn the_tool_alone_says_hello_and_refuses_what_is_wrong() {
    use handyman::core::testing::call;
    let context = CallContext::new(handyman::jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0));
    let said = call(&greet, serde_json::json!({"name": "Ann"}), &context).await.unwrap();
    assert_eq!(said["text"], "Hello, Ann!");
    for wrong in [serde_json::json!({"name": "R2D2"}), serde_json::json!({"name": "Ann", "times": 9})] {
        let error = call(&greet, wrong, &context).await.unwrap_err();
        assert!(matches!(error.kind(), ToolErrorKind::InvalidArgument { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_name_with_digits_is_refused_and_another_greeted() -> Result<(), Fault> {
    use handyman::core::testing::ScriptedModel;
    let call = |who: &str| ScriptedModel::call("greet", serde_json::json!({"name": who}));
    let model = ScriptedModel::new([call("R2D2"), call("Ann"), ScriptedModel::answer("Said hello to Ann.")]);
    let run = Agent::new(model).tool(greet).run("Say hello to R2D2 and Ann").await?;
    assert_eq!(run.done()[0].result["error"], "a name has no digits; write it as it is said");
    assert_eq!(run.done()[1].result["text"], "Hello, Ann!");
    assert_eq!(run.answer(), "Said hello to Ann.");
    Ok(())
}

#[tokio::test]
async fn the_agent_answers() -> Result<(), Fault> {
    let run = Agent::new(model().await?).tool(greet).run("Please say hello to Ann").await?;
    assert_eq!(run.done()[0].result["text"], "Hello, Ann! Hello, Ann!");
    assert_eq!(run.answer(), "Said hello to Ann twice.");
    Ok(())
}
