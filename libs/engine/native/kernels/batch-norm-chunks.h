// How batch norms go through the rows of a matrix.
#pragma once

#include <algorithm>
#include <cmath>

#include "batch-norm.h"
#include "non-temporal.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/** Rows are worked on in chunks that the first-level cache holds, if it holds a few. Their size does not depend on the
 * number of threads, so neither do sums. */
constexpr int64_t kChunkBytes = 24 * 1024;
/** With fewer rows a chunk's sums would take as much memory as its values. */
constexpr int64_t kFewestRows = 16;
/** Channels that a thread sums up at a time. */
constexpr int64_t kSumChannels = 128;

/** `count` results, a vector each from `at(index)`, past the cache if asked to; streaming takes whole lines. */
template <class T, class At>
inline void write(T* to, int64_t count, bool stream, const At& at) {
  int64_t index = 0;
  if (stream) {
    for (; index + kPair <= count; index += kPair) streamPair(to + index, at(index), at(index + kLanes));
  } else {
    for (; index + kPair <= count; index += kPair) storePair(to + index, at(index), at(index + kLanes));
  }
  if (index < count) store(to + index, at(index));
}

/** The chunks of a matrix. */
template <class T>
struct Chunks {
  int64_t rows, each;
  int count;
  explicit Chunks(const Matrix& m)
      : rows(m.rows),
        each(std::max<int64_t>(kFewestRows, kChunkBytes / (m.channels * static_cast<int64_t>(sizeof(T))))),
        count(static_cast<int>((rows + each - 1) / each)) {}
  int64_t begin(int chunk) const { return chunk * each; }
  int64_t size(int chunk) const { return std::min(each, rows - begin(chunk)); }
};

/** Goes through the channels in parts, by all threads. */
template <class Part>
void eachChannels(Team& team, int64_t channels, const Part& part) {
  team.each(static_cast<int>((channels + kSumChannels - 1) / kSumChannels),
            [&](int index, int) { part(index * kSumChannels, std::min(channels, (index + 1) * kSumChannels)); });
}

/** Adds up the parts of chunks in double precision. `parts` is [chunk][2][channels]; `which` says which of the two. */
inline void sumParts(const float* parts, int64_t chunks, int64_t channels, int which, int64_t begin, int64_t end,
                     double* sums) {
  std::fill(sums, sums + (end - begin), 0.0);
  for (int64_t chunk = 0; chunk < chunks; chunk++) {
    const float* part = parts + (2 * chunk + which) * channels;
    for (int64_t channel = begin; channel < end; channel++) sums[channel - begin] += part[channel];
  }
}

/** y = factor · x + summand for every channel. */
struct Affine {
  float *factor, *summand;
  void fill(const Norm& norm, int64_t channels) const {
    for (int64_t channel = 0; channel < channels; channel++) {
      factor[channel] = norm.scale[channel] / std::sqrt(norm.variance[channel] + norm.epsilon);
      summand[channel] = norm.offset[channel] - norm.mean[channel] * factor[channel];
    }
  }
  Vec operator()(Vec x, int64_t channel) const {
    return multiplyAdd(load(factor + channel), x, load(summand + channel));
  }
};

}  // namespace sulcus

#pragma GCC pop_options
