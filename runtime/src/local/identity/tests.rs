//! Whatever changes a sequence changes the identity, and nothing else does.

use super::{Identity, sample};
use crate::dialect::native::Native;
use crate::local::{CacheType, EarlierReasoning, ModelSettings};
use crate::render::Template;
use crate::tiny::{Bytes, END, TEMPLATE};

fn template(source: &str) -> Template {
    Template::new(source.to_owned(), String::new(), END.to_owned()).unwrap()
}

fn sampled(source: &str) -> Vec<u32> {
    sample(&template(source), &Native::of("hermes"), &Bytes::new())
}

#[test]
fn a_model_that_computes_or_writes_otherwise_is_another() {
    let usual = ModelSettings::default();
    let with = |settings: &ModelSettings, change: fn(&mut Identity<'_>)| {
        let mut identity = Identity {
            sha256: "4f",
            settings,
            dialect: "hermes",
            sample: vec![1, 2, 3],
            trained_first: Some(4_096),
            cells: 4_096,
        };
        change(&mut identity);
        identity.text()
    };
    let same = with(&usual, |_| {});
    let changes: [fn(&mut Identity<'_>); 4] = [
        |identity| identity.sha256 = "5f",
        |identity| identity.dialect = "generic",
        |identity| identity.sample = vec![1, 2, 4],
        |identity| identity.cells = 4_097,
    ];
    for change in changes {
        assert_ne!(with(&usual, change), same);
    }
    let settings = [
        ModelSettings { cache_type: CacheType::Q8, ..usual.clone() },
        ModelSettings { flash_attention: Some(true), ..usual.clone() },
        ModelSettings { earlier_reasoning: EarlierReasoning::Drop, ..usual.clone() },
    ];
    for settings in settings {
        assert_ne!(with(&settings, |_| {}), same, "{settings:?}");
    }
    let otherwise = ModelSettings { threads: Some(3), sessions_max: 2, ..usual.clone() };
    assert_eq!(with(&otherwise, |_| {}), same);
    assert_eq!(with(&usual, |identity| identity.cells = 1_024), same, "the same angles for fewer cells");
    let large = with(&usual, |identity| identity.cells = 9_000);
    assert_eq!(with(&usual, |identity| identity.cells = 5_000), large, "and for more of them");
    let one_kind = with(&usual, |identity| {
        identity.trained_first = None;
        identity.cells = 9_000;
    });
    assert_eq!(one_kind, same, "a model that has one kind of angles");
}

#[test]
fn the_sample_is_another_as_soon_as_anything_is_written_otherwise() {
    let same = sampled(TEMPLATE);
    assert!(!same.is_empty());
    assert_eq!(sampled(TEMPLATE), same);
    assert_ne!(sampled(&TEMPLATE.replace("tojson", "tojson(indent=1)")), same, "arguments of calls");
    assert_ne!(sampled(&TEMPLATE.replace("t.function.description", "''")), same, "tools");
    assert!(sampled("{{ raise_exception('no') }}").is_empty());
}

#[test]
fn the_sample_is_the_same_on_every_day() {
    let dated = ["{{ date_string }}{{ datetime }}{{ strftime_now('%H:%M:%S') }}", TEMPLATE].concat();
    let bytes: Vec<u8> = sampled(&dated).into_iter().filter_map(|token| u8::try_from(token).ok()).collect();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.starts_with("%d %b %Y%a %d %b %Y, %H:%M%H:%M:%S"), "{text}");
}
