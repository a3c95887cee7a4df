#include <algorithm>
#include <cstring>
#include <vector>

#include "implicit-gemm.h"
#include "pack.h"
#include "packed-panels.h"
#include "scratchpad.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {
namespace {

/** Packed elements along k that a product takes at a time: of a panel of B they stay in the first-level cache. */
constexpr int64_t kChunkK = 80;
/** Accumulators of a tile of dw: with what is added to them they stay in a core's second-level cache. */
constexpr int64_t kTileElements = 128 * 1024;

/** With so many tiles per thread it matters little that some threads take one more. */
constexpr int64_t kMaxTilesPerThread = 16;

/** dw as a matrix [kernel positions · in, out], cut into tiles that threads take; each lies in one kernel position. */
struct FilterTiles {
  int64_t kernelPositions, in, out, tileIn, tileOut, tilesIn, tilesOut;

  FilterTiles(const ThreadPool& threadPool, int64_t kernelPositions, int64_t in, int64_t out)
      : kernelPositions(kernelPositions), in(in), out(out), tileIn(in), tileOut(out) {
    cut();
    while (tileIn * tileOut > kTileElements ||
           (count() % threadPool.numThreads() != 0 && count() < kMaxTilesPerThread * threadPool.numThreads())) {
      const bool divisible = tileIn > kLanes || tileOut > kPanelColumns;
      if (!divisible) break;
      if (tileOut > kPanelColumns && (tileOut >= tileIn || tileIn <= kLanes))
        tileOut = (tileOut / kPanelColumns + 1) / 2 * kPanelColumns;
      else
        tileIn = (tileIn / kLanes + 1) / 2 * kLanes;
      cut();
    }
  }
  int64_t count() const { return kernelPositions * tilesIn * tilesOut; }
  int64_t kernelPosition(int64_t tile) const { return tile / tilesOut / tilesIn; }
  int64_t firstIn(int64_t tile) const { return tile / tilesOut % tilesIn * tileIn; }
  int64_t firstOut(int64_t tile) const { return tile % tilesOut * tileOut; }
  int64_t numIn(int64_t tile) const { return std::min(tileIn, in - firstIn(tile)); }
  int64_t numOut(int64_t tile) const { return std::min(tileOut, out - firstOut(tile)); }

 private:
  void cut() {
    tilesIn = (in + tileIn - 1) / tileIn;
    tilesOut = (out + tileOut - 1) / tileOut;
  }
};

/** Goes through the pixels of y, row by row, and gives the pixel of x that each meets at one kernel position. */
template <class T>
class InputPixels {
 public:
  InputPixels(const ConvShape& shape, int64_t kernelPosition, const T* x, const T* zeros)
      : shape_(shape),
        x_(x),
        zeros_(zeros),
        verticalOffset_(kernelPosition / shape.horizontal.kernelSize - shape.vertical.padBefore),
        horizontalOffset_(kernelPosition % shape.horizontal.kernelSize - shape.horizontal.padBefore) {
    startRow();
  }

  /** @returns the channels of the pixel, [in], and goes on to the next */
  const T* next() {
    const int64_t column = column_ * shape_.horizontal.stride + horizontalOffset_;
    const T* pixel = xRow_ != nullptr && column >= 0 && column < shape_.horizontal.input
                         ? xRow_ + column * shape_.inputChannels
                         : zeros_;
    if (++column_ == shape_.horizontal.output) {
      column_ = 0;
      row_++;
      startRow();
    }
    return pixel;
  }

 private:
  void startRow() {
    const int64_t row = row_ % shape_.vertical.output * shape_.vertical.stride + verticalOffset_;
    xRow_ = row >= 0 && row < shape_.vertical.input
                ? x_ + (row_ / shape_.vertical.output * shape_.vertical.input + row) * shape_.horizontal.input *
                           shape_.inputChannels
                : nullptr;
  }

  const ConvShape& shape_;
  const T *x_, *zeros_, *xRow_ = nullptr;
  const int64_t verticalOffset_, horizontalOffset_;
  /** Of y: rows of all images count on. */
  int64_t row_ = 0, column_ = 0;
};

/** Where the channels of a chunk's pixels are: of x at the kernel position, and of dy. */
template <class T>
struct PixelRows {
  int64_t k;
  const T *x[kChunkK * kVnniGranularity<T>], *dy[kChunkK * kVnniGranularity<T>];
};

/** Prefetches these values into the second-level cache. */
template <class T>
inline void prefetch(const T* from, int64_t count) {
  for (int64_t index = 0; index < count; index += 64 / static_cast<int64_t>(sizeof(T)))
    _mm_prefetch(reinterpret_cast<const char*>(from + index), _MM_HINT_T1);
}

/** Adds the product of a micro-panel of A (16 rows of C) and a panel of B to C. */
template <class T>
void gemmMicroPanel(int k, int nVectors, const float* microPanel, const GemmB& b, const GemmC& c) {
  const auto fromRow = [&](int row) { return GemmA{microPanel + row, 1, kLanes}; };
  switch (nVectors) {
    case 1: return microKernel<T, 16, 1>(k, fromRow(0), b, c);
    case 2: microKernel<T, 8, 2>(k, fromRow(0), b, c); return microKernel<T, 8, 2>(k, fromRow(8), b, c.fromRow(8));
    case 3: microKernel<T, 8, 3>(k, fromRow(0), b, c); return microKernel<T, 8, 3>(k, fromRow(8), b, c.fromRow(8));
    default:
      microKernel<T, 6, 4>(k, fromRow(0), b, c);
      microKernel<T, 5, 4>(k, fromRow(6), b, c.fromRow(6));
      return microKernel<T, 5, 4>(k, fromRow(11), b, c.fromRow(11));
  }
}

/** dw: for every kernel position xᵀ · dy, where x [pixels, in] are the pixels that those of dy [pixels, out] meet. */
template <class T>
class BackpropFilterGemm {
 public:
  BackpropFilterGemm(ThreadPool& threadPool, const ConvShape& shape, const T* x, const T* dy, T* dw)
      : threadPool_(threadPool),
        shape_(shape),
        x_(x),
        dy_(dy),
        dw_(dw),
        numPixels_(shape.batch * shape.vertical.output * shape.horizontal.output),
        k_((numPixels_ + kGranularity - 1) / kGranularity),
        tiles_(threadPool, shape.vertical.kernelSize * shape.horizontal.kernelSize, shape.inputChannels,
               shape.outputChannels) {}

  void run() {
    if (numPixels_ == 0) {
      std::memset(dw_, 0, tiles_.kernelPositions * tiles_.in * tiles_.out * sizeof(T));
      return;
    }
    const int workers = static_cast<int>(std::min<int64_t>(tiles_.count(), threadPool_.numThreads()));
    const int64_t cFloats = tiles_.tileIn * tiles_.tileOut, aFloats = kChunkK * tiles_.tileIn,
                  bFloats = kChunkK * tiles_.tileOut, zeroFloats = std::max(tiles_.in, tiles_.out);
    scratchpad().reset(
        Scratchpad::roundUp(zeroFloats) +
        workers * (Scratchpad::roundUp(cFloats) + Scratchpad::roundUp(aFloats) + Scratchpad::roundUp(bFloats)));
    float* zeros = scratchpad().allocate(zeroFloats);
    std::memset(zeros, 0, zeroFloats * sizeof(float));
    zeros_ = reinterpret_cast<const T*>(zeros);
    std::vector<ThreadBuffers> buffers;
    for (int worker = 0; worker < workers; worker++) {
      float *c = scratchpad().allocate(cFloats), *a = scratchpad().allocate(aFloats);
      buffers.push_back({c, a, scratchpad().allocate(bFloats)});
    }
    threadPool_.parallelFor(static_cast<int>(tiles_.count()),
                            [&](int tile, int thread) { computeTile(tile, buffers[thread]); });
  }

 private:
  static constexpr int kGranularity = kVnniGranularity<T>;

  /** C (a tile of dw) in panels; of a chunk A (x) in micro-panels of 16 channels, and B (dy) in panels. */
  struct ThreadBuffers {
    float *c, *a, *b;
  };

  void computeTile(int64_t tile, const ThreadBuffers& buffers) const {
    const int64_t numIn = tiles_.numIn(tile), numOut = tiles_.numOut(tile);
    InputPixels<T> inputPixels(shape_, tiles_.kernelPosition(tile), x_, zeros_);
    PixelRows<T> chunks[2];
    findChunk(inputPixels, tile, 0, chunks[0]);
    for (int64_t first = 0; first < k_; first += kChunkK) {
      const PixelRows<T>& chunk = chunks[first / kChunkK % 2];
      PixelRows<T>& nextChunk = chunks[(first / kChunkK + 1) % 2];
      findChunk(inputPixels, tile, first + kChunkK, nextChunk);
      for (int64_t p = 0; p < chunk.k; p++) {
        packMicroPanels(chunk.x + p * kGranularity, numIn, buffers.a, chunk.k, p);
        packPanelRow(chunk.dy + p * kGranularity, 0, numOut, PackedPanels{buffers.b, chunk.k, numOut}, p);
      }
      addChunk(chunk.k, numIn, numOut, buffers, first > 0, nextChunk);
    }
    storeTile(tile, PackedPanels{buffers.c, numIn, numOut});
  }

  /** Where the pixels of the chunk from `first` on are; none behind the last. */
  void findChunk(InputPixels<T>& inputPixels, int64_t tile, int64_t first, PixelRows<T>& chunk) const {
    chunk.k = std::max<int64_t>(0, std::min(kChunkK, k_ - first));
    for (int64_t row = 0; row < chunk.k * kGranularity; row++) {
      const int64_t pixel = first * kGranularity + row;
      chunk.x[row] = (pixel < numPixels_ ? inputPixels.next() : zeros_) + tiles_.firstIn(tile);
      chunk.dy[row] = (pixel < numPixels_ ? dy_ + pixel * tiles_.out : zeros_) + tiles_.firstOut(tile);
    }
  }

  /** Adds the product of a chunk, and prefetches the next one meanwhile. */
  void addChunk(int64_t k, int64_t numIn, int64_t numOut, const ThreadBuffers& buffers, bool accumulate,
                const PixelRows<T>& nextChunk) const {
    const PackedPanels b{buffers.b, k, numOut}, c{buffers.c, numIn, numOut};
    const int64_t numBlocks = numPanels(numOut) * (numIn / kLanes), nextRows = nextChunk.k * kGranularity;
    int64_t block = 0, prefetched = 0;
    for (int64_t panel = 0; panel < numPanels(numOut); panel++) {
      const int nVectors = panelVectors(numOut, panel);
      for (int64_t row = 0; row < numIn; row += kLanes) {
        for (const int64_t until = nextRows * ++block / numBlocks; prefetched < until; prefetched++) {
          prefetch(nextChunk.x[prefetched], numIn);
          prefetch(nextChunk.dy[prefetched], numOut);
        }
        gemmMicroPanel<T>(static_cast<int>(k), nVectors, buffers.a + row * k, b.panel(panel),
                          {c.at(row, panel * kPanelColumns), nVectors * kLanes, accumulate});
      }
    }
  }

  void storeTile(int64_t tile, const PackedPanels& c) const {
    T* target =
        dw_ + (tiles_.kernelPosition(tile) * tiles_.in + tiles_.firstIn(tile)) * tiles_.out + tiles_.firstOut(tile);
    for (int64_t row = 0; row < c.rows; row++)
      for (int64_t column = 0; column < c.columns; column += kLanes)
        store(target + row * tiles_.out + column, load(c.at(row, column)));
  }

  ThreadPool& threadPool_;
  const ConvShape& shape_;
  const T *x_, *dy_;
  T* dw_;
  /** Pixels of y, and packed elements along k. */
  const int64_t numPixels_, k_;
  const FilterTiles tiles_;
  const T* zeros_ = nullptr;
};

}  // namespace

template <class T>
void implicitGemmConv2DBackpropFilter(ThreadPool& threadPool, const ConvShape& shape, const T* x, const T* dy, T* dw) {
  BackpropFilterGemm<T>(threadPool, shape, x, dy, dw).run();
}

template void implicitGemmConv2DBackpropFilter<float>(ThreadPool&, const ConvShape&, const float*, const float*,
                                                      float*);
template void implicitGemmConv2DBackpropFilter<bfloat16>(ThreadPool&, const ConvShape&, const bfloat16*,
                                                         const bfloat16*, bfloat16*);

}  // namespace sulcus

#pragma GCC pop_options
