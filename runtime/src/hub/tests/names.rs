//! Files whose names differ by more than the quantization, and the commit that is the current one.

use std::fs;
use std::path::Path;

use super::{COMMIT, name, place, serve};
use crate::hub::name::groups;
use crate::hub::{Hub, HubSettings};
use crate::loopback::Loopback;

fn called(files: &[&str]) -> Vec<String> {
    groups(files).into_iter().map(|group| group.quant).collect()
}

#[test]
fn the_plain_one_is_called_by_its_quantization_and_the_others_by_their_names() {
    let files = ["m-Q4_K_M.gguf", "m-smol-Q4_K_M.gguf", "m-Instruct-Q4_K_M.gguf", "m-Q8_0.gguf"];
    assert_eq!(called(&files), ["m-Instruct-Q4_K_M", "Q4_K_M", "Q8_0", "m-smol-Q4_K_M"]);
    let chosen = |files: &[&str], text: &str| {
        name(text).choose(&groups(files)).map(|group| group.files[0].clone()).map_err(|fault| {
            let hint = fault.hint().unwrap_or_default().to_owned();
            format!("{fault}: {hint}")
        })
    };
    for (text, file) in [
        ("a/b", "m-Q4_K_M.gguf"),
        ("a/b:q4_k_m", "m-Q4_K_M.gguf"),
        ("a/b:smol-Q4_K_M", "m-smol-Q4_K_M.gguf"),
        ("a/b:M-Instruct-Q4_K_M", "m-Instruct-Q4_K_M.gguf"),
    ] {
        assert_eq!(chosen(&files, text).as_deref(), Ok(file), "{text}");
    }
    assert!(chosen(&files, "a/b:K_M").is_err(), "that is half a name");

    let unlike = ["foo-Q4_K_M.gguf", "bar-Q4_K_M.gguf", "bar-Q8_0.gguf"];
    for text in ["a/b", "a/b:Q4_K_M"] {
        let told = chosen(&unlike, text).unwrap_err();
        assert!(told.contains("a/b:QUANT: bar-Q4_K_M, Q8_0, foo-Q4_K_M"), "{told}");
    }
    assert_eq!(chosen(&unlike, "a/b:foo-Q4_K_M").as_deref(), Ok("foo-Q4_K_M.gguf"));
    assert_eq!(chosen(&["m-UD-Q4_K_XL.gguf"], "a/b:UD-Q4_K_XL").as_deref(), Ok("m-UD-Q4_K_XL.gguf"));
}

#[test]
fn folders_and_splits_tell_files_apart_too() {
    assert_eq!(called(&["m-Q8_0.gguf", "old/m-Q8_0.gguf"]), ["Q8_0", "old-m-Q8_0"]);
    assert_eq!(called(&["a/m.gguf", "b/m.gguf"]), ["a-m", "b-m"]);
    let split = ["m-Q8_0-00001-of-00002.gguf", "m-Q8_0-00002-of-00002.gguf", "m-Q8_0.gguf"];
    assert_eq!(called(&split), ["Q8_0"], "it is the same model");
}

#[test]
fn files_of_several_commits_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let repo = folder.path().join("models--some--model-GGUF");
    let put = |file: &str| {
        let path = repo.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, COMMIT).unwrap();
    };
    put(&format!("snapshots/{COMMIT}/m-smol-Q4_K_M.gguf"));
    for file in ["m-Q4_K_M.gguf", "m-smol-Q4_K_M.gguf", "n-Q4_K_M.gguf"] {
        put(&format!("snapshots/0ld/{file}"));
    }
    put("refs/main");
    let hub = Hub::new(HubSettings::new(folder.path())).unwrap();
    let found = |text: &str| {
        let path = hub.find(&name(text)).unwrap().unwrap();
        path.strip_prefix(repo.join("snapshots")).unwrap().to_path_buf()
    };
    assert_eq!(found("some/model-GGUF:smol-Q4_K_M"), Path::new(COMMIT).join("m-smol-Q4_K_M.gguf"));
    let quants: Vec<String> = hub.list().into_iter().map(|cached| cached.quant).collect();
    assert_eq!(quants, ["m-Q4_K_M", "m-smol-Q4_K_M", "n-Q4_K_M"], "n is no variant of m");
    fs::remove_file(repo.join("snapshots/0ld/n-Q4_K_M.gguf")).unwrap();
    assert_eq!(found("some/model-GGUF:Q4_K_M"), Path::new("0ld/m-Q4_K_M.gguf"));
    assert_eq!(found("some/model-GGUF:smol-Q4_K_M"), Path::new(COMMIT).join("m-smol-Q4_K_M.gguf"));
    assert_eq!(found("some/model-GGUF"), Path::new("0ld/m-Q4_K_M.gguf"));
}

#[tokio::test]
async fn the_current_commit_is_always_a_whole_one() {
    let server = Loopback::serve(|_, request| serve(request)).await;
    let place = place(&server.url, |_| ());
    let repo = place.hub.settings.cache.join("models--some--model-GGUF");
    let names = |folder: &Path| {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    fs::create_dir_all(repo.join("refs")).unwrap();
    fs::write(repo.join("refs/main"), "another").unwrap();
    place.hub.pull(&name("some/model-GGUF:Q8_0"), &|_| ()).await.unwrap();
    assert_eq!(fs::read_to_string(repo.join("refs/main")).unwrap(), COMMIT);
    assert_eq!(
        (names(&repo), names(&repo.join("refs"))),
        (owned(&["blobs", "refs", "snapshots"]), owned(&["main"]))
    );
    // Where it cannot be written, nothing is left of the attempt.
    fs::remove_file(repo.join("refs/main")).unwrap();
    fs::create_dir_all(repo.join("refs/main/in-the-way")).unwrap();
    assert!(place.hub.pull(&name("some/model-GGUF:Q8_0"), &|_| ()).await.is_err());
    assert_eq!(names(&repo), owned(&["blobs", "refs", "snapshots"]));
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
