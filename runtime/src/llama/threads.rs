//! How many threads to compute with.

use std::collections::BTreeSet;
use std::fs;
use std::thread::available_parallelism;

/// The number of threads to use: what was asked for, or one per physical core, never more than the
/// process may use. Two threads on one core only wait for each other in llama.cpp's barriers.
pub(crate) fn count(asked: Option<u32>) -> i32 {
    let available = available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(1));
    let wanted = asked.unwrap_or_else(|| physical_cores().unwrap_or(available));
    i32::try_from(wanted.clamp(1, available)).unwrap_or(1)
}

/// Physical cores as Linux lists them; `None` where it does not.
fn physical_cores() -> Option<u32> {
    let entries = fs::read_dir("/sys/devices/system/cpu").ok()?;
    let cores: BTreeSet<String> = entries
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path().join("topology/thread_siblings_list")).ok())
        .collect();
    u32::try_from(cores.len()).ok().filter(|&count| count > 0)
}
