//! Sub-agents: a session branches off, and nothing that was read or written before is computed again.

use handyman_core::{Fault, Role, Run, tool};

use super::load;
use crate::{Agent, AllowAll, Session};

/// A lamp.
#[tool(read_only)]
async fn lamp(lit: bool) -> handyman_core::ToolResult<bool> {
    Ok(lit)
}

async fn say(session: &Session, message: &str) -> Result<Run, Fault> {
    session.run(message).await
}

/// Tokens that the sequence of a session holds after a run.
fn held(run: &Run) -> u64 {
    let usage = run.usage();
    assert_eq!(usage.turns, 1, "an agent that only answers");
    usage.tokens.reused + usage.tokens.prefilled + usage.tokens.decoded()
}

fn only_answers(agent: Agent) -> Agent {
    let tool_choice = handyman_core::ToolChoice::None;
    let limits = handyman_core::Limits { tokens_max: 40, ..Default::default() };
    agent.options(handyman_core::ReplyOptions { tool_choice, ..Default::default() }).limits(limits)
}

#[tokio::test]
async fn sub_agents_begin_where_their_parent_stands_and_prefill_only_what_is_new() {
    let agent = only_answers(Agent::new(load().await).tool(lamp).policy(AllowAll).system("Be brief."));
    let parent = agent.session();
    say(&parent, "Hello! Remember the number seven.").await.unwrap();
    let before = held(&say(&parent, "And the colour blue.").await.unwrap());
    let (one, two) = (parent.branch().await.unwrap(), parent.branch().await.unwrap());
    let (first, second) = tokio::join!(say(&one, "What is the number?"), say(&two, "What is the number?"));
    for run in [first.unwrap(), second.unwrap()] {
        let tokens = run.usage().tokens;
        // What ended the parent's last reply may be computed with the first branch.
        assert!(tokens.reused + 1 >= before, "{tokens:?} after {before}");
        assert!(tokens.prefilled < 40 && tokens.recomputed == 0, "{tokens:?}");
        assert_eq!(run.history().iter().filter(|message| message.role == Role::User).count(), 3);
    }
    let after = say(&parent, "What is the colour?").await.unwrap();
    assert!(after.usage().tokens.prefilled < 40, "{:?}", after.usage());
    assert!(!after.history().iter().any(|message| message.text().contains("What is the number")));
}

#[tokio::test]
async fn a_branch_of_a_branch_and_of_nothing_is_a_session() {
    let agent = only_answers(Agent::new(load().await));
    let parent = agent.session();
    let first = parent.branch().await.unwrap();
    let before = held(&say(&first, "Hello!").await.unwrap());
    let run = say(&first.branch().await.unwrap(), "Good bye!").await.unwrap();
    assert!(run.usage().tokens.reused + 1 >= before);
    assert!(parent.last().await.unwrap().is_none(), "the parent knows nothing of it");
}
