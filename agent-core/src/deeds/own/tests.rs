//! Which deeds tools have of their own, and with what words.

use proptest::proptest;

use crate::samples::tools;
use crate::tool::{Effect, Safety, ToolSpec};

use super::super::{declined_in, licensed_in, refused_in};
use super::{Deed, Does, OwnDeeds};

fn spec(name: &str, description: &str, does: &[&str]) -> ToolSpec {
    let does = does.iter().map(|word| (*word).to_owned()).collect();
    let safety = Safety { does, ..Safety::default() };
    ToolSpec {
        name: name.into(),
        description: description.into(),
        effect: Effect::Once,
        safety,
        ..tools().remove(0)
    }
}

/// The own deeds of one tool, as done.
fn own(spec: &ToolSpec) -> Vec<String> {
    OwnDeeds::of(std::slice::from_ref(spec)).iter().map(|deed| deed.name(false).to_owned()).collect()
}

#[test]
fn a_verb_on_which_name_and_description_agree_is_the_tools_own() {
    for (name, description, done) in [
        ("unlock_door", "Unlocks a door", "unlocked"),
        ("ticket.close", "Close a ticket", "closed"),
        ("deployService", "Deploys a service to production.", "deployed"),
        ("door-lock", "Locking a door", "locked"),
        ("home/restart_router", "Restart the router.", "restarted"),
        ("publish", "Publishes the draft", "published"),
        ("write_file", "Writes text to a file", "written"),
        ("apply_hold", "Holds a seat", "held"),
        ("factory_reset", "Resets the device", "reset"),
        ("ban_user", "Ban a user.", "banned"),
    ] {
        assert_eq!(own(&spec(name, description, &[])), [done], "{name}: {description}");
    }
}

#[test]
fn in_doubt_a_tool_has_no_deed_of_its_own() {
    for (name, description) in [
        ("unlock_door", "Door control"),
        ("unlock_door", ""),
        ("door", "Unlocks a door"),
        ("run_script", "Runs a script"),
        ("process_mail", "Process a mail"),
        ("get_seat", "Gets a seat"),
        ("list_doors", "Lists doors"),
        ("compare_offers", "Compares offers"),
        ("notes", "Notes of the meeting"),
        // It names one of the deeds that people care about most.
        ("book_table", "Book a table"),
        ("cancel_lock", "Cancel a lock"),
        ("text_customer", "Texts a customer"),
        // Said of much else, and of nothing.
        ("open", "Opens it"),
        ("解锁", "解锁车门"),
        ("", ""),
    ] {
        assert_eq!(own(&spec(name, description, &[])), [""; 0], "{name}: {description}");
    }
    let reads = ToolSpec { effect: Effect::ReadOnly, ..spec("unlock_door", "Unlocks a door", &["unlocked"]) };
    assert_eq!(own(&reads), [""; 0]);
    let endless = "x".repeat(10_000);
    assert_eq!(own(&spec(&endless, &endless, &[])), [""; 0]);
}

#[test]
fn an_author_says_what_is_done_in_both_languages() {
    let door = spec("front_door", "Lets somebody in", &["Unlocked", "解锁", "开"]);
    let deeds = OwnDeeds::of(std::slice::from_ref(&door));
    let deed = deeds.iter().next().unwrap();
    assert_eq!(*deed.names(), ["unlocked", "解锁"]);
    assert_eq!(deed.0.verbs, ["解锁"], "a single character is a part of other words");
    for text in ["I've unlocked the front door.", "已解锁前门。", "前门解锁成功。"] {
        assert!(deed.claimed_in(text).is_some(), "{text}");
    }
    for text in ["花开了。", "前门未解锁。", "前门解锁了吗？"] {
        assert_eq!(deed.claimed_in(text), None, "{text}");
    }
    // What it does has an English name only.
    let deeds = OwnDeeds::of(&[spec("unlock_door", "Unlocks a door", &[])]);
    assert_eq!(*deeds.iter().next().unwrap().names(), ["unlocked", "“unlock”操作"]);
    let deeds = OwnDeeds::of(&[spec("door", "开门", &["打开"])]);
    assert_eq!(*deeds.iter().next().unwrap().names(), ["done (打开)", "打开"]);
    // A phrase, and words that are no verb that is known.
    let deeds = OwnDeeds::of(&[spec("lamp", "Light", &["switched  on"])]);
    assert!(deeds.iter().next().unwrap().claimed_in("I have switched on the lamp.").is_some());
}

#[test]
fn an_author_may_name_a_deed_that_people_care_about_most() {
    let table = spec("get_table", "Gets a table", &["reserved", "预订"]);
    assert_eq!(own(&table), [""; 0]);
    assert_eq!(Deed::of_tool(&table).unwrap().name(false), "booked");
    let booked = Deed::all().find(|deed| deed.name(false) == "booked").unwrap();
    assert!(booked.may_be_done_by(&table));
    assert!(!booked.may_be_done_by(&spec("get_table", "Gets a table", &[])));
    assert!(licensed_in("Book a table", &table));
    // A second deed beside the one of the name.
    let pay = spec("pay_bill", "Pays a bill", &["settled"]);
    let does = Does::of(&pay);
    assert_eq!(does.deeds().map(|deed| deed.name(false).to_owned()).collect::<Vec<_>>(), ["settled", "paid"]);
    assert!(licensed_in("Pay the bill", &pay) && licensed_in("Settle the bill", &pay));
}

#[test]
fn a_verb_that_is_said_of_much_else_is_ordered_of_it_or_of_a_thing() {
    let merge = spec("merge_pull_request", "Merge a pull request", &[]);
    let garage = spec("garage_open", "Opens the garage", &[]);
    for (text, tool) in [
        ("Merge it", &merge),
        ("Please merge #12", &merge),
        ("Merge this pull request", &merge),
        ("Open the garage", &garage),
    ] {
        assert!(licensed_in(text, tool), "{text}");
    }
    for (text, tool) in [("Merge both lists", &merge), ("Open the mail", &garage), ("Open it", &garage)] {
        assert!(!licensed_in(text, tool), "{text}");
    }
}

#[test]
fn tools_with_one_verb_have_one_deed() {
    let tools = [
        spec("unlock_door", "Unlocks a door", &[]),
        spec("unlock_car", "Unlocks a car", &["unlocked", "解锁"]),
        spec("gate", "开门", &["解锁"]),
        spec("lock_door", "Locks a door", &[]),
    ];
    let deeds = OwnDeeds::of(&tools);
    let names: Vec<_> = deeds.iter().map(|deed| deed.names().clone()).collect();
    assert_eq!(names, [["unlocked", "解锁"].map(str::to_owned), ["locked", "“lock”操作"].map(str::to_owned)]);
    let unlocked = deeds.iter().next().unwrap();
    let may: Vec<bool> = tools.iter().map(|tool| unlocked.may_be_done_by(tool)).collect();
    assert_eq!(may, [true, true, true, false]);
}

#[test]
fn the_verb_orders_and_refuses() {
    let door = spec("unlock_door", "Unlocks a door", &["unlocked", "解锁"]);
    for text in [
        "Unlock the front door",
        "Could you unlock the door?",
        "Read my mail and unlock the door",
        "I want it unlocked",
        "帮我解锁前门",
    ] {
        assert!(licensed_in(text, &door), "{text}");
    }
    for text in
        ["Is the door unlocked?", "What does my mail say about unlocking?", "Don't unlock it", "别解锁"]
    {
        assert!(!licensed_in(text, &door), "{text}");
    }
    let refused = |text: &str, spec: &ToolSpec| refused_in(text, spec).map(|refusal| refusal.is_plain);
    for text in [
        "Don't unlock it",
        "Look who is there, but don't unlock the door yet",
        "I don't want it unlocked",
        "先别解锁",
    ] {
        assert_eq!(refused(text, &door), Some(true), "{text}");
    }
    assert_eq!(refused("Unlock the front door, don't unlock the garage", &door), Some(false));
    for text in ["It is not unlocked", "Don't forget to unlock it", "Unlock it", "解锁前门"] {
        assert_eq!(refused(text, &door), None, "{text}");
    }
    assert!(declined_in("Shall I unlock the door?", "No thanks", &door).unwrap().is_plain);
}

#[test]
fn a_verb_that_is_said_of_much_else_orders_and_refuses_with_its_thing() {
    let server = spec("start_server", "Starts a server", &[]);
    assert!(licensed_in("Start the server", &server) && licensed_in("Please start both servers", &server));
    assert!(!licensed_in("Start with my mail", &server));
    let refused = |text: &str| refused_in(text, &server).map(|refusal| refusal.is_plain);
    assert_eq!(refused("Don't start the server"), Some(true));
    assert_eq!(refused("Don't start it"), Some(true));
    assert_eq!(refused("Don't start with the mail"), None);
    assert_eq!(refused("Start with the mail, and don't start the server"), Some(true));
}

#[test]
fn what_a_description_speaks_of_is_still_refused() {
    let invoice = spec("dispatch_invoice", "Dispatches an invoice by e-mail", &[]);
    assert_eq!(own(&invoice), ["dispatched"]);
    assert!(refused_in("Don't send anything", &invoice).unwrap().is_plain);
    assert!(licensed_in("Dispatch the invoice", &invoice));
    assert!(!licensed_in("Mail Anna that I am late", &invoice), "that is not what it does");
}

proptest! {
    #[test]
    fn no_name_and_no_text_is_too_odd(
        name in "([_./A-Z-]|unlock|open|door|reset|İ|解锁|ß){0,6}",
        word in "(ed|[a-zİß’]|解锁| ){0,6}",
        text in "([ ,.:'’\"“”`>?\n1]|[a-z]|i've |has been |had |is now |unlocked|opened|reset|the |door|by |it|已|解锁|了|前门){0,30}",
    ) {
        let door = spec(&name, &format!("{text} a door"), &[&word, "unlocked", "解锁"]);
        let derived = [spec("open_door", "Opens a door", &[]), spec("reset", "Resets it", &[]), door];
        for deed in OwnDeeds::of(&derived).iter() {
            let claims = deed.claims_in(&text);
            let _ = claims.iter().filter(|clause| deed.reported_by(clause, false, false)).count();
            let _ = (deed.named_in(&text), deed.stated_in(&text), deed.ordered_in(&text));
        }
        for tool in &derived {
            let _ = (licensed_in(&text, tool), refused_in(&text, tool), declined_in(&text, "no", tool));
        }
    }
}
