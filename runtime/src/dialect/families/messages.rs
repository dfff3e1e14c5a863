//! Families in which a call is a message of its own, in the same reply.

use super::{Family, each};
use crate::dialect::format::Format;

/// Sber `GigaChat` 3; its successor 3.1 writes calls as the first did.
pub(super) const GIGACHAT_3: Family = Format {
    trigger: "<|message_sep|>\n\nfunction call<|role_sep|>\n",
    several: false,
    ..Format::json(
        "gigachat-3",
        &["<|role_sep|>", "'function call'"],
        "<|message_sep|>\n\nfunction call<|role_sep|>\n{\"name\": \"$NAME\", \"arguments\": $ARGS}",
    )
};

/// Muse Glimmer: whom a message is for tells what it is, and a call names its tool twice.
pub(super) const MUSE: Family = Format {
    trigger: "<atem:function_calls>",
    between: "<|eom|><|start|>assistant",
    arguments: each("<atem:parameter name=\"$KEY\">$VALUE</atem:parameter>\n", ""),
    thinking: Some((" to=self<|message|>", "<|eom|><|start|>assistant")),
    answer: (" to=user<|message|>", ""),
    ..Format::json(
        "muse",
        &["<atem:function_calls>", " to=self<|message|>"],
        " to=$NAME<|message|><atem:function_calls>\n<atem:invoke name=\"$NAME\">\n$ARGS\
         </atem:invoke>\n</atem:function_calls>",
    )
};

/// Functionary 3.2: whom a part of the reply is for, a tool or all, begins it, and the prompt ends with the mark before.
pub(super) const FUNCTIONARY_3_2: Family = Format {
    trigger: ">>>",
    between: ">>>",
    answer: ("all\n", ""),
    ..Format::json("functionary-3.2", &[">>>all"], "$NAME\n$ARGS")
};
