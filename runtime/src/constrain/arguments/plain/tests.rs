//! What joins schemas becomes a definition, so that it may contain itself.

use serde_json::json;

use crate::constrain::arguments::scope::Scope;

#[test]
fn a_schema_that_joins_itself_ends() {
    let definitions = json!({
        "A": {"allOf": [{"$ref": "#/$defs/A"}]},
        "B": {"allOf": [{"properties": {"b": {"allOf": [{"$ref": "#/$defs/B"}], "title": "Another"}}}]},
    });
    let plain = Scope { tool: "t", definitions: &definitions, depth: 0 }.plain(&json!({"$ref": "#/$defs/B"}));
    let joined = |at: usize| json!({"$ref": format!("#/$defs/all{at}")});
    let b = json!({"properties": {"b": joined(2)}, "additionalProperties": false});
    let expected = json!({"A": joined(0), "B": joined(1), "all0": {}, "all1": b, "all2": b});
    assert_eq!((&plain["$ref"], &plain["$defs"]), (&json!("#/$defs/B"), &expected));
}

#[test]
fn the_names_of_what_is_joined_are_nobody_elses() {
    let definitions = json!({"all_": {"type": "null"}, "all0": {"type": "null"}});
    let scope = Scope { tool: "t", definitions: &definitions, depth: 0 };
    let plain = scope.plain(&json!({"allOf": [{"type": "integer"}]}));
    assert_eq!(plain["$ref"], "#/$defs/all__0");
    assert_eq!(plain["$defs"]["all__0"], json!({"type": "integer"}));
}
