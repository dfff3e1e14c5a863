//! A small hub on this machine: whole, interrupted, wrong, and the cache beside it.

mod busy;
mod names;
mod places;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use handyman_core::FaultKind;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::name::groups;
use super::{Hub, HubSettings, ModelName, RECOMMENDED, recommended};
use crate::loopback::{Loopback, Piece, Request, answer, json as answer_json};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Bytes that differ by name, long enough to come in several pieces.
fn content(name: &str) -> Vec<u8> {
    name.bytes().cycle().take(300_000).collect()
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

const FILES: [&str; 6] = [
    "README.md",
    "m-Q4_K_M.gguf",
    "m-Q8_0.gguf",
    "big/m-F16-00001-of-00002.gguf",
    "big/m-F16-00002-of-00002.gguf",
    "mmproj-F16.gguf",
];

fn listing(files: &[&str]) -> Value {
    let file = |name: &&str| {
        let bytes = content(name);
        json!({"rfilename": name, "size": bytes.len(), "lfs": {"sha256": hash(&bytes), "size": bytes.len()}})
    };
    json!({"sha": COMMIT, "siblings": files.iter().map(file).collect::<Vec<_>>()})
}

/// Answers as the hub does: listings, and files from where they are asked for.
fn serve(request: &Request) -> Vec<Piece> {
    if request.line == "GET /api/models/some/model-GGUF/revision/main?blobs=true" {
        return answer_json("200 OK", &listing(&FILES));
    }
    let Some(name) = request.line.strip_prefix(&format!("GET /some/model-GGUF/resolve/{COMMIT}/")) else {
        return answer_json("401 Unauthorized", &json!({"error": "no such repository"}));
    };
    let bytes = content(name);
    let from: usize = request
        .headers
        .split("range: bytes=")
        .nth(1)
        .map_or(0, |range| range.split('-').next().unwrap().parse().unwrap());
    answer("206 Partial Content", "", &bytes[from..])
}

struct Place {
    _folder: tempfile::TempDir,
    hub: Hub,
}

fn place(url: &str, change: impl Fn(&mut HubSettings)) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = HubSettings {
        endpoint: url.to_owned(),
        silence_time: Duration::from_secs(20),
        ..HubSettings::new(folder.path())
    };
    change(&mut settings);
    Place { hub: Hub::new(settings).unwrap(), _folder: folder }
}

fn name(text: &str) -> ModelName {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_model_is_pulled_once_into_the_shared_layout() {
    let server = Loopback::serve(|_, request| serve(request)).await;
    let place = place(&server.url, |settings| settings.token = Some("secret".to_owned()));
    let seen = Mutex::new(Vec::new());
    let path = place
        .hub
        .pull(&name("some/model-GGUF"), &|progress| {
            seen.lock().unwrap().push((progress.done, progress.total));
        })
        .await
        .unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), content("m-Q4_K_M.gguf"));
    let inside = path.strip_prefix(place.hub.cache.snapshot("some/model-GGUF", COMMIT)).unwrap();
    assert_eq!(inside.to_str(), Some("m-Q4_K_M.gguf"));
    assert_eq!(seen.lock().unwrap().last(), Some(&(300_000, 300_000)));
    assert!(server.seen()[0].headers.contains("authorization: bearer secret"));
    assert!(!format!("{:?}", place.hub).contains("secret"));
    let asked = server.seen().len();
    assert_eq!(place.hub.pull(&name("some/model-GGUF:q4_k_m"), &|_| ()).await.unwrap(), path);
    assert_eq!(server.seen().len(), asked + 1, "only the listing is asked for again");
    assert_eq!(place.hub.file(&name("some/model-GGUF")).unwrap(), path);
    assert_eq!(place.hub.find(&name("some/model-GGUF")).unwrap(), Some(path));
    assert_eq!(place.hub.find(&name("some/model-GGUF:Q8_0")).unwrap(), None);
    let missing = place.hub.file(&name("some/model-GGUF:Q8_0")).unwrap_err();
    assert!(missing.hint().unwrap().contains("handyman model pull some/model-GGUF:Q8_0"), "{missing}");
}

#[tokio::test]
async fn parts_are_pulled_together_and_removed_together() {
    let server = Loopback::serve(|_, request| serve(request)).await;
    let place = place(&server.url, |_| ());
    let first = place.hub.pull(&name("some/model-GGUF:F16"), &|_| ()).await.unwrap();
    assert!(first.ends_with("big/m-F16-00001-of-00002.gguf"));
    assert_eq!(std::fs::read(first.with_file_name("m-F16-00002-of-00002.gguf")).unwrap(), content(FILES[4]));
    place.hub.pull(&name("some/model-GGUF:Q8_0"), &|_| ()).await.unwrap();
    let listed: Vec<(String, u64)> =
        place.hub.list().into_iter().map(|cached| (cached.quant, cached.bytes)).collect();
    assert_eq!(listed, [("F16".to_owned(), 600_000), ("Q8_0".to_owned(), 300_000)]);
    assert_eq!(place.hub.remove(&name("some/model-GGUF:F16")).unwrap(), 600_000);
    assert_eq!(place.hub.list().len(), 1);
    assert_eq!(place.hub.remove(&name("some/model-GGUF")).unwrap(), 300_000);
    assert!(place.hub.list().is_empty());
    let gone = place.hub.remove(&name("some/model-GGUF")).unwrap_err();
    assert_eq!(gone.kind(), FaultKind::Model);
    assert!(gone.hint().unwrap().starts_with("`Hub::list` gives what is; on the command line: "), "{gone:?}");
}

#[tokio::test]
async fn what_is_being_downloaded_survives_a_removal() {
    let server = Loopback::serve(|_, request| serve(request)).await;
    let place = place(&server.url, |_| ());
    let folder = place.hub.settings.cache.join("models--some--model-GGUF");
    place.hub.pull(&name("some/model-GGUF:Q8_0"), &|_| ()).await.unwrap();
    let coming = content("m-Q4_K_M.gguf");
    let partial = folder.join("blobs").join(format!("{}.incomplete", hash(&coming)));
    // One that comes, one that has come and has no name yet, and one that nobody goes on with.
    let [arrived, given_up] = ["arrived", "given-up.incomplete"].map(|name| folder.join("blobs").join(name));
    for path in [&partial, &arrived, &given_up] {
        std::fs::write(path, &coming[..1_000]).unwrap();
    }
    let held = [&partial, &arrived].map(|path| std::fs::File::open(path).unwrap());
    assert!(held.iter().all(|file| file.try_lock().is_ok()));
    assert_eq!(place.hub.remove(&name("some/model-GGUF:Q8_0")).unwrap(), 301_000);
    assert!(partial.exists() && arrived.exists() && !given_up.exists());
    assert!(place.hub.list().is_empty());
    drop(held);
    let path = place.hub.pull(&name("some/model-GGUF:Q4_K_M"), &|_| ()).await.unwrap();
    assert_eq!(std::fs::read(path).unwrap(), coming);
    assert!(server.seen().last().unwrap().headers.contains("range: bytes=1000-"));
    assert_eq!(place.hub.remove(&name("some/model-GGUF")).unwrap(), 301_000);
    assert!(!folder.exists(), "nothing is left in it");
}

#[tokio::test]
async fn what_another_tool_downloads_is_left_to_it() {
    let server = Loopback::serve(|_, request| serve(request)).await;
    let place = place(&server.url, |_| ());
    let cache = place.hub.settings.cache.clone();
    let hash = hash(&content("m-Q8_0.gguf"));
    let locks = cache.join(".locks/models--some--model-GGUF");
    let lock = locks.join(format!("{hash}.lock"));
    let partial = cache.join("models--some--model-GGUF/blobs").join(format!("{hash}.1a2b3c4d.incomplete"));
    for folder in [locks.as_path(), partial.parent().unwrap()] {
        std::fs::create_dir_all(folder).unwrap();
    }
    std::fs::write(&partial, "its beginning").unwrap();
    let held = std::fs::File::create(&lock).unwrap();
    assert!(held.try_lock().is_ok());
    let fault = place.hub.pull(&name("some/model-GGUF:Q8_0"), &|_| ()).await.unwrap_err();
    assert!(fault.to_string().contains("downloaded by another process"), "{fault}");
    assert_eq!(server.seen().len(), 1, "only the listing was asked for");
    place.hub.pull(&name("some/model-GGUF:Q4_K_M"), &|_| ()).await.unwrap();
    place.hub.remove(&name("some/model-GGUF:Q4_K_M")).unwrap();
    assert!(partial.exists(), "it is in use");
    // Some tools remove their lock when they are done.
    std::fs::remove_file(&lock).unwrap();
    let path = place.hub.pull(&name("some/model-GGUF:Q8_0"), &|_| ()).await.unwrap();
    assert_eq!(std::fs::read(path).unwrap(), content("m-Q8_0.gguf"));
    drop(held);
    assert_eq!(place.hub.remove(&name("some/model-GGUF")).unwrap(), 300_013, "and what nobody goes on with");
}

#[tokio::test]
async fn a_download_goes_on_where_it_stopped() {
    let broken = AtomicUsize::new(0);
    let server = Loopback::serve(move |_, request| {
        let mut pieces = serve(request);
        // The first two downloads break off in the middle.
        if request.line.contains("resolve") && broken.fetch_add(1, Ordering::SeqCst) < 2 {
            let Piece::Send(bytes) = &mut pieces[0] else { panic!() };
            bytes.truncate(bytes.len() / 2);
        }
        pieces
    })
    .await;
    let place = place(&server.url, |_| ());
    let path = place.hub.pull(&name("some/model-GGUF:Q8_0"), &|_| ()).await.unwrap();
    assert_eq!(std::fs::read(path).unwrap(), content("m-Q8_0.gguf"));
    let from: Vec<usize> = server
        .seen()
        .iter()
        .filter_map(|request| {
            request
                .headers
                .split("range: bytes=")
                .nth(1)
                .map(|range| range.split('-').next().unwrap().parse().unwrap())
        })
        .collect();
    assert!(from.len() == 3 && from[0] == 0 && from[1] > 100_000 && from[2] > from[1], "{from:?}");
}

#[tokio::test]
async fn what_is_not_what_the_hub_states_is_not_kept() {
    let server = Loopback::serve(|_, request| {
        let mut pieces = serve(request);
        if let (true, Piece::Send(bytes)) = (request.line.contains("resolve"), &mut pieces[0]) {
            *bytes.last_mut().unwrap() ^= 1;
        }
        pieces
    })
    .await;
    let place = place(&server.url, |settings| settings.retries_max = 1);
    let fault = place.hub.pull(&name("some/model-GGUF:Q8_0"), &|_| ()).await.unwrap_err();
    assert!(fault.to_string().contains("checksum"), "{fault}");
    assert!(place.hub.list().is_empty());
}

#[tokio::test]
async fn listings_that_lead_elsewhere_or_make_no_sense_are_refused() {
    let bytes = content("x");
    let lfs = json!({"sha256": hash(&bytes), "size": bytes.len()});
    let hostile =
        |file: &str, commit: &str| json!({"sha": commit, "siblings": [{"rfilename": file, "lfs": lfs}]});
    for listing in [
        hostile("../../../../evil.gguf", COMMIT),
        hostile("/evil.gguf", COMMIT),
        hostile("a/./b.gguf", COMMIT),
        hostile("good.gguf", "../up"),
        json!({"sha": COMMIT, "siblings": [{"rfilename": "a.gguf", "lfs": {"sha256": "../../x", "size": 1}}]}),
        json!([]),
    ] {
        let shown = listing.to_string();
        let server = Loopback::serve(move |_, _| answer_json("200 OK", &listing)).await;
        let place = place(&server.url, |_| ());
        let fault = place.hub.pull(&name("some/model-GGUF"), &|_| ()).await.unwrap_err();
        assert!(fault.kind() == FaultKind::Model && fault.hint().is_some(), "{shown}: {fault}");
        assert_eq!(server.seen().len(), 1, "{shown}");
    }
}

#[tokio::test]
async fn offline_only_the_cache_is_used() {
    let server = Loopback::serve(|_, request| serve(request)).await;
    let folder = tempfile::tempdir().unwrap();
    let settings = HubSettings { endpoint: server.url.clone(), ..HubSettings::new(folder.path()) };
    let offline = Hub::new(HubSettings { offline: true, ..settings.clone() }).unwrap();
    let fault = offline.pull(&name("some/model-GGUF"), &|_| ()).await.unwrap_err();
    assert!(fault.to_string().contains("offline") && server.seen().is_empty(), "{fault}");
    let path = Hub::new(settings).unwrap().pull(&name("some/model-GGUF"), &|_| ()).await.unwrap();
    let asked = server.seen().len();
    assert_eq!(offline.pull(&name("some/model-GGUF"), &|_| ()).await.unwrap(), path);
    assert_eq!(server.seen().len(), asked);
}

#[tokio::test]
async fn what_there_is_not_is_told_with_what_there_is() {
    let server = Loopback::serve(|_, request| serve(request)).await;
    let place = place(&server.url, |_| ());
    let quant = place.hub.pull(&name("some/model-GGUF:Q2_K"), &|_| ()).await.unwrap_err();
    assert!(quant.hint().unwrap().contains("F16, Q4_K_M, Q8_0"), "{quant}: {:?}", quant.hint());
    let missing = place.hub.pull(&name("no/such"), &|_| ()).await.unwrap_err();
    assert!(missing.to_string().contains("there is no model no/such"), "{missing}");
    for wrong in ["", "name", "a/b/c", "a/b:", "../b", "a/..", "a b/c", "a/b:c/d"] {
        assert!(wrong.parse::<ModelName>().is_err(), "{wrong}");
    }
    assert_eq!(name("a/b:C").to_string(), "a/b:C");
}

#[test]
fn files_are_grouped_into_models() {
    let found: Vec<(String, usize)> =
        groups(&FILES).into_iter().map(|group| (group.quant, group.files.len())).collect();
    assert_eq!(found, [("F16".to_owned(), 2), ("Q4_K_M".to_owned(), 1), ("Q8_0".to_owned(), 1)]);
    let incomplete = groups(&["m-Q4_0-00001-of-00002.gguf", "plain.gguf"]);
    assert_eq!(incomplete.len(), 1);
    assert_eq!(incomplete[0].quant, "plain");
    let usual = |files: &[&str]| name("a/b").choose(&groups(files)).map(|group| group.quant.clone());
    assert_eq!(usual(&["m-Q8_0.gguf", "m-Q5_K_M.gguf"]).unwrap(), "Q5_K_M");
    assert_eq!(usual(&["m-IQ2_XS.gguf"]).unwrap(), "IQ2_XS");
    assert!(usual(&["m-IQ2_XS.gguf", "m-IQ3_M.gguf"]).is_err());
}

#[test]
fn what_is_recommended_fits() {
    assert_eq!(recommended(100), None);
    assert_eq!(recommended(5_000).unwrap().name, "qwen3-4b");
    assert!(RECOMMENDED.is_sorted_by_key(|model| model.memory_mib));
    for model in RECOMMENDED {
        assert_eq!(name(&model.name.to_uppercase()), name(model.repo), "{}", model.name);
    }
    assert_eq!(name("Qwen3-4b:Q8_0"), name("Qwen/Qwen3-4B-GGUF:Q8_0"), "another file of it");
}
