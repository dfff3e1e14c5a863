//! Options that another command takes over.

use super::{options_for, with_options};

#[test]
fn what_the_next_command_takes_is_carried_over() {
    let typed = [
        "handyman",
        "run",
        "--journal",
        "my runs.db",
        "delete order 1",
        "--model=script:s.txt",
        "--database-write",
        "--json",
    ]
    .map(str::to_owned);
    assert_eq!(
        options_for(&["resume"], &typed),
        " --journal 'my runs.db' --model=script:s.txt --database-write --json"
    );
    let decides = options_for(&["approvals", "allow"], &typed);
    assert_eq!(decides, options_for(&["resume"], &typed), "it prints the command for that");
    assert_eq!(options_for(&["approvals", "list"], &typed), " --journal 'my runs.db' --json");
    assert_eq!(options_for(&["none"], &typed), "");
}

#[test]
fn values_that_look_like_options_and_messages_that_do_are_told_apart() {
    let typed = [
        "handyman",
        "--5 - 3 = ?",
        "--tools",
        "srv_*,-pay",
        "--tools=-book",
        "--system",
        "Be brief.",
        "--no-sandbox",
        "--threads",
        "2",
        "--",
        "--json",
    ]
    .map(str::to_owned);
    assert_eq!(
        options_for(&["resume"], &typed),
        " --tools 'srv_*,-pay' --tools=-book --system 'Be brief.' --no-sandbox --threads 2"
    );
}

#[test]
fn a_command_gets_the_options_that_it_takes_and_has_not() {
    let typed = ["handyman", "fork", "r1", "--at", "9", "--journal", "j.db", "--json"].map(str::to_owned);
    for (command, expected) in [
        ("runs list", "runs list --journal j.db --json"),
        ("runs show r1 --json", "runs show r1 --json --journal j.db"),
        ("resume r1", "resume r1 --journal j.db --json"),
        ("chat --session NAME", "chat --session NAME --journal j.db --json"),
        ("model list", "model list"),
        ("of the newest kind", "of the newest kind"),
    ] {
        assert_eq!(with_options(command, &typed), expected);
    }
}
