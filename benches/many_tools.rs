//! Many tools: what they cost a prompt, and how well the right one is found: `cargo bench --bench many_tools`.
//!
//! Ten things can be done with each of forty objects. Requests name the right tool in other words than its own, or in the
//! same; the file `many_tools/requests.tsv` has them. Each is asked among 10, 80 and 400 tools.

use std::sync::Arc;

use handyman::core::catalogue::{self, SHOW_TOOLS};
use handyman::prelude::*;
use handyman::{Effect, Model, ReplyOptions, Safety, ToolChoice, ToolSpec, Toolbox};
use serde_json::{Map, Value, json};

const OBJECTS: [&str; 40] = [
    "invoice",
    "customer",
    "order",
    "shipment",
    "product",
    "supplier",
    "contract",
    "employee",
    "payslip",
    "meeting",
    "ticket",
    "device",
    "server",
    "database",
    "deployment",
    "repository",
    "branch",
    "issue",
    "review",
    "document",
    "folder",
    "photo",
    "playlist",
    "song",
    "podcast",
    "flight",
    "hotel",
    "train",
    "restaurant",
    "recipe",
    "workout",
    "prescription",
    "appointment",
    "patient",
    "course",
    "student",
    "exam",
    "loan",
    "vehicle",
    "parcel",
];
const REQUESTS: &str = include_str!("many_tools/requests.tsv");
/// Requests that the model is asked; the ranking is asked all.
const ASKED: usize = 40;

struct Stub(ToolSpec);

#[async_trait]
impl Tool for Stub {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    async fn call(&self, _arguments: Map<String, Value>, _context: &CallContext) -> ToolResult<Value> {
        Ok(json!({"done": true}))
    }
}

fn plural(object: &str) -> String {
    match object {
        "branch" => "branches".to_owned(),
        "repository" => "repositories".to_owned(),
        _ => format!("{object}s"),
    }
}

/// The tools for one object.
fn of_object(object: &str) -> Vec<ToolSpec> {
    let many = plural(object);
    let an = if object.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    let (id, text) =
        (json!({"type": "string", "description": format!("The {object}'s id")}), json!({"type": "string"}));
    let spec = |name: String, description: String, properties: Value| ToolSpec {
        name,
        description,
        parameters: json!({"type": "object", "properties": properties, "required": []}),
        effect: Effect::ReadOnly,
        safety: Safety::default(),
    };
    let limit = json!({"type": "integer", "minimum": 1, "maximum": 100});
    vec![
        spec(format!("list_{many}"), format!("List {many}"), json!({"limit": limit, "after": text})),
        spec(format!("get_{object}"), format!("Get {an} {object} by its id"), json!({"id": id})),
        spec(
            format!("create_{object}"),
            format!("Create {an} {object}"),
            json!({"name": text, "note": text, "date": text}),
        ),
        spec(
            format!("update_{object}"),
            format!("Change {an} {object}"),
            json!({"id": id, "field": text, "value": text}),
        ),
        spec(format!("delete_{object}"), format!("Delete {an} {object} for good"), json!({"id": id})),
        spec(
            format!("search_{many}"),
            format!("Search {many} by words"),
            json!({"query": text, "limit": limit}),
        ),
        spec(
            format!("export_{many}"),
            format!("Export {many} to a file"),
            json!({"format": {"enum": ["csv", "json", "pdf"]}}),
        ),
        spec(format!("approve_{object}"), format!("Approve {an} {object}"), json!({"id": id, "note": text})),
        spec(
            format!("share_{object}"),
            format!("Share {an} {object} with somebody"),
            json!({"id": id, "with": text}),
        ),
        spec(format!("archive_{object}"), format!("Archive {an} {object}"), json!({"id": id})),
    ]
}

/// All tools in an order that puts neither those of one object nor those of one kind together.
fn all() -> Vec<ToolSpec> {
    let mut tools: Vec<ToolSpec> = OBJECTS.into_iter().flat_map(of_object).collect();
    tools.sort_by_key(|tool| {
        tool.name.bytes().fold(7_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    });
    tools
}

/// So many tools, the right one among them.
fn among<'a>(tools: &'a [ToolSpec], right: &str, count: usize) -> Vec<&'a ToolSpec> {
    let at = tools.iter().position(|tool| tool.name == right).unwrap_or_else(|| panic!("no tool {right}"));
    let begin = at / count * count;
    tools[begin..(begin + count).min(tools.len())].iter().collect()
}

fn boxed(tools: &[&ToolSpec]) -> Toolbox {
    let stubs = tools.iter().map(|tool| Arc::new(Stub((*tool).clone())) as Arc<dyn Tool>);
    Toolbox::new().with_all(stubs).expect("the tools are sound")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (model, tools) = (LocalModel::builtin().await?, all());
    let requests: Vec<(&str, &str)> = REQUESTS.lines().filter_map(|line| line.split_once('\t')).collect();
    println!("{} requests; the built-in model, a window of {} tokens", requests.len(), model.card().window);
    for count in [10, 80, 400] {
        println!("\n{count} tools");
        tokens(&model, &among(&tools, &tools[0].name, count));
        ranking(&tools, &requests, count);
        by_the_model(&model, &tools, (&requests, count)).await?;
    }
    Ok(())
}

fn row(name: &str, value: impl std::fmt::Display) {
    println!("  {name:<58} {value}");
}

fn tokens(model: &LocalModel, tools: &[&ToolSpec]) {
    let described = |tool: &&ToolSpec| {
        json!({"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters}})
            .to_string()
    };
    let sum: u64 = tools.iter().map(|tool| model.tokens(&described(tool))).sum();
    row("tokens of all descriptions", sum);
    let own: Vec<ToolSpec> = tools.iter().map(|tool| (*tool).clone()).collect();
    let room = model.window().unwrap_or_default() * u64::from(Limits::default().tools_percent) / 100 / 2;
    let head = catalogue::show_tools(&own, |list| model.tokens(list) <= room);
    row("tokens at the beginning, revealed step by step", model.tokens(&described(&&head)));
}

/// Whether the request itself, as a query, finds the right tool.
fn ranking(tools: &[ToolSpec], requests: &[(&str, &str)], count: usize) {
    let places: Vec<Option<usize>> = requests
        .iter()
        .map(|(request, right)| {
            let some: Vec<ToolSpec> = among(tools, right, count).into_iter().cloned().collect();
            catalogue::rank(request, &some).iter().position(|index| some[*index].name == *right)
        })
        .collect();
    let within = |most: usize| places.iter().flatten().filter(|place| **place < most).count();
    let percent = |most: usize| format!("{} %", 100 * within(most) / requests.len());
    row("ranking by the request: the right tool is the first", percent(1));
    row("… among the five that are shown", percent(5));
}

/// What the built-in model does, all tools at once (where they fit) and step by step.
async fn by_the_model(
    model: &LocalModel,
    tools: &[ToolSpec],
    (requests, count): (&[(&str, &str)], usize),
) -> Result<(), Box<dyn std::error::Error>> {
    let (mut at_once, mut shown, mut called) = (Some(0), 0, 0);
    let (mut new, mut again, mut replies) = (0, 0, 0);
    for (request, right) in requests.iter().take(ASKED) {
        let toolbox = boxed(&among(tools, right, count));
        // The first reply has to call, either way; step by step there is only one tool that it can call.
        let options = ReplyOptions { tool_choice: ToolChoice::Required, ..ReplyOptions::default() };
        let agent = Agent::new(model.clone()).toolbox(toolbox).policy(AllowAll).options(options);
        let called_right = |run: &Run| {
            run.done()
                .iter()
                .find(|done| done.call.tool != SHOW_TOOLS)
                .is_some_and(|done| done.call.tool == *right)
        };
        if let Some(hits) = at_once {
            let limits = Limits { tools_percent: 1_000, turns_max: 2, ..Limits::default() };
            at_once = match agent.clone().limits(limits).run(request).await {
                Ok(run) => Some(hits + usize::from(called_right(&run))),
                Err(fault) if fault.kind() == handyman::FaultKind::Window => None,
                Err(fault) => return Err(fault.into()),
            };
        }
        let limits =
            Limits { tools_percent: if count == 10 { 0 } else { 50 }, turns_max: 3, ..Limits::default() };
        let run = agent.limits(limits).run(request).await?;
        shown += usize::from(run.revealed().iter().any(|name| name == right));
        called += usize::from(called_right(&run));
        let usage = run.usage();
        new += usage.tokens.prefilled;
        again += usage.tokens.recomputed;
        replies += usage.turns;
    }
    let share = |hits: usize| format!("{hits} of {ASKED}");
    row(
        "built-in model, all at once: calls the right tool",
        at_once.map_or("does not fit".to_owned(), share),
    );
    row("built-in model, step by step: its query finds the tool", share(shown));
    row("… and it calls the right tool", share(called));
    row(
        "tokens prefilled again / prefilled, over all its replies",
        format!("{again} / {new}, {replies} replies"),
    );
    Ok(())
}
