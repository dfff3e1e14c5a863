//! Characters come whole, whatever the tokens.

use proptest::prelude::*;

use super::Assembler;

proptest! {
    #[test]
    fn text_in_any_pieces_comes_out_as_it_was(text in "\\PC{0,20}", cuts in proptest::collection::vec(0_usize..80, 0..8)) {
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|&cut| cut < text.len()).collect();
        cuts.sort_unstable();
        let (mut assembler, mut out, mut start) = (Assembler::default(), String::new(), 0);
        for end in cuts.into_iter().chain([text.len()]) {
            out.push_str(&assembler.push(&text.as_bytes()[start..end]));
            start = end;
        }
        out.push_str(&assembler.rest());
        prop_assert_eq!(out, text);
    }
}

#[test]
fn broken_bytes_do_not_hold_up_what_follows() {
    let mut assembler = Assembler::default();
    assert_eq!(assembler.push(b"\xffa"), "\u{fffd}a");
    assert_eq!((assembler.push(b"\xff\xe4\xb8"), assembler.push(b"\x8a")), ("\u{fffd}".into(), "上".into()));
    assert_eq!(assembler.push(b"\xe4\xb8"), "");
    assert_eq!(assembler.rest(), "\u{fffd}");
}
