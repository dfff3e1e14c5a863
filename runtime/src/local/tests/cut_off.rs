//! A real reply that its tokens did not suffice for: no answer, journalled as that, and made again from its record.

use std::sync::Arc;

use handyman_core::testing::MemoryJournal;
use handyman_core::{Event, LimitKind, Limits, Outcome, StopReason};

use super::load;
use crate::Agent;

#[tokio::test]
async fn a_reply_cut_off_by_its_tokens_is_no_answer_and_replays() {
    let journal = Arc::new(MemoryJournal::default());
    let agent = Agent::new(load().await).journal_with(Arc::clone(&journal) as Arc<_>);
    let limited = |tokens_max| agent.clone().limits(Limits { tokens_max, ..Limits::default() });
    let mut cut = 0;
    for tokens_max in [1, 2, 3, 8, 2_000] {
        let session = limited(tokens_max).session();
        let run = session.run("Tell me what you can do for me, in several sentences.").await.unwrap();
        let stop = journal.all().into_iter().rev().find_map(|(_, event)| match event {
            Event::ModelReplied { stop, .. } | Event::ReplyMalformed { stop, .. } => Some(stop),
            _ => None,
        });
        let ended = matches!(run.outcome(), Some(Outcome::Answered | Outcome::Asked));
        assert_eq!(ended, stop == Some(StopReason::Ended), "{tokens_max} tokens: {:?}", run.outcome());
        assert!(run.usage().tokens.decoded() <= tokens_max);
        if !ended {
            cut += 1;
            assert_eq!(run.outcome(), Some(&Outcome::Limit { limit: LimitKind::Tokens }));
        }
        // By an agent that allows more.
        let replayed = agent.session_named(session.id().clone()).replay(run.id(), true).await.unwrap();
        assert_eq!((replayed.replies, replayed.difference), (1, None), "{tokens_max} tokens");
        let next = agent.session_named(session.id().clone()).run("Thanks").await.unwrap();
        let first = journal.all().into_iter().find_map(|(run, event)| match event {
            Event::ModelReplied { usage, .. } | Event::ReplyMalformed { usage, .. } if run == *next.id() => {
                Some(usage.recomputed)
            }
            _ => None,
        });
        assert_eq!(first, Some(0), "the next message goes on behind what was written");
    }
    assert!(cut > 0, "one token is no sentence");
}
