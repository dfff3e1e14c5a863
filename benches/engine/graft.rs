//! Gives a model with random weights the tokenizer of another file: grammars are measured on real words with it.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

use std::path::Path;

use crate::Outcome;

/// Replaces the tokenizer of a GGUF file by that of another one, which may hold nothing else. The chat template and
/// the weights stay.
pub(crate) fn graft(model: &Path, tokenizer: &Path) -> Outcome<()> {
    let (model_bytes, other) = (std::fs::read(model)?, std::fs::read(tokenizer)?);
    let (own, given) = (read(&model_bytes)?, read(&other)?);
    let of_tokenizer = |name: &str| name.starts_with("tokenizer.") && name != "tokenizer.chat_template";
    let kept = own.entries.iter().filter(|(name, _)| !of_tokenizer(name));
    let entries: Vec<&(String, &[u8])> =
        kept.chain(given.entries.iter().filter(|(name, _)| of_tokenizer(name))).collect();
    let mut out = model_bytes[..16].to_vec();
    out.extend((entries.len() as u64).to_le_bytes());
    for (_, bytes) in entries {
        out.extend(*bytes);
    }
    // The descriptions of tensors, and the weights where they are aligned.
    let data = own.end_of_tensors.next_multiple_of(32);
    out.extend(&model_bytes[own.tensors..own.end_of_tensors]);
    out.resize(out.len().next_multiple_of(32), 0);
    out.extend(&model_bytes[data..]);
    Ok(std::fs::write(model, out)?)
}

/// The parts of a file.
struct Parts<'b> {
    /// Each entry of the metadata: its name, and all of its bytes.
    entries: Vec<(String, &'b [u8])>,
    /// Where the descriptions of tensors begin and end.
    tensors: usize,
    end_of_tensors: usize,
}

fn read(bytes: &[u8]) -> Outcome<Parts<'_>> {
    let mut reader = Reader { bytes, at: 8 };
    let (tensors, count) = (reader.number(8)?, reader.number(8)?);
    let mut entries = Vec::new();
    for _ in 0..count {
        let begins = reader.at;
        let name = reader.text()?;
        let kind = reader.number(4)?;
        reader.skip_value(kind)?;
        entries.push((name, &bytes[begins..reader.at]));
    }
    let begins = reader.at;
    for _ in 0..tensors {
        reader.text()?;
        let dimensions = reader.number(4)?;
        reader.skip(8 * dimensions + 4 + 8)?;
    }
    Ok(Parts { entries, tensors: begins, end_of_tensors: reader.at })
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Reader<'_> {
    fn skip(&mut self, count: usize) -> Outcome<()> {
        let next = self.at.checked_add(count).filter(|next| *next <= self.bytes.len());
        self.at = next.ok_or("the file ends too early")?;
        Ok(())
    }

    fn number(&mut self, width: usize) -> Outcome<usize> {
        let begins = self.at;
        self.skip(width)?;
        let mut eight = [0; 8];
        eight[..width].copy_from_slice(&self.bytes[begins..self.at]);
        Ok(usize::try_from(u64::from_le_bytes(eight))?)
    }

    fn text(&mut self) -> Outcome<String> {
        let length = self.number(8)?;
        let begins = self.at;
        self.skip(length)?;
        Ok(String::from_utf8_lossy(&self.bytes[begins..self.at]).into_owned())
    }

    /// Passes over a value: numbers by their width, texts, and lists of either.
    fn skip_value(&mut self, kind: usize) -> Outcome<()> {
        match kind {
            0 | 1 | 7 => self.skip(1),
            2 | 3 => self.skip(2),
            4..=6 => self.skip(4),
            10..=12 => self.skip(8),
            8 => self.text().map(drop),
            9 => {
                let (of, count) = (self.number(4)?, self.number(8)?);
                (0..count).try_for_each(|_| self.skip_value(of))
            }
            _ => Err("a value of an unknown kind".into()),
        }
    }
}
