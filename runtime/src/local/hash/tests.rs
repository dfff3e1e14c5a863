//! A hash that is known is not computed again, unless the file may be another.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{FILE, Known, Seen, keep, of};
use crate::local::StateFolder;

fn sha256(content: &str) -> String {
    hex::encode(Sha256::digest(content))
}

/// A folder with a model's file, and one for sequences in it.
struct Bench {
    folder: TempDir,
    states: StateFolder,
    model: PathBuf,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let states = StateFolder { folder: folder.path().join("states"), bytes_max: 0 };
        let model = folder.path().join("model.gguf");
        Self { folder, states, model }
    }

    fn hash(&self) -> String {
        of(&self.model, Some(&self.states)).unwrap()
    }

    /// What is kept of hashes.
    fn known(&self) -> PathBuf {
        self.states.folder.join(FILE)
    }
}

/// Writes a file that looks as if it had been written then.
fn write(path: &Path, content: &str, at: SystemTime) {
    fs::write(path, content).unwrap();
    fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}

fn then() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

#[test]
fn a_file_that_looks_as_before_is_not_read_again() {
    let bench = Bench::new();
    write(&bench.model, "one", then());
    assert_eq!(bench.hash(), sha256("one"));
    let path = fs::canonicalize(&bench.model).unwrap();
    let (text, seen) = (path.to_str().unwrap(), Seen::at(&path).unwrap());
    let claim = |seen: Seen| {
        keep(&bench.states.folder, text, Known::new(text, seen, sha256("claimed"))).unwrap();
        bench.hash()
    };
    assert_eq!(claim(seen.clone()), sha256("claimed"), "what is known is not computed");
    assert_eq!(of(&bench.model, None).unwrap(), sha256("one"), "nothing is known without a folder");
    #[cfg(unix)]
    assert_eq!(claim(Seen { changed: None, ..seen }), sha256("one"), "an earlier version kept less of it");
    write(&bench.model, "two", then() + Duration::from_millis(1));
    assert_eq!(bench.hash(), sha256("two"), "written at another time");
    write(&bench.model, "three", then() + Duration::from_millis(1));
    assert_eq!(bench.hash(), sha256("three"), "of another size");
}

#[cfg(unix)]
#[test]
fn a_file_that_is_written_over_is_read_again_though_it_bears_the_same_time() {
    let bench = Bench::new();
    write(&bench.model, "one", then());
    assert_eq!(bench.hash(), sha256("one"));
    // The system's clock goes on in steps of some milliseconds.
    std::thread::sleep(Duration::from_millis(50));
    write(&bench.model, "two", then());
    assert_eq!(bench.hash(), sha256("two"));
}

#[test]
fn where_only_the_time_of_writing_is_known_a_file_just_written_may_be_another_soon() {
    let bench = Bench::new();
    for (at, settled) in [(then(), true), (SystemTime::now(), false)] {
        write(&bench.model, "one", at);
        let seen = Seen { changed: None, ..Seen::at(&bench.model).unwrap() };
        assert_eq!(seen.is_settled(), settled);
    }
}

#[cfg(unix)]
#[test]
fn another_file_in_its_place_is_read() {
    let bench = Bench::new();
    write(&bench.model, "one", then());
    bench.hash();
    let other = bench.folder.path().join("other.gguf");
    write(&other, "two", then());
    fs::rename(&other, &bench.model).unwrap();
    assert_eq!(bench.hash(), sha256("two"));
}

#[test]
fn hashes_that_are_damaged_are_as_good_as_none() {
    let bench = Bench::new();
    write(&bench.model, "one", then());
    bench.hash();
    let known = fs::read_to_string(bench.known()).unwrap();
    let other = known.replace(&sha256("one"), &sha256("two"));
    assert_ne!(known, other);
    for damaged in [other.as_str(), &known[..known.len() / 2], "[]", ""] {
        fs::write(bench.known(), damaged).unwrap();
        assert_eq!(bench.hash(), sha256("one"), "{damaged}");
        assert_eq!(fs::read_to_string(bench.known()).unwrap(), known, "and it is known again");
    }
}

#[test]
fn what_is_known_of_a_file_that_is_gone_goes_as_well() {
    let bench = Bench::new();
    write(&bench.model, "one", then());
    bench.hash();
    let other = bench.folder.path().join("other.gguf");
    fs::rename(&bench.model, &other).unwrap();
    of(&other, Some(&bench.states)).unwrap();
    let known = fs::read_to_string(bench.known()).unwrap();
    assert!(known.contains("other.gguf") && !known.contains("model.gguf"), "{known}");
}

#[cfg(unix)]
#[test]
fn a_blob_of_the_hubs_cache_is_named_by_its_hash() {
    let bench = Bench::new();
    let (blobs, name) = (bench.folder.path().join("blobs"), sha256("what the hub says"));
    fs::create_dir(&blobs).unwrap();
    fs::write(blobs.join(&name), "not read").unwrap();
    std::os::unix::fs::symlink(blobs.join(&name), &bench.model).unwrap();
    assert_eq!(bench.hash(), name);
    assert!(!bench.known().exists(), "nothing has to be kept of it");
    let elsewhere = bench.folder.path().join(&name);
    fs::write(&elsewhere, "read").unwrap();
    assert_eq!(of(&elsewhere, None).unwrap(), sha256("read"), "a name is a hash in the cache only");
}

#[test]
fn a_file_that_is_not_there_has_no_hash() {
    assert!(of(Path::new("no/such.gguf"), None).is_err());
}

#[cfg(unix)]
#[test]
fn the_paths_of_models_are_nobody_elses_to_read() {
    use std::os::unix::fs::PermissionsExt;

    let bench = Bench::new();
    write(&bench.model, "one", then());
    bench.hash();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&bench.states.folder), mode(&bench.known())), (0o700, 0o600));
}
