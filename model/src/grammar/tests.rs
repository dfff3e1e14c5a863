//! Wordings for training and those kept out of it.

use std::collections::BTreeSet;

use super::Grammar;
use crate::draw::{Draw, Lang};

const WORDS: &str = "[ask]\n(get|find) me (a|the) $thing{day}\nshow (me|us) a $thing (|now)\n~ (find|bring) me a $thing{day}?\n~ show us a $thing\n[thing]\ntrain\n(train|bus)";

fn said(held_out: bool) -> BTreeSet<String> {
    let grammar = Grammar::parse([WORDS]);
    (0..400).map(|i| grammar.wording(&mut Draw::new(1, i, Some(Lang::En), held_out), "ask")).collect()
}

#[test]
fn training_says_everything_but_what_is_kept_out() {
    let training = said(false);
    assert!(training.contains("get me a bus{day}") && training.contains("show us a bus now"), "{training:?}");
    assert!(training.contains("find me the train{day}"), "{training:?}");
    let kept = |text: &&String| text.starts_with("find me a ") || text.trim_end() == "show us a bus";
    assert_eq!(training.iter().find(kept), None);
}

#[test]
fn evaluation_says_only_what_is_kept_out() {
    let lines: Vec<String> = said(true).into_iter().collect();
    assert!(lines.iter().all(|text| text.ends_with("{day}?") || text.starts_with("show us a ")), "{lines:?}");
    assert!(lines.iter().any(|text| text.starts_with("bring me a bus")), "{lines:?}");
}
