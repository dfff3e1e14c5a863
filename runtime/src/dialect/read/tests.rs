//! What cannot be read says why.

use super::calls;
use crate::dialect::families::family;
use crate::dialect::samples::tools;

#[test]
fn what_cannot_be_read_says_why() {
    for (name, text, problem) in [
        (
            "hermes",
            "<tool_call>\n{\"name\": \"list_all\", \"arguments\": {]}\n</tool_call>",
            "not valid JSON",
        ),
        ("hermes", "<tool_call>\n{\"name\": \"list_all\", \"arguments\": {}}", "</tool_call>"),
        ("hermes", "<tool_call>\n{\"name\": \"list_all\", \"arguments\": ", "is empty"),
        (
            "hermes",
            "<tool_call>\n{\"name\": \"list_all\", \"arguments\": []}\n</tool_call>",
            "not a JSON object",
        ),
        ("hermes", "<tool_call>\n{\"arguments\": {}}\n</tool_call>", "is expected where"),
        ("hermes", "<tool_call>\n{\"name\": \"", "name does not end"),
        ("hermes", "<tool_call>\n{\"name\": \"\", \"arguments\": {}}\n</tool_call>", "needs a tool's name"),
        ("qwen-xml", "<tool_call>\n<function=lookup>\n<parameter=text>\nso", "'text' does not end"),
        (
            "qwen-xml",
            "<tool_call>\n<function=lookup>\n<parameter=limit>\nmany\n</parameter>\n</function>\n</tool_call>",
            "'limit': ",
        ),
        ("gemma", "<|tool_call>call:lookup{text:<|\"|>so}<tool_call|>", "does not end with <|\"|>"),
        ("gemma", "<|tool_call>call:lookup{text}<tool_call|>", "has no value"),
        (
            "mistral-v3",
            "[TOOL_CALLS][{\"name\": \"list_all\", \"arguments\": {}, \"id\": \"c1",
            "number does not end",
        ),
    ] {
        let why = calls(&family(name), text, &tools()).unwrap_err();
        assert!(why.contains(problem), "{name}: {text}: {why}");
    }
}

#[test]
fn blanks_around_markup_do_not_matter_and_arguments_may_hold_tags() {
    let text = " <tool_call>\n{\"name\": \"lookup\", \"arguments\": {\"text\": \"</tool_call><tool_call>\"}}\n</tool_call> rest";
    let (read, rest) = calls(&family("hermes"), text, &tools()).unwrap();
    assert_eq!((read[0].arguments["text"].as_str(), rest), (Some("</tool_call><tool_call>"), " rest"));
}

#[test]
fn harmony_is_read_as_models_write_it_and_as_its_template_does() {
    let format = family("harmony");
    for text in [
        " to=functions.list_all<|channel|>commentary json<|message|>{}",
        "<|channel|>commentary to=functions.list_all <|constrain|>json<|message|>{}",
    ] {
        assert_eq!(calls(&format, text, &tools()).unwrap().0[0].tool, "list_all");
    }
}

#[test]
fn values_are_read_by_the_schema() {
    let text = "<tool_call>\n<function=lookup>\n<parameter=text>\n3\n</parameter>\n<parameter=limit>\n3\n</parameter>\n<parameter=exact>\nTrue\n</parameter>\n</function>\n</tool_call>";
    let read = calls(&family("qwen-xml"), text, &tools()).unwrap().0;
    assert_eq!(
        serde_json::Value::Object(read[0].arguments.clone()),
        serde_json::json!({"text": "3", "limit": 3, "exact": true})
    );
}
