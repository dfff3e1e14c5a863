//! Which addresses are public, and what of a page is read.

use std::net::IpAddr;

use super::html::readable;
use super::reach::{Reach, is_public};

#[test]
fn only_public_addresses_are_public() {
    let public = [
        "1.1.1.1",
        "8.8.8.8",
        "93.184.216.34",
        "100.63.0.1",
        "198.17.0.1",
        "2606:4700::1111",
        "2a00:1450:4001::1",
    ];
    let private = [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "3fff::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2002:c0a8:101::",
        "5f00::1",
        "100::1",
    ];
    for address in public {
        assert!(is_public(address.parse::<IpAddr>().unwrap()), "{address}");
    }
    for address in private {
        assert!(!is_public(address.parse::<IpAddr>().unwrap()), "{address}");
    }
}

#[test]
fn an_address_in_disguise_is_still_private() {
    let disguised = [
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:7f00:1]/",
        "http://127.0.0.1.:80/",
        "http://user@127.0.0.1/",
        "https://169.254.169.254/latest",
        "http://\u{ff11}27.0.0.1/",
        "ftp://8.8.8.8/",
        "file:///etc/passwd",
        "gopher://8.8.8.8/",
    ];
    for url in disguised {
        assert!(Reach::Public.check(&url.parse().unwrap()).is_err(), "{url}");
    }
    let own = "http://127.0.0.1:8080/".parse().unwrap();
    assert!(Reach::of(&own).check(&own).is_ok(), "what a person configured");
    assert!(Reach::of(&own).check(&"http://127.0.0.2/".parse().unwrap()).is_err());
    assert!(Reach::Public.check(&"http://8.8.8.8/".parse().unwrap()).is_ok());
}

#[test]
fn the_main_text_of_a_page_is_read() {
    let html = "<html><head><title> Trains &amp; more &#8211; Example\n</title><style>p {}</style></head><body><nav>Home</nav><main class=x>\
        <h1>Refunds</h1><p>Ask within <b>30</b> days.</p><script>alert(1)</script><ul><li>first<li>second</ul></main>\
        <footer>imprint</footer></body></html>";
    let (title, text) = readable(html).unwrap();
    assert_eq!(title, "Trains & more \u{2013} Example");
    assert!(
        text.starts_with("# Refunds") && text.contains("Ask within **30** days.") && text.contains("second"),
        "{text}"
    );
    for word in ["Home", "imprint", "alert", "p {}"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    let (_, text) = readable("plain words, no tags").unwrap();
    assert_eq!(text, "plain words, no tags");
    assert_eq!(readable("<main>unclosed").unwrap().1, "unclosed");
}

#[test]
fn a_form_is_read_where_the_page_stands_in_it() {
    let whole = "<body><header>Site</header><form action='.'><nav>Home</nav><h1>Refunds</h1>\
        <p>Ask within 30 days.</p><button>Send</button></form><p>2026</p></body>";
    let (_, text) = readable(whole).unwrap();
    assert!(text.starts_with("# Refunds") && text.contains("30 days") && text.contains("2026"), "{text}");
    assert!(!["Site", "Home", "Send"].iter().any(|word| text.contains(word)), "{text}");
    let beside = "<body><p>The shop opens at nine and closes at six.</p><form>Your name</form></body>";
    assert_eq!(readable(beside).unwrap().1, "The shop opens at nine and closes at six.");
}

#[test]
fn the_headline_of_an_article_is_read() {
    let text = "<header><h1>Harbour reopens</h1></header><p>On Monday.</p>";
    for name in ["main", "article"] {
        let page = format!("<body><header>Site</header><{name}>{text}</{name}></body>");
        assert_eq!(readable(&page).unwrap().1, "# Harbour reopens\n\nOn Monday.");
    }
    assert_eq!(readable(&format!("<body>{text}</body>")).unwrap().1, "On Monday.", "it frames the page");
    assert_eq!(readable("<body><header>Closed today.</header></body>").unwrap().1, "Closed today.");
    let scripts = "<body><nav>Home</nav><div id=app></div><script>go()</script></body>";
    assert_eq!(readable(scripts).unwrap().1, "");
}

#[test]
fn hostile_pages_end() {
    let deep = ["<div>", "<b>", "<table><tr><td>", "<svg><g>"].map(|tag| tag.repeat(200_000));
    for page in deep {
        assert!(readable(&page).unwrap_err().to_string().contains("nested too deeply"));
    }
    for odd in [
        "<",
        "<<<<",
        "</",
        "<!--",
        "<!doctype",
        "<title>",
        "</main><main>",
        "<main",
        "\u{0}<p>\u{fffd}",
        "<p/><p/>",
    ] {
        readable(odd).unwrap();
    }
    let wide = "<p>word</p>".repeat(20_000);
    assert!(readable(&wide).unwrap().1.starts_with("word"));
    let bold: String = (0..390).map(|number| format!("<b x={number}>")).collect();
    for page in [format!("<p>{bold}{}", "<p>x".repeat(4_000)), "<div></x>".repeat(60_000)] {
        assert!(readable(&page).unwrap_err().to_string().contains("nested too deeply"));
    }
}
