//! A collection of documents and the full-text index over it, kept in memory. A folder's index follows the
//! folder: before each search, files that are new, changed or gone are read again, and no others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use handyman_core::{ToolError, ToolErrorKind, ToolResult};
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, Query, TermQuery};
use tantivy::schema::{
    Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value,
};
use tantivy::tokenizer::{Language, Stemmer, TextAnalyzer, Token};
use tantivy::{Index, IndexReader, TantivyDocument, Term};

use super::files::{self, Stamp};
use super::snippet;
use super::tokens::{Bilingual, Characters, characters};
use crate::world::SOURCE;

const BUNDLED: [&str; 2] =
    [include_str!("../../data/documents.en.md"), include_str!("../../data/documents.zh.md")];
const TOKENIZER: &str = "bilingual";
const CHARACTERS: &str = "characters";
const WRITER_BYTES: usize = 20_000_000;
const TITLE_BOOST: f32 = 2.0;
/// A character says less than a word.
const CHARACTER_BOOST: f32 = 0.5;
const SNIPPET_CHARS_MAX: usize = 190;

/// How many of the files that were left out an error names.
const LEFT_OUT_SHOWN_MAX: usize = 3;

/// Documents that can be searched. A clone is the same collection.
#[derive(Clone)]
pub struct Documents {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    source: String,
    origin: Arc<Origin>,
}

#[derive(Clone, Copy)]
struct Fields {
    path: Field,
    title: Field,
    body: Field,
    /// The Chinese characters of both, each by itself, for words of one. Apart, so that words count as they do without.
    characters: Field,
}

/// Where documents come from.
enum Origin {
    /// The bundled ones; whether they are in the index. They are put there by the first search: most runs have none.
    Bundled { indexed: Mutex<bool> },
    /// A folder and what is known of its files.
    Folder { path: PathBuf, known: Mutex<Known> },
}

/// The files of a folder.
#[derive(Default)]
struct Known {
    /// As they were when they were read.
    files: BTreeMap<PathBuf, Stamp>,
    /// Those that cannot be searched, each with what is to be said of it.
    left_out: BTreeMap<PathBuf, String>,
}

/// A document that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its title.
    pub title: String,
    /// The file that it is, below the folder of the collection; none of a bundled one.
    pub file: Option<String>,
    /// The part of it that fits the query.
    pub snippet: String,
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.reader.searcher().num_docs();
        f.debug_struct("Documents")
            .field("source", &self.source)
            .field("count", &count)
            .finish_non_exhaustive()
    }
}

impl Documents {
    /// The bundled documents.
    ///
    /// # Errors
    /// If the index cannot be built.
    pub fn bundled() -> ToolResult<Self> {
        Self::empty(SOURCE.to_owned(), Origin::Bundled { indexed: Mutex::default() })
    }

    /// The texts, pages and PDF files of a folder and the folders in it, up to 5,000 of them. Names that begin with `.`,
    /// `node_modules`, and folders tagged as caches (`CACHEDIR.TAG`) are passed over. Reads all files: call it once.
    ///
    /// # Errors
    /// A folder that cannot be read, or holds no such file.
    pub fn of_folder(folder: &Path) -> ToolResult<Self> {
        let origin = Origin::Folder { path: folder.to_owned(), known: Mutex::default() };
        let documents = Self::empty(folder.display().to_string(), origin)?;
        documents.refresh()?;
        if documents.reader.searcher().num_docs() == 0 {
            let left_out = documents.left_out();
            let why = if left_out.is_empty() {
                files::ENDINGS.join(", ")
            } else {
                let more = left_out.len().saturating_sub(LEFT_OUT_SHOWN_MAX);
                let mut shown: Vec<String> = left_out.into_iter().take(LEFT_OUT_SHOWN_MAX).collect();
                shown.extend((more > 0).then(|| format!("and {more} more")));
                shown.join("; ")
            };
            let message = format!("{} holds no file that can be searched: {why}", folder.display());
            return Err(ToolError::new(ToolErrorKind::NotFound, message));
        }
        Ok(documents)
    }

    /// The files and folders that cannot be searched, each with the reason: `long.txt is larger than 2 MB`. As of the last
    /// search, or of when they were read first.
    #[must_use]
    pub fn left_out(&self) -> Vec<String> {
        let Origin::Folder { path: folder, known } = &*self.origin else { return Vec::new() };
        let known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let name = |path: &Path| path.strip_prefix(folder).unwrap_or(path).display().to_string();
        known.left_out.iter().map(|(path, why)| format!("{} {why}", name(path))).collect()
    }

    fn empty(source: String, origin: Origin) -> ToolResult<Self> {
        let indexed = |tokenizer: &str| {
            let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer);
            TextOptions::default()
                .set_indexing_options(indexing.set_index_option(IndexRecordOption::WithFreqs))
        };
        let options = indexed(TOKENIZER).set_stored();
        let mut schema = Schema::builder();
        let fields = Fields {
            path: schema.add_text_field("path", STRING | STORED),
            title: schema.add_text_field("title", options.clone()),
            body: schema.add_text_field("body", options),
            characters: schema.add_text_field("characters", indexed(CHARACTERS)),
        };
        let index = Index::create_in_ram(schema.build());
        index.tokenizers().register(TOKENIZER, analyzer());
        index.tokenizers().register(CHARACTERS, Characters);
        let reader = index.reader().map_err(ToolError::internal)?;
        Ok(Self { index, reader, fields, source, origin: Arc::new(origin) })
    }

    /// Brings the index to what there is now.
    fn refresh(&self) -> ToolResult<()> {
        match &*self.origin {
            Origin::Bundled { indexed } => self.index_bundled(indexed),
            Origin::Folder { path, known } => self.follow(path, known),
        }
    }

    fn index_bundled(&self, indexed: &Mutex<bool>) -> ToolResult<()> {
        let mut indexed = indexed.lock().unwrap_or_else(PoisonError::into_inner);
        if !*indexed {
            let sections = BUNDLED.iter().flat_map(|text| sections(text));
            self.change(&[], sections.map(|(title, body)| (String::new(), title, body)).collect())?;
            *indexed = true;
        }
        Ok(())
    }

    fn follow(&self, folder: &Path, known: &Mutex<Known>) -> ToolResult<()> {
        let mut guard = known.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { files: known, left_out } = &mut *guard;
        let files::Found { files: found, left_out: passed_over } = files::list(folder)?;
        let is_as_it_was =
            |path: &PathBuf| found.get(path).is_some_and(|stamp| known.get(path) == Some(stamp));
        left_out.retain(|path, _| is_as_it_was(path));
        left_out.extend(passed_over);
        let gone: Vec<PathBuf> = known.keys().filter(|path| !is_as_it_was(path)).cloned().collect();
        let new: Vec<&PathBuf> = found.keys().filter(|path| !is_as_it_was(path)).collect();
        if gone.is_empty() && new.is_empty() {
            return Ok(());
        }
        let mut added = Vec::new();
        for path in new {
            match files::read(path) {
                Ok((title, body)) => {
                    left_out.extend(files::remark(path, &body).map(|remark| (path.clone(), remark)));
                    added.push((path.display().to_string(), title, body));
                }
                // One file that cannot be read keeps no other from being found.
                Err(why) => {
                    left_out.insert(path.clone(), why);
                }
            }
        }
        self.change(&gone, added)?;
        *known = found;
        Ok(())
    }

    /// Takes documents out by their paths and puts others in: path, title, text.
    fn change(&self, gone: &[PathBuf], added: Vec<(String, String, String)>) -> ToolResult<()> {
        let Fields { path, title, body, characters } = self.fields;
        let mut writer = self.index.writer_with_num_threads(1, WRITER_BYTES).map_err(ToolError::internal)?;
        for known in gone {
            writer.delete_term(Term::from_field_text(path, &known.display().to_string()));
        }
        for (place, name, text) in added {
            let document = tantivy::doc!(
                path => place, title => name, body => text, characters => name, characters => text
            );
            writer.add_document(document).map_err(ToolError::internal)?;
        }
        writer.commit().map_err(ToolError::internal)?;
        self.reader.reload().map_err(ToolError::internal)
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
        self.refresh()?;
        let searcher = self.reader.searcher();
        let clauses = terms.iter().flat_map(|text| {
            let term =
                |field| TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs);
            let weighed = |field, boost| BoostQuery::new(Box::new(term(field)), boost);
            let Fields { title, body, characters, .. } = self.fields;
            let parts: [Box<dyn Query>; 3] = [
                Box::new(weighed(title, TITLE_BOOST)),
                Box::new(term(body)),
                Box::new(weighed(characters, CHARACTER_BOOST)),
            ];
            parts.map(|part| (Occur::Should, part))
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
        let (title, body) = (text(self.fields.title), text(self.fields.body));
        let body = body.strip_prefix(&format!("# {title}\n")).unwrap_or(&body).trim();
        let mut tokens = tokens(body);
        tokens.extend(characters(body));
        tokens.sort_by_key(|token| token.offset_from);
        let file = self.below_folder(&text(self.fields.path));
        Hit { snippet: snippet::cut(body, &tokens, terms, SNIPPET_CHARS_MAX), title, file }
    }

    fn below_folder(&self, file: &str) -> Option<String> {
        match &*self.origin {
            Origin::Bundled { .. } => None,
            Origin::Folder { path: folder, .. } => {
                let file = Path::new(file);
                Some(file.strip_prefix(folder).unwrap_or(file).display().to_string())
            }
        }
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
