//! Vectors of eight 32-bit floats, as the kernels use them, and whether there are vectors of sixteen.

use std::arch::x86_64::{__m256, _mm256_loadu_ps, _mm256_storeu_ps};

/// Whether the processor has vectors of sixteen, and for bytes those of neural networks (VNNI).
pub(super) fn has_wide() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni")
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
#[expect(unsafe_code, reason = "an unaligned load")]
pub(super) fn load(from: &[f32; 8]) -> __m256 {
    // SAFETY: reads the 32 bytes of the array.
    unsafe { _mm256_loadu_ps(from.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
#[expect(unsafe_code, reason = "an unaligned store")]
pub(super) fn store(to: &mut [f32; 8], from: __m256) {
    // SAFETY: writes the 32 bytes of the array.
    unsafe { _mm256_storeu_ps(to.as_mut_ptr(), from) };
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn largest(of: __m256) -> f32 {
    let mut eight = [0.0; 8];
    store(&mut eight, of);
    eight.into_iter().fold(f32::NEG_INFINITY, f32::max)
}
