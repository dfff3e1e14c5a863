//! What is shown cannot steer a terminal.

use super::{printable, printable_lines};

#[test]
fn what_steers_a_terminal_is_written_out() {
    assert_eq!(printable("a\u{1b}[2K\r\u{9b}1A\u{7f}\u{0}"), r"a\u001b[2K\r\u009b1A\u007f\u0000");
    assert_eq!(printable("\u{202e}abc\u{2066}\u{61c}\u{200f}"), r"\u202eabc\u2066\u061c\u200f");
    assert_eq!(printable("one\ntwo\tthree\u{2028}four"), r"one\ntwo\tthree\u2028four");
}

#[test]
fn other_text_stays_as_it_is() {
    for text in ["上海 → 北京 · 568.50 元", "naïve 👩‍👩‍👧", r"C:\new", ""] {
        assert_eq!(printable(text), text);
    }
}

#[test]
fn several_lines_keep_their_ends_and_tabs_only() {
    assert_eq!(printable_lines("a\tb\nc\u{1b}[8m\rd"), "a\tb\nc\\u001b[8m\\rd");
}
