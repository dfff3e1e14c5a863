//! What is shown when, and what follows from the events alone.

use serde_json::{Value, json};

use super::{Index, SHOW_TOOLS, offered, show_tools};
use crate::event::Event;
use crate::limits::Limits;
use crate::message::{CallOutcome, CallResult, Part, ToolCall};
use crate::planner::{Step, next_step};
use crate::ports::ReplyMode;
use crate::run::Run;
use crate::samples::{replied, run_of, started};
use crate::tool::{Effect, Safety, ToolSpec};

fn many() -> Vec<ToolSpec> {
    let spec = |number: usize| ToolSpec {
        name: format!("tool_{number}"),
        description: format!("Does thing {number}. At length."),
        parameters: json!({"type": "object", "properties": {"id": {"type": "string", "x-verbatim": true}}}),
        effect: Effect::Once,
        safety: Safety::default(),
    };
    (0..40).map(spec).collect()
}

fn headed() -> Vec<ToolSpec> {
    let tools = many();
    std::iter::once(show_tools(&tools, |_| true)).chain(tools).collect()
}

fn begun() -> Event {
    let mut begun = started();
    if let Event::Started { tools, .. } = &mut begun {
        *tools = headed().into_iter().map(|tool| tool.name).collect();
    }
    begun
}

fn asks(index: usize, tool: &str, arguments: &Value) -> Event {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    replied("", vec![ToolCall { id: format!("c{index}").into(), tool: tool.to_owned(), arguments }])
}

/// The result that the planner settles a call with, folded in.
fn settled(run: &mut Run) -> CallResult {
    let Step::Settle(result) = next_step(run, &headed(), &Limits::default()) else {
        panic!("{:?}", next_step(run, &headed(), &Limits::default()))
    };
    let CallResult { call, outcome, result: value, .. } = result.clone();
    run.apply(&Event::CallFinished { call, outcome, result: value, failure: None, ms: 0 });
    result
}

#[test]
fn a_list_takes_the_room_there_is() {
    let (tools, description) = (many(), |fits: &dyn Fn(&str) -> bool| show_tools(&many(), fits).description);
    assert!(description(&|_| true).contains("There are:\ntool_0: Does thing 0\ntool_1: Does thing 1\n"));
    let names = description(&|text| text.len() < 600);
    assert!(names.ends_with(", tool_39") && !names.contains("thing"), "{names}");
    assert!(description(&|_| false).ends_with("There are 40."));
    crate::schema::check(&show_tools(&tools, |_| true).parameters).unwrap();
}

#[test]
fn what_is_shown_can_be_called_and_nothing_else() {
    let tools = headed();
    let mut run = run_of(&[begun()]);
    assert_eq!(next_step(&run, &tools, &Limits::default()), Step::Generate(ReplyMode::Free));
    assert_eq!((offered(&run, &tools).described.len(), offered(&run, &tools).revealed.len()), (1, 0));

    run.apply(&asks(1, "tool_7", &json!({})));
    let refused = settled(&mut run);
    assert_eq!(refused.outcome, CallOutcome::Cancelled);
    assert!(refused.result["error"].as_str().unwrap().contains("has not been shown"), "{refused:?}");
    run.apply(&asks(2, "no_such_tool", &json!({})));
    let refused = settled(&mut run);
    assert!(
        refused.result["error"].as_str().unwrap().contains("show_tools shows what there is"),
        "{refused:?}"
    );

    run.apply(&asks(3, SHOW_TOOLS, &json!({"query": "tool_7 or tool_9"})));
    let result = settled(&mut run).result;
    let shown = &result["tools"];
    assert_eq!((&shown[0]["name"], &shown[1]["name"]), (&json!("tool_7"), &json!("tool_9")), "{result}");
    assert_eq!(shown[0]["parameters"]["properties"]["id"], json!({"type": "string"}), "as a prompt has it");
    let offer = offered(&run, &tools);
    assert_eq!(offer.described[0], tools[0], "the prompt stays");
    let revealed: Vec<&str> = offer.revealed.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(revealed[..2], ["tool_7", "tool_9"]);
    assert_eq!(offer.revealed[0].parameters, tools[8].parameters, "with what a grammar holds");

    run.apply(&asks(4, "tool_7", &json!({})));
    assert!(matches!(next_step(&run, &tools, &Limits::default()), Step::Decide(_)));
}

#[test]
fn what_can_be_read_is_not_shown_twice() {
    let mut run = run_of(&[begun()]);
    run.apply(&asks(1, SHOW_TOOLS, &json!({"query": "tool_7"})));
    let first = settled(&mut run).result;
    assert!(first["others"].as_array().is_some_and(|others| others.len() <= super::NAMED_MAX), "{first}");
    run.apply(&asks(2, SHOW_TOOLS, &json!({"query": "tool_7 please"})));
    let second = settled(&mut run).result;
    assert!(second["shown_before"].as_array().unwrap().contains(&json!("tool_7")), "{second}");
    run.apply(&asks(3, SHOW_TOOLS, &json!({"query": "quantum"})));
    let nothing = settled(&mut run);
    assert_eq!((nothing.outcome, &nothing.result["at"]), (CallOutcome::Failed, &json!("/query")));
    run.apply(&asks(4, SHOW_TOOLS, &json!({"query": "quantum"})));
    assert_eq!(settled(&mut run).outcome, CallOutcome::Cancelled, "the same again finds the same");
}

#[test]
fn long_descriptions_stay_within_the_limit_of_a_result() {
    let mut tools = headed();
    for tool in tools.iter_mut().skip(1) {
        tool.description = format!("Does a thing. {}", "More of it. ".repeat(200));
    }
    let mut run = run_of(&[begun()]);
    run.apply(&asks(1, SHOW_TOOLS, &json!({"query": "thing"})));
    let Step::Settle(result) = next_step(&run, &tools, &Limits::default()) else { panic!("settled") };
    let shown = result.result["tools"].as_array().unwrap().len();
    assert!((1..super::SHOWN_MAX).contains(&shown), "{shown}");
    assert!(result.result.to_string().len() < 2 * Limits::default().output_bytes_max);
}

#[test]
fn what_was_revealed_is_a_fact_that_the_next_run_inherits() {
    let mut events = vec![begun(), asks(1, SHOW_TOOLS, &json!({"query": "tool_3"}))];
    let Step::Settle(result) = next_step(&run_of(&events), &headed(), &Limits::default()) else {
        panic!("settled")
    };
    let CallResult { call, outcome, result, .. } = result;
    events.push(Event::CallFinished { call, outcome, result, failure: None, ms: 0 });
    let run = run_of(&events);
    assert_eq!(run.revealed()[0], "tool_3");
    assert_eq!(run_of(&events), run, "folded anew it is the same");
    let next = Run::replay("r2".into(), run.clone().into_earlier(), &[begun()]);
    assert_eq!(next.revealed(), run.revealed());
    let all_at_once = Run::replay("r3".into(), run.into_earlier(), &[started()]);
    assert_eq!(offered(&all_at_once, &many()).described.len(), 40, "where they fit, nothing is hidden");
}

/// The run, once the tools that fit its request have been revealed.
fn looked(message: &str, tools: &[ToolSpec]) -> (Run, Vec<Value>) {
    let mut begun = begun();
    if let Event::Started { message: said, .. } = &mut begun {
        message.clone_into(said);
    }
    let mut run = run_of(&[begun]);
    let Step::Reveal(found) = next_step(&run, tools, &Limits::default()) else {
        panic!("nothing is revealed")
    };
    run.apply(&Event::ToolsRevealed { tools: found.clone() });
    (run, found)
}

#[test]
fn the_first_look_is_made_for_the_model() {
    let tools = headed();
    let (run, found) = looked("tool_7 and tool_9, please", &tools);
    assert_eq!((&found[0]["name"], &found[1]["name"]), (&json!("tool_7"), &json!("tool_9")));
    assert_eq!(run.revealed()[..2], ["tool_7", "tool_9"]);
    let [asked] = run.history() else { panic!("one message: {:?}", run.history()) };
    let told = |part: &Part| matches!(part, Part::Note(note) if note.contains(r#"{"name":"tool_7","#));
    assert!(told(asked.parts.last().unwrap()), "{asked:?}");
    assert_eq!(asked.text(), "tool_7 and tool_9, please", "what the person said is what they said");
    assert_eq!(next_step(&run, &tools, &Limits::default()), Step::Generate(ReplyMode::Free));

    let mut called = run.clone();
    called.apply(&asks(1, "tool_7", &json!({})));
    assert!(matches!(next_step(&called, &tools, &Limits::default()), Step::Decide(_)), "it can be called");
    let mut again = run.clone();
    again.apply(&asks(1, SHOW_TOOLS, &json!({"query": "tool_7"})));
    let shown = settled(&mut again).result;
    assert!(shown["shown_before"].as_array().unwrap().contains(&json!("tool_7")), "it can be read: {shown}");
    assert_eq!(
        next_step(&again, &tools, &Limits::default()),
        Step::Generate(ReplyMode::Free),
        "one look is enough"
    );
}

#[test]
fn a_first_look_that_finds_nothing_or_is_not_needed_is_left_out() {
    let started = |message: &str, reveals: bool| {
        let mut event = if reveals { begun() } else { started() };
        if let Event::Started { message: said, .. } = &mut event {
            message.clone_into(said);
        }
        event
    };
    for (event, tools) in [(started("Hello", true), headed()), (started("tool_7", false), many())] {
        let step = next_step(&run_of(&[event]), &tools, &Limits::default());
        assert_eq!(step, Step::Generate(ReplyMode::Free));
    }
    let mut long = headed();
    for tool in long.iter_mut().skip(1) {
        tool.description = format!("Does a thing. {}", "More of it. ".repeat(150));
    }
    let (run, found) = looked("thing", &long);
    assert_eq!(found.len(), 1, "it leaves the window to the run");
    assert_eq!(
        next_step(&run, &long, &Limits::default()),
        Step::Generate(ReplyMode::Free),
        "and is made once"
    );
}

#[test]
fn a_few_tools_that_fit_a_request_are_named_the_best_first() {
    let index = Index::of(&many());
    assert_eq!(index.fitting("Please do thing 7, with tool_7")[0], "tool_7");
    assert_eq!(index.fitting("things").len(), 3, "all have something to do with things");
    assert!(index.fitting("quantum chromodynamics").is_empty() && index.fitting("").is_empty());
    assert!(Index::of(&[]).fitting("things").is_empty());
    assert!(Index::of(&headed()).fitting("Show me tools").is_empty(), "those are found another way");
}
