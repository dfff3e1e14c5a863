//! Puts a model together from a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use handyman_core::{Fault, FaultKind, ModelInfo};
use tokio::task::spawn_blocking;
use toktrie::TokEnv;

use super::hash;
use super::identity::{Identity, sample};
use super::states::States;
use super::tokenizer::ModelTokenizer;
use super::transcripts::Transcripts;
use super::{Loaded, LocalModel, ModelCard, ModelSettings, Priority};
use crate::constrain::{Constrainer, vocabulary};
use crate::decode::engine::{Engine, Plan};
use crate::decode::scheduler::Rules;
use crate::dialect::choose::{Candidate, Chosen, choose};
use crate::llama::cache::{CacheSettings, CacheType, SEQUENCES_MAX};
use crate::llama::devices::{Device, devices};
use crate::llama::fit::Sizes;
use crate::llama::gguf::Header;
use crate::llama::threads::Threads;
use crate::llama::weights::Weights;
use crate::memory::host_memory_free;
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
        if settings.cache_type != CacheType::F16 && settings.flash_attention == Some(false) {
            let problem = "keys and values in fewer than 16 bits need flash attention, which is turned off";
            return Err(Fault::new(FaultKind::Backend, problem)
                .with_hint("leave flash attention on, or keep keys and values in 16 bits"));
        }
        let (file, states) = (path.clone(), settings.states.clone());
        let hash = spawn_blocking(move || hash::of(&file, states.as_ref()));
        let loading = Loading::new(path.clone(), &settings);
        let (parts, engine, loading) = loading.load(&settings).await?;
        let trained = parts.weights.window_trained();
        let (window, threads) =
            (loading.window(trained)?, Threads::choose(settings.threads).now().unsigned_abs());
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
            threads,
            gpu_layers: loading.gpu_layers,
            notes: loading.notes,
            dialect: parts.chosen.dialect.name(),
            dialect_why: parts.chosen.why,
        };
        let identity = Identity {
            sha256: &card.info.sha256,
            settings: &settings,
            dialect: card.dialect,
            sample: sample(&parts.template, parts.chosen.dialect.as_ref(), &parts.tokenizer),
            trained_first: parts.header.of_architecture("rope.scaling.original_context_length"),
            cells: loading.cache_tokens.max(window),
        };
        let states = settings.states.clone().and_then(|folder| States::open(folder, identity.text()));
        let shared = Loaded {
            card,
            states,
            settings,
            template: parts.template,
            dialect: parts.chosen.dialect,
            tokenizer: parts.tokenizer,
            constrainer: parts.constrainer,
            engine,
            transcripts: Transcripts::default(),
            marks: parts.weights.forgets_positions(),
        };
        Ok(Self { shared: Arc::new(shared), priority: Priority::default() })
    }
}

/// How a model is being loaded: as asked, or with less than that where it does not fit.
struct Loading {
    path: PathBuf,
    window: u32,
    cache_tokens: u32,
    gpu_layers: Option<u32>,
    notes: Vec<String>,
}

impl Loading {
    fn new(path: PathBuf, settings: &ModelSettings) -> Self {
        let window = settings.window.unwrap_or(WINDOW_DEFAULT);
        let cache_tokens = settings.cache_tokens.unwrap_or(CELLS_MIN);
        Self { path, window, cache_tokens, gpu_layers: settings.gpu_layers, notes: Vec::new() }
    }

    /// Loads the weights and starts the engine, with fewer layers on the GPU where they do not fit.
    async fn load(mut self, settings: &ModelSettings) -> Result<(Parts, Engine, Self), Fault> {
        let file = self.path.clone();
        let header = spawn_blocking(move || Header::read(&file)).await.map_err(defect)??;
        self.fit(&header, settings)?;
        loop {
            match self.attempt(settings).await {
                Err(fault)
                    if matches!(fault.kind(), FaultKind::Model | FaultKind::Backend)
                        && self.fall_back(&fault) => {}
                result => return result.map(|(parts, engine)| (parts, engine, self)),
            }
        }
    }

    async fn attempt(&self, settings: &ModelSettings) -> Result<(Parts, Engine), Fault> {
        let (file, gpu_layers) = (self.path.clone(), self.gpu_layers);
        let read = spawn_blocking(move || Contents::read(&file, gpu_layers)).await.map_err(defect)??;
        let window = self.window(read.weights.window_trained())?;
        let plan = Plan {
            cache: CacheSettings {
                cells: self.cache_tokens.max(window),
                sequences: settings.sessions_max.clamp(1, SEQUENCES_MAX),
                threads: Threads::choose(settings.threads),
                kind: settings.cache_type,
                flash_attention: settings.flash_attention,
                own_kernels: settings.own_kernels,
            },
            rules: Rules { window: window as usize, shortcuts: settings.shortcuts },
            host_bytes: settings.host_bytes_max,
            queue_max: settings.queue_max,
        };
        // The cache is made while the grammars and the dialect are.
        let engine = Engine::start(Arc::clone(&read.weights), Arc::clone(&read.vocabulary), plan)?;
        let parts = spawn_blocking(move || Parts::of(read)).await.map_err(defect)?;
        let engine = engine.await?;
        Ok((parts?, engine))
    }

    /// Tokens a session may have.
    fn window(&self, trained: u32) -> Result<u32, Fault> {
        let window = self.window.min(trained);
        if window < WINDOW_MIN {
            let problem = format!("a window of {window} tokens is too small: it has to hold {WINDOW_MIN}");
            return Err(
                Fault::new(FaultKind::Window, problem).with_hint("use a larger window, or another model")
            );
        }
        Ok(window)
    }

    /// Decides what goes to the GPU, and refuses a cache that no memory can hold.
    fn fit(&mut self, header: &Header, settings: &ModelSettings) -> Result<(), Fault> {
        let vocabulary = header.of_architecture("vocab_size").unwrap_or(0);
        let sizes = Sizes::of(header, settings.cache_type, vocabulary);
        let trained = header
            .of_architecture("context_length")
            .map_or(u32::MAX, |n| u32::try_from(n).unwrap_or(u32::MAX));
        let tokens = self.cache_tokens.max(self.window.min(trained));
        let sequences = settings.sessions_max.clamp(1, SEQUENCES_MAX).into();
        let gpus = used(devices()?);
        if gpus.is_empty() || self.gpu_layers == Some(0) {
            return enough_memory(tokens, sizes.cache(tokens.into(), sequences));
        }
        let most = u32::try_from(sizes.layers.len() + 1).unwrap_or(u32::MAX);
        let free: u64 = gpus.iter().map(|device| device.memory_free).sum();
        if self.gpu_layers.is_none() && !sizes.layers.is_empty() {
            let fitting = sizes.layers_fitting(free, tokens.into(), sequences);
            self.gpu_layers = Some(fitting);
            if fitting < most {
                self.notes.push(format!(
                    "{fitting} of {most} layers fit into the GPU's {} MiB of free memory",
                    free >> 20
                ));
            }
        }
        Ok(())
    }

    /// Half as many layers on the GPU; false when there are none left to take away.
    fn fall_back(&mut self, fault: &Fault) -> bool {
        match self.gpu_layers {
            Some(layers) if layers > 0 => {
                self.gpu_layers = Some(layers / 2);
                self.notes
                    .push(format!("{layers} layers on the GPU failed, {} are tried: {fault}", layers / 2));
                true
            }
            Some(_) | None => false,
        }
    }
}

/// The GPUs that llama.cpp gives layers to: those within a processor only where there is no other.
fn used(devices: Vec<Device>) -> Vec<Device> {
    let mut gpus: Vec<Device> = devices.into_iter().filter(|device| device.is_gpu).collect();
    if gpus.iter().any(|gpu| !gpu.is_integrated) {
        gpus.retain(|gpu| !gpu.is_integrated);
    }
    gpus
}

/// A cache that no memory can hold is refused before it is asked for: systems promise memory they do not have.
fn enough_memory(tokens: u32, bytes: u64) -> Result<(), Fault> {
    let Some(free) = host_memory_free().filter(|&free| bytes > free) else { return Ok(()) };
    let fits = u64::from(tokens).saturating_mul(free / 2) / bytes.max(1);
    let problem = format!(
        "a KV cache of {tokens} tokens needs {} MiB of memory, {} MiB are free",
        bytes >> 20,
        free >> 20
    );
    let smaller = (fits / 256 * 256).max(WINDOW_MIN.into());
    Err(Fault::new(FaultKind::Backend, problem)
        .with_hint(format!("use a smaller window, such as {smaller} tokens, or 8-bit keys and values")))
}

/// What is read from the file.
struct Contents {
    header: Header,
    name: String,
    weights: Arc<Weights>,
    vocabulary: TokEnv,
}

/// Everything that comes from the file.
struct Parts {
    header: Header,
    name: String,
    weights: Arc<Weights>,
    constrainer: Constrainer,
    tokenizer: ModelTokenizer,
    template: Template,
    chosen: Chosen,
}

impl Contents {
    fn read(path: &Path, gpu_layers: Option<u32>) -> Result<Self, Fault> {
        let header = Header::read(path)?;
        if header.text("tokenizer.chat_template").is_empty() {
            let problem = format!("{}: the model has no chat template", path.display());
            return Err(
                Fault::new(FaultKind::Template, problem).with_hint("use a model that was trained for chat")
            );
        }
        let weights = Arc::new(Weights::load(path, gpu_layers)?);
        let vocabulary = vocabulary::environment(&weights)?;
        let name = match header.text("general.name") {
            "" => path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
            name => name.to_owned(),
        };
        Ok(Self { header, name, weights, vocabulary })
    }
}

impl Parts {
    fn of(read: Contents) -> Result<Self, Fault> {
        let Contents { header, name, weights, vocabulary } = read;
        let constrainer = Constrainer::new(&vocabulary)?;
        let tokenizer = ModelTokenizer::new(Arc::clone(&weights));
        let (begins, ends) = weights.frame();
        let template = Template::new(header.text("tokenizer.chat_template").to_owned(), begins, ends)?;
        let chosen =
            choose(Candidate { template: &template, tokenizer: &tokenizer, constrainer: &constrainer })?;
        Ok(Self { header, name, weights, constrainer, tokenizer, template, chosen })
    }
}

fn defect(error: tokio::task::JoinError) -> Fault {
    Fault::new(FaultKind::Backend, "loading the model failed unexpectedly").with_source(error)
}
