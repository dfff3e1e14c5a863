//! No order of facts, no crash and no stray fact makes a `once` call happen twice.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::event::{Event, Outcome, Verdict};
use crate::ids::CallId;
use crate::limits::Limits;
use crate::message::{CallOutcome, ToolCall};
use crate::run::{CallState, Run};
use crate::samples::{
    asked_for, begun, call, cut_off, decided, ended, finished, malformed, replied, run_of, started, tools,
};
use crate::tool::ToolSpec;

use super::super::{Step, next_step};

/// A driver that crashes, and a world that counts what really happened.
struct Simulation {
    run: Run,
    happened: BTreeMap<CallId, u32>,
}

/// What the driver does with one step: how the world and the process behave.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// A process ends before the step.
    crash_before: bool,
    /// How many of the calls being executed have results recorded before the process ends; the effects
    /// of all of them take place. `None`: it does not end.
    crash_after: Option<usize>,
    /// Chooses among replies, verdicts and what a probe can tell.
    choice: u8,
}

impl Simulation {
    fn new() -> Self {
        Self { run: run_of(&[started()]), happened: BTreeMap::new() }
    }

    fn perform(&mut self, turn: Turn) {
        if turn.crash_before {
            self.run.apply(&Event::Resumed);
        }
        let event = match next_step(&self.run, &specs(), &Limits::default()) {
            Step::Generate(_) => self.reply(turn.choice),
            Step::Decide(call) => decided(call.id.as_str(), verdict(turn.choice)),
            Step::Start(call) => begun(call.id.as_str()),
            Step::Execute(calls) => return self.execute(&calls, turn),
            Step::Probe(call) => self.probe(&call, turn.choice),
            Step::Settle(result) => ended(result.call.as_str(), result.outcome),
            Step::Undo { call, undoes, why } => Event::UndoPlanned { call, undoes, why },
            Step::Correct { claim, problem } => Event::ClaimRefused { claim, problem },
            Step::Reveal(tools) => Event::ToolsRevealed { tools },
            Step::Finish(outcome) => finished(outcome),
            Step::Script(event) => event,
            Step::Done => Event::Resumed,
        };
        self.run.apply(&event);
    }

    fn reply(&self, choice: u8) -> Event {
        let wanted = ["pay", "look", "put", "pay", "fly"].iter().take(usize::from(choice % 6));
        let calls = wanted.enumerate().map(|(index, tool)| ToolCall {
            id: self.run.next_call_id(index),
            tool: (*tool).to_owned(),
            arguments: serde_json::Map::from_iter([("of".to_owned(), "c3".into())]),
        });
        let text = if choice.is_multiple_of(4) { "Paid." } else { "So" };
        replied(text, calls.collect())
    }

    /// Some attempts fail without effect and are made again; some calls fail for good.
    fn execute(&mut self, calls: &[ToolCall], turn: Turn) {
        for call in calls {
            if turn.choice.is_multiple_of(7) {
                continue;
            }
            let times = self.happened.entry(call.id.clone()).or_default();
            *times += 1;
            assert!(call.tool != "pay" || *times == 1, "{} happened {times} times", call.id);
        }
        for call in calls.iter().take(turn.crash_after.unwrap_or(calls.len())) {
            let id = call.id.as_str();
            let event = match turn.choice {
                choice if choice.is_multiple_of(14) => ended(id, CallOutcome::Failed),
                choice if choice.is_multiple_of(21) => withheld(id),
                choice if choice.is_multiple_of(7) => retried(id),
                _ => ended(id, CallOutcome::Succeeded),
            };
            self.run.apply(&event);
        }
        if turn.crash_after.is_some() {
            self.run.apply(&Event::Resumed);
        }
    }

    fn probe(&self, call: &ToolCall, choice: u8) -> Event {
        let id = call.id.as_str();
        match self.happened.get(&call.id) {
            _ if choice.is_multiple_of(3) => ended(id, CallOutcome::Unknown),
            Some(_) => ended(id, CallOutcome::Succeeded),
            None => begun(id),
        }
    }

    /// Folds in a fact that no step asked for. Only a start of a call in doubt is left out: it is the
    /// driver's word that the effect did not take place.
    fn stray(&mut self, event: &Event) {
        let vouches = matches!(event, Event::CallStarted { call, .. }
            if self.run.pending().iter().any(|p| p.call.id == *call && p.state == CallState::InDoubt));
        let reuses_ids = matches!(event, Event::ModelReplied { calls, .. } if !calls.is_empty());
        if !vouches && (!reuses_ids || !self.run.pending().is_empty()) {
            self.run.apply(event);
        }
    }
}

/// The sample tools: `put` can be undone, and `pay` completes it.
fn specs() -> Vec<ToolSpec> {
    let mut specs = tools();
    specs[1].safety.undo = true;
    specs[2].safety.completes = vec!["put".to_owned()];
    specs
}

fn retried(id: &str) -> Event {
    let (call, error) = (id.into(), "busy".to_owned());
    Event::CallRetried { call, attempt: 1, error, in_doubt: false, wait_ms: 1, ms: 1 }
}

fn withheld(id: &str) -> Event {
    let (why, digest) = ("the price has changed".to_owned(), "d".to_owned());
    Event::CallWithheld { call: id.into(), why, plan: serde_json::json!({"price": 2}), digest, ms: 1 }
}

fn verdict(choice: u8) -> Verdict {
    match choice % 5 {
        0 => Verdict::Deny,
        1 => Verdict::Ask,
        _ => Verdict::Allow,
    }
}

fn turn() -> impl Strategy<Value = Turn> {
    let crash_after = prop::option::weighted(0.3, 0..3_usize);
    (prop::bool::weighted(0.2), crash_after, any::<u8>())
        .prop_map(|(crash_before, crash_after, choice)| Turn { crash_before, crash_after, choice })
}

pub(crate) fn any_event() -> impl Strategy<Value = Event> {
    let id = || (1..5_usize).prop_map(|index| format!("c{index}"));
    let outcome = prop_oneof![
        Just(Outcome::Answered),
        Just(Outcome::Cancelled),
        id().prop_map(|id| Outcome::Waiting { call: id.into() }),
    ];
    prop_oneof![
        Just(started()),
        Just(Event::Resumed),
        Just(malformed()),
        Just(replied("Done.", vec![])),
        Just(cut_off("Don", crate::StopReason::Tokens)),
        Just(asked_for(&["pay", "look"])),
        Just(asked_for(&["put", "pay", "fly"])),
        (id(), any::<u8>()).prop_map(|(id, choice)| decided(&id, verdict(choice))),
        id().prop_map(|id| begun(&id)),
        id().prop_map(|id| ended(&id, CallOutcome::Succeeded)),
        id().prop_map(|id| ended(&id, CallOutcome::Failed)),
        id().prop_map(|id| retried(&id)),
        id().prop_map(|id| withheld(&id)),
        (id(), any::<u8>()).prop_map(|(id, choice)| Event::PersonDecided {
            call: id.into(),
            decision: verdict(choice),
            digest: "d".to_owned(),
            why: (choice > 127).then(|| "too dear".to_owned()),
        }),
        id().prop_map(|id| Event::UndoPlanned {
            call: call(1_000, "put"),
            undoes: id.into(),
            why: "so".to_owned()
        }),
        Just(Event::ClaimRefused { claim: "Paid.".to_owned(), problem: "not so".to_owned() }),
        outcome.prop_map(finished),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_once_call_never_happens_twice(turns in prop::collection::vec(turn(), 1..60)) {
        let mut simulation = Simulation::new();
        for turn in turns {
            simulation.perform(turn);
        }
    }

    #[test]
    fn stray_facts_do_not_make_it_happen_twice(
        turns in prop::collection::vec((turn(), prop::option::of(any_event())), 1..60),
    ) {
        let mut simulation = Simulation::new();
        for (turn, stray) in turns {
            if let Some(event) = stray {
                simulation.stray(&event);
            }
            simulation.perform(turn);
        }
    }

    #[test]
    fn some_step_follows_any_order_of_facts(events in prop::collection::vec(any_event(), 0..40)) {
        let run = run_of(&events);
        let step = next_step(&run, &specs(), &Limits::default());
        prop_assert_eq!(step == Step::Done, run.outcome().is_some() || run.now().is_none());
    }
}
