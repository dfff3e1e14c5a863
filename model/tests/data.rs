//! What every generated conversation has to satisfy.

use std::collections::BTreeSet;

use handyman_model::conversation::{Conversation, Role};
use handyman_model::product::{About, Course};
use handyman_model::{Generator, Kind, Plan};
use serde_json::Value;

fn plan(kind: Kind, held_out: bool) -> Plan {
    let course = Course { full: false, about: About::Anything, requests: 4, renamed: false };
    Plan { kind, seed: 77, lang: None, held_out, short: false, course, alike: 1 }
}

fn conversations(plan: Plan, count: u64) -> Vec<Conversation> {
    let mut generator = Generator::new(plan).unwrap();
    (0..count).map(|i| generator.conversation(i).unwrap()).collect()
}

/// So many conversations with the product's tools by other names.
fn renamed(held_out: bool, count: u64) -> Vec<Conversation> {
    let plan = plan(Kind::Product, held_out);
    conversations(Plan { course: Course { renamed: true, ..plan.course }, ..plan }, count)
}

/// So many conversations about the product of each kind of request.
fn of_every_kind(count: u64) -> Vec<Conversation> {
    let abouts = [About::Anything, About::Bookings, About::Desk, About::Amiss];
    let plans = abouts.map(|about| {
        let plan = plan(Kind::Product, false);
        Plan { course: Course { about, ..plan.course }, ..plan }
    });
    plans.into_iter().flat_map(|plan| conversations(plan, count)).collect()
}

#[test]
fn every_call_fits_its_schema() {
    let invented = conversations(plan(Kind::Invented, false), 400);
    let everyday = [false, true].map(|held_out| conversations(plan(Kind::Everyday, held_out), 400)).concat();
    let renamed = [false, true].map(|held_out| renamed(held_out, 100)).concat();
    let alike = [Kind::Invented, Kind::Everyday].map(|kind| Plan { alike: 20, ..plan(kind, false) });
    let alike = alike.map(|plan| conversations(plan, 200)).concat();
    let all = [invented, everyday, renamed, alike, of_every_kind(60)].concat();
    for talk in all.into_iter().filter(|talk| !talk.kind.ends_with("many")) {
        for call in talk.messages.iter().flat_map(|m| &m.tool_calls) {
            let tool = talk.tools.iter().find(|t| t.name == call.name).expect("the tool is on offer");
            let validator = jsonschema::validator_for(&tool.parameters).unwrap();
            let arguments = Value::Object(call.arguments.clone());
            let problem = validator.iter_errors(&arguments).next().map(|e| e.to_string());
            assert_eq!(problem, None, "{} {arguments}", call.name);
            let order: Vec<&String> = tool.parameters["properties"].as_object().unwrap().keys().collect();
            let places: Vec<usize> =
                call.arguments.keys().map(|k| order.iter().position(|o| *o == k).unwrap()).collect();
            assert!(places.is_sorted(), "arguments of {} are not in the order of the schema", call.name);
        }
    }
}

/// Where tools are to be computed once for many conversations, these have the same ones, and ask for different things.
#[test]
fn so_many_in_a_row_have_the_same_tools() {
    for kind in [Kind::Invented, Kind::Everyday, Kind::Product] {
        let plan = plan(kind, false);
        let course = Course { full: true, renamed: true, ..plan.course };
        let talks = conversations(Plan { course, alike: 8, ..plan }, 40);
        let sets: Vec<&[Conversation]> = talks.chunks(8).collect();
        for set in &sets {
            assert!(
                set.iter().all(|talk| talk.tools == set[0].tools && talk.lang == set[0].lang),
                "{kind:?}"
            );
            let said: BTreeSet<&str> = set.iter().map(|talk| talk.messages[0].content.as_str()).collect();
            assert_eq!(said.len(), set.len(), "{kind:?}");
        }
        assert!(sets.windows(2).all(|pair| pair[0][0].tools != pair[1][0].tools), "{kind:?}");
        let calls = talks.iter().flat_map(|talk| &talk.messages).flat_map(|message| &message.tool_calls);
        let called: BTreeSet<&str> = calls.map(|call| call.name.as_str()).collect();
        assert!(called.len() > 10, "{kind:?} {called:?}");
    }
}

#[test]
fn names_kept_for_evaluation_are_in_no_training_conversation() {
    let named = |talks: &[Conversation]| -> BTreeSet<String> {
        talks.iter().flat_map(|talk| &talk.tools).map(|tool| tool.name.clone()).collect()
    };
    let (training, kept) = (named(&renamed(false, 300)), named(&renamed(true, 100)));
    assert!(training.len() > 60 && kept.len() > 15, "{training:?} {kept:?}");
    let both: Vec<&String> = training.intersection(&kept).collect();
    assert!(both.is_empty(), "{both:?}");
}

#[test]
fn requests_name_the_tools_that_the_runtime_would_find() {
    let talks = conversations(plan(Kind::Invented, false), 300);
    let asked = |talk: &&Conversation| talk.messages.iter().any(|message| !message.fitting.is_empty());
    let named = talks.iter().filter(asked).count();
    assert!(named > 200 && named < 295, "{named} of 300: some do without");
    for talk in &talks {
        for message in &talk.messages {
            assert!(message.role == Role::User || message.fitting.is_empty());
            for name in &message.fitting {
                assert!(talk.tools.iter().any(|tool| tool.name == *name), "{name} is not on offer");
            }
        }
    }
}

#[test]
fn of_many_tools_those_are_called_that_the_request_was_told() {
    let mut many = 0;
    for talk in [Kind::Invented, Kind::Everyday].map(|kind| conversations(plan(kind, false), 300)).concat() {
        if !talk.kind.ends_with("many") {
            continue;
        }
        many += 1;
        assert_eq!(talk.tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(), ["show_tools"]);
        let mut told = String::new();
        for message in &talk.messages {
            for call in &message.tool_calls {
                assert!(told.contains(&format!("{{\"name\":\"{}\",", call.name)), "{} in {told}", call.name);
            }
            if message.role == Role::User {
                assert!(message.fitting.is_empty());
                told.push_str(&message.content);
            }
        }
    }
    assert!(many > 10, "{many}");
}

#[test]
fn the_same_seed_gives_the_same_conversations() {
    for kind in [Kind::Invented, Kind::Everyday, Kind::Product] {
        let mut generator = Generator::new(plan(kind, false)).unwrap();
        // In another order, and from a world that other conversations have used before.
        let late = generator.conversation(7).unwrap();
        let early = conversations(plan(kind, false), 8).pop().unwrap();
        assert_eq!(late, early);
    }
}

#[test]
fn verbatim_arguments_are_spans_of_what_was_said() {
    for talk in of_every_kind(60) {
        let mut said = String::new();
        for message in &talk.messages {
            for call in &message.tool_calls {
                let tool = talk.tools.iter().find(|t| t.name == call.name).unwrap();
                for (name, value) in &call.arguments {
                    let schema = &tool.parameters["properties"][name];
                    let Some(text) = value.as_str() else { continue };
                    if schema["x-verbatim"] == true || !schema["x-from"].is_null() {
                        assert!(said.contains(text), "{}.{name} = {text:?} was not said:\n{said}", call.name);
                    }
                }
            }
            if message.role != Role::Assistant {
                said.push_str(&message.content);
                said.push('\n');
            }
        }
    }
}

#[test]
fn numbers_in_answers_come_from_results() {
    for talk in of_every_kind(60) {
        let mut known = String::new();
        for message in &talk.messages {
            if message.role == Role::Assistant {
                for word in
                    message.content.split(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != ':')
                {
                    let word = word.trim_matches(['.', ':']);
                    let number = word.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b':'));
                    let telling = word.len() > 2 && (number || word.starts_with("HM"));
                    assert!(
                        !telling || known.contains(word),
                        "{word} in {:?} is not known from\n{known}",
                        message.content
                    );
                }
            } else {
                known.push_str(&message.content);
            }
        }
    }
}

#[test]
fn evaluation_requests_are_not_training_wordings() {
    const LENGTH: usize = 8;
    let mut seen: BTreeSet<Vec<String>> = BTreeSet::new();
    let everyday = conversations(plan(Kind::Everyday, false), 2_000);
    for talk in [of_every_kind(150), everyday].concat() {
        for message in talk.messages.iter().filter(|m| m.role == Role::User) {
            let text = message.content.split_once(")\n").map_or(message.content.as_str(), |(_, text)| text);
            seen.extend(words(text).windows(LENGTH).map(<[String]>::to_vec));
        }
    }
    for line in include_str!("../eval/requests.jsonl").lines() {
        let request: Value = serde_json::from_str(line).unwrap();
        let text = request["request"].as_str().unwrap();
        for window in words(text).windows(LENGTH) {
            assert!(!seen.contains(window), "{text:?} shares {window:?} with the training data");
        }
    }
}

/// English words and single Chinese characters.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            words.last_mut().unwrap().push(c);
        } else {
            words.push(if c.is_alphanumeric() { c.to_string() } else { String::new() });
            words.push(String::new());
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

#[test]
fn a_slip_gets_an_error_and_is_put_right() {
    let talks = conversations(plan(Kind::Product, false), 300);
    let mut slips = 0;
    for talk in &talks {
        for (at, message) in talk.messages.iter().enumerate().filter(|(_, message)| message.slip) {
            slips += 1;
            let results = &talk.messages[at + 1..=at + message.tool_calls.len()];
            let errors: Vec<usize> = (0..results.len())
                .filter(|i| serde_json::from_str::<Value>(&results[*i].content).unwrap()["error"].is_string())
                .collect();
            let [wrong] = errors[..] else { panic!("one call of {message:?} goes wrong") };
            let next = &talk.messages[at + 1 + results.len()];
            assert!(next.role == Role::Assistant && !next.slip, "{next:?}");
            let (mistaken, right) = (&message.tool_calls[wrong], &next.tool_calls[0]);
            assert_eq!(mistaken.name, right.name);
            assert_ne!(mistaken.arguments, right.arguments);
        }
    }
    assert!(slips > 3, "{slips} slips");
    let held_out = conversations(plan(Kind::Product, true), 100);
    assert!(held_out.iter().flat_map(|talk| &talk.messages).all(|message| !message.slip));
}
