//! Which tool a source names, and which arguments no tool on offer can fill.

use serde_json::{Value, json};

use super::{source, unmet};

#[test]
fn a_source_is_a_tool_and_a_path_of_fields() {
    let tools = ["search", "search.items", "list_resources"];
    for (named, parts) in [
        ("search.id", Some(("search", "id"))),
        ("list_resources.resources.uri", Some(("list_resources", "resources.uri"))),
        ("search.items.id", Some(("search.items", "id"))),
        ("search.items", Some(("search", "items"))),
        ("search.itemsid", Some(("search", "itemsid"))),
        ("serch.id", None),
        ("searches.id", None),
        ("search", None),
    ] {
        assert_eq!(source(named, tools), parts, "{named}");
    }
}

#[test]
fn what_no_tool_on_offer_can_fill_is_named() {
    let with = |id: Value, required: &[&str]| json!({"type": "object", "properties": {"id": id}, "required": required});
    let id = json!({"type": "integer", "x-from": ["search.id", "list.items.id"]});
    let problem = "/id can only be a value of search.id or list.items.id, and no such tool is offered";
    let list = json!({"type": "array", "items": id});
    for needed in [&id, &list] {
        assert_eq!(unmet(&with(needed.clone(), &["id"]), &["book", "searches"]).as_deref(), Some(problem));
        assert_eq!(unmet(&with(needed.clone(), &["id"]), &["book", "list"]), None);
        assert_eq!(unmet(&with(needed.clone(), &[]), &["book"]), None, "it can be left out");
    }
    let inside = unmet(&with(with(id, &["id"]), &["id"]), &[]).unwrap();
    assert!(inside.starts_with("/id/id can only"), "{inside}");
    let either = json!({"type": "string", "x-from": ["search.id"], "x-verbatim": true});
    assert_eq!(unmet(&with(either, &["id"]), &["book"]), None, "it can be copied from what was said");
}
