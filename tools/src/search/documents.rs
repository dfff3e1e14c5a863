//! A collection of documents and the full-text index over it, kept in memory.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions, Value};
use tantivy::tokenizer::{Language, Stemmer, TextAnalyzer, Token};
use tantivy::{Index, IndexReader, TantivyDocument, Term};

use super::snippet;
use super::tokens::Bilingual;
use crate::world::SOURCE;

const BUNDLED: [&str; 2] =
    [include_str!("../../data/documents.en.md"), include_str!("../../data/documents.zh.md")];
const TOKENIZER: &str = "bilingual";
const WRITER_BYTES: usize = 20_000_000;
const TITLE_BOOST: f32 = 2.0;
const SNIPPET_CHARS_MAX: usize = 190;
const FILES_MAX: usize = 5_000;
const FILE_BYTES_MAX: u64 = 2_000_000;

/// Documents that can be searched.
pub struct Documents {
    reader: IndexReader,
    title: Field,
    body: Field,
    source: String,
    count: usize,
}

/// A document that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its title.
    pub title: String,
    /// The part of it that fits the query.
    pub snippet: String,
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents")
            .field("source", &self.source)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl Documents {
    /// The bundled documents.
    ///
    /// # Errors
    /// If the index cannot be built.
    pub fn bundled() -> ToolResult<Self> {
        let documents = BUNDLED.iter().flat_map(|text| sections(text)).collect();
        Self::of(documents, SOURCE.to_owned())
    }

    /// The `.txt` and `.md` files of a folder and the folders in it. Reads them all: call it once.
    ///
    /// # Errors
    /// A folder that cannot be read, holds no such file, or too many.
    pub fn of_folder(folder: &Path) -> ToolResult<Self> {
        let mut documents = Vec::new();
        for path in files(folder)? {
            let text = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
            let text = String::from_utf8_lossy(&text).into_owned();
            let heading = text.lines().find_map(|line| line.strip_prefix("# ")).map(str::to_owned);
            let name =
                || path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            documents.push((heading.unwrap_or_else(name), text));
        }
        if documents.is_empty() {
            let message = format!("{} holds no .txt or .md file", folder.display());
            return Err(ToolError::new(ToolErrorKind::NotFound, message));
        }
        Self::of(documents, folder.display().to_string())
    }

    fn of(documents: Vec<(String, String)>, source: String) -> ToolResult<Self> {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(TOKENIZER)
            .set_index_option(IndexRecordOption::WithFreqs);
        let options = TextOptions::default().set_indexing_options(indexing).set_stored();
        let mut schema = Schema::builder();
        let (title, body) =
            (schema.add_text_field("title", options.clone()), schema.add_text_field("body", options));
        let index = Index::create_in_ram(schema.build());
        index.tokenizers().register(TOKENIZER, analyzer());
        let count = documents.len();
        let mut writer = index.writer_with_num_threads(1, WRITER_BYTES).map_err(ToolError::internal)?;
        for (name, text) in documents {
            writer.add_document(tantivy::doc!(title => name, body => text)).map_err(ToolError::internal)?;
        }
        writer.commit().map_err(ToolError::internal)?;
        let reader = index.reader().map_err(ToolError::internal)?;
        Ok(Self { reader, title, body, source, count })
    }

    /// Where the documents come from: `sandbox` or the folder.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The documents that fit a query best, the best first.
    ///
    /// # Errors
    /// An empty query, or a failure of the index.
    pub fn find(&self, query: &str, limit: usize) -> ToolResult<Vec<Hit>> {
        let terms: BTreeSet<String> = tokens(query).into_iter().map(|token| token.text).collect();
        if terms.is_empty() {
            return Err(ToolError::argument("query", "nothing to search for; give a few words"));
        }
        let searcher = self.reader.searcher();
        let clauses = terms.iter().flat_map(|text| {
            let term =
                |field| TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs);
            let title: Box<dyn Query> = Box::new(BoostQuery::new(Box::new(term(self.title)), TITLE_BOOST));
            [(Occur::Should, title), (Occur::Should, Box::new(term(self.body)) as Box<dyn Query>)]
        });
        let query = BooleanQuery::new(clauses.collect());
        let best = TopDocs::with_limit(limit.max(1)).order_by_score();
        let found = searcher.search(&query, &best).map_err(ToolError::internal)?;
        let documents = found.into_iter().map(|(_, address)| searcher.doc(address));
        documents.map(|document| Ok(self.hit(&document.map_err(ToolError::internal)?, &terms))).collect()
    }

    fn hit(&self, document: &TantivyDocument, terms: &BTreeSet<String>) -> Hit {
        let text =
            |field| document.get_first(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let (title, body) = (text(self.title), text(self.body));
        let body = body.strip_prefix(&format!("# {title}\n")).unwrap_or(&body).trim();
        Hit { snippet: snippet::cut(body, &tokens(body), terms, SNIPPET_CHARS_MAX), title }
    }
}

fn analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(Bilingual).filter(Stemmer::new(Language::English)).build()
}

fn tokens(text: &str) -> Vec<Token> {
    let mut analyzer = analyzer();
    let mut stream = analyzer.token_stream(text);
    let mut tokens = Vec::new();
    stream.process(&mut |token| tokens.push(token.clone()));
    tokens
}

/// The documents of a bundled file: each begins with a line `# Title`.
fn sections(text: &str) -> Vec<(String, String)> {
    text.split("\n# ")
        .filter_map(|section| section.trim_start_matches("# ").split_once('\n'))
        .map(|(title, body)| (title.trim().to_owned(), body.trim().to_owned()))
        .collect()
}

fn files(folder: &Path) -> ToolResult<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&folder, &error))?;
            let (path, meta) = (entry.path(), entry.metadata().map_err(|error| unreadable(&folder, &error))?);
            let is_text = path.extension().is_some_and(|ending| ending == "txt" || ending == "md");
            if meta.is_dir() {
                folders.push(path);
            } else if is_text && meta.len() <= FILE_BYTES_MAX {
                files.push(path);
            }
        }
        if files.len() > FILES_MAX {
            let message = format!("{} holds more than {FILES_MAX} documents", folder.display());
            return Err(ToolError::new(ToolErrorKind::Refused, message));
        }
    }
    files.sort();
    Ok(files)
}

fn unreadable(path: &Path, error: &std::io::Error) -> ToolError {
    ToolError::new(ToolErrorKind::NotFound, format!("cannot read {}: {error}", path.display()))
}
