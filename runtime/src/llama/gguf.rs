//! A GGUF file's header, read before llama.cpp sees the file: broken files get a clear error, not an abort.
//!
//! llama.cpp refuses most broken files, and ends the process on others: on what it asserts, and on what it throws once
//! the model is loaded. What a header can be seen to lead to that is refused here (`numbers`, `tensors`, `vocabulary`).
//! What remains are tensors that fit together and not the architecture's graph, which llama.cpp finds out when it
//! builds that.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

mod architectures;
mod numbers;
mod tensors;
mod vocabulary;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use handyman_core::{Fault, FaultKind};

use vocabulary::{Tokens, Vocabulary};

const MAGIC: [u8; 4] = *b"GGUF";
const VERSIONS: std::ops::RangeInclusive<u32> = 2..=3;
const DIMENSIONS_MAX: u32 = 4;
/// More layers than any model has; a larger number is no layer's.
const LAYERS_MAX: usize = 4_096;
/// The tokens.
const TOKENS: &str = "tokenizer.ggml.tokens";
/// Architectures that only encode text into vectors and cannot write.
const ENCODERS: [&str; 9] = [
    "bert",
    "modern-bert",
    "nomic-bert",
    "nomic-bert-moe",
    "neo-bert",
    "jina-bert-v2",
    "jina-bert-v3",
    "eurobert",
    "t5encoder",
];

/// One metadata value; arrays of texts are skipped, and those with more than a number for each layer.
#[derive(Debug, Clone, PartialEq)]
enum Meta {
    Text(String),
    Number(u64),
    Real(f64),
    Numbers(Vec<u64>),
    Flag(bool),
    Skipped,
}

/// What the header says that matters before loading.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    values: HashMap<String, Meta>,
    vocabulary: Option<Vocabulary>,
    /// Name and size in bytes of every tensor, in the order of the file.
    tensors: Vec<(String, u64)>,
}

impl Header {
    /// Reads and checks the header of a model file.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` that says what is wrong with the file: missing, not a file, not GGUF,
    /// cut off, an architecture that cannot write, or numbers, tensors or tokens that would end the process.
    pub(crate) fn read(path: &Path) -> Result<Self, Fault> {
        let broken = |what: String| {
            Fault::new(FaultKind::Model, format!("{}: {what}", path.display()))
                .with_hint("name a whole GGUF file; one that was downloaded may have to be downloaded again")
        };
        let metadata = path.metadata().map_err(|error| {
            broken(format!("the model file cannot be opened: {error}")).with_source(error)
        })?;
        if !metadata.is_file() {
            return Err(
                broken("this is not a file".to_owned()).with_hint("name a model file that ends in .gguf")
            );
        }
        let file = File::open(path).map_err(|error| {
            broken(format!("the model file cannot be opened: {error}")).with_source(error)
        })?;
        let mut reader = Reader { source: BufReader::new(file), left: metadata.len() };
        let header = reader.header().map_err(|problem| {
            broken(problem).with_hint("download or export the model again: it has to be a complete GGUF file")
        })?;
        if ENCODERS.contains(&header.text("general.architecture")) || header.never_causal() {
            let problem = format!(
                "this model ({}) only encodes text: it cannot reply",
                header.text("general.architecture")
            );
            return Err(broken(problem).with_hint("use a model that generates text"));
        }
        header.check().map_err(|problem| {
            broken(format!("llama.cpp cannot run this model: {problem}"))
                .with_hint("download the model again, or name another file of it")
        })?;
        Ok(header)
    }

    fn check(&self) -> Result<(), String> {
        numbers::check(self)?;
        let (kind, words) = (self.text("tokenizer.ggml.model"), self.text("tokenizer.ggml.pre"));
        let problem = match &self.vocabulary {
            Some(vocabulary) => vocabulary.problem(kind, words),
            None => vocabulary::problem_of(kind),
        };
        problem.map_or(Ok(()), Err)
    }

    /// A text value, or empty.
    pub(crate) fn text(&self, key: &str) -> &str {
        match self.values.get(key) {
            Some(Meta::Text(text)) => text,
            Some(Meta::Number(_) | Meta::Real(_) | Meta::Numbers(_) | Meta::Flag(_) | Meta::Skipped)
            | None => "",
        }
    }

    /// A number of the model's architecture, such as `embedding_length`.
    pub(crate) fn of_architecture(&self, key: &str) -> Option<u64> {
        match self.value_of_architecture(key) {
            Some(Meta::Number(number)) => Some(*number),
            Some(Meta::Text(_) | Meta::Real(_) | Meta::Numbers(_) | Meta::Flag(_) | Meta::Skipped) | None => {
                None
            }
        }
    }

    /// A number of the model's architecture that may be another in each layer, such as
    /// `attention.head_count_kv`.
    pub(crate) fn of_layer(&self, key: &str, layer: usize) -> Option<u64> {
        match self.value_of_architecture(key) {
            Some(Meta::Number(number)) => Some(*number),
            Some(Meta::Numbers(numbers)) => numbers.get(layer).copied(),
            Some(Meta::Text(_) | Meta::Real(_) | Meta::Flag(_) | Meta::Skipped) | None => None,
        }
    }

    /// The largest number that any layer has.
    fn most_of_layers(&self, key: &str) -> Option<u64> {
        match self.value_of_architecture(key) {
            Some(Meta::Number(number)) => Some(*number),
            Some(Meta::Numbers(numbers)) => numbers.iter().copied().max(),
            Some(Meta::Text(_) | Meta::Real(_) | Meta::Flag(_) | Meta::Skipped) | None => None,
        }
    }

    fn value_of_architecture(&self, key: &str) -> Option<&Meta> {
        self.values.get(&format!("{}.{key}", self.text("general.architecture")))
    }

    /// Bytes of the weights of each layer, and of those that belong to none.
    pub(crate) fn weights(&self) -> (Vec<u64>, u64) {
        let (mut layers, mut rest) = (Vec::new(), 0);
        for (name, bytes) in &self.tensors {
            let number = name.strip_prefix("blk.").and_then(|name| name.split('.').next());
            match number.and_then(|number| number.parse::<usize>().ok()).filter(|&layer| layer < LAYERS_MAX) {
                Some(layer) => {
                    layers.resize(layers.len().max(layer + 1), 0);
                    layers[layer] += bytes;
                }
                None => rest += bytes,
            }
        }
        (layers, rest)
    }

    fn never_causal(&self) -> bool {
        self.value_of_architecture("attention.causal") == Some(&Meta::Flag(false))
    }
}

/// Reads numbers and strings, never beyond the end of the file.
struct Reader<R> {
    source: R,
    left: u64,
}

impl<R: Read> Reader<R> {
    fn header(&mut self) -> Result<Header, String> {
        let mut magic = [0; 4];
        self.bytes(&mut magic).map_err(|_| "this is not a GGUF file: it is too short".to_owned())?;
        if magic != MAGIC {
            return Err("this is not a GGUF file: it does not begin with 'GGUF'".to_owned());
        }
        let version = self.u32()?;
        if !VERSIONS.contains(&version) {
            return Err(format!("GGUF version {version} is not supported; versions 2 and 3 are"));
        }
        let tensors = self.u64()?;
        let pairs = self.u64()?;
        let (mut values, mut vocabulary) = (HashMap::new(), None);
        for _ in 0..pairs {
            let key = self.text()?;
            let kind = self.u32()?;
            let value =
                if key == TOKENS && kind == 9 { self.tokens(&mut vocabulary)? } else { self.value(kind)? };
            values.insert(key, value);
        }
        let tensors = self.tensors(tensors)?;
        Ok(Header { values, vocabulary, tensors })
    }

    /// Reads the tensor list and checks that the data of the last one begins inside the file. A tensor ends
    /// where the next one begins.
    fn tensors(&mut self, count: u64) -> Result<Vec<(String, u64)>, String> {
        let mut begins = Vec::new();
        for _ in 0..count {
            let name = self.text()?;
            let dimensions = self.u32()?;
            if dimensions > DIMENSIONS_MAX {
                return Err(format!("the header is damaged: a tensor with {dimensions} dimensions"));
            }
            let sizes = (0..dimensions).map(|_| self.u64()).collect::<Result<Vec<u64>, _>>()?;
            tensors::check(&name, &sizes, self.u32()?)?;
            begins.push((self.u64()?, name));
        }
        begins.sort();
        let last = begins.last().map_or(0, |(offset, _)| *offset);
        if count > 0 && last >= self.left {
            return Err(format!(
                "the file is cut off: {last} bytes of weights are promised, {} are there",
                self.left
            ));
        }
        let ends: Vec<u64> = begins.iter().skip(1).map(|(offset, _)| *offset).chain([self.left]).collect();
        Ok(begins.into_iter().zip(ends).map(|((begin, name), end)| (name, end - begin)).collect())
    }

    fn value(&mut self, kind: u32) -> Result<Meta, String> {
        match kind {
            6 => Ok(Meta::Real(f64::from(f32::from_bits(self.u32()?)))),
            7 => Ok(Meta::Flag(self.uint(1)? != 0)),
            8 => self.text().map(Meta::Text),
            9 => self.array(),
            12 => Ok(Meta::Real(f64::from_bits(self.u64()?))),
            _ => match width(kind) {
                Some(bytes) => self.uint(bytes).map(Meta::Number),
                None => Err(format!("the header is damaged: unknown value type {kind}")),
            },
        }
    }

    fn array(&mut self) -> Result<Meta, String> {
        let kind = self.u32()?;
        self.array_of(kind)
    }

    fn array_of(&mut self, kind: u32) -> Result<Meta, String> {
        let count = self.u64()?;
        match (kind, width(kind)) {
            (_, Some(bytes)) if count <= LAYERS_MAX as u64 => {
                let numbers = (0..count).map(|_| self.uint(bytes)).collect::<Result<_, _>>()?;
                return Ok(Meta::Numbers(numbers));
            }
            (8, _) => {
                for _ in 0..count {
                    let length = self.u64()?;
                    self.skip(length)?;
                }
            }
            (_, Some(bytes)) => self.skip(count.saturating_mul(bytes as u64))?,
            (_, None) => return Err(format!("the header is damaged: unknown array type {kind}")),
        }
        Ok(Meta::Skipped)
    }

    /// Looks at the tokens, where they are texts.
    fn tokens(&mut self, vocabulary: &mut Option<Vocabulary>) -> Result<Meta, String> {
        let kind = self.u32()?;
        if kind != 8 {
            return self.array_of(kind);
        }
        let mut tokens = Tokens::new();
        for _ in 0..self.u64()? {
            tokens.push(self.text_bytes()?);
        }
        *vocabulary = Some(tokens.finish());
        Ok(Meta::Skipped)
    }

    fn text(&mut self) -> Result<String, String> {
        let bytes = self.text_bytes()?;
        String::from_utf8(bytes).map_err(|_| "the header is damaged: a text is not UTF-8".to_owned())
    }

    fn text_bytes(&mut self) -> Result<Vec<u8>, String> {
        let length = self.u64()?;
        if length > self.left {
            return Err(cut_off());
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| cut_off())?];
        self.bytes(&mut bytes)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, String> {
        self.uint(4).map(|value| u32::try_from(value).unwrap_or(u32::MAX))
    }

    fn u64(&mut self) -> Result<u64, String> {
        self.uint(8)
    }

    /// A little-endian unsigned number of up to eight bytes.
    fn uint(&mut self, bytes: usize) -> Result<u64, String> {
        let mut buffer = [0; 8];
        self.bytes(&mut buffer[..bytes])?;
        Ok(u64::from_le_bytes(buffer))
    }

    fn bytes(&mut self, buffer: &mut [u8]) -> Result<(), String> {
        self.take(buffer.len() as u64)?;
        self.source.read_exact(buffer).map_err(|_| cut_off())
    }

    fn skip(&mut self, count: u64) -> Result<(), String> {
        self.take(count)?;
        let skipped = io::copy(&mut self.source.by_ref().take(count), &mut io::sink());
        if skipped.is_ok_and(|skipped| skipped == count) { Ok(()) } else { Err(cut_off()) }
    }

    fn take(&mut self, count: u64) -> Result<(), String> {
        self.left = self.left.checked_sub(count).ok_or_else(cut_off)?;
        Ok(())
    }
}

/// Bytes of a fixed-size value type.
fn width(kind: u32) -> Option<usize> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

fn cut_off() -> String {
    "the file is cut off inside its header".to_owned()
}

#[cfg(test)]
mod tests;
