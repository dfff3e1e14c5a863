//! Deciding on a call: the policy says, and where it asks, a person sees what would happen.

use handyman_core::{
    CallContext, CallOutcome, Decision, Effect, Event, Run, ToolCall, ToolError, ToolSpec, Verdict, compact,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::attend::attended;
use crate::driver::Ports;
use crate::execute::{bytes_max, tool_time};

/// Why a person is asked again.
pub(crate) const CHANGED: &str = "what would happen has changed since it was allowed";

/// Decides on a call. An approval lifts only an ask of the policy, and only while the call would still do
/// exactly what the person was shown.
pub(crate) async fn decide(run: &Run, ports: &Ports<'_>, call: ToolCall) -> Event {
    let Some(spec) = ports.tools.specs().iter().find(|spec| spec.name == call.tool) else {
        return decided(run, &call, Decision::new(Verdict::Deny, "there is no such tool"), None);
    };
    let decision = ports.policy.decide(&call, spec, run).await;
    match (decision.verdict, run.context(&call.id)) {
        (Verdict::Ask, Some(context)) => {
            let why = format!("{}{}", decision.why, warning_without_probe(spec));
            ask(run, ports, &call, context, why).await
        }
        (Verdict::Allow, _) => {
            let why = format!("{}{}", decision.why, warning_without_probe(spec));
            decided(run, &call, Decision { why, ..decision }, None)
        }
        (Verdict::Deny | Verdict::Ask, _) => decided(run, &call, decision, None),
    }
}

async fn ask(run: &Run, ports: &Ports<'_>, call: &ToolCall, context: CallContext, why: String) -> Event {
    let plan = match planned(ports, call, context).await {
        Ok(plan) => plan,
        // A person is not asked about what cannot be done: it has failed, and nobody has refused it.
        Err(error) => {
            return Event::CallFinished {
                call: call.id.clone(),
                outcome: CallOutcome::Failed,
                result: compact::bounded(error.to_value(), bytes_max(run, ports, call)),
                failure: Some(error.failure()),
                ms: 0,
            };
        }
    };
    let digest = digest(call, plan.as_ref());
    let approved = run.pending().iter().find(|p| p.call.id == call.id).and_then(|p| p.approved.as_deref());
    let decision = match approved {
        Some(allowed) if allowed == digest => Decision::new(Verdict::Allow, "a person allowed exactly this"),
        Some(_) => Decision::new(Verdict::Ask, format!("{CHANGED}; {why}")),
        None => Decision::new(Verdict::Ask, why),
    };
    decided(run, call, decision, Some((plan, digest)))
}

/// What the call would do, from a tool that has as long to say it as to do it.
async fn planned(
    ports: &Ports<'_>,
    call: &ToolCall,
    context: CallContext,
) -> Result<Option<Value>, ToolError> {
    let time = tool_time(ports, call);
    let late = |_| {
        let seconds = time.as_secs_f64();
        ToolError::unavailable(format!("it did not say within {seconds} s what it would do"))
    };
    let (context, attendant) = attended(ports, context, time);
    let said = attendant.during(ports.tools.plan(call, &context));
    tokio::time::timeout(time, said).await.map_err(late)?
}

/// A tool that cannot be asked what became of a call says so before it is used.
fn warning_without_probe(spec: &ToolSpec) -> &'static str {
    match spec.effect {
        Effect::Once if !spec.safety.probe => {
            "; if it is interrupted, nobody can tell whether it took effect"
        }
        Effect::Once | Effect::Idempotent | Effect::ReadOnly => "",
    }
}

fn decided(run: &Run, call: &ToolCall, decision: Decision, shown: Option<(Option<Value>, String)>) -> Event {
    let (plan, digest) = shown.map_or((None, None), |(plan, digest)| (plan, Some(digest)));
    let Decision { verdict: decision, why } = decision;
    Event::CallDecided { call: call.id.clone(), decision, why, origins: run.trace(call), plan, digest }
}

/// What an approval is bound to: SHA-256 over the call and what it would do, in hex.
pub(crate) fn digest(call: &ToolCall, plan: Option<&Value>) -> String {
    let shown = json!({"tool": call.tool, "arguments": call.arguments, "plan": plan});
    hex::encode(Sha256::digest(shown.to_string()))
}
