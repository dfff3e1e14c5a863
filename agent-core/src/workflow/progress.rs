//! How far a workflow has come: part of the fold of a run's events.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Begun, ITEM, NOW, StepEnd, TODAY, Work, Workflow, WorkflowStep, template};
use crate::answer::AnswerSchema;
use crate::compact;
use crate::ids::CallId;
use crate::provenance::Source;
use crate::run::Done;
use crate::tool::ToolSpec;

/// What is said of a result that was cut: it is not what the tool said.
pub(crate) const TOO_LONG: &str = "it was done, but its result is too long to go on with";

/// How far a workflow has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    begun: Begun,
    /// What the steps came to, by name; nothing of those that were skipped.
    results: Map<String, Value>,
    /// Who these come from.
    sources: BTreeMap<String, Source>,
    ended: usize,
    open: Option<Open>,
    failed: Option<String>,
}

/// A step that is under way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Open {
    /// It makes these calls.
    Calls(Vec<CallId>),
    /// The model replies to it.
    Reply {
        /// Whether it may call tools.
        may_call: bool,
        /// The shape of what it comes to.
        answer: Option<AnswerSchema>,
        /// Calls of the run that had ended before it.
        done: usize,
    },
}

impl Progress {
    pub(crate) fn new(begun: Begun) -> Self {
        Self { begun, results: Map::new(), sources: BTreeMap::new(), ended: 0, open: None, failed: None }
    }

    /// The workflow, as it was when the run began.
    #[must_use]
    pub fn workflow(&self) -> &Workflow {
        &self.begun.workflow
    }

    /// What it was begun with.
    #[must_use]
    pub fn inputs(&self) -> &Map<String, Value> {
        &self.begun.inputs
    }

    /// The step that is under way or next; `None` when all have ended.
    #[must_use]
    pub fn step(&self) -> Option<&WorkflowStep> {
        self.begun.workflow.steps().get(self.ended)
    }

    /// What the steps came to so far, by name.
    #[must_use]
    pub fn results(&self) -> &Map<String, Value> {
        &self.results
    }

    /// Why the last step could not be done, where the workflow cannot go on without it.
    #[must_use]
    pub fn failed(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    /// The first tool that a step wants which has not ended, and that is not among these.
    #[must_use]
    pub fn missing_tool(&self, tools: &[ToolSpec]) -> Option<&str> {
        let left = self.begun.workflow.steps().get(self.ended..).unwrap_or_default();
        let wanted = left.iter().filter_map(|step| match step.work()? {
            Work::Call { tool, .. } => Some(tool),
            Work::Reply { .. } => None,
        });
        let mut missing = wanted.filter(|tool| tools.iter().all(|spec| spec.name != *tool));
        missing.next()
    }

    pub(crate) fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// What templates know, without the element of a list.
    pub(crate) fn known(&self, now: jiff::civil::DateTime) -> Map<String, Value> {
        let mut known = self.begun.inputs.clone();
        known.extend(self.results.clone());
        known.insert(TODAY.to_owned(), json!(now.date()));
        known.insert(NOW.to_owned(), json!(now));
        known
    }

    /// Who a template's value comes from that uses these names: strangers if they have a part in it, else the model, else
    /// a result. Nothing where it is made of inputs and words of its own.
    pub(crate) fn made_of(&self, names: &BTreeSet<&str>) -> Option<Source> {
        let rank = |source: &&Source| match source {
            Source::Result { untrusted: true, .. } => 2,
            Source::Model => 1,
            Source::Result { .. } | Source::Person | Source::System => 0,
        };
        names.iter().filter_map(|name| self.sources.get(*name)).max_by_key(rank).cloned()
    }

    /// Whether strangers have a part in what a template makes.
    pub(crate) fn is_untrusted(&self, template: &Value) -> bool {
        self.made_of(&template::words(template)).as_ref().is_some_and(is_strangers)
    }

    /// Who an argument of the step under way comes from.
    pub(crate) fn behind(&self, argument: &str) -> Option<Source> {
        let Work::Call { arguments, each, .. } = self.step()?.work()? else { return None };
        self.made_of(&used(arguments.get(argument)?, each))
    }

    pub(crate) fn begin(&mut self, step: &str, open: Open) -> bool {
        let is_next = self.open.is_none() && self.step().is_some_and(|next| next.name() == step);
        if is_next {
            self.open = Some(open);
        }
        is_next
    }

    /// Ends the step under way, or the next one, with the calls that have ended and the tools whose results strangers
    /// wrote; `said` is the model's last reply, `read` the newest result with strangers' words that it may have read.
    pub(crate) fn end(
        &mut self,
        end: &StepEnd,
        (done, untrusted): (&[Done], &[String]),
        said: &str,
        read: Option<(CallId, String)>,
    ) {
        let Some(step) = self.step() else { return };
        let (name, may_fail) = (step.name().to_owned(), step.may_fail());
        let is_each = matches!(step.work(), Some(Work::Call { each: Some(_), .. }));
        let taint = match step.work() {
            Some(Work::Call { arguments, each, .. }) => arguments
                .values()
                .find_map(|template| self.made_of(&used(template, each)).filter(is_strangers)),
            Some(Work::Reply { .. }) | None => None,
        };
        let open = self.open.take();
        let ended = |call: &CallId| done.iter().rev().find(|done| done.call.id == *call);
        let (came_to, source) = match (&open, end) {
            (_, StepEnd::Skipped) => (None, None),
            (Some(Open::Reply { answer, .. }), end) => {
                let value = match end {
                    // What went wrong is told in the model's words.
                    StepEnd::Failed { why } => json!({"error": why}),
                    StepEnd::Succeeded | StepEnd::Skipped => answer
                        .as_ref()
                        .and_then(|schema| schema.read(said).ok())
                        .unwrap_or_else(|| said.into()),
                };
                let strangers = read.map(|(call, tool)| Source::Result { call, tool, untrusted: true });
                (Some(value), Some(strangers.unwrap_or(Source::Model)))
            }
            (Some(Open::Calls(calls)), _) => {
                let made: Vec<&Done> = calls.iter().filter_map(ended).collect();
                let of = |done: &&Done| Source::Result {
                    call: done.call.id.clone(),
                    tool: done.call.tool.clone(),
                    untrusted: untrusted.contains(&done.call.tool),
                };
                let mut results = made.iter().map(|done| {
                    let is_cut = compact::is_cut(&done.result);
                    if is_cut { json!({"error": TOO_LONG}) } else { done.result.clone() }
                });
                let value = if is_each { Some(results.collect()) } else { results.next() };
                (value, taint.or_else(|| made.first().map(of)))
            }
            (None, StepEnd::Succeeded) => (Some(json!([])), taint),
            (_, StepEnd::Failed { why }) => (Some(json!({"error": why})), taint),
        };
        match end {
            StepEnd::Failed { why } if !may_fail => self.failed = Some(why.clone()),
            StepEnd::Failed { .. } | StepEnd::Succeeded | StepEnd::Skipped => self.ended += 1,
        }
        if let Some(came_to) = came_to {
            self.sources.extend(source.map(|source| (name.clone(), source)));
            self.results.insert(name, came_to);
        }
    }
}

/// The names that an argument may use, those behind `item` with them.
fn used<'t>(template: &'t Value, each: Option<&'t Value>) -> BTreeSet<&'t str> {
    let mut used = template::words(template);
    if used.contains(ITEM) {
        used.extend(each.into_iter().flat_map(template::words_of_list));
    }
    used
}

fn is_strangers(source: &Source) -> bool {
    matches!(source, Source::Result { untrusted: true, .. })
}
