//! Which sequences are worth a copy: that is said before one is made.

use super::{Keep, StateFolder, folder_of, offer, open};
use crate::decode::parked::Saved;
use crate::local::states::States;
use crate::local::states::keeping::SMALL;

const LARGE: usize = SMALL + 1;

fn tokens(count: u32) -> Vec<u32> {
    (0..count).collect()
}

/// Whether a session's sequence is wanted, were it of so many bytes.
fn wants(states: &States, session: &str, tokens: &[u32], bytes: usize) -> bool {
    states.keeper(session, Vec::new()).wants(tokens, bytes)
}

/// Keeps a large sequence, whatever it consists of.
fn keep(states: &States, session: &str, tokens: Vec<u32>) {
    let saved = Saved { tokens, state: vec![0; LARGE], checkpoints: Vec::new() };
    assert!(offer(states.keeper(session, Vec::new()), saved));
}

fn settings() -> (tempfile::TempDir, StateFolder) {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder_of(folder.path(), 1 << 30);
    (folder, settings)
}

#[test]
fn what_is_small_is_always_wanted_and_what_has_no_room_never() {
    let folder = tempfile::tempdir().unwrap();
    let states = open(&folder_of(folder.path(), 1_000));
    assert!(offer(states.keeper("s", Vec::new()), Saved { tokens: tokens(10), ..Saved::default() }));
    assert!(wants(&states, "s", &tokens(11), 1_000));
    assert!(!wants(&states, "s", &tokens(500), 1_001) && !wants(&states, "other", &tokens(500), 1_001));
}

#[test]
fn what_is_large_is_wanted_once_it_has_grown_by_a_quarter() {
    let (_folder, settings) = settings();
    let states = open(&settings);
    assert!(wants(&states, "s", &tokens(100), LARGE), "nothing is kept of it");
    keep(&states, "s", tokens(100));
    for (count, wanted) in [(100, false), (124, false), (125, true), (20, false)] {
        assert_eq!(wants(&states, "s", &tokens(count), LARGE), wanted, "{count} tokens");
    }
    assert!(wants(&states, "s", &tokens(101), SMALL), "what has become small");
    assert!(wants(&states, "other", &tokens(100), LARGE), "each session has its own");
    let changed = [tokens(50), vec![9; 50]].concat();
    assert!(wants(&states, "s", &changed, LARGE), "of what is said otherwise from there on half is kept");
    keep(&states, "s", tokens(125));
    assert!(!wants(&states, "s", &tokens(156), LARGE) && wants(&states, "s", &tokens(157), LARGE));
}

#[tokio::test]
async fn a_later_process_knows_what_is_kept_of_what_it_has_read() {
    let (_folder, settings) = settings();
    keep(&open(&settings), "s", tokens(100));
    let later = open(&settings);
    assert!(later.find("s").await.is_some());
    assert!(!wants(&later, "s", &tokens(110), LARGE));
    std::fs::remove_file(settings.file("s")).unwrap();
    assert!(wants(&later, "s", &tokens(110), LARGE), "somebody has removed it");
}

#[test]
fn nothing_is_wanted_of_a_sequence_that_does_not_begin_with_the_transcript() {
    let (_folder, settings) = settings();
    let states = open(&settings);
    let wants = |begins: &[u32], held: &[u32]| states.keeper("s", Vec::new()).of(begins).wants(held, 10);
    assert!(wants(&tokens(20), &tokens(20)) && wants(&tokens(20), &tokens(30)));
    assert!(!wants(&tokens(20), &tokens(19)), "the reply is not wholly computed");
    assert!(!wants(&tokens(20), &[vec![7], tokens(30)].concat()), "another reply of the session");
}

#[test]
fn one_copy_is_made_for_as_many_names_as_want_it() {
    let (_folder, settings) = settings();
    let states = open(&settings);
    keep(&states, "s", tokens(100));
    let both = || states.keeper("s", Vec::new()).also("the beginning", "s");
    let saved = Saved { tokens: tokens(110), state: vec![0; LARGE], checkpoints: Vec::new() };
    assert!(offer(both(), saved), "one of them");
    drop(states);
    let length = |name: &str| std::fs::metadata(settings.file(name)).unwrap().len();
    // Ten tokens more, another name, and the mark of the session.
    let name = "the beginning".len() - "s".len();
    assert_eq!(length("the beginning") - length("s"), 10 * 4 + name as u64 + 32 + 3 * 8);
}
