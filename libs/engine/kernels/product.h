// Products of small matrices, the inner part of a convolution in Winograd's domain.
#pragma once

#include "vector.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/** A matrix whose element (row, column) is at data[row · rowStep + column · columnStep]. */
struct Left {
  const float* data;
  int64_t rowStep, columnStep;
};

/** A matrix whose rows are contiguous. */
struct Right {
  const float* data;
  int64_t rowStep;
};

struct Result {
  float* data;
  int64_t rowStep;
  /** Adds to what is there; else replaces it. */
  bool adds;
};

/** One block of the result, ROWS × (16 · VECTORS), all of it in registers. */
template <int ROWS, int VECTORS>
inline void productBlock(int depth, const Left& left, const Right& right, const Result& result) {
  Vec sum[ROWS][VECTORS];
  for (int row = 0; row < ROWS; row++)
    for (int v = 0; v < VECTORS; v++) sum[row][v] = result.adds ? load(result.data + row * result.rowStep + v * kLanes) : zero();
  const float* from = left.data;
  const float* with = right.data;
  for (int k = 0; k < depth; k++, from += left.columnStep, with += right.rowStep) {
    Vec columns[VECTORS];
    for (int v = 0; v < VECTORS; v++) columns[v] = load(with + v * kLanes);
    for (int row = 0; row < ROWS; row++) {
      const Vec factor = set(from[row * left.rowStep]);
      for (int v = 0; v < VECTORS; v++) sum[row][v] = multiplyAdd(factor, columns[v], sum[row][v]);
    }
  }
  for (int row = 0; row < ROWS; row++)
    for (int v = 0; v < VECTORS; v++) store(result.data + row * result.rowStep + v * kLanes, sum[row][v]);
}

/** The rows of a product that is 16 · VECTORS wide, in blocks of ROWS, and what is left in smaller ones. */
template <int ROWS, int VECTORS>
inline void productRows(int rows, int depth, Left left, const Right& right, Result result) {
  for (; rows >= ROWS; rows -= ROWS) {
    productBlock<ROWS, VECTORS>(depth, left, right, result);
    left.data += ROWS * left.rowStep;
    result.data += ROWS * result.rowStep;
  }
  if constexpr (ROWS > 1) {
    if (rows > 0) productRows<ROWS / 2, VECTORS>(rows, depth, left, right, result);
  }
}

/** result (+)= left · right, `vectors` · 16 columns wide, at most 4 vectors. A block is so high that its sums, a row of `right` and one factor fill the 32 registers. */
inline void product(int rows, int depth, int vectors, const Left& left, const Right& right, const Result& result) {
  switch (vectors) {
    case 1: return productRows<24, 1>(rows, depth, left, right, result);
    case 2: return productRows<12, 2>(rows, depth, left, right, result);
    case 3: return productRows<8, 3>(rows, depth, left, right, result);
    default: return productRows<6, 4>(rows, depth, left, right, result);
  }
}

}  // namespace sulcus

#pragma GCC pop_options
