// Products of the tiles of attention, by AMX where the processor has it, else in 512-bit registers.
//
// Every product is of pairs of bf16 numbers that follow one another along the contraction, 32 bits a pair, as both want them: the
// left side is read one pair at a time (AMX: sixteen, row by row), the right side sixteen.

#pragma once

#include "vectors.h"

constexpr int64_t WIDTH = 64;        // of a head
constexpr int64_t PAIRS = WIDTH / 2; // of a head
#ifdef __AMX_BF16__
constexpr int64_t TILE = 64; // queries, and keys
#else
constexpr int64_t TILE = 48;
#endif
constexpr int64_t HALF = TILE / 2; // pairs of queries or of keys

using Pair = uint32_t; // two of them, the earlier one in the lower half

struct alignas(64) Scores { float at[TILE][TILE]; };
struct alignas(64) States { float at[TILE][WIDTH]; };
struct alignas(64) Rows { Pair at[TILE][PAIRS]; };         // a vector a row: left side
struct alignas(64) Turned { Pair at[PAIRS][TILE]; };       // pairs along the width: right side of scores
struct alignas(64) Coupled { Pair at[HALF][WIDTH]; };      // pairs of rows: right side of sums over rows
struct alignas(64) Weights { Pair at[TILE][HALF]; };       // a query a row, pairs of keys
struct alignas(64) TurnedWeights { Pair at[HALF][TILE]; }; // pairs of queries, a key a column

#ifdef __AMX_BF16__

// All eight tile registers as wide and high as they can be, as long as this lives; then as they were before.
class Tiles {
    struct alignas(64) Shape {
        uint8_t palette, start, unused[14];
        uint16_t bytes[16]; // a row
        uint8_t rows[16];
    } before = {};

  public:
    Tiles() {
        _tile_storeconfig(&before);
        Shape full = {};
        full.palette = 1;
        for (int i = 0; i < 8; i++) full.bytes[i] = 64, full.rows[i] = 16;
        _tile_loadconfig(&full);
    }
    ~Tiles() {
        if (before.palette) _tile_loadconfig(&before);
        else _tile_release();
    }
    Tiles(const Tiles&) = delete;
};

// out (64 by 64) = or += left (64 by 32 pairs) · right (32 pairs by 64).
inline void product(const Pair (&left)[64][32], const Pair (&right)[32][64], float (&out)[64][64], bool add) {
    constexpr int LEFT = sizeof left[0], RIGHT = sizeof right[0], OUT = sizeof out[0];
    asm volatile("" ::: "memory"); // The compiler does not know that tiles are read from memory and written to it.
    for (int m = 0; m < 64; m += 32)
        for (int n = 0; n < 64; n += 32) {
            if (add) {
                _tile_loadd(0, &out[m][n], OUT);
                _tile_loadd(1, &out[m][n + 16], OUT);
                _tile_loadd(2, &out[m + 16][n], OUT);
                _tile_loadd(3, &out[m + 16][n + 16], OUT);
            } else {
                _tile_zero(0);
                _tile_zero(1);
                _tile_zero(2);
                _tile_zero(3);
            }
            for (int p = 0; p < 32; p += 16) {
                _tile_loadd(4, &left[m][p], LEFT);
                _tile_loadd(6, &right[p][n], RIGHT);
                _tile_dpbf16ps(0, 4, 6);
                _tile_loadd(7, &right[p][n + 16], RIGHT);
                _tile_dpbf16ps(1, 4, 7);
                _tile_loadd(5, &left[m + 16][p], LEFT);
                _tile_dpbf16ps(2, 5, 6);
                _tile_dpbf16ps(3, 5, 7);
            }
            _tile_stored(0, &out[m][n], OUT);
            _tile_stored(1, &out[m][n + 16], OUT);
            _tile_stored(2, &out[m + 16][n], OUT);
            _tile_stored(3, &out[m + 16][n + 16], OUT);
        }
    asm volatile("" ::: "memory");
}

// Turns sixteen by sixteen pairs.
inline void turn_block(const Pair* from, int64_t from_row, Pair* to, int64_t to_row) {
    __m512i a[16], b[16];
    for (int i = 0; i < 16; i++) a[i] = _mm512_load_si512(from + i * from_row);
    for (int i = 0; i < 16; i += 2) {
        b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
    }
    for (int i = 0; i < 16; i += 4)
        for (int k = 0; k < 2; k++) {
            a[i + 2 * k] = _mm512_unpacklo_epi64(b[i + k], b[i + k + 2]);
            a[i + 2 * k + 1] = _mm512_unpackhi_epi64(b[i + k], b[i + k + 2]);
        }
    for (int k = 0; k < 4; k++) { // a[4 g + k]: column k of every lane, of rows 4 g to 4 g + 3
        const __m512i low = _mm512_shuffle_i32x4(a[k], a[4 + k], 0x88), high = _mm512_shuffle_i32x4(a[8 + k], a[12 + k], 0x88);
        const __m512i odd = _mm512_shuffle_i32x4(a[k], a[4 + k], 0xDD), last = _mm512_shuffle_i32x4(a[8 + k], a[12 + k], 0xDD);
        _mm512_store_si512(to + k * to_row, _mm512_shuffle_i32x4(low, high, 0x88));
        _mm512_store_si512(to + (4 + k) * to_row, _mm512_shuffle_i32x4(odd, last, 0x88));
        _mm512_store_si512(to + (8 + k) * to_row, _mm512_shuffle_i32x4(low, high, 0xDD));
        _mm512_store_si512(to + (12 + k) * to_row, _mm512_shuffle_i32x4(odd, last, 0xDD));
    }
}

// Queries times keys.
inline void score(const Rows& queries, const Turned& keys, Scores& out) { product(queries.at, keys.at, out.at, false); }

// Adds to each query the states of the keys, by their weights.
inline void gather(const Weights& weights, const Coupled& states, States& out) { product(weights.at, states.at, out.at, true); }

// Adds to each key the states of the queries, by their weights.
inline void scatter(const TurnedWeights& weights, const Coupled& states, States& out) {
    Weights rows;
    for (int64_t key = 0; key < TILE; key += 16)
        for (int64_t pair = 0; pair < HALF; pair += 16) turn_block(&weights.at[pair][key], TILE, &rows.at[key][pair], HALF);
    product(rows.at, states.at, out.at, true);
}

#else

struct Tiles {};

// out (M by 16 N) = or += left · right, along `depth` pairs. Pair p of row m stands at left[m * row + p * step].
template <int M, int N>
inline void block(const Pair* left, int64_t row, int64_t step, const Pair* right, int64_t right_step, int64_t depth, float* out,
                  int64_t out_row, bool add) {
    __m512 sum[M][N];
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++) sum[m][n] = add ? _mm512_load_ps(out + m * out_row + 16 * n) : _mm512_setzero_ps();
    for (int64_t p = 0; p < depth; p++) {
        __m512i b[N];
        for (int n = 0; n < N; n++) b[n] = _mm512_load_si512(right + p * right_step + 16 * n);
        for (int m = 0; m < M; m++) {
            const __m512i a = _mm512_set1_epi32(static_cast<int>(left[m * row + p * step]));
            for (int n = 0; n < N; n++) sum[m][n] = _mm512_dpbf16_ps(sum[m][n], (__m512bh)a, (__m512bh)b[n]);
        }
    }
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++) _mm512_store_ps(out + m * out_row + 16 * n, sum[m][n]);
}

// Queries times keys.
inline void score(const Rows& queries, const Turned& keys, Scores& out) {
    for (int64_t m = 0; m < TILE; m += 8) block<8, 3>(queries.at[m], PAIRS, 1, keys.at[0], TILE, PAIRS, out.at[m], TILE, false);
}

// Adds to each query the states of the keys, by their weights.
inline void gather(const Weights& weights, const Coupled& states, States& out) {
    for (int64_t m = 0; m < TILE; m += 6) block<6, 4>(weights.at[m], HALF, 1, states.at[0], WIDTH, HALF, out.at[m], WIDTH, true);
}

// Adds to each key the states of the queries, by their weights.
inline void scatter(const TurnedWeights& weights, const Coupled& states, States& out) {
    for (int64_t m = 0; m < TILE; m += 6)
        block<6, 4>(weights.at[0] + m, 1, TILE, states.at[0], WIDTH, HALF, out.at[m], WIDTH, true);
}

#endif
