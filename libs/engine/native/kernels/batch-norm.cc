#include "batch-norm.h"

#include <algorithm>

#include "batch-norm-chunks.h"
#include "scratchpad.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {
namespace {

/**
 * Adds `term(row, channel, known(channel))` to the sums of 16 channels each. Rows go by four: sums that are fetched and
 * put back for every row would take longer than the rows themselves.
 */
template <class Term, class Known>
inline void sumRows(int64_t rows, int64_t channels, float* sums, const Term& term, const Known& known) {
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) {
    for (int64_t channel = 0; channel < channels; channel += kLanes) {
      const auto of = known(channel);
      const Vec both = term(row, channel, of) + term(row + 1, channel, of),
                others = term(row + 2, channel, of) + term(row + 3, channel, of);
      store(sums + channel, load(sums + channel) + (both + others));
    }
  }
  for (; row < rows; row++)
    for (int64_t channel = 0; channel < channels; channel += kLanes)
      store(sums + channel, load(sums + channel) + term(row, channel, known(channel)));
}

}  // namespace

// Chan, Golub and LeVeque 1979, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances".
void combine(Team& team, const ChunkStatistics& statistics, float* mean, float* variance) {
  const auto& [parts, chunks, rowsEach, rows, channels] = statistics;
  const auto rowsOf = [&](int64_t chunk) { return static_cast<double>(std::min(rowsEach, rows - chunk * rowsEach)); };
  eachChannels(team, channels, [&](int64_t begin, int64_t end) {
    double means[kSumChannels] = {}, squares[kSumChannels];
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
      const float* part = parts + 2 * chunk * channels;
      for (int64_t channel = begin; channel < end; channel++) means[channel - begin] += rowsOf(chunk) * part[channel];
    }
    for (double& value : means) value /= static_cast<double>(rows);
    sumParts(parts, chunks, channels, 1, begin, end, squares);
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
      const float* part = parts + 2 * chunk * channels;
      for (int64_t channel = begin; channel < end; channel++) {
        const double deviation = part[channel] - means[channel - begin];
        squares[channel - begin] += rowsOf(chunk) * deviation * deviation;
      }
    }
    for (int64_t channel = begin; channel < end; channel++) {
      mean[channel] = static_cast<float>(mean[channel] + means[channel - begin]);
      variance[channel] = static_cast<float>(squares[channel - begin] / static_cast<double>(rows));
    }
  });
}

template <class T>
void channelStatistics(Team& team, const Matrix& matrix, const T* x, float* mean, float* variance) {
  const int64_t channels = matrix.channels;
  const Chunks<T> chunks(matrix);
  scratch().reset(2 * chunks.count * channels);
  float* parts = scratch().take(2 * chunks.count * channels);
  // Of every chunk the mean and the sum of squared deviations from it. Values count from the first row: sums of the
  // values themselves would round by parts of a mean that is large.
  team.each(chunks.count, [&](int chunk, int) {
    const int64_t rows = chunks.size(chunk);
    const T* from = x + chunks.begin(chunk) * channels;
    float *means = parts + 2 * chunk * channels, *squares = means + channels;
    std::fill(means, means + 2 * channels, 0.0f);
    sumRows(
        rows, channels, means,
        [&](int64_t row, int64_t channel, Vec first) { return load(from + row * channels + channel) - first; },
        [&](int64_t channel) { return load(x + channel); });
    const Vec share = set(1.0f / static_cast<float>(rows));
    for (int64_t channel = 0; channel < channels; channel += kLanes)
      store(means + channel, load(means + channel) * share);
    struct Shift {
      Vec first, mean;
    };
    const auto square = [&](int64_t row, int64_t channel, const Shift& shift) {
      const Vec deviation = load(from + row * channels + channel) - shift.first - shift.mean;
      return deviation * deviation;
    };
    sumRows(rows, channels, squares, square,
            [&](int64_t channel) { return Shift{load(x + channel), load(means + channel)}; });
  });
  if (matrix.rows > 0)
    for (int64_t channel = 0; channel < channels; channel += kLanes) store(mean + channel, load(x + channel));
  combine(team, {parts, chunks.count, chunks.each, matrix.rows, channels}, mean, variance);
}

template <class T>
void normalise(Team& team, const Matrix& matrix, const Norm& norm, const T* x, const T* side, T* y) {
  const int64_t channels = matrix.channels;
  const Chunks<T> chunks(matrix);
  scratch().reset(2 * channels);
  const Affine affine{scratch().take(channels), scratch().take(channels)};
  affine.fill(norm, channels);
  const bool stream = shouldStream(y, channels, matrix.rows * channels);
  const auto each = [&](const auto& value) {
    team.each(chunks.count, [&](int chunk, int) {
      for (int64_t row = chunks.begin(chunk); row < chunks.begin(chunk) + chunks.size(chunk); row++)
        write(y + row * channels, channels, stream,
              [&](int64_t channel) { return value(row * channels + channel, channel); });
      _mm_sfence();
    });
  };
  const auto plain = [&](int64_t index, int64_t channel) { return affine(load(x + index), channel); };
  const auto summed = [&](int64_t index, int64_t channel) { return plain(index, channel) + load(side + index); };
  if (side == nullptr && !norm.rectified)
    each(plain);
  else if (side == nullptr)
    each([&](int64_t index, int64_t channel) { return positivePart(plain(index, channel)); });
  else if (!norm.rectified)
    each(summed);
  else
    each([&](int64_t index, int64_t channel) { return positivePart(summed(index, channel)); });
}

template void channelStatistics<float>(Team&, const Matrix&, const float*, float*, float*);
template void channelStatistics<bfloat16>(Team&, const Matrix&, const bfloat16*, float*, float*);
template void normalise<float>(Team&, const Matrix&, const Norm&, const float*, const float*, float*);
template void normalise<bfloat16>(Team&, const Matrix&, const Norm&, const bfloat16*, const bfloat16*, bfloat16*);

}  // namespace sulcus

#pragma GCC pop_options
