//! What there is to compute on.

use handyman_core::Fault;
use llama_cpp_2::{LlamaBackendDeviceType, list_llama_ggml_backend_devices};

use super::backend::backend;
use crate::memory::host_memory_free;

/// Something that llama.cpp can compute on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its short name (`CPU`, `CUDA0`).
    pub name: String,
    /// What it is.
    pub description: String,
    /// Whether it is a GPU, to which layers of a model can be given.
    pub is_gpu: bool,
    /// Whether it is a GPU within the processor, whose memory is the host's.
    pub is_integrated: bool,
    /// Bytes of its memory.
    pub memory_total: u64,
    /// Bytes of its memory that are free.
    pub memory_free: u64,
}

/// The devices that this build can use. A GPU is only listed by a build with its feature.
///
/// # Errors
/// A [`Fault`] of kind `Backend` when another copy of llama.cpp in this process was there first.
pub fn devices() -> Result<Vec<Device>, Fault> {
    backend()?;
    let device = |found: llama_cpp_2::LlamaBackendDevice| {
        let is_gpu =
            matches!(found.device_type, LlamaBackendDeviceType::Gpu | LlamaBackendDeviceType::IntegratedGpu);
        // llama.cpp takes all of the host's memory for free.
        let free = if is_gpu { None } else { host_memory_free() };
        Device {
            name: found.name,
            description: found.description,
            is_gpu,
            is_integrated: found.device_type == LlamaBackendDeviceType::IntegratedGpu,
            memory_total: found.memory_total as u64,
            memory_free: free.unwrap_or(found.memory_free as u64),
        }
    };
    // What only helps the CPU with an operation is no device to choose.
    let helps =
        |found: &llama_cpp_2::LlamaBackendDevice| found.device_type == LlamaBackendDeviceType::Accelerator;
    Ok(list_llama_ggml_backend_devices().into_iter().filter(|found| !helps(found)).map(device).collect())
}
