// Attention of rows that all come after one prefix, forth and back, for processors that multiply bf16 in tiles or 512-bit registers.
//
// Each query sees the whole prefix and, of its own row, what is not after it. Scores are computed in tiles of queries by keys
// that stay in the first cache, with a running maximum (Milakov and Gimelshein 2018, Dao et al. 2022); backwards they are computed
// again. The query heads that share a key head are laid side by side, so that a tile of keys serves all of them.

#include <cmath>
#include <cstring>
#include <vector>

#include "products.h"

namespace {

constexpr float SCALE = 0.125f; // 1 / sqrt(WIDTH)
constexpr int PARTS = TILE / 16;

// Rounds two rows of numbers to bf16 and couples them.
inline __m512i couple(__m512 low, __m512 high) {
    const __m512i half = _mm512_set1_epi32(0x8000);
    const __m512i a = _mm512_srli_epi32(_mm512_add_epi32(_mm512_castps_si512(low), half), 16);
    const __m512i b = _mm512_add_epi32(_mm512_castps_si512(high), half);
    return _mm512_mask_blend_epi16(0xAAAAAAAA, a, b);
}

// Vectors of one head: vector i stands at data + i * stride, in 16-bit numbers.
struct Vectors {
    const Half* data;
    int64_t stride, count;
    const Half* operator[](int64_t i) const { return data + i * stride; }
};

void turn(const Vectors& from, int64_t first, Turned& to) {
    std::memset(&to, 0, sizeof to);
    for (int64_t i = 0; i < std::min(TILE, from.count - first); i++) {
        const Half* vector = from[first + i];
        for (int64_t p = 0; p < PAIRS; p++) std::memcpy(&to.at[p][i], vector + 2 * p, sizeof(Pair));
    }
}

void couple_rows(const Vectors& from, int64_t first, Coupled& to) {
    std::memset(&to, 0, sizeof to);
    for (int64_t i = 0; i < std::min(TILE, from.count - first); i += 2)
        for (int64_t c = 0; c < WIDTH; c += 16) {
            __m512i pair = widened(from[first + i] + c);
            if (first + i + 1 < from.count) pair = _mm512_or_si512(pair, _mm512_slli_epi32(widened(from[first + i + 1] + c), 16));
            _mm512_store_si512(&to.at[i / 2][c], pair);
        }
}

void copy_rows(const Vectors& from, int64_t first, Rows& to) {
    const int64_t count = std::min(TILE, from.count - first);
    if (count < TILE) std::memset(&to, 0, sizeof to);
    for (int64_t i = 0; i < count; i++) std::memcpy(to.at[i], from[first + i], WIDTH * sizeof(Half));
}

int64_t tiles(int64_t count) { return (count + TILE - 1) / TILE; }

// How the keys of one tile are seen by the queries of a block: of the prefix alike by all, of the own row by place.
struct Sight {
    bool own;
    int64_t first, count, group;
    // How many keys of the tile query i of the row (counting the heads of the group) sees.
    int64_t seen(int64_t i) const {
        const int64_t limit = own ? std::min(count, i / group + 1) : count;
        return std::max<int64_t>(0, std::min(TILE, limit - first));
    }
};

inline __mmask16 mask(int64_t seen, int n) {
    const int64_t left = seen - 16 * n;
    return left >= 16 ? 0xFFFF : left <= 0 ? 0 : static_cast<__mmask16>((1u << left) - 1);
}

// Queries of one row and one group of heads: query i is that of place i / group and head i % group.
struct Group {
    int64_t length, group, heads; // places; heads a group; heads in all
    int64_t count() const { return length * group; }
    int64_t offset(int64_t i) const { return (i / group) * heads * WIDTH + (i % group) * WIDTH; }
};

void copy_queries(const Half* from, const Group& group, int64_t first, Rows& to) {
    const int64_t count = std::min(TILE, group.count() - first);
    if (count < TILE) std::memset(&to, 0, sizeof to);
    for (int64_t i = 0; i < count; i++) std::memcpy(to.at[i], from + group.offset(first + i), WIDTH * sizeof(Half));
}

void couple_block(const Rows& from, Coupled& to) {
    for (int64_t i = 0; i < HALF; i++) {
        const Half *low = reinterpret_cast<const Half*>(from.at[2 * i]), *high = reinterpret_cast<const Half*>(from.at[2 * i + 1]);
        for (int64_t c = 0; c < WIDTH; c += 16)
            _mm512_store_si512(&to.at[i][c], _mm512_or_si512(widened(low + c), _mm512_slli_epi32(widened(high + c), 16)));
    }
}

struct Running { // of the queries of a block: maxima and sums so far, in the logarithm to base 2
    alignas(64) float most[TILE], sum[TILE];
    States mixed;
};

void forward_tile(const Rows& queries, int64_t first, const Turned& keys, const Coupled& values, const Sight& sight, Running& run) {
    alignas(64) Scores scores;
    alignas(64) Weights weights;
    score(queries, keys, scores);
    const __m512 scale = _mm512_set1_ps(SCALE * LOG2E), least = _mm512_set1_ps(-INFINITY);
    for (int64_t m = 0; m < TILE; m++) {
        const int64_t seen = sight.seen(first + m);
        __m512 x[PARTS];
        for (int n = 0; n < PARTS; n++)
            x[n] = _mm512_mask_mul_ps(least, mask(seen, n), _mm512_load_ps(scores.at[m] + 16 * n), scale);
        __m512 greatest = x[0];
        for (int n = 1; n < PARTS; n++) greatest = _mm512_max_ps(greatest, x[n]);
        const float most = _mm512_reduce_max_ps(greatest);
        if (most > run.most[m]) {
            const float shrink = std::exp2(run.most[m] - most);
            for (int64_t c = 0; c < WIDTH; c += 16)
                _mm512_store_ps(run.mixed.at[m] + c, _mm512_mul_ps(_mm512_load_ps(run.mixed.at[m] + c), _mm512_set1_ps(shrink)));
            run.sum[m] *= shrink;
            run.most[m] = most;
        }
        __m512 sum = _mm512_setzero_ps();
        for (int n = 0; n < PARTS; n++) {
            x[n] = _mm512_maskz_mov_ps(mask(seen, n), power(_mm512_sub_ps(x[n], _mm512_set1_ps(run.most[m]))));
            sum = _mm512_add_ps(sum, x[n]);
            store_bf16(weights.at[m] + 8 * n, x[n]);
        }
        run.sum[m] += _mm512_reduce_add_ps(sum);
    }
    gather(weights, values, run.mixed);
}

struct Slopes { // what goes backwards in a block of queries
    Rows queries, slopes;
    Coupled coupled_queries, coupled_slopes;
    alignas(64) float total[TILE], delta[TILE];
    States query;
};

struct Keys { Turned keys, values; Coupled coupled; }; // one tile, as going backwards needs it
struct KeySlopes { States key, value; };

void backward_tile(Slopes& s, int64_t first, const Keys& tile, const Sight& sight, KeySlopes& out) {
    alignas(64) Scores weights, slopes;
    alignas(64) Weights rows;
    alignas(64) TurnedWeights turned, turned_slopes;
    score(s.queries, tile.keys, weights);
    score(s.slopes, tile.values, slopes);
    const __m512 scale = _mm512_set1_ps(SCALE * LOG2E);
    for (int64_t m = 0; m < TILE; m += 2) {
        for (int n = 0; n < PARTS; n++) {
            __m512 w[2], d[2];
            for (int k = 0; k < 2; k++) {
                const __m512 x = _mm512_load_ps(weights.at[m + k] + 16 * n);
                w[k] = _mm512_maskz_mov_ps(mask(sight.seen(first + m + k), n),
                                           power(_mm512_fmsub_ps(x, scale, _mm512_set1_ps(s.total[m + k]))));
                const __m512 y = _mm512_sub_ps(_mm512_load_ps(slopes.at[m + k] + 16 * n), _mm512_set1_ps(s.delta[m + k]));
                d[k] = _mm512_mul_ps(_mm512_mul_ps(w[k], y), _mm512_set1_ps(SCALE));
                store_bf16(rows.at[m + k] + 8 * n, d[k]);
            }
            _mm512_store_si512(turned.at[m / 2] + 16 * n, couple(w[0], w[1]));
            _mm512_store_si512(turned_slopes.at[m / 2] + 16 * n, couple(d[0], d[1]));
        }
    }
    gather(rows, tile.coupled, s.query);
    scatter(turned_slopes, s.coupled_queries, out.key);
    scatter(turned, s.coupled_slopes, out.value);
}

struct Sizes {
    int64_t rows, length, heads, key_heads, before;
    Sizes(const at::Tensor& query, const at::Tensor& key, const at::Tensor& keys)
        : rows(query.size(0)), length(query.size(1)), heads(query.size(2)), key_heads(key.size(2)), before(keys.size(0)) {
        TORCH_CHECK(query.size(3) == WIDTH, "a head must have 64 numbers");
        for (const auto* x : {&query, &key, &keys}) TORCH_CHECK(x->is_contiguous() && x->scalar_type() == at::kBFloat16);
    }
    Group group() const { return {length, heads / key_heads, heads}; }
    Vectors prefix(const at::Tensor& x, int64_t head) const { return {bits(x) + head * WIDTH, key_heads * WIDTH, before}; }
    Vectors own(const at::Tensor& x, int64_t row, int64_t head) const {
        return {bits(x) + (row * length * key_heads + head) * WIDTH, key_heads * WIDTH, length};
    }
    int64_t query_at(int64_t row, int64_t head) const { return (row * length * heads + head * (heads / key_heads)) * WIDTH; }
    int64_t total_at(int64_t row, int64_t head) const { return (row * key_heads + head) * length * (heads / key_heads); }
};

struct Stock { // what the forward pass needs of some keys
    std::vector<Turned> keys;
    std::vector<Coupled> values;
    void fill(const Vectors& key, const Vectors& value) {
        keys.resize(tiles(key.count));
        values.resize(keys.size());
        for (size_t i = 0; i < keys.size(); i++) {
            turn(key, i * TILE, keys[i]);
            couple_rows(value, i * TILE, values[i]);
        }
    }
};

void write_states(const States& from, int64_t first, int64_t count, Half* to, int64_t stride) {
    for (int64_t i = 0; i < std::min(TILE, count - first); i++)
        for (int64_t c = 0; c < WIDTH; c += 16) store_bf16(to + (first + i) * stride + c, _mm512_load_ps(from.at[i] + c));
}

// query (rows, tokens, heads, 64), key and value (rows, tokens, key heads, 64), keys and values of the prefix
// (tokens, key heads, 64) → what each query sees (like the query), and the logarithm to base 2 of the sum of its weights.
std::vector<at::Tensor> forward(at::Tensor query, at::Tensor key, at::Tensor value, at::Tensor keys, at::Tensor values) {
    const Sizes sizes(query, key, keys);
    at::Tensor mixed = at::empty_like(query);
    at::Tensor total = at::empty({sizes.rows, sizes.key_heads, sizes.length * sizes.heads / sizes.key_heads}, query.options().dtype(at::kFloat));
    float* totals = total.data_ptr<float>();
    Half* out = bits_mut(mixed);
    const Group group = sizes.group();
    at::parallel_for(0, sizes.key_heads, 1, [&](int64_t begin, int64_t end) {
        [[maybe_unused]] const Tiles tiles;
        Stock prefix, own;
        Rows queries;
        Running run;
        for (int64_t head = begin; head < end; head++) {
            prefix.fill(sizes.prefix(keys, head), sizes.prefix(values, head));
            for (int64_t row = 0; row < sizes.rows; row++) {
                own.fill(sizes.own(key, row, head), sizes.own(value, row, head));
                for (int64_t first = 0; first < group.count(); first += TILE) {
                    copy_queries(bits(query) + sizes.query_at(row, head), group, first, queries);
                    std::memset(&run, 0, sizeof run);
                    std::fill_n(run.most, TILE, -INFINITY);
                    for (size_t i = 0; i < prefix.keys.size(); i++)
                        forward_tile(queries, first, prefix.keys[i], prefix.values[i],
                                     {false, static_cast<int64_t>(i) * TILE, sizes.before, group.group}, run);
                    const int64_t last = std::min(group.count() - 1, first + TILE - 1) / group.group;
                    for (int64_t i = 0; i * TILE <= last; i++)
                        forward_tile(queries, first, own.keys[i], own.values[i], {true, i * TILE, sizes.length, group.group}, run);
                    for (int64_t i = 0; i < std::min(TILE, group.count() - first); i++) {
                        totals[sizes.total_at(row, head) + first + i] = run.most[i] + std::log2(run.sum[i]);
                        const __m512 share = _mm512_set1_ps(1 / run.sum[i]);
                        Half* to = out + sizes.query_at(row, head) + group.offset(first + i);
                        for (int64_t c = 0; c < WIDTH; c += 16)
                            store_bf16(to + c, _mm512_mul_ps(_mm512_load_ps(run.mixed.at[i] + c), share));
                    }
                }
            }
        }
    });
    return {mixed, total};
}

void fill_keys(std::vector<Keys>& stock, const Vectors& key, const Vectors& value) {
    stock.resize(tiles(key.count));
    for (size_t i = 0; i < stock.size(); i++) {
        turn(key, i * TILE, stock[i].keys);
        turn(value, i * TILE, stock[i].values);
        couple_rows(key, i * TILE, stock[i].coupled);
    }
}

void fill_slopes(Slopes& s, const Half* query, const Half* slope, const Half* mixed, const float* total, const Group& group, int64_t first) {
    copy_queries(query, group, first, s.queries);
    copy_queries(slope, group, first, s.slopes);
    couple_block(s.queries, s.coupled_queries);
    couple_block(s.slopes, s.coupled_slopes);
    std::memset(&s.query, 0, sizeof s.query);
    std::fill_n(s.total, TILE, 1e30f); // rows of padding weigh nothing
    std::fill_n(s.delta, TILE, 0.0f);
    for (int64_t i = 0; i < std::min(TILE, group.count() - first); i++) {
        __m512 sum = _mm512_setzero_ps();
        for (int64_t c = 0; c < WIDTH; c += 16)
            sum = _mm512_fmadd_ps(floats(slope + group.offset(first + i) + c), floats(mixed + group.offset(first + i) + c), sum);
        s.delta[i] = _mm512_reduce_add_ps(sum);
        s.total[i] = total[first + i];
    }
}

// The gradients of query, key, value, keys and values, from that of what the queries see.
std::vector<at::Tensor> backward(at::Tensor slope, at::Tensor query, at::Tensor key, at::Tensor value, at::Tensor keys, at::Tensor values,
                                 at::Tensor mixed, at::Tensor total) {
    const Sizes sizes(query, key, keys);
    at::Tensor query_slope = at::empty_like(query), key_slope = at::empty_like(key), value_slope = at::empty_like(value);
    at::Tensor keys_slope = at::empty_like(keys), values_slope = at::empty_like(values);
    const Group group = sizes.group();
    const int64_t stride = sizes.key_heads * WIDTH;
    at::parallel_for(0, sizes.key_heads, 1, [&](int64_t begin, int64_t end) {
        [[maybe_unused]] const Tiles tiles;
        std::vector<Keys> prefix, own;
        std::vector<KeySlopes> prefix_slopes, own_slopes;
        Slopes s;
        for (int64_t head = begin; head < end; head++) {
            fill_keys(prefix, sizes.prefix(keys, head), sizes.prefix(values, head));
            prefix_slopes.assign(prefix.size(), KeySlopes{});
            for (int64_t row = 0; row < sizes.rows; row++) {
                fill_keys(own, sizes.own(key, row, head), sizes.own(value, row, head));
                own_slopes.assign(own.size(), KeySlopes{});
                const int64_t at = sizes.query_at(row, head);
                for (int64_t first = 0; first < group.count(); first += TILE) {
                    fill_slopes(s, bits(query) + at, bits(slope) + at, bits(mixed) + at,
                                total.data_ptr<float>() + sizes.total_at(row, head), group, first);
                    for (size_t i = 0; i < prefix.size(); i++)
                        backward_tile(s, first, prefix[i], {false, static_cast<int64_t>(i) * TILE, sizes.before, group.group}, prefix_slopes[i]);
                    const int64_t last = std::min(group.count() - 1, first + TILE - 1) / group.group;
                    for (int64_t i = 0; i * TILE <= last; i++)
                        backward_tile(s, first, own[i], {true, i * TILE, sizes.length, group.group}, own_slopes[i]);
                    for (int64_t i = 0; i < std::min(TILE, group.count() - first); i++)
                        for (int64_t c = 0; c < WIDTH; c += 16)
                            store_bf16(bits_mut(query_slope) + at + group.offset(first + i) + c, _mm512_load_ps(s.query.at[i] + c));
                }
                const int64_t key_at = (row * sizes.length * sizes.key_heads + head) * WIDTH;
                for (size_t i = 0; i < own.size(); i++) {
                    write_states(own_slopes[i].key, i * TILE, sizes.length, bits_mut(key_slope) + key_at, stride);
                    write_states(own_slopes[i].value, i * TILE, sizes.length, bits_mut(value_slope) + key_at, stride);
                }
            }
            for (size_t i = 0; i < prefix.size(); i++) {
                write_states(prefix_slopes[i].key, i * TILE, sizes.before, bits_mut(keys_slope) + head * WIDTH, stride);
                write_states(prefix_slopes[i].value, i * TILE, sizes.before, bits_mut(values_slope) + head * WIDTH, stride);
            }
        }
    });
    return {query_slope, key_slope, value_slope, keys_slope, values_slope};
}

} // namespace

void define_pointwise(pybind11::module& m);

PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) {
    m.def("attend", &forward);
    m.def("attend_backward", &backward);
    define_pointwise(m);
}
