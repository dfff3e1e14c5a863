//! Where models are kept, by what is set.

use std::path::{Path, PathBuf};

use crate::hub::Places;

#[test]
fn the_cache_is_where_other_tools_have_it() {
    let set = |set: [Option<&str>; 4]| {
        let [hub_cache, hub_home, caches, home] = set.map(|path| path.map(PathBuf::from));
        Places { hub_cache, hub_home, caches, home }
    };
    for (places, cache, token) in [
        (set([None, None, None, None]), None, None),
        (
            set([None, None, None, Some("/home/ann")]),
            Some("/home/ann/.cache/huggingface/hub"),
            Some("/home/ann/.cache/huggingface/token"),
        ),
        (
            set([None, None, Some("/caches"), Some("/home/ann")]),
            Some("/caches/huggingface/hub"),
            Some("/caches/huggingface/token"),
        ),
        (set([None, Some("/hf"), Some("/caches"), Some("/home/ann")]), Some("/hf/hub"), Some("/hf/token")),
        (set([Some("/models"), Some("/hf"), None, None]), Some("/models"), Some("/hf/token")),
        (set([Some("/models"), None, None, None]), Some("/models"), None),
    ] {
        assert_eq!(places.cache().as_deref(), cache.map(Path::new), "{places:?}");
        assert_eq!(places.token().as_deref(), token.map(Path::new), "{places:?}");
    }
}
