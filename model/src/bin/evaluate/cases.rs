//! Requests with what is right for them.

use std::error::Error;
use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A request and what is right for it.
#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) lang: String,
    #[serde(default = "by_hand")]
    pub(crate) kind: String,
    pub(crate) today: Date,
    pub(crate) request: String,
    pub(crate) expect: Expect,
    /// Whether the expected calls say everything, so that the world after them can be compared.
    #[serde(skip)]
    pub(crate) whole: bool,
}

impl Case {
    /// What sort of task it is, for the table.
    pub(crate) fn class(&self) -> String {
        let expect = &self.expect;
        match expect.calls.len() {
            _ if self.kind.contains("corrected") => "an error, then recovery".to_owned(),
            0 if expect.asks.is_some() => "an argument is missing".to_owned(),
            0 => "no tool fits".to_owned(),
            1 => "1 call".to_owned(),
            calls @ 2..=3 => format!("{calls} calls"),
            _ => "4 calls or more".to_owned(),
        }
    }
}

fn by_hand() -> String {
    "by hand".to_owned()
}

/// What has to happen.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Expect {
    /// The calls, in order.
    pub(crate) calls: Vec<Expected>,
    /// Tools that must not be called.
    #[serde(default)]
    pub(crate) never: Vec<String>,
    /// The model has to ask; for what, the hand-written cases say.
    #[serde(default)]
    pub(crate) asks: Option<String>,
}

/// A call that has to be made.
#[derive(Debug, Deserialize)]
pub(crate) struct Expected {
    pub(crate) tool: String,
    /// Arguments that have to be so.
    pub(crate) arguments: Map<String, Value>,
    /// Which row of the results before it the call has to name, from 0.
    #[serde(skip)]
    pub(crate) row: Option<usize>,
    /// Its place is misspelt, and the next call is the same with the right one: whoever sees that at once need not make it.
    #[serde(skip)]
    pub(crate) is_misspelt: bool,
}

/// A generated conversation, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Talk {
    lang: String,
    kind: String,
    messages: Vec<Said>,
}

#[derive(Debug, Deserialize)]
struct Said {
    role: String,
    content: String,
    #[serde(default)]
    tool_calls: Vec<Called>,
}

#[derive(Debug, Deserialize)]
struct Called {
    name: String,
    arguments: Map<String, Value>,
}

/// Reads hand-written cases, or generated conversations.
pub(crate) fn read(file: &Path) -> Result<Vec<Case>, Box<dyn Error>> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let case = |line: &str| -> Result<Option<Case>, Box<dyn Error>> {
        if line.contains("\"expect\"") {
            return Ok(Some(serde_json::from_str(line)?));
        }
        Ok(from_conversation(&serde_json::from_str(line)?))
    };
    text.lines().filter(|line| !line.is_empty()).filter_map(|line| case(line).transpose()).collect()
}

/// The first request of a conversation, with the calls its oracle makes for it.
fn from_conversation(talk: &Talk) -> Option<Case> {
    let first = talk.messages.first()?;
    let (note, request) = first.content.split_once(".)\n")?;
    let today: Date = note.rsplit_once(", ")?.1.parse().ok()?;
    // Small talk may be answered by a question, and need not be.
    let asks = talk.kind.split('+').any(|kind| kind == "missing");
    let turns = talk.messages.iter().skip(1).take_while(|message| message.role != "user");
    let mut expect = Expect::default();
    let mut results: Vec<Value> = Vec::new();
    for message in turns {
        if message.role == "tool" {
            results.push(serde_json::from_str(&message.content).ok()?);
        } else if asks && message.tool_calls.is_empty() && message.content.contains(['?', '？']) {
            expect.asks = Some(message.content.clone());
        }
        for call in &message.tool_calls {
            let mut arguments = call.arguments.clone();
            let row = arguments.get("id").and_then(Value::as_str).and_then(|id| row_of(id, &results));
            arguments.retain(|name, _| name != "id" && name != "booking");
            expect.calls.push(Expected { tool: call.name.clone(), arguments, row, is_misspelt: false });
        }
    }
    let corrected = expect.calls.windows(2).any(|pair| repeats(&pair[0], &pair[1]));
    for (at, result) in results.iter().enumerate() {
        let refused = result["error"].as_str().is_some_and(|error| error.starts_with("unknown city"));
        if let (true, Some([call, next, ..])) = (refused, expect.calls.get_mut(at..)) {
            call.is_misspelt = puts_right(next, call);
        }
    }
    let kind =
        if corrected { "corrected" } else { talk.kind.split('+').next().unwrap_or_default() }.to_owned();
    Some(Case { lang: talk.lang.clone(), kind, today, request: request.to_owned(), expect, whole: true })
}

/// Whether a search is made again with another city, as an error advised.
fn repeats(first: &Expected, second: &Expected) -> bool {
    let differing = |(name, value): (&String, &Value)| second.arguments.get(name) != Some(value);
    first.tool == second.tool
        && first.tool.starts_with("search_")
        && first.arguments.iter().filter(|pair| differing(*pair)).count() == 1
        && first.arguments.len() == second.arguments.len()
        && first.arguments.get("day") == second.arguments.get("day")
}

/// Whether a call is the one before it with another place.
fn puts_right(call: &Expected, before: &Expected) -> bool {
    let differs = |name: &String| before.arguments.get(name) != call.arguments.get(name);
    call.tool == before.tool && before.arguments.keys().filter(|name| differs(name)).count() == 1
}

/// The place of an id among the rows of the latest result that has it.
pub(crate) fn row_of(id: &str, results: &[Value]) -> Option<usize> {
    let rows = |result: &Value| -> Vec<Value> {
        let lists = result.as_object().into_iter().flat_map(|fields| fields.values());
        lists.filter_map(Value::as_array).flatten().cloned().collect()
    };
    results.iter().rev().find_map(|result| rows(result).iter().position(|row| row["id"] == id))
}
