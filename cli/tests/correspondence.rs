//! The command line on a calendar file and on mail: what is asked about, what survives a kill, what is in doubt.

#![cfg(feature = "services")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use support::{Begun, Bench, DATE, Ran, kill_in_time};

const EMPTY: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nX-OWN:kept\r\nEND:VCALENDAR\r\n";

fn call(tool: &str, arguments: &Value) -> Value {
    json!({"calls": [{"tool": tool, "arguments": arguments}]})
}

fn lunch() -> Value {
    json!({"title": "lunch with Bob", "day": "tomorrow", "time": "12:30"})
}

fn letter() -> Value {
    json!({"to": ["bob@example.com"], "subject": "Lunch", "text": "See you at half past twelve."})
}

/// The binary, for a person in Berlin.
fn command(bench: &Bench, arguments: &[&str]) -> Command {
    let mut command = bench.command(arguments);
    command.env("TZ", "Europe/Berlin").env("HANDYMAN_SMTP_PASSWORD", "pass word");
    command
}

fn ran(bench: &Bench, arguments: &[&str]) -> Ran {
    command(bench, arguments).output().unwrap().into()
}

/// A task's arguments, with these options.
fn task<'a>(first: &[&'a str], model: &'a str, options: &[&'a str]) -> Vec<&'a str> {
    [first, &["--model", model, "--date", DATE, "--json"], options].concat()
}

#[test]
fn a_calendar_file_is_listed_and_added_to() {
    let bench = Bench::new();
    let path = bench.write("work.ics", EMPTY);
    let file = path.to_str().unwrap();
    let by_hand = |tool: &str, arguments: &Value, key: &str| {
        let ran = ran(
            &bench,
            &[
                "tools",
                "call",
                tool,
                &arguments.to_string(),
                "--calendar",
                file,
                "--key",
                key,
                "--date",
                DATE,
            ],
        );
        assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
        serde_json::from_str::<Value>(&ran.out).unwrap()
    };
    let added = by_hand("add_event", &lunch(), "k1");
    assert_eq!(by_hand("add_event", &lunch(), "k1"), added, "again under the same key");
    let content = std::fs::read_to_string(&path).unwrap();
    assert!(
        content.contains("DTSTART:20261124T113000Z") && content.contains("X-OWN:kept\r\n"),
        "half past twelve in Berlin: {content}"
    );
    let listed = by_hand("list_events", &json!({"day": "tomorrow"}), "k2");
    assert_eq!(
        listed["events"],
        json!([{"title": "lunch with Bob", "date": "2026-11-24", "starts": "12:30", "ends": "13:30"}])
    );
    // The tools are those of the sandbox.
    let show = |options: &[&str]| ran(&bench, &[&["tools", "show", "add_event"], options].concat()).out;
    let (own, sandbox): (Value, Value) = (
        serde_json::from_str(&show(&["--calendar", file])).unwrap(),
        serde_json::from_str(&show(&[])).unwrap(),
    );
    assert_eq!(
        (&own["parameters"], &own["description"], &own["effect"]),
        (&sandbox["parameters"], &sandbox["description"], &sandbox["effect"])
    );
    std::fs::write(&path, content.replace("BEGIN:VEVENT", "BEGIN:VEVENT\r\nnonsense")).unwrap();
    let damaged = ran(&bench, &["tools", "list", "--calendar", file]);
    assert!(
        damaged.code == 1 && damaged.err.contains("work.ics cannot be read: line 6: 'nonsense'"),
        "{}",
        damaged.err
    );
    let missing = ran(&bench, &["tools", "list", "--calendar", "no-such.ics"]);
    assert!(missing.code == 2 && missing.err.contains("no-such.ics"), "{}", missing.err);
}

#[test]
fn an_event_is_asked_about_and_added_as_allowed() {
    let bench = Bench::new();
    let path = bench.write("work.ics", EMPTY);
    let options = ["--calendar", path.to_str().unwrap()];
    let model = bench.script(&[call("add_event", &lunch()), json!({"text": "I added it."})]);
    let asked = ran(&bench, &task(&["run", "add lunch with Bob tomorrow at 12:30"], &model, &options));
    assert_eq!((asked.code, std::fs::read_to_string(&path).unwrap().as_str()), (3, EMPTY), "{}", asked.err);
    let run = asked.events()[0]["run"].as_str().unwrap().to_owned();
    let listed = ran(&bench, &["approvals", "list"]).out;
    assert!(listed.contains("lunch with Bob") && listed.contains("BEGIN:VEVENT"), "{listed}");
    assert_eq!(ran(&bench, &["approvals", "allow", &run]).code, 0);
    let resumed = ran(&bench, &task(&["resume", &run], &model, &options));
    assert_eq!(resumed.events().last().unwrap()["answer"], "I added it.", "{}", resumed.err);
    let last = resumed.events().last().unwrap().clone();
    assert!(last["receipts"][0]["reference"].as_str().unwrap().starts_with('E'), "{last}");
    assert_eq!(std::fs::read_to_string(&path).unwrap().matches("BEGIN:VEVENT").count(), 1);
}

#[test]
fn killed_between_any_two_events_there_is_one_event_and_one_message() {
    kill_in_time(9, |events| {
        let bench = Bench::new();
        let path = bench.write("work.ics", EMPTY);
        let folder = bench.path("outbox");
        let options = [
            "--approve",
            "auto",
            "--calendar",
            path.to_str().unwrap(),
            "--outbox",
            folder.to_str().unwrap(),
            "--mail-from",
            "Ann <ann@example.org>",
        ];
        let model = bench.script(&[
            call("add_event", &lunch()),
            call("send_mail", &letter()),
            json!({"text": "Added and sent."}),
        ]);
        let begins = task(&["run", "add lunch and mail bob@example.com"], &model, &options);
        let run = Begun::new(&mut command(&bench, &begins), events).kill();
        let was_unfinished = !bench.has_ended(&run);
        let resumed = ran(&bench, &task(&["resume", &run], &model, &options));
        assert_eq!(resumed.code, 0, "killed after {events}: {}", resumed.err);
        assert_eq!(
            std::fs::read_to_string(&path).unwrap().matches("BEGIN:VEVENT").count(),
            1,
            "killed after {events}"
        );
        let put = std::fs::read_dir(&folder)
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().path().is_file())
            .count();
        assert_eq!(put, 1, "killed after {events}");
        was_unfinished
    });
}

/// A mail server that takes messages and then does not answer; it counts them.
fn silent_server() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = serve(stream, &counter);
        }
    });
    (port, taken)
}

fn serve(mut stream: TcpStream, counter: &AtomicUsize) -> std::io::Result<()> {
    stream.write_all(b"220 ready\r\n")?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        stream.write_all(match line.split(' ').next().unwrap_or_default() {
            "EHLO" => b"250-test\r\n250 AUTH PLAIN\r\n",
            "AUTH" => b"235 yes\r\n",
            "DATA\r\n" => b"354 go on\r\n",
            _ => b"250 fine\r\n",
        })?;
        if line == "DATA\r\n" {
            let mut mail = Vec::new();
            while !mail.ends_with(b"\r\n.\r\n") {
                let mut byte = [0];
                reader.read_exact(&mut byte)?;
                mail.push(byte[0]);
            }
            counter.fetch_add(1, Ordering::SeqCst);
            return Ok(());
        }
    }
}

#[test]
fn a_message_whose_answer_got_lost_is_unknown_and_not_sent_again() {
    let bench = Bench::new();
    let (port, taken) = silent_server();
    let smtp = format!("smtp://ann%40example.org@127.0.0.1:{port}");
    let options = ["--approve", "auto", "--smtp", &smtp, "--mail-from", "ann@example.org"];
    let model = bench.script(&[
        call("send_mail", &letter()),
        json!({"text": "The mail was sent."}),
        json!({"text": "The mail was sent."}),
    ]);
    let ran = ran(&bench, &task(&["run", "mail bob@example.com about lunch"], &model, &options));
    let events = ran.events();
    let finished = events.iter().find(|event| event["type"] == "call_finished").unwrap();
    assert_eq!(finished["outcome"], "unknown", "{}", ran.out);
    assert_eq!(taken.load(Ordering::SeqCst), 1, "{}", ran.out);
    let answer = events.last().unwrap()["answer"].as_str().unwrap().to_owned();
    assert!(answer.contains("it is unknown whether anything was sent"), "{answer}");
    let run = events[0]["run"].as_str().unwrap().to_owned();
    command(&bench, &task(&["resume", &run], &model, &options)).output().unwrap();
    assert_eq!(taken.load(Ordering::SeqCst), 1, "resuming sends nothing");
    let journal = std::fs::read(bench.path("journal.db")).unwrap();
    let holds = |wanted: &[u8]| journal.windows(wanted.len()).any(|window| window == wanted);
    assert!(!holds(b"pass word") && !holds(b"cGFzcyB3b3Jk"), "the password is in no journal");
}

#[test]
fn a_claim_to_have_sent_needs_a_message() {
    let bench = Bench::new();
    let folder = bench.path("outbox");
    let options =
        ["--approve", "auto", "--outbox", folder.to_str().unwrap(), "--mail-from", "ann@example.org"];
    let claims =
        bench.script(&[json!({"text": "I have sent the mail."}), json!({"text": "I have sent the mail."})]);
    let ran_without = ran(&bench, &task(&["run", "mail bob@example.com about lunch"], &claims, &options));
    let answer = ran_without.events().last().unwrap()["answer"].as_str().unwrap().to_owned();
    assert!(answer.contains("nothing was sent"), "{answer}");
    let sends = bench.script(&[call("send_mail", &letter()), json!({"text": "I have sent the mail."})]);
    let ran_with = ran(&bench, &task(&["run", "mail bob@example.com about lunch"], &sends, &options));
    let last = ran_with.events().last().unwrap().clone();
    assert_eq!(last["answer"], "I have sent the mail.", "{}", ran_with.out);
    assert!(last["receipts"][0]["reference"].as_str().unwrap().starts_with('M'), "{last}");
}

#[test]
fn options_that_cannot_work_are_told() {
    let bench = Bench::new();
    for (options, expected) in [
        (&["--smtp", "smtps://ann@example.org"][..], "--mail-from"),
        (&["--mail-from", "ann@example.org"], "there is no way to send it"),
        (&["--mail-from", "ann", "--outbox", "x"], "--mail-from: 'ann' is no e-mail address"),
        (&["--mail-from", "ann@example.org", "--smtp", "example.org"], "--smtp: this is no address"),
        (
            &["--mail-from", "ann@example.org", "--smtp", "smtps://ann:secret@example.org"],
            "--smtp: the address has a password in it",
        ),
    ] {
        let ran = ran(&bench, &[&["tools", "list"], options].concat());
        assert!(
            ran.code == 2 && ran.err.contains(expected) && !ran.err.contains("secret"),
            "{options:?}: {} {}",
            ran.code,
            ran.err
        );
    }
    let listed = ran(&bench, &["tools", "list"]).out;
    assert!(!listed.contains("send_mail"), "{listed}");
}
