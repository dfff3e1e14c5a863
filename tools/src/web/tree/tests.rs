//! Pages that HTML makes more of than stands there end while they are parsed.

use std::fmt::Write as _;

use super::{NODES_MAX, TooLarge, of};

#[test]
fn what_is_opened_again_in_each_paragraph_is_counted() {
    let mut page = "<p>".to_owned();
    for number in 0..390 {
        let _ = write!(page, "<b x={number}>");
    }
    for paragraphs in [1_000, 40_000] {
        assert_eq!(of(&format!("{page}{}", "<p>x".repeat(paragraphs))).err(), Some(TooLarge));
    }
    assert!(of(&format!("{page}{}", "<p>x".repeat(20))).is_ok());
}

#[test]
fn no_tag_that_closes_nothing_hides_a_depth() {
    for tags in ["<div></x>", "<div></p>", "<div><p>", "<table><td>", "<object></b>", "<svg></p><g>"] {
        for count in [2_000, 60_000] {
            assert_eq!(of(&tags.repeat(count)).err(), Some(TooLarge), "{tags}");
        }
    }
}

#[test]
fn a_page_of_many_lines_is_a_page() {
    let lines = "<b>12:00</b> a &lt;line&gt; of a log &amp; more\n".repeat(20_000);
    assert!(of(&format!("<pre>{lines}</pre>")).is_ok());
    let text = "a line &amp; another\n".repeat(100_000);
    assert!(of(&format!("<p>{text}")).is_ok(), "a text is one node however long it is");
    assert_eq!(of(&"<p>x".repeat(NODES_MAX)).err(), Some(TooLarge));
    let same = "\u{65e5}\u{672c}".repeat(3_000);
    let tree = of(&same).unwrap();
    assert!(format!("{tree:?}").contains(&same), "no letter is cut in two");
}
