//! Answers of agents with tools of their own: what they claim, and what they only tell.

use serde_json::{Value, json};

use crate::message::{CallOutcome, Message};
use crate::samples;
use crate::tool::{Effect, Safety, ToolSpec};

use super::super::{honest, ruled_out, unbacked};
use super::backing::{Made, read, run_after};

mod claimed;
mod told;

/// Tools that are nobody's but the program's; the last ones look.
fn tools() -> Vec<ToolSpec> {
    let english = [
        ("unlock_door", "Unlocks a door."),
        ("lock_door", "Locks a door."),
        ("ticket.close", "Close a ticket"),
        ("deployService", "Deploys a service to production."),
        ("restart_router", "Restarts the router"),
        ("open_garage", "Opens the garage."),
        ("publish_post", "Publishes a post on the site."),
        ("archive_project", "Archives a project"),
        ("approve_leave", "Approve a request for leave."),
        ("ban_user", "Bans a user"),
        ("write_file", "Writes text to a file."),
        ("turn_on_light", "Turns on a light."),
        ("factory_reset", "Resets the device to its factory settings."),
        ("ship_parcel", "Ships a parcel."),
        ("start_machine", "Starts the washing machine"),
        ("lend_bike", "Lends a bike to somebody"),
        ("launch_probe", "Launches a probe"),
        ("calibrate_sensor", "Calibrates a sensor."),
    ];
    let chinese = [
        ("smart_lock", "车门的锁", &["解锁", "锁上"][..]),
        ("service", "部署服务", &["deployed", "部署"]),
        ("router", "重启路由器", &["重启"]),
        ("cat", "喂猫", &["fed", "喂食"]),
        ("news", "发布文章", &["发布"]),
    ];
    let spec = |name: &str, description: &str, does: &[&str], effect| ToolSpec {
        name: name.into(),
        description: description.into(),
        effect,
        safety: Safety { does: does.iter().map(|word| (*word).into()).collect(), ..Safety::default() },
        ..samples::tools().remove(0)
    };
    let english = english.map(|(name, description)| spec(name, description, &[], Effect::Once));
    let chinese = chinese.map(|(name, description, does)| spec(name, description, does, Effect::Once));
    let reads =
        [("look_up", "Looks something up"), ("open_page", "Opens a page"), ("delegate", "Does a task")];
    let reads = reads.map(|(name, description)| {
        spec(name, description, &[], if name == "delegate" { Effect::Once } else { Effect::ReadOnly })
    });
    english.into_iter().chain(chinese).chain(reads).collect()
}

/// The claim that nothing backs, after these calls.
fn claimed(message: &str, calls: &[Made<'_>], answer: &str) -> Option<String> {
    let run = run_after(Vec::new(), message, calls, answer);
    unbacked(&run, &tools()).map(|claim| claim.words)
}

/// The same after earlier messages.
fn claimed_after(earlier: Vec<Message>, message: &str, answer: &str) -> Option<String> {
    unbacked(&run_after(earlier, message, &[], answer), &tools()).map(|claim| claim.words)
}

fn looked(result: Value) -> Made<'static> {
    read("look_up", result)
}

fn did(tool: &str) -> Made<'_> {
    (tool, Effect::Once, CallOutcome::Succeeded, json!({"ok": 1}))
}

#[test]
fn a_call_of_the_same_verb_makes_it_true() {
    for (tool, answer) in [
        ("unlock_door", "I've unlocked the front door."),
        ("ticket.close", "I've closed the ticket."),
        ("deployService", "Deployed the service to production."),
        ("service", "I've deployed it."),
        ("deployService", "服务已部署。"),
        ("smart_lock", "已解锁车门。"),
        ("smart_lock", "车门已锁上。"),
        ("open_page", "I've opened the garage page."),
        // Nobody knows what that one does.
        ("delegate", "I've unlocked the front door."),
        ("delegate", "已解锁车门。"),
    ] {
        assert_eq!(claimed("Do it", &[did(tool)], answer), None, "{tool}: {answer}");
    }
    for (tool, answer) in [
        ("lock_door", "I've unlocked the front door."),
        ("restart_router", "I've unlocked the front door."),
        ("look_up", "I've unlocked the front door."),
        ("unlock_door", "I've shipped the parcel."),
        ("service", "已解锁车门。"),
    ] {
        assert!(claimed("Do it", &[did(tool)], answer).is_some(), "{tool}: {answer}");
    }
    let failed = ("unlock_door", Effect::Once, CallOutcome::Failed, json!({"error": "jammed"}));
    assert!(claimed("Unlock the door", &[failed], "I've unlocked the door.").is_some());
}

#[test]
fn a_result_that_says_so_makes_it_true() {
    for result in [
        json!({"door": "front", "state": "unlocked"}),
        json!({"unlocked": true}),
        json!({"unlocked_at": "09:00"}),
        json!("The front door is unlocked."),
    ] {
        let answer = "I've unlocked the front door.";
        assert_eq!(claimed("Unlock the door", &[looked(result.clone())], answer), None, "{result}");
    }
    for result in [json!({"unlocked": false}), json!({"state": "locked"})] {
        let answer = "I've unlocked the front door.";
        assert!(claimed("Unlock the door", &[looked(result.clone())], answer).is_some(), "{result}");
    }
}

#[test]
fn what_was_done_earlier_may_still_be_told() {
    let run = run_after(Vec::new(), "Unlock the door", &[did("unlock_door")], "I've unlocked it.");
    let earlier = run.into_earlier().messages;
    let told = |message: &str, answer: &str| claimed_after(earlier.clone(), message, answer).is_none();
    assert!(told("Did you unlock the door?", "Yes, I've unlocked it."));
    assert!(told("Thanks", "I've unlocked the door, so you can come in."));
    assert!(!told("Unlock the garage, too", "I've unlocked the garage."));
    let person =
        claimed_after(Vec::new(), "The door is unlocked already. Is Anna in?", "The door has been unlocked.");
    assert_eq!(person, None);
}

#[test]
fn what_takes_an_effect_back_may_be_called_anything_else() {
    use crate::event::{Event, Verdict};
    use crate::samples::{asked_for, begun, decided, started};
    let finished = |call: &str| Event::CallFinished {
        call: call.into(),
        outcome: CallOutcome::Succeeded,
        result: json!({"ok": 1}),
        failure: None,
        ms: 1,
    };
    let undo = samples::call(2, "unlock_door");
    let run = samples::run_of(&[
        started(),
        asked_for(&["unlock_door"]),
        decided("c1", Verdict::Allow),
        begun("c1"),
        finished("c1"),
        Event::UndoPlanned { call: undo, undoes: "c1".into(), why: "nobody came".into() },
        begun("c2"),
        finished("c2"),
    ]);
    let text = "I've locked the door again.";
    assert_eq!(honest(text, &run, &tools()), text);
    assert_ne!(honest("I've unlocked the door.", &run, &tools()), "I've unlocked the door.");
}

#[test]
fn the_note_is_in_the_language_of_the_answer() {
    let run = run_after(Vec::new(), "Do it", &[], "");
    for (answer, note) in [
        ("I've unlocked the door.", "I cannot confirm this: nothing was unlocked."),
        ("已解锁车门。", "无法确认：没有完成解锁。"),
        ("好的。I've calibrated the sensor.", "无法确认：没有完成“calibrate”操作。"),
    ] {
        assert_eq!(honest(answer, &run, &tools()), note);
    }
    let lost = ("unlock_door", Effect::Once, CallOutcome::Unknown, json!({"error": "lost"}));
    let run = run_after(Vec::new(), "Unlock the door", &[lost], "I've unlocked the door.");
    assert_eq!(
        unbacked(&run, &tools()).unwrap().problem(),
        "it is unknown whether anything was unlocked; say so, and do not do it again"
    );
}

#[test]
fn what_is_refused_takes_no_other_tool_of_ones_own_with_it() {
    let ruled = |message: &str| -> Vec<String> {
        let run = run_after(Vec::new(), message, &[], "");
        ruled_out(&run, &tools()).into_iter().map(|tool| tool.name.clone()).collect()
    };
    assert_eq!(ruled("Who is at the door? Don't unlock it"), ["unlock_door"]);
    assert_eq!(ruled("谁在外面？先别解锁"), ["smart_lock"]);
    assert_eq!(ruled("Unlock the door"), [""; 0]);
}
