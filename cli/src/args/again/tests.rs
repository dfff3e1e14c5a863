//! Options that another command takes over.

use super::options_for;

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
