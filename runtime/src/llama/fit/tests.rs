//! What fits is counted, not hoped.

use super::{Layer, Sizes};
use crate::llama::cache::CacheType;
use crate::llama::gguf::Header;

const GIB: u64 = 1 << 30;

fn sizes() -> Sizes {
    let layer = Layer { weights: GIB / 4, token: 4_096, state: 0 };
    Sizes { layers: vec![layer; 8], rest: GIB / 2, computing: GIB / 8 }
}

/// A header with these numbers, lists where there are several, and a tensor of 32 bytes in each layer.
fn header(layers: usize, numbers: &[(&str, &[u32])]) -> Header {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let pairs = numbers.len() as u64 + 1;
    let mut bytes =
        [&b"GGUF"[..], &3_u32.to_le_bytes(), &(layers as u64).to_le_bytes(), &pairs.to_le_bytes()].concat();
    bytes.extend([text("general.architecture"), 8_u32.to_le_bytes().to_vec(), text("lfm2")].concat());
    for (key, numbers) in numbers {
        let values: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let list =
            [&9_u32.to_le_bytes()[..], &5_u32.to_le_bytes(), &(numbers.len() as u64).to_le_bytes()].concat();
        let kind = if numbers.len() == 1 { 4_u32.to_le_bytes().to_vec() } else { list };
        bytes.extend([text(&format!("lfm2.{key}")), kind, values].concat());
    }
    for layer in 0..layers {
        let offset = (layer as u64 * 32).to_le_bytes().to_vec();
        bytes.extend([text(&format!("blk.{layer}.w")), vec![0; 8], offset].concat());
    }
    bytes.extend(vec![0; layers * 32]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &bytes).unwrap();
    Header::read(file.path()).unwrap()
}

#[test]
fn as_many_layers_as_fit_beside_their_cache_with_a_margin() {
    let sizes = sizes();
    assert_eq!(sizes.layers_fitting(0, 8_192, 16), 0);
    assert_eq!(sizes.layers_fitting(GIB / 2, 8_192, 16), 0, "the margin and the overhead come first");
    assert_eq!(sizes.layers_fitting(2 * GIB, 8_192, 16), 5);
    assert_eq!(sizes.layers_fitting(2 * GIB, 65_536, 16), 3, "a larger cache leaves room for fewer layers");
    assert_eq!(sizes.layers_fitting(80 * GIB, 8_192, 16), 9, "all of them, and the output");
}

#[test]
fn a_cache_takes_what_its_tokens_take_in_every_layer() {
    assert_eq!(sizes().cache(1_000, 16), 8 * 4_096 * 1_000);
    assert_eq!(sizes().cache(u64::MAX, 16), u64::MAX);
}

#[test]
fn layers_with_a_recurrent_state_keep_nothing_of_a_token() {
    // The shape of LFM2 with 1.2 billion parameters: six of sixteen layers have keys and values.
    let heads: Vec<u32> =
        (0..16).map(|layer| if [2, 5, 8, 10, 12, 14].contains(&layer) { 8 } else { 0 }).collect();
    let model = header(
        16,
        &[
            ("embedding_length", &[2_048]),
            ("attention.head_count", &[32]),
            ("attention.head_count_kv", &heads),
        ],
    );
    let sizes = Sizes::of(&model, CacheType::F16, 0);
    assert_eq!(sizes.cache(32_768, 16), 384 << 20);
    let tokens: Vec<u64> = sizes.layers.iter().map(|layer| layer.token).collect();
    assert_eq!(tokens[..4], [0, 0, 2_048, 0]);
}

#[test]
fn where_only_every_fourth_layer_sees_everything_the_others_keep_nothing() {
    let model = header(
        8,
        &[
            ("full_attention_interval", &[4]),
            ("attention.head_count", &[16]),
            ("attention.head_count_kv", &[2]),
            ("attention.key_length", &[256]),
            ("attention.value_length", &[256]),
        ],
    );
    let sizes = Sizes::of(&model, CacheType::F16, 0);
    assert_eq!(sizes.cache(1, 16), 2 * 2 * 512 * 2);
    assert_eq!((sizes.layers[2].token, sizes.layers[3].token), (0, 2_048));
}

#[test]
fn without_heads_of_their_own_keys_and_values_have_as_many_as_there_are() {
    let sizes = |heads: &[u32]| {
        let model = header(2, &[("embedding_length", &[64]), ("attention.head_count", heads)]);
        Sizes::of(&model, CacheType::F16, 0).layers.iter().map(|layer| layer.token).collect::<Vec<_>>()
    };
    assert_eq!(sizes(&[4]), [256, 256]);
    assert_eq!(sizes(&[4, 2]), [256, 128], "heads are as long as in the first layer");
}

#[test]
fn every_sequence_has_its_states_from_the_beginning() {
    // The shape of Nemotron-H with 8 billion parameters: of these four layers one has keys and values.
    let numbers: &[(&str, &[u32])] = &[
        ("embedding_length", &[4_096]),
        ("attention.head_count", &[32]),
        ("attention.head_count_kv", &[0, 0, 8, 0]),
        ("ssm.inner_size", &[8_192]),
        ("ssm.state_size", &[128]),
        ("ssm.group_count", &[8]),
        ("ssm.conv_kernel", &[4]),
    ];
    let sizes = Sizes::of(&header(4, numbers), CacheType::F16, 0);
    let state = 4 * (128 * 8_192 + 3 * (8_192 + 2 * 8 * 128));
    assert_eq!(sizes.layers.iter().map(|layer| layer.state).collect::<Vec<_>>(), [state, state, 0, state]);
    assert_eq!(sizes.cache(0, 16), 3 * 16 * state);
    assert_eq!(sizes.layers_fitting(GIB, 1_024, 16), 5);
    assert!(
        sizes.layers_fitting(GIB, 1_024, 256) < 5,
        "sixteen times as many take the memory of some layers"
    );
    let short = [&numbers[..3], &[("shortconv.l_cache", &[3][..])]].concat();
    assert_eq!(Sizes::of(&header(4, &short), CacheType::F16, 0).layers[0].state, 4 * 4_096 * 2);
}
