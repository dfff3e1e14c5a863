//! How many threads to compute with.
//!
//! llama.cpp's threads wait for each other many times a token. With one of two cores taken by another
//! program, two threads are slower than one, so the number follows what is free.

use std::collections::BTreeSet;
use std::fs;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// How long one look at the load of the machine holds.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Clock ticks a second in `/proc`, on every Linux that Rust's standard library runs on.
const TICKS_A_SECOND: f64 = 100.0;

/// The number of threads, and whether it follows the load of the machine.
#[derive(Debug, Clone)]
pub(crate) struct Threads {
    most: i32,
    now: i32,
    load: Option<Load>,
}

/// A look at how long the machine's cores have worked, for others and for this process.
#[derive(Debug, Clone)]
struct Load {
    at: Instant,
    others: f64,
}

impl Threads {
    /// What was asked for, never more than the process may use; or as many as there are physical cores
    /// that nobody else keeps busy.
    pub(crate) fn choose(asked: Option<u32>) -> Self {
        let available = available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(1));
        let wanted = asked.unwrap_or_else(|| physical_cores().unwrap_or(available));
        let most = i32::try_from(wanted.clamp(1, available)).unwrap_or(1);
        let load = if asked.is_none() && most > 1 { Load::look() } else { None };
        Self { most, now: most, load }
    }

    /// The number of threads.
    pub(crate) fn now(&self) -> i32 {
        self.now
    }

    /// Looks at the load again, if that was long ago.
    pub(crate) fn adapt(&mut self) {
        let due = self.load.as_ref().filter(|load| load.at.elapsed() >= LOOK_EVERY);
        let Some((before, after)) = due.and_then(|before| Some((before, Load::look()?))) else { return };
        self.now = fitting(self.most, after.taken_since(before));
        self.load = Some(after);
    }
}

/// Threads for the cores that are left when others take so many (a fraction counts).
fn fitting(most: i32, taken: f64) -> i32 {
    let mut threads = most;
    while threads > 1 && f64::from(most - threads) + 0.5 < taken {
        threads -= 1;
    }
    threads
}

impl Load {
    fn look() -> Option<Self> {
        let busy = busy_ticks(&fs::read_to_string("/proc/stat").ok()?)?;
        let own = own_ticks(&fs::read_to_string("/proc/self/stat").ok()?)?;
        Some(Self { at: Instant::now(), others: busy - own })
    }

    /// Cores that others kept busy between two looks.
    fn taken_since(&self, before: &Self) -> f64 {
        let seconds = self.at.duration_since(before.at).as_secs_f64();
        (self.others - before.others).max(0.0) / (seconds * TICKS_A_SECOND)
    }
}

/// Ticks in which any core worked: user, nice, system, interrupts and stolen time of the first line.
fn busy_ticks(stat: &str) -> Option<f64> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<f64> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
    let [user, nice, system, _idle, _waiting, interrupts, soft, stolen, ..] = ticks[..] else { return None };
    Some(user + nice + system + interrupts + soft + stolen)
}

/// Ticks in which this process worked: fields 14 and 15, counted after the name in parentheses.
fn own_ticks(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(user + system)
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

#[cfg(test)]
mod tests;
