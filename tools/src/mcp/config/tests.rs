//! In which order servers stand, and whose results arguments are taken from.

use serde_json::json;

use super::{Config, Launch};

#[test]
fn servers_stay_in_the_order_of_the_file() {
    let text =
        r#"{"mcpServers": {"zoo": {"command": "a"}, "ant": {"command": "b"}, "Mid": {"url": "http://x"}}}"#;
    let servers = Config::parse(text).unwrap().servers;
    assert_eq!(servers.keys().collect::<Vec<_>>(), ["zoo", "ant", "Mid"]);
    assert!(Config::parse(&text.replace("zoo", "ant")).is_ok(), "what is named twice is the last one");
}

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
