//! Lines of help are broken between words, below the text that they go on with.

use super::wrapped;

#[test]
fn what_fits_stays_as_it_is() {
    let text = "Usage: handyman [OPTIONS]\n\n  run   Do a task";
    assert_eq!(wrapped(text, 40), text);
}

#[test]
fn the_rest_of_a_line_stands_below_its_text() {
    let text = "  chat   One message a line, in a session\n          Most tokens in all replies of a run";
    let expected = "  chat   One message a
         line, in a
         session
          Most tokens in
          all replies of a
          run";
    assert_eq!(wrapped(text, 26), expected);
}

#[test]
fn below_a_long_head_there_is_room_for_the_text() {
    let broken = "  a-long-name-of-a-thing\n                what it\n                is";
    assert_eq!(wrapped("  a-long-name-of-a-thing  what it is", 24), broken);
}

#[test]
fn styles_take_no_room() {
    let text = "  \u{1b}[1mchat\u{1b}[0m   One message a line";
    assert_eq!(wrapped(text, 27), text, "it takes 27 columns");
    assert_eq!(wrapped(text, 26), "  \u{1b}[1mchat\u{1b}[0m   One message a\n         line");
}

#[test]
fn a_word_that_is_too_long_is_not_cut() {
    let broken = "  -m  smtps://USER@HOST\n      is\n      long";
    assert_eq!(wrapped("  -m  smtps://USER@HOST is long", 12), broken);
    assert_eq!(wrapped("上海 北京 上海", 9), "上海 北京\n上海");
}
