//! The spacing of Python's `json.dumps`.

use serde_json::json;

use super::{python_json, python_json_indented};

#[test]
fn separators_are_spaced_and_text_stays_readable() {
    let value = json!({"b": [1, 2.5, null, true], "a": "上海 \"x\"\n", "e": {}, "l": []});
    assert_eq!(python_json(&value), r#"{"b": [1, 2.5, null, true], "a": "上海 \"x\"\n", "e": {}, "l": []}"#);
}

#[test]
fn indented_as_python_does() {
    assert_eq!(python_json_indented(&json!({"a": [1]}), 2), "{\n  \"a\": [\n    1\n  ]\n}");
}
