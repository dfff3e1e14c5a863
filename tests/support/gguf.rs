//! Writes GGUF models with random weights, of any size and several architectures, for tests and figures.
//!
//! They say nothing that makes sense, but they compute as real ones do. The tokenizer is byte-level BPE
//! with ChatML markers, the template writes Hermes calls.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

#[path = "gguf_tensors.rs"]
mod tensors;
#[path = "gguf_words.rs"]
mod words;

use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

pub(crate) use tensors::Weights;
use tensors::{Fill, Random, Tensor};
use words::{float, number, numbers, string, strings, text, vocabulary};

/// A kind of model, by what it keeps of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    /// Attention over everything (`qwen3`).
    Attention,
    /// Sliding windows in most layers (`gemma3`).
    SlidingWindow,
    /// A recurrent state (`mamba`).
    Recurrent,
    /// Both attention and short convolutions (`lfm2`).
    Hybrid,
}

/// The shape of a model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) architecture: Architecture,
    pub(crate) layers: u32,
    pub(crate) width: u32,
    pub(crate) heads: u32,
    pub(crate) heads_kv: u32,
    pub(crate) feed_forward: u32,
    /// Tokens that its sliding windows see; zero where it has none.
    pub(crate) window: u32,
    /// Tokens of the vocabulary, markers and 256 bytes included.
    pub(crate) vocabulary: usize,
    /// How its matrices are stored.
    pub(crate) weights: Weights,
    /// Whether the model thinks before it speaks, as its template tells.
    pub(crate) thinks: bool,
}

impl Shape {
    /// A model of a few hundred thousand weights.
    pub(crate) fn tiny(architecture: Architecture) -> Self {
        Self {
            architecture,
            layers: if architecture == Architecture::SlidingWindow { 6 } else { 4 },
            width: 64,
            heads: 4,
            heads_kv: 2,
            feed_forward: 128,
            window: if architecture == Architecture::SlidingWindow { 64 } else { 0 },
            vocabulary: 600,
            weights: Weights::F32,
            thinks: false,
        }
    }
}

const TEMPLATE: &str = r#"{%- if tools %}{{- '<|im_start|>system\n' }}{%- for t in tools %}{{- t.function.name + ': ' + (t.function.parameters | tojson) + '\n' }}{%- endfor %}{{- '<|im_end|>\n' }}{%- endif %}
{%- set last = namespace(at=0) %}{%- for m in messages %}{%- if m.role == 'user' %}{%- set last.at = loop.index0 %}{%- endif %}{%- endfor %}
{%- for m in messages %}
{%- if m.role == 'tool' %}{{- '<|im_start|>tool\n' + m.content + '<|im_end|>\n' }}
{%- elif m.role == 'assistant' %}{{- '<|im_start|>assistant\n' }}{%- if THINKS and m.reasoning_content and loop.index0 > last.at %}{{- '<think>\n' + m.reasoning_content + '\n</think>\n' }}{%- endif %}{{- m.content }}
{%- for c in m.tool_calls or [] %}{{- '\n' if m.content or not loop.first else '' }}{{- '<tool_call>\n{"name": "' + c.function.name + '", "arguments": ' + (c.function.arguments | tojson) + '}\n</tool_call>' }}{%- endfor %}{{- '<|im_end|>\n' }}
{%- else %}{{- '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{%- endif %}{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"#;

const MARKERS: [&str; 7] =
    ["<|im_end|>", "<|im_start|>", "<tool_call>", "</tool_call>", "<think>", "</think>", "<unused>"];

/// Writes a model.
pub(crate) fn write(path: &Path, shape: &Shape) -> Result<()> {
    let tensors = tensors(shape);
    let mut out = Counted { out: BufWriter::new(File::create(path)?), written: 0 };
    out.write_all(b"GGUF")?;
    out.write_all(&3_u32.to_le_bytes())?;
    let metadata = metadata(shape);
    out.write_all(&(tensors.len() as u64).to_le_bytes())?;
    out.write_all(&(metadata.len() as u64).to_le_bytes())?;
    for (key, value) in &metadata {
        text(&mut out, key)?;
        out.write_all(value)?;
    }
    let mut offset = 0_u64;
    for tensor in &tensors {
        text(&mut out, &tensor.name)?;
        out.write_all(&(tensor.shape.len() as u32).to_le_bytes())?;
        for size in &tensor.shape {
            out.write_all(&size.to_le_bytes())?;
        }
        out.write_all(&tensor.weights.ggml().to_le_bytes())?;
        out.write_all(&offset.to_le_bytes())?;
        offset += tensor.bytes().next_multiple_of(32);
    }
    out.pad()?;
    let mut random = Random(42);
    for tensor in &tensors {
        tensor.write(&mut out, &mut random)?;
        out.pad()?;
    }
    out.flush()
}

struct Counted<W> {
    out: W,
    written: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let count = self.out.write(bytes)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> Result<()> {
        self.out.flush()
    }
}

impl<W: Write> Counted<W> {
    fn pad(&mut self) -> Result<()> {
        let missing = self.written.next_multiple_of(32) - self.written;
        self.write_all(&vec![0; missing as usize])
    }
}

fn tensors(shape: &Shape) -> Vec<Tensor> {
    let (width, words) = (u64::from(shape.width), shape.vocabulary as u64);
    let mut all = Vec::new();
    let norm = if shape.architecture == Architecture::Hybrid { "token_embd_norm" } else { "output_norm" };
    matrix(&mut all, shape, "token_embd.weight", &[width, words]);
    ones(&mut all, &format!("{norm}.weight"), width);
    for layer in 0..shape.layers {
        let name = |part: &str| format!("blk.{layer}.{part}");
        ones(&mut all, &name("attn_norm.weight"), width);
        match shape.architecture {
            Architecture::Recurrent => mamba(&mut all, shape, &name),
            Architecture::Hybrid if layer % 2 == 0 => {
                plain(&mut all, &name("shortconv.conv.weight"), &[3, width], Fill::Noise(0.5));
                matrix(&mut all, shape, &name("shortconv.in_proj.weight"), &[width, 3 * width]);
                matrix(&mut all, shape, &name("shortconv.out_proj.weight"), &[width, width]);
            }
            Architecture::Attention | Architecture::SlidingWindow | Architecture::Hybrid => {
                attention(&mut all, shape, &name);
            }
        }
        if shape.architecture != Architecture::Recurrent {
            let feed = u64::from(shape.feed_forward);
            ones(&mut all, &name("ffn_norm.weight"), width);
            matrix(&mut all, shape, &name("ffn_gate.weight"), &[width, feed]);
            matrix(&mut all, shape, &name("ffn_up.weight"), &[width, feed]);
            matrix(&mut all, shape, &name("ffn_down.weight"), &[feed, width]);
        }
        if shape.architecture == Architecture::SlidingWindow {
            ones(&mut all, &name("post_attention_norm.weight"), width);
            ones(&mut all, &name("post_ffw_norm.weight"), width);
        }
    }
    all
}

fn attention(all: &mut Vec<Tensor>, shape: &Shape, name: &dyn Fn(&str) -> String) {
    let (width, head) = (u64::from(shape.width), u64::from(shape.width / shape.heads));
    let shared = head * u64::from(shape.heads_kv);
    matrix(all, shape, &name("attn_q.weight"), &[width, width]);
    matrix(all, shape, &name("attn_k.weight"), &[width, shared]);
    matrix(all, shape, &name("attn_v.weight"), &[width, shared]);
    matrix(all, shape, &name("attn_output.weight"), &[width, width]);
    ones(all, &name("attn_q_norm.weight"), head);
    ones(all, &name("attn_k_norm.weight"), head);
}

fn mamba(all: &mut Vec<Tensor>, shape: &Shape, name: &dyn Fn(&str) -> String) {
    let (width, inner) = (u64::from(shape.width), 2 * u64::from(shape.width));
    matrix(all, shape, &name("ssm_in.weight"), &[width, 2 * inner]);
    plain(all, &name("ssm_conv1d.weight"), &[4, inner], Fill::Noise(0.5));
    plain(all, &name("ssm_conv1d.bias"), &[inner], Fill::Noise(0.1));
    matrix(all, shape, &name("ssm_x.weight"), &[inner, 8 + 2 * 16]);
    matrix(all, shape, &name("ssm_dt.weight"), &[8, inner]);
    plain(all, &name("ssm_dt.bias"), &[inner], Fill::Noise(0.5));
    plain(all, &name("ssm_a"), &[16, inner], Fill::Decay);
    plain(all, &name("ssm_d"), &[inner], Fill::Ones);
    matrix(all, shape, &name("ssm_out.weight"), &[inner, width]);
}

fn matrix(all: &mut Vec<Tensor>, shape: &Shape, name: &str, sizes: &[u64]) {
    let fill = Fill::Noise(2.0 / (sizes[0] as f32).sqrt());
    let weights = if sizes[0].is_multiple_of(32) { shape.weights } else { Weights::F32 };
    all.push(Tensor { name: name.to_owned(), shape: sizes.to_vec(), fill, weights });
}

fn ones(all: &mut Vec<Tensor>, name: &str, size: u64) {
    plain(all, name, &[size], Fill::Ones);
}

fn plain(all: &mut Vec<Tensor>, name: &str, sizes: &[u64], fill: Fill) {
    all.push(Tensor { name: name.to_owned(), shape: sizes.to_vec(), fill, weights: Weights::F32 });
}

/// Keys with their values, ready to be written: type, then bytes.
fn metadata(shape: &Shape) -> Vec<(String, Vec<u8>)> {
    let architecture = match shape.architecture {
        Architecture::Attention => "qwen3",
        Architecture::SlidingWindow => "gemma3",
        Architecture::Recurrent => "mamba",
        Architecture::Hybrid => "lfm2",
    };
    let of = |key: &str| format!("{architecture}.{key}");
    let head = shape.width / shape.heads;
    let recurrent = shape.architecture == Architecture::Recurrent;
    let mut all = vec![
        ("general.architecture".to_owned(), string(architecture)),
        ("general.name".to_owned(), string(&format!("random {architecture}"))),
        (of("block_count"), number(shape.layers)),
        (of("context_length"), number(8_192)),
        (of("embedding_length"), number(shape.width)),
        (of("feed_forward_length"), number(if recurrent { 0 } else { shape.feed_forward })),
        (of("attention.head_count"), number(if recurrent { 0 } else { shape.heads })),
        (of("attention.layer_norm_rms_epsilon"), float(1e-6)),
        (of("vocab_size"), number(shape.vocabulary as u32)),
    ];
    match shape.architecture {
        Architecture::Recurrent => all.extend([
            (of("ssm.conv_kernel"), number(4)),
            (of("ssm.inner_size"), number(2 * shape.width)),
            (of("ssm.state_size"), number(16)),
            (of("ssm.time_step_rank"), number(8)),
        ]),
        Architecture::Hybrid => {
            let heads: Vec<u32> = (0..shape.layers).map(|layer| layer % 2 * shape.heads_kv).collect();
            all.push((of("attention.head_count_kv"), numbers(&heads)));
            all.push((of("shortconv.l_cache"), number(3)));
        }
        Architecture::Attention | Architecture::SlidingWindow => {
            all.push((of("attention.head_count_kv"), number(shape.heads_kv)));
        }
    }
    if !recurrent {
        all.push((of("attention.key_length"), number(head)));
        all.push((of("attention.value_length"), number(head)));
        all.push((of("rope.freq_base"), float(10_000.0)));
    }
    if shape.window > 0 {
        all.push((of("attention.sliding_window"), number(shape.window)));
    }
    tokenizer(&mut all, shape);
    all
}

fn tokenizer(all: &mut Vec<(String, Vec<u8>)>, shape: &Shape) {
    let (words, merges) = vocabulary(shape.vocabulary);
    let kinds: Vec<u32> = (0..words.len())
        .map(|index| {
            if index < 2 {
                3
            } else if index < MARKERS.len() {
                4
            } else {
                1
            }
        })
        .collect();
    let thinks = if shape.thinks { "true" } else { "false" };
    let template = TEMPLATE.replace("THINKS", thinks);
    // The marker of reasoning is only named where there is any: engines look for it.
    let template =
        if shape.thinks { template } else { template.replace("<think>", "").replace("</think>", "") };
    all.extend([
        ("tokenizer.ggml.model".to_owned(), string("gpt2")),
        ("tokenizer.ggml.pre".to_owned(), string("qwen2")),
        ("tokenizer.ggml.tokens".to_owned(), strings(&words)),
        (
            "tokenizer.ggml.token_type".to_owned(),
            [
                vec![9, 0, 0, 0, 5, 0, 0, 0],
                (kinds.len() as u64).to_le_bytes().to_vec(),
                kinds.iter().flat_map(|kind| kind.to_le_bytes()).collect(),
            ]
            .concat(),
        ),
        ("tokenizer.ggml.merges".to_owned(), strings(&merges)),
        ("tokenizer.ggml.eos_token_id".to_owned(), number(0)),
        ("tokenizer.ggml.add_bos_token".to_owned(), vec![7, 0, 0, 0, 0]),
        ("tokenizer.chat_template".to_owned(), string(&template)),
    ]);
}
