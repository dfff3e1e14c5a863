//! Help, as it is printed: in lines that fit, and with how a command ends.

mod support;

use support::Bench;

#[test]
fn no_line_of_help_is_longer_than_the_terminal_is_wide() {
    let bench = Bench::new();
    let asked: [&[&str]; 8] = [
        &["--help"],
        &["-h"],
        &["help", "run"],
        &["run", "-h"],
        &["chat", "--help"],
        &["runs", "cancel", "--help"],
        &["approvals", "allow", "--help"],
        &["doctor", "--help"],
    ];
    for arguments in asked {
        let ran = bench.run(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}");
        for line in ran.out.lines() {
            assert!(line.chars().count() <= 100, "{arguments:?}: {line}");
        }
    }
    let nothing = bench.run(&[]);
    assert_eq!((nothing.code, nothing.out.as_str()), (2, ""));
    assert!(nothing.err.lines().all(|line| line.chars().count() <= 100), "{}", nothing.err);
}

/// The options under a heading of a help text.
fn under(heading: &str, help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != format!("{heading}:")).skip(1);
    let section = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
    let words = section.filter_map(|line| line.trim_start().strip_prefix("--")?.split_whitespace().next());
    words.map(str::to_owned).collect()
}

#[test]
fn every_option_stands_under_the_heading_that_it_belongs_to() {
    let bench = Bench::new();
    for command in [&["run"][..], &["tools", "call"], &["runs", "cancel"]] {
        let help = bench.run(&[command, &["--help"]].concat()).out;
        let (general, services) = (under("Options", &help), under("Services", &help));
        assert!(general.contains(&"date".to_owned()), "{command:?}: {general:?}");
        for other in ["date", "key", "json", "approve", "allow", "max-turns"] {
            assert!(!services.contains(&other.to_owned()), "{command:?}: {services:?}");
        }
    }
    let help = bench.run(&["run", "--help"]).out;
    assert!(under("Limits", &help).contains(&"max-turns".to_owned()), "{help}");
    assert!(under("Options", &help).contains(&"approve".to_owned()), "{help}");
}

#[test]
fn the_short_help_leaves_out_what_hardly_any_run_needs() {
    let bench = Bench::new();
    let (short, long) = (bench.run(&["-h"]).out, bench.run(&["--help"]).out);
    for heading in ["Limits", "Replies", "Model in this process"] {
        assert!(under(heading, &short).is_empty(), "{heading}: {short}");
    }
    assert!(under("Options", &short).contains(&"approve".to_owned()), "{short}");
    assert!(under("Replies", &long).contains(&"temperature".to_owned()), "{long}");
}

#[test]
fn the_help_says_how_a_command_ends() {
    let help = Bench::new().run(&["--help"]).out;
    let table = help.split("Exit status:\n").nth(1).unwrap_or_else(|| panic!("{help}"));
    let codes: Vec<&str> = table.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for code in ["0", "1", "2", "3", "130"] {
        assert!(codes.contains(&code), "{code} in {table}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn help_at_a_terminal_is_as_wide_as_that_is() {
    use std::io::Read;

    use rustix::fs::{Mode, OFlags};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{Winsize, tcsetwinsize};

    let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&keys).unwrap();
    unlockpt(&keys).unwrap();
    let name = ptsname(&keys, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let terminal = rustix::fs::open(name.as_c_str(), flags, Mode::empty()).unwrap();
    tcsetwinsize(&keys, Winsize { ws_row: 24, ws_col: 60, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let mut command = Bench::new().command(&["model", "pull", "--help"]);
    // It holds the terminal open until what was shown has been read.
    assert!(command.env("NO_COLOR", "1").stdout(terminal).status().unwrap().success());
    let mut shown = [0; 4096];
    let bytes = std::fs::File::from(keys).read(&mut shown).unwrap();
    let text = String::from_utf8(shown[..bytes].to_vec()).unwrap();
    let widest = text.lines().map(|line| line.trim_end().chars().count()).max();
    assert!(widest.is_some_and(|widest| (40..=60).contains(&widest)), "{text}");
    assert!(text.contains("Hugging"), "{text}");
}
