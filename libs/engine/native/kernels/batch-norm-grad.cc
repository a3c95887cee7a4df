#include <algorithm>
#include <cmath>
#include <type_traits>

#include "batch-norm-chunks.h"
#include "scratchpad.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {
namespace {

/** The gradient of a ReLU: dy where its input (or output) is positive, else 0. */
inline Vec reluGrad(Vec input, Vec dy) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(input, zero(), _CMP_GT_OQ), dy);
}

}  // namespace

template <class T>
void batchNormGrad(ThreadPool& threadPool, const MatrixShape& shape, const BatchNormParams& params, const T* dy,
                   const T* x, T* dx, float* dScale, float* dOffset) {
  const int64_t channels = shape.channels;
  const Chunks<T> chunks(shape);
  scratchpad().reset(2 * chunks.count * channels + 4 * channels);
  float* parts = scratchpad().allocate(2 * chunks.count * channels);
  const Affine affine{scratchpad().allocate(channels), scratchpad().allocate(channels)};
  affine.fill(params, channels);
  // g, the gradient at the norm's own output, with a fused ReLU and without: the ReLU's input is computed once more.
  const auto throughRelu = [&](int64_t index, int64_t channel) {
    return reluGrad(affine(load(x + index), channel), load(dy + index));
  };
  const auto plain = [&](int64_t index, int64_t) { return load(dy + index); };

  // Of every chunk Σ g and Σ g · (x − mean).
  const auto sumChunk = [&](const auto& gradient) {
    threadPool.parallelFor(chunks.count, [&](int chunk, int) {
      const int64_t begin = chunks.begin(chunk), end = begin + chunks.size(chunk);
      float *sums = parts + 2 * chunk * channels, *products = sums + channels;
      std::fill(sums, sums + 2 * channels, 0.0f);
      const auto addRows = [&](int64_t row, auto count) {
        for (int64_t channel = 0; channel < channels; channel += kLanes) {
          Vec sum = load(sums + channel), product = load(products + channel);
          const Vec mean = load(params.mean + channel);
#pragma GCC unroll 4
          for (int offset = 0; offset < count; offset++) {
            const int64_t index = (row + offset) * channels + channel;
            const Vec g = gradient(index, channel);
            sum = sum + g;
            product = fma(g, load(x + index) - mean, product);
          }
          store(sums + channel, sum);
          store(products + channel, product);
        }
      };
      int64_t row = begin;
      for (; row + 4 <= end; row += 4) addRows(row, std::integral_constant<int, 4>());
      for (; row < end; row++) addRows(row, std::integral_constant<int, 1>());
    });
  };
  if (params.fusedRelu)
    sumChunk(throughRelu);
  else
    sumChunk(plain);

  // dx = factor · (g − Σg/n − (x − mean) / (variance + ε) · Σg(x − mean)/n)
  //    = factor · g + xFactor · (x − mean) + constant
  float *xFactor = scratchpad().allocate(channels), *constant = scratchpad().allocate(channels);
  parallelForChannels(threadPool, channels, [&](int64_t begin, int64_t end) {
    double sums[kSumChannels], products[kSumChannels];
    sumChunks(parts, chunks.count, channels, 0, begin, end, sums);
    sumChunks(parts, chunks.count, channels, 1, begin, end, products);
    const double count = static_cast<double>(shape.rows);
    for (int64_t channel = begin; channel < end; channel++) {
      const double inverse = 1 / (static_cast<double>(params.variance[channel]) + params.epsilon);
      dOffset[channel] = static_cast<float>(sums[channel - begin]);
      dScale[channel] = static_cast<float>(products[channel - begin] * std::sqrt(inverse));
      xFactor[channel] = static_cast<float>(-affine.factor[channel] * inverse * products[channel - begin] / count);
      constant[channel] = static_cast<float>(-affine.factor[channel] * sums[channel - begin] / count);
    }
  });

  const bool nonTemporal = useNonTemporalStores(dx, channels, shape.rows * channels);
  const auto storeRows = [&](const auto& gradient) {
    threadPool.parallelFor(chunks.count, [&](int chunk, int) {
      for (int64_t row = chunks.begin(chunk); row < chunks.begin(chunk) + chunks.size(chunk); row++) {
        storeAll(dx + row * channels, channels, nonTemporal, [&](int64_t channel) {
          const int64_t index = row * channels + channel;
          const Vec line =
              fma(load(xFactor + channel), load(x + index) - load(params.mean + channel), load(constant + channel));
          return fma(load(affine.factor + channel), gradient(index, channel), line);
        });
      }
      _mm_sfence();
    });
  };
  if (params.fusedRelu)
    storeRows(throughRelu);
  else
    storeRows(plain);
}

template <class T>
void addNReluGrad(ThreadPool& threadPool, int64_t count, const std::vector<const T*>& dy, const T* y, T* dx) {
  const MatrixShape shape{count / kLanes, kLanes};
  const Chunks<T> chunks(shape);
  const bool nonTemporal = useNonTemporalStores(dx, kPairLanes, count);
  const auto storeAllOf = [&](const auto& sum) {
    threadPool.parallelFor(chunks.count, [&](int chunk, int) {
      const int64_t begin = chunks.begin(chunk) * kLanes, size = chunks.size(chunk) * kLanes;
      storeAll(dx + begin, size, nonTemporal,
               [&](int64_t index) { return reluGrad(load(y + begin + index), sum(begin + index)); });
      _mm_sfence();
    });
  };
  if (dy.size() == 1)
    storeAllOf([&](int64_t index) { return load(dy[0] + index); });
  else if (dy.size() == 2)
    storeAllOf([&](int64_t index) { return load(dy[0] + index) + load(dy[1] + index); });
  else
    storeAllOf([&](int64_t index) {
      Vec total = load(dy[0] + index);
      for (size_t term = 1; term < dy.size(); term++) total = total + load(dy[term] + index);
      return total;
    });
}

template void batchNormGrad<float>(ThreadPool&, const MatrixShape&, const BatchNormParams&, const float*, const float*,
                                   float*, float*, float*);
template void batchNormGrad<bfloat16>(ThreadPool&, const MatrixShape&, const BatchNormParams&, const bfloat16*,
                                      const bfloat16*, bfloat16*, float*, float*);
template void addNReluGrad<float>(ThreadPool&, int64_t, const std::vector<const float*>&, const float*, float*);
template void addNReluGrad<bfloat16>(ThreadPool&, int64_t, const std::vector<const bfloat16*>&, const bfloat16*,
                                     bfloat16*);

}  // namespace sulcus

#pragma GCC pop_options
