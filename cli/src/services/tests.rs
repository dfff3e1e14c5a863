//! Which tool of which server has which name, and which of them is declared to read.

use super::{meant, offered, servers};
use crate::args::services::Services;

fn said(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn the_first_server_keeps_a_name_that_two_have() {
    let called = [("zoo", "look"), ("ant", "look"), ("ant", "pay"), ("ant", "ant_look")];
    assert_eq!(offered(&called, &["pay"]), ["look", "ant_look", "ant_pay", "ant_ant_look"]);
    assert_eq!(offered(&[("s", "show_tools"), ("s", "x")], &[]), ["s_show_tools", "x"]);
}

#[test]
fn what_is_declared_to_read_is_the_tool_that_is_offered_under_that_name() {
    let called = [
        ("zoo", "look"),
        ("ant", "look"),
        ("ant", "pay"),
        ("cat", "ant_pay"),
        ("cat", "nap"),
        ("dog", "nap"),
    ];
    let names = offered(&called, &["pay", "nap"]);
    assert_eq!(names, ["look", "ant_look", "ant_pay", "cat_ant_pay", "cat_nap", "dog_nap"]);
    let meant = |declared: &str| meant(declared, &called, &names).map_err(|problem| format!("{problem:?}"));
    let cases =
        [("look", 0), ("ant_look", 1), ("ant_pay", 2), ("cat_ant_pay", 3), ("pay", 2), ("dog_nap", 5)];
    for (declared, place) in cases {
        assert_eq!(meant(declared), Ok(place), "{declared}");
    }
    assert!(meant("nothing").unwrap_err().contains("has a tool 'nothing'"));
    assert!(meant("nap").unwrap_err().contains("there are 2 tools 'nap'"), "neither of them is guessed");
}

#[test]
fn servers_stay_in_the_order_of_the_file_and_the_command_line() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("mcp.json");
    let config = r#"{"mcpServers": {"zoo": {"command": "a"}, "off": {"command": "a", "disabled": true}, "ant": {"command": "b"}}}"#;
    std::fs::write(&file, config).unwrap();
    let services =
        Services { mcp_config: Some(file), mcp: said(&["zoo", "bee", "ant", "ant"]), ..Services::default() };
    let names: Vec<String> = servers(&services).unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["zoo", "ant", "zoo_2", "bee", "ant_4", "ant_5"]);
}
