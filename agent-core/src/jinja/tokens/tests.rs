//! Sources are cut as minijinja cuts them.

use proptest::prelude::*;

use super::{Kind, Piece, expression, pieces};

fn texts(source: &str) -> Vec<&str> {
    expression(source).unwrap().into_iter().map(|token| token.text).collect()
}

/// The pieces, with the lengths of texts and the tokens of tags.
fn cut(source: &str) -> Vec<String> {
    let piece = |piece: Piece<'_>| match piece {
        Piece::Text(bytes) => bytes.to_string(),
        Piece::Variable(tokens) => tokens.iter().map(|token| token.text).collect::<Vec<_>>().join(" "),
        Piece::Block(block) => {
            let tokens: Vec<&str> = block.tokens.iter().map(|token| token.text).collect();
            format!("{} {}{}", tokens.join(" "), block.blanks, block.end)
        }
    };
    pieces(source).unwrap().into_iter().map(piece).collect()
}

#[test]
fn an_expression_is_cut_into_tokens() {
    assert_eq!(texts("a.b[0] |f('x\\'y')"), ["a", ".", "b", "[", "0", "]", "|", "f", "(", "'x\\'y'", ")"]);
    assert_eq!(texts("1.5+.2"), ["1.5", "+", ".", "2"]);
    assert_eq!(texts("a.0.b // 1e-3 ** 0xfe_0"), ["a", ".", "0", ".", "b", "//", "1e-3", "**", "0xfe_0"]);
    assert_eq!(texts("a<=b!=c==d"), ["a", "<=", "b", "!=", "c", "==", "d"]);
    assert_eq!(expression("\"上海\"").unwrap()[0].kind, Kind::Text);
}

#[test]
fn a_template_is_cut_into_text_and_tags() {
    assert_eq!(cut("ab{{ x }}c"), ["2", "x", "1"]);
    assert_eq!(cut("{%- set x = '%}' -%} y"), ["set x = '%}' -20", "2"]);
    assert_eq!(cut("{{ {'a': {}} }}{# {{ #}z"), ["{ 'a' : { } }", "1"]);
    assert_eq!(cut("{% raw %}{{ x }}{%- endraw -%}z"), ["7", "1"]);
    assert_eq!(cut("{ {"), ["3"]);
}

#[test]
fn what_does_not_end_is_said() {
    for source in ["{{ x", "{{ 'x }}", "{# x", "{% raw %}x", "{{ (x }}", "{{ x) }}", "{{ x ? }}", "{%"] {
        assert!(pieces(source).is_err(), "{source}");
        assert!(minijinja::Environment::new().template_from_str(source).is_err(), "{source}");
    }
}

proptest! {
    #[test]
    fn what_cannot_be_cut_minijinja_cannot_read(
        parts in proptest::collection::vec("\\{\\{|\\}\\}|\\{%|%\\}|\\{#|#\\}|-|\\+|'|\"|\\\\|[({\\[\\])}]|raw|endraw|if|[a-z]|[0-9.e]|[ \n?上]", 0..30)
    ) {
        let source = parts.concat();
        if pieces(&source).is_err() {
            let environment = minijinja::Environment::new();
            prop_assert!(environment.template_from_str(&source).is_err(), "{source}");
        }
    }
}
