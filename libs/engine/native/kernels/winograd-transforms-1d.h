// Winograd's transforms along one axis: filter transform G g, input transform Bᵀ d, output transform Aᵀ m.
#pragma once

#include "avx512.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/**
 * F(4, 3), and F(3, 4) for filter gradients, on the interpolation points 0, ±a, ±b and ∞: α = m + r − 1 = 6 values of
 * input give a convolution with 3 kernel positions at 4 outputs, or with 4 at 3 outputs. Lavin and Gray 2016, section
 * 4.3, have a = 1 and b = 2; these points round less.
 */
constexpr float kA = 0.75f, kB = 1.5f;
constexpr float kA2 = kA * kA, kB2 = kB * kB;
constexpr int kAlpha = 6;
/** Elements of a transformed tile in two dimensions. */
constexpr int kTileElements = kAlpha * kAlpha;

/**
 * Rows of Bᵀ d that have terms in common, for F(4, 3): those of point 0, of ±a, of ±b, or of ∞, by the number of the
 * group.
 */
template <int GROUP>
inline void inputTransformGroup(const Vec (&d)[6], Vec (&t)[2]) {
  if constexpr (GROUP == 0 || GROUP == 3) {
    constexpr int kFirst = GROUP == 0 ? 0 : 1;
    t[0] = fma(broadcast(kA2 * kB2), d[kFirst], fma(broadcast(-(kA2 + kB2)), d[kFirst + 2], d[kFirst + 4]));
  } else {
    constexpr float kPoint = GROUP == 1 ? kA : kB, kOther2 = GROUP == 1 ? kB2 : kA2;
    const Vec even = fma(broadcast(-kOther2), d[2], d[4]), odd = fma(broadcast(-kOther2), d[1], d[3]);
    t[0] = fma(broadcast(kPoint), odd, even);
    t[1] = fma(broadcast(-kPoint), odd, even);
  }
}

/** Index of a group's first row among the six, and its number of rows. */
constexpr int groupFirst(int group) { return group == 0 ? 0 : 2 * group - 1; }
constexpr int groupSize(int group) { return group == 1 || group == 2 ? 2 : 1; }

/**
 * Whether F(m, 3) uses an interpolation point, by its index in 0, a, −a, b, −b, ∞. Edge tiles of 3 outputs do without
 * −b, those of 2 without ±b.
 */
constexpr bool usesPoint(int m, int point) { return m == 4 || point == kAlpha - 1 || point <= m; }

/**
 * Input transform Bᵀ d of F(M, 3). For M < 4 its rows are scaled: they carry the weights of F(M, 3)'s own points,
 * divided by those of F(4, 3) that the filter transform applies, so that all tiles share one transformed filter.
 */
template <int M>
inline void inputTransform(const Vec (&d)[M + 2], Vec (&t)[6]) {
  if constexpr (M == 4) {
    Vec pair[2];
    inputTransformGroup<0>(d, pair);
    t[0] = pair[0];
    inputTransformGroup<1>(d, pair);
    t[1] = pair[0], t[2] = pair[1];
    inputTransformGroup<2>(d, pair);
    t[3] = pair[0], t[4] = pair[1];
    inputTransformGroup<3>(d, pair);
    t[5] = pair[0];
  } else if constexpr (M == 3) {
    const Vec difference = fma(broadcast(-kA2), d[1], d[3]);
    t[0] = fma(broadcast(kB), difference, broadcast(kB2) * fma(broadcast(kA2), d[0], -d[2]));
    t[1] = broadcast(kA + kB) * fma(broadcast(-kA * kB), d[1], fma(broadcast(kA - kB), d[2], d[3]));
    t[2] = broadcast(kB - kA) * fma(broadcast(kA * kB), d[1], fma(broadcast(-kA - kB), d[2], d[3]));
    t[3] = broadcast(2 * kB) * difference;
    t[5] = fma(broadcast(-kA2), d[2], fma(broadcast(-kB), difference, d[4]));
  } else {
    t[0] = fma(broadcast(kA2 * kB2), d[0], broadcast(-kB2) * d[2]);
    const Vec even = broadcast(kA2 - kB2) * d[2];
    t[1] = fma(broadcast((kA2 - kB2) * kA), d[1], even);
    t[2] = fma(broadcast((kB2 - kA2) * kA), d[1], even);
    t[5] = fma(broadcast(-kA2), d[1], d[3]);
  }
}

/** Weights of the points of F(4, 3): 1 / ∏ (p − q) over the other finite points q. */
constexpr float kWeight0 = 1 / (kA2 * kB2), kWeightA = 1 / (2 * kA2 * (kA2 - kB2)),
                kWeightB = 1 / (2 * kB2 * (kB2 - kA2));

/** Filter transform G g of F(4, 3). */
inline void filterTransform(const Vec (&g)[3], Vec (&t)[6]) {
  t[0] = broadcast(kWeight0) * g[0];
  const Vec evenA = broadcast(kWeightA) * fma(broadcast(kA2), g[2], g[0]), oddA = broadcast(kWeightA * kA) * g[1];
  t[1] = evenA + oddA;
  t[2] = evenA - oddA;
  const Vec evenB = broadcast(kWeightB) * fma(broadcast(kB2), g[2], g[0]), oddB = broadcast(kWeightB * kB) * g[1];
  t[3] = evenB + oddB;
  t[4] = evenB - oddB;
  t[5] = g[2];
}

/** Filter transform of F(3, 4): in the gradient at the filter, the filter is dy at the 4 outputs of a tile. */
inline void filterTransform(const Vec (&g)[4], Vec (&t)[6]) {
  t[0] = broadcast(kWeight0) * g[0];
  const Vec evenA = broadcast(kWeightA) * fma(broadcast(kA2), g[2], g[0]),
            oddA = broadcast(kWeightA * kA) * fma(broadcast(kA2), g[3], g[1]);
  t[1] = evenA + oddA;
  t[2] = evenA - oddA;
  const Vec evenB = broadcast(kWeightB) * fma(broadcast(kB2), g[2], g[0]),
            oddB = broadcast(kWeightB * kB) * fma(broadcast(kB2), g[3], g[1]);
  t[3] = evenB + oddB;
  t[4] = evenB - oddB;
  t[5] = g[3];
}

/** The same for dy at the 2 outputs of an edge tile. (At 3 outputs it is the transform of 3 values above.) */
inline void filterTransform(const Vec (&g)[2], Vec (&t)[6]) {
  t[0] = broadcast(kWeight0) * g[0];
  const Vec even = broadcast(kWeightA) * g[0], odd = broadcast(kWeightA * kA) * g[1];
  t[1] = even + odd;
  t[2] = even - odd;
  t[5] = g[1];
}

/** Output transform Aᵀ m of F(M, 3). */
template <int M>
inline void outputTransform(const Vec (&m)[6], Vec (&y)[M]) {
  if constexpr (M == 4) {
    const Vec sumA = m[1] + m[2], differenceA = m[1] - m[2], sumB = m[3] + m[4], differenceB = m[3] - m[4];
    y[0] = m[0] + sumA + sumB;
    y[1] = fma(broadcast(kB), differenceB, broadcast(kA) * differenceA);
    y[2] = fma(broadcast(kB2), sumB, broadcast(kA2) * sumA);
    y[3] = fma(broadcast(kB2 * kB), differenceB, fma(broadcast(kA2 * kA), differenceA, m[5]));
  } else {
    const Vec sum = m[1] + m[2], difference = broadcast(kA) * (m[1] - m[2]);
    if constexpr (M == 3) {
      y[0] = m[0] + sum + m[3];
      y[1] = fma(broadcast(kB), m[3], difference);
      y[2] = fma(broadcast(kB2), m[3], fma(broadcast(kA2), sum, m[5]));
    } else {
      y[0] = m[0] + sum;
      y[1] = difference + m[5];
    }
  }
}

/** Output transform Aᵀ m of F(3, 4): the 3 kernel positions of a filter's gradient. */
inline void filterGradientOutputTransform(const Vec (&m)[6], Vec (&y)[3]) {
  const Vec sumA = m[1] + m[2], differenceA = m[1] - m[2], sumB = m[3] + m[4], differenceB = m[3] - m[4];
  y[0] = m[0] + sumA + sumB;
  y[1] = fma(broadcast(kB), differenceB, broadcast(kA) * differenceA);
  y[2] = fma(broadcast(kB2), sumB, fma(broadcast(kA2), sumA, m[5]));
}

}  // namespace sulcus

#pragma GCC pop_options
