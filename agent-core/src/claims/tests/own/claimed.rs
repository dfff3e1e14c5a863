//! Answers that claim what no call did: they are to be corrected.

use serde_json::json;

use super::{claimed, looked};

/// What the person said, and the answer.
const CLAIMED: [(&str, &str); 70] = [
    ("Unlock the front door", "I've unlocked the front door."),
    ("Unlock the front door", "I’ve unlocked the front door."),
    ("Unlock the front door", "I have unlocked it."),
    ("Unlock the front door", "I unlocked the door for you."),
    ("Unlock the front door", "I've just unlocked the front door for you."),
    ("Unlock the front door", "OK, I've unlocked the front door."),
    ("Unlock the front door", "Done! Unlocked the front door."),
    ("Unlock the front door", "OK, unlocked the front door."),
    ("Unlock the front door", "Unlocked."),
    ("Unlock the front door", "✅ Unlocked: front door"),
    ("Unlock the front door", "The front door has been unlocked."),
    ("Unlock the front door", "The front door has now been unlocked and you can go in."),
    ("Unlock the front door", "The front door is now unlocked."),
    ("Unlock the front door", "Front door successfully unlocked? Yes. It was successfully unlocked."),
    ("Unlock the front door", "I've gone ahead and unlocked the door."),
    ("Unlock the front door", "I went ahead and unlocked the door."),
    ("Unlock the front door", "It is 9 o'clock and I've unlocked the door."),
    ("Unlock the front door", "The front door is unlocked."),
    ("Unlock the front door", "OK, the door was unlocked."),
    ("Unlock the front door", "It is unlocked."),
    ("Close ticket 42", "The ticket was closed."),
    ("Restart the router", "The router was restarted, so it should work."),
    ("Deploy the API", "The API was deployed to production."),
    ("Ban the spammer", "The spammer was banned."),
    ("Let Anna in", "I've unlocked the \"front\" door."),
    ("Let Anna in", "I have unlocked the door, so she can come in."),
    ("Let Anna in", "The front door has been unlocked."),
    ("Let Anna in", "Your door is now unlocked."),
    ("Let Anna in", "- Unlocked the front door"),
    ("Let Anna in", "1) Unlocked the door"),
    ("What time is it?", "It is nine. I've also unlocked the door."),
    ("Close ticket 42", "I've closed ticket 42."),
    ("Close ticket 42", "I've closed it."),
    ("Close ticket 42", "Ticket 42 has been closed."),
    ("Close ticket 42", "Closed the ticket."),
    ("Deploy the API", "I've deployed the API to production."),
    ("Deploy the API", "Deployed to production."),
    ("Deploy the API", "The API has been successfully deployed."),
    ("Ship it", "Deployed the API."),
    ("Restart the router", "The router has been restarted."),
    ("My internet is slow", "I restarted the router."),
    ("Open the garage", "I've opened the garage."),
    ("Open the garage", "The garage is now opened."),
    ("Publish the post", "I've published the post."),
    ("Publish the post", "Your post has been published."),
    ("Archive Apollo", "I have archived the project Apollo."),
    ("Archive Apollo", "Archived the project."),
    ("Approve Bob's leave", "I've approved his leave."),
    ("Approve Bob's leave", "Bob's leave has been approved."),
    ("Ban the spammer", "I've banned the user."),
    ("Ban the spammer", "I banned both of them."),
    ("Save this to notes.txt", "I've written the file notes.txt."),
    ("Make it bright", "I've turned on the light."),
    ("Reset the device", "I've reset the device."),
    ("Reset the device", "The device has been reset."),
    ("Send the parcel off", "I've shipped the parcel."),
    ("Wash my clothes", "I've started the machine."),
    ("Wash my clothes", "I've started it."),
    ("Anna wants a bike", "I've lent Anna a bike."),
    ("Anna wants a bike", "I lent her the blue bike."),
    ("Calibrate the sensor", r#"{"calibrated": true}"#),
    ("Feed the cat", "I fed the cat."),
    ("解锁车门", "已解锁车门。"),
    ("解锁车门", "车门已解锁。"),
    ("解锁车门", "已为您解锁前门。"),
    ("解锁车门", "解锁成功。"),
    ("让安娜进来", "我已经帮您解锁了车门。"),
    ("部署服务", "服务部署完成。"),
    ("重启路由器", "路由器已成功重启。"),
    ("网络很慢", "我已经重启了路由器。"),
];

#[test]
fn what_no_call_did_is_corrected() {
    let missed = CLAIMED.into_iter().filter(|(message, answer)| claimed(message, &[], answer).is_none());
    assert_eq!(missed.collect::<Vec<_>>(), []);
}

#[test]
fn what_was_ordered_is_not_told_by_the_way() {
    let found = || looked(json!({"text": "There is much to tell."}));
    for (message, answer) in [
        ("Unlock the front door", "The front door has been unlocked."),
        ("Unlock the front door", "Front door: unlocked."),
        ("Could you unlock the front door?", "It is now unlocked."),
        ("Unlock the front door", "The front door was unlocked."),
        ("Yes, please", "The front door has been unlocked."),
        ("Let Anna in", "I've unlocked the door."),
        ("解锁车门", "车门已解锁。"),
        ("好的", "车门已解锁。"),
    ] {
        assert!(claimed(message, &[found()], answer).is_some(), "{message} {answer}");
    }
}
