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

/** Steps in depth that a product takes at a time: their cells of a panel of columns stay in the first-level cache. */
constexpr int64_t kSteps = 80;
/** Sums of a part stay in the second-level cache of a core, with what is added to them. */
constexpr int64_t kPartSums = 128 * 1024;

/** With so many parts each it matters little that some threads take one more. */
constexpr int64_t kMostPartsEach = 16;

/** The matrix of slopes at a filter, [taps · in, out], cut into parts that threads take; none spans taps. */
struct Parts {
  int64_t taps, in, out, inEach, outEach, down, across;

  Parts(const Team& team, int64_t taps, int64_t in, int64_t out)
      : taps(taps), in(in), out(out), inEach(in), outEach(out) {
    cut();
    while (inEach * outEach > kPartSums ||
           (count() % team.threads() != 0 && count() < kMostPartsEach * team.threads())) {
      const bool divisible = inEach > kLanes || outEach > kPanel;
      if (!divisible) break;
      if (outEach > kPanel && (outEach >= inEach || inEach <= kLanes))
        outEach = (outEach / kPanel + 1) / 2 * kPanel;
      else
        inEach = (inEach / kLanes + 1) / 2 * kLanes;
      cut();
    }
  }
  int64_t count() const { return taps * down * across; }
  int64_t tap(int64_t part) const { return part / across / down; }
  int64_t firstIn(int64_t part) const { return part / across % down * inEach; }
  int64_t firstOut(int64_t part) const { return part % across * outEach; }
  int64_t ins(int64_t part) const { return std::min(inEach, in - firstIn(part)); }
  int64_t outs(int64_t part) const { return std::min(outEach, out - firstOut(part)); }

 private:
  void cut() {
    down = (in + inEach - 1) / inEach;
    across = (out + outEach - 1) / outEach;
  }
};

/** Goes through the pixels of y, row by row, with the pixel of x that lies under a tap. */
template <class T>
class Walk {
 public:
  Walk(const WindowGeometry& g, int64_t tap, const T* x, const T* zeros)
      : g_(g),
        x_(x),
        zeros_(zeros),
        down_(tap / g.horizontal.taps - g.vertical.before),
        across_(tap % g.horizontal.taps - g.horizontal.before) {
    enterRow();
  }

  /** @returns where the channels of the pixel under the tap are, and goes on to the next */
  const T* next() {
    const int64_t column = column_ * g_.horizontal.stride + across_;
    const T* pixel =
        row_ != nullptr && column >= 0 && column < g_.horizontal.input ? row_ + column * g_.inputChannels : zeros_;
    if (++column_ == g_.horizontal.output) {
      column_ = 0;
      line_++;
      enterRow();
    }
    return pixel;
  }

 private:
  void enterRow() {
    const int64_t row = line_ % g_.vertical.output * g_.vertical.stride + down_;
    row_ = row >= 0 && row < g_.vertical.input
               ? x_ + (line_ / g_.vertical.output * g_.vertical.input + row) * g_.horizontal.input * g_.inputChannels
               : nullptr;
  }

  const WindowGeometry& g_;
  const T *x_, *zeros_, *row_ = nullptr;
  const int64_t down_, across_;
  int64_t line_ = 0, column_ = 0;
};

/** Where the channels of a chunk's pixels are: of x under the tap, and of the slopes. */
template <class T>
struct Rows {
  int64_t steps;
  const T *under[kSteps * kCellValues<T>], *above[kSteps * kCellValues<T>];
};

/** Has these values brought into the second-level cache, while something else is computed. */
template <class T>
inline void prefetch(const T* from, int64_t count) {
  for (int64_t index = 0; index < count; index += 64 / static_cast<int64_t>(sizeof(T)))
    _mm_prefetch(reinterpret_cast<const char*>(from + index), _MM_HINT_T1);
}

/** Adds the product of a strip of 16 rows and a panel to the sums. */
template <class T>
void addStrip(int depth, int vectors, const float* strip, const Right& panel, const Result& sums) {
  const auto rows = [&](int from) { return Left{strip + from, 1, kLanes}; };
  switch (vectors) {
    case 1: return productBlock<T, 16, 1>(depth, rows(0), panel, sums);
    case 2:
      productBlock<T, 8, 2>(depth, rows(0), panel, sums);
      return productBlock<T, 8, 2>(depth, rows(8), panel, sums.from(8));
    case 3:
      productBlock<T, 8, 3>(depth, rows(0), panel, sums);
      return productBlock<T, 8, 3>(depth, rows(8), panel, sums.from(8));
    default:
      productBlock<T, 6, 4>(depth, rows(0), panel, sums);
      productBlock<T, 5, 4>(depth, rows(6), panel, sums.from(6));
      return productBlock<T, 5, 4>(depth, rows(11), panel, sums.from(11));
  }
}

/** Slopes at a filter: for every tap the product of the pixels under it, turned, and the slopes at y. */
template <class T>
class SlopeProduct {
 public:
  SlopeProduct(Team& team, const WindowGeometry& g, const T* x, const T* dy, T* filterSlope)
      : team_(team),
        g_(g),
        x_(x),
        dy_(dy),
        filterSlope_(filterSlope),
        pixels_(g.batch * g.vertical.output * g.horizontal.output),
        steps_((pixels_ + kValues - 1) / kValues),
        parts_(team, g.vertical.taps * g.horizontal.taps, g.inputChannels, g.outputChannels) {}

  void run() {
    if (pixels_ == 0) {
      std::memset(filterSlope_, 0, parts_.taps * parts_.in * parts_.out * sizeof(T));
      return;
    }
    const int workers = static_cast<int>(std::min<int64_t>(parts_.count(), team_.threads()));
    const int64_t sumFloats = parts_.inEach * parts_.outEach, stripFloats = kSteps * parts_.inEach,
                  panelFloats = kSteps * parts_.outEach, zeroFloats = std::max(parts_.in, parts_.out);
    scratch().reset(Scratch::roundUp(zeroFloats) +
                    workers *
                        (Scratch::roundUp(sumFloats) + Scratch::roundUp(stripFloats) + Scratch::roundUp(panelFloats)));
    float* cleared = scratch().take(zeroFloats);
    std::memset(cleared, 0, zeroFloats * sizeof(float));
    zeros_ = reinterpret_cast<const T*>(cleared);
    std::vector<Place> places;
    for (int worker = 0; worker < workers; worker++) {
      float *sums = scratch().take(sumFloats), *strips = scratch().take(stripFloats);
      places.push_back({sums, strips, scratch().take(panelFloats)});
    }
    team_.each(static_cast<int>(parts_.count()), [&](int part, int thread) { computePart(part, places[thread]); });
  }

 private:
  static constexpr int kValues = kCellValues<T>;

  /** What a thread computes in: sums in panels; a chunk's pixels of x in strips of 16 channels, and its slopes in
   * panels. */
  struct Place {
    float *sums, *strips, *panels;
  };

  void computePart(int64_t part, const Place& place) const {
    const int64_t ins = parts_.ins(part), outs = parts_.outs(part);
    Walk<T> walk(g_, parts_.tap(part), x_, zeros_);
    Rows<T> chunks[2];
    find(walk, part, 0, chunks[0]);
    for (int64_t first = 0; first < steps_; first += kSteps) {
      const Rows<T>& rows = chunks[first / kSteps % 2];
      Rows<T>& ahead = chunks[(first / kSteps + 1) % 2];
      find(walk, part, first + kSteps, ahead);
      for (int64_t step = 0; step < rows.steps; step++) {
        packStrips(rows.under + step * kValues, ins, place.strips, rows.steps, step);
        packRow(rows.above + step * kValues, 0, outs, Panels{place.panels, rows.steps, outs}, step);
      }
      addChunk(rows.steps, ins, outs, place, first > 0, ahead);
    }
    leave(part, Panels{place.sums, ins, outs});
  }

  /** Where the pixels of the chunk that begins with step `first` are; none behind the last. */
  void find(Walk<T>& walk, int64_t part, int64_t first, Rows<T>& rows) const {
    rows.steps = std::max<int64_t>(0, std::min(kSteps, steps_ - first));
    for (int64_t row = 0; row < rows.steps * kValues; row++) {
      const int64_t pixel = first * kValues + row;
      rows.under[row] = (pixel < pixels_ ? walk.next() : zeros_) + parts_.firstIn(part);
      rows.above[row] = (pixel < pixels_ ? dy_ + pixel * parts_.out : zeros_) + parts_.firstOut(part);
    }
  }

  /** Adds the product of a chunk, and has the next one brought near meanwhile. */
  void addChunk(int64_t depth, int64_t ins, int64_t outs, const Place& place, bool adds, const Rows<T>& ahead) const {
    const Panels slopes{place.panels, depth, outs}, sums{place.sums, ins, outs};
    const int64_t blocks = panels(outs) * (ins / kLanes), rowsAhead = ahead.steps * kValues;
    int64_t block = 0, fetched = 0;
    for (int64_t panel = 0; panel < panels(outs); panel++) {
      const int vectors = panelVectors(outs, panel);
      for (int64_t row = 0; row < ins; row += kLanes) {
        for (const int64_t until = rowsAhead * ++block / blocks; fetched < until; fetched++) {
          prefetch(ahead.under[fetched], ins);
          prefetch(ahead.above[fetched], outs);
        }
        addStrip<T>(static_cast<int>(depth), vectors, place.strips + row * depth, slopes.panel(panel),
                    {sums.at(row, panel * kPanel), vectors * kLanes, adds});
      }
    }
  }

  void leave(int64_t part, const Panels& sums) const {
    T* target =
        filterSlope_ + (parts_.tap(part) * parts_.in + parts_.firstIn(part)) * parts_.out + parts_.firstOut(part);
    for (int64_t row = 0; row < sums.rows; row++)
      for (int64_t column = 0; column < sums.columns; column += kLanes)
        store(target + row * parts_.out + column, load(sums.at(row, column)));
  }

  Team& team_;
  const WindowGeometry& g_;
  const T *x_, *dy_;
  T* filterSlope_;
  const int64_t pixels_, steps_;
  const Parts parts_;
  const T* zeros_ = nullptr;
};

}  // namespace

template <class T>
void directBackToFilter(Team& team, const WindowGeometry& g, const T* x, const T* dy, T* filterSlope) {
  SlopeProduct<T>(team, g, x, dy, filterSlope).run();
}

template void directBackToFilter<float>(Team&, const WindowGeometry&, const float*, const float*, float*);
template void directBackToFilter<bfloat16>(Team&, const WindowGeometry&, const bfloat16*, const bfloat16*, bfloat16*);

}  // namespace sulcus

#pragma GCC pop_options
