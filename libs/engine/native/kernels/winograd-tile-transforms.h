// Transforms of tiles and filters between activations or filters in memory and the matrices that are multiplied.
#pragma once

#include "winograd-tiles.h"
#include "winograd-transforms-2d.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/** Where the channels of ROWS × COLUMNS pixels of an image begin; `zeros` [channel] stands for those outside of it. */
template <int ROWS, int COLUMNS, class T>
struct TilePixels {
  const T* begin[ROWS][COLUMNS];

  TilePixels(const TileGrid& grid, const T* activations, int64_t channels, const TileGrid::Tile& tile, int64_t border,
             const T* zeros) {
    for (int row = 0; row < ROWS; row++) {
      for (int column = 0; column < COLUMNS; column++) {
        const int64_t y = tile.top + row - border, x = tile.left + column - border;
        const bool inside = y >= 0 && y < grid.height && x >= 0 && x < grid.width;
        begin[row][column] =
            inside ? activations + ((tile.image * grid.height + y) * grid.width + x) * channels : zeros;
      }
    }
  }
};

/** What of a tile is transformed: its input, with a border of one pixel around the outputs, or the gradient at them. */
enum class TileSource { kInput, kOutputGradient };

/** Transforms a tile of x or dy, of these channels, into one row of the matrices. */
template <TileSource SOURCE, class T, class Matrices>
void transformTile(const TileGrid& grid, const T* activations, int64_t channels, int64_t index, const T* zeros,
                   const Matrices& target, int64_t row, Range part) {
  constexpr int kBorder = SOURCE == TileSource::kInput ? 1 : 0;
  const int64_t elementStride = target.at(1, 0, 0) - target.at(0, 0, 0);
  const auto tile = grid.tile(index);
  withTileSize(tile, [&](auto height, auto width) {
    const TilePixels<height + 2 * kBorder, width + 2 * kBorder, T> pixels(grid, activations, channels, tile, kBorder,
                                                                          zeros);
    for (int64_t channel = 0; channel < part.size(); channel += kLanes) {
      float* to = target.at(0, row, channel);
      const auto read = [&](int i, int j) { return load(pixels.begin[i][j] + part.begin + channel); };
      const auto write = [&](int i, int j, Vec value) { store(to + (i * kAlpha + j) * elementStride, value); };
      if constexpr (SOURCE == TileSource::kOutputGradient)
        outputGradientTransform2D<height, width>(read, write);
      else if constexpr (height == kTileSize && width == kTileSize)
        inputTransform2D(read, write);
      else
        edgeInputTransform2D<height, width>(read, write);
    }
  });
}

/** Output transform of one row of the products into the pixels of a tile, these of their channels, with the post-ops.
 */
template <class T>
void outputTransformTile(const TileGrid& grid, const ElementMatrices& products, int64_t row, int64_t index,
                         T* activations, int64_t channels, Range part, const PostOps& postOps) {
  const auto tile = grid.tile(index);
  const int64_t rowsLeft = grid.height - tile.top, columnsLeft = grid.width - tile.left;
  T* first = activations + ((tile.image * grid.height + tile.top) * grid.width + tile.left) * channels + part.begin;
  withTileSize(tile, [&](auto height, auto width) {
    for (int64_t channel = 0; channel < part.size(); channel += kLanes) {
      const float* from = products.at(0, row, channel);
      const Vec bias = postOps.bias == nullptr ? zero() : load(postOps.bias + part.begin + channel);
      const auto read = [&](int i, int j) { return load(from + (i * kAlpha + j) * products.elementStride()); };
      outputTransform2D<height, width>(read, [&](int i, int j, Vec value) {
        if (i >= rowsLeft || j >= columnsLeft) return;
        const Vec biased = value + bias;
        store(first + (i * grid.width + j) * channels + channel, postOps.fusedRelu ? relu(biased) : biased);
      });
    }
  });
}

/** Filter transform of input channel `row` of w [3, 3, in, out], for these output channels. */
template <class T>
void filterTransformRow(const WinogradShape& shape, const T* w, int64_t row, Range part,
                        const PackedElementMatrices& target) {
  for (int64_t channel = 0; channel < part.size(); channel += kLanes) {
    const T* from = w + row * shape.outputChannels + part.begin + channel;
    transform2D<kKernelSize, kAlpha>(
        [](const Vec(&g)[3], Vec(&t)[6]) { filterTransform(g, t); },
        [&](int i, int j) { return load(from + (i * kKernelSize + j) * shape.inputChannels * shape.outputChannels); },
        [&](int i, int j, Vec value) { store(target.at(i * kAlpha + j, row, channel), value); });
  }
}

/**
 * Filter transform for the gradient at the input, whose filter is w rotated by 180° with input and output channels
 * exchanged: the 16 output channels from `row` on, for these input channels.
 */
template <class T>
void rotatedFilterTransformRows(const WinogradShape& shape, const T* w, int64_t row, Range part,
                                const PackedElementMatrices& target) {
  for (int64_t channel = 0; channel < part.size(); channel += kLanes) {
    Vec rotated[kKernelSize][kKernelSize][kLanes];
    for (int i = 0; i < kKernelSize; i++) {
      for (int j = 0; j < kKernelSize; j++) {
        Vec(&block)[kLanes] = rotated[kKernelSize - 1 - i][kKernelSize - 1 - j];
        for (int lane = 0; lane < kLanes; lane++)
          block[lane] = load(
              w + ((i * kKernelSize + j) * shape.inputChannels + part.begin + channel + lane) * shape.outputChannels +
              row);
        transpose(block);
      }
    }
    for (int lane = 0; lane < kLanes; lane++) {
      transform2D<kKernelSize, kAlpha>(
          [](const Vec(&g)[3], Vec(&t)[6]) { filterTransform(g, t); },
          [&](int i, int j) { return rotated[i][j][lane]; },
          [&](int i, int j, Vec value) { store(target.at(i * kAlpha + j, row + lane, channel), value); });
    }
  }
}

/** Output transform of input channel `row` of a filter's gradient; kernel positions lie `positionStride` apart in dw.
 */
template <class T>
void filterGradientOutputTransformRow(const ElementMatrices& products, int64_t row, T* dw, int64_t positionStride) {
  for (int64_t channel = 0; channel < products.channels; channel += kLanes) {
    const float* from = products.at(0, row, channel);
    transform2D<kAlpha, kKernelSize>(
        [](const Vec(&m)[6], Vec(&y)[3]) { filterGradientOutputTransform(m, y); },
        [&](int i, int j) { return load(from + (i * kAlpha + j) * products.elementStride()); },
        [&](int i, int j, Vec value) { store(dw + (i * kKernelSize + j) * positionStride + channel, value); });
  }
}

}  // namespace sulcus

#pragma GCC pop_options
