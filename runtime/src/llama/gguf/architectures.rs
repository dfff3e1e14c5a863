//! What llama.cpp takes for granted of the numbers of each architecture: where they are otherwise, it ends the process.
//!
//! Taken from `src/models/` of the llama.cpp that is built in, and to be looked at again with every other one.

/// Architectures whose keys and values are as long as each other, and rotated whole by their position.
pub(super) const ROTATED_WHOLE: [&str; 60] = [
    "apertus",
    "arcee",
    "arctic",
    "baichuan",
    "chameleon",
    "codeshell",
    "cogvlm",
    "cohere2moe",
    "dbrx",
    "deci",
    "deepseek",
    "dots1",
    "dream",
    "ernie4_5",
    "ernie4_5-moe",
    "exaone",
    "exaone-moe",
    "exaone4",
    "falcon",
    "granite",
    "granite_swa",
    "granitemoe",
    "graniteswitch",
    "grok",
    "grovemoe",
    "hunyuan-dense",
    "hunyuan-moe",
    "hunyuan_vl",
    "hy_v3",
    "internlm2",
    "jais2",
    "llada",
    "llada-moe",
    "llama",
    "llama4",
    "maincoder",
    "mellum",
    "minicpm",
    "mistral3",
    "olmo",
    "olmo2",
    "olmoe",
    "orion",
    "paddleocr",
    "pangu-embedded",
    "plamo",
    "qwen2",
    "qwen2moe",
    "qwen2vl",
    "qwen3",
    "qwen3moe",
    "qwen3vl",
    "qwen3vlmoe",
    "rnd1",
    "seed_oss",
    "smallthinker",
    "smollm3",
    "starcoder2",
    "talkie",
    "xverse",
];

/// Architectures whose keys and values are as long as each other.
pub(super) const ALIKE: [&str; 38] = [
    "afmoe",
    "bailingmoe2",
    "bitnet",
    "bloom",
    "chatglm",
    "clef",
    "cohere2",
    "command-r",
    "glm4",
    "glm4moe",
    "gpt2",
    "gptneox",
    "granitehybrid",
    "jais",
    "laguna",
    "maple",
    "minimax-01",
    "minimax-m2",
    "minimax-m3",
    "mpt",
    "muse-glimmer",
    "nanbeige",
    "nemotron",
    "nemotron_h",
    "nemotron_h_moe",
    "openelm",
    "phi2",
    "phi3",
    "phimoe",
    "qwen",
    "qwen35",
    "qwen35moe",
    "qwen3next",
    "qwen4exp",
    "refact",
    "spark2_5",
    "stablelm",
    "starcoder",
];

/// Architectures with a place in several dimensions.
pub(super) const SECTIONED: [&str; 7] =
    ["qwen2vl", "qwen3vl", "qwen3vlmoe", "qwen35", "qwen35moe", "qwen4exp", "paddleocr"];

/// Architectures with states in heads and groups, as Mamba 2 has them.
pub(super) const GROUPED: [&str; 5] =
    ["mamba2", "falcon-h1", "granitehybrid", "nemotron_h", "nemotron_h_moe"];

/// Architectures with a gated delta net.
pub(super) const DELTA: [&str; 5] = ["qwen3next", "qwen35", "qwen35moe", "qwen4exp", "clef"];

/// Numbers that are divided by.
pub(super) const DIVISORS: [(&str, &str); 9] = [
    ("mamba", "ssm.inner_size"),
    ("jamba", "ssm.inner_size"),
    ("plamo2", "ssm.time_step_rank"),
    ("rwkv6", "wkv.head_size"),
    ("rwkv6qwen2", "wkv.head_size"),
    ("rwkv7", "wkv.head_size"),
    ("arwkv7", "wkv.head_size"),
    ("ernie4_5-moe", "interleave_moe_layer_step"),
    ("grovemoe", "experts_per_group"),
];
