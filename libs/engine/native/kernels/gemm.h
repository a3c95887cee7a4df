// Matrix products C (+)= A · B whose accumulators fill the 32 vector registers: the inner loop of all convolutions.
//
// Words as in BLIS (Van Zee and van de Geijn 2015, "BLIS: A Framework for Rapidly Instantiating BLAS Functionality"):
// C is [m, n], the inner dimension is k, and a micro-kernel computes a block of MR rows and NR columns in registers.
#pragma once

#include "avx512.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/**
 * Values of type T in one packed element. A and B consist of packed elements of 32 bits: a float32, or a pair of
 * bfloat16 that follow each other along k (the VNNI layout of `vdpbf16ps`). k counts packed elements.
 */
template <class T>
constexpr int kVnniGranularity = sizeof(float) / sizeof(T);

/** c + a · b; of pairs the sum of both products. */
template <class T>
inline Vec multiplyAccumulate(Vec a, Vec b, Vec c) {
  if constexpr (kVnniGranularity<T> == 1)
    return fma(a, b, c);
  else
    return _mm512_dpbf16_ps(c, (__m512bh)a, (__m512bh)b);
}

/** A [m, k] of packed elements: (row, p) is at data[row · rowStride + p · kStride]. */
struct GemmA {
  const float* data;
  int64_t rowStride, kStride;
};

/** B [k, n] of packed elements, rows contiguous. */
struct GemmB {
  const float* data;
  int64_t rowStride;
};

/** C [m, n] in float32, rows contiguous. Other classes with these functions take its place as epilogues. */
struct GemmC {
  float* data;
  int64_t rowStride;
  /** Adds the product to C; else replaces it. */
  bool accumulate;

  /** What an accumulator begins with. */
  Vec initial(int row, int vector) const {
    return accumulate ? load(data + row * rowStride + vector * kLanes) : zero();
  }
  /** Takes the block of the first MR rows. */
  template <int MR, int NR_VECTORS>
  void finish(const Vec (&accumulators)[MR][NR_VECTORS]) const {
#pragma GCC unroll 24
    for (int row = 0; row < MR; row++)
#pragma GCC unroll 4
      for (int v = 0; v < NR_VECTORS; v++) store(data + row * rowStride + v * kLanes, accumulators[row][v]);
  }
  /** The rows from `row` on. */
  GemmC fromRow(int row) const { return {data + row * rowStride, rowStride, accumulate}; }
};

/**
 * The micro-kernel: a block of C, MR × (16 · NR_VECTORS), all of it in registers. The compiler keeps it there only when
 * the loops over it are unrolled.
 */
template <class T, int MR, int NR_VECTORS, class C>
inline void microKernel(int k, const GemmA& a, const GemmB& b, const C& c) {
  Vec accumulators[MR][NR_VECTORS];
#pragma GCC unroll 24
  for (int row = 0; row < MR; row++)
#pragma GCC unroll 4
    for (int v = 0; v < NR_VECTORS; v++) accumulators[row][v] = c.initial(row, v);
  const float* aColumn = a.data;
  const float* bRow = b.data;
  for (int p = 0; p < k; p++, aColumn += a.kStride, bRow += b.rowStride) {
    Vec bVectors[NR_VECTORS];
    for (int v = 0; v < NR_VECTORS; v++) bVectors[v] = load(bRow + v * kLanes);
    for (int row = 0; row < MR; row++) {
      const Vec aElement = broadcast(aColumn[row * a.rowStride]);
      for (int v = 0; v < NR_VECTORS; v++)
        accumulators[row][v] = multiplyAccumulate<T>(aElement, bVectors[v], accumulators[row][v]);
    }
  }
  c.finish(accumulators);
}

/** All m rows of a product of 16 · NR_VECTORS columns, in blocks of MR rows, and the rest in smaller blocks. */
template <class T, int MR, int NR_VECTORS, class C>
inline void gemmRows(int m, int k, GemmA a, const GemmB& b, C c) {
  for (; m >= MR; m -= MR) {
    microKernel<T, MR, NR_VECTORS>(k, a, b, c);
    a.data += MR * a.rowStride;
    c = c.fromRow(MR);
  }
  // Of the widest blocks there is a smaller one for every number of rows: two small ones take as long as a large one.
  constexpr int kSmallerMR = NR_VECTORS == 4 ? MR - 1 : MR / 2;
  if constexpr (kSmallerMR > 0) {
    if (m > 0) gemmRows<T, kSmallerMR, NR_VECTORS>(m, k, a, b, c);
  }
}

/**
 * C (+)= A · B for m rows and `nVectors` · 16 columns, at most 4 vectors. Blocks are so high that the accumulators, a
 * row of B and one element of A fill the 32 registers.
 */
template <class T, class C>
inline void gemm(int m, int k, int nVectors, const GemmA& a, const GemmB& b, const C& c) {
  switch (nVectors) {
    case 1: return gemmRows<T, 24, 1>(m, k, a, b, c);
    case 2: return gemmRows<T, 12, 2>(m, k, a, b, c);
    case 3: return gemmRows<T, 8, 3>(m, k, a, b, c);
    default: return gemmRows<T, 6, 4>(m, k, a, b, c);
  }
}

}  // namespace sulcus

#pragma GCC pop_options
