// Packs rows of activations or filters, [channel], into the packed elements of a product (see gemm.h).
//
// One packed row takes kVnniGranularity<T> rows of T: a single one in float32, two that are interleaved in bfloat16.
#pragma once

#include "packed-panels.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/** Packs 16 channels of the rows, from `channel` on, into 16 packed elements. */
inline void packVector(const float* const* rows, int64_t channel, float* to) { store(to, load(rows[0] + channel)); }
inline void packVector(const bfloat16* const* rows, int64_t channel, float* to) {
  const auto values = [&](int row) {
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[row] + channel)));
  };
  _mm512_storeu_si512(to, _mm512_or_si512(values(0), _mm512_slli_epi32(values(1), 16)));
}

/** Packs 32 channels: the first 16 packed elements to `first`, the others to `second`. */
inline void packTwoVectors(const float* const* rows, int64_t channel, float* first, float* second) {
  store(first, load(rows[0] + channel));
  store(second, load(rows[0] + channel + kLanes));
}
inline void packTwoVectors(const bfloat16* const* rows, int64_t channel, float* first, float* second) {
  const __m512i a = _mm512_loadu_si512(rows[0] + channel), b = _mm512_loadu_si512(rows[1] + channel);
  // Indices of the pairs: a value of the first row, and the one of the second row (from 0x20 on) below it.
  const __m512i low =
      _mm512_set_epi32(0x002f000f, 0x002e000e, 0x002d000d, 0x002c000c, 0x002b000b, 0x002a000a, 0x00290009, 0x00280008,
                       0x00270007, 0x00260006, 0x00250005, 0x00240004, 0x00230003, 0x00220002, 0x00210001, 0x00200000);
  const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(kLanes));
  _mm512_storeu_si512(first, _mm512_permutex2var_epi16(a, low, b));
  _mm512_storeu_si512(second, _mm512_permutex2var_epi16(a, high, b));
}

/**
 * Packs `channels` channels of the rows as row p of A's micro-panels: matrices [k, 16] that follow each other, one for
 * every 16 channels.
 */
template <class T>
inline void packMicroPanels(const T* const* rows, int64_t channels, float* microPanels, int64_t k, int64_t p) {
  const auto target = [&](int64_t channel) { return microPanels + channel * k + p * kLanes; };
  int64_t channel = 0;
  for (; channel + 2 * kLanes <= channels; channel += 2 * kLanes)
    packTwoVectors(rows, channel, target(channel), target(channel + kLanes));
  if (channel < channels) packVector(rows, channel, target(channel));
}

/** Packs the rows as row p of `panels`: columns `begin`, where a panel begins, to `end`. */
template <class T>
inline void packPanelRow(const T* const* rows, int64_t begin, int64_t end, const PackedPanels& panels, int64_t p) {
  for (int64_t column = begin; column < end; column += kPanelColumns) {
    const int64_t width = std::min<int64_t>(kPanelColumns, end - column);
    float* to = panels.at(p, column);
    int64_t offset = 0;
    for (; offset + 2 * kLanes <= width; offset += 2 * kLanes)
      packTwoVectors(rows, column + offset, to + offset, to + offset + kLanes);
    if (offset < width) packVector(rows, column + offset, to + offset);
  }
}

}  // namespace sulcus

#pragma GCC pop_options
