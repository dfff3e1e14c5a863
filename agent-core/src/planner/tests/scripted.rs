//! Tests of runs that follow a workflow: which step comes, and what becomes of one that fails.

mod strangers;

use serde_json::{Value, json};

use crate::event::{Event, Outcome, Verdict};
use crate::ids::CallId;
use crate::limits::Limits;
use crate::message::{CallOutcome, Part, Role, ToolCall};
use crate::planner::{Step, next_step, scripted_answer};
use crate::ports::ReplyMode;
use crate::run::Run;
use crate::samples::{replied, run_of, started, tools};
use crate::tool::ToolSpec;
use crate::workflow::{Begun, StepEnd, Workflow};

fn begun(workflow: Value, inputs: Value) -> Run {
    let workflow = Workflow::new(workflow).unwrap();
    let inputs = workflow.bind(inputs.as_object().cloned().unwrap()).unwrap();
    let mut event = started();
    let Event::Started { workflow: follows, untrusted, .. } = &mut event else { panic!("a run begins") };
    *follows = Some(Box::new(Begun { workflow, inputs }));
    *untrusted = vec!["read".to_owned()];
    run_of(&[event])
}

fn offered() -> Vec<ToolSpec> {
    let mut tools = tools();
    let read = ToolSpec { name: "read".to_owned(), ..tools[0].clone() };
    tools.push(read);
    tools
}

fn next(run: &Run) -> Step {
    next_step(run, &offered(), &Limits::default())
}

fn finished(call: &CallId, outcome: CallOutcome, result: Value) -> Event {
    Event::CallFinished { call: call.clone(), outcome, result, failure: None, ms: 1 }
}

/// Performs a step as a driver would, with every call allowed; gives back one that asks for more than that.
fn perform(run: &mut Run, step: Step, result: &dyn Fn(&ToolCall) -> (CallOutcome, Value)) -> Option<Step> {
    let events = match step {
        Step::Script(event) => vec![event],
        Step::Decide(call) => vec![Event::CallDecided {
            call: call.id,
            decision: Verdict::Allow,
            why: String::new(),
            origins: Vec::new(),
            plan: None,
            digest: None,
        }],
        Step::Start(call) => vec![Event::CallStarted { key: run.key(&call.id), call: call.id }],
        Step::Execute(calls) => calls
            .iter()
            .map(|call| {
                let (outcome, result) = result(call);
                finished(&call.id, outcome, result)
            })
            .collect(),
        other => return Some(other),
    };
    events.iter().for_each(|event| run.apply(event));
    None
}

/// Performs steps until the model or nobody is asked.
fn drive(run: &mut Run, result: &dyn Fn(&ToolCall) -> (CallOutcome, Value)) -> Step {
    (0..200).find_map(|_| perform(run, next(run), result)).expect("it ends")
}

/// Performs steps until a call of this tool is to be decided on.
fn until_decided(run: &mut Run, tool: &str, result: &dyn Fn(&ToolCall) -> (CallOutcome, Value)) -> ToolCall {
    loop {
        match next(run) {
            Step::Decide(call) if call.tool == tool => return call,
            step => assert_eq!(perform(run, step, result), None),
        }
    }
}

/// What a step puts to the model, and whether strangers have a part in it.
fn task(run: &Run) -> (&str, bool) {
    let parts = &run.history().last().unwrap().parts;
    let task = parts.iter().find_map(|part| match part {
        Part::Task { text, untrusted } => Some((text.as_str(), *untrusted)),
        _ => None,
    });
    task.unwrap()
}

fn well(call: &ToolCall) -> (CallOutcome, Value) {
    (CallOutcome::Succeeded, json!({"tool": call.tool, "ids": ["a", "b"], "given": call.arguments}))
}

#[test]
fn steps_come_one_after_the_other_and_use_what_came_before() {
    let mut run = begun(
        json!({"name": "w", "inputs": {"city": "Where"}, "steps": [
            {"name": "found", "call": "look", "with": {"city": "{{ city }}"}},
            {"name": "skipped", "if": "found.ids | length > 5", "call": "pay"},
            {"name": "all", "each": "found.ids", "call": "put", "with": {"id": "{{ item }}", "note": "{{ skipped or none }}"}},
        ], "answer": "{{ city }}: {{ all | length }} of {{ found.ids | length }}{% if skipped %} paid{% endif %}"}),
        json!({"city": "Lagos"}),
    );
    assert_eq!(drive(&mut run, &well), Step::Finish(Outcome::Answered));
    assert_eq!(scripted_answer(&run, &offered(), &Outcome::Answered).as_deref(), Some("Lagos: 2 of 2"));
    let made: Vec<_> =
        run.done().iter().map(|done| (done.call.id.as_str(), done.call.tool.as_str())).collect();
    assert_eq!(made, [("c1", "look"), ("c2", "put"), ("c3", "put")]);
    assert_eq!(run.done()[2].call.arguments["id"], "b");
    assert!(!run.done()[2].call.arguments.contains_key("note"), "what comes to nothing is left out");
    assert_eq!(run.progress().unwrap().results()["all"][1]["given"]["id"], "b");
}

#[test]
fn the_model_is_asked_and_its_reply_is_what_the_step_came_to() {
    let mut run = begun(
        json!({"name": "w", "steps": [
            {"name": "found", "call": "look"},
            {"name": "choice", "ask": "Which of {{ found.ids }}?", "answer": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}},
            {"name": "work", "do": "Pay {{ choice.id }}"},
        ]}),
        json!({}),
    );
    assert_eq!(drive(&mut run, &well), Step::Generate(ReplyMode::AnswerOnly));
    assert!(run.answer_schema().is_some());
    assert_eq!(task(&run), (r#"Which of ["a", "b"]?"#, false));
    run.apply(&replied(r#"{"id": "b"}"#, Vec::new()));
    assert_eq!(drive(&mut run, &well), Step::Generate(ReplyMode::Free));
    assert_eq!(task(&run), ("Pay b", false));
    assert!(run.answer_schema().is_none());
    let pay = ToolCall { id: run.next_call_id(0), tool: "pay".to_owned(), arguments: Default::default() };
    run.apply(&replied("", vec![pay]));
    assert_eq!(drive(&mut run, &well), Step::Generate(ReplyMode::Free));
    run.apply(&replied("It is paid.", Vec::new()));
    assert_eq!(drive(&mut run, &well), Step::Finish(Outcome::Answered));
    assert_eq!(scripted_answer(&run, &offered(), &Outcome::Answered).as_deref(), Some("It is paid."));
}

#[test]
fn a_step_that_fails_ends_the_run_unless_it_may() {
    let steps = |may_fail: bool| {
        json!({"name": "w", "steps": [
            {"name": "first", "call": "look", "may_fail": may_fail},
            {"name": "then", "if": "not first.error", "call": "put"},
        ], "answer": "{{ first.error }}"})
    };
    let fails = |_: &ToolCall| (CallOutcome::Failed, json!({"error": "no such place"}));
    let mut run = begun(steps(false), json!({}));
    let failed = Outcome::Failed { step: "first".to_owned() };
    assert_eq!(drive(&mut run, &fails), Step::Finish(failed.clone()));
    assert_eq!(
        scripted_answer(&run, &offered(), &failed).as_deref(),
        Some("The step first failed: look (c1) failed: no such place")
    );
    let mut run = begun(steps(true), json!({}));
    assert_eq!(drive(&mut run, &fails), Step::Finish(Outcome::Answered));
    assert_eq!(scripted_answer(&run, &offered(), &Outcome::Answered).as_deref(), Some("no such place"));
    assert_eq!(run.done().len(), 1);
}

#[test]
fn what_cannot_be_made_fails_before_anything_is_called() {
    let failed = |step: Value| {
        let mut run =
            begun(json!({"name": "w", "steps": [{"name": "found", "call": "look"}, step]}), json!({}));
        let step = drive(&mut run, &well);
        assert_eq!(run.done().len(), 1, "{step:?}");
        let Step::Finish(outcome @ Outcome::Failed { .. }) = step else { panic!("{step:?}") };
        scripted_answer(&run, &offered(), &outcome).unwrap()
    };
    let argument = failed(json!({"name": "a", "call": "put", "with": {"x": "{{ found.nothing }}"}}));
    assert!(argument.contains("the argument 'x': there is no `found.nothing`"), "{argument}");
    let list = failed(json!({"name": "a", "call": "put", "each": "found.tool"}));
    assert!(list.contains("`found.tool` is no list"), "{list}");
    let many = failed(json!({"name": "a", "call": "put", "each": "range(5000) | list"}));
    assert!(many.contains("it would make 5000 calls, and 999 of the 1000"), "{many}");
    let condition = failed(json!({"name": "a", "if": "found.x.y", "call": "put"}));
    assert!(condition.contains("undefined"), "{condition}");
}

#[test]
fn an_answer_that_cannot_be_made_is_no_answer() {
    let mut run = begun(
        json!({"name": "w", "steps": [{"name": "found", "call": "look"}], "answer": "{{ found.price }}"}),
        json!({}),
    );
    let failed = Outcome::Failed { step: String::new() };
    assert_eq!(drive(&mut run, &well), Step::Finish(failed.clone()));
    let answer = scripted_answer(&run, &offered(), &failed).unwrap();
    assert!(answer.starts_with("The answer could not be made: in `{{ found.price }}`"), "{answer}");
}

#[test]
fn a_reply_that_does_not_do_the_work_fails_the_step() {
    let of = |replies: &[&str]| {
        let mut run = begun(
            json!({"name": "w", "steps": [{"name": "a", "do": "Pay it"}, {"name": "b", "call": "look"}]}),
            json!({}),
        );
        for reply in replies {
            assert_eq!(drive(&mut run, &well), Step::Generate(ReplyMode::Free), "{reply}");
            run.apply(&replied(reply, Vec::new()));
            if let Step::Correct { claim, problem } = next(&run) {
                run.apply(&Event::ClaimRefused { claim, problem });
            }
        }
        let failed = Outcome::Failed { step: "a".to_owned() };
        assert_eq!(drive(&mut run, &well), Step::Finish(failed.clone()));
        assert!(run.done().is_empty());
        scripted_answer(&run, &offered(), &failed).unwrap()
    };
    assert_eq!(of(&["For how many?"]), "The step a failed: the model asks: For how many?");
    assert!(of(&["I have paid it.", "It is paid."]).contains("says what was not done: \"It is paid"));
}

#[test]
fn a_step_may_answer_that_something_was_not_done() {
    let replied_with = |reply: &str| {
        let schema =
            json!({"type": "object", "properties": {"paid": {"type": "boolean"}}, "required": ["paid"]});
        let steps = json!([{"name": "a", "ask": "Is the rent paid?", "answer": schema}]);
        let mut run = begun(json!({"name": "w", "steps": steps}), json!({}));
        assert_eq!(drive(&mut run, &well), Step::Generate(ReplyMode::AnswerOnly));
        run.apply(&replied(reply, Vec::new()));
        next(&run)
    };
    let ended = Event::StepEnded { step: "a".to_owned(), end: StepEnd::Succeeded };
    assert_eq!(replied_with(r#"{"paid": false}"#), Step::Script(ended));
    let refused = replied_with(r#"{"paid": true}"#);
    assert!(matches!(refused, Step::Correct { .. }), "{refused:?}");
}

#[test]
fn what_a_workflow_gets_wrong_does_not_bind_the_model() {
    let mut run = begun(
        json!({"name": "w", "steps": [{"name": "a", "call": "look", "each": "range(30) | list", "may_fail": true}, {"name": "b", "do": "Look"}]}),
        json!({}),
    );
    let fails = |_: &ToolCall| (CallOutcome::Failed, json!({"error": "no"}));
    assert_eq!(
        drive(&mut run, &fails),
        Step::Generate(ReplyMode::Free),
        "30 calls of a step are none of the model's 24"
    );
    let limits = Limits { turns_max: 1, ..Limits::default() };
    let step = next_step(&run, &offered(), &limits);
    let Step::Script(Event::StepEnded { end: StepEnd::Failed { why }, .. }) = step else {
        panic!("{step:?}")
    };
    assert_eq!(why, "the run's limits leave no call for it");
}

#[test]
fn effects_of_a_list_are_decided_on_one_after_the_other() {
    let mut run =
        begun(json!({"name": "w", "steps": [{"name": "a", "call": "pay", "each": "[1, 2, 3]"}]}), json!({}));
    let mut order = Vec::new();
    for _ in 0..20 {
        match next(&run) {
            Step::Script(event) => run.apply(&event),
            Step::Decide(call) => {
                order.push(format!("decide {}", call.id));
                let decision = if call.id.as_str() == "c2" { Verdict::Deny } else { Verdict::Allow };
                run.apply(&Event::CallDecided {
                    call: call.id,
                    decision,
                    why: "so".to_owned(),
                    origins: Vec::new(),
                    plan: None,
                    digest: None,
                });
            }
            Step::Start(call) => run.apply(&Event::CallStarted { key: run.key(&call.id), call: call.id }),
            Step::Execute(calls) => {
                order.push(format!("pay {}", calls[0].id));
                run.apply(&finished(&calls[0].id, CallOutcome::Succeeded, json!({})));
            }
            Step::Settle(result) => {
                order.push(format!("{:?} {}", result.outcome, result.call));
                run.apply(&finished(&result.call, result.outcome, result.result));
            }
            Step::Finish(_) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(order, ["decide c1", "pay c1", "decide c2", "Refused c2", "Cancelled c3"]);
}

#[test]
fn people_and_assistants_take_turns() {
    let mut run = begun(
        json!({"name": "w", "steps": [{"name": "a", "ask": "One?"}, {"name": "b", "call": "look"}, {"name": "c", "ask": "Two?"}], "answer": "So."}),
        json!({}),
    );
    for reply in ["1", "2"] {
        assert!(matches!(drive(&mut run, &well), Step::Generate(_)));
        run.apply(&replied(reply, Vec::new()));
    }
    let Step::Finish(outcome) = drive(&mut run, &well) else { panic!("it ends") };
    let answer = scripted_answer(&run, &offered(), &outcome).unwrap();
    run.apply(&Event::Finished {
        outcome,
        answer,
        receipts: Vec::new(),
        incomplete: Vec::new(),
        usage: run.usage(),
    });
    let roles: Vec<_> = run.history().iter().map(|message| message.role).collect();
    assert!(roles.windows(2).all(|two| two != [Role::Assistant, Role::Assistant]), "{roles:?}");
    assert_eq!(run.history().last().unwrap().text(), "So.");
}

#[test]
fn stray_facts_change_nothing() {
    let mut run = begun(
        json!({"name": "w", "steps": [{"name": "a", "call": "look"}, {"name": "b", "call": "look"}]}),
        json!({}),
    );
    let before = run.clone();
    let call = ToolCall { id: "c1".into(), tool: "look".to_owned(), arguments: Default::default() };
    run.apply(&Event::StepCalled { step: "b".to_owned(), calls: vec![call] });
    run.apply(&Event::StepEnded { step: "b".to_owned(), end: StepEnd::Succeeded });
    assert_eq!(run, before);
}
