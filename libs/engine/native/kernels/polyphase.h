// Pixels of a convolution's result that the same taps lead to.
#pragma once

#include <vector>

#include "implicit-gemm.h"

namespace sulcus {

/** Pixels of one axis of the result that the same taps lead to: `first`, first + step, …; under a tap lies its distance
 * + pixel · sourceStep. */
struct PhaseAxis {
  int64_t first, step, count, size, sourceStep, sourceSize;
  struct AxisTap {
    int64_t distance, number;
  };
  std::vector<AxisTap> taps;
};

/** The pixels of a convolution's result are one phase. */
inline PhaseAxis forward(const Axis& axis) {
  PhaseAxis phase{0, 1, axis.output, axis.output, axis.stride, axis.input, {}};
  for (int64_t tap = 0; tap < axis.taps; tap++) phase.taps.push_back({tap - axis.before, tap});
  return phase;
}

/** The pixels of x are as many phases as the stride: those that lie a multiple of it from each other have taps in
 * common. */
inline PhaseAxis backward(const Axis& axis, int64_t first) {
  PhaseAxis phase{first,       axis.stride, (axis.input - first + axis.stride - 1) / axis.stride, axis.input, 1,
                  axis.output, {}};
  for (int64_t tap = 0; tap < axis.taps; tap++)
    if ((first + axis.before - tap) % axis.stride == 0)
      phase.taps.push_back({(first + axis.before - tap) / axis.stride, tap});
  return phase;
}

/** The pixels of one phase, counted row by row, in the memory of images. */
template <class T>
struct PhasePixels {
  int64_t batch, in, out;
  PhaseAxis vertical, horizontal;
  const T *source, *outside;
  T* result;

  int64_t count() const { return batch * vertical.count * horizontal.count; }
  int64_t taps() const { return static_cast<int64_t>(vertical.taps.size() * horizontal.taps.size()); }
  /** Whether the pixels of the result and of the source are the same, one after the other. */
  bool areRows() const {
    return taps() == 1 && vertical.taps[0].distance == 0 && horizontal.taps[0].distance == 0 &&
           vertical.sourceStep == 1 && horizontal.sourceStep == 1 && vertical.count == vertical.sourceSize &&
           horizontal.count == horizontal.sourceSize;
  }

  /** Calls `each(index, image, row, column)` for `count` pixels from `first` on. */
  template <class Each>
  void walk(int64_t first, int64_t count, const Each& each) const {
    int64_t column = first % horizontal.count, row = first / horizontal.count % vertical.count,
            image = first / horizontal.count / vertical.count;
    for (int64_t index = 0; index < count; index++) {
      each(index, image, row, column);
      if (++column < horizontal.count) continue;
      column = 0;
      if (++row < vertical.count) continue;
      row = 0;
      image++;
    }
  }
  const T* under(int64_t image, int64_t row, int64_t column, int64_t down, int64_t across) const {
    const int64_t y = row * vertical.sourceStep + down, x = column * horizontal.sourceStep + across;
    const bool inside = y >= 0 && y < vertical.sourceSize && x >= 0 && x < horizontal.sourceSize;
    return inside ? source + ((image * vertical.sourceSize + y) * horizontal.sourceSize + x) * in : outside;
  }
  T* at(int64_t image, int64_t row, int64_t column) const {
    return result + ((image * vertical.size + vertical.first + row * vertical.step) * horizontal.size +
                     horizontal.first + column * horizontal.step) *
                        out;
  }
};

}  // namespace sulcus
