//! What stands in a listing fits into its line.

use super::{cut, fitted_in, one_line};

#[test]
fn a_text_that_fits_is_whole_and_another_is_cut_with_a_mark() {
    for (text, room, expected) in [
        ("", 0, ""),
        ("book", 4, "book"),
        ("booking", 4, "boo…"),
        ("booking", 1, "…"),
        ("上海北京", 8, "上海北京"),
        ("上海北京", 7, "上海北…"),
        ("上海北京", 6, "上海…"),
        ("a上海", 4, "a上…"),
    ] {
        assert_eq!(cut(text, room), expected, "{text} in {room}");
    }
}

#[test]
fn a_line_is_as_wide_as_the_terminal_and_no_wider() {
    let pasted = "word\n".repeat(60_000);
    let line = fitted_in(60, "r1  answered  ", &pasted);
    assert_eq!(line.chars().count(), 60, "{line}");
    assert!(line.starts_with("r1  answered  word word ") && line.ends_with('…'), "{line}");
    assert_eq!(fitted_in(60, "r1  ", "book it"), "r1  book it");
    assert_eq!(
        fitted_in(10, "r1  answered  ", &pasted).chars().count(),
        24,
        "something of it is always shown"
    );
}

#[test]
fn a_listing_has_one_line_for_each() {
    assert_eq!(one_line("one\n two\t\tthree\r\n"), "one two three");
    assert_eq!(one_line("a\u{1b}[2K"), r"a\u001b[2K");
}
