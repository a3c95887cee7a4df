// Batch normalisation in training and what goes with it: rectifier, sum with a shortcut, and the gradients.
#pragma once

#include <vector>

#include "avx512.h"
#include "thread-pool.h"

namespace sulcus {

/** A batch of images as one matrix: each row is a pixel with all its channels, a multiple of 16. */
struct Matrix {
  int64_t rows, channels;
};

/** Statistics and parameters of a batch norm, [channels] each. The variance is the biased one. */
struct Norm {
  const float *scale, *offset, *mean, *variance;
  float epsilon;
  /** Whether a rectifier follows. */
  bool rectified;
};

/** Statistics of rows in chunks: `parts` is [chunk][2][channels], the mean of a chunk's rows and the sum of their
 * squared deviations from it. */
struct ChunkStatistics {
  const float* parts;
  /** All chunks but the last have `rowsEach` rows. */
  int64_t chunks, rowsEach, rows, channels;
};

/** The mean and the biased variance over all chunks. `mean` holds what the means of chunks count from. */
void combine(Team& team, const ChunkStatistics& statistics, float* mean, float* variance);

/** The mean and the biased variance of every channel, as accurate as a second pass would be. */
template <class T>
void channelStatistics(Team& team, const Matrix& matrix, const T* x, float* mean, float* variance);

/** y = scale · (x − mean) / √(variance + ε) + offset, plus `side` if it is not null, and then its positive part if
 * rectified. */
template <class T>
void normalise(Team& team, const Matrix& matrix, const Norm& norm, const T* x, const T* side, T* y);

/** Slopes at input, scale and offset of a batch norm that used the batch's own statistics, from the slope at its
 * (perhaps rectified) output. */
template <class T>
void normaliseBack(Team& team, const Matrix& matrix, const Norm& norm, const T* dy, const T* x, T* dx,
                   float* scaleSlope, float* offsetSlope);

/** The sum of some slopes where the rectifier's output y is positive, else 0. All have `count` elements, a multiple
 * of 16. */
template <class T>
void rectifyBack(Team& team, int64_t count, const std::vector<const T*>& slopes, const T* y, T* dx);

}  // namespace sulcus
