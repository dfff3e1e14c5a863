//! Models from a hub and behind an endpoint, as a person names them.

#![expect(clippy::unwrap_used, reason = "a test says what it found by failing")]

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use serde_json::{Value, json};
use support::{Bench, DATE};

/// Answers requests on this machine until the test ends.
fn serve(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            if let Some(request) = request(&mut stream) {
                let _ = stream.write_all(&answer(&request));
            }
        }
    });
    url
}

/// A whole request; a client may also go without one.
fn request(stream: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    let mut buffer = [0; 4_096];
    loop {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .to_lowercase()
            .split("content-length: ")
            .nth(1)
            .map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
        if body.len() >= length {
            return Some(text);
        }
    }
}

fn response(kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// The checksum of the built-in model, by whichever program there is for it.
fn sha256() -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../model/handyman.gguf");
    for program in [&["sha256sum"][..], &["shasum", "-a", "256"]] {
        let ran = std::process::Command::new(program[0]).args(&program[1..]).arg(file).output();
        if let Ok(ran) = ran.map(|ran| String::from_utf8(ran.stdout).unwrap())
            && let Some(sum) = ran.split_whitespace().next().filter(|sum| sum.len() == 64)
        {
            return sum.to_owned();
        }
    }
    panic!("neither sha256sum nor shasum tells a checksum");
}

/// A hub with one model, the built-in one.
fn hub() -> String {
    let model = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../model/handyman.gguf")).unwrap();
    let sha256 = sha256();
    serve(move |request| {
        let lfs = json!({"sha256": sha256, "size": model.len()});
        if request.starts_with("GET /api/models/some/tiny-GGUF/") {
            let listing = json!({"sha": "c0ffee", "siblings": [{"rfilename": "tiny-Q8_0.gguf", "lfs": lfs}]});
            return response("application/json", listing.to_string().as_bytes());
        }
        response("application/octet-stream", &model)
    })
}

#[test]
fn a_model_is_pulled_listed_used_and_removed() {
    let (bench, url) = (Bench::new(), hub());
    let run = |arguments: &[&str]| {
        let cache = bench.path("hub");
        let output = bench.command(arguments).env("HF_ENDPOINT", &url).env("HF_HUB_CACHE", cache).output();
        support::Ran::from(output.unwrap())
    };
    let missing = run(&["run", "x", "--model", "some/tiny-GGUF"]);
    assert!(
        missing.code == 2 && missing.err.ends_with("handyman model pull some/tiny-GGUF\n"),
        "{}",
        missing.err
    );
    let pulled = run(&["model", "pull", "some/tiny-GGUF"]);
    assert_eq!(pulled.code, 0, "{}", pulled.err);
    assert!(pulled.out.trim().ends_with("snapshots/c0ffee/tiny-Q8_0.gguf"), "{}", pulled.out);
    assert_eq!(run(&["model", "pull", "some/tiny-GGUF:q8_0", "--offline"]).out, pulled.out);
    let listed = run(&["model", "list"]);
    assert!(
        listed.out.contains("some/tiny-GGUF:Q8_0") && listed.err.contains("recommended"),
        "{}",
        listed.out
    );
    #[cfg(feature = "llama")]
    {
        let info = run(&["model", "info", "--model", "some/tiny-GGUF"]);
        assert!(info.code == 0 && info.out.contains("dialect       hermes"), "{}{}", info.out, info.err);
    }
    assert_eq!(run(&["model", "remove", "some/tiny-GGUF"]).code, 0);
    let gone = run(&["model", "remove", "some/tiny-GGUF"]);
    assert!(gone.code == 2 && gone.err.contains("`handyman model list` gives what is"), "{}", gone.err);
    let unknown = run(&["model", "pull", "nonsense"]);
    assert!(unknown.code == 2 && unknown.err.contains("OWNER/NAME"), "{}", unknown.err);
}

#[test]
fn a_model_behind_an_endpoint_calls_tools_here() {
    let url = serve(|request| {
        let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
        let answered = body["messages"].as_array().unwrap().iter().any(|message| message["role"] == "tool");
        let delta = if answered {
            json!({"content": "It is 42."})
        } else {
            json!({"tool_calls": [{"index": 0, "function": {"name": "calculate", "arguments": "{\"expression\": \"6 * 7\"}"}}]})
        };
        let chunk = json!({"choices": [{"delta": delta, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9, "completion_tokens": 3}});
        response("text/event-stream", format!("data: {chunk}\n\ndata: [DONE]\n\n").as_bytes())
    });
    let bench = Bench::new();
    let ran = bench.run(&[
        "run",
        "What is 6 * 7?",
        "--model",
        &format!("{url}/v1#some-model"),
        "--date",
        DATE,
        "--json",
    ]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let events = ran.events();
    assert_eq!(events[0]["model"]["name"], "some-model");
    let last = events.last().unwrap();
    assert_eq!(
        (&last["answer"], &last["usage"]["calls"], &last["usage"]["prefilled"]),
        (&json!("It is 42."), &json!(1), &json!(18))
    );
}

/// What an endpoint answers whose model says this.
fn said(text: &str) -> Vec<u8> {
    let chunk = json!({"choices": [{"delta": {"content": text}, "finish_reason": "stop"}]});
    response("text/event-stream", format!("data: {chunk}\n\ndata: [DONE]\n\n").as_bytes())
}

#[test]
fn instructions_head_the_conversation() {
    let url = serve(|request| {
        let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
        let first = &body["messages"][0];
        said(&format!("{}: {}", first["role"].as_str().unwrap(), first["content"].as_str().unwrap()))
    });
    let (bench, model) = (Bench::new(), format!("{url}/v1#some-model"));
    let file = format!("@{}", bench.write("rules.txt", "Answer in French.\n").display());
    for instructions in ["Answer in French.", &file] {
        let ran = bench.run(&["hi", "--model", &model, "--system", instructions, "--date", DATE]);
        assert_eq!((ran.code, ran.out.as_str()), (0, "system: Answer in French.\n"), "{}", ran.err);
    }
    let without = bench.run(&["hi", "--model", &model, "--system", "", "--date", DATE]);
    assert!(without.code == 0 && without.out.starts_with("user: "), "{} {}", without.out, without.err);
}

#[test]
fn an_endpoint_that_wants_a_key_is_told_of_with_where_the_key_goes() {
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let body = r#"{"error": {"message": "no such key"}}"#;
        let answer =
            format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let url = serve(move |_| answer.clone().into_bytes());
        let bench = Bench::new();
        // With a model's name the run asks first, without one it is asked for the name before.
        for model in [format!("{url}/v1#some-model"), format!("{url}/v1")] {
            let ran = bench.run(&["hi", "--model", &model, "--date", DATE]);
            assert!(ran.code == 1 && ran.err.contains("no such key"), "{}", ran.err);
            assert!(ran.err.contains("HANDYMAN_API_KEY; if one is there, it is not taken"), "{}", ran.err);
        }
    }
}

#[test]
fn how_tokens_are_drawn_is_told_an_endpoint_as_far_as_it_can_be() {
    let url = serve(|request| {
        let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
        said(&format!("{} {} {}", body["temperature"], body["top_p"], body["seed"]))
    });
    let (bench, model) = (Bench::new(), format!("{url}/v1#some-model"));
    let run = |options: &[&str]| {
        let fixed = ["hi", "--model", &model, "--temperature", "0.7", "--date", DATE];
        bench.run(&[&fixed, options].concat())
    };
    let drawn = run(&["--top-p", "0.9", "--seed", "3"]);
    assert_eq!((drawn.code, drawn.out.as_str()), (0, "0.7 0.9 3\n"), "{}", drawn.err);
    for option in [["--top-k", "5"], ["--min-p", "0.1"], ["--repeat-penalty", "1.1"]] {
        let refused = run(&option);
        let problem = format!("{} has no effect on a model behind an endpoint", option[0]);
        assert!(refused.code == 2 && refused.err.contains(&problem), "{}", refused.err);
    }
}

#[test]
fn an_endpoint_is_examined_by_what_it_says_it_has() {
    let models = |names: &[&str]| {
        let listed: Vec<Value> = names.iter().map(|name| json!({"id": name})).collect();
        let body = json!({"data": listed}).to_string();
        serve(move |_| response("application/json", body.as_bytes()))
    };
    let bench = Bench::new();
    let examined = |url: &str| {
        let (told, found) =
            (bench.run(&["doctor", "--model", url]), bench.run(&["doctor", "--model", url, "--json"]));
        assert_eq!((told.code, found.code), (0, 0), "{}{}", told.err, found.err);
        (told.out, found.events().remove(0))
    };
    let (one, two) = (models(&["only"]), models(&["a", "b"]));
    for (url, model, is_listed, listed, says) in [
        (one.clone(), json!("only"), json!(true), json!(["only"]), "model         only\n"),
        (format!("{two}#b"), json!("b"), json!(true), json!(["a", "b"]), "model         b\n"),
        (format!("{two}#c"), json!("c"), json!(false), json!(["a", "b"]), "c, which is not listed"),
        (two.clone(), Value::Null, Value::Null, json!(["a", "b"]), "name one after the address: URL#MODEL"),
    ] {
        let (told, found) = examined(&url);
        let endpoint = url.split('#').next().unwrap();
        let expected =
            json!({"endpoint": endpoint, "model": model, "is_listed": is_listed, "models": listed});
        assert_eq!(found, expected);
        let shown = told.contains(&format!("endpoint      {endpoint}: it answers\n")) && told.contains(says);
        assert!(shown && told.contains("runs there"), "{told}");
    }
    for json in [&[][..], &["--json"]] {
        let gone = bench.run(&[&["doctor", "--model", "http://127.0.0.1:9"], json].concat());
        assert!(gone.code == 1 && gone.out.is_empty(), "{}", gone.out);
        assert!(gone.err.contains("it cannot be reached") && gone.err.contains("hint: "), "{}", gone.err);
    }
    let info = bench.run(&["model", "info", "--model", &one]);
    assert!(info.code == 2 && info.err.contains(&format!("handyman doctor --model {one}")), "{}", info.err);
}
