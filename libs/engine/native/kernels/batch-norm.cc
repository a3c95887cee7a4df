#include "batch-norm.h"

#include <algorithm>

#include "batch-norm-chunks.h"
#include "scratchpad.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {
namespace {

/**
 * Adds `term(row, channel, loaded(channel))` to the sums, [channel], for all rows. Rows go by four: loading and storing
 * the sums for every row would take longer than the rows themselves.
 */
template <class Term, class Loaded>
inline void sumRows(int64_t rows, int64_t channels, float* sums, const Term& term, const Loaded& loaded) {
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) {
    for (int64_t channel = 0; channel < channels; channel += kLanes) {
      const auto values = loaded(channel);
      const Vec sum01 = term(row, channel, values) + term(row + 1, channel, values),
                sum23 = term(row + 2, channel, values) + term(row + 3, channel, values);
      store(sums + channel, load(sums + channel) + (sum01 + sum23));
    }
  }
  for (; row < rows; row++)
    for (int64_t channel = 0; channel < channels; channel += kLanes)
      store(sums + channel, load(sums + channel) + term(row, channel, loaded(channel)));
}

}  // namespace

// Chan, Golub and LeVeque 1979, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances".
void combineMoments(ThreadPool& threadPool, const ChunkMoments& moments, float* mean, float* variance) {
  const auto& [parts, chunks, chunkRows, rows, channels] = moments;
  const auto rowsOf = [&](int64_t chunk) { return static_cast<double>(std::min(chunkRows, rows - chunk * chunkRows)); };
  parallelForChannels(threadPool, channels, [&](int64_t begin, int64_t end) {
    double means[kSumChannels] = {}, m2[kSumChannels];
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
      const float* part = parts + 2 * chunk * channels;
      for (int64_t channel = begin; channel < end; channel++) means[channel - begin] += rowsOf(chunk) * part[channel];
    }
    for (double& value : means) value /= static_cast<double>(rows);
    sumChunks(parts, chunks, channels, 1, begin, end, m2);
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
      const float* part = parts + 2 * chunk * channels;
      for (int64_t channel = begin; channel < end; channel++) {
        const double deviation = part[channel] - means[channel - begin];
        m2[channel - begin] += rowsOf(chunk) * deviation * deviation;
      }
    }
    for (int64_t channel = begin; channel < end; channel++) {
      mean[channel] = static_cast<float>(mean[channel] + means[channel - begin]);
      variance[channel] = static_cast<float>(m2[channel - begin] / static_cast<double>(rows));
    }
  });
}

template <class T>
void batchMoments(ThreadPool& threadPool, const MatrixShape& shape, const T* x, float* mean, float* variance) {
  const int64_t channels = shape.channels;
  const Chunks<T> chunks(shape);
  scratchpad().reset(2 * chunks.count * channels);
  float* parts = scratchpad().allocate(2 * chunks.count * channels);
  // Values are shifted by the first row: sums of the values themselves would round in proportion to a large mean.
  threadPool.parallelFor(chunks.count, [&](int chunk, int) {
    const int64_t rows = chunks.size(chunk);
    const T* from = x + chunks.begin(chunk) * channels;
    float *means = parts + 2 * chunk * channels, *m2 = means + channels;
    std::fill(means, means + 2 * channels, 0.0f);
    sumRows(
        rows, channels, means,
        [&](int64_t row, int64_t channel, Vec shift) { return load(from + row * channels + channel) - shift; },
        [&](int64_t channel) { return load(x + channel); });
    const Vec inverse = broadcast(1.0f / static_cast<float>(rows));
    for (int64_t channel = 0; channel < channels; channel += kLanes)
      store(means + channel, load(means + channel) * inverse);
    struct ShiftAndMean {
      Vec shift, mean;
    };
    const auto squaredDeviation = [&](int64_t row, int64_t channel, const ShiftAndMean& of) {
      const Vec deviation = load(from + row * channels + channel) - of.shift - of.mean;
      return deviation * deviation;
    };
    sumRows(rows, channels, m2, squaredDeviation,
            [&](int64_t channel) { return ShiftAndMean{load(x + channel), load(means + channel)}; });
  });
  if (shape.rows > 0)
    for (int64_t channel = 0; channel < channels; channel += kLanes) store(mean + channel, load(x + channel));
  combineMoments(threadPool, {parts, chunks.count, chunks.chunkRows, shape.rows, channels}, mean, variance);
}

template <class T>
void batchNorm(ThreadPool& threadPool, const MatrixShape& shape, const BatchNormParams& params, const T* x,
               const T* sideInput, T* y) {
  const int64_t channels = shape.channels;
  const Chunks<T> chunks(shape);
  scratchpad().reset(2 * channels);
  const Affine affine{scratchpad().allocate(channels), scratchpad().allocate(channels)};
  affine.fill(params, channels);
  const bool nonTemporal = useNonTemporalStores(y, channels, shape.rows * channels);
  const auto storeRows = [&](const auto& value) {
    threadPool.parallelFor(chunks.count, [&](int chunk, int) {
      for (int64_t row = chunks.begin(chunk); row < chunks.begin(chunk) + chunks.size(chunk); row++)
        storeAll(y + row * channels, channels, nonTemporal,
                 [&](int64_t channel) { return value(row * channels + channel, channel); });
      _mm_sfence();
    });
  };
  const auto normalised = [&](int64_t index, int64_t channel) { return affine(load(x + index), channel); };
  if (sideInput == nullptr && !params.fusedRelu)
    storeRows(normalised);
  else if (sideInput == nullptr)
    storeRows([&](int64_t index, int64_t channel) { return relu(normalised(index, channel)); });
  else
    storeRows(
        [&](int64_t index, int64_t channel) { return relu(normalised(index, channel) + load(sideInput + index)); });
}

template void batchMoments<float>(ThreadPool&, const MatrixShape&, const float*, float*, float*);
template void batchMoments<bfloat16>(ThreadPool&, const MatrixShape&, const bfloat16*, float*, float*);
template void batchNorm<float>(ThreadPool&, const MatrixShape&, const BatchNormParams&, const float*, const float*,
                               float*);
template void batchNorm<bfloat16>(ThreadPool&, const MatrixShape&, const BatchNormParams&, const bfloat16*,
                                  const bfloat16*, bfloat16*);

}  // namespace sulcus

#pragma GCC pop_options
