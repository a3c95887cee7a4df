// Winograd's transforms of two-dimensional tiles: the one-dimensional ones along columns, then along rows.
#pragma once

#include <type_traits>

#include "winograd-transforms-1d.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/** Applies a one-dimensional transform to both axes: FROM × FROM values `read(row, column)` become TO × TO for `write`.
 */
template <int FROM, int TO, class Transform, class Read, class Write>
inline void transform2D(const Transform& transform, const Read& read, const Write& write) {
  Vec half[TO][FROM];
  for (int column = 0; column < FROM; column++) {
    Vec values[FROM], transformed[TO];
    for (int row = 0; row < FROM; row++) values[row] = read(row, column);
    transform(values, transformed);
    for (int row = 0; row < TO; row++) half[row][column] = transformed[row];
  }
  for (int row = 0; row < TO; row++) {
    Vec transformed[TO];
    transform(half[row], transformed);
    for (int column = 0; column < TO; column++) write(row, column, transformed[column]);
  }
}

/** The rows of one group of Bᵀ d B, from all of d. */
template <int GROUP, class Read, class Write>
inline void inputTransformGroup2D(const Read& read, const Write& write) {
  constexpr int kRows = groupSize(GROUP);
  Vec half[kRows][6];
#pragma GCC unroll 6
  for (int column = 0; column < 6; column++) {
    Vec d[6], t[2];
#pragma GCC unroll 6
    for (int row = 0; row < 6; row++) d[row] = read(row, column);
    inputTransformGroup<GROUP>(d, t);
#pragma GCC unroll 2
    for (int row = 0; row < kRows; row++) half[row][column] = t[row];
  }
  const auto transformRow = [&](int row, auto group) {
    Vec t[2];
    inputTransformGroup<group>(half[row], t);
    for (int value = 0; value < groupSize(group); value++)
      write(groupFirst(GROUP) + row, groupFirst(group) + value, t[value]);
  };
#pragma GCC unroll 2
  for (int row = 0; row < kRows; row++) {
    transformRow(row, std::integral_constant<int, 0>());
    transformRow(row, std::integral_constant<int, 1>());
    transformRow(row, std::integral_constant<int, 2>());
    transformRow(row, std::integral_constant<int, 3>());
  }
}

/**
 * Input transform Bᵀ d B of F(4×4, 3×3): 6 × 6 values `read(row, column)` become 6 × 6 for `write(row, column, value)`.
 * One group of rows at a time fits into the registers; all 36 intermediate values do not.
 */
template <class Read, class Write>
inline void inputTransform2D(const Read& read, const Write& write) {
  inputTransformGroup2D<0>(read, write);
  inputTransformGroup2D<1>(read, write);
  inputTransformGroup2D<2>(read, write);
  inputTransformGroup2D<3>(read, write);
}

/** The same for an edge tile of HEIGHT × WIDTH outputs; only the elements of its points are written. */
template <int HEIGHT, int WIDTH, class Read, class Write>
inline void edgeInputTransform2D(const Read& read, const Write& write) {
  Vec half[6][WIDTH + 2];
  for (int column = 0; column < WIDTH + 2; column++) {
    Vec d[HEIGHT + 2], t[6];
    for (int row = 0; row < HEIGHT + 2; row++) d[row] = read(row, column);
    inputTransform<HEIGHT>(d, t);
    for (int point = 0; point < kAlpha; point++)
      if (usesPoint(HEIGHT, point)) half[point][column] = t[point];
  }
  for (int row = 0; row < kAlpha; row++) {
    if (!usesPoint(HEIGHT, row)) continue;
    Vec t[6];
    inputTransform<WIDTH>(half[row], t);
    for (int point = 0; point < kAlpha; point++)
      if (usesPoint(WIDTH, point)) write(row, point, t[point]);
  }
}

/** Filter transform G g Gᵀ of dy at the HEIGHT × WIDTH outputs of a tile, for the gradient at the filter. */
template <int HEIGHT, int WIDTH, class Read, class Write>
inline void outputGradientTransform2D(const Read& read, const Write& write) {
  Vec half[6][WIDTH];
  for (int column = 0; column < WIDTH; column++) {
    Vec g[HEIGHT], t[6];
    for (int row = 0; row < HEIGHT; row++) g[row] = read(row, column);
    filterTransform(g, t);
    for (int point = 0; point < kAlpha; point++)
      if (usesPoint(HEIGHT, point)) half[point][column] = t[point];
  }
  for (int row = 0; row < kAlpha; row++) {
    if (!usesPoint(HEIGHT, row)) continue;
    Vec t[6];
    filterTransform(half[row], t);
    for (int point = 0; point < kAlpha; point++)
      if (usesPoint(WIDTH, point)) write(row, point, t[point]);
  }
}

/** Output transform Aᵀ m A to the HEIGHT × WIDTH outputs of a tile. */
template <int HEIGHT, int WIDTH, class Read, class Write>
inline void outputTransform2D(const Read& read, const Write& write) {
  Vec half[HEIGHT][6];
  for (int column = 0; column < kAlpha; column++) {
    if (!usesPoint(WIDTH, column)) continue;
    Vec m[6], y[HEIGHT];
    for (int row = 0; row < kAlpha; row++)
      if (usesPoint(HEIGHT, row)) m[row] = read(row, column);
    outputTransform<HEIGHT>(m, y);
    for (int row = 0; row < HEIGHT; row++) half[row][column] = y[row];
  }
  for (int row = 0; row < HEIGHT; row++) {
    Vec y[WIDTH];
    outputTransform<WIDTH>(half[row], y);
    for (int column = 0; column < WIDTH; column++) write(row, column, y[column]);
  }
}

}  // namespace sulcus

#pragma GCC pop_options
