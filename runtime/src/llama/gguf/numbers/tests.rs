//! Numbers that end the process are named, and those of real models are not.

use crate::llama::gguf::tests::{refused, value, with};

fn of(architecture: &str, pairs: &[(&str, Vec<u8>)]) -> String {
    let keys: Vec<String> = pairs.iter().map(|(key, _)| format!("{architecture}.{key}")).collect();
    let pairs = keys.iter().map(String::as_str).zip(pairs.iter().map(|(_, value)| value.clone()));
    refused(&with(architecture, &pairs.collect::<Vec<_>>()))
}

/// The numbers of an architecture, refused for this key alone, or not at all.
fn check(architecture: &str, numbers: &[(&str, u32)], key: Option<&str>) {
    let pairs: Vec<(&str, Vec<u8>)> =
        numbers.iter().map(|(key, number)| (*key, value::number(*number))).collect();
    let problem = of(architecture, &pairs);
    match key {
        Some(key) => {
            assert!(problem.contains(&format!("{architecture}.{key} is ")), "{numbers:?}: {problem}")
        }
        None => assert_eq!(problem, "", "{architecture}: {numbers:?}"),
    }
}

#[test]
fn layers_and_windows_are_within_what_llama_cpp_holds() {
    for wrong in [0, 513, 1_000, u32::MAX] {
        check("qwen3", &[("block_count", wrong)], Some("block_count"));
    }
    for wrong in [0, 1 << 31, u32::MAX] {
        check("qwen3", &[("context_length", wrong)], Some("context_length"));
    }
    check("qwen3", &[("block_count", 512), ("context_length", 1 << 20)], None);
    check("glm4moe", &[("block_count", 47), ("nextn_predict_layers", 1)], None);
    check("glm4moe", &[("block_count", 47), ("nextn_predict_layers", 47)], Some("nextn_predict_layers"));
}

#[test]
fn what_is_rotated_is_even_and_within_the_head() {
    let heads = [("embedding_length", 1_024), ("attention.head_count", 8)];
    let check = |architecture: &str, more: &[(&str, u32)], key: Option<&str>| {
        check(architecture, &[&heads, more].concat(), key);
    };
    for wrong in [0, 3, 64, 130, 1_000, u32::MAX] {
        check("qwen3", &[("rope.dimension_count", wrong)], Some("rope.dimension_count"));
    }
    check("qwen3", &[("rope.dimension_count", 128)], None);
    check(
        "qwen3",
        &[("attention.key_length", 64), ("attention.value_length", 64), ("rope.dimension_count", 64)],
        None,
    );
    // Some rotate a part of the head, or nothing.
    for right in [0, 32, 64, 128] {
        check("phi2", &[("rope.dimension_count", right)], None);
        check("gemma3", &[("rope.dimension_count", right)], None);
    }
    for wrong in [3, 130, u32::MAX] {
        check("gemma3", &[("rope.dimension_count", wrong)], Some("rope.dimension_count"));
    }
    // Keys that are longer than what is rotated of them, and than values.
    let latent =
        [("attention.key_length", 576), ("attention.value_length", 512), ("rope.dimension_count", 64)];
    check("deepseek2", &latent, None);
    check("qwen3", &[("attention.key_length", 64)], Some("attention.value_length"));
    check("phi3", &[("attention.value_length", 64)], Some("attention.value_length"));
    check("mimo2", &[("attention.key_length", 192), ("attention.value_length", 128)], None);
    // Without attention in the first layer nothing is derived of it.
    check("nemotron_h", &[("attention.head_count", 0), ("attention.key_length", 64)], None);
}

#[test]
fn heads_of_keys_divide_those_of_queries() {
    let heads = |all: u32, shared: u32| [("attention.head_count", all), ("attention.head_count_kv", shared)];
    check("qwen3", &heads(16, 3), Some("attention.head_count_kv"));
    check("qwen3", &heads(16, u32::MAX), Some("attention.head_count_kv"));
    for (all, shared) in [(14, 2), (71, 1), (16, 16), (0, 0), (16, 0)] {
        check("falcon-h1", &heads(all, shared), None);
    }
    let list = |shared: &[u32]| {
        let layers = value::number(u32::try_from(shared.len()).unwrap());
        of(
            "lfm2",
            &[
                ("block_count", layers),
                ("attention.head_count", value::number(32)),
                ("attention.head_count_kv", value::numbers(shared)),
            ],
        )
    };
    assert_eq!(list(&[0, 8, 0, 8]), "");
    assert!(list(&[0, 8, 0, 5]).contains("is 5 in layer 3"), "{}", list(&[0, 8, 0, 5]));
}

#[test]
fn some_experts_are_used_and_there_are_no_more_than_llama_cpp_holds() {
    let experts = |all: u32, used: u32| [("expert_count", all), ("expert_used_count", used)];
    check("qwen3moe", &experts(128, 8), None);
    check("qwen3", &experts(0, 0), None);
    check("qwen3", &[], None);
    check("qwen3moe", &experts(1_025, 8), Some("expert_count"));
    check("qwen3moe", &experts(8, 0), Some("expert_used_count"));
    check("qwen3moe", &experts(8, 9), Some("expert_used_count"));
    check("qwen3moe", &[("expert_count", 8)], Some("expert_used_count"));
    check("qwen3moe", &[("expert_used_count", 8)], Some("expert_used_count"));
    // As those of Hunyuan without experts are written.
    check("hunyuan-dense", &experts(1, 1), None);
    let groups = |groups: u32, used: u32| {
        [&experts(256, 8)[..], &[("expert_group_count", groups), ("expert_group_used_count", used)]].concat()
    };
    check("deepseek2", &groups(8, 4), None);
    check("deepseek2", &groups(1, 1), None);
    check("deepseek2", &groups(0, 0), None);
    check("deepseek2", &groups(7, 4), Some("expert_group_count"));
    check("deepseek2", &groups(256, 4), Some("expert_group_count"));
    check("deepseek2", &groups(8, 8), Some("expert_group_used_count"));
    check("deepseek2", &groups(8, 0), Some("expert_group_used_count"));
}

#[test]
fn what_is_divided_by_is_not_nothing() {
    let mamba = |groups: u32, ranks: u32| {
        [("ssm.inner_size", 4_096), ("ssm.group_count", groups), ("ssm.time_step_rank", ranks)]
    };
    check("mamba2", &mamba(8, 64), None);
    check("mamba2", &mamba(0, 64), Some("ssm.group_count"));
    check("mamba2", &mamba(8, 0), Some("ssm.time_step_rank"));
    check("mamba2", &mamba(8, 60), Some("ssm.time_step_rank"));
    check("mamba", &mamba(0, 160), None);
    check("mamba", &[("ssm.inner_size", 0)], Some("ssm.inner_size"));
    let delta = |groups: u32, ranks: u32, state: u32| {
        [&mamba(groups, ranks)[..], &[("ssm.state_size", state)]].concat()
    };
    check("qwen3next", &delta(16, 32, 128), None);
    check("qwen3next", &delta(0, 32, 128), Some("ssm.group_count"));
    check("qwen3next", &delta(5, 32, 128), Some("ssm.group_count"));
    check("qwen3next", &delta(16, 32, 64), Some("ssm.state_size"));
    check("rwkv7", &[("wkv.head_size", 0)], Some("wkv.head_size"));
    check("rwkv7", &[("wkv.head_size", 64)], None);
    check("ernie4_5-moe", &[("interleave_moe_layer_step", 0)], Some("interleave_moe_layer_step"));
    check("llama4", &[("interleave_moe_layer_step", 0)], None);
}

#[test]
fn what_a_root_is_drawn_of_is_not_negative() {
    let key = "attention.layer_norm_rms_epsilon";
    for wrong in [-1e-6, f32::NEG_INFINITY, f32::NAN] {
        let problem = of("qwen3", &[(key, value::real(wrong))]);
        assert!(problem.contains("qwen3.attention.layer_norm_rms_epsilon is "), "{problem}");
    }
    assert_eq!(of("qwen3", &[(key, value::real(1e-6))]), "");
    assert_eq!(of("qwen3", &[(key, value::real(0.0))]), "");
}

#[test]
fn places_are_scaled_and_divided_in_ways_that_are_known() {
    let scaled = |kind: &str| of("qwen3", &[("rope.scaling.type", value::text(kind))]);
    for right in ["none", "linear", "yarn", "longrope"] {
        assert_eq!(scaled(right), "");
    }
    assert!(scaled("dynamic").contains("qwen3.rope.scaling.type is 'dynamic'"), "{}", scaled("dynamic"));
    let sections = |architecture: &str, sections: &[u32]| {
        of(architecture, &[("rope.dimension_sections", value::numbers(sections))])
    };
    assert_eq!(sections("qwen2vl", &[16, 24, 24, 0]), "");
    assert!(sections("qwen2vl", &[0, 0, 0, 0]).contains("rope.dimension_sections"));
    assert!(sections("qwen3vl", &[u32::MAX, 0, 0, 0]).contains("rope.dimension_sections"));
    assert_eq!(sections("glm4", &[0, 0, 0, 0]), "");
}
