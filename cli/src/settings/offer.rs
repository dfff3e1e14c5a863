//! Which tools are offered: those that were chosen, as far as their schemas can be kept.

use std::sync::Arc;

use handyman::tools::wrap::Declared;
#[cfg(feature = "services")]
use handyman::{Effect, ToolSpec};
use handyman::{Tool, Toolbox, Toolset};

#[cfg(feature = "services")]
use crate::args::{Approve, RunOptions};
use crate::problem::Problem;
use crate::show;

/// A tool that may be offered.
#[derive(Clone)]
pub(crate) struct Candidate {
    pub(crate) tool: Arc<dyn Tool>,
    /// The server or document that it comes from; nothing for one of this program's own.
    pub(crate) from: Option<String>,
}

impl Candidate {
    /// One of this program's own.
    pub(crate) fn own(tool: Arc<dyn Tool>) -> Self {
        Self { tool, from: None }
    }

    pub(crate) fn name(&self) -> &str {
        &self.tool.spec().name
    }
}

/// The tools that were chosen, in the order in which they were named. A `*` stands for any letters, and a `-` before a name
/// leaves the tool out; where nothing else is said, all others are chosen.
pub(super) fn chosen(all: &[Candidate], choice: &[String]) -> Result<Vec<Candidate>, Problem> {
    let names: Vec<&str> = all.iter().map(Candidate::name).collect();
    let kept = picked(&names, choice).map_err(|nothing| {
        let problem = if nothing.contains('*') {
            format!("no tool has a name like '{nothing}'")
        } else {
            format!("there is no tool '{nothing}'")
        };
        Problem::usage(problem).with_hint(format!("the tools are: {}", names.join(", ")))
    })?;
    Ok(kept.iter().filter_map(|name| all.iter().find(|tool| tool.name() == *name)).cloned().collect())
}

/// The tools, where what those find that `--trust` chooses holds nothing of strangers.
///
/// # Errors
/// A name that no tool has.
pub(super) fn trusted(all: Vec<Candidate>, choice: &[String]) -> Result<Vec<Candidate>, Problem> {
    let names: Vec<&str> = all.iter().map(Candidate::name).collect();
    let own = named("--trust", choice, &names)?;
    let vouched_for = |candidate: Candidate| {
        if !own.iter().any(|name| name == candidate.name()) {
            return candidate;
        }
        let Candidate { tool, from } = candidate;
        Candidate { tool: Arc::new(Declared::of(tool).trusted()), from }
    };
    Ok(all.into_iter().map(vouched_for).collect())
}

/// The names of the tools on offer that an option chooses, written as for `--tools`; none where it was not given.
pub(super) fn on_offer(option: &str, choice: &[String], toolbox: &Toolbox) -> Result<Vec<String>, Problem> {
    let names: Vec<&str> = toolbox.specs().iter().map(|spec| spec.name.as_str()).collect();
    named(option, choice, &names)
}

/// The names among these that an option chooses; none where it was not given.
fn named(option: &str, choice: &[String], names: &[&str]) -> Result<Vec<String>, Problem> {
    if choice.is_empty() {
        return Ok(Vec::new());
    }
    let kept = picked(names, choice).map_err(|nothing| {
        let problem = if nothing.contains('*') {
            format!("{option}: no tool on offer has a name like '{nothing}'")
        } else {
            format!("{option}: there is no tool '{nothing}' on offer")
        };
        Problem::usage(problem).with_hint(format!("the tools on offer are: {}", names.join(", ")))
    })?;
    Ok(kept.into_iter().map(str::to_owned).collect())
}

/// The tools that other programs call by themselves, on their own decision.
#[cfg(feature = "services")]
pub(crate) struct Shared {
    /// Those that nothing was said of but that they are there.
    pub(crate) free: Toolbox,
    /// Those of which a person is asked about every call.
    pub(crate) asked: Toolbox,
}

/// What the options say of tools that are called without the agent. They go first for it and here alike: what is denied is
/// left out, and with `--approve deny` all that does not only read. That an effect needs a person's yes is the decision of
/// the program that calls.
///
/// # Errors
/// A name that no tool on offer has.
#[cfg(feature = "services")]
pub(crate) fn shared(options: &RunOptions, toolbox: &Toolbox) -> Result<Shared, Problem> {
    let allowed = on_offer("--allow", &options.allow, toolbox)?;
    let asked = on_offer("--ask", &options.ask, toolbox)?;
    let denied = on_offer("--deny", &options.deny, toolbox)?;
    let is_left_out = |spec: &ToolSpec| {
        let reads = spec.effect == Effect::ReadOnly || allowed.contains(&spec.name);
        denied.contains(&spec.name) || (options.approve() == Approve::Deny && !reads)
    };
    let (mut free, mut to_ask) = (Vec::new(), Vec::new());
    for spec in toolbox.specs() {
        let name = &spec.name;
        if asked.contains(name) && !denied.contains(name) {
            to_ask.push(name);
        } else if !is_left_out(spec) {
            free.push(name);
        }
    }
    Ok(Shared { free: toolbox.only(free)?, asked: toolbox.only(to_ask)? })
}

/// The names that were chosen, in the order in which they were written.
///
/// # Errors
/// A pattern that fits none of them.
fn picked<'n>(names: &[&'n str], choice: &[String]) -> Result<Vec<&'n str>, String> {
    let pattern = |said: &String| said.strip_prefix('-').unwrap_or(said).to_owned();
    let fits_none = |pattern: &String| !names.iter().any(|name| fits(pattern, name));
    if let Some(nothing) = choice.iter().map(pattern).find(fits_none) {
        return Err(nothing);
    }
    let unwanted: Vec<&str> = choice.iter().filter_map(|said| said.strip_prefix('-')).collect();
    let mut wanted: Vec<&str> =
        choice.iter().map(String::as_str).filter(|said| !said.starts_with('-')).collect();
    if wanted.is_empty() {
        wanted.push("*");
    }
    let mut kept: Vec<&'n str> = Vec::new();
    for pattern in wanted {
        for &name in names {
            let is_out = unwanted.iter().any(|pattern| fits(pattern, name));
            if fits(pattern, name) && !is_out && !kept.contains(&name) {
                kept.push(name);
            }
        }
    }
    Ok(kept)
}

/// Whether a name is one of the pattern's, in which a `*` stands for any letters or none.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(tail) = name.strip_prefix(head) else { return false };
    let mut ends = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
    ends.any(|at| fits(rest, &tail[at..]))
}

/// The toolbox of these tools. What a stranger's tool asks for may be nothing that can be kept: it is left out then, and
/// the others are offered, unless it was named itself.
pub(super) fn toolbox(tools: Vec<Candidate>, named: &[String]) -> Result<Toolbox, Problem> {
    let mut toolbox = Toolbox::new();
    for Candidate { tool, from } in tools {
        let name = tool.spec().name.clone();
        match (Toolbox::new().with(tool), from) {
            (Ok(one), _) => toolbox = toolbox.and(one)?,
            (Err(fault), Some(from)) if !named.contains(&name) => {
                let problem = fault.to_string();
                let why = problem.strip_prefix(&format!("tool '{name}': ")).unwrap_or(&problem);
                show::note_once(&format!("{from}: the tool {name} is left out: {why}"));
            }
            (Err(fault), _) => return Err(fault.into()),
        }
    }
    Ok(toolbox)
}

#[cfg(test)]
mod tests;
