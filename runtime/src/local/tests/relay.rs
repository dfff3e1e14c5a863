//! A conversation that another model has a part in.

use handyman_core::{Message, Model, Role};

use super::{load, reply};
use crate::local::replies::as_message;
use crate::tiny::person;

#[tokio::test]
async fn what_another_model_replied_is_a_part_of_the_prompt() {
    let (model, said) = (load().await, "I look for trains that leave early in the morning.");
    let mut history = vec![person("Hello!")];
    let own = reply(&model, "s", &history, 12).await.unwrap();
    history.extend([as_message(&own.body), person("What do you do?")]);
    // The conversation does not go on with this one.
    let unused = reply(&model, "s", &history, 12).await.unwrap();
    history.extend([Message::text_of(Role::Assistant, said), person("Then find one from Paris to Rome")]);
    let next = reply(&model, "s", &history, 60).await.unwrap();
    let before = unused.usage.reused + unused.usage.prefilled;
    // The last token before a reply may be another one before another reply.
    assert!(next.usage.reused + 2 >= before, "what was read before is not read again: {:?}", next.usage);
    assert!(next.usage.prefilled >= model.tokens(said), "the reply is read: {:?}", next.usage);
    history.extend([as_message(&next.body), person("Thanks")]);
    let last = reply(&model, "s", &history, 12).await.unwrap();
    let held = next.usage.reused + next.usage.prefilled + next.usage.decoded();
    assert_eq!(last.usage.reused, held, "and goes on like any other");
}
