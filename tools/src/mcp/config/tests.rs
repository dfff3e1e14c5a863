//! Whose results arguments are taken from.

use serde_json::json;

use super::Launch;

#[test]
fn the_tool_is_told_from_its_field_though_both_have_dots() {
    let cases = [
        ("list_issues.number", "list_issues", true),
        ("far_list_issues.number", "list_issues", true),
        ("v1.list.issues.number", "v1.list.issues", true),
        ("v1.list.issues.number", "v1.list", true),
        ("v1.list.issues.number", "v1.find", false),
        ("list_issues.number", "number", false),
        ("list_issues", "list_issues", false),
    ];
    for (source, tool, takes) in cases {
        let arguments = json!({"close_issue": {"number": {"from": ["other.id", source]}}});
        let launch: Launch = serde_json::from_value(json!({"command": "x", "arguments": arguments})).unwrap();
        assert_eq!(launch.takes_from(tool), takes, "{tool} in {source}");
    }
}
