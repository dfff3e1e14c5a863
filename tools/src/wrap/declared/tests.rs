//! What is declared of a tool is in its schema, and what cannot be declared is refused at once.

use handyman_core::schema::check;
use handyman_core::{Safety, Toolbox};

use super::*;

/// A tool as a server describes it.
struct Foreign(ToolSpec);

#[async_trait]
impl Tool for Foreign {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, arguments: Map<String, Value>, _context: &CallContext) -> ToolResult<Value> {
        Ok(arguments.into())
    }
}

fn close() -> Arc<dyn Tool> {
    let text = json!({"type": "string"});
    let parameters = json!({"type": "object", "required": ["number"], "properties": {
        "number": {"type": "number", "minimum": 1},
        "title": {"type": ["string", "null"], "maxLength": 80},
        "note": {"anyOf": [text, {"type": "null"}], "default": null},
        "labels": {"type": "array", "items": text},
        "open": {"type": "boolean"},
        "state": {"type": "string", "enum": ["done", "void"]},
        "either": {"anyOf": [text, {"type": "integer"}]},
        "ref": {"$ref": "#/$defs/text"},
    }, "$defs": {"text": text}});
    Arc::new(Foreign(ToolSpec {
        name: "close_issue".to_owned(),
        description: "Closes an issue".to_owned(),
        parameters,
        effect: Effect::Once,
        safety: Safety { untrusted: true, ..Safety::default() },
    }))
}

#[test]
fn arguments_are_copied_as_it_is_declared() {
    let tool = Declared::new(close(), Effect::Idempotent)
        .from("number", "list_issues.number")
        .and_then(|tool| tool.from("number", "search.items.number"))
        .and_then(|tool| tool.from("title", "list_issues.title")?.verbatim("title"))
        .and_then(|tool| tool.verbatim("note")?.verbatim("labels"))
        .unwrap();
    let spec = tool.spec().clone();
    let properties = &spec.parameters["properties"];
    assert_eq!(
        properties["number"],
        json!({"type": "integer", "minimum": 1, "x-from": ["list_issues.number", "search.items.number"]})
    );
    assert_eq!(
        properties["title"],
        json!({"type": "string", "maxLength": 80, "x-from": ["list_issues.title"], "x-verbatim": true})
    );
    let copied = json!({"type": "string", "x-verbatim": true});
    assert_eq!(properties["note"]["anyOf"], json!([copied, {"type": "null"}]));
    assert_eq!(properties["labels"]["items"], copied);
    let before = close().spec().clone();
    assert_eq!(properties["open"], before.parameters["properties"]["open"]);
    assert_eq!((&spec.name, spec.effect, &spec.safety), (&before.name, Effect::Idempotent, &before.safety));
    assert_eq!(check(&spec.parameters), Ok(()));
    assert!(Toolbox::new().with(Arc::new(tool)).is_ok());
}

#[test]
fn what_cannot_be_declared_is_refused_at_once() {
    let said = |declared: ToolResult<Declared>| declared.err().unwrap().to_string();
    let tool = || Declared::of(close());
    let missing = said(tool().verbatim("titel"));
    let expected = "the tool 'close_issue' has no argument 'titel'; its arguments are: number, title, note";
    assert!(missing.starts_with(expected), "{missing}");
    assert_eq!(said(tool().from("id", "list_issues.number")), missing.replace("titel", "id"));
    for argument in ["open", "state", "either", "ref"] {
        let copied = format!("the argument '{argument}' of the tool 'close_issue' cannot be copied: it is");
        let problem = said(tool().verbatim(argument));
        assert!(problem.starts_with(&format!("{copied} no string whose values are left open")), "{problem}");
        let problem = said(tool().from(argument, "list_issues.number"));
        assert!(problem.starts_with(&format!("{copied} no string or integer whose values")), "{problem}");
    }
    assert!(said(tool().verbatim("number")).contains("'number'"), "a number is no span of a text");
    for source in ["", "list_issues", ".number", "list_issues.", "list_issues..number"] {
        let problem = said(tool().from("number", source));
        assert!(problem.starts_with(&format!("'{source}' is no field of a tool's results")), "{problem}");
    }
}

#[test]
fn who_is_trusted_and_what_is_done_and_completed_is_declared() {
    assert!(Declared::of(close()).spec().safety.untrusted, "as the tool says");
    let tool = Declared::of(close()).trusted().completes("book").completes("order").does("shut").does("关门");
    let [completes, does] =
        [["book", "order"], ["shut", "关门"]].map(|words| words.map(str::to_owned).to_vec());
    assert_eq!(tool.spec().safety, Safety { completes, does, ..Safety::default() });
}
