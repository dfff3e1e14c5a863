//! English verbs in their forms.

use super::super::words::DATA;
use super::{Verb, bases};

#[test]
fn a_verb_is_known_in_all_its_forms() {
    for (base, third, gerund, past, participle) in [
        ("unlock", "unlocks", "unlocking", "unlocked", "unlocked"),
        ("close", "closes", "closing", "closed", "closed"),
        ("stop", "stops", "stopping", "stopped", "stopped"),
        ("unplug", "unplugs", "unplugging", "unplugged", "unplugged"),
        ("submit", "submits", "submitting", "submitted", "submitted"),
        ("open", "opens", "opening", "opened", "opened"),
        ("deploy", "deploys", "deploying", "deployed", "deployed"),
        ("apply", "applies", "applying", "applied", "applied"),
        ("fix", "fixes", "fixing", "fixed", "fixed"),
        ("publish", "publishes", "publishing", "published", "published"),
        ("load", "loads", "loading", "loaded", "loaded"),
        ("refund", "refunds", "refunding", "refunded", "refunded"),
        ("free", "frees", "freeing", "freed", "freed"),
        ("tie", "ties", "tying", "tied", "tied"),
        ("write", "writes", "writing", "wrote", "written"),
        ("build", "builds", "building", "built", "built"),
        ("begin", "begins", "beginning", "began", "begun"),
        ("cut", "cuts", "cutting", "cut", "cut"),
        ("reset", "resets", "resetting", "reset", "reset"),
    ] {
        let verb = Verb::of(base);
        let forms = [&verb.base, &verb.third, &verb.gerund, &verb.past, &verb.participle];
        assert_eq!(forms, [base, third, gerund, past, participle]);
    }
}

#[test]
fn what_was_done_tells_the_verb() {
    for (word, base) in [
        ("unlocked", "unlock"),
        ("closed", "close"),
        ("stopped", "stop"),
        ("applied", "apply"),
        ("written", "write"),
        ("wrote", "write"),
        ("reset", "reset"),
    ] {
        assert!(Verb::done(word).contains(&Verb::of(base)), "{word}: {:?}", Verb::done(word));
    }
    assert_eq!(Verb::done("解锁"), []);
    assert_eq!(Verb::done("ed").iter().map(|verb| verb.base.as_str()).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_description_begins_with_a_form_of_the_verb() {
    for (word, base) in [
        ("unlock", "unlock"),
        ("closes", "close"),
        ("publishes", "publish"),
        ("applies", "apply"),
        ("writing", "write"),
        ("stopping", "stop"),
    ] {
        assert!(bases(word).iter().any(|found| found == base), "{word}");
    }
}

#[test]
fn no_verb_is_listed_for_two_things() {
    let own = &DATA.own;
    assert!(own.broad.iter().all(|verb| !own.vague.contains(verb)));
    assert!(own.unchanging.iter().all(|verb| !own.irregular.iter().any(|[base, ..]| base == verb)));
}
