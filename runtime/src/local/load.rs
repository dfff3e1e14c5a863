//! Puts a model together from a file.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use handyman_core::{Fault, FaultKind, ModelInfo};
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;
use toktrie::TokEnv;

use super::tokenizer::ModelTokenizer;
use super::{LocalModel, ModelCard, ModelSettings};
use crate::constrain::{Constrainer, vocabulary};
use crate::decode::engine::Engine;
use crate::dialect::choose::{Candidate, Chosen, choose};
use crate::llama::cache::CacheSize;
use crate::llama::gguf::Header;
use crate::llama::threads;
use crate::llama::weights::Weights;
use crate::render::Template;

/// The window by default, where the model was trained for more.
const WINDOW_DEFAULT: u32 = 8_192;
/// A window in which no tools, question and reply fit.
const WINDOW_MIN: u32 = 256;
/// Small windows get this many cells to share, so that several sessions stay computed.
const CELLS_MIN: u32 = 8_192;

impl LocalModel {
    /// Loads a GGUF file.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` for a file that is missing, broken or cannot write; `Template` for one
    /// without a usable chat template; `Window` for a window that is too small; `Backend` when there is not
    /// enough memory.
    pub async fn load(path: impl Into<PathBuf>, settings: ModelSettings) -> Result<Self, Fault> {
        let path: PathBuf = path.into();
        let hashed = path.clone();
        let hash = spawn_blocking(move || sha256(&hashed));
        let file = path.clone();
        let gpu_layers = settings.gpu_layers;
        let parts = spawn_blocking(move || Parts::read(&file, gpu_layers)).await.map_err(defect)??;
        let trained = parts.weights.window_trained();
        let window = settings.window.unwrap_or(WINDOW_DEFAULT).min(trained);
        if window < WINDOW_MIN {
            let problem = format!("a window of {window} tokens is too small: it has to hold {WINDOW_MIN}");
            return Err(Fault::new(FaultKind::Window, problem).with_hint("use a larger window, or another model"));
        }
        let threads = threads::count(settings.threads);
        let size = CacheSize { cells: window.max(CELLS_MIN), sequences: settings.sessions_max.max(1), threads };
        let engine =
            Engine::start(Arc::clone(&parts.weights), parts.vocabulary, size, window as usize).await?;
        let sha256 = hash.await.map_err(defect)?.map_err(|error| {
            Fault::new(FaultKind::Model, format!("{}: the model file cannot be read", path.display()))
                .with_source(error)
        })?;
        let card = ModelCard {
            info: ModelInfo { name: parts.name, sha256 },
            architecture: parts.header.text("general.architecture").to_owned(),
            parameters: parts.weights.parameters(),
            vocabulary: parts.weights.vocabulary(),
            window_trained: trained,
            window,
            threads: threads.unsigned_abs(),
            dialect: parts.chosen.dialect.name(),
            dialect_why: parts.chosen.why,
        };
        Ok(Self {
            card,
            sampling: settings.sampling,
            template: parts.template,
            dialect: parts.chosen.dialect,
            tokenizer: parts.tokenizer,
            constrainer: parts.constrainer,
            engine,
            transcripts: Mutex::new(VecDeque::new()),
        })
    }
}

/// Everything that comes from the file.
struct Parts {
    header: Header,
    name: String,
    weights: Arc<Weights>,
    vocabulary: TokEnv,
    constrainer: Constrainer,
    tokenizer: ModelTokenizer,
    template: Template,
    chosen: Chosen,
}

impl Parts {
    fn read(path: &Path, gpu_layers: Option<u32>) -> Result<Self, Fault> {
        let header = Header::read(path)?;
        let source = header.text("tokenizer.chat_template").to_owned();
        if source.is_empty() {
            let problem = format!("{}: the model has no chat template", path.display());
            return Err(Fault::new(FaultKind::Template, problem).with_hint("use a model that was trained for chat"));
        }
        let weights = Arc::new(Weights::load(path, gpu_layers)?);
        let vocabulary = vocabulary::environment(&weights)?;
        let constrainer = Constrainer::new(&vocabulary)?;
        let tokenizer = ModelTokenizer::new(Arc::clone(&weights));
        let (begins, ends) = weights.frame();
        let template = Template::new(source, begins, ends)?;
        let chosen = choose(Candidate { template: &template, tokenizer: &tokenizer, constrainer: &constrainer })?;
        let name = match header.text("general.name") {
            "" => path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
            name => name.to_owned(),
        };
        Ok(Self { header, name, weights, vocabulary, constrainer, tokenizer, template, chosen })
    }
}

fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    let mut text = String::new();
    for byte in hash.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

fn defect(error: tokio::task::JoinError) -> Fault {
    Fault::new(FaultKind::Backend, "loading the model failed unexpectedly").with_source(error)
}
