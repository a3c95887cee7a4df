// Winograd's transforms along both axes of a tile.
#pragma once

#include <type_traits>

#include "winograd-transforms-1d.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/**
 * Applies a transform of one axis to both axes of a square of vectors: FROM × FROM values that `read(row, column)`
 * gives become TO × TO that `write(row, column, value)` takes.
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
    for (int value = 0; value < groupSize(group); value++)
      write(groupFirst(GROUP) + row, groupFirst(group) + value, t[value]);
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
 * Six by six values that `read(row, column)` gives into the domain, for `write(row, column, value)`. A group of rows at
 * a time stays in the registers, as all 36 values in between do not.
 */
template <class Read, class Write>
inline void enterBothAxes(const Read& read, const Write& write) {
  enterRows<0>(read, write);
  enterRows<1>(read, write);
  enterRows<2>(read, write);
  enterRows<3>(read, write);
}

/**
 * The same for a tile of DOWN × ACROSS results, at the end of an image; only what the tile has in the domain is
 * written.
 */
template <int DOWN, int ACROSS, class Read, class Write>
inline void enterEdge(const Read& read, const Write& write) {
  Vec half[6][ACROSS + 2];
  for (int column = 0; column < ACROSS + 2; column++) {
    Vec d[DOWN + 2], t[6];
    for (int row = 0; row < DOWN + 2; row++) d[row] = read(row, column);
    enterPart<DOWN>(d, t);
    for (int point = 0; point < kPoints; point++)
      if (hasPoint(DOWN, point)) half[point][column] = t[point];
  }
  for (int row = 0; row < kPoints; row++) {
    if (!hasPoint(DOWN, row)) continue;
    Vec t[6];
    enterPart<ACROSS>(half[row], t);
    for (int point = 0; point < kPoints; point++)
      if (hasPoint(ACROSS, point)) write(row, point, t[point]);
  }
}

/** The slopes at a tile of DOWN × ACROSS results into the domain. */
template <int DOWN, int ACROSS, class Read, class Write>
inline void enterSlopes(const Read& read, const Write& write) {
  Vec half[6][ACROSS];
  for (int column = 0; column < ACROSS; column++) {
    Vec g[DOWN], t[6];
    for (int row = 0; row < DOWN; row++) g[row] = read(row, column);
    enterFilter(g, t);
    for (int point = 0; point < kPoints; point++)
      if (hasPoint(DOWN, point)) half[point][column] = t[point];
  }
  for (int row = 0; row < kPoints; row++) {
    if (!hasPoint(DOWN, row)) continue;
    Vec t[6];
    enterFilter(half[row], t);
    for (int point = 0; point < kPoints; point++)
      if (hasPoint(ACROSS, point)) write(row, point, t[point]);
  }
}

/** A tile of DOWN × ACROSS results out of the domain. */
template <int DOWN, int ACROSS, class Read, class Write>
inline void leaveBothAxes(const Read& read, const Write& write) {
  Vec half[DOWN][6];
  for (int column = 0; column < kPoints; column++) {
    if (!hasPoint(ACROSS, column)) continue;
    Vec m[6], y[DOWN];
    for (int row = 0; row < kPoints; row++)
      if (hasPoint(DOWN, row)) m[row] = read(row, column);
    leavePart<DOWN>(m, y);
    for (int row = 0; row < DOWN; row++) half[row][column] = y[row];
  }
  for (int row = 0; row < DOWN; row++) {
    Vec y[ACROSS];
    leavePart<ACROSS>(half[row], y);
    for (int column = 0; column < ACROSS; column++) write(row, column, y[column]);
  }
}

}  // namespace sulcus

#pragma GCC pop_options
