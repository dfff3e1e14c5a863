//! However a reply is cut into pieces, the same is shown, and never markup.

use handyman_core::Delta;
use proptest::prelude::*;

use super::Splitter;

fn shown(reply: &str, cuts: &[usize], in_reasoning: bool) -> (String, String) {
    let mut splitter = Splitter::until("<tool_call>", in_reasoning);
    let (mut text, mut reasoning) = (String::new(), String::new());
    let mut start = 0;
    let ends = cuts.iter().copied().filter(|&cut| reply.is_char_boundary(cut)).chain([reply.len()]);
    for end in ends {
        for delta in splitter.push(&reply[start..end.max(start)]) {
            match delta {
                Delta::Text(piece) => text.push_str(&piece),
                Delta::Reasoning(piece) => reasoning.push_str(&piece),
            }
        }
        start = end.max(start);
    }
    (reasoning, text)
}

proptest! {
    #[test]
    fn cuts_do_not_matter(mut cuts in proptest::collection::vec(0_usize..60, 0..12)) {
        cuts.sort_unstable();
        let reply = "<think>\na < b\n</think>\n\n 1 <tool 上海 \n<tool_call>\n{}\n</tool_call>";
        cuts.retain(|&cut| cut < reply.len());
        prop_assert_eq!(shown(reply, &cuts, false), ("a < b".to_owned(), "1 <tool 上海".to_owned()));
    }
}

#[test]
fn reasoning_that_the_prompt_began_is_not_text() {
    assert_eq!(shown("so\n</think>\n\nHello. ", &[1, 5], true), ("so".to_owned(), "Hello.".to_owned()));
}
