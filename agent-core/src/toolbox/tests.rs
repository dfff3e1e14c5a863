//! What the toolbox accepts, what it checks, and what the model hears when something is wrong.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use crate::fault::FaultKind;
use crate::ids::IdempotencyKey;
use crate::message::{CallOutcome, ToolCall};
use crate::ports::Toolset;
use crate::tool::{CallContext, Effect, Probe, Safety, Tool, ToolError, ToolErrorKind, ToolResult, ToolSpec};

use super::Toolbox;

/// A tool with this schema that returns its arguments, or fails if one of them is `fail`.
struct Echo(ToolSpec);

#[async_trait]
impl Tool for Echo {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, arguments: Map<String, Value>, _context: &CallContext) -> ToolResult<Value> {
        if arguments.contains_key("fail") {
            return Err(ToolError::argument("fail", "told to fail; leave 'fail' out"));
        }
        Ok(Value::Object(arguments))
    }

    async fn probe(&self, key: &IdempotencyKey) -> ToolResult<Probe> {
        match key.as_str() {
            "r1.c1" => Ok(Probe::Done(json!("done"))),
            "r1.c2" => Ok(Probe::NotDone),
            _ => Err(ToolError::new(ToolErrorKind::Unavailable, "no connection")),
        }
    }
}

fn echo(name: &str, parameters: Value) -> Arc<dyn Tool> {
    let description = "Says it again.".to_owned();
    let (effect, safety) = (Effect::Once, Safety::default());
    Arc::new(Echo(ToolSpec { name: name.to_owned(), description, parameters, effect, safety }))
}

fn parameters() -> Value {
    json!({
        "type": "object",
        "properties": {
            "days": {"type": "integer", "minimum": 0, "maximum": 7},
            "where": {"type": "array", "items": {"type": "string", "enum": ["here", "there"]}},
            "fail": {"type": "boolean"},
        },
        "required": ["days"],
        "additionalProperties": false,
    })
}

fn toolbox() -> Toolbox {
    Toolbox::new()
        .with(echo("echo", parameters()))
        .unwrap()
        .with(echo("other", json!({"type": "object"})))
        .unwrap()
}

async fn call(tool: &str, arguments: Value) -> (CallOutcome, Value) {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    let call = ToolCall { id: "c1".into(), tool: tool.to_owned(), arguments };
    let context = CallContext::new(jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0)).of_call("r1", "c1");
    let result = toolbox().call(&call, &context).await;
    assert_eq!((result.call.as_str(), result.tool.as_str()), ("c1", tool));
    (result.outcome, result.result)
}

#[test]
fn tools_keep_their_order() {
    let names: Vec<String> = toolbox().specs().iter().map(|spec| spec.name.clone()).collect();
    assert_eq!(names, ["echo", "other"]);
    assert_eq!(format!("{:?}", toolbox()), r#"["echo", "other"]"#);
}

#[test]
fn only_keeps_the_named_tools_in_the_named_order() {
    let names = ["other".to_owned(), "echo".to_owned()];
    let kept = toolbox().only(&names).unwrap();
    assert_eq!(kept.specs().iter().map(|spec| &spec.name).collect::<Vec<_>>(), ["other", "echo"]);
    let fault = toolbox().only(&["fly".to_owned()]).unwrap_err();
    assert_eq!((fault.kind(), fault.hint()), (FaultKind::Request, Some("the tools are: echo, other")));
}

#[test]
fn a_name_is_given_once() {
    for name in ["echo", ""] {
        let fault = toolbox().with(echo(name, parameters())).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Schema);
    }
    let twice = [echo("a", parameters()), echo("a", parameters())];
    assert!(Toolbox::new().with_all(twice).is_err());
}

#[test]
fn a_schema_that_cannot_be_enforced_is_refused() {
    for (schema, expected) in [
        (json!({"type": "object", "properties": {"a": {"$dynamicRef": "#x"}}}), "/properties/a/$dynamicRef"),
        (json!({"type": "object", "properties": {"a": {"type": "strin"}}}), "the schema is not valid"),
        (json!({"type": "array"}), "type object"),
    ] {
        let fault = Toolbox::new().with(echo("odd", schema)).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Schema);
        let message = fault.to_string();
        assert!(message.contains("'odd'") && message.contains(expected), "{message}");
    }
}

#[tokio::test]
async fn what_fits_reaches_the_tool() {
    let arguments = json!({"days": 2, "where": ["here"]});
    assert_eq!(call("echo", arguments.clone()).await, (CallOutcome::Succeeded, arguments));
    assert_eq!(
        call("echo", json!({"days": 2, "where": null})).await,
        (CallOutcome::Succeeded, json!({"days": 2}))
    );
}

#[tokio::test]
async fn what_does_not_fit_is_answered_with_what_and_where() {
    for (arguments, at, says) in [
        (json!({"days": 9}), "/days", "maximum of 7"),
        (json!({"days": null}), "/days", "integer"),
        (json!({"days": 1, "where": ["here", "nowhere"]}), "/where/1", "there"),
        (json!({"days": 1, "hours": 3}), "/hours", "hours"),
        (json!({}), "/days", "days"),
    ] {
        let (outcome, result) = call("echo", arguments.clone()).await;
        assert_eq!((outcome, &result["at"]), (CallOutcome::Failed, &json!(at)), "{arguments}: {result}");
        assert!(result["expected"].as_str().is_some_and(|text| !text.is_empty()), "{result}");
        assert!(result["error"].as_str().unwrap().contains(says), "{arguments}: {result}");
    }
}

#[tokio::test]
async fn a_mistake_is_answered_with_what_would_be_right() {
    for (arguments, expected) in [
        (json!({"days": 9}), "a whole number from 0 to 7"),
        (json!({}), "a whole number from 0 to 7"),
        (json!({"days": 1, "where": ["nowhere"]}), r#"one of "here", "there""#),
        (json!({"days": 1, "fail": "yes"}), "true or false"),
        (json!({"days": 1, "hours": 3}), "an object with days, where, fail, of which days must be there"),
    ] {
        assert_eq!(call("echo", arguments.clone()).await.1["expected"], expected, "{arguments}");
    }
}

#[tokio::test]
async fn a_tool_that_fails_or_does_not_exist_is_a_result() {
    let expected = json!({"error": "told to fail; leave 'fail' out", "at": "/fail"});
    assert_eq!(call("echo", json!({"days": 1, "fail": true})).await, (CallOutcome::Failed, expected));
    let (outcome, result) = call("fly", json!({})).await;
    assert_eq!((outcome, result), (CallOutcome::Failed, json!({"error": "there is no tool 'fly'"})));
}

#[tokio::test]
async fn a_probe_that_cannot_tell_is_unsupported() {
    let call = |tool: &str| ToolCall { id: "c1".into(), tool: tool.to_owned(), arguments: Map::new() };
    let toolbox = toolbox();
    assert_eq!(toolbox.probe(&call("echo"), &"r1.c1".into()).await, Probe::Done(json!("done")));
    assert_eq!(toolbox.probe(&call("echo"), &"r1.c2".into()).await, Probe::NotDone);
    assert_eq!(toolbox.probe(&call("echo"), &"r1.c3".into()).await, Probe::Unsupported);
    assert_eq!(toolbox.probe(&call("fly"), &"r1.c1".into()).await, Probe::Unsupported);
}

#[test]
fn two_toolboxes_become_one() {
    let more = Toolbox::new().with(echo("third", parameters())).unwrap();
    let both = toolbox().and(more).unwrap();
    assert_eq!(format!("{both:?}"), r#"["echo", "other", "third"]"#);
    let fault = both.and(toolbox()).unwrap_err();
    assert!(fault.kind() == FaultKind::Schema && fault.to_string().contains("'echo'"), "{fault}");
}

#[test]
fn what_is_wrong_with_a_name_is_said() {
    let told = |name| toolbox().with(echo(name, parameters())).unwrap_err().to_string();
    assert_eq!(told(""), "a tool has an empty name");
    assert_eq!(told("echo"), "two tools are named 'echo'");
}

#[test]
fn tools_are_picked_by_names_of_any_kind() {
    let names = |toolbox: &Toolbox| format!("{toolbox:?}");
    assert_eq!(names(&toolbox().only(["other"]).unwrap()), r#"["other"]"#);
    assert_eq!(names(&toolbox().only(&["echo".to_owned()]).unwrap()), r#"["echo"]"#);
    assert_eq!(names(&toolbox().without(["echo"]).unwrap()), r#"["other"]"#);
    assert_eq!(names(&toolbox().without(Vec::<String>::new()).unwrap()), r#"["echo", "other"]"#);
    let fault = toolbox().without(["ehco"]).unwrap_err();
    assert_eq!((fault.kind(), fault.hint()), (FaultKind::Request, Some("the tools are: echo, other")));
    let all: Vec<String> = toolbox().iter().map(|tool| tool.spec().name.clone()).collect();
    assert_eq!(all, ["echo", "other"]);
    assert!(toolbox().get("echo").is_some() && toolbox().get("fly").is_none());
}

/// A tool around another one, of another name, that answers nothing itself but calls.
struct Named(ToolSpec, Arc<dyn Tool>);

#[async_trait]
impl Tool for Named {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, arguments: Map<String, Value>, context: &CallContext) -> ToolResult<Value> {
        Ok(json!({"was": self.1.call(arguments, context).await?}))
    }

    fn inner(&self) -> Option<&dyn Tool> {
        Some(&self.1)
    }
}

#[tokio::test]
async fn every_tool_can_be_put_into_another_one() {
    let mut number = 0;
    let around = |tool: Arc<dyn Tool>| -> Arc<dyn Tool> {
        number += 1;
        Arc::new(Named(ToolSpec { name: format!("tool{number}"), ..tool.spec().clone() }, tool))
    };
    let mapped = toolbox().map(around).unwrap();
    assert_eq!(format!("{mapped:?}"), r#"["tool1", "tool2"]"#);
    let call = ToolCall { id: "c1".into(), tool: "tool1".into(), arguments: Map::new() };
    let call = ToolCall { arguments: json!({"days": 1}).as_object().unwrap().clone(), ..call };
    let context = CallContext::new(jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0));
    assert_eq!(mapped.call(&call, &context).await.result, json!({"was": {"days": 1}}));
    let probed = mapped.probe(&call, &"r1.c1".into()).await;
    assert_eq!(probed, Probe::Done(json!("done")), "the inner one is asked");
    let same = |tool: Arc<dyn Tool>| -> Arc<dyn Tool> {
        Arc::new(Named(ToolSpec { name: "same".into(), ..tool.spec().clone() }, tool))
    };
    assert_eq!(toolbox().map(same).unwrap_err().to_string(), "two tools are named 'same'");
}

#[tokio::test]
async fn arguments_that_would_be_checked_for_ever_are_refused_at_once() {
    let next = |index: usize| json!({"$ref": format!("#/$defs/d{}", index + 1)});
    let mut definitions: Map<String, Value> =
        (0..45).map(|index| (format!("d{index}"), json!({"allOf": [next(index), next(index)]}))).collect();
    definitions.insert("d45".to_owned(), json!({"type": "string"}));
    let schema = json!({"type": "object", "$defs": definitions, "properties": {"x": {"$ref": "#/$defs/d0"}}});
    let toolbox = Toolbox::new().with(echo("echo", schema)).unwrap();
    let arguments = json!({"x": 1}).as_object().unwrap().clone();
    let call = ToolCall { id: "c1".into(), tool: "echo".into(), arguments };
    let error =
        toolbox.attempt(&call, &CallContext::new(jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0))).await;
    assert!(error.unwrap_err().to_string().contains("too long to check"));
}
