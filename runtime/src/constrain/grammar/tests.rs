//! Markup becomes tokens, the rest is spelled out.

use super::{Grammar, Markup, escaped, without};
use crate::tiny::constrainer;

#[test]
fn the_longest_marker_counts_and_the_rest_is_text() {
    let grammar = Grammar::with_markers(vec![("<a>".to_owned(), 7), ("<a><b>".to_owned(), 8)]);
    assert_eq!(
        grammar.split("x<a><b>y<a>"),
        [Markup::Text("x"), Markup::Token(8), Markup::Text("y"), Markup::Token(7)]
    );
    assert_eq!(grammar.written("x<a>"), "\"x\" <[7]>");
    assert_eq!(grammar.written(""), "\"\"");
}

#[test]
fn texts_without_a_mark_end_before_it_and_every_character_can_be_escaped() {
    let marks = ["</x>", "a.*b", "\n\t", "[^]", "｜", "/\\#&-~"];
    for mark in marks {
        let mut grammar = Grammar::default();
        let text = grammar.terminal(&without(&[mark]));
        let grammar = grammar.start(&text);
        let accepts = |text: &str| {
            let mut matcher = constrainer().matcher(&grammar).unwrap();
            let tokens: Vec<u32> = text.bytes().map(u32::from).collect();
            matcher.consume_tokens(&tokens).is_ok() && matcher.is_accepting().unwrap()
        };
        assert!(accepts("some other text"), "{}", escaped(mark));
        assert!(!accepts(&format!("so {mark} on")), "{}", escaped(mark));
    }
}
