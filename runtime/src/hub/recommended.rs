//! A few models that are good at calling tools, by the memory they need.

use crate::memory::host_memory_free;

/// A model that we recommend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recommended {
    /// A short name, which a [`ModelName`](super::ModelName) is read from as well.
    pub name: &'static str,
    /// The repository and the file.
    pub repo: &'static str,
    /// Memory for the model and 8,192 tokens, in MiB.
    pub memory_mib: u64,
    /// What it is good for.
    pub note: &'static str,
}

/// From small to large. The memory is that of the file and of its KV cache, rounded up.
pub const RECOMMENDED: [Recommended; 6] = [
    Recommended {
        name: "qwen3-0.6b",
        repo: "Qwen/Qwen3-0.6B-GGUF:Q8_0",
        memory_mib: 1_700,
        note: "single calls, fast on any machine",
    },
    Recommended {
        name: "qwen3-1.7b",
        repo: "Qwen/Qwen3-1.7B-GGUF:Q8_0",
        memory_mib: 2_900,
        note: "simple tasks of a few calls",
    },
    Recommended {
        name: "qwen3-4b",
        repo: "Qwen/Qwen3-4B-GGUF:Q4_K_M",
        memory_mib: 4_000,
        note: "several tools, several steps",
    },
    Recommended {
        name: "qwen3-8b",
        repo: "Qwen/Qwen3-8B-GGUF:Q4_K_M",
        memory_mib: 6_500,
        note: "long tasks",
    },
    Recommended {
        name: "qwen3-14b",
        repo: "Qwen/Qwen3-14B-GGUF:Q4_K_M",
        memory_mib: 11_000,
        note: "long tasks, with a GPU",
    },
    Recommended {
        name: "qwen3-30b-a3b",
        repo: "Qwen/Qwen3-30B-A3B-GGUF:Q4_K_M",
        memory_mib: 20_500,
        note: "as fast as a small one, where there is memory",
    },
];

/// The largest model that fits into so much free memory.
#[must_use]
pub fn recommended(free_mib: u64) -> Option<Recommended> {
    RECOMMENDED.into_iter().rfind(|model| model.memory_mib <= free_mib)
}

/// Memory that programs can have now, in MiB, where the system says so: on Linux.
#[must_use]
pub fn free_memory_mib() -> Option<u64> {
    host_memory_free().map(|bytes| bytes >> 20)
}
