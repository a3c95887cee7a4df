#include <algorithm>
#include <cmath>
#include <type_traits>

#include "batch-norm-chunks.h"
#include "scratchpad.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {
namespace {

/** `value` where `decider` is positive, else 0. */
inline Vec where(Vec decider, Vec value) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(decider, zero(), _CMP_GT_OQ), value);
}

}  // namespace

template <class T>
void normaliseBack(Team& team, const Matrix& matrix, const Norm& norm, const T* dy, const T* x, T* dx,
                   float* scaleSlope, float* offsetSlope) {
  const int64_t channels = matrix.channels;
  const Chunks<T> chunks(matrix);
  scratch().reset(2 * chunks.count * channels + 4 * channels);
  float* parts = scratch().take(2 * chunks.count * channels);
  const Affine affine{scratch().take(channels), scratch().take(channels)};
  affine.fill(norm, channels);
  const auto rectified = [&](int64_t index, int64_t channel) {
    return where(affine(load(x + index), channel), load(dy + index));
  };
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
  if (norm.rectified)
    sum(rectified);
  else
    sum(plain);

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
          const Vec rest =
              multiplyAdd(load(tilt + channel), load(x + index) - load(norm.mean + channel), load(shift + channel));
          return multiplyAdd(load(affine.factor + channel), slope(index, channel), rest);
        });
      }
      _mm_sfence();
    });
  };
  if (norm.rectified)
    finish(rectified);
  else
    finish(plain);
}

template <class T>
void rectifyBack(Team& team, int64_t count, const std::vector<const T*>& slopes, const T* y, T* dx) {
  const Matrix lines{count / kLanes, kLanes};
  const Chunks<T> chunks(lines);
  const bool stream = shouldStream(dx, kPair, count);
  const auto each = [&](const auto& sum) {
    team.each(chunks.count, [&](int chunk, int) {
      const int64_t begin = chunks.begin(chunk) * kLanes, size = chunks.size(chunk) * kLanes;
      write(dx + begin, size, stream,
            [&](int64_t index) { return where(load(y + begin + index), sum(begin + index)); });
      _mm_sfence();
    });
  };
  if (slopes.size() == 1)
    each([&](int64_t index) { return load(slopes[0] + index); });
  else if (slopes.size() == 2)
    each([&](int64_t index) { return load(slopes[0] + index) + load(slopes[1] + index); });
  else
    each([&](int64_t index) {
      Vec total = load(slopes[0] + index);
      for (size_t number = 1; number < slopes.size(); number++) total = total + load(slopes[number] + index);
      return total;
    });
}

template void normaliseBack<float>(Team&, const Matrix&, const Norm&, const float*, const float*, float*, float*,
                                   float*);
template void normaliseBack<bfloat16>(Team&, const Matrix&, const Norm&, const bfloat16*, const bfloat16*, bfloat16*,
                                      float*, float*);
template void rectifyBack<float>(Team&, int64_t, const std::vector<const float*>&, const float*, float*);
template void rectifyBack<bfloat16>(Team&, int64_t, const std::vector<const bfloat16*>&, const bfloat16*, bfloat16*);

}  // namespace sulcus

#pragma GCC pop_options
