// Sixteen numbers at a time: what the kernels share.

#pragma once

#include <immintrin.h>
#include <torch/extension.h>

#include <cstdint>

using Half = uint16_t; // the bits of a bf16

constexpr float LOG2E = 1.44269504f;

inline const Half* bits(const at::Tensor& x) { return reinterpret_cast<const Half*>(x.data_ptr<at::BFloat16>()); }
inline Half* bits_mut(at::Tensor& x) { return reinterpret_cast<Half*>(x.data_ptr<at::BFloat16>()); }

// Sixteen bf16 numbers, each in the lower half of 32 bits.
inline __m512i widened(const Half* at) { return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at))); }

inline __m512 floats(const Half* at) { return _mm512_castsi512_ps(_mm512_slli_epi32(widened(at), 16)); }

inline void store_bf16(void* at, __m512 x) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), (__m256i)_mm512_cvtneps_pbh(x)); }

// 2 to the power of x, within 5e-6 of the value; 0 far below.
inline __m512 power(__m512 x) {
    const __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m512 rest = _mm512_sub_ps(x, whole);
    __m512 sum = _mm512_set1_ps(0.00961812910f);
    sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(0.0555041087f));
    sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(0.240226507f));
    sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(0.693147181f));
    sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(sum, whole);
}
