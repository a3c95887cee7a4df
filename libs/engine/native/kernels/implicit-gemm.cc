#include "implicit-gemm.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "batch-norm.h"
#include "non-temporal.h"
#include "pack.h"
#include "polyphase.h"
#include "scratchpad.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {
namespace {

/** Packed elements of A for a chunk of pixels: with a panel of the filter they fit into a core's second-level cache. */
constexpr int64_t kChunkElements = 64 * 1024;
/** Pixels of a chunk; multiples of the rows of every micro-kernel. */
constexpr int64_t kMinChunkPixels = 24, kMaxChunkPixels = 192;
/**
 * Packed elements of a filter that stays in every core's cache: threads share the pixels then, else the output
 * channels, if there are enough.
 */
constexpr int64_t kSmallFilterElements = 128 * 1024;

/**
 * Mean and sum of squared deviations from it (M2), per channel, over the rows merged so far; nothing is computed when
 * `means` is null.
 */
struct RunningMoments {
  float *means, *m2;
  int64_t rows;

  /** Merges the rows of a block (Chan, Golub and LeVeque 1979, as in `combineMoments`). */
  template <int MR, int NR_VECTORS>
  void merge(const Vec (&values)[MR][NR_VECTORS]) const {
    const float inverse = 1.0f / static_cast<float>(rows + MR);
    const Vec meanWeight = broadcast(MR * inverse), m2Weight = broadcast(static_cast<float>(rows) * MR * inverse);
#pragma GCC unroll 4
    for (int v = 0; v < NR_VECTORS; v++) {
      Vec sum = values[0][v];
#pragma GCC unroll 24
      for (int row = 1; row < MR; row++) sum = sum + values[row][v];
      const Vec mean = sum * broadcast(1.0f / MR);
      Vec blockM2 = zero();
#pragma GCC unroll 24
      for (int row = 0; row < MR; row++) {
        const Vec deviation = values[row][v] - mean;
        blockM2 = fma(deviation, deviation, blockM2);
      }
      float *means_ = means + v * kLanes, *m2_ = m2 + v * kLanes;
      const Vec before = rows == 0 ? mean : load(means_), difference = mean - before;
      store(means_, fma(difference, meanWeight, before));
      store(m2_, fma(difference * difference, m2Weight, rows == 0 ? blockM2 : load(m2_) + blockM2));
    }
  }
};

/** Epilogue of a product: stores its rows as pixels, `pixels[row]` + channel each, and merges their moments. */
template <class T>
struct PixelEpilogue {
  T* const* pixels;
  int64_t channel;
  bool nonTemporal;
  RunningMoments moments;

  Vec initial(int, int) const { return zero(); }
  template <int MR, int NR_VECTORS>
  void finish(const Vec (&accumulators)[MR][NR_VECTORS]) const {
#pragma GCC unroll 24
    for (int row = 0; row < MR; row++) storeRow(pixels[row] + channel, accumulators[row]);
    if (moments.means != nullptr) moments.merge(accumulators);
  }
  PixelEpilogue fromRow(int row) const {
    return {pixels + row, channel, nonTemporal, {moments.means, moments.m2, moments.rows + row}};
  }

 private:
  template <int NR_VECTORS>
  void storeRow(T* to, const Vec (&values)[NR_VECTORS]) const {
#pragma GCC unroll 4
    for (int v = 0; v + 2 <= NR_VECTORS; v += 2) {
      if (nonTemporal)
        storePairNonTemporal(to + v * kLanes, values[v], values[v + 1]);
      else
        storePair(to + v * kLanes, values[v], values[v + 1]);
    }
    if constexpr (NR_VECTORS % 2 != 0) store(to + (NR_VECTORS - 1) * kLanes, values[NR_VECTORS - 1]);
  }
};

/**
 * A sub-convolution as a product: A [pixels, kernel positions · in] is gathered from the source, B [kernel positions ·
 * in, out] packed from the filter by `packFilter`, a kernel position at a time.
 */
template <class T, class PackFilter>
class SubConvGemm {
 public:
  SubConvGemm(ThreadPool& threadPool, SubConv<T> conv, const PackFilter& packFilter, const ChannelMoments& moments)
      : threadPool_(threadPool),
        conv_(std::move(conv)),
        packFilter_(packFilter),
        moments_(moments),
        positionK_(conv_.in / kVnniGranularity<T>),
        k_(conv_.numKernelPositions() * positionK_),
        chunkPixels_(std::clamp(kChunkElements / std::max<int64_t>(1, k_) / kMinChunkPixels * kMinChunkPixels,
                                kMinChunkPixels, kMaxChunkPixels)),
        numChunks_((conv_.numPixels() + chunkPixels_ - 1) / chunkPixels_),
        nonTemporal_(useNonTemporalStores(conv_.destination, conv_.out, conv_.numPixels() * conv_.out)) {}

  void run() {
    if (conv_.numPixels() == 0) return;
    if (k_ == 0) return clear();
    const int64_t panelCount = numPanels(conv_.out);
    const bool byPixels = k_ * conv_.out <= kSmallFilterElements || panelCount < threadPool_.numThreads();
    const int workers =
        static_cast<int>(std::min<int64_t>(threadPool_.numThreads(), byPixels ? numChunks_ : panelCount));
    const int64_t gatheredFloats = conv_.isPointwise() ? 0 : chunkPixels_ * k_,
                  momentFloats = moments_.mean == nullptr ? 0 : 2 * numChunks_ * conv_.out;
    scratchpad().reset(Scratchpad::roundUp(momentFloats) + Scratchpad::roundUp(conv_.in) +
                       Scratchpad::roundUp(k_ * conv_.out) + workers * Scratchpad::roundUp(gatheredFloats));
    chunkMoments_ = momentFloats == 0 ? nullptr : scratchpad().allocate(momentFloats);
    float* zeros = scratchpad().allocate(conv_.in);
    std::memset(zeros, 0, conv_.in * sizeof(float));
    conv_.zeros = reinterpret_cast<const T*>(zeros);
    const PackedPanels b{scratchpad().allocate(k_ * conv_.out), k_, conv_.out};
    std::vector<ThreadBuffers> buffers(workers);
    for (auto& buffer : buffers) {
      buffer.gathered = scratchpad().allocate(gatheredFloats);
      buffer.pixels.resize(chunkPixels_);
    }
    if (byPixels) {
      threadPool_.parallelFor(static_cast<int>(panelCount), [&](int panel, int) { packPanels(b, panel, panel + 1); });
      threadPool_.parallelFor(static_cast<int>(numChunks_),
                              [&](int chunk, int thread) { computeChunk(chunk, b, 0, panelCount, buffers[thread]); });
    } else {
      // Each thread reads only panels that it packed itself: they are in its own core's cache.
      threadPool_.parallelFor(workers, [&](int part, int thread) {
        const int64_t from = panelCount * part / workers, to = panelCount * (part + 1) / workers;
        packPanels(b, from, to);
        for (int64_t chunk = 0; chunk < numChunks_; chunk++) computeChunk(chunk, b, from, to, buffers[thread]);
      });
    }
    if (chunkMoments_ == nullptr) return;
    std::fill_n(moments_.mean, conv_.out, 0.0f);
    combineMoments(threadPool_, {chunkMoments_, numChunks_, chunkPixels_, conv_.numPixels(), conv_.out}, moments_.mean,
                   moments_.variance);
  }

 private:
  struct ThreadBuffers {
    /** A of a chunk, [chunkPixels, k]. */
    float* gathered = nullptr;
    /** The chunk's destination pixels. */
    std::vector<T*> pixels;
  };

  /** No kernel position meets these pixels: they are zero. */
  void clear() {
    threadPool_.parallelFor(static_cast<int>(numChunks_), [&](int chunk, int) {
      const int64_t first = chunk * chunkPixels_;
      conv_.forEachPixel(first, std::min(chunkPixels_, conv_.numPixels() - first),
                         [&](int64_t, int64_t image, int64_t row, int64_t column) {
                           std::memset(conv_.destinationPixel(image, row, column), 0, conv_.out * sizeof(T));
                         });
    });
  }

  void packPanels(const PackedPanels& b, int64_t from, int64_t to) const {
    int64_t p = 0;
    for (const auto& [verticalOffset, vertical] : conv_.vertical.kernelPositions) {
      for (const auto& [horizontalOffset, horizontal] : conv_.horizontal.kernelPositions) {
        packFilter_(vertical, horizontal, from * kPanelColumns, std::min(conv_.out, to * kPanelColumns), b, p);
        p += positionK_;
      }
    }
  }

  /** @returns A of a chunk, [pixels, k] */
  const float* gatherChunk(int64_t first, int64_t count, ThreadBuffers& buffers) const {
    if (conv_.isPointwise()) return reinterpret_cast<const float*>(conv_.source + first * conv_.in);
    int64_t p = 0;
    for (const auto& [verticalOffset, vertical] : conv_.vertical.kernelPositions) {
      for (const auto& [horizontalOffset, horizontal] : conv_.horizontal.kernelPositions) {
        conv_.forEachPixel(first, count,
                           [&, verticalOffset = verticalOffset, horizontalOffset = horizontalOffset](
                               int64_t index, int64_t image, int64_t row, int64_t column) {
                             std::memcpy(buffers.gathered + index * k_ + p,
                                         conv_.sourcePixel(image, row, column, verticalOffset, horizontalOffset),
                                         positionK_ * sizeof(float));
                           });
        p += positionK_;
      }
    }
    return buffers.gathered;
  }

  void computeChunk(int64_t chunk, const PackedPanels& b, int64_t fromPanel, int64_t toPanel,
                    ThreadBuffers& buffers) const {
    const int64_t first = chunk * chunkPixels_, count = std::min(chunkPixels_, conv_.numPixels() - first);
    const GemmA a{gatherChunk(first, count, buffers), k_, 1};
    conv_.forEachPixel(first, count, [&](int64_t index, int64_t image, int64_t row, int64_t column) {
      buffers.pixels[index] = conv_.destinationPixel(image, row, column);
    });
    for (int64_t panel = fromPanel; panel < toPanel; panel++)
      gemm<T>(static_cast<int>(count), static_cast<int>(k_), panelVectors(conv_.out, panel), a, b.panel(panel),
              PixelEpilogue<T>{buffers.pixels.data(), panel * kPanelColumns, nonTemporal_, momentsOf(chunk, panel)});
    _mm_sfence();
  }

  RunningMoments momentsOf(int64_t chunk, int64_t panel) const {
    if (chunkMoments_ == nullptr) return {nullptr, nullptr, 0};
    float* means = chunkMoments_ + 2 * chunk * conv_.out + panel * kPanelColumns;
    return {means, means + conv_.out, 0};
  }

  ThreadPool& threadPool_;
  SubConv<T> conv_;
  const PackFilter& packFilter_;
  const ChannelMoments moments_;
  /** [chunk][mean, M2][out] */
  float* chunkMoments_ = nullptr;
  /** Packed elements along k: of one kernel position, and of all. */
  const int64_t positionK_, k_, chunkPixels_, numChunks_;
  const bool nonTemporal_;
};

template <class T, class PackFilter>
void computeSubConv(ThreadPool& threadPool, SubConv<T> conv, const PackFilter& packFilter,
                    const ChannelMoments& moments = {}) {
  SubConvGemm<T, PackFilter>(threadPool, std::move(conv), packFilter, moments).run();
}

}  // namespace

template <class T>
void implicitGemmConv2D(ThreadPool& threadPool, const ConvShape& shape, const T* x, const T* w,
                        const ChannelMoments& moments, T* y) {
  const int64_t in = shape.inputChannels, out = shape.outputChannels;
  // B is the filter of this kernel position, [in, out].
  const auto packFilter = [&](int64_t vertical, int64_t horizontal, int64_t begin, int64_t end, const PackedPanels& b,
                              int64_t p) {
    const T* position = w + (vertical * shape.horizontal.kernelSize + horizontal) * in * out;
    for (int64_t row = 0; row < in; row += kVnniGranularity<T>) {
      const T* rows[kVnniGranularity<T>];
      for (int value = 0; value < kVnniGranularity<T>; value++) rows[value] = position + (row + value) * out;
      packPanelRow(rows, begin, end, b, p + row / kVnniGranularity<T>);
    }
  };
  computeSubConv(
      threadPool,
      SubConv<T>{shape.batch, in, out, forwardAxis(shape.vertical), forwardAxis(shape.horizontal), x, nullptr, y},
      packFilter, moments);
}

template <class T>
void implicitGemmConv2DBackpropInput(ThreadPool& threadPool, const ConvShape& shape, const T* w, const T* dy, T* dx) {
  const int64_t in = shape.inputChannels, out = shape.outputChannels, outK = out / kVnniGranularity<T>;
  // B is the transposed filter of this kernel position, [out, in]; pairs along out stay together.
  const auto packFilter = [&](int64_t vertical, int64_t horizontal, int64_t begin, int64_t end, const PackedPanels& b,
                              int64_t p) {
    const float* position =
        reinterpret_cast<const float*>(w + (vertical * shape.horizontal.kernelSize + horizontal) * in * out);
    for (int64_t channel = begin; channel < end; channel += kLanes) {
      for (int64_t element = 0; element < outK; element += kLanes) {
        const int count = static_cast<int>(std::min<int64_t>(kLanes, outK - element));
        Vec block[kLanes];
        for (int lane = 0; lane < kLanes; lane++)
          block[lane] = _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1),
                                              position + (channel + lane) * outK + element);
        transpose(block);
        for (int row = 0; row < count; row++) store(b.at(p + element + row, channel), block[row]);
      }
    }
  };
  for (int64_t row = 0; row < shape.vertical.stride; row++)
    for (int64_t column = 0; column < shape.horizontal.stride; column++)
      computeSubConv(threadPool,
                     SubConv<T>{shape.batch, out, in, backpropInputAxis(shape.vertical, row),
                                backpropInputAxis(shape.horizontal, column), dy, nullptr, dx},
                     packFilter);
}

template void implicitGemmConv2D<float>(ThreadPool&, const ConvShape&, const float*, const float*,
                                        const ChannelMoments&, float*);
template void implicitGemmConv2D<bfloat16>(ThreadPool&, const ConvShape&, const bfloat16*, const bfloat16*,
                                           const ChannelMoments&, bfloat16*);
template void implicitGemmConv2DBackpropInput<float>(ThreadPool&, const ConvShape&, const float*, const float*, float*);
template void implicitGemmConv2DBackpropInput<bfloat16>(ThreadPool&, const ConvShape&, const bfloat16*, const bfloat16*,
                                                        bfloat16*);

}  // namespace sulcus

#pragma GCC pop_options
