// Convolutions with any kernel size and stride, and their gradients, as matrix products: implicit GEMM (Chetlur et al.
// 2014, "cuDNN: Efficient Primitives for Deep Learning", section 3), which gathers the columns of im2col a chunk at a
// time.
#pragma once

#include "avx512.h"
#include "thread-pool.h"

namespace sulcus {

/** A convolution along one spatial axis: sizes in pixels, and the zeros before the first pixel. */
struct ConvAxis {
  int64_t input, output, kernelSize, stride, padBefore;
};

/** x [batch, vertical.input, horizontal.input, in] and y [batch, vertical.output, horizontal.output, out] (NHWC). */
struct ConvShape {
  int64_t batch;
  ConvAxis vertical, horizontal;
  /** Multiples of 16. */
  int64_t inputChannels, outputChannels;
};

/** Where the mean and the biased variance of every output channel go, [out] each; null: not computed. */
struct ChannelMoments {
  float *mean = nullptr, *variance = nullptr;
};

/**
 * y = x ∗ w, with the filter w [vertical.kernelSize, horizontal.kernelSize, in, out] (HWIO), each float32 or bfloat16.
 * Sums are float32. The moments are those of y before it is rounded, as accurate as two passes over it would be.
 */
template <class T>
void implicitGemmConv2D(ThreadPool& threadPool, const ConvShape& shape, const T* x, const T* w,
                        const ChannelMoments& moments, T* y);

/** dx, the gradient at x, from w and dy, the gradient at y. */
template <class T>
void implicitGemmConv2DBackpropInput(ThreadPool& threadPool, const ConvShape& shape, const T* w, const T* dy, T* dx);

/** dw, the gradient at w, from x and dy. */
template <class T>
void implicitGemmConv2DBackpropFilter(ThreadPool& threadPool, const ConvShape& shape, const T* x, const T* dy, T* dw);

}  // namespace sulcus
