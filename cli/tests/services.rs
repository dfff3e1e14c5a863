//! The command line on services: a booking service in a process of its own that is killed, MCP on both sides,
//! OpenAPI, and databases by URL.

#![cfg(feature = "services")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use support::{Begun, Bench, DATE, kill_in_time};

/// A booking service on a bench's world.
struct Service {
    child: Child,
    url: String,
}

impl Service {
    /// Starts it, at a free place.
    fn start(bench: &Bench) -> Self {
        Self::start_at(bench, "127.0.0.1:0").expect("there is a free place")
    }

    /// Starts it at this place, which somebody else may have taken.
    fn start_at(bench: &Bench, place: &str) -> Option<Self> {
        let arguments = ["serve", "booking", "--listen", place, "--date", DATE];
        let mut child = bench.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(url) = line.trim().strip_prefix("listening on ") else {
            assert!(!child.wait().unwrap().success(), "{line}");
            return None;
        };
        Some(Self { child, url: url.to_owned() })
    }

    fn place(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn call(bench: &Bench, service: &Service, tool: &str, arguments: &Value, key: &str) -> (i32, Value) {
    let arguments = arguments.to_string();
    let ran = bench.run(&[
        "tools",
        "call",
        tool,
        &arguments,
        "--booking",
        &service.url,
        "--key",
        key,
        "--date",
        DATE,
    ]);
    (
        ran.code,
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {} {}", ran.out, ran.err)),
    )
}

#[test]
fn a_trip_is_booked_and_paid_at_a_service() {
    let (server, client) = (Bench::new(), Bench::new());
    let service = Service::start(&server);
    let search = json!({"from": "上海", "to": "北京", "day": "明天"});
    let (code, found) = call(&client, &service, "search_trains", &search, "k0");
    assert_eq!((code, &found["date"]), (0, &json!("2026-11-24")), "{found}");
    let id = found["trains"][0]["id"].clone();
    let (code, booked) = call(&client, &service, "book", &json!({"id": id, "people": "two"}), "k1");
    assert_eq!((code, &booked["people"]), (0, &json!(2)), "{booked}");
    assert_eq!(
        call(&client, &service, "book", &json!({"id": id, "people": "two"}), "k1").1,
        booked,
        "again under the same key"
    );
    let (_, paid) = call(&client, &service, "pay", &json!({"booking": booked["booking"]}), "k2");
    assert_eq!(paid["paid_minor"], booked["total_minor"], "{paid}");
    let (_, listed) = call(&client, &service, "list_bookings", &json!({}), "k3");
    assert_eq!(listed["bookings"][0]["status"], "paid", "{listed}");
    let (_, cancelled) =
        call(&client, &service, "cancel_booking", &json!({"booking": booked["booking"]}), "k4");
    assert_eq!(cancelled["status"], "cancelled", "{cancelled}");
    let mistakes = [
        (
            "search_trains",
            json!({"from": "Shanghi", "to": "Beijing", "day": "today"}),
            "did you mean Shanghai",
        ),
        ("book", json!({"id": "G1-1"}), "search first"),
        ("pay", json!({"booking": booked["booking"]}), "cancelled"),
        ("pay", json!({"booking": "../../effects/k1"}), "no reference"),
        ("search_hotels", json!({"city": "Paris", "day": "tomorrow", "nights": 2, "max_price": 1}), "cheap"),
    ];
    for (index, (tool, arguments, words)) in mistakes.into_iter().enumerate() {
        let (code, answer) = call(&client, &service, tool, &arguments, &format!("m{index}"));
        assert!(code == 1 && answer["error"].as_str().unwrap().contains(words), "{tool}: {answer}");
    }
    assert_eq!(
        client.select("SELECT count(*) AS n FROM bookings")[0]["n"],
        0,
        "nothing in the client's own world"
    );
    assert_eq!(server.select("SELECT count(*) AS n FROM bookings")[0]["n"], 1);
}

/// A script that books at the service; the id comes from the service itself.
fn script(client: &Bench, service: &Service) -> String {
    let search = json!({"from": "Shanghai", "to": "Beijing", "day": "tomorrow"});
    let (_, found) = call(client, service, "search_trains", &search, "k0");
    client.script(&[
        json!({"calls": [{"tool": "search_trains", "arguments": search}]}),
        json!({"calls": [{"tool": "book", "arguments": {"id": found["trains"][0]["id"]}}]}),
        json!({"text": "Booked."}),
    ])
}

fn arguments<'a>(first: &[&'a str], model: &'a str, service: &'a str) -> Vec<&'a str> {
    let mut all = first.to_vec();
    all.extend(["--model", model, "--approve", "auto", "--date", DATE, "--booking", service, "--json"]);
    all
}

#[test]
fn whichever_side_is_killed_it_is_booked_once() {
    for server_first in [false, true] {
        kill_in_time(5, |nth| {
            let events = 2 * nth - usize::from(!server_first);
            let (server, client) = (Bench::new(), Bench::new());
            let mut service = Service::start(&server);
            let model = script(&client, &service);
            let begins = arguments(&["run", "book it"], &model, &service.url);
            let begun = Begun::new(&mut client.command(&begins), events);
            // The service that goes first comes back when the client is gone.
            if server_first {
                service.kill();
            }
            let run = begun.kill();
            if server_first {
                service =
                    Service::start_at(&server, service.place()).unwrap_or_else(|| Service::start(&server));
            }
            let was_unfinished = !client.has_ended(&run);
            let resumed = client.run(&arguments(&["resume", &run], &model, &service.url));
            assert_eq!(resumed.code, 0, "killed after {events}: {}", resumed.err);
            let count = server.select("SELECT count(*) AS n FROM bookings");
            assert_eq!(count[0]["n"], 1, "killed after {events}: neither lost nor doubled");
            was_unfinished
        });
    }
}

#[test]
fn a_service_that_comes_back_gets_the_request_again() {
    // Somebody else may take its place meanwhile: then another one is tried.
    for _ in 0..10 {
        let (server, client) = (Bench::new(), Bench::new());
        let mut service = Service::start(&server);
        let model = script(&client, &service);
        let place = service.place().to_owned();
        let url = service.url.clone();
        service.kill();
        let gone = client.run(&["tools", "call", "list_bookings", "{}", "--booking", &url, "--date", DATE]);
        let Some(_back) = Service::start_at(&server, &place) else { continue };
        assert!(gone.code == 1 && gone.out.contains("refused"), "{} {}", gone.out, gone.err);
        let ran = client.run(&arguments(&["run", "book it"], &model, &url));
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert_eq!(server.select("SELECT count(*) AS n FROM bookings")[0]["n"], 1);
        return;
    }
    panic!("no service could come back to its place");
}

#[test]
fn handyman_is_an_mcp_server_and_its_own_client() {
    let bench = Bench::new();
    // The server gets no HANDYMAN_HOME: only what every program needs is handed on.
    let world = bench.path("own.db");
    let own = format!(
        "'{}' mcp --tools calculate,weather --date {DATE} --world '{}'",
        env!("CARGO_BIN_EXE_handyman"),
        world.display()
    );
    let listed = bench.run(&["tools", "list", "--mcp", &own, "--reads", "calculate"]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    // `calculate` is taken by the sandbox's own: the server's goes by its server's name too.
    let line = listed
        .out
        .lines()
        .find(|line| line.contains("handyman_calculate"))
        .unwrap_or_else(|| panic!("{}", listed.out));
    assert!(line.contains("read_only"), "{line}");
    assert!(
        listed.out.lines().any(|line| line.starts_with("handyman_weather") && line.contains("once")),
        "{}",
        listed.out
    );
    let ran =
        bench.run(&["tools", "call", "handyman_calculate", r#"{"expression": "6 * 7"}"#, "--mcp", &own]);
    assert!(
        ran.code == 0 && ran.out.contains("42") && ran.out.contains("mcp:handyman"),
        "{} {}",
        ran.out,
        ran.err
    );
    let wrong = bench.run(&["tools", "call", "handyman_weather", r#"{"city": "Shanghi"}"#, "--mcp", &own]);
    assert!(wrong.code == 1 && wrong.out.contains("did you mean Shanghai"), "{}", wrong.out);
    let config = bench.write(
        "mcp.json",
        &json!({"mcpServers": {"us": {"command": env!("CARGO_BIN_EXE_handyman"),
        "args": ["mcp", "--tools", "calculate", "--date", DATE], "env": {"HANDYMAN_HOME": bench.folder()}}}})
        .to_string(),
    );
    let listed = bench.run(&["tools", "list", "--mcp-config", config.to_str().unwrap()]);
    assert!(listed.out.contains("us_calculate"), "{} {}", listed.out, listed.err);
}

#[test]
fn an_mcp_server_without_a_client_says_what_it_is_for() {
    let bench = Bench::new();
    let ran = bench.run(&["mcp", "--no-agent", "--tools", "calculate", "--date", DATE]);
    assert!(ran.code == 1 && ran.err.contains("hint: an MCP client starts `handyman mcp`"), "{}", ran.err);
}

#[test]
fn an_mcp_client_that_speaks_plain_json_is_served() {
    let bench = Bench::new();
    let mut command = bench.command(&["mcp", "--tools", "calculate", "--date", DATE]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let messages = [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "plain", "version": "1"}}}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}),
        json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "calculate", "arguments": {"expression": "2 + 3"}}}),
    ];
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut answers = Vec::new();
    for message in messages {
        writeln!(input, "{message}").unwrap();
        if message.get("id").is_some() {
            answers.push(serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap());
        }
    }
    assert_eq!(answers[0]["result"]["serverInfo"]["name"], "handyman");
    let tool = &answers[1]["result"]["tools"][0];
    assert_eq!(
        (&tool["name"], &tool["annotations"]["readOnlyHint"]),
        (&json!("calculate"), &json!(true)),
        "{tool}"
    );
    assert!(answers[2]["result"]["structuredContent"].to_string().contains('5'), "{}", answers[2]);
    drop(input);
    assert!(child.wait().unwrap().success(), "the server goes when its client does");
}

#[test]
fn an_openapi_document_becomes_tools() {
    let (server, client) = (Bench::new(), Bench::new());
    let service = Service::start(&server);
    let document = client.write("booking.yaml", &format!("openapi: 3.1.0\ninfo: {{title: Booking, version: '1'}}\nservers: [{{url: '{}'}}]\n\
        paths:\n  /v1/trains:\n    get:\n      operationId: trains\n      summary: Trains of a day\n      parameters:\n        \
        - {{name: from, in: query, required: true, schema: {{type: string}}}}\n        \
        - {{name: to, in: query, required: true, schema: {{type: string}}}}\n        \
        - {{name: day, in: query, required: true, schema: {{type: string}}}}\n  /v1/bookings:\n    post:\n      operationId: make\n      \
        requestBody: {{required: true, content: {{application/json: {{schema: {{type: object, required: [id], \
        properties: {{id: {{type: string}}}}}}}}}}}}\n", service.url));
    let document = document.to_str().unwrap();
    let find = json!({"from": "Shanghai", "to": "Beijing", "day": "2026-11-24"}).to_string();
    let found = client.run(&["tools", "call", "trains", &find, "--openapi", document]);
    let found: Value =
        serde_json::from_str(&found.out).unwrap_or_else(|_| panic!("{} {}", found.out, found.err));
    let make = json!({"id": found["trains"][0]["id"]}).to_string();
    let made = client.run(&["tools", "call", "make", &make, "--openapi", document, "--key", "k1"]);
    assert!(made.code == 0 && made.out.contains("unpaid"), "{} {}", made.out, made.err);
    client.run(&["tools", "call", "make", &make, "--openapi", document, "--key", "k1"]);
    assert_eq!(server.select("SELECT count(*) AS n FROM bookings")[0]["n"], 1, "the key was handed on");
}

#[test]
fn a_database_of_ones_own_is_described_and_changed() {
    let bench = Bench::new();
    let file = bench.path("shop.db");
    let file = file.to_str().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use sqlx::Connection;
        let mut own = sqlx::SqliteConnection::connect(&format!("sqlite://{file}?mode=rwc")).await.unwrap();
        let schema = "CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT, total REAL); INSERT INTO orders VALUES (1, 'open', 9.5)";
        sqlx::raw_sql(schema).execute(&mut own).await.unwrap();
    });
    let described = bench.run(&["tools", "call", "describe_database", "{}", "--database", file]);
    assert!(
        described.out.contains("orders(id*, status: open, total: 9.5)"),
        "{} {}",
        described.out,
        described.err
    );
    let change =
        json!({"table": "orders", "change": "update", "set": [{"column": "status", "value": "sent"}],
        "where": [{"column": "id", "op": "=", "value": "1"}]})
        .to_string();
    let refused = bench.run(&["tools", "call", "change_rows", &change, "--database", file]);
    assert!(refused.code == 2 && refused.err.contains("there is no tool 'change_rows'"), "{}", refused.err);
    let changed = bench.run(&[
        "tools",
        "call",
        "change_rows",
        &change,
        "--database",
        file,
        "--database-write",
        "--key",
        "k1",
    ]);
    assert!(
        changed.code == 0 && changed.out.contains(r#""before":[{"id":1,"status":"open""#),
        "{} {}",
        changed.out,
        changed.err
    );
    let rows = bench.run(&[
        "tools",
        "call",
        "run_sql",
        r#"{"select": "SELECT status FROM orders"}"#,
        "--database",
        file,
    ]);
    assert!(rows.out.contains("sent"), "{}", rows.out);
    let secret = bench.run(&["tools", "list", "--database", "postgres://ann:s3cret@127.0.0.1:9/shop"]);
    assert!(
        secret.code == 1 && secret.err.contains("127.0.0.1:9/shop") && !secret.err.contains("s3cret"),
        "{}",
        secret.err
    );
}

#[test]
fn options_that_are_wrong_say_so() {
    let bench = Bench::new();
    let cases: &[(&[&str], &str)] = &[
        (&["--weather", "cloudy"], "there is no weather service 'cloudy'"),
        (&["--search", "brave"], "HANDYMAN_BRAVE_KEY is not set"),
        (&["--search", "searxng=nowhere"], "no address"),
        (&["--booking", "here"], "no address"),
        (&["--mcp", "say 'unclosed"], "quotation"),
        (&["--mcp", "no-such-program-here"], "cannot be started"),
        (&["--mcp-config", "none.json"], "none.json"),
        (&["--openapi", "none.yaml"], "none.yaml"),
        (&["--database", "oracle://x"], "no kind of database"),
        (&["--database", ""], "the path of the database is empty"),
        (&["--reads", "nothing"], "has a tool 'nothing'"),
    ];
    for (options, words) in cases {
        let mut arguments = vec!["tools", "list"];
        arguments.extend(*options);
        let ran = bench.run(&arguments);
        assert!(
            ran.code != 0 && ran.err.starts_with("error: ") && ran.err.contains(words),
            "{options:?}: {}",
            ran.err
        );
    }
}
