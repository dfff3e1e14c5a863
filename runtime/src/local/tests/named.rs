//! Models of the cache, by their names.

use handyman_core::{FaultKind, Model};

use super::path;
use crate::hub::{Hub, HubSettings};
use crate::local::{LocalModel, ModelSettings};

#[tokio::test]
async fn a_model_that_was_pulled_is_loaded_by_its_name_and_another_is_not_downloaded() {
    let cache = tempfile::tempdir().unwrap();
    let commit = cache.path().join("models--some--tiny-GGUF/snapshots/c0ffee");
    std::fs::create_dir_all(&commit).unwrap();
    std::fs::copy(path(), commit.join("tiny-Q8_0.gguf")).unwrap();
    let hub = Hub::new(HubSettings::new(cache.path())).unwrap();
    let named = |name| LocalModel::named(&hub, name, ModelSettings::default());
    let builtin = super::load().await.info();
    for name in ["some/tiny-GGUF:q8_0", "some/tiny-GGUF"] {
        assert_eq!(named(name).await.unwrap().info(), builtin, "{name}");
    }
    for (name, pulls) in [
        ("some/tiny-GGUF:Q4_K_M", "handyman model pull some/tiny-GGUF:Q4_K_M"),
        ("QWEN3-4b", "handyman model pull Qwen/Qwen3-4B-GGUF:Q4_K_M"),
        ("nonsense", "OWNER/NAME:QUANT"),
    ] {
        let fault = named(name).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Model, "{name}");
        assert!(fault.hint().is_some_and(|hint| hint.contains(pulls)), "{name}: {:?}", fault.hint());
    }
}
