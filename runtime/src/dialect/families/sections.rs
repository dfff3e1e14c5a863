//! A family whose replies are sections of one message, each closed by its name.

use super::{Family, each};
use crate::dialect::format::Format;

/// Moonshot Kimi K3: every argument names the kind of its value, and the message is closed too.
pub(super) const KIMI_K3: Family = Format {
    trigger: "<|open|>tools<|sep|>",
    begins: "<|open|>tools<|sep|>",
    ends: "<|close|>tools<|sep|>",
    arguments: each("<|open|>argument key=\"$KEY\" type=\"$TYPE\"<|sep|>$VALUE<|close|>argument<|sep|>", ""),
    thinking: Some(("<|open|>think<|sep|>", "<|close|>think<|sep|>")),
    answer: ("<|open|>response<|sep|>", "<|close|>response<|sep|>"),
    closes: "<|close|>message<|sep|>",
    ..Format::json(
        "kimi-k3",
        &["<|open|>", "<|close|>", "<|sep|>"],
        "<|open|>call tool=\"$NAME\" index=\"$INDEX\"<|sep|>$ARGS<|close|>call<|sep|>",
    )
};
