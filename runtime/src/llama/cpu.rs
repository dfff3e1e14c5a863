//! What the processor has to be able to do. llama.cpp's kernels are compiled for certain instructions, and a
//! processor without them would end the process with SIGILL in the middle of a run.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod amx;

use handyman_core::{Fault, FaultKind};

/// An instruction set that the kernels may have been built for.
struct Needed {
    name: &'static str,
    /// What the build was told (`GGML_AVX2=OFF`), which llama.cpp's build reads.
    told: Option<&'static str>,
    /// Whether it is used unless the build was told otherwise.
    usual: bool,
    /// Whether this processor has it.
    has: bool,
}

impl Needed {
    fn is_used(&self) -> bool {
        self.told
            .map_or(self.usual, |told| !matches!(told.to_uppercase().as_str(), "OFF" | "0" | "FALSE" | "NO"))
    }
}

/// Checks that the kernels can run here.
///
/// # Errors
/// A [`Fault`] of kind `Backend` that names what the processor lacks.
pub(super) fn check() -> Result<(), Fault> {
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    amx::leave_out();
    missing(&needed()).map_or(Ok(()), Err)
}

fn missing(needed: &[Needed]) -> Option<Fault> {
    let lacks: Vec<&str> =
        needed.iter().filter(|needed| needed.is_used() && !needed.has).map(|needed| needed.name).collect();
    if lacks.is_empty() {
        return None;
    }
    let problem = format!("this build needs a processor with {}, which this one lacks", lacks.join(", "));
    Some(
        Fault::new(FaultKind::Backend, problem).with_hint(
            "build it on this machine with RUSTFLAGS=\"-C target-cpu=native\" cargo build --release",
        ),
    )
}

/// On x86-64 ggml uses AVX2 and what came with it (Haswell, 2013) unless its build is told otherwise; a build for
/// the machine's own processor uses what that has, which the compiler then knows as well.
#[cfg(target_arch = "x86_64")]
fn needed() -> Vec<Needed> {
    macro_rules! needed {
        ($($name:literal $feature:tt $variable:literal $usual:expr;)*) => {
            vec![$(Needed {
                name: $name,
                told: option_env!($variable),
                usual: $usual || cfg!(target_feature = $feature),
                has: std::arch::is_x86_feature_detected!($feature),
            }),*]
        };
    }
    needed! {
        "SSE 4.2" "sse4.2" "GGML_SSE42" true;
        "AVX" "avx" "GGML_AVX" true;
        "AVX2" "avx2" "GGML_AVX2" true;
        "BMI2" "bmi2" "GGML_BMI2" true;
        "FMA" "fma" "GGML_FMA" true;
        "F16C" "f16c" "GGML_F16C" true;
        "AVX-VNNI" "avxvnni" "GGML_AVX_VNNI" false;
        "AVX-512" "avx512f" "GGML_AVX512" false;
        "AVX-512 VBMI" "avx512vbmi" "GGML_AVX512_VBMI" false;
        "AVX-512 VNNI" "avx512vnni" "GGML_AVX512_VNNI" false;
        "AVX-512 BF16" "avx512bf16" "GGML_AVX512_BF16" false;
    }
}

/// Elsewhere the kernels use what every processor of the kind has.
#[cfg(not(target_arch = "x86_64"))]
fn needed() -> Vec<Needed> {
    Vec::new()
}

#[cfg(test)]
mod tests;
