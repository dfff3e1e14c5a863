//! The serving process: recorded shapes of real services, and everything that can go wrong.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

#[derive(Default)]
struct Shared {
    log: Vec<Value>,
    counts: HashMap<String, u32>,
}

struct Asked {
    method: String,
    path: String,
    query: HashMap<String, String>,
    headers: HashMap<String, String>,
    body: String,
}

#[test]
#[ignore = "the server process of the other tests"]
fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("PORT {}", listener.local_addr().unwrap().port());
    std::io::stdout().flush().unwrap();
    // The end of standard input is the end of the tests.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let shared = Arc::new(Mutex::new(Shared::default()));
    for stream in listener.incoming().flatten() {
        let shared = Arc::clone(&shared);
        std::thread::spawn(move || {
            if let Some(asked) = read(&stream) {
                let _ = answer(stream, &asked, &shared);
            }
        });
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let url = format!("http://x{target}").parse::<handyman_tools::web::Url>().ok()?;
    Some(Asked {
        method,
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

fn answer(mut stream: TcpStream, asked: &Asked, shared: &Mutex<Shared>) -> std::io::Result<()> {
    let mut known = shared.lock().unwrap();
    let mut line = format!("{} {}", asked.method, asked.path);
    let mut pairs: Vec<_> = asked.query.iter().collect();
    pairs.sort();
    for (index, (name, value)) in pairs.iter().enumerate() {
        let _ = write!(line, "{}{name}={value}", if index == 0 { '?' } else { '&' });
    }
    known.log.push(json!({"line": line, "headers": asked.headers, "body": asked.body}));
    let name = asked.query.get("key").cloned().unwrap_or_default();
    let count = known.counts.entry(format!("{}{name}", asked.path)).or_default();
    *count += 1;
    let count = *count;
    let log = json!(known.log);
    drop(known);
    let query = |name: &str| asked.query.get(name).map(String::as_str).unwrap_or_default();
    match asked.path.as_str() {
        "/log" => reply(&mut stream, "200 OK", "application/json", log.to_string().as_bytes()),
        "/flaky" if count <= query("n").parse().unwrap_or(2) => {
            let status = format!("{} Not Now\r\nRetry-After: 0", query("status"));
            reply(&mut stream, &status, "text/plain", b"later")
        }
        "/later" if count == 1 => {
            let headers = "429 Too Many\r\nDate: Mon, 23 Nov 2026 09:00:00 GMT\r\nRetry-After: Mon, 23 Nov 2026 09:00:00 GMT";
            reply(&mut stream, headers, "text/plain", b"")
        }
        "/much-later" => reply(&mut stream, "503 Busy\r\nRetry-After: 86400", "text/plain", b"come tomorrow"),
        "/refused" => reply(
            &mut stream,
            "403 Forbidden",
            "application/json",
            br#"{"error": {"message": "no such key"}}"#,
        ),
        "/forbidden/search" => reply(&mut stream, "403 Forbidden", "text/html", b"<h1>Forbidden</h1>"),
        "/moved" => {
            let status = asked.query.get("status").map_or("302 Found", String::as_str);
            let to = query("to").to_owned();
            reply(&mut stream, &format!("{status}\r\nLocation: {to}"), "text/plain", b"")
        }
        path if path.starts_with("/away/") => {
            let port = path.split('/').nth(2).unwrap_or_default();
            let to = format!("http://127.0.0.1:{port}/orders?key=k3y");
            reply(&mut stream, &format!("301 Moved Permanently\r\nLocation: {to}"), "text/plain", b"")
        }
        "/loop" => reply(&mut stream, "302 Found\r\nLocation: /loop", "text/plain", b""),
        "/vanish" if count == 1 => Ok(()),
        "/lost" if count <= query("n").parse().unwrap_or(1) => Ok(()),
        "/lost" => reply(&mut stream, query("status"), "application/json", br#"{"error": "no such thing"}"#),
        // Done at the first request, without an answer; at the next there is nothing left to do.
        path if path.starts_with("/once/") && count == 1 => Ok(()),
        path if path.starts_with("/once/") => {
            reply(&mut stream, "404 Not Found", "application/json", br#"{"error": "no such order"}"#)
        }
        path if path.starts_with("/gone/") => Ok(()),
        _ => match asked.path.as_str() {
            "/silent" | "/drip" | "/broken" | "/garbage" | "/huge" | "/claims" | "/bomb" | "/headers" => {
                hostile(&mut stream, asked)
            }
            _ => recorded(&mut stream, asked),
        },
    }
}

fn reply(stream: &mut TcpStream, status: &str, kind: &str, body: &[u8]) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    stream.flush()
}

/// Answers that no client should come to harm by.
fn hostile(stream: &mut TcpStream, asked: &Asked) -> std::io::Result<()> {
    let open = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    match asked.path.as_str() {
        "/silent" => std::thread::sleep(Duration::from_mins(1)),
        "/drip" => {
            stream.write_all(format!("{open}Content-Length: 100000\r\n\r\n").as_bytes())?;
            loop {
                stream.write_all(b" ")?;
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        "/broken" => {
            stream.write_all(format!("{open}Content-Length: 1000\r\n\r\n{{\"half\": ").as_bytes())?
        }
        "/garbage" => stream.write_all(b"\x16\x03\x01 this is not HTTP\r\n\r\n")?,
        "/claims" => stream.write_all(format!("{open}Content-Length: 99999999999\r\n\r\n").as_bytes())?,
        "/huge" => {
            stream.write_all(format!("{open}\r\n").as_bytes())?;
            loop {
                stream.write_all(&[b'x'; 8_192])?;
            }
        }
        "/bomb" => {
            // 64 MB of zeros in a few kilobytes.
            let bomb = bomb();
            let head = format!("{open}Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len());
            stream.write_all(head.as_bytes())?;
            stream.write_all(&bomb)?;
        }
        "/headers" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                stream.write_all(format!("X-More: {}\r\n", "x".repeat(4_000)).as_bytes())?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn bomb() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        encoder.write_all(&vec![b' '; 1_000_000]).unwrap();
    }
    encoder.finish().unwrap()
}

/// Answers in the shape of real services.
fn recorded(stream: &mut TcpStream, asked: &Asked) -> std::io::Result<()> {
    let query = |name: &str| asked.query.get(name).map(String::as_str).unwrap_or_default();
    let json = |value: Value| ("application/json", value.to_string().into_bytes());
    let (kind, body) = match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/v1/search") => json(place(query("name"))),
        ("GET", "/v1/forecast") => json(forecast(query("latitude"), query("start_date"))),
        ("GET", "/search") => json(json!({"query": query("q"), "number_of_results": 0, "results": [
            {"url": "https://example.org/a", "title": "First <b>hit</b>", "content": "About  trains\n&amp; more", "engine": "x", "score": 1.5},
            {"url": "https://example.org/b", "title": "Second", "content": "x".repeat(1_000)}, {"title": "no address"}], "answers": []})),
        ("GET", "/web/search") => json(json!({"type": "search", "web": {"type": "search", "results": [
            {"title": "First", "url": "https://example.org/a", "description": "About <strong>trains</strong>"}]}})),
        ("POST", "/search") => json(json!({"query": "x", "results": [
            {"title": "First", "url": "https://example.org/a", "content": "About trains", "score": 0.9}], "response_time": 1.1})),
        ("GET", "/page") => ("text/html; charset=utf-8", page().into_bytes()),
        ("GET", "/deep") => ("text/html", "<div>".repeat(15_000).into_bytes()),
        ("GET", "/image") => ("image/png", vec![0x89, 0x50]),
        ("GET", "/notes.txt") => ("text/plain", "only notes".into()),
        ("GET", "/feed") => ("application/rss+xml; charset=utf-8", "<rss><title>News</title></rss>".into()),
        ("GET", "/old.xml") => {
            let head = br#"<?xml version="1.0" encoding="ISO-8859-2"?>"#.as_slice();
            ("application/xml", [head, b"<a>\xb3\xf3d\xbc</a>"].concat())
        }
        ("GET", "/problem") => ("application/problem+json", br#"{"a_b": [1, 2]}"#.to_vec()),
        ("GET", "/raw") => ("application/octet-stream", "a_b = 1 # caf\u{e9}".into()),
        ("GET", "/untyped") => ("", br#"{"a_b": 1}"#.to_vec()),
        ("GET", "/untyped.html") => ("", "<title>T</title><main><h1>Refunds</h1></main>".into()),
        ("GET", "/bytes") => ("application/octet-stream", vec![0x7f, b'E', b'L', b'F', 2, 1, 0, 0, 0xff, 0]),
        ("GET", "/cafe.txt") => ("text/plain; charset=iso-8859-1", b"Caf\xe9".to_vec()),
        ("GET", "/gbk") => ("text/html; charset=gbk", b"<main><p>\xc4\xe3\xba\xc3</p></main>".to_vec()),
        ("GET", "/meta") => {
            ("text/html", b"<head><meta charset=gb2312></head><body>\xc4\xe3\xba\xc3</body>".to_vec())
        }
        ("GET", "/utf-16") => {
            let text = "\u{feff}<main>Gr\u{fc}n</main>";
            ("text/html", text.encode_utf16().flat_map(u16::to_le_bytes).collect())
        }
        ("GET", "/scripts") => ("text/html", "<body><div id=app></div><script>go()</script>".into()),
        ("GET", "/html") => ("text/html", "<html>a login page".into()),
        _ => json(
            json!({"method": asked.method, "path": asked.path, "query": asked.query, "headers": asked.headers,
            "body": asked.body}),
        ),
    };
    reply(stream, "200 OK", kind, &body)
}

/// As the geocoding API answers.
fn place(name: &str) -> Value {
    match name {
        "Shanghai" | "上海" => {
            json!({"results": [{"id": 1_796_236, "name": name, "latitude": 31.22222, "longitude": 121.45806,
            "elevation": 12.0, "feature_code": "PPLA", "country_code": "CN", "timezone": "Asia/Shanghai", "population": 24_874_500,
            "country": "China", "admin1": "Shanghai"}], "generationtime_ms": 0.5})
        }
        "Nowhere" => json!({"results": [{"name": "Nowhere", "latitude": 0.0, "longitude": 0.0}]}),
        "Odd" => json!({"results": "none"}),
        _ => json!({"generationtime_ms": 0.3}),
    }
}

/// As the forecast API answers.
fn forecast(latitude: &str, day: &str) -> Value {
    if latitude == "0" {
        return json!({"daily": {"time": [day], "weather_code": [null], "temperature_2m_max": [null], "temperature_2m_min": [null]}});
    }
    json!({"latitude": 31.25, "longitude": 121.5, "timezone": "Asia/Shanghai", "daily_units": {"temperature_2m_max": "°C"},
        "daily": {"time": [day], "weather_code": [61], "temperature_2m_max": [12.6], "temperature_2m_min": [-0.4],
        "precipitation_probability_max": [78]}})
}

fn page() -> String {
    format!(
        "<html><head><title>Refunds</title></head><body><nav>Home</nav><main><h1>Refunds</h1><p>Ask within 30 days.</p>\
         <p>{}</p><p>The end.</p></main></body></html>",
        "More words. ".repeat(300)
    )
}
