//! People decide: a run that waits, decisions from another process, chat over restarts, replay and upkeep.

mod support;

use serde_json::{Value, json};
use support::{Bench, DATE, Ran, call};

/// A run that waits before it books; its name.
fn waiting(bench: &Bench, model: &str) -> String {
    let ran = bench.run(&["book it", "--model", model, "--date", DATE, "--json"]);
    assert_eq!(ran.code, 3, "it waits: {}", ran.err);
    let events = ran.events();
    assert_eq!(events.last().unwrap()["outcome"], "waiting");
    assert!(ran.err.contains("handyman approvals allow"), "{}", ran.err);
    events[0]["run"].as_str().unwrap().to_owned()
}

#[test]
fn a_decision_is_given_later_from_another_process() {
    let bench = Bench::new();
    let model = bench.booking();
    let run = waiting(&bench, &model);
    let listed = bench.run(&["approvals", "list"]);
    for says in [run.as_str(), "book(id: ", "+ bookings: ", "has an effect and needs a person's yes"] {
        assert!(listed.out.contains(says), "{says} in {}", listed.out);
    }
    let approval: Value =
        serde_json::from_str(bench.run(&["approvals", "list", "--json"]).out.trim()).unwrap();
    assert_eq!(approval["plan"]["rows"][0]["becomes"]["status"], "unpaid", "the row that would be written");
    assert_eq!(bench.bookings(), 0, "a plan writes nothing");
    let wrong = bench.run(&["approvals", "allow", &run, "--digest", "0000"]);
    assert_eq!(wrong.code, 2, "{}", wrong.err);
    let digest = approval["digest"].as_str().unwrap().get(..12).unwrap();
    assert_eq!(bench.run(&["approvals", "allow", &run, "--digest", digest]).code, 0);
    assert_eq!(bench.run(&["approvals", "deny", &run]).code, 2, "it is decided");
    assert_eq!(bench.bookings(), 0, "nothing runs before the run goes on");
    let resumed = bench.run(&["resume", &run, "--model", &model, "--date", DATE, "--json"]);
    assert_eq!(resumed.code, 0, "{}", resumed.err);
    let events = resumed.events();
    assert_eq!(events.last().unwrap()["receipts"][0]["tool"], "book");
    assert_eq!(bench.bookings(), 1);
    assert!(bench.run(&["approvals", "list"]).out.is_empty());

    let shown = bench.run(&["runs", "show", &run]);
    assert!(shown.out.contains("id ← search_trains (c1)"), "{}", shown.out);
    assert!(shown.out.contains("a person allowed it"), "{}", shown.out);
}

/// What a note says after these words.
#[cfg(unix)]
fn noted<'a>(ran: &'a Ran, words: &str) -> &'a str {
    let said = ran.err.lines().find_map(|line| line.strip_prefix("· ")?.strip_prefix(words));
    said.unwrap_or_else(|| panic!("{words}: {}", ran.err))
}

/// Types a command into a shell as it was printed.
#[cfg(unix)]
fn typed(bench: &Bench, line: &str) -> Ran {
    use std::process::{Command, Stdio};

    let script = format!("\"$0\" {}", line.strip_prefix("handyman ").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", script.as_str(), env!("CARGO_BIN_EXE_handyman")]).env("HANDYMAN_HOME", bench.folder());
    Ran::from(shell.stdin(Stdio::null()).output().unwrap())
}

#[cfg(unix)]
#[test]
fn what_is_printed_to_go_on_with_can_be_typed_as_it_is() {
    let bench = Bench::new();
    let model = bench.booking();
    let world = bench.path("my world.db").display().to_string();
    let asked = bench.run(&["book it", "--model", &model, "--world", &world, "--date", DATE]);
    assert_eq!(asked.code, 3, "{}", asked.err);
    let decided = typed(&bench, noted(&asked, "decide with: ").strip_suffix(" (or deny)").unwrap());
    assert_eq!(decided.code, 0, "{}", decided.err);
    let resumed = typed(&bench, noted(&decided, "go on with it: "));
    assert!(resumed.code == 0 && resumed.out.contains("Booked"), "{} {}", resumed.out, resumed.err);
    assert_eq!(bench.bookings(), 0, "it is booked in the world that was named");
}

#[cfg(unix)]
#[test]
fn a_model_that_is_not_named_again_is_one_that_was_pulled_or_is_asked_for() {
    let bench = Bench::new();
    let model = bench.booking();
    let [first, second] = [(); 2].map(|()| waiting(&bench, &model));
    let allowed = bench.run(&["approvals", "allow", &first]);
    let command = noted(&allowed, "go on with it, and name the model that it began with (script): ");
    assert_eq!(command, format!("handyman resume {first} --model …"));
    // A file of that content in the cache of the hub.
    let began = bench.run(&["runs", "show", &second, "--json"]).events();
    let repo = bench.path("hub/models--some--model-GGUF");
    let (blobs, commit) = (repo.join("blobs"), repo.join("snapshots/0123"));
    for folder in [&blobs, &commit] {
        std::fs::create_dir_all(folder).unwrap();
    }
    let blob = blobs.join(began[0]["model"]["sha256"].as_str().unwrap());
    std::fs::write(&blob, "a model").unwrap();
    std::os::unix::fs::symlink(&blob, commit.join("m-Q8_0.gguf")).unwrap();
    let mut denies = bench.command(&["approvals", "deny", &second]);
    let denied = Ran::from(denies.env("HF_HUB_CACHE", bench.path("hub")).output().unwrap());
    let command = format!("handyman resume {second} --model some/model-GGUF:Q8_0");
    assert_eq!(noted(&denied, "go on with it: "), command);
}

#[test]
fn a_denied_call_does_not_run() {
    let bench = Bench::new();
    let script = [
        call("search_trains", json!({"from": "上海", "to": "北京", "day": "明天"})),
        call("book", json!({"id": "{{search_trains.id}}"})),
        json!({"text": "Not booked."}),
    ];
    let model = bench.script(&script);
    let run = waiting(&bench, &model);
    assert_eq!(bench.run(&["approvals", "deny", &run, "--why", "it leaves too early"]).code, 0);
    let resumed = bench.run(&["resume", &run, "--model", &model, "--date", DATE, "--json"]);
    let refused = resumed.events().into_iter().find(|event| event["outcome"] == "refused");
    assert_eq!(refused.unwrap()["result"]["error"], "a person said no: it leaves too early");
    assert_eq!(bench.bookings(), 0);
    let shown = bench.run(&["runs", "show", &run]);
    assert!(shown.out.contains("a person denied it: it leaves too early"), "{}", shown.out);
}

#[test]
fn what_was_allowed_in_one_world_is_done_in_no_other() {
    let bench = Bench::new();
    let model = bench.booking();
    let [first, second] = ["first.db", "second.db"].map(|name| bench.path(name).display().to_string());
    let asked = bench.run(&["book it", "--model", &model, "--world", &first, "--date", DATE, "--json"]);
    assert_eq!(asked.code, 3, "{}", asked.err);
    let run = asked.events()[0]["run"].as_str().unwrap().to_owned();
    assert_eq!(bench.run(&["approvals", "allow", &run]).code, 0);
    let resume =
        |world: &str| bench.run(&["resume", &run, "--model", &model, "--world", world, "--date", DATE]);
    let elsewhere = resume(&second);
    assert_eq!(elsewhere.code, 2, "{}", elsewhere.err);
    for place in ["first.db", "second.db"] {
        assert!(elsewhere.err.contains(place), "{place} in {}", elsewhere.err);
    }
    let cancel = bench.run(&["runs", "cancel", &run, "--world", &second, "--date", DATE]);
    assert!(cancel.code == 2 && cancel.err.contains("first.db"), "{} {}", cancel.out, cancel.err);
    assert_eq!(resume(&first).code, 0);
    let count = json!({"select": "SELECT count(*) AS n FROM bookings"}).to_string();
    for (world, bookings) in [(&first, 1), (&second, 0)] {
        let ran = bench.run(&["tools", "call", "run_sql", &count, "--world", world, "--date", DATE]);
        assert_eq!(serde_json::from_str::<Value>(&ran.out).unwrap()["rows"][0]["n"], bookings, "{world}");
    }
}

#[test]
fn what_has_changed_since_is_asked_again() {
    let bench = Bench::new();
    let search = call("search_trains", json!({"from": "上海", "to": "北京", "day": "明天"}));
    let pay = || call("pay", json!({"booking": "{{book.booking}}"}));
    let book = call("book", json!({"id": "{{search_trains.id}}"}));
    let auto = bench.script(&[search, book, json!({"text": "Booked."}), pay(), json!({"text": "Paid."})]);
    let chat = |approve: &str, message: &str| say(&bench, &auto, approve, message);
    assert_eq!(chat("auto", "book it").code, 0);
    let asked = chat("ask", "pay it");
    let run = asked.events()[0]["run"].as_str().unwrap().to_owned();
    assert_eq!(bench.run(&["approvals", "allow", &run]).code, 0);
    // Something else is paid from the same account in the meantime.
    let booking = bench.select("SELECT booking FROM bookings")[0]["booking"].clone();
    let other =
        json!({"id": bench.select("SELECT id FROM offers ORDER BY id DESC LIMIT 1")[0]["id"]}).to_string();
    let other = bench.run(&["tools", "call", "book", &other, "--date", DATE]);
    let other: Value = serde_json::from_str(&other.out).unwrap();
    assert_ne!(other["booking"], booking);
    let other = json!({"booking": other["booking"]}).to_string();
    assert_eq!(bench.run(&["tools", "call", "pay", &other, "--date", DATE]).code, 0);
    let resumed = bench.run(&["resume", &run, "--model", &auto, "--date", DATE, "--json"]);
    assert_eq!(resumed.code, 3, "{}", resumed.out);
    let why = resumed
        .events()
        .into_iter()
        .rev()
        .find_map(|event| event["why"].as_str().map(str::to_owned))
        .unwrap();
    assert!(why.contains("has changed since"), "{why}");
    assert_eq!(bench.run(&["approvals", "allow", &run]).code, 0);
    assert_eq!(bench.run(&["resume", &run, "--model", &auto, "--date", DATE]).code, 0);
    let paid = bench.select("SELECT count(*) AS n FROM bookings WHERE status = 'paid'");
    assert_eq!(paid[0]["n"], 2);
}

/// One message to `handyman chat`.
fn say(bench: &Bench, model: &str, approve: &str, message: &str) -> Ran {
    bench.chat(&["--model", model, "--approve", approve, "--json"], format!("{message}\n"))
}

#[test]
fn a_chat_goes_on_after_a_restart() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "One."}), json!({"text": "Two."})]);
    assert_eq!(say(&bench, &model, "ask", "first").events().last().unwrap()["answer"], "One.");
    let second = say(&bench, &model, "ask", "\n\nsecond").events();
    assert_eq!(second.last().unwrap()["answer"], "Two.", "the second process knows of the first");
    let beyond = say(&bench, &model, "ask", "third");
    assert!(beyond.err.contains("the script has 2 replies") && beyond.code == 1, "{}", beyond.err);
}

#[test]
fn a_chat_that_is_no_terminal_says_in_the_end_that_a_person_has_to_decide() {
    let bench = Bench::new();
    let model = bench.booking();
    assert_eq!(say(&bench, &model, "ask", "book it").code, 3);
    let again = say(&bench, &model, "ask", "and now?");
    assert!(again.code == 3 && again.err.contains("waits for a person"), "{}", again.err);
    let listed = bench.run(&["approvals", "list", "--json"]).events();
    assert_eq!(bench.run(&["approvals", "allow", listed[0]["run"].as_str().unwrap()]).code, 0);
    assert_eq!(say(&bench, &model, "ask", "thanks").code, 0, "it is decided");
}

#[test]
fn a_chat_that_is_no_terminal_says_in_the_end_that_a_run_stopped_at_a_limit() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "It will ra", "stop": "tokens"}), json!({"text": "Hello."})]);
    let ran = bench.chat(&["--model", &model], "Will it rain?\nhello\n");
    assert!(ran.code == 3 && ran.out.ends_with("Hello.\n"), "{} {}", ran.code, ran.out);
    assert_eq!(bench.chat(&["--model", &model], "").code, 0, "nothing was asked");
}

#[test]
fn every_message_of_a_chat_begins_without_an_empty_line() {
    let bench = Bench::new();
    let sum = || call("calculate", json!({"expression": "6 * 7"}));
    let model = bench.script(&[
        json!({"text": "Hello."}),
        sum(),
        json!({"text": "42."}),
        sum(),
        json!({"text": "42."}),
    ]);
    let ran = bench.chat(&["--model", &model], "hi\n6 * 7?\nagain?\n");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out, "Hello.\n42.\n42.\n");
    let steps: Vec<&str> = ran.err.lines().filter(|line| line.starts_with('→')).collect();
    assert_eq!(steps, ["→ calculate(expression: 6 * 7)"; 2]);
}

#[test]
fn what_waits_is_shown_above_how_to_decide_on_it() {
    let bench = Bench::new();
    let search = call("search_trains", json!({"from": "上海", "to": "北京", "day": "明天"}));
    let book = call("book", json!({"id": "{{search_trains.id}}"}));
    let pay = call("pay", json!({"booking": "{{book.booking}}"}));
    let model = bench.script(&[search, book, json!({"text": "Booked."}), pay]);
    assert_eq!(say(&bench, &model, "auto", "book it").code, 0);
    let asked = say(&bench, &model, "ask", "pay it");
    let lines: Vec<&str> = asked.err.lines().collect();
    let result = lines.iter().position(|line| line.contains("paid: ") && line.contains(" · balance: "));
    let rows = lines.iter().position(|line| line.starts_with("· ~ accounts "));
    let hint = lines.iter().position(|line| line.starts_with("· decide with: handyman approvals allow "));
    assert!(result.is_some() && result < rows && rows < hint, "{}", asked.err);
    assert!(!lines[result.unwrap()].contains("_minor"), "{}", asked.err);
}

#[test]
fn a_run_that_has_ended_says_so_and_how() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    let began = bench.run(&["hi", "--model", &model, "--date", DATE, "--json"]).events();
    let run = began[0]["run"].as_str().unwrap();
    let resumed = bench.run(&["resume", run, "--model", &model, "--date", DATE]);
    assert_eq!((resumed.code, resumed.out.as_str()), (0, "Hello.\n"));
    assert!(resumed.err.contains(&format!("run {run} has ended")), "{}", resumed.err);
    assert!(!resumed.err.contains("goes on with it"), "{}", resumed.err);
    let resumed = bench.run(&["resume", run, "--model", &model, "--date", DATE, "--json"]);
    assert_eq!(resumed.events().last(), began.last());
}

#[test]
fn what_was_written_cannot_steer_the_terminal() {
    let bench = Bench::new();
    let forged = "42\u{1b}[2K\u{9b}8m\u{202e}";
    let model = bench.script(&[call("calculate", json!({"expression": forged})), json!({"text": forged})]);
    let message = format!("sum\u{1b}[1A{forged}");
    let ran = bench.run(&[&message, "--model", &model, "--date", DATE]);
    let run = bench.run(&["runs", "list"]).out.split_whitespace().next().unwrap().to_owned();
    let (listed, shown) = (bench.run(&["runs", "list"]), bench.run(&["runs", "show", &run]));
    for text in [&ran.out, &ran.err, &listed.out, &shown.out, &shown.err] {
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(steers), "{text:?}");
    }
    assert!(ran.out.contains(r"42\u001b[2K\u009b8m\u202e"), "{}", ran.out);
    let events = bench.run(&["runs", "show", &run, "--json"]).events();
    assert_eq!(events.last().unwrap()["answer"], forged, "a program is told what was said");
}

#[test]
fn a_recorded_run_is_replayed_and_forked() {
    let bench = Bench::new();
    let model = bench.booking();
    let ran = bench.run(&["book it", "--model", &model, "--approve", "auto", "--date", DATE, "--json"]);
    let run = ran.events()[0]["run"].as_str().unwrap().to_owned();
    let events = ran.events().len();
    let replayed = bench.run(&["replay", &run, "--model", &model, "--date", DATE]);
    assert_eq!(
        (replayed.code, replayed.out.trim()),
        (0, format!("{events} events the same, 3 replies generated again").as_str())
    );
    assert_eq!(bench.run(&["replay", &run, "--without-model", "--date", DATE]).code, 0);
    assert_eq!(bench.bookings(), 1, "a replay runs no tool");

    let other = bench.write(
        "other.jsonl",
        &std::fs::read_to_string(bench.path("script.jsonl")).unwrap().replace("Booked", "Done:"),
    );
    let other = format!("script:{}", other.display());
    let differs = bench.run(&["replay", &run, "--model", &other, "--date", DATE]);
    assert_eq!(differs.code, 1);
    assert!(
        differs.out.contains("recorded: Booked") && differs.out.contains("now:      Done:"),
        "{}",
        differs.out
    );
    let forked = bench.run(&["fork", &run, "--at", "3", "--model", &other, "--date", DATE, "--json"]);
    assert_eq!(forked.code, 0, "{}", forked.err);
    assert_eq!(forked.events().last().unwrap()["answer"], "Done: {{x}}.");
    assert_eq!(bench.bookings(), 1, "what was done is not done again");
    let told = bench.run(&["fork", &run, "--at", "3", "--model", &other, "--date", DATE]);
    assert!(told.err.contains(&format!(" is a copy of {run} up to turn 3\n")), "{}", told.err);
    let none = bench.run(&["fork", &run, "--at", "9", "--model", &other, "--date", DATE]);
    assert!(none.code == 2 && none.err.contains("has no turn 9"), "{}", none.err);
}

#[test]
fn a_journal_is_verified_exported_and_pruned() {
    let bench = Bench::new();
    let model = bench.script(&[json!({"text": "Hello."})]);
    bench.run(&["hi", "--model", &model, "--date", "2020-01-01"]);
    bench.run(&["hi", "--model", &model, "--date", DATE]);
    let verified = bench.run(&["runs", "verify"]);
    assert_eq!((verified.code, verified.out.trim()), (0, "2 runs, 6 events, 0 damaged"));
    let exported = bench.run(&["runs", "export"]).events();
    assert_eq!(exported.len(), 2);
    assert_eq!(exported[0]["events"][2]["answer"], "Hello.");
    let only = exported[1]["run"].as_str().unwrap();
    assert_eq!(bench.run(&["runs", "export", only]).events(), exported[1..]);
    assert_eq!(bench.run(&["runs", "export", "r0"]).code, 2);
    let pruned = bench.run(&["runs", "prune", "--older-than", "30d", "--date", DATE]);
    assert_eq!((pruned.code, pruned.out.trim()), (0, exported[0]["run"].as_str().unwrap()));
    assert_eq!(bench.run(&["runs", "export"]).events().len(), 1);
    let ages = bench.run(&["runs", "prune", "--older-than", "18446744073709551615s"]);
    assert_eq!((ages.code, ages.out.as_str()), (0, ""), "nothing is so old: {}", ages.err);
    let wrong = bench.run(&["runs", "prune", "--older-than", "soon"]);
    assert!(wrong.code == 2 && wrong.err.contains("like 30d"), "{}", wrong.err);
}
