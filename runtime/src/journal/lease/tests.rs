//! Who sweeps never takes the file of somebody who has just begun.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Holder, holders, is_alive, is_locked};

fn sweep(journal: &Path) {
    for file in holders(journal) {
        is_locked(&file);
    }
}

#[test]
fn a_name_that_is_being_taken_is_not_swept_away() {
    let folder = TempDir::new().unwrap();
    let journal = folder.path().join("journal.db");
    let (done, latest) = (AtomicBool::new(false), Instant::now() + Duration::from_secs(10));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) && Instant::now() < latest {
                sweep(&journal);
            }
        });
        for _ in 0..500 {
            let holder = Holder::new(&journal).unwrap();
            assert!(is_alive(&journal, &holder.name), "{holder:?}");
            sweep(&journal);
            assert!(holder.path.exists(), "{holder:?}");
        }
        done.store(true, Ordering::Relaxed);
    });
    sweep(&journal);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
}

#[test]
fn a_holder_that_is_no_name_leads_to_no_file() {
    let folder = TempDir::new().unwrap();
    let (journal, victim) = (folder.path().join("journal.db"), folder.path().join("victim.txt"));
    std::fs::create_dir(folder.path().join("journal.db-holder-")).unwrap();
    std::fs::write(&victim, "kept").unwrap();
    for holder in ["/../victim.txt", "", "0123456789ab/../../x", "0123456789aB"] {
        assert!(!is_alive(&journal, holder), "{holder}");
    }
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "kept");
}
