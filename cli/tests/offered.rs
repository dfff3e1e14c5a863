//! Tools revealed step by step, what of one's own cannot be searched, and the agent as a tool of other programs.

#![cfg(feature = "services")]

mod support;

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Map, Value, json};
use support::{Bench, DATE};

/// A document with many operations, none of which anybody serves.
fn document(operations: usize) -> String {
    let mut paths = Map::new();
    for number in 0..operations {
        let parameter = json!({"name": "id", "in": "query", "required": true, "schema": {"type": "string"}});
        let operation = json!({"operationId": format!("lamp_{number}"), "summary": format!("Look at lamp {number}"), "parameters": [parameter]});
        paths.insert(format!("/lamps/{number}"), json!({"get": operation}));
    }
    let servers = json!([{"url": "http://127.0.0.1:9"}]);
    json!({"openapi": "3.1.0", "info": {"title": "Lamps", "version": "1"}, "servers": servers, "paths": paths}).to_string()
}

#[test]
fn hundreds_of_operations_are_revealed_step_by_step() {
    let bench = Bench::new();
    let lamps = bench.write("lamps.json", &document(400));
    let model = bench.script(&[
        json!({"calls": [{"tool": "lamp_377", "arguments": {"id": "x"}}]}),
        json!({"calls": [{"tool": "show_tools", "arguments": {"query": "look at lamp 377"}}]}),
        json!({"calls": [{"tool": "lamp_377", "arguments": {"id": "x"}}]}),
        json!({"text": "It is out."}),
    ]);
    let options = ["--model", &model, "--openapi", lamps.to_str().unwrap(), "--date", DATE];
    let run = |message: &str, more: &[&str]| {
        let mut arguments = vec!["run", message];
        arguments.extend(options);
        arguments.extend(more);
        bench.run(&arguments)
    };
    let ran = run("Is it on?", &["--json"]);
    let events = ran.events();
    let tools = events[0]["tools"].as_array().unwrap();
    assert_eq!((tools.len(), &tools[0]), (420, &json!("show_tools")), "{}", ran.err);
    let ended: Vec<&Value> = events.iter().filter(|event| event["type"] == "call_finished").collect();
    assert!(ended[0]["result"]["error"].as_str().unwrap().contains("has not been shown"), "{}", ended[0]);
    assert_eq!(ended[1]["result"]["tools"][0]["name"], "lamp_377", "{}", ended[1]);
    assert_eq!(ended[2]["failure"], "unavailable", "it was called: {}", ended[2]);
    let id = events[0]["run"].as_str().unwrap();
    let mut replay = vec!["replay", id];
    replay.extend(options);
    let replayed = bench.run(&replay);
    assert_eq!(replayed.code, 0, "{} {}", replayed.out, replayed.err);
    let at_once = run("Is it on?", &["--json", "--tools-percent", "400"]).events();
    assert_eq!(at_once[0]["tools"].as_array().unwrap().len(), 419, "with room for all, all are shown");
    let told = run("Is lamp 377 on?", &[]);
    assert!(told.err.contains("tools that may fit: lamp_377"), "{}", told.err);
    assert!(told.err.contains("→ lamp_377(id: x)"), "it is called at once: {}", told.err);
}

#[test]
fn a_document_that_cannot_be_used_is_told_with_the_option() {
    let bench = Bench::new();
    let nowhere = document(1).replace("servers", "x-servers");
    for (text, told) in [(nowhere.as_str(), "name one with --openapi-base URL"), ("x: 1", "--openapi FILE")] {
        let file = bench.write("lamps.json", text).display().to_string();
        let ran = bench.run(&["tools", "list", "--openapi", &file]);
        assert!(ran.code == 2 && ran.err.contains(told), "{} {}", ran.code, ran.err);
    }
}

/// A document with an operation whose schema says what nothing can hold, and another one.
fn odd_document(bench: &Bench) -> String {
    let operation = |name: &str, schema: Value| {
        let parameter = json!({"name": "id", "in": "query", "schema": schema});
        json!({"get": {"operationId": name, "summary": "An operation", "parameters": [parameter]}})
    };
    let paths = json!({"/fine": operation("an_operation_with_quite_a_long_name", json!({"type": "string"})),
        "/odd": operation("odd", json!({"$dynamicRef": "#x"}))});
    let document = json!({"openapi": "3.1.0", "info": {"title": "Odd", "version": "1"},
        "servers": [{"url": "http://127.0.0.1:9"}], "paths": paths});
    bench.write("things.json", &document.to_string()).display().to_string()
}

#[test]
fn an_operation_that_cannot_be_offered_is_left_out_and_the_others_are_not() {
    let bench = Bench::new();
    let document = odd_document(&bench);
    let listed = bench.run(&["tools", "list", "--openapi", &document]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    let left_out = "· things: the tool odd is left out: at /properties/id/$dynamicRef: the keyword";
    assert!(listed.err.contains(left_out), "{}", listed.err);
    let effects = listed.out.lines().map(|line| {
        let (name, rest) = line.split_once(' ').unwrap();
        assert_ne!(name, "odd");
        line.len() - rest.trim_start().len()
    });
    let columns: std::collections::BTreeSet<usize> = effects.collect();
    assert_eq!(columns.len(), 1, "all effects stand in one column: {}", listed.out);
    let model = bench.script(&[json!({"text": "Hello."})]);
    let run = |tools: &str| {
        let more = ["--tools", tools, "--openapi", &document, "--date", DATE, "--json"];
        bench.run(&[&["run", "hi", "--model", &model], more.as_slice()].concat())
    };
    let chosen = run("an_*");
    assert_eq!(chosen.events()[0]["tools"], json!(["an_operation_with_quite_a_long_name"]));
    assert!(!chosen.err.contains("left out"), "it was not asked for: {}", chosen.err);
    for ran in [run("weather,odd"), bench.run(&["tools", "show", "odd", "--openapi", &document])] {
        assert!(ran.code == 1 && ran.err.starts_with("error: tool 'odd': "), "named itself: {}", ran.err);
    }
}

#[test]
fn files_that_cannot_be_searched_are_told_in_one_line() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("texts")).unwrap();
    bench.write("texts/key.txt", "The spare key lies under the flowerpot.");
    for number in 1..=5 {
        std::fs::write(bench.path(&format!("texts/{number}.pdf")), "no PDF document").unwrap();
    }
    let texts = bench.path("texts").display().to_string();
    let search = ["tools", "call", "search", r#"{"query": "spare key"}"#, "--docs", &texts];
    let found = bench.run(&search);
    assert!(found.code == 0 && found.out.contains("flowerpot"), "{}", found.err);
    let told: Vec<&str> = found.err.lines().collect();
    assert_eq!(told.len(), 1, "{}", found.err);
    assert!(
        told[0].starts_with("· --docs: 5 files cannot be searched: 1.pdf cannot be read: "),
        "{}",
        told[0]
    );
    assert!(told[0].contains("; 3.pdf ") && told[0].ends_with("; and 2 more"), "{}", told[0]);
    for number in 1..=5 {
        std::fs::remove_file(bench.path(&format!("texts/{number}.pdf"))).unwrap();
    }
    let found = bench.run(&search);
    assert!(found.code == 0 && found.err.is_empty(), "{}", found.err);
}

/// A client of `handyman mcp`, written by hand.
struct Client {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    /// Whether somebody can be asked, and what they say.
    says: Option<bool>,
    /// What was asked, and how far the server said it had come.
    asked: Vec<String>,
    told: Vec<String>,
}

impl Client {
    fn start(bench: &Bench, model: &str, says: Option<bool>) -> Self {
        Self::start_with(bench, &["--model", model], says)
    }

    fn start_with(bench: &Bench, options: &[&str], says: Option<bool>) -> Self {
        let fixed = ["mcp", "--tools", "add_event,list_events", "--date", DATE];
        let mut command = bench.command(&[&fixed, options].concat());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut client = Self {
            child,
            input,
            lines: BufReader::new(output).lines(),
            says,
            asked: Vec::new(),
            told: Vec::new(),
        };
        let able = if says.is_some() { json!({"elicitation": {}}) } else { json!({}) };
        let greeting = json!({"protocolVersion": "2025-06-18", "capabilities": able, "clientInfo": {"name": "plain", "version": "1"}});
        client.ask("initialize", &greeting);
        client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        client
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.input, "{message}").unwrap();
    }

    /// The result of a request; questions are answered and progress is noted meanwhile.
    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.send(&json!({"jsonrpc": "2.0", "id": "a", "method": method, "params": parameters}));
        loop {
            let line = self.lines.next().expect("the server answers").unwrap();
            let message: Value = serde_json::from_str(&line).unwrap();
            match message["method"].as_str() {
                Some("elicitation/create") => {
                    self.asked.push(message["params"]["message"].as_str().unwrap().to_owned());
                    let answer = json!({"action": "accept", "content": {"allow": self.says}});
                    self.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": answer}));
                }
                Some("notifications/progress") => {
                    self.told.push(message["params"]["message"].as_str().unwrap().to_owned());
                }
                Some(other) => panic!("{other}"),
                None => return message["result"].clone(),
            }
        }
    }

    fn run(&mut self, key: &str) -> Value {
        let about = json!({"progressToken": 7, "handyman/idempotency-key": key});
        let call = json!({"name": "handyman", "arguments": {"request": "Tea with Bo tomorrow at three"}, "_meta": about});
        self.ask("tools/call", &call)["structuredContent"].clone()
    }

    /// The names of what is offered.
    fn names(&mut self) -> Vec<String> {
        let listed = self.ask("tools/list", &json!({}));
        let name = |tool: &Value| tool["name"].as_str().unwrap().to_owned();
        listed["tools"].as_array().unwrap().iter().map(name).collect()
    }

    /// Calls a tool itself, under a key.
    fn add_event(&mut self, key: &str) -> Value {
        let event = json!({"title": "Tea with Bo", "day": "tomorrow", "time": "three"});
        let about = json!({"handyman/idempotency-key": key});
        self.ask("tools/call", &json!({"name": "add_event", "arguments": event, "_meta": about}))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn events(bench: &Bench) -> usize {
    bench.select("SELECT title FROM events WHERE title = 'Tea with Bo'").as_array().unwrap().len()
}

#[test]
fn the_agent_is_a_tool_that_tells_how_far_it_is_and_asks() {
    let bench = Bench::new();
    let event = json!({"title": "Tea with Bo", "day": "tomorrow", "time": "three"});
    let model = bench.script(&[
        json!({"calls": [{"tool": "list_events", "arguments": {}}]}),
        json!({"calls": [{"tool": "add_event", "arguments": event}]}),
        json!({"text": "It is in the calendar."}),
    ]);
    let mut client = Client::start(&bench, &model, Some(true));
    assert_eq!(client.names(), ["add_event", "list_events", "handyman"]);
    let done = client.run("k1");
    assert_eq!(
        (&done["answer"], &done["outcome"]),
        (&json!("It is in the calendar."), &json!("answered")),
        "{done}"
    );
    assert_eq!(
        client.told,
        ["list_events: started", "list_events: done", "add_event: started", "add_event: done"]
    );
    let asked: Vec<&str> = client.asked[0].lines().collect();
    assert!(asked[0].starts_with("Allow add_event(title: Tea with Bo, "), "{asked:?}");
    assert_eq!(asked[1], "  add_event has an effect and needs a person's yes");
    assert!(asked.iter().any(|line| line.starts_with("  + events: {")), "as at a terminal: {asked:?}");
    assert_eq!(client.run("k1"), done, "the same key gives what came of it");
    assert_eq!((events(&bench), client.asked.len()), (1, 1), "and nothing is done or asked again");
    let added = client.add_event("k2");
    assert_eq!(client.add_event("k2"), added, "a tool's call has its key too");
    assert_eq!(events(&bench), 2);
}

#[test]
fn what_the_options_deny_the_client_cannot_call_either() {
    let cases: [(&[&str], &[&str]); 5] = [
        (&["--deny", "add_event"], &["list_events"]),
        (&["--deny", "list_*", "--ask", "list_events"], &["add_event"]),
        (&["--approve", "deny"], &["list_events"]),
        (&["--approve", "deny", "--allow", "add_event"], &["add_event", "list_events"]),
        (&["--approve", "ask"], &["add_event", "list_events"]),
    ];
    for (options, names) in cases {
        let bench = Bench::new();
        let mut client = Client::start_with(&bench, &[&["--no-agent"], options].concat(), None);
        assert_eq!(client.names(), names, "{options:?}");
        let called = client.add_event("k1");
        let is_offered = names.contains(&"add_event");
        assert_eq!(called["isError"] == true, !is_offered, "{options:?}: {called}");
        assert_eq!(events(&bench), usize::from(is_offered), "{options:?}");
    }
}

#[test]
fn the_client_is_asked_about_its_own_calls_where_the_options_say_so() {
    let cases = [(None, "nobody could be asked: "), (Some(false), "a person said no"), (Some(true), "")];
    for (says, told) in cases {
        let bench = Bench::new();
        let mut client = Client::start_with(&bench, &["--no-agent", "--ask", "add_event"], says);
        assert_eq!(client.names(), ["list_events", "add_event"]);
        let called = client.add_event("k1");
        if says == Some(true) {
            assert_eq!(called["structuredContent"]["title"], "Tea with Bo", "{called}");
            assert_eq!(client.add_event("k1"), called, "what was done is not asked about again");
        } else {
            let text = called["content"][0]["text"].as_str().unwrap();
            assert!(called["isError"] == true && text.starts_with(told), "{called}");
        }
        assert_eq!(events(&bench), usize::from(says == Some(true)));
        assert_eq!(client.asked.len(), usize::from(says.is_some()), "{:?}", client.asked);
        assert!(client.asked.iter().all(|asked| asked.starts_with("Allow add_event(title: Tea with Bo, ")));
    }
}

#[test]
fn without_a_yes_nothing_is_done() {
    let cases = [(None, "nobody could be asked: this client cannot"), (Some(false), "a person said no")];
    for (says, told) in cases {
        let bench = Bench::new();
        let event = json!({"title": "Tea with Bo", "day": "tomorrow", "time": "three"});
        let model = bench.script(&[
            json!({"calls": [{"tool": "add_event", "arguments": event}]}),
            json!({"text": "It is not allowed."}),
        ]);
        let mut client = Client::start(&bench, &model, says);
        let done = client.run("k1");
        assert_eq!(done["answer"], "It is not allowed.", "{done}");
        let run = bench.run(&["runs", "show", done["run"].as_str().unwrap(), "--json"]).events();
        let refused = run.iter().find(|event| event["outcome"] == "refused").unwrap();
        assert!(refused["result"]["error"].as_str().unwrap().starts_with(told), "{refused}");
        assert_eq!((events(&bench), client.asked.len()), (0, usize::from(says.is_some())));
    }
}
