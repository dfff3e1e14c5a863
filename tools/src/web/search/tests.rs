//! Snippets lose their marks and nothing else.

use super::plain;

#[test]
fn what_is_no_mark_stays() {
    let cases = [
        ("About <strong>trains</strong><br/>\n &amp; <!-- so -->more", "About trains & more"),
        ("if x < 5 then y > 3", "if x < 5 then y > 3"),
        ("a <- b, <3 and 1 << 2", "a <- b, <3 and 1 << 2"),
        ("x<y and <b>bold</b>", "x<y and bold"),
        ("cut off <b", "cut off <b"),
        ("Don&#39;t &#x27;x&#x27; &ndash; &quot;y&quot;", "Don't 'x' \u{2013} \"y\""),
        ("A&B; &unknown; &#0; &#xd800; &amp;lt; & so", "A&B; &unknown; &#0; &#xd800; &lt; & so"),
        ("<", "<"),
        ("", ""),
    ];
    for (text, said) in cases {
        assert_eq!(plain(text), said);
    }
    assert_eq!(plain(&"字<b>".repeat(1_000)), format!("{}…", "字".repeat(240)));
}
