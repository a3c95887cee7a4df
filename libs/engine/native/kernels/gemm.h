// Products of small matrices, the inner part of a convolution in Winograd's domain.
#pragma once

#include "avx512.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/**
 * What a product multiplies at a time are cells of 32 bits: a float32, or two bfloat16 that follow each other in the
 * depth; products of the two are summed up. T says which.
 */
template <class T>
constexpr int kCellValues = sizeof(float) / sizeof(T);

/** sum + factor · columns, of cells. */
template <class T>
inline Vec multiplyAddCells(Vec factor, Vec columns, Vec sum) {
  if constexpr (kCellValues<T> == 1)
    return multiplyAdd(factor, columns, sum);
  else
    return _mm512_dpbf16_ps(sum, (__m512bh)factor, (__m512bh)columns);
}

/** A matrix of cells whose element (row, column) is at data[row · rowStep + column · columnStep]. */
struct Left {
  const float* data;
  int64_t rowStep, columnStep;
};

/** A matrix of cells whose rows are contiguous. */
struct Right {
  const float* data;
  int64_t rowStep;
};

/** Where the sums of a product go, as float32. */
struct Result {
  float* data;
  int64_t rowStep;
  /** Adds to what is there; else replaces it. */
  bool adds;

  Vec start(int row, int vector) const { return adds ? load(data + row * rowStep + vector * kLanes) : zero(); }
  template <int ROWS, int VECTORS>
  void finish(const Vec (&sums)[ROWS][VECTORS]) const {
#pragma GCC unroll 24
    for (int row = 0; row < ROWS; row++)
#pragma GCC unroll 4
      for (int v = 0; v < VECTORS; v++) store(data + row * rowStep + v * kLanes, sums[row][v]);
  }
  Result from(int row) const { return {data + row * rowStep, rowStep, adds}; }
};

/** One block of the result, ROWS × (16 · VECTORS), all of it in registers. The compiler leaves it there only when the
 * loops over it are unrolled. */
template <class T, int ROWS, int VECTORS, class Target>
inline void productBlock(int depth, const Left& left, const Right& right, const Target& target) {
  Vec sum[ROWS][VECTORS];
#pragma GCC unroll 24
  for (int row = 0; row < ROWS; row++)
#pragma GCC unroll 4
    for (int v = 0; v < VECTORS; v++) sum[row][v] = target.start(row, v);
  const float* from = left.data;
  const float* with = right.data;
  for (int k = 0; k < depth; k++, from += left.columnStep, with += right.rowStep) {
    Vec columns[VECTORS];
    for (int v = 0; v < VECTORS; v++) columns[v] = load(with + v * kLanes);
    for (int row = 0; row < ROWS; row++) {
      const Vec factor = set(from[row * left.rowStep]);
      for (int v = 0; v < VECTORS; v++) sum[row][v] = multiplyAddCells<T>(factor, columns[v], sum[row][v]);
    }
  }
  target.finish(sum);
}

/** The rows of a product that is 16 · VECTORS wide, in blocks of ROWS, and what is left in smaller ones. */
template <class T, int ROWS, int VECTORS, class Target>
inline void productRows(int rows, int depth, Left left, const Right& right, Target target) {
  for (; rows >= ROWS; rows -= ROWS) {
    productBlock<T, ROWS, VECTORS>(depth, left, right, target);
    left.data += ROWS * left.rowStep;
    target = target.from(ROWS);
  }
  // Of the widest blocks a smaller one for each number of rows: two small ones would take as long as a large one.
  constexpr int kSmaller = VECTORS == 4 ? ROWS - 1 : ROWS / 2;
  if constexpr (kSmaller > 0) {
    if (rows > 0) productRows<T, kSmaller, VECTORS>(rows, depth, left, right, target);
  }
}

/** target (+)= left · right, `vectors` · 16 columns wide, at most 4 vectors. A block is so high that its sums, a row of
 * `right` and one factor fill the 32 registers. */
template <class T, class Target>
inline void product(int rows, int depth, int vectors, const Left& left, const Right& right, const Target& target) {
  switch (vectors) {
    case 1: return productRows<T, 24, 1>(rows, depth, left, right, target);
    case 2: return productRows<T, 12, 2>(rows, depth, left, right, target);
    case 3: return productRows<T, 8, 3>(rows, depth, left, right, target);
    default: return productRows<T, 6, 4>(rows, depth, left, right, target);
  }
}

}  // namespace sulcus

#pragma GCC pop_options
