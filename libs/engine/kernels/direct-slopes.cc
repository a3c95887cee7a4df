#include "direct.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "cells.h"
#include "panels.h"
#include "scratch.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {
namespace {

/** Steps in depth that a product takes at a time: their cells of a panel of columns stay in the first-level cache. */
constexpr int64_t kSteps = 80;
/** Sums of a part stay in the second-level cache of a core, with what is added to them. */
constexpr int64_t kPartSums = 128 * 1024;

/** The matrix of slopes at a filter, [taps · in, out], cut into parts that threads take; none spans taps. */
struct Parts {
  int64_t taps, in, out, inEach, outEach, down, across;

  Parts(const Team& team, int64_t taps, int64_t in, int64_t out) : taps(taps), in(in), out(out), inEach(in), outEach(out) {
    cut();
    while (inEach * outEach > kPartSums || count() % team.threads() != 0) {
      const bool divisible = inEach > kLanes || outEach > kPanel;
      if (!divisible) break;
      if (outEach > kPanel && (outEach >= inEach || inEach <= kLanes)) outEach = (outEach / kPanel + 1) / 2 * kPanel;
      else inEach = (inEach / kLanes + 1) / 2 * kLanes;
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
  Walk(const WindowGeometry& g, int64_t tap, const T* x, const T* zeros) : g_(g), x_(x), zeros_(zeros), down_(tap / g.horizontal.taps - g.vertical.before), across_(tap % g.horizontal.taps - g.horizontal.before) { enterRow(); }

  /** @returns where the channels of the pixel under the tap are, and goes on to the next */
  const T* next() {
    const int64_t column = column_ * g_.horizontal.stride + across_;
    const T* pixel = row_ != nullptr && column >= 0 && column < g_.horizontal.input ? row_ + column * g_.inputChannels : zeros_;
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
    row_ = row >= 0 && row < g_.vertical.input ? x_ + (line_ / g_.vertical.output * g_.vertical.input + row) * g_.horizontal.input * g_.inputChannels : nullptr;
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
  for (int64_t index = 0; index < count; index += 64 / static_cast<int64_t>(sizeof(T))) _mm_prefetch(reinterpret_cast<const char*>(from + index), _MM_HINT_T1);
}

/** Adds the product of a strip of 16 rows and a panel to the sums. */
template <class T>
void addStrip(int depth, int vectors, const float* strip, const Right& panel, const Result& sums) {
  const auto rows = [&](int from) { return Left{strip + from, 1, kLanes}; };
  switch (vectors) {
    case 1:
      return productBlock<T, 16, 1>(depth, rows(0), panel, sums);
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

}  // namespace

template <class T>
void directBackToFilter(Team& team, const WindowGeometry& g, const T* x, const T* dy, T* filterSlope) {
  constexpr int kValues = kCellValues<T>;
  const int64_t in = g.inputChannels, out = g.outputChannels;
  const int64_t pixels = g.batch * g.vertical.output * g.horizontal.output, steps = (pixels + kValues - 1) / kValues;
  const Parts parts(team, g.vertical.taps * g.horizontal.taps, in, out);
  if (pixels == 0) {
    std::memset(filterSlope, 0, parts.taps * in * out * sizeof(T));
    return;
  }
  const int workers = static_cast<int>(std::min<int64_t>(parts.count(), team.threads()));
  const int64_t sumFloats = parts.inEach * parts.outEach, inFloats = kSteps * parts.inEach, outFloats = kSteps * parts.outEach, zeroFloats = std::max(in, out);
  scratch().reset(Scratch::roundUp(zeroFloats) + workers * (Scratch::roundUp(sumFloats) + Scratch::roundUp(inFloats) + Scratch::roundUp(outFloats)));
  float* cleared = scratch().take(zeroFloats);
  std::memset(cleared, 0, zeroFloats * sizeof(float));
  const T* zeros = reinterpret_cast<const T*>(cleared);
  std::vector<std::array<float*, 3>> memory(workers);
  for (auto& [sums, strips, panelled] : memory) {
    sums = scratch().take(sumFloats);
    strips = scratch().take(inFloats);
    panelled = scratch().take(outFloats);
  }
  team.each(static_cast<int>(parts.count()), [&](int part, int thread) {
    const auto [sums, strips, panelled] = memory[thread];
    const int64_t firstIn = parts.firstIn(part), firstOut = parts.firstOut(part), ins = parts.ins(part), outs = parts.outs(part);
    Walk<T> walk(g, parts.tap(part), x, zeros);
    Rows<T> chunks[2];
    const auto find = [&](int64_t first, Rows<T>& rows) {
      rows.steps = std::max<int64_t>(0, std::min(kSteps, steps - first));
      for (int64_t row = 0; row < rows.steps * kValues; row++) {
        const int64_t pixel = first * kValues + row;
        rows.under[row] = (pixel < pixels ? walk.next() : zeros) + firstIn;
        rows.above[row] = (pixel < pixels ? dy + pixel * out : zeros) + firstOut;
      }
    };
    const int64_t whole = outs / kPanel * kPanel, rest = outs - whole;
    find(0, chunks[0]);
    for (int64_t first = 0; first < steps; first += kSteps) {
      const Rows<T>& rows = chunks[first / kSteps % 2];
      Rows<T>& ahead = chunks[(first / kSteps + 1) % 2];
      find(first + kSteps, ahead);
      const int64_t depth = rows.steps;
      for (int64_t step = 0; step < depth; step++) {
        packStep<kLanes>(rows.under + step * kValues, ins, strips + step * kLanes, depth * kLanes);
        packStep<kPanel>(rows.above + step * kValues, whole, panelled + step * kPanel, depth * kPanel);
        if (rest > 0) {
          const T* last[kValues];
          for (int value = 0; value < kValues; value++) last[value] = rows.above[step * kValues + value] + whole;
          packStep<kPanel>(last, rest, panelled + depth * whole + step * rest, 0);
        }
      }
      const int64_t blocks = panels(outs) * (ins / kLanes), rowsAhead = ahead.steps * kValues;
      int64_t block = 0, fetched = 0;
      for (int64_t panel = 0; panel < panels(outs); panel++) {
        const int vectors = panelVectors(outs, panel);
        const Right right{panelled + panel * kPanel * depth, vectors * kLanes};
        for (int64_t row = 0; row < ins; row += kLanes) {
          for (const int64_t until = rowsAhead * ++block / blocks; fetched < until; fetched++) {
            prefetch(ahead.under[fetched], ins);
            prefetch(ahead.above[fetched], outs);
          }
          addStrip<T>(static_cast<int>(depth), vectors, strips + row * depth, right, {sums + panel * kPanel * ins + row * vectors * kLanes, vectors * kLanes, first > 0});
        }
      }
    }
    T* target = filterSlope + (parts.tap(part) * in + firstIn) * out + firstOut;
    const Panels matrix{sums, ins, outs};
    for (int64_t row = 0; row < ins; row++)
      for (int64_t column = 0; column < outs; column += kLanes) store(target + row * out + column, load(matrix.at(row, column)));
  });
}

template void directBackToFilter<float>(Team&, const WindowGeometry&, const float*, const float*, float*);
template void directBackToFilter<bfloat16>(Team&, const WindowGeometry&, const bfloat16*, const bfloat16*, bfloat16*);

}  // namespace sulcus

#pragma GCC pop_options
