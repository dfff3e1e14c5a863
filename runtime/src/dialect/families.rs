//! The families people run locally, one description each.
//!
//! The formats are those of the chat templates that the models ship with. Where a template can be given past
//! calls, it is tried out whether it writes them as described here ([`choose`](super::choose)).

mod messages;
mod sections;

use super::format::{Format, Syntax};

type Family = Format<&'static str>;

const fn each(argument: &'static str, between: &'static str) -> Syntax<&'static str> {
    Syntax::Each { argument, between, bare: true }
}

const THINK: Option<(&str, &str)> = Some(("<think>", "</think>"));

/// All families. Those whose signs could be taken for another's stand before it.
pub(crate) static FAMILIES: [Family; 37] = [
    sections::KIMI_K3,
    messages::MUSE,
    // OpenAI gpt-oss: the harmony channels.
    Format {
        trigger: " to=functions.",
        also: Some("<|channel|>commentary to=functions.$NAME <|constrain|>json<|message|>$ARGS"),
        thinking: Some(("<|channel|>analysis<|message|>", "<|end|><|start|>assistant")),
        answer: ("<|channel|>final<|message|>", ""),
        several: false,
        ..Format::json(
            "harmony",
            &["<|channel|>", "functions."],
            " to=functions.$NAME<|channel|>commentary json<|message|>$ARGS",
        )
    },
    // Kimi K2: calls are numbered over the whole conversation.
    Format {
        trigger: "<|tool_calls_section_begin|>",
        begins: "<|tool_calls_section_begin|>",
        ends: "<|tool_calls_section_end|>",
        thinking: THINK,
        ..Format::json(
            "kimi",
            &["<|tool_calls_section_begin|>"],
            "<|tool_call_begin|>functions.$NAME:$INDEX<|tool_call_argument_begin|>$ARGS<|tool_call_end|>",
        )
    },
    // DeepSeek V3 and R1: JSON in a fence.
    Format {
        trigger: "<｜tool▁calls▁begin｜>",
        begins: "<｜tool▁calls▁begin｜>",
        between: "\n",
        ends: "<｜tool▁calls▁end｜>",
        thinking: THINK,
        ..Format::json(
            "deepseek",
            &["<｜tool▁calls▁begin｜>", "```json"],
            "<｜tool▁call▁begin｜>function<｜tool▁sep｜>$NAME\n```json\n$ARGS\n```<｜tool▁call▁end｜>",
        )
    },
    // DeepSeek V3.1.
    Format {
        trigger: "<｜tool▁calls▁begin｜>",
        begins: "<｜tool▁calls▁begin｜>",
        ends: "<｜tool▁calls▁end｜>",
        thinking: THINK,
        ..Format::json(
            "deepseek-v3.1",
            &["<｜tool▁calls▁begin｜>"],
            "<｜tool▁call▁begin｜>$NAME<｜tool▁sep｜>$ARGS<｜tool▁call▁end｜>",
        )
    },
    // DeepSeek V3.2: XML that says which values are texts.
    Format {
        trigger: "<｜DSML｜function_calls>",
        begins: "<｜DSML｜function_calls>\n",
        between: "\n",
        ends: "\n</｜DSML｜function_calls>",
        arguments: each("<｜DSML｜parameter name=\"$KEY\" string=\"$TEXT\">$VALUE</｜DSML｜parameter>\n", ""),
        thinking: THINK,
        ..Format::json(
            "deepseek-v3.2",
            &["DSML", "function_calls"],
            "<｜DSML｜invoke name=\"$NAME\">\n$ARGS</｜DSML｜invoke>",
        )
    },
    // DeepSeek V4.
    Format {
        trigger: "<｜DSML｜tool_calls>",
        begins: "<｜DSML｜tool_calls>\n",
        between: "\n",
        ends: "\n</｜DSML｜tool_calls>",
        arguments: each("<｜DSML｜parameter name=\"$KEY\" string=\"$TEXT\">$VALUE</｜DSML｜parameter>", "\n"),
        thinking: THINK,
        ..Format::json(
            "deepseek-v4",
            &["DSML", "tool_calls"],
            "<｜DSML｜invoke name=\"$NAME\">\n$ARGS\n</｜DSML｜invoke>",
        )
    },
    // MiniMax M2.
    Format {
        trigger: "<minimax:tool_call>",
        begins: "<minimax:tool_call>\n",
        between: "\n",
        ends: "\n</minimax:tool_call>",
        arguments: each("<parameter name=\"$KEY\">$VALUE</parameter>\n", ""),
        thinking: THINK,
        ..Format::json("minimax", &["<minimax:tool_call>"], "<invoke name=\"$NAME\">\n$ARGS</invoke>")
    },
    // MiniMax M1: one JSON object a line.
    Format {
        trigger: "<tool_calls>",
        begins: "<tool_calls>\n",
        between: "\n",
        ends: "\n</tool_calls>",
        thinking: THINK,
        ..Format::json("minimax-m1", &["<tool_calls>\\n{"], "{\"name\": \"$NAME\", \"arguments\": $ARGS}")
    },
    // Apriel.
    Format {
        trigger: "<tool_calls>",
        begins: "<tool_calls>[",
        between: ", ",
        ends: "]</tool_calls>",
        ..Format::json(
            "apriel",
            &["<tool_calls>[", "\"id\""],
            "{\"name\": \"$NAME\", \"arguments\": $ARGS, \"id\": \"$ID\"}",
        )
    },
    // ByteDance Seed.
    Format {
        trigger: "<seed:tool_call>",
        between: "\n",
        arguments: each("<parameter=$KEY>$VALUE</parameter>\n", ""),
        thinking: Some(("<seed:think>", "</seed:think>")),
        ..Format::json(
            "seed",
            &["<seed:tool_call>"],
            "<seed:tool_call>\n<function=$NAME>\n$ARGS</function>\n</seed:tool_call>",
        )
    },
    // Qwen3-Coder, Qwen3.5, Nemotron 3, Step 3.5: XML.
    Format {
        trigger: "<tool_call>",
        between: "\n",
        arguments: each("<parameter=$KEY>\n$VALUE\n</parameter>\n", ""),
        thinking: THINK,
        ..Format::json(
            "qwen-xml",
            &["<tool_call>", "<function=", "<parameter="],
            "<tool_call>\n<function=$NAME>\n$ARGS</function>\n</tool_call>",
        )
    },
    // Zhipu GLM 4.5 and 4.6.
    Format {
        trigger: "<tool_call>",
        between: "\n",
        arguments: each("<arg_key>$KEY</arg_key>\n<arg_value>$VALUE</arg_value>\n", ""),
        thinking: THINK,
        ..Format::json("glm", &["<tool_call>", "<arg_key>"], "<tool_call>$NAME\n$ARGS</tool_call>")
    },
    // Zhipu GLM 4.7.
    Format {
        trigger: "<tool_call>",
        arguments: each("<arg_key>$KEY</arg_key><arg_value>$VALUE</arg_value>", ""),
        thinking: THINK,
        ..Format::json("glm-4.7", &["<tool_call>", "<arg_key>"], "<tool_call>$NAME$ARGS</tool_call>")
    },
    // Tencent Hunyuan.
    Format {
        trigger: "<tool_calls:opensource>",
        begins: "<tool_calls:opensource>\n",
        between: "\n",
        ends: "\n</tool_calls:opensource>",
        arguments: each(
            "<arg_key:opensource>$KEY</arg_key:opensource>\n<arg_value:opensource>$VALUE</arg_value:opensource>\n",
            "",
        ),
        thinking: Some(("<think:opensource>", "</think:opensource>")),
        ..Format::json(
            "hunyuan",
            &["tool_calls", "opensource"],
            "<tool_call:opensource>$NAME<tool_sep:opensource>\n$ARGS</tool_call:opensource>",
        )
    },
    // MiniCPM 5.
    Format {
        trigger: "<function name=",
        between: "\n",
        arguments: each("<param name=\"$KEY\">$VALUE</param>", ""),
        thinking: THINK,
        ..Format::json(
            "minicpm",
            &["<function name=", "<param name="],
            "<function name=\"$NAME\">$ARGS</function>",
        )
    },
    // Gemma 4.
    Format {
        trigger: "<|tool_call>",
        arguments: Syntax::Marked("<|\"|>"),
        thinking: Some(("<|channel>thought\n", "<channel|>")),
        ..Format::json("gemma", &["<|tool_call>", "call:"], "<|tool_call>call:$NAME$ARGS<tool_call|>")
    },
    // FunctionGemma.
    Format {
        trigger: "<start_function_call>",
        arguments: Syntax::Marked("<escape>"),
        ..Format::json(
            "functiongemma",
            &["<start_function_call>"],
            "<start_function_call>call:$NAME$ARGS<end_function_call>",
        )
    },
    // Liquid LFM2: Python.
    Format {
        trigger: "<|tool_call_start|>",
        begins: "<|tool_call_start|>[",
        between: ", ",
        ends: "]<|tool_call_end|>",
        arguments: Syntax::Each { argument: "$KEY=$VALUE", between: ", ", bare: false },
        thinking: THINK,
        ..Format::json("lfm2", &["List of tools: "], "$NAME($ARGS)")
    },
    // Cohere Command A and R7B.
    Format {
        trigger: "<|START_ACTION|>",
        begins: "<|START_ACTION|>[\n    ",
        between: ",\n    ",
        ends: "\n]<|END_ACTION|>",
        thinking: Some(("<|START_THINKING|>", "<|END_THINKING|>")),
        answer: ("<|START_RESPONSE|>", "<|END_RESPONSE|>"),
        ..Format::json(
            "command-r",
            &["<|START_ACTION|>", "<|START_RESPONSE|>"],
            "{\"tool_call_id\": \"$INDEX\", \"tool_name\": \"$NAME\", \"parameters\": $ARGS}",
        )
    },
    // Cohere's mixture of experts, which says its text as `TEXT`.
    Format {
        trigger: "<|START_ACTION|>",
        begins: "<|START_ACTION|>[\n    ",
        between: ",\n    ",
        ends: "\n]<|END_ACTION|>",
        thinking: Some(("<|START_THINKING|>", "<|END_THINKING|>")),
        answer: ("<|START_TEXT|>", "<|END_TEXT|>"),
        ..Format::json(
            "command-a",
            &["<|START_ACTION|>", "<|START_TEXT|>"],
            "{\"tool_call_id\": \"$INDEX\", \"tool_name\": \"$NAME\", \"parameters\": $ARGS}",
        )
    },
    // Cohere Command R and R+.
    Format {
        trigger: "Action:",
        begins: "Action:\n```json\n[\n",
        between: ",\n",
        ends: "\n]```",
        ..Format::json(
            "command-r-plus",
            &["Action:", "tool_name"],
            "    {\n        \"tool_name\": \"$NAME\",\n        \"parameters\": $ARGS\n    }",
        )
    },
    // Mistral from 2025 on, with call ids.
    Format {
        trigger: "[TOOL_CALLS]",
        ..Format::json(
            "mistral-id",
            &["[TOOL_CALLS]", "[CALL_ID]"],
            "[TOOL_CALLS]$NAME[CALL_ID]$ID[ARGS]$ARGS",
        )
    },
    // Mistral from 2025 on.
    Format {
        trigger: "[TOOL_CALLS]",
        thinking: Some(("[THINK]", "[/THINK]")),
        ..Format::json("mistral", &["[TOOL_CALLS]", "[ARGS]"], "[TOOL_CALLS]$NAME[ARGS]$ARGS")
    },
    // Mistral before: one JSON list.
    Format {
        trigger: "[TOOL_CALLS]",
        begins: "[TOOL_CALLS][",
        between: ", ",
        ends: "]",
        ..Format::json(
            "mistral-v3",
            &["[TOOL_CALLS]"],
            "{\"name\": \"$NAME\", \"arguments\": $ARGS, \"id\": \"$ID\"}",
        )
    },
    // NVIDIA Nemotron Nano 2.
    Format {
        trigger: "<TOOLCALL>",
        begins: "<TOOLCALL>[",
        between: ", ",
        ends: "]</TOOLCALL>",
        thinking: THINK,
        ..Format::json("nemotron", &["<TOOLCALL>"], "{\"name\": \"$NAME\", \"arguments\": $ARGS}")
    },
    // Swiss AI Apertus: the name is a key.
    Format {
        trigger: "<|tools_prefix|>",
        begins: "<|tools_prefix|>[",
        between: ", ",
        ends: "]<|tools_suffix|>",
        thinking: Some(("<|inner_prefix|>", "<|inner_suffix|>")),
        ..Format::json("apertus", &["<|tools_prefix|>"], "{\"$NAME\": $ARGS}")
    },
    // Upstage Solar.
    Format {
        trigger: "<|tool_calls|>",
        begins: "<|tool_calls|>",
        thinking: Some(("<|think|>", "<|end|><|begin|>assistant")),
        answer: ("<|content|>", ""),
        ..Format::json(
            "solar",
            &["<|tool_calls|>"],
            "<|tool_call:begin|>$ID<|tool_call:name|>$NAME<|tool_call:args|>$ARGS<|tool_call:end|>",
        )
    },
    messages::FUNCTIONARY_3_2,
    // Functionary 3.1, and Llama models trained like it.
    Format {
        trigger: "<function=",
        ..Format::json("functionary", &["<function=", "</function>"], "<function=$NAME>$ARGS</function>")
    },
    // IBM Granite 3: a JSON list after a mark.
    Format {
        trigger: "<|tool_call|>",
        begins: "<|tool_call|>[",
        between: ", ",
        ends: "]",
        thinking: THINK,
        ..Format::json(
            "granite",
            &["<|tool_call|>", "JSON list"],
            "{\"name\": \"$NAME\", \"arguments\": $ARGS}",
        )
    },
    // Microsoft Phi-4-mini: a JSON list between marks.
    Format {
        trigger: "<|tool_call|>",
        begins: "<|tool_call|>[",
        between: ", ",
        ends: "]<|/tool_call|>",
        ..Format::json("phi", &["<|tool|>", "<|/tool|>"], "{\"name\": \"$NAME\", \"arguments\": $ARGS}")
    },
    // Sber GigaChat.
    Format {
        trigger: "<|function_call|>",
        several: false,
        ..Format::json(
            "gigachat",
            &["<|function_call|>"],
            "<|function_call|>{\"name\": \"$NAME\", \"arguments\": $ARGS}",
        )
    },
    messages::GIGACHAT_3,
    // Hermes, Qwen 2.5, Qwen 3, Granite 4 and many others.
    Format {
        trigger: "<tool_call>",
        between: "\n",
        thinking: THINK,
        ..Format::json(
            "hermes",
            &["<tool_call>"],
            "<tool_call>\n{\"name\": \"$NAME\", \"arguments\": $ARGS}\n</tool_call>",
        )
    },
    // Llama 3.x: the reply is the call.
    Format {
        trigger: "{\"name\": \"",
        several: false,
        ..Format::json(
            "llama3",
            &["\"parameters\": ", "ipython"],
            "{\"name\": \"$NAME\", \"parameters\": $ARGS}",
        )
    },
];

/// The family of this name.
#[cfg(test)]
pub(crate) fn family(name: &str) -> Format {
    FAMILIES.iter().find(|format| format.name == name).expect("there is such a family").owned()
}
