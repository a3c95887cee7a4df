// Convolutions and their gradients at the input as convolutions of stride 1: the polyphase decomposition.
//
// A pixel of dx meets only every stride-th kernel position. Pixels that lie a multiple of the stride from each other
// (one phase) meet the same positions, so that each of the stride² phases is a dense convolution of dy.
#pragma once

#include <vector>

#include "implicit-gemm.h"

namespace sulcus {

/**
 * One axis of a sub-convolution: destination pixels `first`, first + step, … (`count` of them, in `size`), each of
 * which reads the source at pixel · sourceStride + offset for every kernel position.
 */
struct SubConvAxis {
  int64_t first, step, count, size, sourceStride, sourceSize;
  struct KernelPosition {
    int64_t offset, index;
  };
  std::vector<KernelPosition> kernelPositions;
};

/** The forward convolution is a single sub-convolution. */
inline SubConvAxis forwardAxis(const ConvAxis& axis) {
  SubConvAxis sub{0, 1, axis.output, axis.output, axis.stride, axis.input, {}};
  for (int64_t position = 0; position < axis.kernelSize; position++)
    sub.kernelPositions.push_back({position - axis.padBefore, position});
  return sub;
}

/** The pixels of dx in one phase, 0 ≤ phase < stride; the source is dy. */
inline SubConvAxis backpropInputAxis(const ConvAxis& axis, int64_t phase) {
  SubConvAxis sub{phase,       axis.stride, (axis.input - phase + axis.stride - 1) / axis.stride, axis.input, 1,
                  axis.output, {}};
  for (int64_t position = 0; position < axis.kernelSize; position++)
    if ((phase + axis.padBefore - position) % axis.stride == 0)
      sub.kernelPositions.push_back({(phase + axis.padBefore - position) / axis.stride, position});
  return sub;
}

/** A sub-convolution of source [batch, sourceSize, sourceSize, in] to destination [batch, size, size, out]. */
template <class T>
struct SubConv {
  int64_t batch, in, out;
  SubConvAxis vertical, horizontal;
  /** `zeros` stands for pixels outside the source, [in]. */
  const T *source, *zeros;
  T* destination;

  int64_t numPixels() const { return batch * vertical.count * horizontal.count; }
  int64_t numKernelPositions() const {
    return static_cast<int64_t>(vertical.kernelPositions.size() * horizontal.kernelPositions.size());
  }
  /** Whether it is a 1 × 1 convolution of stride 1: the source as it lies in memory is the matrix A of the product. */
  bool isPointwise() const {
    return numKernelPositions() == 1 && vertical.kernelPositions[0].offset == 0 &&
           horizontal.kernelPositions[0].offset == 0 && vertical.sourceStride == 1 && horizontal.sourceStride == 1 &&
           vertical.count == vertical.sourceSize && horizontal.count == horizontal.sourceSize;
  }

  /** Calls `body(index, image, row, column)` for `count` destination pixels from `first` on, row by row. */
  template <class Body>
  void forEachPixel(int64_t first, int64_t count, const Body& body) const {
    int64_t column = first % horizontal.count, row = first / horizontal.count % vertical.count,
            image = first / horizontal.count / vertical.count;
    for (int64_t index = 0; index < count; index++) {
      body(index, image, row, column);
      if (++column < horizontal.count) continue;
      column = 0;
      if (++row < vertical.count) continue;
      row = 0;
      image++;
    }
  }
  /** @returns the channels of the source pixel that a destination pixel meets at these offsets, [in] */
  const T* sourcePixel(int64_t image, int64_t row, int64_t column, int64_t verticalOffset,
                       int64_t horizontalOffset) const {
    const int64_t y = row * vertical.sourceStride + verticalOffset,
                  x = column * horizontal.sourceStride + horizontalOffset;
    const bool inside = y >= 0 && y < vertical.sourceSize && x >= 0 && x < horizontal.sourceSize;
    return inside ? source + ((image * vertical.sourceSize + y) * horizontal.sourceSize + x) * in : zeros;
  }
  T* destinationPixel(int64_t image, int64_t row, int64_t column) const {
    return destination + ((image * vertical.size + vertical.first + row * vertical.step) * horizontal.size +
                          horizontal.first + column * horizontal.step) *
                             out;
  }
};

}  // namespace sulcus
