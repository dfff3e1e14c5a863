//! A session's tokens only grow, and by exactly what is new.

use handyman_core::{Message, Part, Role, ToolSpec, UNREADABLE};
use serde_json::json;

use super::{EarlierReasoning, Prompt, Renderer, Transcript};
use crate::dialect::native::Native;
use crate::render::Template;
use crate::tiny::{Bytes, TEMPLATE, asks, person, result, trip_tools};

fn hermes() -> Native {
    Native::of("hermes")
}

fn text(tokens: &[u32]) -> String {
    let end = Bytes::new().end_token();
    let bytes = tokens.iter().map(|&token| if token == end { b'$' } else { u8::try_from(token).unwrap() });
    String::from_utf8(bytes.collect()).unwrap()
}

fn prompt(
    renderer: Renderer<'_>,
    earlier: Option<&Transcript>,
    history: &[Message],
    tools: &[ToolSpec],
) -> Prompt {
    renderer.prompt(earlier, history, tools, EarlierReasoning::Keep).unwrap()
}

/// Renders one turn after another, appending replies as the engine would, and compares with the whole.
fn check(source: &str, replies: &[Message], written: &[&str]) -> bool {
    let template = Template::new(source.to_owned(), String::new(), String::new()).unwrap();
    let (dialect, tokenizer, tools) = (hermes(), Bytes::new(), trip_tools());
    let renderer = Renderer { template: &template, dialect: &dialect, tokenizer: &tokenizer };
    let mut history = vec![person("Go")];
    let mut earlier: Option<Transcript> = None;
    let mut appended = true;
    for (reply, written) in replies.iter().zip(written) {
        let Prompt { tokens: prompt, new, .. } = prompt(renderer, earlier.as_ref(), &history, &tools);
        if let Some(earlier) = &earlier {
            let appends = prompt.starts_with(&earlier.tokens);
            assert!(!appends || new == prompt.len() - earlier.tokens.len());
            appended &= appends;
        }
        let whole = renderer.text(&history, &tools, true).unwrap();
        assert_eq!(text(&prompt), text(&renderer.tokenize(&whole)));
        history.push(reply.clone());
        let mut tokens = prompt;
        tokens.extend(written.bytes().map(u32::from));
        tokens.push(tokenizer.end_token());
        earlier = Some(Transcript { tokens, messages: history.len(), ended: true });
        history.push(result("list", json!({"ok": "<|end|>"})));
        history.push(person("More [1] \u{FDD1}\u{FDD1} <|end|>"));
    }
    appended
}

#[test]
fn turns_append() {
    let replies = [asks(&[("list", json!({}))]), Message::text_of(Role::Assistant, "Fine.")];
    let written = ["<tool_call>\n{\"name\": \"list\", \"arguments\": {}}\n</tool_call>", "Fine."];
    assert!(check(TEMPLATE, &replies, &written));
}

/// Turns are told apart by noncharacters; what was said holds some as well.
#[test]
fn turns_append_whatever_was_said_before() {
    let said = |text: &str| Message::text_of(Role::Assistant, text);
    let replies = [said("Fine."), said("\u{FDD1}"), said("Fine."), said("So.")];
    assert!(check(TEMPLATE, &replies, &["Fine.", "\u{FDD1}", "Fine.", "So."]));
}

#[test]
fn what_all_conversations_begin_with_reaches_up_to_the_persons_words() {
    let template = Template::new(TEMPLATE.to_owned(), String::new(), String::new()).unwrap();
    let (dialect, tokenizer) = (hermes(), Bytes::new());
    let renderer = Renderer { template: &template, dialect: &dialect, tokenizer: &tokenizer };
    let history = [Message::text_of(Role::System, "a \u{FDD1} b"), person("Go")];
    let Prompt { tokens, .. } = prompt(renderer, None, &history, &[]);
    let shared = renderer.shared(&tokens, &history, &[]);
    assert!(text(&tokens[..shared]).ends_with(" b$\nuser\n"), "{}", text(&tokens[..shared]));
}

#[test]
fn a_template_that_rewrites_what_was_said_is_rendered_whole() {
    let rewriting = format!("{{{{- messages | length }}}}{TEMPLATE}");
    let replies = [Message::text_of(Role::Assistant, "ok"), Message::text_of(Role::Assistant, "ok")];
    assert!(!check(&rewriting, &replies, &["ok", "ok"]));
}

/// Drops the reasoning of replies before the person's last words, as many templates do.
const REASONING: &str = r#"
{%- set last = namespace(at=0) %}
{%- for m in messages %}{%- if m.role == 'user' %}{%- set last.at = loop.index0 %}{%- endif %}{%- endfor %}
{%- for m in messages %}{{- m.role + '
' }}
{%- if m.reasoning_content and loop.index0 > last.at %}{{- '<think>' + m.reasoning_content + '</think>' }}{%- endif %}
{{- m.content + '<|end|>
' }}{%- endfor %}{%- if add_generation_prompt %}{{- 'assistant
' }}{%- endif %}"#;

#[test]
fn reasoning_that_a_template_drops_stays_or_goes_as_asked() {
    let template = Template::new(REASONING.to_owned(), String::new(), String::new()).unwrap();
    let (dialect, tokenizer) = (hermes(), Bytes::new());
    let renderer = Renderer { template: &template, dialect: &dialect, tokenizer: &tokenizer };
    let thought =
        Message { role: Role::Assistant, parts: vec![Part::Reasoning("hm".into()), Part::Text("a".into())] };
    let mut tokens = prompt(renderer, None, &[person("Go")], &[]).tokens;
    tokens.extend("<think>hm</think>a".bytes().map(u32::from).chain([tokenizer.end_token()]));
    let earlier = Transcript { tokens: tokens.clone(), messages: 2, ended: true };
    let kept = |next: Message, reasoning| {
        let history = [person("Go"), thought.clone(), next];
        renderer.prompt(Some(&earlier), &history, &[], reasoning).unwrap()
    };
    for reasoning in [EarlierReasoning::Keep, EarlierReasoning::Drop] {
        let Prompt { tokens: after_tool, new, .. } = kept(result("list", json!({})), reasoning);
        assert!(after_tool.starts_with(&tokens), "a tool's result goes on with the thought");
        assert_eq!(new, after_tool.len() - tokens.len());
    }
    assert!(kept(person("on"), EarlierReasoning::Keep).tokens.starts_with(&tokens));
    let Prompt { tokens: dropped, new, .. } = kept(person("on"), EarlierReasoning::Drop);
    assert!(!text(&dropped).contains("hm"));
    assert_eq!(new, "\nuser\non$\nassistant\n".len(), "{}", text(&dropped));
}

#[test]
fn a_reply_that_was_cut_off_is_ended_first() {
    let template = Template::new(TEMPLATE.to_owned(), String::new(), String::new()).unwrap();
    let (dialect, tokenizer) = (hermes(), Bytes::new());
    let renderer = Renderer { template: &template, dialect: &dialect, tokenizer: &tokenizer };
    let history = [person("Go"), Message::text_of(Role::Assistant, "a"), person("on")];
    let earlier = Transcript { tokens: vec![97], messages: 2, ended: false };
    let Prompt { tokens, new, .. } = prompt(renderer, Some(&earlier), &history, &[]);
    assert_eq!((text(&tokens).as_str(), new), ("a$\nuser\non$\nassistant\n", tokens.len() - 1));
}

#[test]
fn what_ends_a_reply_that_could_not_be_read_is_counted_as_new() {
    let template = Template::new(TEMPLATE.to_owned(), String::new(), String::new()).unwrap();
    let (dialect, tokenizer) = (hermes(), Bytes::new());
    let renderer = Renderer { template: &template, dialect: &dialect, tokenizer: &tokenizer };
    let said = |next: Message| [person("Go"), Message::text_of(Role::Assistant, "a"), next];
    let noted = |note: &str| said(Message { role: Role::User, parts: vec![Part::Note(note.to_owned())] });
    let unreadable = noted(&format!("{UNREADABLE}it was cut off. Reply again."));
    for (history, ended) in [(unreadable, false), (noted("Not so."), true), (said(person("on")), true)] {
        let earlier = Transcript { tokens: vec![97], messages: 2, ended };
        let Prompt { new, .. } = prompt(renderer, Some(&earlier), &history, &[]);
        assert_eq!(renderer.since(2, &history, &[]), Some(new), "{history:?}");
    }
}

/// Refuses a conversation in which a person speaks before they were answered, as Mistral's and Gemma's do.
const ALTERNATES: &str = r"
{%- for m in messages %}
{%- if not loop.first and m.role == 'user' and loop.previtem.role != 'assistant' %}{{- raise_exception('roles must alternate') }}{%- endif %}
{{- m.role + '
' + m.content + '<|end|>
' }}{%- endfor %}{%- if add_generation_prompt %}{{- 'assistant
' }}{%- endif %}";

#[test]
fn a_template_that_wants_a_reply_between_a_persons_messages_is_given_one() {
    let template = Template::new(ALTERNATES.to_owned(), String::new(), String::new()).unwrap();
    let (dialect, tokenizer) = (hermes(), Bytes::new());
    let renderer = Renderer { template: &template, dialect: &dialect, tokenizer: &tokenizer };
    let said = |text: &str| Message::text_of(Role::Assistant, text);
    let mut history = vec![person("One"), person("Two")];
    let first = prompt(renderer, None, &history, &[]).tokens;
    assert_eq!(text(&first), "user\nOne$\nassistant\n(no answer)$\nuser\nTwo$\nassistant\n");
    history.extend([said("Both."), person("Three")]);
    let ended: Vec<u32> = "Both.".bytes().map(u32::from).chain([tokenizer.end_token()]).collect();
    let earlier = Transcript { tokens: [first, ended].concat(), messages: 3, ended: true };
    let second = prompt(renderer, Some(&earlier), &history, &[]);
    assert!(second.tokens.starts_with(&earlier.tokens), "{}", text(&second.tokens));
    let cancelled =
        [person("Go"), asks(&[("list", json!({}))]), result("list", json!([])), person("And now?")];
    assert!(renderer.text(&cancelled, &[], true).unwrap().contains("(no answer)"));
}

/// Ends calls and answers in different ways, of which only the first ends a reply of the model, as gpt-oss does.
#[test]
fn an_end_that_is_not_the_last_replys_is_not_taken_for_it() {
    let (all, calls) = (
        "{{- '<|end|>\\n' }}\n{%- else %}",
        "{{- ('<|end|>' if m.tool_calls else '<|over|>') + '\\n' }}\n{%- else %}",
    );
    let ending = TEMPLATE.replace(all, calls);
    assert_ne!(ending, TEMPLATE);
    let said = |text: &str| Message::text_of(Role::Assistant, text);
    let replies = [asks(&[("list", json!({}))]), said("Fine."), said("So.")];
    let call = "<tool_call>\n{\"name\": \"list\", \"arguments\": {}}\n</tool_call>";
    assert!(!check(&ending, &replies, &[call, "Fine.", "So."]), "it is rendered whole");
}

/// Begins the reasoning after a person's message and not after a result, as the distilled models of DeepSeek-R1 do.
#[test]
fn a_prompt_says_whether_it_has_begun_the_reasoning() {
    let begins = "{{- 'assistant\\n' + ('<think>\\n' if messages[-1].role == 'user' else '') }}";
    let source = TEMPLATE.replace("{{- 'assistant\\n' }}{%- endif %}", &format!("{begins}{{%- endif %}}"));
    assert_ne!(source, TEMPLATE);
    let template = Template::new(source, String::new(), String::new()).unwrap();
    let (dialect, tokenizer) = (Native { thinks: true, ..hermes() }, Bytes::new());
    let renderer = Renderer { template: &template, dialect: &dialect, tokenizer: &tokenizer };
    let mut history = vec![person("Go")];
    assert!(prompt(renderer, None, &history, &[]).begun);
    history.extend([asks(&[("list", json!({}))]), result("list", json!("<think>"))]);
    assert!(!prompt(renderer, None, &history, &[]).begun, "neither the template nor a result began it");
    history.extend([Message::text_of(Role::Assistant, "Fine."), person("On")]);
    assert!(prompt(renderer, None, &history, &[]).begun);
    let quiet = hermes();
    let renderer = Renderer { dialect: &quiet, ..renderer };
    assert!(!prompt(renderer, None, &history, &[]).begun, "a model that does not reason");
}

/// As the template of the built-in model does.
#[test]
fn tools_that_fit_a_request_are_named_where_the_template_has_a_place_for_them() {
    let place = "{{- m.role + '\\n' + m.content + (' (' ~ message.fitting | join(', ') ~ ')' if message.fitting else '') + '<|end|>\\n' }}";
    let source = TEMPLATE
        .replace("{{- m.role + '\\n' + m.content + '<|end|>\\n' }}", place)
        .replace("for m in messages %}", "for m in messages %}{%- set message = m %}");
    let replies = [asks(&[("list", json!({}))]), Message::text_of(Role::Assistant, "Fine.")];
    let written = ["<tool_call>\n{\"name\": \"list\", \"arguments\": {}}\n</tool_call>", "Fine."];
    assert!(check(&source, &replies, &written), "what is named does not change what was said before");

    let task = Part::Task { text: "cancel it".to_owned(), untrusted: false };
    let note = Part::Note("(Now list.)".to_owned());
    let history = [
        person("List them"),
        Message::text_of(Role::Assistant, "list"),
        person("Fly"),
        Message { role: Role::User, parts: vec![note, task] },
    ];
    let (dialect, tokenizer, tools) = (hermes(), Bytes::new(), trip_tools());
    for (source, named) in [(source.as_str(), true), (TEMPLATE, false)] {
        let template = Template::new(source.to_owned(), String::new(), String::new()).unwrap();
        let renderer = Renderer { template: &template, dialect: &dialect, tokenizer: &tokenizer };
        let text = renderer.text(&history, &tools, true).unwrap();
        assert_eq!(text.contains("List them (list)<|end|>"), named, "{text}");
        assert_eq!(text.contains("cancel it (cancel)<|end|>"), named, "a note is nobody's request: {text}");
        assert!(text.contains("list<|end|>") && text.contains("Fly<|end|>"), "{text}");
    }
}
