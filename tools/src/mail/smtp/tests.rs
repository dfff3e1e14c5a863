//! A mail server on loopback, friendly, slow, broken and hostile: a message is sent once, not at all, or in doubt.

mod server;

use std::sync::Arc;
use std::time::Duration;

use handyman_core::{Probe, Tool, ToolErrorKind};
use jiff::civil::date;
use serde_json::{Map, json};

use self::server::{Answer, Server, certificate};
use super::*;
use crate::mail::compose::tests::sender;

fn arguments() -> Map<String, Value> {
    let text = "Dear Bob,\n\n.\nQUIT\n..two dots\nsee you.";
    let arguments =
        json!({"to": ["bob@example.com", "cy@example.com"], "subject": "Three o'clock", "text": text});
    arguments.as_object().cloned().unwrap()
}

fn context(allowed: Option<Value>) -> CallContext {
    let now = date(2026, 11, 23).at(10, 0, 0, 0);
    CallContext::new(now).under("k").allowing(allowed)
}

/// Longer than any machine takes for what goes well.
const PATIENT: SmtpLimits = SmtpLimits { ready: Duration::from_secs(20), answer: Duration::from_secs(20) };

/// How long is waited for a server that does not answer.
const IMPATIENT: Duration = Duration::from_millis(700);

/// The client at a server, which trusts the server's certificate.
fn client(scheme: &str, user: &str, server: &Server) -> Smtp {
    let url: Url = format!("{scheme}://{user}localhost:{}", server.port).parse().unwrap();
    let password = (!user.is_empty()).then(|| "pass word".to_owned());
    let mut smtp = Smtp::at(&url, password, sender()).unwrap().within(PATIENT);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate().0).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    smtp.tls = Arc::new(builder.with_root_certificates(roots).with_no_client_auth());
    smtp
}

async fn send(smtp: Smtp) -> ToolResult<Value> {
    send_mail(Arc::new(smtp)).call(arguments(), &context(None)).await
}

#[tokio::test]
async fn a_message_arrives_as_it_was_planned() {
    for (scheme, user, extensions) in [
        ("smtp", "", vec![]),
        ("smtp", "ann%40example.org@", vec!["AUTH PLAIN LOGIN CRAM-MD5"]),
        ("smtp", "ann%40example.org@", vec!["STARTTLS", "AUTH LOGIN"]),
        ("smtps", "ann%40example.org@", vec!["AUTH PLAIN"]),
    ] {
        let server = Server::start(scheme == "smtps", &extensions, |_| None).await;
        let tool = send_mail(Arc::new(client(scheme, user, &server)));
        assert!(!tool.spec().safety.probe);
        assert_eq!(tool.probe(&"k".into()).await, Ok(Probe::Unsupported));
        let plan = tool.plan(arguments(), &context(None)).await.unwrap().unwrap();
        let by = format!("localhost:{}", server.port);
        assert_eq!((&plan["to"], &plan["by"]), (&json!("bob@example.com, cy@example.com"), &json!(by)));
        let sent = tool.call(arguments(), &context(Some(plan.clone()))).await.unwrap();
        assert_eq!(
            (&sent["to"], &sent["status"]),
            (&json!(["bob@example.com", "cy@example.com"]), &json!("sent"))
        );
        let mails = server.mails();
        assert_eq!(mails.len(), 1, "{scheme} {extensions:?}");
        let read = crate::mail::message::read(&mails[0]).unwrap();
        assert_eq!((json!(read.text), &read.headers[1].1), (plan["text"].clone(), &plan["to"]));
        let lines = server.lines();
        let heard = |wanted: &str| lines.iter().any(|line| line.contains(wanted));
        assert!(
            heard("MAIL FROM:<ann@example.org>")
                && heard("RCPT TO:<bob@example.com>")
                && heard("RCPT TO:<cy@example.com>"),
            "{lines:?}"
        );
        assert_eq!(heard("STARTTLS"), extensions.contains(&"STARTTLS"));
        assert_eq!(
            lines.iter().filter(|line| line.starts_with("MAIL")).count(),
            1,
            "the text is no command: {lines:?}"
        );
        assert_eq!(heard("AUTH"), !user.is_empty());
        assert!(!heard("CRAM-MD5"), "{lines:?}");
        if heard("AUTH PLAIN") {
            assert!(heard("AGFubkBleGFtcGxlLm9yZwBwYXNzIHdvcmQ="), "{lines:?}");
        }
    }
}

#[tokio::test]
async fn what_fails_before_the_message_had_no_effect() {
    let cases: [(&str, Answer, &str); 12] = [
        ("", Answer::Say("554 go away"), "refused"),
        ("", Answer::Say("421 later"), "unavailable"),
        ("", Answer::Hang, "unavailable"),
        ("", Answer::Drop, "unavailable"),
        ("", Answer::Say("HTTP/1.1 400 Bad Request"), "unavailable"),
        ("EHLO", Answer::Say("502 what"), "refused"),
        ("EHLO", Answer::Flood, "unavailable"),
        ("MAIL", Answer::Say("550 not from you"), "refused"),
        ("RCPT TO:<cy", Answer::Say("450 greylisted"), "unavailable"),
        ("DATA", Answer::Say("451 later"), "unavailable"),
        ("DATA", Answer::Say("250 what"), "unavailable"),
        ("DATA", Answer::Drop, "unavailable"),
    ];
    for (command, answer, expected) in cases {
        let server = Server::start(false, &[], move |line| line.starts_with(command).then_some(answer)).await;
        let limits = match answer {
            Answer::Hang | Answer::Flood => SmtpLimits { ready: IMPATIENT, ..PATIENT },
            Answer::Say(_) | Answer::Drop => PATIENT,
        };
        let error = send(client("smtp", "", &server).within(limits)).await.unwrap_err();
        let kind = serde_json::to_value(error.failure()).unwrap();
        assert_eq!(
            (kind.as_str(), server.mails().len()),
            (Some(expected), 0),
            "{command} {answer:?}: {error}"
        );
        assert!(error.to_string().starts_with("the mail was not sent by localhost:"), "{error}");
        assert!(error.to_string().len() < 400, "{error}");
    }
}

#[tokio::test]
async fn a_refused_recipient_is_named_and_nobody_gets_it() {
    let server = Server::start(false, &[], |line| {
        line.starts_with("RCPT TO:<cy").then_some(Answer::Say("550 5.1.1 no such user"))
    })
    .await;
    let error = send(client("smtp", "", &server)).await.unwrap_err();
    assert_eq!(*error.kind(), ToolErrorKind::InvalidArgument { path: "/to/1".into() });
    assert!(
        error.to_string().contains("cy@example.com") && error.to_string().contains("no such user"),
        "{error}"
    );
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_in_doubt() {
    for answer in [Answer::Drop, Answer::Hang, Answer::Say("what?"), Answer::Say("354 more")] {
        let server = Server::start(false, &[], move |line| (line == ".").then_some(answer)).await;
        // Also where the answer hangs, the message itself has the time that it takes.
        let limits = match answer {
            Answer::Hang => SmtpLimits { answer: Duration::from_secs(3), ..PATIENT },
            Answer::Say(_) | Answer::Drop | Answer::Flood => PATIENT,
        };
        let error = send(client("smtp", "", &server).within(limits)).await.unwrap_err();
        assert_eq!((error.kind(), server.mails().len()), (&ToolErrorKind::InDoubt, 1), "{answer:?}: {error}");
        assert!(error.to_string().starts_with("it is not known whether the mail was sent"), "{error}");
    }
    for (answer, expected) in [("452 full", ToolErrorKind::Unavailable), ("554 spam", ToolErrorKind::Refused)]
    {
        let server =
            Server::start(false, &[], move |line| (line == ".").then_some(Answer::Say(answer))).await;
        assert_eq!(*send(client("smtp", "", &server)).await.unwrap_err().kind(), expected);
    }
    let server = Server::start(false, &[], |line| (line == "QUIT").then_some(Answer::Hang)).await;
    assert_eq!(
        send(client("smtp", "", &server)).await.unwrap()["status"],
        "sent",
        "the farewell does not matter"
    );
}

#[tokio::test]
async fn passwords_are_shown_to_whom_they_belong_only() {
    // A certificate that nobody vouches for, at once and after STARTTLS.
    for (scheme, extensions) in [("smtps", vec!["AUTH PLAIN"]), ("smtp", vec!["STARTTLS", "AUTH PLAIN"])] {
        let server = Server::start(scheme == "smtps", &extensions, |_| None).await;
        let mut smtp = client(scheme, "ann@", &server);
        smtp.tls = Arc::new(tls().unwrap());
        let error = send(smtp).await.unwrap_err();
        assert_eq!(*error.kind(), ToolErrorKind::Refused, "{error}");
        assert!(
            server.lines().iter().all(|line| !line.starts_with("AUTH") && !line.starts_with("MAIL")),
            "{:?}",
            server.lines()
        );
    }
    // What comes with the answer to STARTTLS, unencrypted, is not heard.
    let server = Server::start(false, &["STARTTLS"], |line| {
        (line == "STARTTLS").then_some(Answer::Say("220 go\r\n250-x\r\n250 AUTH PLAIN"))
    })
    .await;
    let error = send(client("smtp", "ann@", &server)).await.unwrap_err();
    assert!(error.to_string().contains("offers no way to show a password"), "{error}");
    let server = Server::start(false, &["AUTH PLAIN"], |line| {
        line.starts_with("AUTH").then_some(Answer::Say("535 5.7.8 wrong"))
    })
    .await;
    let smtp = client("smtp", "ann@", &server);
    assert!(!format!("{smtp:?}").contains("pass"));
    let error = send(smtp).await.unwrap_err();
    assert_eq!(*error.kind(), ToolErrorKind::Refused);
    assert!(
        error.to_string().contains("does not accept user and password: 535")
            && !error.to_string().contains("pass word"),
        "{error}"
    );
}

#[test]
fn addresses_of_servers_are_checked() {
    let at = |text: &str, password: Option<&str>| {
        Smtp::at(&text.parse().unwrap(), password.map(str::to_owned), sender())
    };
    for (text, password, expected) in [
        ("http://example.org", None, "begins with smtp:// or smtps://"),
        ("smtp:example.org", None, "names no host"),
        ("smtps://ann:secret@example.org", Some("x"), "has a password in it"),
        ("smtps://ann@example.org", None, "a user and no password"),
    ] {
        let error = at(text, password).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("secret"), "{error}");
    }
    assert_eq!(at("smtps://ann@example.org", Some("x")).unwrap().by(), "example.org:465");
    assert_eq!(at("smtp://example.org", None).unwrap().by(), "example.org:587");
    assert_eq!(at("smtp://[::1]:25", None).unwrap().by(), "::1:25");
}
