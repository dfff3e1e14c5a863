//! A model by its name on the hub.

use handyman_core::Fault;

use super::{LocalModel, ModelSettings};
use crate::hub::{Hub, ModelName};

impl LocalModel {
    /// Loads a model that was pulled, by its name: `OWNER/NAME`, `OWNER/NAME:QUANT`, or the short name of one that is
    /// [recommended](crate::hub::RECOMMENDED). Nothing is downloaded: that is for [`Hub::pull`], whose caller knows how
    /// much it may be.
    ///
    /// ```no_run
    /// use handyman_runtime::hub::{Hub, HubSettings};
    /// use handyman_runtime::{LocalModel, ModelSettings};
    ///
    /// # async fn load() -> Result<(), handyman_core::Fault> {
    /// let hub = Hub::new(HubSettings::new("/home/ann/.cache/huggingface/hub"))?;
    /// let model = LocalModel::named(&hub, "Qwen/Qwen3-4B-GGUF:Q4_K_M", ModelSettings::default()).await?;
    /// # let _ = model;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Hub::file`] and [`LocalModel::load`]; of kind `Model` for what is no name of a model.
    pub async fn named(hub: &Hub, name: &str, settings: ModelSettings) -> Result<Self, Fault> {
        let name: ModelName = name.parse()?;
        Self::load(hub.file(&name)?, settings).await
    }
}
