#include "winograd.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "gemm.h"
#include "scratchpad.h"
#include "winograd-tile-transforms.h"
#include "winograd-tiles.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {
namespace {

/** Transformed inputs and products of a chunk of tiles: about what a core's second-level cache holds. */
constexpr int64_t kChunkFloats = 256 * 1024;
/** At least so many tiles are multiplied by a filter at a time, or it is loaded more often than it is worked with. */
constexpr int64_t kMinChunkTiles = 48;
/**
 * in · out of a filter that stays in every core's cache: threads share the tiles then, else the output channels, if
 * there are enough.
 */
constexpr int64_t kSmallFilter = 128 * 128;

/** A transformed filter, or its gradient, is worked on in pieces of this size: a part of the third-level cache. */
constexpr int64_t kFilterFloats = 1200 * 1024;
/** Up to so many tiles are transformed once and kept for all pieces of the filter. */
constexpr int64_t kFewTiles = 128;

/** Tiles of a chunk: a multiple of 12, as micro-kernels have 12 or 6 rows. */
int64_t chunkTiles(int64_t channels, int64_t count) {
  const int64_t fitting = kChunkFloats / (kTileElements * channels) / 12 * 12;
  return std::min(count, std::max(kMinChunkTiles, fitting));
}

/** How dw is shared out: a thread takes some input and some output channels at a time. */
struct FilterParts {
  int64_t in, out, partIn, partOut;
  int partsIn, partsOut;

  FilterParts(const ThreadPool& threadPool, int64_t in, int64_t out) : in(in), out(out) {
    const int64_t blocks = in / kLanes, threadBlocks = (blocks + threadPool.numThreads() - 1) / threadPool.numThreads();
    // Output channels are cut only if there are fewer blocks of input channels than threads: each part transforms all
    // of x once more.
    const int64_t wanted = std::max<int64_t>(1, threadPool.numThreads() / blocks);
    partOut = std::min(out, (numPanels(out) + wanted - 1) / wanted * kPanelColumns);
    const int64_t fitting = kFilterFloats / (kTileElements * partOut * kLanes);
    partIn = std::max<int64_t>(1, std::min(threadBlocks, fitting)) * kLanes;
    partsIn = static_cast<int>((in + partIn - 1) / partIn);
    partsOut = static_cast<int>((out + partOut - 1) / partOut);
  }
  int count() const { return partsIn * partsOut; }
  Range inputs(int part) const { return {part / partsOut * partIn, std::min(in, (part / partsOut + 1) * partIn)}; }
  Range outputs(int part) const { return {part % partsOut * partOut, std::min(out, (part % partsOut + 1) * partOut)}; }
};

/** Clears `channels` values: what pixels outside an image are. */
template <class T>
const T* clearedZeros(float* memory, int64_t channels) {
  std::memset(memory, 0, channels * sizeof(float));
  return reinterpret_cast<const T*>(memory);
}

/**
 * A convolution of x with a filter that `filterTransform(row, outputChannels, matrices)` transforms, ROWS input
 * channels at a time. In Lavin and Gray's words: V, transformed tiles of x [tiles, in], times U, the transformed filter
 * [in, out], is M [tiles, out], for each of the 36 elements.
 */
template <int ROWS, class T, class FilterTransform>
class WinogradConv {
 public:
  WinogradConv(ThreadPool& threadPool, const WinogradShape& shape, const T* x, const FilterTransform& filterTransform,
               const PostOps& postOps, T* y)
      : threadPool_(threadPool),
        grid_(shape),
        in_(shape.inputChannels),
        out_(shape.outputChannels),
        x_(x),
        filterTransform_(filterTransform),
        postOps_(postOps),
        y_(y) {}

  void run() {
    if (grid_.count == 0) return;
    if (in_ * out_ <= kSmallFilter || numPanels(out_) < threadPool_.numThreads())
      byTiles();
    else
      byChannels();
  }

 private:
  struct ThreadBuffers {
    /** V and M of a chunk. */
    ElementMatrices inputs, products;
  };

  size_t bufferFloats(int64_t rows, int64_t columns) const {
    return Scratchpad::roundUp(ElementMatrices::floats(rows, in_)) +
           Scratchpad::roundUp(ElementMatrices::floats(rows, columns));
  }
  ThreadBuffers allocateBuffers(int64_t rows, int64_t columns) const {
    return {{scratchpad().allocate(ElementMatrices::floats(rows, in_)), rows, in_},
            {scratchpad().allocate(ElementMatrices::floats(rows, columns)), rows, columns}};
  }

  /** All of the filter is transformed first; then threads take chunks of tiles. */
  void byTiles() {
    const int64_t rows =
        chunkTiles(in_ + out_, (grid_.count + threadPool_.numThreads() - 1) / threadPool_.numThreads());
    scratchpad().reset(Scratchpad::roundUp(ElementMatrices::floats(in_, out_)) + Scratchpad::roundUp(in_) +
                       threadPool_.numThreads() * bufferFloats(rows, out_));
    const PackedElementMatrices filter{{scratchpad().allocate(ElementMatrices::floats(in_, out_)), in_, out_}};
    zeros_ = clearedZeros<T>(scratchpad().allocate(in_), in_);
    std::vector<ThreadBuffers> buffers;
    for (int thread = 0; thread < threadPool_.numThreads(); thread++) buffers.push_back(allocateBuffers(rows, out_));
    threadPool_.parallelFor(static_cast<int>(in_ / ROWS),
                            [&](int row, int) { filterTransform_(row * ROWS, Range{0, out_}, filter); });
    threadPool_.parallelFor(static_cast<int>((grid_.count + rows - 1) / rows), [&](int chunk, int thread) {
      const int64_t first = chunk * rows, count = std::min(rows, grid_.count - first);
      transformTiles(first, count, buffers[thread].inputs);
      multiply(first, count, {0, out_}, filter, buffers[thread]);
    });
  }

  /**
   * Threads take output channels and transform their part of the filter themselves, so that it is in their own core's
   * cache, in pieces that stay in the third-level cache.
   */
  void byChannels() {
    const int64_t panelCount = numPanels(out_),
                  piecePanels = std::max<int64_t>(1, kFilterFloats / (kTileElements * in_ * kPanelColumns)),
                  columns = std::min(out_, piecePanels * kPanelColumns);
    const int workers = threadPool_.numThreads();
    const bool keepTiles = grid_.count <= kFewTiles;
    const int64_t rows = keepTiles ? grid_.count : chunkTiles(in_ + columns, grid_.count);
    scratchpad().reset(Scratchpad::roundUp(in_) +
                       workers *
                           (Scratchpad::roundUp(ElementMatrices::floats(in_, columns)) + bufferFloats(rows, columns)));
    zeros_ = clearedZeros<T>(scratchpad().allocate(in_), in_);
    std::vector<float*> filterMemory;
    std::vector<ThreadBuffers> buffers;
    for (int worker = 0; worker < workers; worker++) {
      filterMemory.push_back(scratchpad().allocate(ElementMatrices::floats(in_, columns)));
      buffers.push_back(allocateBuffers(rows, columns));
    }
    threadPool_.parallelFor(workers, [&](int worker, int thread) {
      const int64_t last = panelCount * (worker + 1) / workers;
      if (keepTiles) transformTiles(0, grid_.count, buffers[thread].inputs);
      for (int64_t panel = panelCount * worker / workers; panel < last; panel += piecePanels) {
        const Range part{panel * kPanelColumns, std::min(out_, std::min(last, panel + piecePanels) * kPanelColumns)};
        const PackedElementMatrices filter{{filterMemory[thread], in_, part.size()}};
        ThreadBuffers buffer = buffers[thread];
        buffer.products.channels = part.size();
        for (int64_t row = 0; row < in_; row += ROWS) filterTransform_(row, part, filter);
        for (int64_t first = 0; first < grid_.count; first += rows) {
          const int64_t count = std::min(rows, grid_.count - first);
          if (!keepTiles) transformTiles(first, count, buffer.inputs);
          multiply(first, count, part, filter, buffer);
        }
      }
    });
  }

  void transformTiles(int64_t first, int64_t count, const ElementMatrices& inputs) const {
    for (int64_t row = 0; row < count; row++)
      transformTile<TileSource::kInput>(grid_, x_, in_, first + row, zeros_, inputs, row, Range{0, in_});
  }

  /** Multiplies transformed tiles by these output channels of the filter, and applies the output transform. */
  void multiply(int64_t first, int64_t count, Range part, const PackedElementMatrices& filter,
                const ThreadBuffers& buffers) const {
    const auto& [inputs, products] = buffers;
    for (int element = 0; element < kTileElements; element++) {
      const Range tiles = grid_.tilesWithElement(element, first, first + count);
      const int64_t row = tiles.begin - first;
      for (int64_t panel = 0; panel < numPanels(part.size()); panel++) {
        gemm<float>(static_cast<int>(tiles.size()), static_cast<int>(in_), panelVectors(part.size(), panel),
                    GemmA{inputs.at(element, row, 0), in_, 1}, filter.panel(element, panel),
                    GemmC{products.at(element, row, panel * kPanelColumns), part.size(), false});
      }
    }
    for (int64_t row = 0; row < count; row++)
      outputTransformTile(grid_, products, row, first + row, y_, out_, part, postOps_);
  }

  ThreadPool& threadPool_;
  const TileGrid grid_;
  const int64_t in_, out_;
  const T* x_;
  const FilterTransform& filterTransform_;
  const PostOps postOps_;
  T* y_;
  const T* zeros_ = nullptr;
};

template <int ROWS, class T, class FilterTransform>
void convolve(ThreadPool& threadPool, const WinogradShape& shape, const T* x, const FilterTransform& filterTransform,
              const PostOps& postOps, T* y) {
  WinogradConv<ROWS, T, FilterTransform>(threadPool, shape, x, filterTransform, postOps, y).run();
}

}  // namespace

template <class T>
void winogradConv2D(ThreadPool& threadPool, const WinogradShape& shape, const T* x, const T* w, const PostOps& postOps,
                    T* y) {
  convolve<1>(
      threadPool, shape, x,
      [&](int64_t row, Range part, const PackedElementMatrices& filter) {
        filterTransformRow(shape, w, row, part, filter);
      },
      postOps, y);
}

template <class T>
void winogradConv2DBackpropInput(ThreadPool& threadPool, const WinogradShape& shape, const T* w, const T* dy, T* dx) {
  const WinogradShape exchanged{shape.batch, shape.height, shape.width, shape.outputChannels, shape.inputChannels};
  convolve<kLanes>(
      threadPool, exchanged, dy,
      [&](int64_t row, Range part, const PackedElementMatrices& filter) {
        rotatedFilterTransformRows(shape, w, row, part, filter);
      },
      PostOps(), dx);
}

// dw is a convolution F(3×3, 4×4) of x with dy as the filter: Vᵀ · U [in, out] for each element, where V are the
// transformed tiles of x [tiles, in] and U those of dy [tiles, out], summed over all tiles before the output transform.
template <class T>
void winogradConv2DBackpropFilter(ThreadPool& threadPool, const WinogradShape& shape, const T* x, const T* dy, T* dw) {
  const TileGrid grid(shape);
  const int64_t in = shape.inputChannels, out = shape.outputChannels;
  if (grid.count == 0) {
    std::memset(dw, 0, kKernelSize * kKernelSize * in * out * sizeof(T));
    return;
  }
  const FilterParts parts(threadPool, in, out);
  const bool keepTiles = grid.count <= kFewTiles;
  const int64_t rows = keepTiles ? grid.count : chunkTiles(parts.partIn + parts.partOut, grid.count);
  const int workers = std::min(parts.count(), threadPool.numThreads());
  const size_t productFloats = ElementMatrices::floats(parts.partIn, parts.partOut),
               inputFloats = ElementMatrices::floats(rows, parts.partIn),
               gradientFloats = ElementMatrices::floats(rows, parts.partOut), zeroFloats = std::max(in, out);
  scratchpad().reset(Scratchpad::roundUp(zeroFloats) +
                     workers * (Scratchpad::roundUp(productFloats) + Scratchpad::roundUp(inputFloats) +
                                Scratchpad::roundUp(gradientFloats)));
  const T* zeros = clearedZeros<T>(scratchpad().allocate(zeroFloats), zeroFloats);
  std::vector<std::array<float*, 3>> memory(workers);
  // First of the output channels of which a thread has kept the transformed tiles of dy.
  std::vector<int64_t> kept(workers, -1);
  for (auto& [products, inputs, gradients] : memory) {
    products = scratchpad().allocate(productFloats);
    inputs = scratchpad().allocate(inputFloats);
    gradients = scratchpad().allocate(gradientFloats);
  }
  threadPool.parallelFor(parts.count(), [&](int part, int thread) {
    const Range inputChannels = parts.inputs(part), outputChannels = parts.outputs(part);
    const ElementMatrices products{memory[thread][0], inputChannels.size(), outputChannels.size()},
        inputs{memory[thread][1], rows, inputChannels.size()};
    const PackedElementMatrices gradients{{memory[thread][2], rows, outputChannels.size()}};
    for (int64_t first = 0; first < grid.count; first += rows) {
      const int64_t count = std::min(rows, grid.count - first);
      const bool known = keepTiles && kept[thread] == outputChannels.begin;
      for (int64_t row = 0; row < count; row++) {
        transformTile<TileSource::kInput>(grid, x, in, first + row, zeros, inputs, row, inputChannels);
        if (!known)
          transformTile<TileSource::kOutputGradient>(grid, dy, out, first + row, zeros, gradients, row, outputChannels);
      }
      kept[thread] = outputChannels.begin;
      for (int element = 0; element < kTileElements; element++) {
        const Range tiles = grid.tilesWithElement(element, first, first + count);
        const int64_t row = tiles.begin - first;
        for (int64_t panel = 0; panel < numPanels(outputChannels.size()); panel++) {
          const GemmB b = gradients.panel(element, panel);
          gemm<float>(static_cast<int>(inputChannels.size()), static_cast<int>(tiles.size()),
                      panelVectors(outputChannels.size(), panel),
                      GemmA{inputs.at(element, row, 0), 1, inputChannels.size()},
                      {b.data + row * b.rowStride, b.rowStride},
                      GemmC{products.at(element, 0, panel * kPanelColumns), outputChannels.size(), first > 0});
        }
      }
    }
    for (int64_t row = 0; row < inputChannels.size(); row++)
      filterGradientOutputTransformRow(products, row, dw + (inputChannels.begin + row) * out + outputChannels.begin,
                                       in * out);
  });
}

template void winogradConv2D<float>(ThreadPool&, const WinogradShape&, const float*, const float*, const PostOps&,
                                    float*);
template void winogradConv2D<bfloat16>(ThreadPool&, const WinogradShape&, const bfloat16*, const bfloat16*,
                                       const PostOps&, bfloat16*);
template void winogradConv2DBackpropInput<float>(ThreadPool&, const WinogradShape&, const float*, const float*, float*);
template void winogradConv2DBackpropInput<bfloat16>(ThreadPool&, const WinogradShape&, const bfloat16*, const bfloat16*,
                                                    bfloat16*);
template void winogradConv2DBackpropFilter<float>(ThreadPool&, const WinogradShape&, const float*, const float*,
                                                  float*);
template void winogradConv2DBackpropFilter<bfloat16>(ThreadPool&, const WinogradShape&, const bfloat16*,
                                                     const bfloat16*, bfloat16*);

}  // namespace sulcus

#pragma GCC pop_options
