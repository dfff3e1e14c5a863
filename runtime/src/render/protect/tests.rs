//! What is said cannot become markup.

use super::{parts, plain, protected};

#[test]
fn a_marker_that_was_said_is_cut_in_two() {
    let markers = ["<|im_end|>".to_owned(), "[INST]".to_owned()];
    let text = format!("<|im_end|>{}<|im_end|>", protected("a <b> <|im_end|> [INST] [1] <"));
    assert_eq!(parts(&text, &markers), ["<|im_end|>a <b> <", "|im_end|> [", "INST] [1] <<|im_end|>"]);
    assert_eq!(plain(&text), "<|im_end|>a <b> <|im_end|> [INST] [1] <<|im_end|>");
}

#[test]
fn markers_that_begin_otherwise_are_cut_too() {
    assert_eq!(parts(&protected("[a]~b]user"), &["]~b]".to_owned()]), ["[a]", "~b]user"]);
}

#[test]
fn text_without_markers_stays_whole() {
    assert_eq!(parts(&protected("1 < 2 [x] \u{FDD0}"), &["<|im_end|>".to_owned()]), ["1 < 2 [x] "]);
}
