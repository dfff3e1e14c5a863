//! Families that nobody has described are found out from what their templates write.

use crate::constrain::Constrainer;
use crate::dialect::choose::{Candidate, choose};
use crate::render::Template;
use crate::tiny::{Bytes, END, vocabulary};

/// A template of an invented family, with this for each call, between calls, and around them.
fn template(call: &str, between: &str, begins: &str, ends: &str) -> String {
    format!(
        "{{%- for t in tools or [] %}}{{{{- t.function.name + ': ' + t.function.description + '\\n' }}}}{{%- endfor %}}\
         {{%- for m in messages %}}{{{{- '[' + m.role + ']\\n' + m.content }}}}\
         {{%- for c in m.tool_calls or [] %}}{{{{- '{begins}' if loop.first else '{between}' }}}}{call}{{{{- '{ends}' if loop.last else '' }}}}{{%- endfor %}}\
         {{{{- '<|end|>\\n' }}}}{{%- endfor %}}{{%- if add_generation_prompt %}}{{{{- '[assistant]\\n' }}}}{{%- endif %}}"
    )
}

fn chosen(source: &str) -> (&'static str, String) {
    let template = Template::new(source.to_owned(), String::new(), END.to_owned()).unwrap();
    let constrainer = Constrainer::new(&vocabulary()).unwrap();
    let candidate = Candidate { template: &template, tokenizer: &Bytes::new(), constrainer: &constrainer };
    choose(candidate).map(|chosen| (chosen.dialect.name(), chosen.why)).unwrap()
}

#[test]
fn json_arguments_with_any_markup_are_found_out() {
    let call =
        "{{- '<do>' + c.function.name + '</do><with>' + (c.function.arguments | tojson) + '</with>' }}";
    for (between, begins, ends) in [("", "", ""), ("\\n", "", ""), (" | ", "<all>\\n", "\\n</all>")] {
        assert_eq!(
            chosen(&template(call, between, begins, ends)).0,
            "inferred",
            "{between:?} {begins:?} {ends:?}"
        );
    }
    let listed =
        "{{- '{\"fn\": \"' + c.function.name + '\", \"with\": ' + (c.function.arguments | tojson) + '}' }}";
    assert_eq!(chosen(&template(listed, ", ", "<calls>[", "]</calls>")).0, "inferred");
}

#[test]
fn arguments_by_themselves_are_found_out() {
    let value = "(v if v is string else v | tojson)";
    let call = format!(
        "{{{{- '<do name=' + c.function.name + '>\\n' }}}}{{%- for k, v in c.function.arguments | items %}}{{{{- '<' + k + '>' + {value} + '</with>\\n' }}}}{{%- endfor %}}{{{{- '</do>' }}}}"
    );
    assert_eq!(chosen(&template(&call, "\\n", "", "")).0, "inferred");
}

#[test]
fn what_cannot_be_read_back_gets_the_envelope() {
    let unquoted = "{{- '<do>' + c.function.name }}{%- for k, v in c.function.arguments | items %}{{- ' ' + k + ' ' + (v | string) }}{%- endfor %}";
    let (name, why) = chosen(&template(unquoted, "\\n", "", ""));
    assert_eq!(name, "generic", "{why}");
    assert!(!why.is_empty());
}
