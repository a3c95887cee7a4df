// Rows of images, packed into the cells that a product takes.
#pragma once

#include "packed-panels.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/** Puts 16 values of the rows of a step, one for float32 and two for bfloat16, into 16 cells. */
inline void packCells(const float* const* rows, int64_t channel, float* to) { store(to, load(rows[0] + channel)); }
inline void packCells(const bfloat16* const* rows, int64_t channel, float* to) {
  const auto values = [&](int row) {
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows[row] + channel)));
  };
  _mm512_storeu_si512(to, _mm512_or_si512(values(0), _mm512_slli_epi32(values(1), 16)));
}

/** As `packCells` for 32 values, the cells of each half to where it goes. */
inline void packCellPair(const float* const* rows, int64_t channel, float* first, float* second) {
  store(first, load(rows[0] + channel));
  store(second, load(rows[0] + channel + kLanes));
}
inline void packCellPair(const bfloat16* const* rows, int64_t channel, float* first, float* second) {
  const __m512i a = _mm512_loadu_si512(rows[0] + channel), b = _mm512_loadu_si512(rows[1] + channel);
  // Each cell takes a value of the first row and the one below it.
  const __m512i low =
      _mm512_set_epi32(0x002f000f, 0x002e000e, 0x002d000d, 0x002c000c, 0x002b000b, 0x002a000a, 0x00290009, 0x00280008,
                       0x00270007, 0x00260006, 0x00250005, 0x00240004, 0x00230003, 0x00220002, 0x00210001, 0x00200000);
  const __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(kLanes));
  _mm512_storeu_si512(first, _mm512_permutex2var_epi16(a, low, b));
  _mm512_storeu_si512(second, _mm512_permutex2var_epi16(a, high, b));
}

/** The cells of one step of `channels` channels as a row of strips, matrices [rows, 16] that follow each other. */
template <class T>
inline void packStrips(const T* const* values, int64_t channels, float* strips, int64_t rows, int64_t row) {
  const auto place = [&](int64_t channel) { return strips + channel * rows + row * kLanes; };
  int64_t channel = 0;
  for (; channel + 2 * kLanes <= channels; channel += 2 * kLanes)
    packCellPair(values, channel, place(channel), place(channel + kLanes));
  if (channel < channels) packCells(values, channel, place(channel));
}

/** The cells of one step as a row of a matrix in panels: columns `begin`, the first of a panel, to `end`. */
template <class T>
inline void packRow(const T* const* values, int64_t begin, int64_t end, const Panels& matrix, int64_t row) {
  for (int64_t column = begin; column < end; column += kPanel) {
    const int64_t width = std::min<int64_t>(kPanel, end - column);
    float* to = matrix.at(row, column);
    int64_t within = 0;
    for (; within + 2 * kLanes <= width; within += 2 * kLanes)
      packCellPair(values, column + within, to + within, to + within + kLanes);
    if (within < width) packCells(values, column + within, to + within);
  }
}

}  // namespace sulcus

#pragma GCC pop_options
