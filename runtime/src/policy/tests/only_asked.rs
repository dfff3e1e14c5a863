//! What a person only asks about is not done without their yes.

use super::*;

async fn verdict(message: &str, tool: &str) -> Verdict {
    verdict_in(&Run::replay("r1".into(), Earlier::default(), &[begins(message)]), tool).await
}

async fn verdict_in(run: &Run, tool: &str) -> Verdict {
    let policy = AskForUntrusted::new(HeedRefusals::new(AllowAll));
    policy.decide(&call(tool, json!({})), &spec(tool, Effect::Once), run).await.verdict
}

#[tokio::test]
async fn a_question_pays_for_nothing_and_takes_nothing_back() {
    for message in [
        "Is booking HM7WU3 paid?",
        "Did I pay for HM7WU3?",
        "How much is booking HM7WU3?",
        "Is HM7WU3 cancelled?",
        "Show me booking HM7WU3",
        "What is HM7WU3?",
        "Show all my bookings.",
        "HM7WU3付款了吗？",
        "订单HM7WU3是哪天的？",
        "HM7WU3付款了吗",
        "查一下订单HM7WU3",
    ] {
        for tool in ["pay", "cancel_booking", "refund", "delete_event"] {
            assert_eq!(verdict(message, tool).await, Verdict::Ask, "{message} {tool}");
        }
    }
}

#[tokio::test]
async fn what_is_ordered_is_done_however_politely() {
    for (message, tool) in [
        ("Pay for HM7WU3", "pay"),
        ("Could you pay for HM7WU3?", "pay"),
        ("Cancel HM7WU3, please", "cancel_booking"),
        ("Is it going to rain tomorrow? Then cancel HM7WU3.", "cancel_booking"),
        ("What is the weather in Shanghai tomorrow? And book me the earliest train to Beijing.", "pay"),
        ("明天上海天气怎么样，帮我订一张去北京最早的高铁票", "pay"),
        ("帮我付一下HM7WU3好吗？", "pay"),
        ("把HM7WU3取消了", "cancel_booking"),
        ("I want it settled", "pay"),
        // What is booked or put down can be taken back.
        ("Which trains go to Rome tomorrow?", "book"),
        ("When is my next meeting?", "add_event"),
    ] {
        assert_eq!(verdict(message, tool).await, Verdict::Allow, "{message} {tool}");
    }
}

/// "Can I have a seat on the first train?" is a question, and what was booked for it is paid for.
#[tokio::test]
async fn what_was_done_is_gone_on_with() {
    let book = ToolCall { id: "c1".into(), ..call("book", json!({})) };
    let booked = Event::CallFinished {
        call: "c1".into(),
        outcome: CallOutcome::Succeeded,
        result: json!({"booking": "HM7WU3"}),
        failure: None,
        ms: 0,
    };
    let events = [begins("Can I have a seat on the first train?"), replied("", vec![book]), booked];
    let run = Run::replay("r1".into(), Earlier::default(), &events);
    assert_eq!(verdict_in(&run, "pay").await, Verdict::Allow);
    let before = Run::replay("r1".into(), Earlier::default(), &events[..1]);
    assert_eq!(verdict_in(&before, "pay").await, Verdict::Ask);
}
