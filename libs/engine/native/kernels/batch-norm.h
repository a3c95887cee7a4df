// Batch normalisation in training (Ioffe and Szegedy 2015), with the sum and the ReLU behind it, and the gradients.
#pragma once

#include <vector>

#include "avx512.h"
#include "thread-pool.h"

namespace sulcus {

/** Activations [batch, height, width, channel] as a matrix [batch · height · width, channel]; channels: multiple of 16.
 */
struct MatrixShape {
  int64_t rows, channels;
};

/** Parameters and moments of a batch norm, [channel] each. The variance is the biased one. */
struct BatchNormParams {
  const float *scale, *offset, *mean, *variance;
  float epsilon;
  /** Whether a ReLU follows. */
  bool fusedRelu;
};

/**
 * Moments of rows in chunks, `parts` [chunk][2][channel]: the mean of a chunk's rows, and the sum of their squared
 * deviations from it (M2).
 */
struct ChunkMoments {
  const float* parts;
  /** All chunks but the last have `chunkRows` rows. */
  int64_t chunks, chunkRows, rows, channels;
};

/** Mean and biased variance over all chunks. On input `mean` holds the shift that the means of chunks are relative to.
 */
void combineMoments(ThreadPool& threadPool, const ChunkMoments& moments, float* mean, float* variance);

/** Mean and biased variance of every channel of x, [channel] each, as accurate as two passes. */
template <class T>
void batchMoments(ThreadPool& threadPool, const MatrixShape& shape, const T* x, float* mean, float* variance);

/**
 * y = scale · (x − mean) / √(variance + ε) + offset, and with the fused ReLU its positive part. `sideInput` is added
 * before the ReLU, without which it must be null.
 */
template <class T>
void batchNorm(ThreadPool& threadPool, const MatrixShape& shape, const BatchNormParams& params, const T* x,
               const T* sideInput, T* y);

/**
 * Gradients of a batch norm (with the batch's own moments) at x, scale and offset, from dy, the gradient at its output
 * (that of the ReLU if it is fused).
 */
template <class T>
void batchNormGrad(ThreadPool& threadPool, const MatrixShape& shape, const BatchNormParams& params, const T* dy,
                   const T* x, T* dx, float* dScale, float* dOffset);

/** dx = sum of all dy where y, a ReLU's output, is positive, else 0. All have `count` elements, a multiple of 16. */
template <class T>
void addNReluGrad(ThreadPool& threadPool, int64_t count, const std::vector<const T*>& dy, const T* y, T* dx);

}  // namespace sulcus
