//! Reading files of cases, and where they are said to be wrong.

use handyman::eval::Case;

use super::parsed;

#[test]
fn yaml_and_lines_of_json_are_read_alike() {
    let yaml = "# Two.\n- {name: a, task: \"Rain?\", expect: {exactly: true}}\n- task: [\"hi\", \"bye\"]\n  expect: {outcome: answered}\n";
    let json = "{\"name\": \"a\", \"task\": \"Rain?\", \"expect\": {\"exactly\": true}}\n\n{\"task\": [\"hi\", \"bye\"], \"expect\": {\"outcome\": \"answered\"}}\n";
    let cases = parsed(yaml).unwrap();
    assert_eq!(parsed(json).unwrap(), cases);
    assert_eq!(cases.iter().map(Case::title).collect::<Vec<_>>(), ["a", "hi"]);
    for empty in ["", " \n\n", "# Nothing yet.\n", "[]"] {
        assert_eq!(parsed(empty), Ok(Vec::new()), "{empty:?}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let told = |text: &str, problem: &str| {
        let error = parsed(text).unwrap_err();
        assert!(error.starts_with(problem), "{error}");
    };
    let good = "{\"task\": \"Rain?\", \"expect\": {\"exactly\": true}}";
    told(&format!("{good}\n\n{{\"task\": 3}}"), "line 3: `task` is a text");
    told(&format!("{good}\n{{"), "line 2, column 1: EOF while parsing an object");
    told(&format!("{good}\n{{\"task\": x}}"), "line 2, column 10: expected value");
    told("- {name: trip, task: \"Rain?\", expect: {cals: []}}", "case 1 (trip): unknown field `cals`");
    told("- {task: \"Rain?\"}", "case 1: `expect` says nothing");
    told("task: Rain?", "it is neither a YAML list nor one JSON object a line");
}
