//! Which files of a folder are taken.

use super::*;

/// The files that are taken of a folder with these files, and what is left out; `cached/` has the tag of a cache.
fn taken(files: &[&str], files_max: usize) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::TempDir::new().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let tag = [TAG_BEGINS.as_slice(), b"\n# made by a build"].concat();
        fs::write(&path, if file.ends_with("cached/CACHEDIR.TAG") { tag } else { b"text".to_vec() }).unwrap();
    }
    let found = first(folder.path(), files_max).unwrap();
    let name = |path: &Path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap().replace('\\', "/");
    let left_out = found.left_out.iter().map(|(path, why)| format!("{} {why}", name(path)));
    (found.files.keys().map(|path| name(path)).collect(), left_out.collect())
}

#[test]
fn what_nobody_wrote_is_passed_over() {
    let files = [
        "notes.txt",
        ".hidden.txt",
        ".git/x/notes.txt",
        "web/node_modules/lib/README.md",
        "cached/CACHEDIR.TAG",
        "cached/doc/index.txt",
        "target/mine.txt",
        "odd/CACHEDIR.TAG",
        "odd/mine.txt",
    ];
    let expected = ["notes.txt", "odd/mine.txt", "target/mine.txt"].map(str::to_owned).to_vec();
    assert_eq!(taken(&files, 9), (expected, Vec::new()));
    let hidden = tempfile::Builder::new().prefix(".notes").tempdir().unwrap();
    fs::write(hidden.path().join("mine.txt"), "text").unwrap();
    assert_eq!(first(hidden.path(), 9).unwrap().files.len(), 1, "what a person names is searched");
}

#[test]
fn of_too_many_the_first_are_taken() {
    let files = ["b/1.txt", "z.txt", "b/2.txt", "a/deep/1.txt", "c/1.txt"];
    let (all, left_out) = taken(&files, 5);
    assert_eq!((all.len(), left_out.len()), (5, 0));
    let (some, left_out) = taken(&files, 3);
    assert_eq!(some, ["b/1.txt", "b/2.txt", "z.txt"]);
    assert_eq!(left_out, ["c/1.txt and all that come after it are left out: 3 are the most"]);
}

#[cfg(unix)]
#[test]
fn links_are_named_and_not_followed() {
    let (folder, elsewhere) = (tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap());
    let secret = elsewhere.path().join("secret.txt");
    fs::write(&secret, "text").unwrap();
    fs::write(folder.path().join("mine.txt"), "text").unwrap();
    for name in ["link.txt", "link.png"] {
        std::os::unix::fs::symlink(&secret, folder.path().join(name)).unwrap();
    }
    let found = first(folder.path(), 9).unwrap();
    assert_eq!(found.files.len(), 1);
    let link = (folder.path().join("link.txt"), "is a link, which is not followed".to_owned());
    assert_eq!(found.left_out.into_iter().collect::<Vec<_>>(), [link]);
}

#[cfg(feature = "web")]
#[test]
fn pages_without_text_are_named() {
    let folder = tempfile::TempDir::new().unwrap();
    let said_of = |name: &str, page: &str| {
        let path = folder.path().join(name);
        fs::write(&path, page).unwrap();
        remark(&path, &read(&path).unwrap().1)
    };
    let said = said_of("a.HTML", "<title>Tides</title><body><script>go()</script></body>").unwrap();
    assert_eq!(said, "holds no text, scripts make it perhaps; only its title is found");
    assert_eq!(said_of("b.html", "<body>Tides</body>"), None);
    assert_eq!(said_of("c.txt", ""), None, "it holds all it ever did");
}
