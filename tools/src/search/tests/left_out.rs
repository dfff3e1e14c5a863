//! Files that cannot be searched, beside those that can: they are named, and the others are found.

use super::*;

/// Russian in Windows-1251, which nobody can tell from other encodings.
const RUSSIAN: &[u8] = b"\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0!";

#[test]
fn texts_in_older_encodings_are_found_and_others_are_named() {
    let folder = tempfile::TempDir::new().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    write("gbk.txt", b"\xb1\xb8\xd3\xc3\xd4\xbf\xb3\xd7\xd4\xda\xbb\xa8\xc5\xe8\xcf\xc2\xc3\xe6\xa1\xa3");
    write("latin.md", b"# Caf\xe9\nThe spare key is at the caf\xe9.");
    write("deep/russian.txt", RUSSIAN);
    let documents = Documents::of_folder(folder.path()).unwrap();
    assert_eq!(documents.find("备用钥匙", 5).unwrap()[0].snippet, "备用钥匙在花盆下面。");
    let hits = documents.find("spare key", 5).unwrap();
    assert_eq!((hits.len(), hits[0].title.as_str()), (1, "Café"));
    let unknown = "deep/russian.txt cannot be read: its encoding is not known (UTF-8 is)";
    assert_eq!(documents.left_out(), [unknown]);
    assert_eq!(documents.find("привет", 5).unwrap(), vec![]);
    assert_eq!(documents.left_out(), [unknown], "as long as it is so");
    write("deep/russian.txt", "Привет, мир!".as_bytes());
    assert_eq!(documents.find("привет", 5).unwrap().len(), 1);
    assert!(documents.left_out().is_empty(), "{:?}", documents.left_out());
    assert!(Documents::bundled().unwrap().left_out().is_empty());
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_named() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::TempDir::new().unwrap();
    let (file, closed) = (folder.path().join("mine.txt"), folder.path().join("closed"));
    std::fs::create_dir(&closed).unwrap();
    std::fs::write(&file, "A secret.").unwrap();
    std::fs::write(folder.path().join("plain.txt"), "The spare key.").unwrap();
    let permit = |bits: u32| {
        for path in [&file, &closed] {
            set_permissions(path, Permissions::from_mode(bits)).unwrap();
        }
    };
    permit(0o000);
    // Root may read everything.
    if std::fs::read(&file).is_err() {
        let documents = Documents::of_folder(folder.path()).unwrap();
        let left_out = documents.left_out();
        assert!(left_out[0].starts_with("closed cannot be read: "), "{left_out:?}");
        assert!(left_out[1].starts_with("mine.txt cannot be read: "), "{left_out:?}");
        assert_eq!(documents.find("key", 5).unwrap().len(), 1);
    }
    permit(0o755);
}

#[cfg(feature = "pdf")]
#[test]
fn pdf_documents_that_cannot_be_read_are_named() {
    let folder = tempfile::TempDir::new().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let hash = "0123456789abcdef".repeat(4);
    let lock = format!("<< /Filter /Standard /V 1 /R 2 /P -4 /O <{hash}> /U <{hash}> >>");
    write("blank.pdf", &pdf_of(""));
    write("broken.pdf", b"%PDF-1.4 and nothing else");
    write("sealed.pdf", &pdf_with("secret", Some(&lock), "/Encrypt 6 0 R /ID [<00> <00>] "));
    write("tides.pdf", &pdf_of("High water comes at noon"));
    let documents = Documents::of_folder(folder.path()).unwrap();
    assert_eq!(documents.find("high water", 5).unwrap()[0].title, "tides");
    assert_eq!(documents.find("blank", 5).unwrap()[0].title, "blank", "by its name");
    let left_out = documents.left_out();
    assert_eq!(left_out.len(), 3, "{left_out:?}");
    assert!(left_out[0].starts_with("blank.pdf holds no text"), "{left_out:?}");
    assert!(left_out[1].starts_with("broken.pdf cannot be read: "), "{left_out:?}");
    assert_eq!(left_out[2], "sealed.pdf cannot be read: it is encrypted");
}
