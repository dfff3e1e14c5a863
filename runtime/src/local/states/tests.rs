//! Files of sequences: what was written is read, and nothing else is.

use super::format::{Header, read, write};
use super::{Beginning, Mark, StateFolder, States, Stored};
use crate::decode::parked::{Checkpoint, Saved};

const HEADER: Header<'static> = Header { identity: "model f16", session: "s1" };

fn stored(size: usize) -> Stored {
    let tokens: Vec<u32> = (0..50).collect();
    let checkpoints = vec![
        Checkpoint { position: 20, fixed: Some(vec![9; 7]), logits: None },
        Checkpoint { position: 50, fixed: None, logits: Some(vec![0.5, -1.0]) },
    ];
    let earlier = Mark { key: [6; 32], tokens: 20, messages: 1, ended: false };
    let mark = Mark { key: [7; 32], tokens: 40, messages: 3, ended: true };
    Stored { marks: vec![earlier, mark], saved: Saved { tokens, state: vec![3; size], checkpoints } }
}

fn same(a: &Stored, b: &Stored) -> bool {
    format!("{a:?}") == format!("{b:?}")
}

#[test]
fn what_was_written_is_read() {
    for written in [stored(1_000), Stored { marks: Vec::new(), saved: Saved::default() }] {
        assert!(same(&read(&write(&HEADER, &written), &HEADER).unwrap(), &written));
    }
}

#[test]
fn of_another_model_or_session_nothing_is_read() {
    let bytes = write(&HEADER, &stored(100));
    assert!(read(&bytes, &Header { identity: "model q8", ..HEADER }).is_none());
    assert!(read(&bytes, &Header { session: "s2", ..HEADER }).is_none());
}

#[test]
fn a_damaged_file_is_as_good_as_none() {
    let bytes = write(&HEADER, &stored(100));
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length], &HEADER).is_none(), "cut off after {length} bytes");
    }
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert!(read(&damaged, &HEADER).is_none(), "changed at {at}");
    }
    let longer = [bytes, vec![0; 40]].concat();
    assert!(read(&longer, &HEADER).is_none());
}

#[test]
fn the_latest_of_each_session_is_found_by_a_later_process() {
    let folder = tempfile::tempdir().unwrap();
    let settings = StateFolder { folder: folder.path().join("deep/states"), bytes_max: 10_000 };
    let states = States::open(settings.clone(), "model f16".to_owned()).unwrap();
    assert!(states.find("s1").is_none());
    for size in [10, 20, 30] {
        let Stored { marks, saved } = stored(size);
        states.keeper("s1", marks)(saved);
    }
    drop(states);
    let later = States::open(settings, "model f16".to_owned()).unwrap();
    assert!(same(&later.find("s1").unwrap(), &stored(30)));
}

#[test]
fn the_beginning_that_sessions_share_is_kept_once_and_found_by_a_later_process() {
    let folder = tempfile::tempdir().unwrap();
    let settings = StateFolder { folder: folder.path().to_owned(), bytes_max: 10_000 };
    let open = || States::open(settings.clone(), "model f16".to_owned()).unwrap();
    let states = open();
    let Beginning::Missing(name) = states.find_beginning(&[1, 2, 3]) else { panic!() };
    states.keeper(&name, Vec::new())(stored(10).saved);
    assert!(matches!(states.find_beginning(&[1, 2, 3]), Beginning::Known), "it is kept once");
    drop(states);
    let later = open();
    assert!(matches!(later.find_beginning(&[1, 2, 4]), Beginning::Missing(other) if other != name));
    let Beginning::Found(_, saved) = later.find_beginning(&[1, 2, 3]) else { panic!() };
    assert_eq!(saved.tokens, stored(10).saved.tokens);
}

#[test]
fn files_that_are_too_many_are_removed_the_oldest_first() {
    let folder = tempfile::tempdir().unwrap();
    let settings = StateFolder { folder: folder.path().to_owned(), bytes_max: 4_000 };
    for session in ["a", "b", "c"] {
        let states = States::open(settings.clone(), String::new()).unwrap();
        states.keeper(session, Vec::new())(stored(1_500).saved);
    }
    let bytes: u64 = super::files_in(folder.path(), "state").iter().map(|(_, _, bytes)| bytes).sum();
    assert!(bytes <= 4_000);
    assert!(States::open(settings, String::new()).unwrap().find("c").is_some());
}

#[test]
fn what_a_killed_process_left_unfinished_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (left, growing) = (folder.path().join("aa.1.part"), folder.path().join("bb.2.part"));
    for file in [&left, &growing] {
        std::fs::write(file, [0; 100]).unwrap();
    }
    let long_ago = std::time::SystemTime::now() - 2 * super::UNFINISHED;
    std::fs::File::options().append(true).open(&left).unwrap().set_modified(long_ago).unwrap();
    let settings = StateFolder { folder: folder.path().to_owned(), bytes_max: 10_000 };
    let states = States::open(settings, String::new()).unwrap();
    states.keeper("s", Vec::new())(stored(10).saved);
    drop(states);
    assert!(!left.exists() && growing.exists(), "another process may still write the newer one");
}

#[test]
fn what_is_larger_than_all_files_may_be_drives_no_other_out() {
    let folder = tempfile::tempdir().unwrap();
    let settings = StateFolder { folder: folder.path().to_owned(), bytes_max: 2_000 };
    let states = States::open(settings.clone(), String::new()).unwrap();
    states.keeper("small", Vec::new())(stored(500).saved);
    states.keeper("large", Vec::new())(stored(5_000).saved);
    drop(states);
    let states = States::open(settings, String::new()).unwrap();
    assert!(states.find("small").is_some() && states.find("large").is_none());
}
