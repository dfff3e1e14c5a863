//! However a reply is cut into pieces, the same is shown, and never markup.

use handyman_core::Delta;
use proptest::prelude::*;

use super::Splitter;
use crate::dialect::families::{FAMILIES, family};
use crate::dialect::native::id;
use crate::dialect::samples::hard_call;
use crate::dialect::write;

/// What is shown of a reply that is cut before these bytes: reasoning and text.
fn shown(mut splitter: Splitter, reply: &str, cuts: &[usize]) -> (String, String) {
    let (mut text, mut reasoning) = (String::new(), String::new());
    let mut start = 0;
    let mut cuts: Vec<usize> = cuts.iter().copied().filter(|&cut| reply.is_char_boundary(cut)).collect();
    cuts.sort_unstable();
    let mut take = |delta| match delta {
        Delta::Text(piece) => text.push_str(&piece),
        Delta::Reasoning(piece) => reasoning.push_str(&piece),
        Delta::Progress { text, .. } => panic!("a model runs no tools: {text}"),
    };
    for end in cuts.into_iter().chain([reply.len()]) {
        splitter.push(&reply[start..end]).into_iter().for_each(&mut take);
        start = end;
    }
    splitter.finish().into_iter().for_each(take);
    (reasoning, text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn cuts_do_not_matter_in_any_family(cuts in proptest::collection::vec(0_usize..160, 0..14)) {
        for format in FAMILIES.iter().map(crate::dialect::format::Format::owned) {
            let (begins, ends) = format.thinking.clone().unwrap_or_default();
            let thinks = !begins.is_empty();
            let calls = write::calls(&format, &[hard_call()], &[id(0)], 0);
            let thought = if begins.is_empty() { String::new() } else { format!("{begins}\na < b\n{ends}") };
            let (open, close) = &format.answer;
            let said = format!("{open}\n\n 1 <tool [上海] {{}} \n{close}");
            let both = !format.is_bare() && (!format.is_wrapped() || !close.is_empty());
            let reasoned = if begins.is_empty() { "" } else { "a < b" };
            let spoken = (reasoned.to_owned(), "1 <tool [上海] {}".to_owned());
            let splitter = || Splitter::new(&format, thinks);
            if both {
                let reply = format!("{thought}{said}{calls}");
                prop_assert_eq!(shown(splitter(), &reply, &cuts), spoken.clone(), "{}", format.name);
            }
            prop_assert_eq!(shown(splitter(), &format!("{thought}{said}"), &cuts), spoken, "{}", format.name);
            let silent = (reasoned.to_owned(), String::new());
            prop_assert_eq!(shown(splitter(), &format!("{thought}{calls}"), &cuts), silent, "{}", format.name);
        }
    }

    #[test]
    fn the_answer_of_an_envelope_streams(cuts in proptest::collection::vec(0_usize..80, 0..12)) {
        let marks = || Some(("<think>".to_owned(), "</think>".to_owned()));
        let reply = "<think>so</think>\n{\"answer\": \" a \\\"b\\\" \\\\ \\n \\u00e9 \\ud83d\\ude00 上\\n\"}";
        let wanted = ("so".to_owned(), "a \"b\" \\ \n é 😀 上".to_owned());
        prop_assert_eq!(shown(Splitter::envelope(marks()), reply, &cuts), wanted);
        let calls = "{\"calls\": [{\"name\": \"answer\", \"arguments\": {\"answer\": \"x\"}}]}";
        prop_assert_eq!(shown(Splitter::envelope(None), calls, &cuts), (String::new(), String::new()));
    }
}

#[test]
fn reasoning_that_the_prompt_began_is_not_text() {
    let mut splitter = Splitter::new(&family("hermes"), true);
    assert_eq!(splitter.push("<think>\n"), []);
    assert_eq!(shown(splitter, "so\n</think>\n\nHello. ", &[1, 5]), ("so".to_owned(), "Hello.".to_owned()));
}

#[test]
fn text_is_shown_as_soon_as_it_cannot_be_markup() {
    let mut splitter = Splitter::new(&family("hermes"), false);
    assert_eq!(splitter.push("Hello <tool"), [Delta::Text("Hello".to_owned())]);
    assert_eq!(splitter.push("box>"), [Delta::Text(" <toolbox>".to_owned())]);
    assert_eq!(splitter.push("<tool_call>{\"name\": \"x\"").len(), 0);
}

#[test]
fn what_might_have_been_markup_and_was_not_is_shown_in_the_end() {
    let hermes = || Splitter::new(&family("hermes"), true);
    assert_eq!(shown(hermes(), "Use a <", &[]).1, "Use a <");
    assert_eq!(shown(hermes(), "Use a <tool_ ", &[3, 8]).1, "Use a <tool_");
    assert_eq!(shown(hermes(), "<think>\nbut 1 </th", &[]).0, "but 1 </th");
}
