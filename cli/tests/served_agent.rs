//! The agent over HTTP: runs, their events as they happen, approvals, and who may ask.

#![cfg(feature = "services")]

mod support;

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use support::served::{Reply, Server, Told, silent};
use support::{Bench, call};

/// A model that reckons and says what came of it.
fn reckons(bench: &Bench) -> String {
    bench.script(&[call("calculate", json!({"expression": "6 * 7"})), json!({"text": "It is 42."})])
}

/// The run that a stream begins with.
fn begun(told: &mut Told) -> String {
    let (kind, event) = told.next().unwrap();
    assert_eq!((kind.as_str(), &event["type"]), ("event", &json!("started")), "{event}");
    event["run"].as_str().unwrap().to_owned()
}

/// The kind of an error, and the status it came with.
fn refused((status, told): &(u16, Value)) -> (u16, &str) {
    assert!(told["error"]["message"].is_string(), "{told}");
    (*status, told["error"]["kind"].as_str().unwrap())
}

#[test]
fn a_run_goes_to_its_end_and_can_be_looked_at() {
    let bench = Bench::new();
    let server = Server::start(&bench, &reckons(&bench), &[]);
    let asked = json!({"message": "What is 6 times 7?", "session": "sums"});
    let (status, run) = server.post("/runs", &asked);
    assert_eq!(
        (status, &run["outcome"], &run["answer"]),
        (200, &json!("answered"), &json!("It is 42.")),
        "{run}"
    );
    assert_eq!((&run["session"], &run["running"]), (&json!("sums"), &json!(false)), "{run}");
    assert_eq!((&run["receipts"], &run["usage"]["calls"]), (&json!([]), &json!(1)), "{run}");
    let id = run["run"].as_str().unwrap();
    assert_eq!(server.get(&format!("/runs/{id}")), (200, run.clone()));
    let recorded = server.get(&format!("/runs/{id}/events")).1;
    let shown = bench.run(&["runs", "show", id, "--json"]).events();
    assert_eq!(recorded, json!({"run": id, "events": shown}), "the same as everywhere");
    let (_, said) = server.get("/sessions/sums/messages");
    let roles: Vec<&Value> = said["messages"].as_array().unwrap().iter().map(|said| &said["role"]).collect();
    assert_eq!(roles, ["user", "assistant", "tool", "assistant"], "{said}");
    assert_eq!(said["messages"][1]["calls"][0]["tool"], "calculate", "{said}");
    assert_eq!(said["messages"][3]["text"], "It is 42.", "{said}");
    assert_eq!(server.post(&format!("/runs/{id}/resume"), &json!({})), (200, run.clone()), "it has ended");
    assert_eq!(server.post(&format!("/runs/{id}/cancel"), &json!({})), (200, run), "as it did");
    assert_eq!(server.get("/health"), (200, json!({"status": "ok"})));
}

#[test]
fn what_cannot_be_served_says_why() {
    let bench = Bench::new();
    let server = Server::start(&bench, &reckons(&bench), &[]);
    for path in ["/runs/r0", "/runs/r0/events", "/runs/r0/approval", "/sessions/none/messages", "/nothing"] {
        assert_eq!(refused(&server.get(path)), (404, "not_found"), "{path}");
    }
    for path in ["/runs/r0/resume", "/runs/r0/cancel", "/nothing"] {
        assert_eq!(refused(&server.post(path, &json!({}))), (404, "not_found"), "{path}");
    }
    let decided = json!({"decision": "allow", "digest": "0"});
    assert_eq!(refused(&server.post("/runs/r0/approval", &decided)), (404, "not_found"));
    assert_eq!(refused(&server.get("/runs")), (405, "request"));
    for body in [json!({"message": " "}), json!({}), json!({"message": "a", "sesion": "b"}), json!([])] {
        assert_eq!(refused(&server.post("/runs", &body)), (400, "request"), "{body}");
    }
    let long = json!({"message": "a".repeat(1_000_000)});
    assert_eq!(refused(&server.post("/runs", &long)), (413, "request"));
    let listed = bench.run(&["runs", "list", "--json"]);
    assert_eq!(listed.out, "", "nothing was begun");
}

#[test]
fn events_come_as_they_become_durable() {
    let bench = Bench::new();
    let server = Server::start(&bench, &reckons(&bench), &[]);
    let told: Vec<(String, Value)> = server.stream("/runs", &json!({"message": "6 times 7?"})).collect();
    let events: Vec<&str> = told
        .iter()
        .filter(|(kind, _)| kind == "event")
        .map(|(_, event)| event["type"].as_str().unwrap())
        .collect();
    let expected = ["started", "model_replied", "call_decided", "call_started", "call_finished"];
    assert_eq!(events, [&expected[..], &["model_replied", "finished"]].concat());
    let at = |wanted: &str| told.iter().position(|(kind, _)| kind == wanted).unwrap();
    assert_eq!(told[at("delta")].1, json!({"text": "It is 42."}));
    let written = told.iter().position(|(_, event)| event["text"] == "It is 42." && event["turn"] == 2);
    assert!(Some(at("delta")) < written, "a delta comes before the event of its reply: {told:?}");
    assert_eq!(at("ended"), told.len() - 1, "nothing follows");
    let run = &told[at("ended")].1;
    assert_eq!((200, run.clone()), server.get(&format!("/runs/{}", run["run"].as_str().unwrap())));
}

#[test]
fn a_key_begins_one_run_also_after_a_restart() {
    let bench = Bench::new();
    let model = bench.booking();
    let server = Server::start(&bench, &model, &["--approve", "auto"]);
    let asked = json!({"message": "Book the first train to Beijing"});
    let named = json!({"message": "Book the first train to Beijing", "session": "trips"});
    let (first, second) = (server.begin("k1", &asked), server.begin("k2", &named));
    assert_eq!((first.0, &first.1["outcome"]), (200, &json!("answered")), "{first:?}");
    assert_eq!((second.0, &second.1["session"]), (200, &json!("trips")), "{second:?}");
    assert_eq!((bench.bookings(), server.begin("k1", &asked)), (json!(2), first.clone()));
    let other = server.begin("k1", &json!({"message": "Book the last one"}));
    assert_eq!(refused(&other), (409, "conflict"));
    assert_eq!(other.1["error"]["run"], first.1["run"]);
    server.kill();
    let server = Server::start(&bench, &model, &["--approve", "auto"]);
    assert_eq!((server.begin("k1", &asked), server.begin("k2", &named)), (first.clone(), second));
    assert_eq!(bench.bookings(), json!(2), "nothing is done twice");
    let headers = [("accept", "text/event-stream"), ("idempotency-key", "k1")];
    let told: Vec<(String, Value)> =
        Told::on(server.ask("POST /runs", &headers, &asked.to_string())).collect();
    assert_eq!(told[0].1["key"], "k1", "{told:?}");
    assert_eq!(told.last().unwrap(), &("ended".to_owned(), first.1));
    assert_eq!(refused(&server.begin(&"k".repeat(201), &asked)), (400, "request"));
}

#[test]
fn requests_under_one_key_at_once_are_one_run() {
    let bench = Bench::new();
    let server = Server::start(&bench, &silent(), &[]);
    let asked = json!({"message": "Hello"});
    let keys = ["k1", "k2", "k3", "k4"];
    let ask = |key| server.ask("POST /runs", &[("idempotency-key", key)], &asked.to_string());
    let asking = keys.map(|key| (ask(key), ask(key)));
    let begun = || bench.run(&["runs", "list", "--json"]).events();
    for _ in 0..200 {
        if begun().len() >= keys.len() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    for run in begun() {
        let path = format!("/runs/{}/cancel", run["run"].as_str().unwrap());
        let (status, ended) = server.post(&path, &json!({}));
        assert_eq!((status, &ended["outcome"]), (200, &json!("cancelled")), "{ended}");
    }
    for (one, other) in asking {
        let (one, other) = (Reply::on(one).told(), Reply::on(other).told());
        assert_eq!((one.0, &one.1["outcome"]), (200, &json!("cancelled")), "{one:?}");
        assert_eq!(one, other);
    }
    assert_eq!(begun().len(), keys.len());
}

#[test]
fn a_run_whose_server_was_killed_goes_on_under_its_key() {
    let bench = Bench::new();
    let server = Server::start(&bench, &silent(), &[]);
    let asked = json!({"message": "What is 6 times 7?"});
    let headers = [("accept", "text/event-stream"), ("idempotency-key", "k1")];
    let run = begun(&mut Told::on(server.ask("POST /runs", &headers, &asked.to_string())));
    server.kill();
    let server = Server::start(&bench, &reckons(&bench), &[]);
    let (_, interrupted) = server.get(&format!("/runs/{run}"));
    assert_eq!((&interrupted["outcome"], &interrupted["running"]), (&json!(null), &json!(false)));
    let (status, ended) = server.begin("k1", &asked);
    assert_eq!((status, &ended["run"], &ended["answer"]), (200, &json!(run), &json!("It is 42.")), "{ended}");
}

#[test]
fn a_person_decides_over_http() {
    let bench = Bench::new();
    let server = Server::start(&bench, &bench.booking(), &[]);
    let asked = json!({"message": "Book the first train to Beijing", "session": "trips"});
    let (status, run) = server.post("/runs", &asked);
    assert_eq!((status, &run["outcome"], &run["call"]), (200, &json!("waiting"), &json!("c2")), "{run}");
    let path = format!("/runs/{}/approval", run["run"].as_str().unwrap());
    let (_, approval) = server.get(&path);
    assert_eq!((&approval, &approval["call"]["tool"]), (&run["approval"], &json!("book")), "{approval}");
    assert!(approval["plan"].is_object() && approval["digest"].is_string(), "{approval}");
    assert_eq!(refused(&server.post("/runs", &asked)), (409, "conflict"), "the session waits");
    let decided = |decision: &str, digest: &Value| json!({"decision": decision, "digest": digest});
    let wrong = [
        (decided("allow", &json!("0".repeat(64))), 409),
        (decided("allow", &json!(approval["digest"].as_str().unwrap()[..8])), 409),
        (decided("ask", &approval["digest"]), 400),
        (json!({"decision": "allow"}), 400),
    ];
    for (body, status) in wrong {
        assert_eq!(server.post(&path, &body).0, status, "{body}");
    }
    assert_eq!(bench.bookings(), json!(0));
    let (status, ended) = server.post(&path, &decided("allow", &approval["digest"]));
    assert_eq!((status, &ended["outcome"]), (200, &json!("answered")), "{ended}");
    assert_eq!((bench.bookings(), &ended["receipts"][0]["tool"]), (json!(1), &json!("book")), "{ended}");
    assert_eq!(refused(&server.post(&path, &decided("allow", &approval["digest"]))), (409, "conflict"));
    assert_eq!(server.get(&path).0, 404, "nothing waits any more");
    let (_, run) = server.post("/runs", &json!({"message": "Book the first train to Beijing"}));
    let path = format!("/runs/{}/approval", run["run"].as_str().unwrap());
    let no = json!({"decision": "deny", "digest": run["approval"]["digest"], "why": "too early"});
    let told: Vec<(String, Value)> = server.stream(&path, &no).collect();
    let said = told.iter().find(|(_, event)| event["type"] == "call_finished");
    assert!(said.unwrap().1["result"].to_string().contains("too early"), "{told:?}");
    assert_eq!((told.last().unwrap().0.as_str(), bench.bookings()), ("ended", json!(1)));
}

#[test]
fn a_run_goes_on_without_its_client_until_it_is_cancelled() {
    let bench = Bench::new();
    let server = Server::start(&bench, &silent(), &["--max-runs", "2"]);
    let hello = json!({"message": "Hello", "session": "s"});
    let mut told = server.stream("/runs", &hello);
    let run = begun(&mut told);
    let (_, now) = server.get(&format!("/runs/{run}"));
    assert_eq!((&now["running"], &now["outcome"]), (&json!(true), &json!(null)), "{now}");
    let busy = server.reply("POST /runs", &[], &hello.to_string());
    assert_eq!(refused(&busy.told()), (409, "busy"));
    assert!(busy.head.contains("retry-after: "), "{}", busy.head);
    assert_eq!(refused(&server.post(&format!("/runs/{run}/resume"), &json!({}))), (409, "busy"));
    let alone = begun(&mut server.stream("/runs", &json!({"message": "Hello"})));
    let full = server.reply("POST /runs", &[], &json!({"message": "Hello"}).to_string());
    assert_eq!(refused(&full.told()), (503, "busy"));
    assert!(full.head.contains("retry-after: "), "{}", full.head);
    assert_eq!(server.get(&format!("/runs/{alone}")).1["running"], json!(true), "its client has gone");
    for id in [&run, &alone] {
        let (status, ended) = server.post(&format!("/runs/{id}/cancel"), &json!({}));
        assert_eq!((status, &ended["outcome"]), (200, &json!("cancelled")), "{ended}");
    }
    let (kind, ended) = told.last().unwrap();
    assert_eq!((kind.as_str(), &ended["outcome"]), ("ended", &json!("cancelled")), "{ended}");
}

#[test]
fn pages_of_other_origins_may_not_ask_unless_they_are_named() {
    let bench = Bench::new();
    let server = Server::start(&bench, &reckons(&bench), &["--origin", "https://app.example.org/"]);
    let own = format!("http://{}", server.place);
    let body = json!({"message": "Hello"}).to_string();
    for (name, value) in
        [("origin", "https://evil.example"), ("origin", "null"), ("host", "rebound.example:8643")]
    {
        let reply = server.reply("POST /runs", &[(name, value)], &body);
        assert_eq!(refused(&reply.told()), (403, "forbidden"), "{name}: {value}");
        assert!(!reply.head.contains("access-control"), "{}", reply.head);
    }
    assert_eq!(bench.run(&["runs", "list", "--json"]).out, "", "nothing was begun");
    assert_eq!(server.reply("GET /health", &[("origin", &own)], "").status, 200);
    assert_eq!(server.reply("GET /health", &[("host", "localhost")], "").status, 200);
    let asks = [("origin", "https://app.example.org"), ("access-control-request-method", "POST")];
    let first = server.reply("OPTIONS /runs", &asks, "");
    assert_eq!((first.status, first.body.as_str()), (204, ""));
    let reply = server.reply("POST /runs", &asks[..1], &body);
    assert_eq!(reply.status, 200, "{}", reply.body);
    for head in [first.head, reply.head] {
        assert!(head.contains("access-control-allow-origin: https://app.example.org"), "{head}");
        assert!(head.contains("idempotency-key"), "{head}");
    }
    let model = reckons(&bench);
    let wrong = ["serve", "agent", "--listen", "127.0.0.1:0", "--model", &model, "--origin", "here"];
    let ran = bench.run(&wrong);
    assert!(ran.code == 2 && ran.err.contains("no origin of web pages"), "{}", ran.err);
}

#[test]
fn other_machines_need_a_key() {
    let bench = Bench::new();
    let model = reckons(&bench);
    let help = bench.run(&["serve", "agent", "--help"]).out;
    assert!(help.contains("waits until a client decides") && !help.contains("on the terminal"), "{help}");
    assert!(!help.contains("--json"), "{help}");
    let open = bench.run(&["serve", "agent", "--listen", "0.0.0.0:0", "--model", &model]);
    assert!(open.code == 2 && open.err.contains("HANDYMAN_SERVE_KEY"), "{}", open.err);
    let arguments = ["serve", "agent", "--listen", "127.0.0.1:0", "--model", &model];
    for wrong in ["", " \n"] {
        let mut command = bench.command(&arguments);
        let ran = command.env("HANDYMAN_SERVE_KEY", wrong).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.code() == Some(2) && said.contains("there is no key in it"), "{said}");
    }
    let server = Server::of(bench.command(&arguments).env("HANDYMAN_SERVE_KEY", "s3cret\n"));
    let asks = |key: &str| server.reply("GET /runs/r0", &[("authorization", key)], "");
    assert_eq!(refused(&asks("Bearer s3cret").told()), (404, "not_found"));
    for wrong in ["Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "s3cret"] {
        assert_eq!(refused(&asks(wrong).told()), (401, "unauthorized"), "{wrong}");
    }
    let proxied = [("authorization", "Bearer s3cret"), ("host", "agent.example.org")];
    assert_eq!(server.reply("GET /runs/r0", &proxied, "").status, 404, "the key is enough");
    assert_eq!(server.get("/runs/r0").0, 401);
    assert_eq!(server.get("/health").0, 200);
}

#[cfg(unix)]
#[test]
fn ctrl_c_or_a_service_manager_ends_the_runs_and_then_the_server() {
    for signal in ["INT", "TERM"] {
        let bench = Bench::new();
        let mut server = Server::start(&bench, &silent(), &[]);
        let mut told = server.stream("/runs", &json!({"message": "Hello"}));
        let run = begun(&mut told);
        let kill = format!("kill -{signal} {}", server.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let (kind, ended) = told.last().unwrap();
        assert_eq!((kind.as_str(), &ended["outcome"]), ("ended", &json!("cancelled")), "{signal}: {ended}");
        assert_eq!(server.child.wait().unwrap().code(), Some(0), "{signal}");
        assert!(bench.has_ended(&run), "{signal}");
    }
}
