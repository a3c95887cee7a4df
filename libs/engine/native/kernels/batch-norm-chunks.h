// How batch norms go through the rows of a matrix: in chunks, whose sums are put together in double precision.
#pragma once

#include <algorithm>
#include <cmath>

#include "batch-norm.h"
#include "non-temporal.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/** Chunks fit into the first-level cache. Their size does not depend on the number of threads, so neither do sums. */
constexpr int64_t kChunkBytes = 24 * 1024;
/** With fewer rows the sums of a chunk would take as much memory as its values. */
constexpr int64_t kMinChunkRows = 16;
/** Channels of which a thread adds up the chunks at a time. */
constexpr int64_t kSumChannels = 128;

/** Stores `count` values, a vector each from `valueAt(index)`; non-temporal stores take whole cache lines. */
template <class T, class ValueAt>
inline void storeAll(T* to, int64_t count, bool nonTemporal, const ValueAt& valueAt) {
  int64_t index = 0;
  if (nonTemporal) {
    for (; index + kPairLanes <= count; index += kPairLanes)
      storePairNonTemporal(to + index, valueAt(index), valueAt(index + kLanes));
  } else {
    for (; index + kPairLanes <= count; index += kPairLanes)
      storePair(to + index, valueAt(index), valueAt(index + kLanes));
  }
  if (index < count) store(to + index, valueAt(index));
}

/** The rows of a matrix in chunks. */
template <class T>
struct Chunks {
  int64_t rows, chunkRows;
  int count;
  explicit Chunks(const MatrixShape& shape)
      : rows(shape.rows),
        chunkRows(std::max<int64_t>(kMinChunkRows, kChunkBytes / (shape.channels * static_cast<int64_t>(sizeof(T))))),
        count(static_cast<int>((rows + chunkRows - 1) / chunkRows)) {}
  int64_t begin(int chunk) const { return chunk * chunkRows; }
  int64_t size(int chunk) const { return std::min(chunkRows, rows - begin(chunk)); }
};

/** Calls `body(begin, end)` for all channels, at most kSumChannels at a time, by all threads. */
template <class Body>
void parallelForChannels(ThreadPool& threadPool, int64_t channels, const Body& body) {
  threadPool.parallelFor(static_cast<int>((channels + kSumChannels - 1) / kSumChannels), [&](int index, int) {
    body(index * kSumChannels, std::min(channels, (index + 1) * kSumChannels));
  });
}

/** Sums over chunks, of channels `begin` to `end`. `parts` is [chunk][2][channel]; `which` says which of the two. */
inline void sumChunks(const float* parts, int64_t chunks, int64_t channels, int which, int64_t begin, int64_t end,
                      double* sums) {
  std::fill(sums, sums + (end - begin), 0.0);
  for (int64_t chunk = 0; chunk < chunks; chunk++) {
    const float* part = parts + (2 * chunk + which) * channels;
    for (int64_t channel = begin; channel < end; channel++) sums[channel - begin] += part[channel];
  }
}

/** A batch norm as y = factor · x + summand, [channel] each. */
struct Affine {
  float *factor, *summand;
  void fill(const BatchNormParams& params, int64_t channels) const {
    for (int64_t channel = 0; channel < channels; channel++) {
      factor[channel] = params.scale[channel] / std::sqrt(params.variance[channel] + params.epsilon);
      summand[channel] = params.offset[channel] - params.mean[channel] * factor[channel];
    }
  }
  Vec operator()(Vec x, int64_t channel) const { return fma(load(factor + channel), x, load(summand + channel)); }
};

}  // namespace sulcus

#pragma GCC pop_options
