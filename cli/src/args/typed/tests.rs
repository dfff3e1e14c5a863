//! Messages that begin like options.

use super::{is_message, messages_last};

fn words(line: &[&str]) -> Vec<String> {
    line.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn what_can_be_no_option_is_a_message() {
    for message in ["-5 + 3 = ?", "--5 - 3?", "- what is this", "-help me", "-5加3等于几", "- "] {
        assert!(is_message(message), "{message}");
    }
    for option in ["-", "--", "-x", "-5", "--nope", "--json", "--system=Be brief.", "--why=太晚了", "say -x"]
    {
        assert!(!is_message(option), "{option}");
    }
}

#[test]
fn messages_go_to_the_end() {
    let cases: [(&[&str], &[&str]); 5] = [
        (&["handyman", "-5 + 3 = ?"], &["handyman", "--", "-5 + 3 = ?"]),
        (
            &["handyman", "run", "-5 + 3", "--model", "m", "--json"],
            &["handyman", "run", "--model", "m", "--json", "--", "-5 + 3"],
        ),
        // The value of an option is none, and what somebody has marked stays as it is.
        (&["handyman", "hi", "--system", "- be brief"], &["handyman", "hi", "--system", "- be brief"]),
        (&["handyman", "--json", "--", "-5 + 3"], &["handyman", "--json", "--", "-5 + 3"]),
        (&["handyman", "--nope", "hi"], &["handyman", "--nope", "hi"]),
    ];
    for (typed, meant) in cases {
        assert_eq!(messages_last(&words(typed)), words(meant));
    }
}
