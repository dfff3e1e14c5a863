//! A hub that has too much to do, connections that are lost, and tokens that stay at home.

use std::time::Duration;

use handyman_core::FaultKind;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{content, name, place, serve};
use crate::hub::download::{is_open, pause, wait_of};
use crate::loopback::{Loopback, Piece, answer};

fn busy(status: &str) -> Vec<Piece> {
    answer(status, "retry-after: 0\r\n", b"")
}

#[tokio::test]
async fn a_busy_hub_is_asked_again_for_listings_and_in_the_middle_of_files() {
    let server = Loopback::serve(|index, request| match index {
        0 | 3 => busy("429 Too Many Requests"),
        2 => {
            let mut pieces = serve(request);
            let Piece::Send(bytes) = &mut pieces[0] else { panic!() };
            bytes.truncate(bytes.len() / 2);
            pieces
        }
        4 => busy("503 Service Unavailable"),
        _ => serve(request),
    })
    .await;
    let place = place(&server.url, |_| ());
    let path = place.hub.pull(&name("some/model-GGUF:Q8_0"), &|_| ()).await.unwrap();
    assert_eq!(std::fs::read(path).unwrap(), content("m-Q8_0.gguf"));
    let seen = server.seen();
    assert_eq!(seen.len(), 6);
    assert!(seen[2].headers.contains("range: bytes=0-") && !seen[5].headers.contains("range: bytes=0-"));
}

#[tokio::test]
async fn a_download_that_gets_on_is_not_given_up() {
    let server = Loopback::serve(|_, request| {
        let mut pieces = serve(request);
        if request.line.contains("resolve") {
            let Piece::Send(bytes) = &mut pieces[0] else { panic!() };
            bytes.truncate(110_000);
        }
        pieces
    })
    .await;
    let place = place(&server.url, |settings| settings.retries_max = 1);
    let path = place.hub.pull(&name("some/model-GGUF:Q8_0"), &|_| ()).await.unwrap();
    assert_eq!(std::fs::read(path).unwrap(), content("m-Q8_0.gguf"));
    assert_eq!(server.seen().len(), 4, "the listing, and three pieces");
}

#[tokio::test]
async fn a_model_that_is_here_is_not_written_anew() {
    let server = Loopback::serve(|_, request| serve(request)).await;
    let place = place(&server.url, |_| ());
    place.hub.pull(&name("some/model-GGUF:Q8_0"), &|_| ()).await.unwrap();
    let current = place.hub.settings.cache.join("models--some--model-GGUF/refs/main");
    let long_ago = std::time::UNIX_EPOCH + Duration::from_hours(1);
    let file = std::fs::OpenOptions::new().append(true).open(&current).unwrap();
    file.set_modified(long_ago).unwrap();
    place.hub.pull(&name("some/model-GGUF:Q8_0"), &|_| ()).await.unwrap();
    assert_eq!(current.metadata().unwrap().modified().unwrap(), long_ago);
}

#[tokio::test]
async fn a_hub_that_stays_busy_is_given_up() {
    for listed in [false, true] {
        let server = Loopback::serve(move |index, request| {
            if listed && index == 0 { serve(request) } else { busy("429 Too Many Requests") }
        })
        .await;
        let place = place(&server.url, |settings| settings.retries_max = 1);
        let fault = place.hub.pull(&name("some/model-GGUF:Q8_0"), &|_| ()).await.unwrap_err();
        assert!(fault.to_string().contains("asks to wait"), "{fault}");
        assert_eq!(fault.to_string().contains("m-Q8_0.gguf could not be downloaded"), listed, "{fault}");
        assert!(fault.kind() == FaultKind::Backend && fault.hint().unwrap().contains("HF_TOKEN"));
        assert_eq!(server.seen().len(), 2 + usize::from(listed));
    }
}

#[tokio::test]
async fn a_listing_that_got_lost_is_asked_for_again_and_silence_ends() {
    let server = Loopback::serve(|index, request| if index == 0 { Vec::new() } else { serve(request) }).await;
    let found = place(&server.url, |_| ());
    assert!(found.hub.pull(&name("some/model-GGUF:Q8_0"), &|_| ()).await.is_ok());
    let server = Loopback::serve(|_, _| {
        vec![Piece::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{".to_vec()), Piece::Hang]
    })
    .await;
    let silent = place(&server.url, |settings| {
        settings.silence_time = Duration::from_millis(300);
        settings.retries_max = 0;
    });
    let fault = silent.hub.pull(&name("some/model-GGUF"), &|_| ()).await.unwrap_err();
    assert!(fault.kind() == FaultKind::Backend && fault.to_string().contains("nothing came"), "{fault}");
}

#[tokio::test]
async fn no_token_travels_where_others_can_read_it() {
    let place = place("http://models.example.com", |settings| settings.token = Some("secret".to_owned()));
    let fault = place.hub.pull(&name("some/model-GGUF"), &|_| ()).await.unwrap_err();
    assert!(fault.kind() == FaultKind::Model && fault.to_string().contains("unencrypted"), "{fault}");
    assert!(fault.hint().unwrap().contains("https://") && !fault.to_string().contains("secret"));
    assert_eq!(place.hub.find(&name("some/model-GGUF")).unwrap(), None, "what is here can be used");
    for near in [
        "localhost:80",
        "127.0.0.1",
        "[::1]:8080",
        "[fd00::1]",
        "192.168.1.5",
        "mirror",
        "mirror.local",
        "host.docker.internal:80",
    ] {
        assert!(!is_open(&format!("http://{near}/hf")), "{near}");
    }
    for far in ["huggingface.co", "8.8.8.8:80", "[2001:db8::1]", "localhost.example.com"] {
        assert!(is_open(&format!("http://{far}")) && !is_open(&format!("https://{far}")), "{far}");
    }
}

#[test]
fn waits_are_those_that_the_hub_asks_for_up_to_a_minute() {
    let asked = |name: &'static str, value: &'static str| {
        let header = (HeaderName::from_static(name), HeaderValue::from_static(value));
        wait_of(&[header].into_iter().collect::<HeaderMap>())
    };
    assert_eq!(asked("retry-after", "7"), Some(Duration::from_secs(7)));
    assert_eq!(asked("ratelimit", "\"resolvers\";r=0;t=55"), Some(Duration::from_secs(55)));
    for unclear in ["Wed, 21 Oct 2026 07:28:00 GMT", "soon", "-1"] {
        assert_eq!(asked("retry-after", unclear), None, "{unclear}");
    }
    for unclear in ["\"api\";r=0", "\"api\";r=41;t=55"] {
        assert_eq!(asked("ratelimit", unclear), None, "{unclear}");
    }
    assert_eq!(pause(1, Some(Duration::from_hours(1))), Duration::from_mins(1));
    assert_eq!(pause(5, Some(Duration::ZERO)), Duration::ZERO);
    assert!(pause(1, None) < pause(2, None) && pause(u32::MAX, None) < Duration::from_mins(1));
}
