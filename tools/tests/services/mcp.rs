//! MCP servers: one that is written by hand, so that two sides do not share a mistake.

use std::path::Path;
use std::sync::{Arc, Mutex};

use handyman_core::{Effect, Tool, ToolCall, ToolErrorKind, Toolbox, Toolset};
use handyman_tools::mcp::{Answer, Config, Launch, Listening, Person, Question, Server, Trusted};
use serde_json::{Value, json};

use crate::support::{call, context, object, until};

/// The server that `cargo test` has built beside this test.
pub(crate) fn by_hand(arguments: &str) -> Launch {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap().join("examples");
    let program = folder.join(format!("mcp_server{}", std::env::consts::EXE_SUFFIX));
    let written = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let source = written(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/mcp_server.rs")));
    assert!(
        written(&program).is_some_and(|program| Some(program) >= source),
        "{} is not there or older than its source: a test of the whole package builds it, and so does \
         `cargo build --package handyman-tools --example mcp_server`, with this test's profile and features",
        program.display()
    );
    Launch::of_command_line(&format!("'{}' {arguments}", program.display())).unwrap()
}

pub(crate) async fn tools_of(launch: &Launch) -> Vec<Arc<dyn Tool>> {
    Arc::new(Server::connect("by hand", launch, Listening::default()).await.unwrap()).tools().await.unwrap()
}

pub(crate) fn named<'a>(tools: &'a [Arc<dyn Tool>], name: &str) -> &'a dyn Tool {
    tools.iter().find(|tool| tool.spec().name == name).unwrap_or_else(|| panic!("{name}")).as_ref()
}

#[tokio::test]
async fn tools_of_a_server_are_tools() {
    let tools = tools_of(&by_hand("")).await;
    Toolbox::new().with_all(tools.clone()).unwrap();
    let echo = named(&tools, "echo");
    assert_eq!(
        (echo.spec().description.as_str(), echo.spec().effect),
        ("Echoes a text.", Effect::Once),
        "a hint is a hint"
    );
    let said = call(echo, json!({"text": "hello"})).await.unwrap();
    assert_eq!(said, json!({"source": "mcp:by hand", "text": "hello"}));
    assert_eq!(call(named(&tools, "sum"), json!({"a": 2, "b": 3})).await.unwrap()["data"]["sum"], 5);
    let error = call(named(&tools, "fail"), json!({})).await.unwrap_err();
    assert_eq!(error.to_string(), "the printer is on fire");
    let picture = call(named(&tools, "picture"), json!({})).await.unwrap();
    assert_eq!(
        picture["content"],
        json!([{"image": "image/png", "bytes": 3}, "a dot", {"resource": "note://1", "name": "A note"}])
    );
    let huge = call(named(&tools, "huge"), json!({})).await.unwrap();
    assert_eq!(huge["text"].as_str().unwrap().len(), 3_000_000);
    let listed = call(named(&tools, "list_resources"), json!({})).await.unwrap();
    assert_eq!(listed["resources"], json!([{"uri": "note://1", "name": "A note"}]));
    let note = call(named(&tools, "read_resource"), json!({"uri": "note://1"})).await.unwrap();
    assert_eq!(note["contents"][0]["text"], "Remember the milk.");
    let missing = call(named(&tools, "read_resource"), json!({"uri": "note://2"})).await.unwrap_err();
    assert_eq!(missing.kind(), &ToolErrorKind::NotFound, "{missing}");
}

#[tokio::test]
async fn arguments_are_checked_before_the_server_sees_them() {
    let tools = Toolbox::new().with_all(tools_of(&by_hand("")).await).unwrap();
    for arguments in [json!({}), json!({"text": ""}), json!({"text": 1})] {
        let call = ToolCall { id: "c1".into(), tool: "echo".to_owned(), arguments: object(arguments) };
        let result = tools.call(&call, &context("c1")).await.result;
        assert!(result["error"].is_string(), "{result}");
    }
}

#[tokio::test]
async fn progress_is_told_and_the_key_is_handed_on() {
    let folder = tempfile::TempDir::new().unwrap();
    let notes = folder.path().join("notes");
    let mut launch = by_hand("");
    launch.env.insert("NOTES".to_owned(), notes.display().to_string());
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let hear = Arc::clone(&told);
    let tools = tools_of(&launch).await;
    let context = context("c1").on_progress(move |text| hear.lock().unwrap().push(text));
    let said = named(&tools, "slowly").call(object(json!({})), &context).await.unwrap();
    assert_eq!(said["text"], "done at last");
    let told = told.lock().unwrap().clone();
    assert!(told.contains(&"1 of 3: step 1".to_owned()), "{told:?}");
    assert!(std::fs::read_to_string(&notes).unwrap().contains(r#""handyman/idempotency-key":"r1.c1""#));
    // A call that is given up is cancelled at the server.
    let noted = |what: &str| std::fs::read_to_string(&notes).unwrap().contains(what);
    tokio::select! {
        said = call(named(&tools, "never"), json!({})) => panic!("it is answered: {said:?}"),
        () = until("the server has the call", || noted(r#""name":"never""#)) => {}
    }
    assert_eq!(
        call(named(&tools, "echo"), json!({"text": "still there"})).await.unwrap()["text"],
        "still there"
    );
    until("the server was told", || noted("cancelled")).await;
}

/// Says its name, and remembers what it was asked.
#[derive(Default)]
struct Ann(Mutex<Vec<Question>>);

#[async_trait::async_trait]
impl Person for Ann {
    async fn answer(&self, question: &Question) -> Answer {
        self.0.lock().unwrap().push(question.clone());
        Answer::Given(object(json!({"name": "Ann"})))
    }
}

#[tokio::test]
async fn what_a_server_asks_goes_to_the_person_and_into_the_result() {
    let ann = Arc::new(Ann::default());
    let to = Listening { person: Some(Arc::clone(&ann) as _) };
    let server = Arc::new(Server::connect("s", &by_hand(""), to).await.unwrap());
    let tools = server.tools().await.unwrap();
    let greeted = call(named(&tools, "greet"), json!({})).await.unwrap();
    assert_eq!(greeted["text"], r#"{"action":"accept","content":{"name":"Ann"}}"#);
    assert_eq!(greeted["asked"], json!([{"asked": "What is your name?", "answered": {"name": "Ann"}}]));
    let asked = ann.0.lock().unwrap().clone();
    assert_eq!((asked[0].server.as_str(), &asked[0].schema["required"]), ("s", &json!(["name"])));
    let again = call(named(&tools, "echo"), json!({"text": "x"})).await.unwrap();
    assert_eq!(again.get("asked"), None, "what was asked belongs to its call");
    // Where there is nobody, the server is not even told that somebody could be asked.
    let alone = tools_of(&by_hand("")).await;
    let declined = call(named(&alone, "greet"), json!({})).await.unwrap();
    assert_eq!(declined["text"], "nobody can be asked");
    let asked = call(named(&alone, "insist"), json!({})).await.unwrap();
    assert_eq!(asked["text"], r#"{"action":"decline"}"#);
    assert_eq!(asked["asked"][0]["declined"], true);
}

#[tokio::test]
async fn a_tool_that_changes_is_not_called_any_more() {
    let tools = tools_of(&by_hand("")).await;
    assert!(call(named(&tools, "shifty"), json!({})).await.is_ok());
    call(named(&tools, "change"), json!({})).await.unwrap();
    let error = call(named(&tools, "shifty"), json!({})).await.unwrap_err();
    assert_eq!(error.kind(), &ToolErrorKind::Conflict, "{error}");
    assert!(call(named(&tools, "echo"), json!({"text": "unchanged"})).await.is_ok());
}

#[tokio::test]
async fn what_is_declared_counts_and_what_is_wrong_is_said() {
    let mut launch = by_hand("");
    launch.effects.insert("echo".to_owned(), Effect::ReadOnly);
    launch.tools = vec!["echo".to_owned()];
    let tools = tools_of(&launch).await;
    assert_eq!(named(&tools, "echo").spec().effect, Effect::ReadOnly);
    assert!(!tools.iter().any(|tool| tool.spec().name == "huge"), "only those that are wanted");
    launch.effects.insert("eco".to_owned(), Effect::ReadOnly);
    let server = Arc::new(Server::connect("s", &launch, Listening::default()).await.unwrap());
    let error = server.tools().await.err().unwrap().to_string();
    assert!(error.contains("no tool 'eco'; it has echo, sum"), "{error}");
    let error =
        Server::connect("s", &by_hand("--broken"), Listening::default()).await.unwrap_err().to_string();
    assert!(error.contains("this server cannot find its data"), "{error}");
    let missing = Launch::of_command_line("no-such-program-here --x").unwrap();
    let error = Server::connect("s", &missing, Listening::default()).await.unwrap_err().to_string();
    assert!(error.contains("no-such-program-here cannot be started"), "{error}");
    let lost = Launch { cwd: Some("no/such/folder".to_owned()), ..by_hand("") };
    let error = Server::connect("s", &lost, Listening::default()).await.unwrap_err().to_string();
    assert!(error.contains("its folder no/such/folder is not there"), "{error}");
    let silent = Launch::of_command_line("http://127.0.0.1:9/mcp").unwrap();
    assert!(Server::connect("s", &silent, Listening::default()).await.is_err());
}

#[tokio::test]
async fn a_list_without_an_end_is_an_error_and_one_odd_schema_is_not() {
    let endless =
        Arc::new(Server::connect("zoo", &by_hand("--endless"), Listening::default()).await.unwrap());
    let error = endless.tools().await.err().unwrap().to_string();
    assert_eq!(error, "the MCP server 'zoo' cannot be used: its list has no end: a page comes again");
    let deep = Arc::new(Server::connect("zoo", &by_hand("--deep"), Listening::default()).await.unwrap());
    assert_eq!(deep.left_out(), [""; 0]);
    let tools = deep.tools().await.unwrap();
    assert!(tools.iter().all(|tool| tool.spec().name != "deep"));
    assert_eq!(deep.left_out(), ["deep: its schema is nested more than 64 deep"]);
    assert_eq!(call(named(&tools, "echo"), json!({"text": "hello"})).await.unwrap()["text"], "hello");
}

/// A server by hand, of whose arguments this is declared in a configuration file.
fn declaring(arguments: &Value) -> Result<Launch, String> {
    let server = json!({"command": "x", "trusted": true, "arguments": arguments});
    let config = Config::parse(&json!({"mcpServers": {"s": server}}).to_string())?;
    let Launch { arguments, trusted, .. } = config.servers["s"].clone();
    Ok(Launch { arguments, trusted, ..by_hand("") })
}

#[tokio::test]
async fn where_arguments_come_from_can_be_declared() {
    let number = json!({"from": "issues.number"});
    let launch = declaring(&json!({"close": {"number": number, "note": {"verbatim": true}}})).unwrap();
    let tools = tools_of(&launch).await;
    let properties = &named(&tools, "close").spec().parameters["properties"];
    assert_eq!(properties["number"], json!({"type": "integer", "x-from": ["issues.number"]}));
    assert_eq!(properties["note"]["anyOf"][0], json!({"type": "string", "x-verbatim": true}));
    assert!(tools.iter().all(|tool| !tool.spec().safety.untrusted), "its resources, too");
    Toolbox::new().with_all(tools.clone()).unwrap();
    let issues = call(named(&tools, "issues"), json!({})).await.unwrap();
    assert_eq!(issues["data"][0]["number"], 7, "a value can be taken from it: {issues}");
    assert_eq!(call(named(&tools, "close"), json!({"number": 7})).await.unwrap()["text"], "closed 7");
    let tools = tools_of(&by_hand("")).await;
    assert!(tools.iter().all(|tool| tool.spec().safety.untrusted));
    let issues = call(named(&tools, "issues"), json!({})).await.unwrap();
    assert!(issues["text"].is_string(), "what nothing is taken from stays as it is: {issues}");
}

#[tokio::test]
async fn only_the_tools_that_are_named_are_trusted() {
    let trusting = |names: [&str; 2]| {
        let trusted = Trusted::Tools(names.map(str::to_owned).to_vec());
        Launch { trusted, ..by_hand("") }
    };
    let tools = tools_of(&trusting(["issues", "read_resource"])).await;
    let trusted = tools.iter().filter(|tool| !tool.spec().safety.untrusted);
    let names: Vec<&str> = trusted.map(|tool| tool.spec().name.as_str()).collect();
    assert_eq!(names, ["issues", "read_resource"]);
    let launch = trusting(["issues", "isues"]);
    let server = Arc::new(Server::connect("s", &launch, Listening::default()).await.unwrap());
    let error = server.tools().await.err().unwrap().to_string();
    assert!(error.contains("no tool 'isues'; it has echo"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_declared_of_arguments_is_said() {
    let cases = [
        (json!({"closed": {}}), "no tool 'closed'; it has echo"),
        (json!({"close": {"id": {"verbatim": true}}}), "no argument 'id'; its arguments are: number, note"),
        (json!({"close": {"number": {"verbatim": true}}}), "'number' of the tool 'close' cannot be copied"),
        (json!({"close": {"number": {"from": ["issues.number", "issues"]}}}), "'issues' is no field"),
    ];
    for (arguments, problem) in cases {
        let launch = declaring(&arguments).unwrap();
        let server = Arc::new(Server::connect("s", &launch, Listening::default()).await.unwrap());
        let error = server.tools().await.err().unwrap().to_string();
        assert!(error.contains(problem), "{error}");
    }
    assert!(declaring(&json!({"close": {"note": {"verbatin": true}}})).unwrap_err().contains("verbatin"));
    let error = declaring(&json!({"close": {"note": {"from": 7}}})).unwrap_err();
    assert!(error.contains("expected TOOL.FIELD, or a list of such"), "{error}");
}

#[test]
fn the_configuration_of_other_clients_is_understood() {
    let text = r#"{"mcpServers": {"files": {"command": "npx", "args": ["-y", "@x/server-filesystem", "/tmp"], "env": {"A": "b"},
        "effects": {"read_file": "read_only"}}, "far": {"url": "https://example.org/mcp", "headers": {"Authorization": "Bearer x"}}}}"#;
    let config = Config::parse(text).unwrap();
    assert_eq!(config.servers["files"].short_name(), "filesystem");
    assert_eq!(config.servers["far"].short_name(), "example_org");
    assert!(Config::parse(r#"{"mcpServers": {"x": {}}}"#).unwrap_err().contains("server 'x'"));
    assert!(Config::parse("{").unwrap_err().contains("line 1"));
    assert!(Launch::of_command_line("say 'unclosed").unwrap_err().contains("quotation"));
}
