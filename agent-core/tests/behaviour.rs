//! What a tool written with `#[tool]` is and does.

use std::sync::Arc;

use handyman_core::{
    CallContext, CallOutcome, Effect, IdempotencyKey, Probe, Tool, ToolCall, ToolError, ToolErrorKind,
    ToolResult, Toolbox, Toolset, tool,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

/// Unit of temperature.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Unit {
    /// Degrees Celsius
    Celsius,
    /// Degrees Fahrenheit
    Fahrenheit,
}

#[derive(Debug, Serialize)]
struct Forecast {
    city: String,
    days: u8,
    limit: u32,
    unit: Option<Unit>,
}

/// Weather forecast
/// for a city.
///
/// Of the coming week.
#[tool(read_only)]
async fn weather(
    /// City name, as the person wrote it
    #[arg(verbatim)]
    city: String,
    /// Days from today
    #[arg(range = 0..=7)]
    days: u8,
    #[arg(default = 3, range = 1..)] limit: u32,
    unit: Option<Unit>,
) -> ToolResult<Forecast> {
    if city == "Atlantis" {
        return Err(ToolError::new(ToolErrorKind::NotFound, "unknown city 'Atlantis'"));
    }
    Ok(Forecast { city, days, limit, unit })
}

#[derive(Debug, Default)]
struct World {
    booked: Mutex<Vec<(String, String)>>,
}

async fn was_booked(world: &World, key: &IdempotencyKey) -> ToolResult<Probe> {
    let booked = world.booked.lock().await;
    let found = booked.iter().find(|(known, _)| known == key.as_str());
    Ok(found.map_or(Probe::NotDone, |(_, id)| Probe::Done(json!({"booking": id}))))
}

/// Takes a booking back.
async fn release(world: &World, undone: &IdempotencyKey, context: &CallContext) -> ToolResult<Value> {
    world.booked.lock().await.retain(|(key, _)| key != undone.as_str());
    Ok(json!({"released": undone.as_str(), "under": context.key.as_str()}))
}

/// Says what would be booked.
async fn foresee(
    _world: &World,
    _context: &CallContext,
    id: String,
    _notes: Option<Vec<String>>,
    r#type: String,
) -> ToolResult<Value> {
    Ok(json!({"would_book": id, "type": r#type}))
}

/// Books something that was found.
#[tool(once, probe = was_booked, undo = release, plan = foresee, completes = [search, "hold"], untrusted, seconds = 300, name = "reserve")]
async fn book(
    #[state] world: &World,
    context: &CallContext,
    /// What to book
    #[arg(from = search_trains.id)]
    id: String,
    #[arg(verbatim, from = ["book.note", "list.notes.text"])] notes: Option<Vec<String>>,
    #[arg(default = "window")] r#type: String,
) -> ToolResult<Value> {
    world.booked.lock().await.push((context.key.as_str().to_owned(), id.clone()));
    Ok(json!({"booking": id, "notes": notes, "type": r#type}))
}

/// Gives back what was reserved.
#[tool(idempotent, does("returned", "归还"))]
async fn give_back(
    #[arg(from = "reserve.booking.number", range = 1..)] number: u32,
    #[arg(from = list.items.id)] others: Option<Vec<i64>>,
) -> ToolResult<Value> {
    Ok(json!({"number": number, "others": others}))
}

/// Who the person is.
struct Customer {
    name: &'static str,
}

async fn would_greet(
    _world: &World,
    customer: &Customer,
    context: &CallContext,
    word: String,
) -> ToolResult<Value> {
    Ok(json!({"would_say": format!("{word}, {}!", customer.name), "under": context.key}))
}

/// Greets the person.
#[tool(idempotent, plan = would_greet)]
async fn greet(
    #[state] world: &World,
    #[given] customer: &Customer,
    context: &CallContext,
    word: String,
) -> ToolResult<Value> {
    world.booked.lock().await.push((context.key.to_string(), customer.name.to_owned()));
    Ok(json!({"said": format!("{word}, {}!", customer.name)}))
}

/// The time.
#[tool(idempotent)]
async fn clock() -> ToolResult<&'static str> {
    Ok("noon")
}

trait Oven: Send + Sync {
    fn degrees(&self, share: f32) -> f32;
}

struct Small;

impl Oven for Small {
    fn degrees(&self, share: f32) -> f32 {
        231.3 * share
    }
}

async fn was_heated(oven: &dyn Oven, key: &IdempotencyKey) -> ToolResult<Probe> {
    Ok(Probe::Done(json!({"key": key, "most": oven.degrees(1.0).round()})))
}

/// Heats the oven.
#[tool(idempotent, probe = was_heated)]
async fn heat(
    #[state] oven: &dyn Oven,
    #[arg(range = 0.1..=0.9, default = 0.7)] share: f32,
) -> ToolResult<Value> {
    Ok(json!([oven.degrees(share) > 0.0]))
}

/// What a sensor says.
#[tool(read_only)]
async fn sensor() -> ToolResult<(f32, f64)> {
    Ok((21.3, 553.55))
}

macro_rules! lookup {
    ($name:ident, $given:ty, $context:ty) => {
        /// Looks something up.
        #[tool(read_only)]
        async fn $name(text: $given, context: $context) -> ToolResult<Value> {
            Ok(json!({"text": text, "call": context.call}))
        }
    };
}
lookup!(look_up, Option<String>, &CallContext);

fn context(call: &str) -> CallContext {
    CallContext::new(jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0)).of_call("r1", call)
}

async fn call(toolbox: &Toolbox, tool: &str, arguments: Value) -> (CallOutcome, Value) {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    let call = ToolCall { id: "c1".into(), tool: tool.to_owned(), arguments };
    let result = toolbox.call(&call, &context("c1")).await;
    (result.outcome, result.result)
}

#[test]
fn the_schema_says_all_that_the_function_says() {
    let spec = weather.spec();
    assert_eq!(spec.name, "weather");
    assert_eq!(spec.description, "Weather forecast for a city. Of the coming week.");
    assert_eq!(spec.effect, Effect::ReadOnly);
    let expected = json!({
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "City name, as the person wrote it", "x-verbatim": true},
            "days": {"type": "integer", "minimum": 0, "maximum": 7, "description": "Days from today"},
            "limit": {"type": "integer", "minimum": 1, "default": 3},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "description": "Unit of temperature."},
        },
        "required": ["city", "days"],
        "additionalProperties": false,
    });
    assert_eq!(spec.parameters, expected, "{:#}", spec.parameters);
    let names: Vec<&String> = spec.parameters["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["city", "days", "limit", "unit"], "properties stand in the order of the parameters");
}

#[tokio::test]
async fn companions_undo_and_foresee() {
    let tool = book(Arc::default());
    let safety = &tool.spec().safety;
    assert!(safety.probe && safety.undo && safety.untrusted);
    assert_eq!(safety.time, Some(std::time::Duration::from_secs(300)));
    assert_eq!(safety.completes, ["search", "hold"]);
    assert!(weather.spec().safety.says_nothing());
    let toolbox = Toolbox::new().with(Arc::new(tool)).unwrap();
    let arguments = json!({"id": "G1"}).as_object().unwrap().clone();
    let call = ToolCall { id: "c1".into(), tool: "reserve".into(), arguments };
    let plan = toolbox.plan(&call, &context("c1")).await.unwrap();
    assert_eq!(plan, Some(json!({"would_book": "G1", "type": "window"})));
    assert_eq!(toolbox.probe(&call, &"r1.c1".into()).await, Probe::NotDone, "a plan does nothing");
    toolbox.attempt(&call, &context("c1")).await.unwrap();
    let undone = toolbox.undo(&call, &"r1.c1".into(), &context("c2")).await.unwrap();
    assert_eq!(undone, json!({"released": "r1.c1", "under": "r1.c2"}));
    assert_eq!(toolbox.probe(&call, &"r1.c1".into()).await, Probe::NotDone);
}

#[tokio::test]
async fn what_the_program_gives_is_no_argument_and_reaches_the_function() {
    let tool = greet(Arc::default());
    assert_eq!(tool.spec().parameters["properties"].as_object().unwrap().len(), 1, "{:?}", tool.spec());
    let word = || json!({"word": "Hello"}).as_object().unwrap().clone();
    let ann = context("c1").with(Customer { name: "Ann" });
    assert_eq!(tool.call(word(), &ann).await, Ok(json!({"said": "Hello, Ann!"})));
    let plan = tool.plan(word(), &ann.with(Customer { name: "Bo" })).await;
    assert_eq!(plan, Ok(Some(json!({"would_say": "Hello, Bo!", "under": "r1.c1"}))));
    let error = tool.call(word(), &context("c1")).await.unwrap_err();
    assert_eq!(*error.kind(), ToolErrorKind::Internal);
    let said = error.to_string();
    assert!(said.contains("behaviour::Customer") && said.contains("Agent::with"), "{said}");
}

#[test]
fn what_a_tool_does_is_said_only_where_its_author_says_it() {
    let safety = &give_back.spec().safety;
    assert_eq!(safety.does, ["returned", "归还"]);
    assert_eq!(serde_json::to_value(safety).unwrap()["does"], json!(["returned", "归还"]));
    let silent = serde_json::to_value(&book(Arc::default()).spec().safety).unwrap();
    assert_eq!(silent.get("does"), None);
    let read: handyman_core::Safety = serde_json::from_value(silent).unwrap();
    assert_eq!(read.does, [""; 0]);
}

#[test]
fn sources_and_spans_stand_on_the_text_itself() {
    let spec = book(Arc::default()).spec().clone();
    assert_eq!(spec.name, "reserve");
    let properties = &spec.parameters["properties"];
    assert_eq!(
        properties["id"],
        json!({"type": "string", "description": "What to book", "x-from": ["search_trains.id"]})
    );
    assert_eq!(
        properties["notes"],
        json!({"type": "array", "items": {
            "type": "string", "x-verbatim": true, "x-from": ["book.note", "list.notes.text"],
        }})
    );
    assert_eq!(properties["type"], json!({"type": "string", "default": "window"}));
    assert_eq!(spec.parameters["required"], json!(["id"]));
}

#[test]
fn whole_numbers_have_sources_too() {
    let properties = &give_back.spec().parameters["properties"];
    assert_eq!(
        properties["number"],
        json!({"type": "integer", "minimum": 1, "x-from": ["reserve.booking.number"]})
    );
    assert_eq!(
        properties["others"],
        json!({"type": "array", "items": {"type": "integer", "x-from": ["list.items.id"]}})
    );
    assert!(Toolbox::new().with(Arc::new(give_back)).is_ok());
}

#[tokio::test]
async fn arguments_reach_the_function_and_the_result_comes_back() {
    let toolbox = Toolbox::new().with(Arc::new(weather)).unwrap().with(Arc::new(clock)).unwrap();
    let given = json!({"city": "Lagos", "days": 1, "limit": 9, "unit": "celsius"});
    assert_eq!(call(&toolbox, "weather", given.clone()).await, (CallOutcome::Succeeded, given));
    assert_eq!(call(&toolbox, "clock", json!({})).await, (CallOutcome::Succeeded, json!("noon")));
}

#[tokio::test]
async fn what_is_left_out_or_null_is_the_default() {
    let toolbox = Toolbox::new().with(Arc::new(weather)).unwrap();
    let expected = (CallOutcome::Succeeded, json!({"city": "上海", "days": 0, "limit": 3, "unit": null}));
    assert_eq!(call(&toolbox, "weather", json!({"city": "上海", "days": 0})).await, expected);
    let with_nulls = json!({"city": "上海", "days": 0, "limit": null, "unit": null});
    assert_eq!(call(&toolbox, "weather", with_nulls).await, expected);
}

#[tokio::test]
async fn a_whole_number_may_be_written_with_a_point() {
    let toolbox = Toolbox::new().with(Arc::new(weather)).unwrap().with(Arc::new(give_back)).unwrap();
    let expected = (CallOutcome::Succeeded, json!({"city": "Oslo", "days": 2, "limit": 3, "unit": null}));
    assert_eq!(call(&toolbox, "weather", json!({"city": "Oslo", "days": 2.0, "limit": 3.0})).await, expected);
    let (outcome, result) = call(&toolbox, "give_back", json!({"number": 1.0, "others": [-4.0, 5]})).await;
    assert_eq!((outcome, result), (CallOutcome::Succeeded, json!({"number": 1, "others": [-4, 5]})));
}

#[tokio::test]
async fn a_wrong_argument_is_named() {
    let error =
        weather.call(json!({"city": "x", "days": "two"}).as_object().unwrap().clone(), &context("c1")).await;
    let error = error.unwrap_err();
    assert_eq!(*error.kind(), ToolErrorKind::InvalidArgument { path: "/days".to_owned() });
    let toolbox = Toolbox::new().with(Arc::new(weather)).unwrap();
    let (outcome, result) = call(&toolbox, "weather", json!({"city": "x", "days": 9})).await;
    assert_eq!((outcome, &result["at"]), (CallOutcome::Failed, &json!("/days")));
    let (outcome, result) = call(&toolbox, "weather", json!({"city": "Atlantis", "days": 1})).await;
    assert_eq!((outcome, result), (CallOutcome::Failed, json!({"error": "unknown city 'Atlantis'"})));
}

#[tokio::test]
async fn state_is_shared_and_the_probe_asks_it() {
    let world = Arc::new(World::default());
    let tool = book(Arc::clone(&world));
    let key = context("c1").key;
    assert_eq!(tool.probe(&key).await.unwrap(), Probe::NotDone);
    let toolbox = Toolbox::new().with(Arc::new(tool.clone())).unwrap();
    let (outcome, result) = call(&toolbox, "reserve", json!({"id": "G2", "notes": ["quiet"]})).await;
    assert_eq!(outcome, CallOutcome::Succeeded);
    assert_eq!(result, json!({"booking": "G2", "notes": ["quiet"], "type": "window"}));
    assert_eq!(tool.probe(&key).await.unwrap(), Probe::Done(json!({"booking": "G2"})));
    assert_eq!(world.booked.lock().await.len(), 1);
    assert_eq!(clock.probe(&key).await.unwrap(), Probe::Unsupported);
}

#[test]
fn tools_can_be_shown() {
    assert_eq!(format!("{weather:?} {:?}", book(Arc::default())), "weather book");
}

#[tokio::test]
async fn a_tool_may_work_on_a_trait_object() {
    let tool = heat(Arc::new(Small));
    assert_eq!(tool.call(Map::new(), &context("c1")).await, Ok(json!([true])));
    let done = Probe::Done(json!({"key": "k", "most": 231.0}));
    assert_eq!(tool.probe(&"k".into()).await, Ok(done));
}

#[tokio::test]
async fn numbers_are_told_as_they_were_written() {
    assert_eq!(sensor.call(Map::new(), &context("c1")).await, Ok(json!([21.3, 553.55])));
    let share = json!({"type": "number", "minimum": 0.1, "maximum": 0.9, "default": 0.7});
    assert_eq!(heat(Arc::new(Small)).spec().parameters["properties"]["share"], share);
}

#[tokio::test]
async fn a_tool_may_be_written_by_a_macro() {
    let expected = json!({"type": "object", "properties": {"text": {"type": "string"}}, "required": [], "additionalProperties": false});
    assert_eq!(look_up.spec().parameters, expected);
    let found = look_up.call(Map::new(), &context("c7")).await;
    assert_eq!(found, Ok(json!({"text": null, "call": "c7"})));
}
