//! The built-in model: a small GGUF inside the library, so that nothing has to be downloaded.

use std::io::Write;
use std::path::{Path, PathBuf};

use handyman_core::{Fault, FaultKind};
use handyman_runtime::{LocalModel, ModelSettings};

static GGUF: &[u8] = include_bytes!("../model/handyman.gguf");

/// Loads the model that ships inside this library.
pub trait BuiltinModel: Sized {
    /// The built-in model with default settings. It is written once to the system's folder for
    /// temporary files, because llama.cpp loads models from files.
    ///
    /// # Errors
    /// A [`Fault`] of kind `Model` if that file cannot be written or loaded.
    fn builtin() -> impl Future<Output = Result<Self, Fault>> + Send;

    /// The built-in model with these settings.
    ///
    /// # Errors
    /// As [`BuiltinModel::builtin`].
    fn builtin_with(settings: ModelSettings) -> impl Future<Output = Result<Self, Fault>> + Send;
}

impl BuiltinModel for LocalModel {
    async fn builtin() -> Result<Self, Fault> {
        Self::builtin_with(ModelSettings::default()).await
    }

    async fn builtin_with(settings: ModelSettings) -> Result<Self, Fault> {
        let path = unpacked(&std::env::temp_dir()).map_err(|error| {
            Fault::new(FaultKind::Model, format!("the built-in model cannot be unpacked: {error}"))
                .with_hint("free some room in the folder for temporary files, or point TMPDIR elsewhere")
                .with_source(error)
        })?;
        Self::load(path, settings).await
    }
}

/// The model's file in `folder`. It is written under another name first, so that a file with the final
/// name is always whole; the name carries the content's checksum, so that versions do not meet. A file that is there
/// has to be the same byte for byte.
fn unpacked(folder: &Path) -> std::io::Result<PathBuf> {
    let path = folder.join(format!("handyman-{:08x}.gguf", crc32fast::hash(GGUF)));
    let is_whole = std::fs::read(&path).is_ok_and(|bytes| bytes == GGUF);
    if !is_whole {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(GGUF)?;
        file.persist(&path).map_err(|error| error.error)?;
    }
    Ok(path)
}
