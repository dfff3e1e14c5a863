//! Files of sequences: what was written is read, and nothing else is.

mod worth;

use std::path::Path;

use futures_util::FutureExt;

use super::format::{self, Header};
use super::keeping::Keeping;
use super::{Beginning, Mark, StateFolder, States, Stored};
use crate::decode::Keep;
use crate::decode::parked::{Checkpoint, Saved};
use crate::render::transcript::Transcript;

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

fn write(header: &Header<'_>, stored: &Stored) -> Vec<u8> {
    let mut file = Vec::new();
    format::write(&mut file, header, &stored.marks, &stored.saved).unwrap();
    file
}

fn read(file: &[u8], header: &Header<'_>) -> Option<Stored> {
    format::read(file, file.len() as u64, header)
}

/// Offers a copy as the engine does, and says whether it was wanted.
fn offer(mut keeper: Keeping, saved: Saved) -> bool {
    let wanted = keeper.wants(&saved.tokens, saved.bytes());
    if wanted {
        Box::new(keeper).take(saved);
    }
    wanted
}

fn folder_of(folder: &Path, bytes_max: u64) -> StateFolder {
    StateFolder { folder: folder.to_owned(), bytes_max }
}

fn open(folder: &StateFolder) -> States {
    States::open(folder.clone(), "model f16".to_owned()).unwrap()
}

#[test]
fn what_was_written_is_read() {
    for written in [stored(1_000), Stored { marks: Vec::new(), saved: Saved::default() }] {
        let file = write(&HEADER, &written);
        assert!(same(&read(&file, &HEADER).unwrap(), &written));
        assert_eq!(format::length(&HEADER, &written.marks, &written.saved), file.len() as u64);
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

#[tokio::test]
async fn the_latest_of_each_session_is_found_by_a_later_process() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder_of(&folder.path().join("deep/states"), 10_000);
    let states = open(&settings);
    assert!(states.find("s1").await.is_none());
    for size in [10, 20, 30] {
        let Stored { marks, saved } = stored(size);
        assert!(offer(states.keeper("s1", marks), saved));
    }
    drop(states);
    assert!(same(&open(&settings).find("s1").await.unwrap(), &stored(30)));
}

#[tokio::test]
async fn a_file_is_read_where_that_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder_of(folder.path(), 1 << 30);
    offer(open(&settings).keeper("s1", Vec::new()), stored(16 << 20).saved);
    let later = open(&settings);
    assert!(later.find("s1").now_or_never().is_none(), "others go on while it is read");
    assert!(later.find("s1").await.is_some());
}

#[test]
fn without_a_runtime_a_file_is_read_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder_of(folder.path(), 10_000);
    offer(open(&settings).keeper("s1", Vec::new()), stored(10).saved);
    assert!(open(&settings).find("s1").now_or_never().unwrap().is_some());
}

#[tokio::test]
async fn the_beginning_that_sessions_share_is_kept_once_and_found_by_a_later_process() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder_of(folder.path(), 10_000);
    let states = open(&settings);
    let Beginning::Missing(name) = states.find_beginning(&[1, 2, 3]).await else { panic!() };
    assert!(offer(states.keeper("s1", Vec::new()).also(&name, "s1"), stored(10).saved));
    assert!(matches!(states.find_beginning(&[1, 2, 3]).await, Beginning::Known), "it is kept once");
    drop(states);
    let later = open(&settings);
    assert!(matches!(later.find_beginning(&[1, 2, 4]).await, Beginning::Missing(other) if other != name));
    let Beginning::Found(_, saved) = later.find_beginning(&[1, 2, 3]).await else { panic!() };
    assert_eq!(saved.tokens, stored(10).saved.tokens);
    assert!(later.find("s1").await.is_some(), "of the one copy both files were written");
}

#[tokio::test]
async fn a_beginning_is_kept_by_the_first_who_is_not_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder_of(folder.path(), 10_000);
    let states = open(&settings);
    let mut keepers = Vec::new();
    for session in ["s1", "s2", "s3"] {
        let Beginning::Missing(name) = states.find_beginning(&[1, 2, 3]).await else { panic!("{session}") };
        keepers.push(states.keeper(session, Vec::new()).also(&name, session));
    }
    drop(keepers.remove(0));
    for keeper in keepers {
        assert!(offer(keeper, stored(10).saved));
    }
    assert!(matches!(states.find_beginning(&[1, 2, 3]).await, Beginning::Known));
    drop(states);
    settings.forget(&["s3".into()]).unwrap();
    let found = open(&settings).find_beginning(&[1, 2, 3]).await;
    assert!(matches!(found, Beginning::Found(..)), "the second kept it, and so the third does not");
}

#[tokio::test]
async fn files_that_are_too_many_are_removed_the_oldest_first() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder_of(folder.path(), 4_000);
    for session in ["a", "b", "c"] {
        offer(open(&settings).keeper(session, Vec::new()), stored(1_500).saved);
    }
    let bytes: u64 = super::files_in(folder.path(), "state").iter().map(|(_, _, bytes)| bytes).sum();
    assert!(bytes <= 4_000);
    assert!(open(&settings).find("c").await.is_some());
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
    let states = open(&folder_of(folder.path(), 10_000));
    offer(states.keeper("s", Vec::new()), stored(10).saved);
    drop(states);
    assert!(!left.exists() && growing.exists(), "another process may still write the newer one");
}

#[tokio::test]
async fn what_is_larger_than_all_files_may_be_drives_no_other_out() {
    // Together with its names, the second is too large only as a file.
    for (size, offered) in [(5_000, false), (1_775, true)] {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder_of(folder.path(), 2_000);
        let states = open(&settings);
        assert!(offer(states.keeper("small", Vec::new()), stored(500).saved));
        let large = stored(size).saved;
        assert_eq!(large.bytes(), size + 215);
        assert_eq!(offer(states.keeper("large", Vec::new()), large), offered);
        drop(states);
        let states = open(&settings);
        assert!(states.find("small").await.is_some() && states.find("large").await.is_none());
    }
}

#[cfg(unix)]
#[test]
fn what_is_made_is_private_and_a_folder_that_was_there_stays_as_it_was() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = tempfile::tempdir().unwrap();
    let (made, there) = (folder.path().join("made/deep"), folder.path().join("there"));
    fs::create_dir(&there).unwrap();
    fs::set_permissions(&there, Permissions::from_mode(0o755)).unwrap();
    // What a killed process of the same number may have left.
    let left = folder_of(&there, 0).file("s").with_extension(format!("{}.part", std::process::id()));
    fs::write(&left, "").unwrap();
    fs::set_permissions(&left, Permissions::from_mode(0o644)).unwrap();
    for (path, rights) in [(&made, 0o700), (&there, 0o755)] {
        let settings = folder_of(path, 10_000);
        offer(open(&settings).keeper("s", Vec::new()), stored(10).saved);
        assert_eq!((mode(path), mode(&settings.file("s"))), (rights, 0o600), "{}", path.display());
    }
    assert_eq!(mode(&folder.path().join("made")), 0o700);
}

#[tokio::test]
async fn what_is_forgotten_is_gone_with_the_beginning_that_was_computed_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder_of(folder.path(), 10_000);
    let states = open(&settings);
    for (session, beginning) in [("old", "the beginning a"), ("new", "the beginning b")] {
        offer(states.keeper(session, stored(10).marks).also(beginning, session), stored(10).saved);
    }
    drop(states);
    let is_there = |name: &str| settings.file(name).exists();
    settings.forget(&["never".into()]).unwrap();
    settings.forget(&[]).unwrap();
    assert!(["old", "the beginning a", "new", "the beginning b"].into_iter().all(is_there));
    settings.forget(&["old".into()]).unwrap();
    let left = ["old", "the beginning a", "new", "the beginning b"].map(is_there);
    assert_eq!(left, [false, false, true, true]);
    folder_of(&folder.path().join("nowhere"), 0).forget(&["old".into()]).unwrap();
}

#[test]
fn a_mark_stands_only_in_a_sequence_that_begins_with_its_transcript() {
    let transcript = Transcript { tokens: vec![1, 2, 3], messages: 2, ended: true };
    let mark = Mark { key: [7; 32], tokens: 3, messages: 2, ended: true };
    assert_eq!(Mark::within(&[1, 2, 3, 4], [7; 32], &transcript), Some(mark));
    for other in [&[1, 2][..], &[1, 2, 4, 4], &[]] {
        assert_eq!(Mark::within(other, [7; 32], &transcript), None);
    }
}
