//! Data with texts beside it: a text is left out where it is the data again, and nowhere else.

use rmcp::model::CallToolResult;
use serde_json::{Value, json};

use super::{plain, result};

fn told(content: &Value, data: &Value) -> CallToolResult {
    let texts: Vec<Value> =
        content.as_array().unwrap().iter().map(|text| json!({"type": "text", "text": text})).collect();
    let mut told = json!({"content": texts});
    if !data.is_null() {
        told["structuredContent"] = data.clone();
    }
    serde_json::from_value(told).unwrap()
}

#[test]
fn a_text_is_left_out_where_it_is_the_data_again() {
    let data = json!({"sum": 5, "of": [2, 3]});
    let repeated = told(&json!([r#"{"of": [2, 3], "sum": 5}"#]), &data);
    assert_eq!(result("s", &repeated), json!({"source": "mcp:s", "data": data}));
    let beside = told(&json!(["Rounded.", data.to_string()]), &data);
    assert_eq!(result("s", &beside), json!({"source": "mcp:s", "data": data, "text": "Rounded."}));
}

#[test]
fn a_failure_is_told_in_texts_or_as_data() {
    let data = json!({"code": "no_paper"});
    assert_eq!(plain(&told(&json!(["No paper."]), &data)), "No paper.");
    assert_eq!(plain(&told(&json!([]), &data)), data.to_string());
    assert_eq!(plain(&told(&json!([]), &Value::Null)), "the tool failed and did not say why");
}
