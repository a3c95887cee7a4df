// Convolutions of 3 × 3 taps at stride 1 by Winograd's method F(4×4, 3×3), and their two gradients.
#pragma once

#include "avx512.h"
#include "thread-pool.h"

namespace sulcus {

/** Images [batch, height, width, channels]; the result of a convolution has the same size, zeros are around the image.
 */
struct Geometry {
  int64_t batch, height, width;
  /** Multiples of 16. */
  int64_t inputChannels, outputChannels;
};

/** What happens to the results of a convolution on their way to memory. */
struct Finish {
  /** Added to every channel, [out]; null: nothing. */
  const float* bias = nullptr;
  /** Whether only the positive part is kept. */
  bool rectified = false;
};

/** y [batch, height, width, out] = x [batch, height, width, in] ∗ filter [3, 3, in, out], each float32 or bfloat16;
 * sums in float32. */
template <class T>
void convolve(Team& team, const Geometry& geometry, const T* x, const T* filter, const Finish& finish, T* y);

/** The slope at the input, dx [batch, height, width, in], from the one at the output, dy [batch, height, width, out].
 */
template <class T>
void convolveBackToInput(Team& team, const Geometry& geometry, const T* filter, const T* dy, T* dx);

/** The slope at the filter [3, 3, in, out]. */
template <class T>
void convolveBackToFilter(Team& team, const Geometry& geometry, const T* x, const T* dy, T* filterSlope);

}  // namespace sulcus
