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

/** Cells of a chunk of pixels: with a panel of filters they fit into the second-level cache of a core. */
constexpr int64_t kChunkCells = 64 * 1024;
/** Pixels of a chunk; multiples of the rows of a block. */
constexpr int64_t kFewestRows = 24, kMostRows = 192;
/** Filters up to this size stay in every core's cache: threads share out the pixels then, else the output channels, if
 * there are enough. */
constexpr int64_t kSmallFilterCells = 128 * 1024;

/** The mean of some rows, and the sum of their squared deviations from it, per channel; nothing is asked for when
 * `means` is null. */
struct RowStatistics {
  float *means, *squares;
  /** Rows that are in already. */
  int64_t rows;

  /** Takes in the rows of a block, by the formula of Chan, Golub and LeVeque. */
  template <int ROWS, int VECTORS>
  void add(const Vec (&values)[ROWS][VECTORS]) const {
    const float share = 1.0f / static_cast<float>(rows + ROWS);
    const Vec blockShare = set(ROWS * share), weight = set(static_cast<float>(rows) * ROWS * share);
#pragma GCC unroll 4
    for (int v = 0; v < VECTORS; v++) {
      Vec sum = values[0][v];
#pragma GCC unroll 24
      for (int row = 1; row < ROWS; row++) sum = sum + values[row][v];
      const Vec mean = sum * set(1.0f / ROWS);
      Vec square = zero();
#pragma GCC unroll 24
      for (int row = 0; row < ROWS; row++) {
        const Vec deviation = values[row][v] - mean;
        square = multiplyAdd(deviation, deviation, square);
      }
      float *means_ = means + v * kLanes, *squares_ = squares + v * kLanes;
      const Vec before = rows == 0 ? mean : load(means_), difference = mean - before;
      store(means_, multiplyAdd(difference, blockShare, before));
      store(squares_, multiplyAdd(difference * difference, weight, rows == 0 ? square : load(squares_) + square));
    }
  }
};

/** Where the sums of a product go as pixels: `rows` says where the channels of each are. */
template <class T>
struct PixelTarget {
  T* const* rows;
  int64_t channel;
  bool stream;
  RowStatistics statistics;

  Vec start(int, int) const { return zero(); }
  template <int ROWS, int VECTORS>
  void finish(const Vec (&sums)[ROWS][VECTORS]) const {
#pragma GCC unroll 24
    for (int row = 0; row < ROWS; row++) storeRow(rows[row] + channel, sums[row]);
    if (statistics.means != nullptr) statistics.add(sums);
  }
  PixelTarget from(int row) const {
    return {rows + row, channel, stream, {statistics.means, statistics.squares, statistics.rows + row}};
  }

 private:
  template <int VECTORS>
  void storeRow(T* to, const Vec (&sums)[VECTORS]) const {
#pragma GCC unroll 4
    for (int v = 0; v + 2 <= VECTORS; v += 2) {
      if (stream)
        streamPair(to + v * kLanes, sums[v], sums[v + 1]);
      else
        storePair(to + v * kLanes, sums[v], sums[v + 1]);
    }
    if constexpr (VECTORS % 2 != 0) store(to + (VECTORS - 1) * kLanes, sums[VECTORS - 1]);
  }
};

/** A convolution of one phase: the product of the pixels under the taps, [pixels, taps · in], and the filters, [taps ·
 * in, out]. */
template <class T, class EnterTap>
class PhaseProduct {
 public:
  PhaseProduct(Team& team, PhasePixels<T> pixels, const EnterTap& enterTap, const ChannelStatistics& statistics)
      : team_(team),
        pixels_(std::move(pixels)),
        enterTap_(enterTap),
        statistics_(statistics),
        tapCells_(pixels_.in / kCellValues<T>),
        depth_(pixels_.taps() * tapCells_),
        rowsEach_(
            std::clamp(kChunkCells / std::max<int64_t>(1, depth_) / kFewestRows * kFewestRows, kFewestRows, kMostRows)),
        chunks_((pixels_.count() + rowsEach_ - 1) / rowsEach_),
        stream_(shouldStream(pixels_.result, pixels_.out, pixels_.count() * pixels_.out)) {}

  void run() {
    if (pixels_.count() == 0) return;
    if (depth_ == 0) return clear();
    const int64_t panelCount = panels(pixels_.out);
    const bool byPixels = depth_ * pixels_.out <= kSmallFilterCells || panelCount < team_.threads();
    const int workers = static_cast<int>(std::min<int64_t>(team_.threads(), byPixels ? chunks_ : panelCount));
    const int64_t placeCells = pixels_.areRows() ? 0 : rowsEach_ * depth_,
                  partFloats = statistics_.mean == nullptr ? 0 : 2 * chunks_ * pixels_.out;
    scratch().reset(Scratch::roundUp(partFloats) + Scratch::roundUp(pixels_.in) +
                    Scratch::roundUp(depth_ * pixels_.out) + workers * Scratch::roundUp(placeCells));
    parts_ = partFloats == 0 ? nullptr : scratch().take(partFloats);
    float* outside = scratch().take(pixels_.in);
    std::memset(outside, 0, pixels_.in * sizeof(float));
    pixels_.outside = reinterpret_cast<const T*>(outside);
    const Panels filters{scratch().take(depth_ * pixels_.out), depth_, pixels_.out};
    std::vector<Place> places(workers);
    for (auto& place : places) {
      place.cells = scratch().take(placeCells);
      place.rows.resize(rowsEach_);
    }
    if (byPixels) {
      team_.each(static_cast<int>(panelCount), [&](int panel, int) { enterPanels(filters, panel, panel + 1); });
      team_.each(static_cast<int>(chunks_),
                 [&](int chunk, int thread) { convolveChunk(chunk, filters, 0, panelCount, places[thread]); });
    } else {
      // What one core wrote no other reads.
      team_.each(workers, [&](int part, int thread) {
        const int64_t from = panelCount * part / workers, to = panelCount * (part + 1) / workers;
        enterPanels(filters, from, to);
        for (int64_t chunk = 0; chunk < chunks_; chunk++) convolveChunk(chunk, filters, from, to, places[thread]);
      });
    }
    if (parts_ == nullptr) return;
    std::fill_n(statistics_.mean, pixels_.out, 0.0f);
    combine(team_, {parts_, chunks_, rowsEach_, pixels_.count(), pixels_.out}, statistics_.mean, statistics_.variance);
  }

 private:
  /** What a thread works with. */
  struct Place {
    float* cells = nullptr;
    std::vector<T*> rows;
  };

  /** Nothing leads to these pixels. */
  void clear() {
    team_.each(static_cast<int>(chunks_), [&](int chunk, int) {
      const int64_t first = chunk * rowsEach_;
      pixels_.walk(first, std::min(rowsEach_, pixels_.count() - first),
                   [&](int64_t, int64_t image, int64_t row, int64_t column) {
                     std::memset(pixels_.at(image, row, column), 0, pixels_.out * sizeof(T));
                   });
    });
  }

  void enterPanels(const Panels& filters, int64_t from, int64_t to) const {
    int64_t first = 0;
    for (const auto& [down, vertical] : pixels_.vertical.taps) {
      for (const auto& [across, horizontal] : pixels_.horizontal.taps) {
        enterTap_(vertical, horizontal, from * kPanel, std::min(pixels_.out, to * kPanel), filters, first);
        first += tapCells_;
      }
    }
  }

  /** @returns the cells of a chunk, [pixels, depth] */
  const float* enterChunk(int64_t first, int64_t count, Place& place) const {
    if (pixels_.areRows()) return reinterpret_cast<const float*>(pixels_.source + first * pixels_.in);
    int64_t offset = 0;
    for (const auto& [down, vertical] : pixels_.vertical.taps) {
      for (const auto& [across, horizontal] : pixels_.horizontal.taps) {
        pixels_.walk(first, count,
                     [&, down = down, across = across](int64_t index, int64_t image, int64_t row, int64_t column) {
                       std::memcpy(place.cells + index * depth_ + offset,
                                   pixels_.under(image, row, column, down, across), tapCells_ * sizeof(float));
                     });
        offset += tapCells_;
      }
    }
    return place.cells;
  }

  void convolveChunk(int64_t chunk, const Panels& filters, int64_t fromPanel, int64_t toPanel, Place& place) const {
    const int64_t first = chunk * rowsEach_, count = std::min(rowsEach_, pixels_.count() - first);
    const Left left{enterChunk(first, count, place), depth_, 1};
    pixels_.walk(first, count, [&](int64_t index, int64_t image, int64_t row, int64_t column) {
      place.rows[index] = pixels_.at(image, row, column);
    });
    for (int64_t panel = fromPanel; panel < toPanel; panel++)
      product<T>(static_cast<int>(count), static_cast<int>(depth_), panelVectors(pixels_.out, panel), left,
                 filters.panel(panel),
                 PixelTarget<T>{place.rows.data(), panel * kPanel, stream_, statisticsOf(chunk, panel)});
    _mm_sfence();
  }

  RowStatistics statisticsOf(int64_t chunk, int64_t panel) const {
    if (parts_ == nullptr) return {nullptr, nullptr, 0};
    float* means = parts_ + 2 * chunk * pixels_.out + panel * kPanel;
    return {means, means + pixels_.out, 0};
  }

  Team& team_;
  PhasePixels<T> pixels_;
  const EnterTap& enterTap_;
  const ChannelStatistics statistics_;
  float* parts_ = nullptr;
  const int64_t tapCells_, depth_, rowsEach_, chunks_;
  const bool stream_;
};

template <class T, class EnterTap>
void convolvePhase(Team& team, PhasePixels<T> pixels, const EnterTap& enterTap,
                   const ChannelStatistics& statistics = {}) {
  PhaseProduct<T, EnterTap>(team, std::move(pixels), enterTap, statistics).run();
}

}  // namespace

template <class T>
void directConvolve(Team& team, const WindowGeometry& g, const T* x, const T* filter,
                    const ChannelStatistics& statistics, T* y) {
  const int64_t in = g.inputChannels, out = g.outputChannels;
  const auto enterTap = [&](int64_t vertical, int64_t horizontal, int64_t begin, int64_t end, const Panels& filters,
                            int64_t first) {
    const T* tap = filter + (vertical * g.horizontal.taps + horizontal) * in * out;
    for (int64_t row = 0; row < in; row += kCellValues<T>) {
      const T* rows[kCellValues<T>];
      for (int value = 0; value < kCellValues<T>; value++) rows[value] = tap + (row + value) * out;
      packRow(rows, begin, end, filters, first + row / kCellValues<T>);
    }
  };
  convolvePhase(team, PhasePixels<T>{g.batch, in, out, forward(g.vertical), forward(g.horizontal), x, nullptr, y},
                enterTap, statistics);
}

template <class T>
void directBackToInput(Team& team, const WindowGeometry& g, const T* filter, const T* dy, T* dx) {
  const int64_t in = g.inputChannels, out = g.outputChannels, cells = out / kCellValues<T>;
  const auto enterTap = [&](int64_t vertical, int64_t horizontal, int64_t begin, int64_t end, const Panels& filters,
                            int64_t first) {
    const float* tap = reinterpret_cast<const float*>(filter + (vertical * g.horizontal.taps + horizontal) * in * out);
    for (int64_t channel = begin; channel < end; channel += kLanes) {
      for (int64_t cell = 0; cell < cells; cell += kLanes) {
        const int count = static_cast<int>(std::min<int64_t>(kLanes, cells - cell));
        Vec square[kLanes];
        for (int lane = 0; lane < kLanes; lane++)
          square[lane] =
              _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), tap + (channel + lane) * cells + cell);
        transpose(square);
        for (int row = 0; row < count; row++) store(filters.at(first + cell + row, channel), square[row]);
      }
    }
  };
  for (int64_t row = 0; row < g.vertical.stride; row++)
    for (int64_t column = 0; column < g.horizontal.stride; column++)
      convolvePhase(
          team,
          PhasePixels<T>{g.batch, out, in, backward(g.vertical, row), backward(g.horizontal, column), dy, nullptr, dx},
          enterTap);
}

template void directConvolve<float>(Team&, const WindowGeometry&, const float*, const float*, const ChannelStatistics&,
                                    float*);
template void directConvolve<bfloat16>(Team&, const WindowGeometry&, const bfloat16*, const bfloat16*,
                                       const ChannelStatistics&, bfloat16*);
template void directBackToInput<float>(Team&, const WindowGeometry&, const float*, const float*, float*);
template void directBackToInput<bfloat16>(Team&, const WindowGeometry&, const bfloat16*, const bfloat16*, bfloat16*);

}  // namespace sulcus

#pragma GCC pop_options
