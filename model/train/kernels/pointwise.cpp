// What stands between the matrix products of a block, forth and back, each in one pass over its numbers: normalising by the root mean
// square, with rotary positions where they follow, and the gate of the feed-forward network. In and out bf16, between them float.

#include <immintrin.h>
#include <torch/extension.h>

#include <cmath>
#include <mutex>
#include <optional>
#include <vector>

#include "vectors.h"

namespace {

constexpr float EPSILON = 1e-6f;
constexpr int64_t WIDEST = 1024; // numbers of a vector that is normalised

using Table = std::optional<at::Tensor>; // (tokens, half the width), float

// Vectors laid one after the other, and where in its row each stands.
struct Layout {
    int64_t width, count, heads, tokens;
    const float *cosine = nullptr, *sine = nullptr;

    // x is (…, tokens, heads, width) if there are positions.
    Layout(const at::Tensor& x, const Table& cosines, const Table& sines) : width(x.size(-1)), count(x.numel() / width), heads(1), tokens(1) {
        TORCH_CHECK(x.is_contiguous() && x.scalar_type() == at::kBFloat16 && width % 32 == 0 && width <= WIDEST);
        if (!cosines) return;
        TORCH_CHECK(cosines->is_contiguous() && sines->is_contiguous() && cosines->size(1) == width / 2);
        heads = x.size(-2), tokens = x.size(-3);
        cosine = cosines->data_ptr<float>(), sine = sines->data_ptr<float>();
    }
    int64_t place(int64_t i) const { return (i / heads) % tokens * (width / 2); }
};

// Turns each pair (a, b) of numbers half a width apart; backwards by the opposite angle.
void turn(const Layout& layout, int64_t i, float* x, float direction) {
    const int64_t half = layout.width / 2;
    const float *cosine = layout.cosine + layout.place(i), *sine = layout.sine + layout.place(i);
    for (int64_t c = 0; c < half; c += 16) {
        const __m512 a = _mm512_loadu_ps(x + c), b = _mm512_loadu_ps(x + half + c), cos = _mm512_loadu_ps(cosine + c);
        const __m512 sin = _mm512_mul_ps(_mm512_loadu_ps(sine + c), _mm512_set1_ps(direction));
        _mm512_storeu_ps(x + c, _mm512_fmsub_ps(a, cos, _mm512_mul_ps(b, sin)));
        _mm512_storeu_ps(x + half + c, _mm512_fmadd_ps(b, cos, _mm512_mul_ps(a, sin)));
    }
}

// One over the root mean square.
float root(const Half* x, int64_t width) {
    __m512 sum = _mm512_setzero_ps();
    for (int64_t c = 0; c < width; c += 16) sum = _mm512_fmadd_ps(floats(x + c), floats(x + c), sum);
    return 1 / std::sqrt(_mm512_reduce_add_ps(sum) / static_cast<float>(width) + EPSILON);
}

// x → x / rms(x) · gain, turned by its position if there are tables.
at::Tensor normalise(at::Tensor x, at::Tensor gain, Table cosine, Table sine) {
    const Layout layout(x, cosine, sine);
    at::Tensor out = at::empty_like(x);
    const float* gains = gain.data_ptr<float>();
    at::parallel_for(0, layout.count, 1024, [&](int64_t begin, int64_t end) {
        alignas(64) float y[WIDEST];
        for (int64_t i = begin; i < end; i++) {
            const Half* from = bits(x) + i * layout.width;
            const __m512 scale = _mm512_set1_ps(root(from, layout.width));
            for (int64_t c = 0; c < layout.width; c += 16)
                _mm512_store_ps(y + c, _mm512_mul_ps(_mm512_mul_ps(floats(from + c), scale), _mm512_loadu_ps(gains + c)));
            if (layout.cosine) turn(layout, i, y, 1);
            for (int64_t c = 0; c < layout.width; c += 16) store_bf16(bits_mut(out) + i * layout.width + c, _mm512_load_ps(y + c));
        }
    });
    return out;
}

// The gradients of x and of the gain.
std::vector<at::Tensor> normalise_backward(at::Tensor slope, at::Tensor x, at::Tensor gain, Table cosine, Table sine) {
    const Layout layout(x, cosine, sine);
    at::Tensor out = at::empty_like(x), gain_slope = at::zeros_like(gain);
    const float* gains = gain.data_ptr<float>();
    std::mutex joining;
    at::parallel_for(0, layout.count, 1024, [&](int64_t begin, int64_t end) {
        alignas(64) float y[WIDEST], sums[WIDEST] = {};
        for (int64_t i = begin; i < end; i++) {
            const Half *from = bits(x) + i * layout.width, *back = bits(slope) + i * layout.width;
            for (int64_t c = 0; c < layout.width; c += 16) _mm512_store_ps(y + c, floats(back + c));
            if (layout.cosine) turn(layout, i, y, -1);
            const __m512 scale = _mm512_set1_ps(root(from, layout.width));
            __m512 along = _mm512_setzero_ps();
            for (int64_t c = 0; c < layout.width; c += 16) {
                const __m512 unit = _mm512_mul_ps(floats(from + c), scale), g = _mm512_load_ps(y + c);
                _mm512_store_ps(sums + c, _mm512_fmadd_ps(g, unit, _mm512_load_ps(sums + c)));
                along = _mm512_fmadd_ps(_mm512_mul_ps(g, _mm512_loadu_ps(gains + c)), unit, along);
            }
            const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(along) / static_cast<float>(layout.width));
            for (int64_t c = 0; c < layout.width; c += 16) {
                const __m512 unit = _mm512_mul_ps(floats(from + c), scale);
                const __m512 g = _mm512_mul_ps(_mm512_load_ps(y + c), _mm512_loadu_ps(gains + c));
                store_bf16(bits_mut(out) + i * layout.width + c, _mm512_mul_ps(scale, _mm512_fnmadd_ps(unit, mean, g)));
            }
        }
        const std::lock_guard<std::mutex> guard(joining);
        for (int64_t c = 0; c < layout.width; c++) gain_slope.data_ptr<float>()[c] += sums[c];
    });
    return {out, gain_slope};
}

// Within 2^-13 of the value, for what is rounded to bf16.
inline __m512 sigmoid(__m512 x) {
    return _mm512_rcp14_ps(_mm512_add_ps(_mm512_set1_ps(1), power(_mm512_mul_ps(x, _mm512_set1_ps(-LOG2E)))));
}

void check(const at::Tensor& x) { TORCH_CHECK(x.is_contiguous() && x.scalar_type() == at::kBFloat16 && x.numel() % 16 == 0); }

// gate · sigmoid(gate) · up
at::Tensor gated(at::Tensor gate, at::Tensor up) {
    check(gate), check(up);
    at::Tensor out = at::empty_like(gate);
    at::parallel_for(0, gate.numel() / 16, 4096, [&](int64_t begin, int64_t end) {
        for (int64_t i = 16 * begin; i < 16 * end; i += 16) {
            const __m512 g = floats(bits(gate) + i);
            store_bf16(bits_mut(out) + i, _mm512_mul_ps(_mm512_mul_ps(g, sigmoid(g)), floats(bits(up) + i)));
        }
    });
    return out;
}

// The gradients of gate and up.
std::vector<at::Tensor> gated_backward(at::Tensor slope, at::Tensor gate, at::Tensor up) {
    check(slope), check(gate), check(up);
    at::Tensor gate_slope = at::empty_like(gate), up_slope = at::empty_like(up);
    at::parallel_for(0, gate.numel() / 16, 4096, [&](int64_t begin, int64_t end) {
        const __m512 one = _mm512_set1_ps(1);
        for (int64_t i = 16 * begin; i < 16 * end; i += 16) {
            const __m512 g = floats(bits(gate) + i), s = sigmoid(g), back = floats(bits(slope) + i);
            store_bf16(bits_mut(up_slope) + i, _mm512_mul_ps(back, _mm512_mul_ps(g, s)));
            const __m512 steep = _mm512_mul_ps(s, _mm512_fmadd_ps(g, _mm512_sub_ps(one, s), one));
            store_bf16(bits_mut(gate_slope) + i, _mm512_mul_ps(_mm512_mul_ps(back, floats(bits(up) + i)), steep));
        }
    });
    return {gate_slope, up_slope};
}

} // namespace

void define_pointwise(pybind11::module& m) {
    m.def("normalise", &normalise);
    m.def("normalise_backward", &normalise_backward);
    m.def("gated", &gated);
    m.def("gated_backward", &gated_backward);
}
