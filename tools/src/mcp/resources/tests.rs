//! A long list of resources is shown piece by piece, and says so.

use super::*;

fn resources(count: usize) -> Vec<Resource> {
    (0..count).map(|number| Resource::new(format!("note://{number}"), format!("Note {number}"))).collect()
}

/// The first address of a piece of 45 resources, how many it has, what it says of the others, and its note.
fn piece(start: usize) -> (Value, usize, Value, Value) {
    let listed = shown("s", &resources(45), None, start).unwrap();
    let count = listed["resources"].as_array().unwrap().len();
    (listed["resources"][0]["uri"].clone(), count, listed["more"].clone(), listed["note"].clone())
}

#[test]
fn all_resources_can_be_listed() {
    let note = |next: usize| json!(format!("only 20 of 45 are shown; the next begin at start {next}"));
    assert_eq!(piece(0), (json!("note://0"), 20, json!(25), note(20)));
    assert_eq!(piece(20), (json!("note://20"), 20, json!(5), note(40)));
    assert_eq!(piece(40), (json!("note://40"), 5, json!(0), Value::Null));
    let error = shown("s", &resources(45), None, 45).unwrap_err().to_string();
    assert!(error.contains("45 resources"), "{error}");
    let none = shown("s", &[], None, 0).unwrap();
    assert_eq!(none, json!({"source": "mcp:s", "resources": [], "more": 0}));
}

#[test]
fn a_list_that_was_cut_says_so() {
    let why = "its list has more than 64 pages";
    let listed = shown("s", &resources(21), Some(why), 0).unwrap();
    assert_eq!((&listed["more"], &listed["cut"]), (&json!("1 or more"), &json!(why)));
}
