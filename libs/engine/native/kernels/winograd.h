// Convolutions with 3 × 3 kernels at stride 1 by Winograd's minimal filtering F(4×4, 3×3), and both gradients (Lavin
// and Gray 2016, "Fast Algorithms for Convolutional Neural Networks").
#pragma once

#include "avx512.h"
#include "thread-pool.h"

namespace sulcus {

/** Activations [batch, height, width, channel] (NHWC); padding SAME, so that input and output are of the same size. */
struct WinogradShape {
  int64_t batch, height, width;
  /** Multiples of 16. */
  int64_t inputChannels, outputChannels;
};

/** What is applied to the output before it is stored (oneDNN's post-ops). */
struct PostOps {
  /** Added to every channel, [out]; null: nothing. */
  const float* bias = nullptr;
  bool fusedRelu = false;
};

/**
 * y [batch, height, width, out] = x [batch, height, width, in] ∗ w [3, 3, in, out] (HWIO), each float32 or bfloat16.
 * Transforms and sums are float32.
 */
template <class T>
void winogradConv2D(ThreadPool& threadPool, const WinogradShape& shape, const T* x, const T* w, const PostOps& postOps,
                    T* y);

/** dx [batch, height, width, in], the gradient at x, from dy [batch, height, width, out], the gradient at y. */
template <class T>
void winogradConv2DBackpropInput(ThreadPool& threadPool, const WinogradShape& shape, const T* w, const T* dy, T* dx);

/** dw [3, 3, in, out], the gradient at w. */
template <class T>
void winogradConv2DBackpropFilter(ThreadPool& threadPool, const WinogradShape& shape, const T* x, const T* dy, T* dw);

}  // namespace sulcus
