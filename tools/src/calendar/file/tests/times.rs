//! When events are: zones, whole days, repetitions and what is left out of them.

use serde_json::json;

use super::{Desk, calendar_of, event};

const OUTLOOK: &str = "BEGIN:VTIMEZONE\nTZID:W. Europe Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T030000\n\
    TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\n\
    BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n\
    RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE";

#[tokio::test]
async fn every_way_to_say_a_time_comes_to_the_persons_clocks() {
    let zoned = |zone: &str, at: &str| format!("DTSTART;TZID={zone}:{at}\nDURATION:PT1H");
    let cases = [
        ("UTC", "DTSTART:20261124T070000Z\nDTEND:20261124T080000Z".to_owned(), "15:00-16:00"),
        ("floating", "DTSTART:20261124T091500\nDTEND:20261124T100000".to_owned(), "09:15-10:00"),
        ("IANA", zoned("Europe/Berlin", "20261124T080000"), "15:00-16:00"),
        ("quoted", zoned("\"America/New_York\"", "20261123T200000"), "09:00-10:00"),
        ("a path", zoned("/freeassociation.sourceforge.net/Europe/Berlin", "20261124T080000"), "15:00-16:00"),
        ("Outlook", zoned("W. Europe Standard Time", "20261124T080000"), "15:00-16:00"),
        ("no end", "DTSTART:20261124T091500".to_owned(), "09:15-09:15"),
        (
            "end in another zone",
            "DTSTART:20261124T070000Z\nDTEND;TZID=Asia/Shanghai:20261124T153000".to_owned(),
            "15:00-15:30",
        ),
        ("a day", "DTSTART;VALUE=DATE:20261124".to_owned(), "00:00-23:59"),
        (
            "a day that ends on itself",
            "DTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261124".to_owned(),
            "00:00-23:59",
        ),
        ("lower case", "dtstart:20261124t070000z\ndtend:20261124T080000Z".to_uppercase(), "15:00-16:00"),
    ];
    for (title, lines, expected) in cases {
        let desk = Desk::with(calendar_of(&format!("{OUTLOOK}\n{}", event("x", &lines))));
        assert_eq!(desk.day("tomorrow").await, [format!("x {expected}")], "{title}");
        assert!(desk.day("2026-11-26").await.is_empty(), "{title}");
    }
}

#[tokio::test]
async fn a_described_zone_changes_its_clocks_as_described() {
    let lines = |at: &str| format!("DTSTART;TZID=W. Europe Standard Time:{at}\nDURATION:PT30M");
    let desk = Desk::with(calendar_of(
        &[
            OUTLOOK.to_owned(),
            event("winter", &lines("20270115T100000")),
            event("summer", &lines("20270715T100000")),
        ]
        .join("\n"),
    ));
    assert_eq!(desk.day("2027-01-15").await, ["winter 17:00-17:30"]);
    assert_eq!(desk.day("2027-07-15").await, ["summer 16:00-16:30"]);
}

#[tokio::test]
async fn summer_time_that_was_given_up_is_over() {
    let zone = |standard: &str, daylight: &str| {
        format!(
            "BEGIN:VTIMEZONE\nTZID:Own\nBEGIN:DAYLIGHT\nDTSTART:20081019T000000\nTZOFFSETFROM:-0300\n\
            TZOFFSETTO:-0200\n{daylight}\nEND:DAYLIGHT\nBEGIN:STANDARD\nDTSTART:20090215T000000\n\
            TZOFFSETFROM:-0200\nTZOFFSETTO:-0300\n{standard}\nEND:STANDARD\nEND:VTIMEZONE"
        )
    };
    let (to, from) = ("RRULE:FREQ=YEARLY;BYMONTH=2;BYDAY=3SU", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=3SU");
    let until = |rule: &str, end: &str| format!("{rule};UNTIL={end}");
    let cases = [
        (zone(to, from), Some("20:00-20:30")),
        (zone(&until(to, "20190217T020000Z"), &until(from, "20181104T030000Z")), Some("21:00-21:30")),
        (zone(&until(to, "20180218T020000Z"), &until(from, "20181104T030000Z")), Some("20:00-20:30")),
        (zone(&format!("{to};COUNT=11"), &format!("{from};COUNT=10")), Some("21:00-21:30")),
        (zone(&until(to, "20371231"), &until(from, "20371231")), Some("20:00-20:30")),
        (zone("X-OWN:1", &until(from, "20080101")), Some("21:00-21:30")),
        (zone(to, &until(from, "20181104T030000Z")), None),
    ];
    for (zone, expected) in cases {
        let meeting = event("x", "DTSTART;TZID=Own:20270115T100000\nDURATION:PT30M");
        let content = calendar_of(&format!("{zone}\n{meeting}"));
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("own.ics");
        std::fs::write(&path, &content).unwrap();
        let is_read = super::CalendarFile::open(&path, jiff::tz::TimeZone::UTC).is_ok();
        assert_eq!(is_read, expected.is_some(), "{zone}");
        if let Some(expected) = expected {
            assert_eq!(Desk::with(content).day("2027-01-15").await, [format!("x {expected}")], "{zone}");
        }
    }
}

#[tokio::test]
async fn what_repeats_keeps_its_hour_when_clocks_change() {
    // Berlin leaves summer time on 25 October 2026 and returns on 28 March 2027.
    let weekly = "DTSTART;TZID=Europe/Berlin:20260901T090000\nDTEND;TZID=Europe/Berlin:20260901T093000\nRRULE:FREQ=WEEKLY;BYDAY=TU";
    let desk = Desk::of_events(&[event("call", weekly)]);
    assert_eq!(desk.day("2026-11-24").await, ["call 16:00-16:30"]);
    assert_eq!(desk.day("2027-04-06").await, ["call 15:00-15:30"]);
    let person = Desk::living_in(calendar_of(&event("call", weekly)), "Europe/Berlin");
    assert_eq!(person.day("2027-04-06").await, ["call 09:00-09:30"]);
}

#[tokio::test]
async fn what_was_on_a_past_day_can_be_asked() {
    let desk = Desk::of_events(&[event("review", "DTSTART:20261120T010000Z\nDURATION:PT1H")]);
    for day in ["last Friday", "上周五", "2026-11-20"] {
        assert_eq!(desk.day(day).await, ["review 09:00-10:00"], "{day}");
    }
    let error = desk.free(json!({"day": "yesterday"})).await.unwrap_err().to_string();
    assert!(error.contains("is in the past"), "{error}");
}

#[tokio::test]
async fn rules_end_and_leave_out_as_they_say() {
    let daily = "DTSTART;TZID=Asia/Shanghai:20261120T150000\nDURATION:PT1H\n";
    let cases = [
        // The last one in time, where the end is told in UTC.
        ("RRULE:FREQ=DAILY;UNTIL=20261126T070000Z", "111"),
        ("RRULE:FREQ=DAILY;UNTIL=20261126T065959Z", "110"),
        ("RRULE:FREQ=DAILY;UNTIL=20261125", "110"),
        ("RRULE:FREQ=DAILY;COUNT=6", "110"),
        ("RRULE:FREQ=DAILY;INTERVAL=2", "101"),
        ("RRULE:FREQ=DAILY\nEXDATE;TZID=Asia/Shanghai:20261125T150000", "101"),
        ("RRULE:FREQ=DAILY\nEXDATE:20261124T070000Z,20261126T070000Z", "010"),
        ("RRULE:FREQ=DAILY\nEXDATE;VALUE=DATE:20261125", "101"),
        // A left out one is counted.
        ("RRULE:FREQ=DAILY;COUNT=6\nEXDATE:20261121T070000Z", "110"),
        ("RRULE:FREQ=DAILY\nEXDATE:", "111"),
        ("RRULE:FREQ=DAILY\nEXDATE:20261125T150000", "101"),
        ("RRULE:FREQ=WEEKLY;BYDAY=TU,TH", "101"),
        ("RRULE:FREQ=MONTHLY;BYDAY=4TH", "001"),
        ("RDATE;TZID=Asia/Shanghai:20261125T150000,20261126T150000", "011"),
        ("RRULE:FREQ=DAILY;UNTIL=20200101T000000Z", "000"),
    ];
    for (rule, expected) in cases {
        let desk = Desk::of_events(&[event("x", &format!("{daily}{rule}"))]);
        let mut found = String::new();
        for day in ["2026-11-24", "2026-11-25", "2026-11-26"] {
            let rows = desk.day(day).await;
            assert!(rows.is_empty() || rows == ["x 15:00-16:00"], "{rule}: {rows:?}");
            found.push(if rows.is_empty() { '0' } else { '1' });
        }
        assert_eq!(found, expected, "{rule}");
    }
}

#[tokio::test]
async fn a_rule_of_whole_days_ends_on_the_day_that_is_meant() {
    // The last day is 25 November, as programs write it, but for the last two.
    let cases = [
        ("Asia/Shanghai", "20261125", "110"),
        ("Asia/Shanghai", "20261125T000000", "110"),
        ("Asia/Shanghai", "20261125T000000Z", "110"),
        ("Asia/Shanghai", "20261125T235959Z", "110"),
        // Midnight and the last second there.
        ("Asia/Shanghai", "20261124T160000Z", "110"),
        ("Asia/Shanghai", "20261125T155959Z", "110"),
        ("America/Los_Angeles", "20261125T000000Z", "110"),
        ("America/Los_Angeles", "20261125T080000Z", "110"),
        ("America/Los_Angeles", "20261126T075959Z", "110"),
        ("America/Los_Angeles", "20261126T075959", "111"),
        ("Asia/Shanghai", "20261122T160000Z", "000"),
    ];
    for (zone, until, expected) in cases {
        let lines = format!("DTSTART;VALUE=DATE:20261123\nRRULE:FREQ=DAILY;UNTIL={until}");
        let desk = Desk::living_in(calendar_of(&event("x", &lines)), zone);
        let mut found = String::new();
        for day in ["2026-11-24", "2026-11-25", "2026-11-26"] {
            found.push(if desk.day(day).await.is_empty() { '0' } else { '1' });
        }
        assert_eq!(found, expected, "{zone}: {until}");
    }
    // What has no zone ends when the person's clocks show it.
    let lines = "DTSTART:20261123T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261125T010000Z";
    let desk = Desk::of_events(&[event("x", lines)]);
    assert_eq!(desk.day("2026-11-25").await, ["x 09:00-10:00"]);
    assert!(desk.day("2026-11-26").await.is_empty());
}

#[tokio::test]
async fn one_time_of_many_can_be_moved_or_called_off() {
    let series = "DTSTART;TZID=Asia/Shanghai:20261123T110000\nDURATION:PT30M\nRRULE:FREQ=DAILY\nSEQUENCE:0";
    let moved = "BEGIN:VEVENT\nUID:stand-up\nDTSTAMP:20260101T000000Z\nSUMMARY:stand-up (late)\nSEQUENCE:3\n\
        RECURRENCE-ID;TZID=Asia/Shanghai:20261124T110000\nDTSTART;TZID=Asia/Shanghai:20261124T160000\nDURATION:PT30M\nEND:VEVENT";
    let off = "BEGIN:VEVENT\nUID:stand-up\nDTSTAMP:20260101T000000Z\nRECURRENCE-ID:20261125T030000Z\n\
        DTSTART;TZID=Asia/Shanghai:20261125T110000\nSTATUS:CANCELLED\nEND:VEVENT";
    let other = event("other", "DTSTART;TZID=Asia/Shanghai:20261124T110000\nDURATION:PT5M");
    let desk = Desk::of_events(&[event("stand-up", series), moved.to_owned(), off.to_owned(), other]);
    assert_eq!(desk.day("2026-11-23").await, ["stand-up 11:00-11:30"]);
    assert_eq!(desk.day("2026-11-24").await, ["other 11:00-11:05", "stand-up (late) 16:00-16:30"]);
    assert!(desk.day("2026-11-25").await.is_empty());
    assert_eq!(desk.day("2026-11-26").await, ["stand-up 11:00-11:30"]);
}

#[tokio::test]
async fn what_lasts_over_midnight_is_on_each_of_its_days() {
    let desk = Desk::of_events(&[
        event("fair", "DTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261127\nTRANSP:TRANSPARENT"),
        event("night train", "DTSTART:20261124T140000Z\nDTEND:20261124T220000Z"),
        event("until midnight", "DTSTART:20261124T120000Z\nDTEND:20261124T160000Z"),
    ]);
    let listed = desk.list(json!({})).await.unwrap();
    assert_eq!(
        listed["events"],
        json!([
            {"title": "fair", "date": "2026-11-24", "starts": "00:00", "ends": "23:59", "last_day": "2026-11-26", "all_day": true},
            {"title": "until midnight", "date": "2026-11-24", "starts": "20:00", "ends": "23:59"},
            {"title": "night train", "date": "2026-11-24", "starts": "22:00", "ends": "06:00", "last_day": "2026-11-25"},
        ])
    );
    for (day, count) in
        [("2026-11-23", 0), ("2026-11-24", 3), ("2026-11-25", 2), ("2026-11-26", 1), ("2026-11-27", 0)]
    {
        assert_eq!(desk.day(day).await.len(), count, "{day}");
    }
    // The fair leaves one free; the train arrives at six.
    let free = desk.free(json!({"day": "2026-11-25 morning", "minutes": 30})).await.unwrap();
    assert_eq!(free["free"], json!([{"from": "06:00", "to": "12:00"}]));
}

#[tokio::test]
async fn a_list_shows_the_next_ones_and_counts_the_rest_of_a_year() {
    let desk =
        Desk::of_events(&[event("daily", "DTSTART:20200101T010000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY")]);
    let listed = desk.list(json!({})).await.unwrap();
    assert_eq!((&listed["events"][0]["date"], &listed["more"]), (&json!("2026-11-23"), &json!(366 - 5)));
    let free = desk.free(json!({"day": "tomorrow", "minutes": 60})).await.unwrap();
    assert_eq!(free["free"], json!([{"from": "10:00", "to": "18:00"}]), "nine to ten is taken");
}
