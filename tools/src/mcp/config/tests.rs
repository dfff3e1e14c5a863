//! In which order servers stand, which are not reached as they are described, whose results arguments are taken from, and
//! whose are trusted.

use serde_json::json;

use super::{Config, Launch, Trusted};

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

#[test]
fn all_tools_of_a_server_are_trusted_or_those_that_are_named() {
    let cases = [
        (json!({}), [false, false]),
        (json!({"trusted": true}), [true, true]),
        (json!({"trusted": false}), [false, false]),
        (json!({"trusted": ["list_issues"]}), [true, false]),
    ];
    for (mut written, expected) in cases {
        written["command"] = json!("x");
        let trusted: Trusted = serde_json::from_value::<Launch>(written).unwrap().trusted;
        assert_eq!(
            ["list_issues", "close_issue"].map(|tool| trusted.includes(tool)),
            expected,
            "{trusted:?}"
        );
    }
    let error = Config::parse(r#"{"mcpServers": {"x": {"command": "a", "trusted": "yes"}}}"#).unwrap_err();
    assert!(error.contains("expected true, false or a list of tools"), "{error}");
}

#[test]
fn what_only_other_clients_fill_in_or_speak_is_said() {
    let problem = |server: serde_json::Value| {
        Config::parse(&json!({"mcpServers": {"s": server}}).to_string()).err().unwrap_or_default()
    };
    let cases = [
        (json!({"command": "x", "env": {"KEY": "${KEY}"}}), "the value of 'KEY' holds a variable"),
        (json!({"url": "http://x", "headers": {"A": "Bearer ${T}"}}), "the header 'A' holds a variable"),
        (json!({"url": "http://x/${T}"}), "the `url` holds a variable"),
        (json!({"type": "sse", "url": "http://x/sse"}), "server 's': its `type` is `sse`"),
    ];
    for (server, words) in cases {
        let problem = problem(server.clone());
        assert!(problem.contains(words), "{server}: {problem}");
    }
    let fine = [
        json!({"type": "http", "url": "http://x"}),
        json!({"type": "stdio", "command": "sh", "args": ["-c", "cat ${HOME}/x"], "env": {"P": "$HOME/x"}}),
        json!({"type": "sse", "url": "http://x", "disabled": true}),
    ];
    for server in fine {
        assert_eq!(problem(server), "");
    }
}
