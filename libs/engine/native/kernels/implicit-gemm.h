// Convolutions with any window, and their gradients, as products of matrices.
#pragma once

#include "avx512.h"
#include "thread-pool.h"

namespace sulcus {

/** What holds along one axis of images: sizes in pixels, taps of the filter, their step, and the zeros before the first
 * pixel. */
struct Axis {
  int64_t input, output, taps, stride, before;
};

/** Images x [batch, vertical.input, horizontal.input, in] and y [batch, vertical.output, horizontal.output, out]. */
struct WindowGeometry {
  int64_t batch;
  Axis vertical, horizontal;
  /** Multiples of 16. */
  int64_t inputChannels, outputChannels;
};

/** Where the mean and the biased variance of every output channel go, [out] each; null: nowhere. */
struct ChannelStatistics {
  float *mean = nullptr, *variance = nullptr;
};

/**
 * y = x ∗ filter [vertical.taps, horizontal.taps, in, out], each float32 or bfloat16; sums in float32. Statistics are
 * of the sums before they are rounded, as accurate as two passes over them would be.
 */
template <class T>
void directConvolve(Team& team, const WindowGeometry& geometry, const T* x, const T* filter,
                    const ChannelStatistics& statistics, T* y);

/** The slope at x from the one at y. */
template <class T>
void directBackToInput(Team& team, const WindowGeometry& geometry, const T* filter, const T* dy, T* dx);

/** The slope at the filter from x and the slope at y. */
template <class T>
void directBackToFilter(Team& team, const WindowGeometry& geometry, const T* x, const T* dy, T* filterSlope);

}  // namespace sulcus
