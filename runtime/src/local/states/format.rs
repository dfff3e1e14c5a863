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

use std::io::{self, BufReader, BufWriter, Read, Write};

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

/// Writes a file.
///
/// # Errors
/// What the system says.
pub(super) fn write(out: impl Write, header: &Header<'_>, marks: &[Mark], saved: &Saved) -> io::Result<()> {
    let mut out = BufWriter::new(Hashing { within: out, hash: Sha256::new() });
    content(&mut out, header, marks, saved)?;
    let Hashing { mut within, hash } = out.into_inner()?;
    within.write_all(hash.finalize().as_slice())?;
    within.flush()
}

/// Bytes of the file that [`write`] makes.
pub(super) fn length(header: &Header<'_>, marks: &[Mark], saved: &Saved) -> u64 {
    let mut counted = Counted(DIGEST as u64);
    // Counting does not fail.
    let _ = content(&mut counted, header, marks, saved);
    counted.0
}

/// Everything before the hash.
fn content(out: &mut impl Write, header: &Header<'_>, marks: &[Mark], saved: &Saved) -> io::Result<()> {
    out.write_all(MAGIC)?;
    block(out, header.identity.as_bytes())?;
    block(out, header.session.as_bytes())?;
    number(out, marks.len())?;
    for mark in marks {
        out.write_all(&mark.key)?;
        for value in [mark.tokens, mark.messages, usize::from(mark.ended)] {
            number(out, value)?;
        }
    }
    number(out, saved.tokens.len())?;
    for token in &saved.tokens {
        out.write_all(&token.to_le_bytes())?;
    }
    block(out, &saved.state)?;
    number(out, saved.checkpoints.len())?;
    for checkpoint in &saved.checkpoints {
        number(out, checkpoint.position)?;
        block(out, checkpoint.fixed.as_deref().unwrap_or_default())?;
        let logits = checkpoint.logits.as_deref().unwrap_or_default();
        number(out, logits.len())?;
        for logit in logits {
            out.write_all(&logit.to_le_bytes())?;
        }
    }
    Ok(())
}

fn number(out: &mut impl Write, value: usize) -> io::Result<()> {
    out.write_all(&(value as u64).to_le_bytes())
}

fn block(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    number(out, bytes.len())?;
    out.write_all(bytes)
}

/// Passes on what is written, and knows its hash.
struct Hashing<W> {
    within: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.within.write_all(bytes)?;
        self.hash.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.within.flush()
    }
}

/// Only counts what is written.
struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a file of so many bytes holds, if it is whole and belongs to this model and session.
pub(super) fn read(source: impl Read, length: u64, header: &Header<'_>) -> Option<Stored> {
    let mut reader = Reader::new(source, length)?;
    // The names are compared first: most files that are of no use belong to another model.
    if reader.block()? != header.identity.as_bytes() || reader.block()? != header.session.as_bytes() {
        return None;
    }
    let marks = reader.marks()?;
    let tokens = reader.words(u32::from_le_bytes)?;
    let state = reader.block()?;
    let count = reader.number()?;
    let mut checkpoints = Vec::new();
    for _ in 0..count {
        checkpoints.push(reader.checkpoint()?);
    }
    let saved = Saved { tokens, state, checkpoints };
    let fits = reader.ends_whole()
        && marks.iter().all(|mark| mark.tokens <= saved.tokens.len())
        && saved.checkpoints.iter().all(|checkpoint| checkpoint.position <= saved.tokens.len());
    fits.then_some(Stored { marks, saved })
}

/// The marks of a file of so many bytes, of whatever model and session it is. What follows them is not looked at.
pub(super) fn marks(source: impl Read, length: u64) -> Option<Vec<Mark>> {
    let mut reader = Reader::new(source, length)?;
    let (_identity, _session) = (reader.block()?, reader.block()?);
    reader.marks()
}

/// What has not been read yet, and the hash of what has. Nothing is read beyond the end, or taken room for.
struct Reader<R> {
    source: BufReader<R>,
    hash: Sha256,
    left: usize,
}

impl<R: Read> Reader<R> {
    /// Begins a file of so many bytes, if it is one of these at all.
    fn new(source: R, length: u64) -> Option<Self> {
        let left = usize::try_from(length).ok()?.checked_sub(DIGEST)?;
        let mut reader = Self { source: BufReader::new(source), hash: Sha256::new(), left };
        (reader.take(MAGIC.len())? == MAGIC).then_some(reader)
    }

    fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        self.left = self.left.checked_sub(count)?;
        let mut bytes = vec![0; count];
        self.source.read_exact(&mut bytes).ok()?;
        self.hash.update(&bytes);
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn number(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.array()?)).ok()
    }

    fn block(&mut self) -> Option<Vec<u8>> {
        let count = self.number()?;
        self.take(count)
    }

    /// How many, then each.
    fn words<T>(&mut self, of: fn([u8; 4]) -> T) -> Option<Vec<T>> {
        let count = self.number()?;
        let bytes = self.take(count.checked_mul(4)?)?;
        Some(bytes.as_chunks::<4>().0.iter().copied().map(of).collect())
    }

    fn marks(&mut self) -> Option<Vec<Mark>> {
        let count = self.number()?;
        let mut marks = Vec::new();
        for _ in 0..count {
            let key = self.array()?;
            let (tokens, messages, ended) = (self.number()?, self.number()?, self.number()?);
            marks.push(Mark { key, tokens, messages, ended: ended == 1 });
        }
        Some(marks)
    }

    fn checkpoint(&mut self) -> Option<Checkpoint> {
        let position = self.number()?;
        let fixed = Some(self.block()?).filter(|bytes| !bytes.is_empty());
        let logits = Some(self.words(f32::from_le_bytes)?).filter(|logits| !logits.is_empty());
        Some(Checkpoint { position, fixed, logits })
    }

    /// Whether nothing is left but the hash of what was read.
    fn ends_whole(mut self) -> bool {
        let mut digest = [0; DIGEST];
        self.left == 0
            && self.source.read_exact(&mut digest).is_ok()
            && self.hash.finalize().as_slice() == digest.as_slice()
    }
}
