// Winograd's transforms between tiles of pixels and the domain in which a convolution is 36 products of matrices.
#pragma once

#include <type_traits>

#include "vector.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/**
 * Polynomials through the points 0, ±a, ±b and infinity (Lavin and Gray, "Fast Algorithms for Convolutional Neural
 * Networks", 2016, section 4.3, which has a = 1 and b = 2). Six values give a convolution of 3 taps at 4 places, or of
 * 4 taps at 3 places.
 */
constexpr float kA = 0.75f, kB = 1.5f;
constexpr float kA2 = kA * kA, kB2 = kB * kB;
constexpr int kPoints = 6;
constexpr int kFrequencies = kPoints * kPoints;

/**
 * Values of the domain that have terms in common, from six neighbouring values: Bᵀd of 0, of ±a, of ±b or of infinity, by
 * the number of the group.
 */
template <int GROUP>
inline void enterGroup(const Vec (&d)[6], Vec (&t)[2]) {
  if constexpr (GROUP == 0 || GROUP == 3) {
    constexpr int kFirst = GROUP == 0 ? 0 : 1;
    t[0] = multiplyAdd(set(kA2 * kB2), d[kFirst], multiplyAdd(set(-(kA2 + kB2)), d[kFirst + 2], d[kFirst + 4]));
  } else {
    constexpr float kPoint = GROUP == 1 ? kA : kB, kOther2 = GROUP == 1 ? kB2 : kA2;
    const Vec even = multiplyAdd(set(-kOther2), d[2], d[4]), odd = multiplyAdd(set(-kOther2), d[1], d[3]);
    t[0] = multiplyAdd(set(kPoint), odd, even);
    t[1] = multiplyAdd(set(-kPoint), odd, even);
  }
}

/** Where the values of a group are among the six, and how many it has. */
constexpr int groupFirst(int group) { return group == 0 ? 0 : 2 * group - 1; }
constexpr int groupSize(int group) { return group == 1 || group == 2 ? 2 : 1; }

/** The weights of the points: 1 / ∏ (p − q) over the other finite points q. */
constexpr float kWeight0 = 1 / (kA2 * kB2), kWeightA = 1 / (2 * kA2 * (kA2 - kB2)), kWeightB = 1 / (2 * kB2 * (kB2 - kA2));

/** A filter's three taps into the domain: Gg. */
inline void enterFilter(const Vec (&g)[3], Vec (&t)[6]) {
  t[0] = set(kWeight0) * g[0];
  const Vec evenA = set(kWeightA) * multiplyAdd(set(kA2), g[2], g[0]), oddA = set(kWeightA * kA) * g[1];
  t[1] = evenA + oddA;
  t[2] = evenA - oddA;
  const Vec evenB = set(kWeightB) * multiplyAdd(set(kB2), g[2], g[0]), oddB = set(kWeightB * kB) * g[1];
  t[3] = evenB + oddB;
  t[4] = evenB - oddB;
  t[5] = g[2];
}

/** The same of four taps, as which the slopes at a tile's outputs act on the filter's slope. */
inline void enterFilter(const Vec (&g)[4], Vec (&t)[6]) {
  t[0] = set(kWeight0) * g[0];
  const Vec evenA = set(kWeightA) * multiplyAdd(set(kA2), g[2], g[0]), oddA = set(kWeightA * kA) * multiplyAdd(set(kA2), g[3], g[1]);
  t[1] = evenA + oddA;
  t[2] = evenA - oddA;
  const Vec evenB = set(kWeightB) * multiplyAdd(set(kB2), g[2], g[0]), oddB = set(kWeightB * kB) * multiplyAdd(set(kB2), g[3], g[1]);
  t[3] = evenB + oddB;
  t[4] = evenB - oddB;
  t[5] = g[3];
}

/** Out of the domain, at four places: Aᵀm. */
inline void leave(const Vec (&m)[6], Vec (&y)[4]) {
  const Vec sumA = m[1] + m[2], differenceA = m[1] - m[2], sumB = m[3] + m[4], differenceB = m[3] - m[4];
  y[0] = m[0] + sumA + sumB;
  y[1] = multiplyAdd(set(kB), differenceB, set(kA) * differenceA);
  y[2] = multiplyAdd(set(kB2), sumB, set(kA2) * sumA);
  y[3] = multiplyAdd(set(kB2 * kB), differenceB, multiplyAdd(set(kA2 * kA), differenceA, m[5]));
}

/** Out of the domain, at three places. */
inline void leave(const Vec (&m)[6], Vec (&y)[3]) {
  const Vec sumA = m[1] + m[2], differenceA = m[1] - m[2], sumB = m[3] + m[4], differenceB = m[3] - m[4];
  y[0] = m[0] + sumA + sumB;
  y[1] = multiplyAdd(set(kB), differenceB, set(kA) * differenceA);
  y[2] = multiplyAdd(set(kB2), sumB, multiplyAdd(set(kA2), sumA, m[5]));
}

/**
 * Applies a transform of one axis to both axes of a square of vectors: FROM × FROM values that `read(row, column)` gives
 * become TO × TO that `write(row, column, value)` takes.
 */
template <int FROM, int TO, class Axis, class Read, class Write>
inline void bothAxes(const Axis& axis, const Read& read, const Write& write) {
  Vec half[TO][FROM];
  for (int column = 0; column < FROM; column++) {
    Vec values[FROM], transformed[TO];
    for (int row = 0; row < FROM; row++) values[row] = read(row, column);
    axis(values, transformed);
    for (int row = 0; row < TO; row++) half[row][column] = transformed[row];
  }
  for (int row = 0; row < TO; row++) {
    Vec transformed[TO];
    axis(half[row], transformed);
    for (int column = 0; column < TO; column++) write(row, column, transformed[column]);
  }
}

/** The rows of a group, from all columns, and then their own columns. */
template <int GROUP, class Read, class Write>
inline void enterRows(const Read& read, const Write& write) {
  constexpr int kRows = groupSize(GROUP);
  Vec half[kRows][6];
#pragma GCC unroll 6
  for (int column = 0; column < 6; column++) {
    Vec d[6], t[2];
#pragma GCC unroll 6
    for (int row = 0; row < 6; row++) d[row] = read(row, column);
    enterGroup<GROUP>(d, t);
#pragma GCC unroll 2
    for (int row = 0; row < kRows; row++) half[row][column] = t[row];
  }
  const auto enterColumns = [&](int row, auto group) {
    Vec t[2];
    enterGroup<group>(half[row], t);
    for (int value = 0; value < groupSize(group); value++) write(groupFirst(GROUP) + row, groupFirst(group) + value, t[value]);
  };
#pragma GCC unroll 2
  for (int row = 0; row < kRows; row++) {
    enterColumns(row, std::integral_constant<int, 0>());
    enterColumns(row, std::integral_constant<int, 1>());
    enterColumns(row, std::integral_constant<int, 2>());
    enterColumns(row, std::integral_constant<int, 3>());
  }
}

/**
 * Six by six values that `read(row, column)` gives into the domain, for `write(row, column, value)`. A group of rows at a
 * time stays in the registers, as all 36 values in between do not.
 */
template <class Read, class Write>
inline void enterBothAxes(const Read& read, const Write& write) {
  enterRows<0>(read, write);
  enterRows<1>(read, write);
  enterRows<2>(read, write);
  enterRows<3>(read, write);
}

}  // namespace sulcus

#pragma GCC pop_options
