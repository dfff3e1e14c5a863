//! The file of one sequence.
//!
//! ```text
//! HANDYMAN-STATE-1 ⏎
//! numbers (u64, little endian) and texts (their length, then UTF-8), one after another:
//!   identity, session,
//!   transcripts: how many, then each: key (32 bytes), tokens, messages, ended
//!   tokens: how many, then each as u32
//!   state: how many bytes, then they
//!   checkpoints: how many, then each: position, state (bytes), logits (how many, then each as f32)
//! SHA-256 of everything before, 32 bytes
//! ```

use sha2::{Digest, Sha256};

use super::{Mark, Stored};
use crate::decode::parked::{Checkpoint, Saved};

const MAGIC: &[u8] = b"HANDYMAN-STATE-1\n";
const DIGEST: usize = 32;

/// What has to be the same for a file to be of use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header<'a> {
    pub(super) identity: &'a str,
    pub(super) session: &'a str,
}

/// The bytes of a file.
pub(super) fn write(header: &Header<'_>, stored: &Stored) -> Vec<u8> {
    let Stored { marks, saved } = stored;
    let mut out = MAGIC.to_vec();
    block(&mut out, header.identity.as_bytes());
    block(&mut out, header.session.as_bytes());
    number(&mut out, marks.len());
    for mark in marks {
        out.extend(mark.key);
        for value in [mark.tokens, mark.messages, usize::from(mark.ended)] {
            number(&mut out, value);
        }
    }
    number(&mut out, saved.tokens.len());
    out.extend(saved.tokens.iter().flat_map(|token| token.to_le_bytes()));
    block(&mut out, &saved.state);
    number(&mut out, saved.checkpoints.len());
    for checkpoint in &saved.checkpoints {
        number(&mut out, checkpoint.position);
        block(&mut out, checkpoint.fixed.as_deref().unwrap_or_default());
        let logits = checkpoint.logits.as_deref().unwrap_or_default();
        number(&mut out, logits.len());
        out.extend(logits.iter().flat_map(|logit| logit.to_le_bytes()));
    }
    let digest = Sha256::digest(&out);
    out.extend(digest);
    out
}

/// What a file holds, if it is whole and belongs to this model and session.
pub(super) fn read(bytes: &[u8], header: &Header<'_>) -> Option<Stored> {
    let (content, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
    // The names are compared first: most files that are of no use belong to another model.
    let mut reader = Reader(content.strip_prefix(MAGIC)?);
    let known = reader.block()? == header.identity.as_bytes() && reader.block()? == header.session.as_bytes();
    if !known || Sha256::digest(content).as_slice() != digest {
        return None;
    }
    let count = reader.number()?;
    let mut marks = Vec::new();
    for _ in 0..count {
        marks.push(reader.mark()?);
    }
    let count = reader.number()?;
    let tokens = reader.words(count)?.map(u32::from_le_bytes).collect();
    let state = reader.block()?.to_vec();
    let count = reader.number()?;
    let mut checkpoints = Vec::new();
    for _ in 0..count {
        checkpoints.push(reader.checkpoint()?);
    }
    let saved = Saved { tokens, state, checkpoints };
    let fits = reader.0.is_empty()
        && marks.iter().all(|mark| mark.tokens <= saved.tokens.len())
        && saved.checkpoints.iter().all(|checkpoint| checkpoint.position <= saved.tokens.len());
    fits.then_some(Stored { marks, saved })
}

fn number(out: &mut Vec<u8>, value: usize) {
    out.extend((value as u64).to_le_bytes());
}

fn block(out: &mut Vec<u8>, bytes: &[u8]) {
    number(out, bytes.len());
    out.extend(bytes);
}

/// What has not been read yet. Nothing is read beyond the end.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<usize> {
        let bytes = self.take(8)?.try_into().ok()?;
        usize::try_from(u64::from_le_bytes(bytes)).ok()
    }

    fn block(&mut self) -> Option<&'b [u8]> {
        let count = self.number()?;
        self.take(count)
    }

    fn words(&mut self, count: usize) -> Option<impl Iterator<Item = [u8; 4]> + use<'b>> {
        let bytes = self.take(count.checked_mul(4)?)?;
        Some(bytes.chunks_exact(4).filter_map(|word| word.try_into().ok()))
    }

    fn mark(&mut self) -> Option<Mark> {
        let key = self.take(32)?.try_into().ok()?;
        let (tokens, messages, ended) = (self.number()?, self.number()?, self.number()?);
        Some(Mark { key, tokens, messages, ended: ended == 1 })
    }

    fn checkpoint(&mut self) -> Option<Checkpoint> {
        let position = self.number()?;
        let fixed = Some(self.block()?.to_vec()).filter(|bytes| !bytes.is_empty());
        let count = self.number()?;
        let logits: Vec<f32> = self.words(count)?.map(f32::from_le_bytes).collect();
        Some(Checkpoint { position, fixed, logits: Some(logits).filter(|logits| !logits.is_empty()) })
    }
}
