// Winograd's transforms along one axis, between tiles of pixels and the domain in which a convolution is 36 products of
// matrices.
#pragma once

#include "avx512.h"

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
 * Values of the domain that have terms in common, from six neighbouring values: Bᵀd of 0, of ±a, of ±b or of infinity,
 * by the number of the group.
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

/**
 * Whether a tile of so many results along an axis has a value at a point. Two or three results, at the end of an image,
 * need two or one fewer: those of −b, and of b.
 */
constexpr bool hasPoint(int size, int point) { return size == 4 || point == kPoints - 1 || point <= size; }

/** Values for a tile of SIZE results into the domain; the weights of its own points are in them, divided by those that
 * filters have. */
template <int SIZE>
inline void enterPart(const Vec (&d)[SIZE + 2], Vec (&t)[6]) {
  if constexpr (SIZE == 4) {
    Vec pair[2];
    enterGroup<0>(d, pair);
    t[0] = pair[0];
    enterGroup<1>(d, pair);
    t[1] = pair[0], t[2] = pair[1];
    enterGroup<2>(d, pair);
    t[3] = pair[0], t[4] = pair[1];
    enterGroup<3>(d, pair);
    t[5] = pair[0];
  } else if constexpr (SIZE == 3) {
    const Vec slope = multiplyAdd(set(-kA2), d[1], d[3]);
    t[0] = multiplyAdd(set(kB), slope, set(kB2) * multiplyAdd(set(kA2), d[0], -d[2]));
    t[1] = set(kA + kB) * multiplyAdd(set(-kA * kB), d[1], multiplyAdd(set(kA - kB), d[2], d[3]));
    t[2] = set(kB - kA) * multiplyAdd(set(kA * kB), d[1], multiplyAdd(set(-kA - kB), d[2], d[3]));
    t[3] = set(2 * kB) * slope;
    t[5] = multiplyAdd(set(-kA2), d[2], multiplyAdd(set(-kB), slope, d[4]));
  } else {
    t[0] = multiplyAdd(set(kA2 * kB2), d[0], set(-kB2) * d[2]);
    const Vec even = set(kA2 - kB2) * d[2];
    t[1] = multiplyAdd(set((kA2 - kB2) * kA), d[1], even);
    t[2] = multiplyAdd(set((kB2 - kA2) * kA), d[1], even);
    t[5] = multiplyAdd(set(-kA2), d[1], d[3]);
  }
}

/** The weights of the points: 1 / ∏ (p − q) over the other finite points q. */
constexpr float kWeight0 = 1 / (kA2 * kB2), kWeightA = 1 / (2 * kA2 * (kA2 - kB2)),
                kWeightB = 1 / (2 * kB2 * (kB2 - kA2));

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
  const Vec evenA = set(kWeightA) * multiplyAdd(set(kA2), g[2], g[0]),
            oddA = set(kWeightA * kA) * multiplyAdd(set(kA2), g[3], g[1]);
  t[1] = evenA + oddA;
  t[2] = evenA - oddA;
  const Vec evenB = set(kWeightB) * multiplyAdd(set(kB2), g[2], g[0]),
            oddB = set(kWeightB * kB) * multiplyAdd(set(kB2), g[3], g[1]);
  t[3] = evenB + oddB;
  t[4] = evenB - oddB;
  t[5] = g[3];
}

/** The same of two taps, for the slopes at a tile of two outputs; tiles of three take the transform of three taps. */
inline void enterFilter(const Vec (&g)[2], Vec (&t)[6]) {
  t[0] = set(kWeight0) * g[0];
  const Vec even = set(kWeightA) * g[0], odd = set(kWeightA * kA) * g[1];
  t[1] = even + odd;
  t[2] = even - odd;
  t[5] = g[1];
}

/** Out of the domain, at four places: Aᵀm. */
inline void leave(const Vec (&m)[6], Vec (&y)[4]) {
  const Vec sumA = m[1] + m[2], differenceA = m[1] - m[2], sumB = m[3] + m[4], differenceB = m[3] - m[4];
  y[0] = m[0] + sumA + sumB;
  y[1] = multiplyAdd(set(kB), differenceB, set(kA) * differenceA);
  y[2] = multiplyAdd(set(kB2), sumB, set(kA2) * sumA);
  y[3] = multiplyAdd(set(kB2 * kB), differenceB, multiplyAdd(set(kA2 * kA), differenceA, m[5]));
}

/** Out of the domain, at as many places as the tile has results along the axis. */
template <int SIZE>
inline void leavePart(const Vec (&m)[6], Vec (&y)[SIZE]) {
  if constexpr (SIZE == 4) return leave(m, y);
  const Vec sum = m[1] + m[2], difference = set(kA) * (m[1] - m[2]);
  if constexpr (SIZE == 3) {
    y[0] = m[0] + sum + m[3];
    y[1] = multiplyAdd(set(kB), m[3], difference);
    y[2] = multiplyAdd(set(kB2), m[3], multiplyAdd(set(kA2), sum, m[5]));
  } else if constexpr (SIZE == 2) {
    y[0] = m[0] + sum;
    y[1] = difference + m[5];
  }
}

/** Out of the domain, at three places. */
inline void leave(const Vec (&m)[6], Vec (&y)[3]) {
  const Vec sumA = m[1] + m[2], differenceA = m[1] - m[2], sumB = m[3] + m[4], differenceB = m[3] - m[4];
  y[0] = m[0] + sumA + sumB;
  y[1] = multiplyAdd(set(kB), differenceB, set(kA) * differenceA);
  y[2] = multiplyAdd(set(kB2), sumB, multiplyAdd(set(kA2), sumA, m[5]));
}

}  // namespace sulcus

#pragma GCC pop_options
