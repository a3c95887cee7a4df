// Which tiles a batch of activations is cut into, and how their transforms lie in memory.
#pragma once

#include <algorithm>
#include <type_traits>

#include "packed-panels.h"
#include "winograd-transforms-1d.h"
#include "winograd.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/** m and r of F(m×m, r×r): a tile is 4 × 4 outputs, which depend on 6 × 6 inputs, one more on each side. */
constexpr int kTileSize = 4;
constexpr int kKernelSize = 3;

/** Channels, or tiles, from `begin` to before `end`. */
struct Range {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

/** Tiles along one axis: the last one may be an edge tile, of fewer outputs. */
struct TileAxis {
  int64_t fullTiles;
  /** Outputs of the edge tile, 2 or 3; 0: there is none. Of 2 one may lie outside the image. */
  int edgeSize;

  explicit TileAxis(int64_t size)
      : fullTiles(size / kTileSize), edgeSize(size % kTileSize == 1 ? 2 : static_cast<int>(size % kTileSize)) {}
  int64_t numEdgeTiles() const { return edgeSize == 0 ? 0 : 1; }
  bool usesPoint(int point) const { return edgeSize == 0 || sulcus::usesPoint(edgeSize, point); }
};

/**
 * Tiles of a batch. They are numbered by kind, so that the tiles that have some element of the transformed tile follow
 * one another: first those at the right edge, then full ones, then those at the lower edge, and last those in the
 * corner.
 */
struct TileGrid {
  int64_t batch, height, width;
  TileAxis vertical, horizontal;
  /** Numbers of tiles by kind, and of all. */
  int64_t right, full, lower, count;

  explicit TileGrid(const WinogradShape& shape)
      : batch(shape.batch),
        height(shape.height),
        width(shape.width),
        vertical(shape.height),
        horizontal(shape.width),
        right(batch * vertical.fullTiles * horizontal.numEdgeTiles()),
        full(batch * vertical.fullTiles * horizontal.fullTiles),
        lower(batch * vertical.numEdgeTiles() * horizontal.fullTiles),
        count(right + full + lower + batch * vertical.numEdgeTiles() * horizontal.numEdgeTiles()) {}

  struct Tile {
    int64_t image, top, left;
    /** In outputs. */
    int height, width;
  };
  Tile tile(int64_t index) const {
    const auto tileOfKind = [&](int64_t number, int64_t rows, int64_t columns, bool isLower, bool isRight) {
      const int64_t row = isLower ? vertical.fullTiles : number / columns % rows,
                    column = isRight ? horizontal.fullTiles : number % columns;
      return Tile{number / (rows * columns), row * kTileSize, column * kTileSize,
                  isLower ? vertical.edgeSize : kTileSize, isRight ? horizontal.edgeSize : kTileSize};
    };
    if (index < right) return tileOfKind(index, vertical.fullTiles, 1, false, true);
    if (index < right + full) return tileOfKind(index - right, vertical.fullTiles, horizontal.fullTiles, false, false);
    if (index < right + full + lower) return tileOfKind(index - right - full, 1, horizontal.fullTiles, true, false);
    return tileOfKind(index - right - full - lower, 1, 1, true, true);
  }

  /** Those of the tiles `from` to `to` that have an element of the transformed tile. */
  Range tilesWithElement(int element, int64_t from, int64_t to) const {
    const bool lowerHas = vertical.usesPoint(element / kAlpha), rightHas = horizontal.usesPoint(element % kAlpha);
    const int64_t begin = rightHas ? 0 : right;
    const int64_t end = !lowerHas ? right + full : rightHas ? count : right + full + lower;
    return {std::max(from, begin), std::max(std::max(from, begin), std::min(to, end))};
  }
};

/** Calls `body` with the height and width of a tile as compile-time constants. */
template <class Body>
inline void withTileSize(const TileGrid::Tile& tile, const Body& body) {
  const auto withWidth = [&](auto height) {
    switch (tile.width) {
      case 2: return body(height, std::integral_constant<int, 2>());
      case 3: return body(height, std::integral_constant<int, 3>());
      default: return body(height, std::integral_constant<int, 4>());
    }
  };
  switch (tile.height) {
    case 2: return withWidth(std::integral_constant<int, 2>());
    case 3: return withWidth(std::integral_constant<int, 3>());
    default: return withWidth(std::integral_constant<int, 4>());
  }
}

/** Transformed tiles or filters: for each of the 36 elements a matrix [rows, channels], so that products go by element.
 */
struct ElementMatrices {
  float* data;
  int64_t rows, channels;
  /** A cache line more than the matrix: else the 36 elements of a channel would fall into the same set of the cache. */
  int64_t elementStride() const { return rows * channels + kLanes; }
  static size_t floats(int64_t rows, int64_t channels) { return kTileElements * (rows * channels + kLanes); }
  float* at(int element, int64_t row, int64_t channel) const {
    return data + element * elementStride() + row * channels + channel;
  }
};

/** The same with each matrix in packed panels, as the B of products. */
struct PackedElementMatrices {
  ElementMatrices matrices;
  PackedPanels matrix(int element) const { return {matrices.at(element, 0, 0), matrices.rows, matrices.channels}; }
  float* at(int element, int64_t row, int64_t channel) const { return matrix(element).at(row, channel); }
  GemmB panel(int element, int64_t number) const { return matrix(element).panel(number); }
};

}  // namespace sulcus

#pragma GCC pop_options
