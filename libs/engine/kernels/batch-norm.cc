#include "batch-norm.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "scratch.h"
#include "stream.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {
namespace {

/** Rows are worked on in chunks that the first-level cache holds, if it holds a few. Their size does not depend on the number of threads, so neither do sums. */
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

/** `value` where `decider` is positive, else 0. */
inline Vec where(Vec decider, Vec value) { return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(decider, zero(), _CMP_GT_OQ), value); }

template <class T>
struct Chunks {
  int64_t rows, each;
  int count;
  explicit Chunks(const Matrix& m) : rows(m.rows), each(std::max<int64_t>(kFewestRows, kChunkBytes / (m.channels * static_cast<int64_t>(sizeof(T))))), count(static_cast<int>((rows + each - 1) / each)) {}
  int64_t begin(int chunk) const { return chunk * each; }
  int64_t size(int chunk) const { return std::min(each, rows - begin(chunk)); }
};

/**
 * Adds `term(row, channel, known(channel))` to the sums of 16 channels each. Rows go by four: sums that are fetched and put
 * back for every row would take longer than the rows themselves.
 */
template <class Term, class Known>
inline void sumRows(int64_t rows, int64_t channels, float* sums, const Term& term, const Known& known) {
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) {
    for (int64_t channel = 0; channel < channels; channel += kLanes) {
      const auto of = known(channel);
      const Vec both = term(row, channel, of) + term(row + 1, channel, of), others = term(row + 2, channel, of) + term(row + 3, channel, of);
      store(sums + channel, load(sums + channel) + (both + others));
    }
  }
  for (; row < rows; row++)
    for (int64_t channel = 0; channel < channels; channel += kLanes) store(sums + channel, load(sums + channel) + term(row, channel, known(channel)));
}

/** Goes through the channels in parts, by all threads. */
template <class Part>
void eachChannels(Team& team, int64_t channels, const Part& part) {
  team.each(static_cast<int>((channels + kSumChannels - 1) / kSumChannels), [&](int index, int) { part(index * kSumChannels, std::min(channels, (index + 1) * kSumChannels)); });
}

/** Adds up the parts of chunks in double precision. `parts` is [chunk][2][channels]; `which` says which of the two. */
inline void sumParts(const float* parts, int64_t chunks, int64_t channels, int which, int64_t begin, int64_t end, double* sums) {
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
  Vec operator()(Vec x, int64_t channel) const { return multiplyAdd(load(factor + channel), x, load(summand + channel)); }
};

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
  // Of every chunk the mean and the sum of squared deviations from it. Values count from the first row: sums of the values
  // themselves would round by parts of a mean that is large.
  team.each(chunks.count, [&](int chunk, int) {
    const int64_t rows = chunks.size(chunk);
    const T* from = x + chunks.begin(chunk) * channels;
    float *means = parts + 2 * chunk * channels, *squares = means + channels;
    std::fill(means, means + 2 * channels, 0.0f);
    sumRows(rows, channels, means, [&](int64_t row, int64_t channel, Vec first) { return load(from + row * channels + channel) - first; }, [&](int64_t channel) { return load(x + channel); });
    const Vec share = set(1.0f / static_cast<float>(rows));
    for (int64_t channel = 0; channel < channels; channel += kLanes) store(means + channel, load(means + channel) * share);
    struct Shift {
      Vec first, mean;
    };
    const auto square = [&](int64_t row, int64_t channel, const Shift& shift) {
      const Vec deviation = load(from + row * channels + channel) - shift.first - shift.mean;
      return deviation * deviation;
    };
    sumRows(rows, channels, squares, square, [&](int64_t channel) { return Shift{load(x + channel), load(means + channel)}; });
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
      for (int64_t row = chunks.begin(chunk); row < chunks.begin(chunk) + chunks.size(chunk); row++) write(y + row * channels, channels, stream, [&](int64_t channel) { return value(row * channels + channel, channel); });
      _mm_sfence();
    });
  };
  const auto plain = [&](int64_t index, int64_t channel) { return affine(load(x + index), channel); };
  const auto summed = [&](int64_t index, int64_t channel) { return plain(index, channel) + load(side + index); };
  if (side == nullptr && !norm.rectified) each(plain);
  else if (side == nullptr) each([&](int64_t index, int64_t channel) { return positivePart(plain(index, channel)); });
  else if (!norm.rectified) each(summed);
  else each([&](int64_t index, int64_t channel) { return positivePart(summed(index, channel)); });
}

template <class T>
void normaliseBack(Team& team, const Matrix& matrix, const Norm& norm, const T* dy, const T* x, T* dx, float* scaleSlope, float* offsetSlope) {
  const int64_t channels = matrix.channels;
  const Chunks<T> chunks(matrix);
  scratch().reset(2 * chunks.count * channels + 4 * channels);
  float* parts = scratch().take(2 * chunks.count * channels);
  const Affine affine{scratch().take(channels), scratch().take(channels)};
  affine.fill(norm, channels);
  const auto rectified = [&](int64_t index, int64_t channel) { return where(affine(load(x + index), channel), load(dy + index)); };
  const auto plain = [&](int64_t index, int64_t) { return load(dy + index); };

  // With g the slope behind the rectifier, of every chunk the sums of g and of g · (x − mean).
  const auto sum = [&](const auto& slope) {
    team.each(chunks.count, [&](int chunk, int) {
      const int64_t begin = chunks.begin(chunk), end = begin + chunks.size(chunk);
      float *slopes = parts + 2 * chunk * channels, *products = slopes + channels;
      std::fill(slopes, slopes + 2 * channels, 0.0f);
      const auto addRows = [&](int64_t row, auto count) {
        for (int64_t channel = 0; channel < channels; channel += kLanes) {
          Vec slopeSum = load(slopes + channel), productSum = load(products + channel);
          const Vec mean = load(norm.mean + channel);
#pragma GCC unroll 4
          for (int more = 0; more < count; more++) {
            const int64_t index = (row + more) * channels + channel;
            const Vec g = slope(index, channel);
            slopeSum = slopeSum + g;
            productSum = multiplyAdd(g, load(x + index) - mean, productSum);
          }
          store(slopes + channel, slopeSum);
          store(products + channel, productSum);
        }
      };
      int64_t row = begin;
      for (; row + 4 <= end; row += 4) addRows(row, std::integral_constant<int, 4>());
      for (; row < end; row++) addRows(row, std::integral_constant<int, 1>());
    });
  };
  if (norm.rectified) sum(rectified);
  else sum(plain);

  // dx = factor · (g − Σg/n − (x − mean)/(variance + ε) · Σg(x − mean)/n)
  float *tilt = scratch().take(channels), *shift = scratch().take(channels);
  eachChannels(team, channels, [&](int64_t begin, int64_t end) {
    double slopes[kSumChannels], products[kSumChannels];
    sumParts(parts, chunks.count, channels, 0, begin, end, slopes);
    sumParts(parts, chunks.count, channels, 1, begin, end, products);
    const double count = static_cast<double>(matrix.rows);
    for (int64_t channel = begin; channel < end; channel++) {
      const double inverse = 1 / (static_cast<double>(norm.variance[channel]) + norm.epsilon);
      offsetSlope[channel] = static_cast<float>(slopes[channel - begin]);
      scaleSlope[channel] = static_cast<float>(products[channel - begin] * std::sqrt(inverse));
      tilt[channel] = static_cast<float>(-affine.factor[channel] * inverse * products[channel - begin] / count);
      shift[channel] = static_cast<float>(-affine.factor[channel] * slopes[channel - begin] / count);
    }
  });

  const bool stream = shouldStream(dx, channels, matrix.rows * channels);
  const auto finish = [&](const auto& slope) {
    team.each(chunks.count, [&](int chunk, int) {
      for (int64_t row = chunks.begin(chunk); row < chunks.begin(chunk) + chunks.size(chunk); row++) {
        write(dx + row * channels, channels, stream, [&](int64_t channel) {
          const int64_t index = row * channels + channel;
          const Vec rest = multiplyAdd(load(tilt + channel), load(x + index) - load(norm.mean + channel), load(shift + channel));
          return multiplyAdd(load(affine.factor + channel), slope(index, channel), rest);
        });
      }
      _mm_sfence();
    });
  };
  if (norm.rectified) finish(rectified);
  else finish(plain);
}

template <class T>
void rectifyBack(Team& team, int64_t count, const std::vector<const T*>& slopes, const T* y, T* dx) {
  const Matrix lines{count / kLanes, kLanes};
  const Chunks<T> chunks(lines);
  const bool stream = shouldStream(dx, kPair, count);
  const auto each = [&](const auto& sum) {
    team.each(chunks.count, [&](int chunk, int) {
      const int64_t begin = chunks.begin(chunk) * kLanes, size = chunks.size(chunk) * kLanes;
      write(dx + begin, size, stream, [&](int64_t index) { return where(load(y + begin + index), sum(begin + index)); });
      _mm_sfence();
    });
  };
  if (slopes.size() == 1) each([&](int64_t index) { return load(slopes[0] + index); });
  else if (slopes.size() == 2) each([&](int64_t index) { return load(slopes[0] + index) + load(slopes[1] + index); });
  else each([&](int64_t index) {
    Vec total = load(slopes[0] + index);
    for (size_t number = 1; number < slopes.size(); number++) total = total + load(slopes[number] + index);
    return total;
  });
}

template void channelStatistics<float>(Team&, const Matrix&, const float*, float*, float*);
template void channelStatistics<bfloat16>(Team&, const Matrix&, const bfloat16*, float*, float*);
template void normalise<float>(Team&, const Matrix&, const Norm&, const float*, const float*, float*);
template void normalise<bfloat16>(Team&, const Matrix&, const Norm&, const bfloat16*, const bfloat16*, bfloat16*);
template void normaliseBack<float>(Team&, const Matrix&, const Norm&, const float*, const float*, float*, float*, float*);
template void normaliseBack<bfloat16>(Team&, const Matrix&, const Norm&, const bfloat16*, const bfloat16*, bfloat16*, float*, float*);
template void rectifyBack<float>(Team&, int64_t, const std::vector<const float*>&, const float*, float*);
template void rectifyBack<bfloat16>(Team&, int64_t, const std::vector<const bfloat16*>&, const bfloat16*, bfloat16*);

}  // namespace sulcus

#pragma GCC pop_options
