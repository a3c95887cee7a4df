// AVX-512 vectors of sixteen floats, and their loads and stores as float32 or bfloat16.
#pragma once

#include <immintrin.h>

#include <cstdint>

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

using Vec = __m512;
constexpr int kLanes = 16;

/** bfloat16 in memory: the upper half of a float32. */
struct bfloat16 {
  uint16_t bits;
};

inline Vec load(const float* from) { return _mm512_loadu_ps(from); }
inline Vec load(const bfloat16* from) {
  return _mm512_castsi512_ps(
      _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))), 16));
}

inline void store(float* to, Vec value) { _mm512_storeu_ps(to, value); }
/** Rounds to nearest, ties to even. */
inline void store(bfloat16* to, Vec value) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), (__m256i)_mm512_cvtneps_pbh(value));
}

inline Vec broadcast(float value) { return _mm512_set1_ps(value); }
inline Vec zero() { return _mm512_setzero_ps(); }
/** max(value, 0). NaN stays NaN: the instruction returns its second operand when either is NaN. */
inline Vec relu(Vec value) { return _mm512_max_ps(zero(), value); }
/** a · b + c, rounded once. */
inline Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }

/** Transposes a 16 × 16 matrix in place. */
inline void transpose(Vec (&rows)[kLanes]) {
  Vec pairs[kLanes], quads[kLanes];
  for (int i = 0; i < kLanes; i += 2) {
    pairs[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < kLanes; i += 4) {
    for (int half = 0; half < 2; half++) {
      const __m512d low = _mm512_castps_pd(pairs[i + half]), high = _mm512_castps_pd(pairs[i + 2 + half]);
      quads[i + 2 * half] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
      quads[i + 2 * half + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
    }
  }
  // quads[4 · i + c] holds, in its four 128-bit lanes p, column 4 · p + c of rows 4 · i to 4 · i + 3.
  for (int c = 0; c < 4; c++) {
    const Vec left0 = _mm512_shuffle_f32x4(quads[c], quads[4 + c], 0x88),
              left1 = _mm512_shuffle_f32x4(quads[8 + c], quads[12 + c], 0x88);
    const Vec right0 = _mm512_shuffle_f32x4(quads[c], quads[4 + c], 0xdd),
              right1 = _mm512_shuffle_f32x4(quads[8 + c], quads[12 + c], 0xdd);
    rows[c] = _mm512_shuffle_f32x4(left0, left1, 0x88);
    rows[8 + c] = _mm512_shuffle_f32x4(left0, left1, 0xdd);
    rows[4 + c] = _mm512_shuffle_f32x4(right0, right1, 0x88);
    rows[12 + c] = _mm512_shuffle_f32x4(right0, right1, 0xdd);
  }
}

}  // namespace sulcus

#pragma GCC pop_options
