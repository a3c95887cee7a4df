#include "winograd.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "gemm.h"
#include "scratchpad.h"
#include "winograd-tiles.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {
namespace {

/** What a chunk of tiles takes in the domain: about what the second-level cache of a core holds. */
constexpr int64_t kChunkFloats = 256 * 1024;
/** At least so many tiles go through a filter at a time, or the filter is fetched more often than it is worked with. */
constexpr int64_t kFewestTiles = 48;
/** Filters up to this size stay in every core's cache: threads share out the tiles then, else the output channels, if
 * there are enough. */
constexpr int64_t kSmallFilter = 128 * 128;

/** What filters, or the slopes at them, take in the domain at a time: a part of the third-level cache. */
constexpr int64_t kFilterFloats = 1200 * 1024;
/** So few tiles are entered into the domain once, and go through one part of the filters after the other. */
constexpr int64_t kFewTiles = 128;

/** Tiles of a chunk: a multiple of 12, as products take rows by 12 or 6. */
int64_t chunkTiles(int64_t channels, int64_t count) {
  const int64_t fitting = kChunkFloats / (kFrequencies * channels) / 12 * 12;
  return std::min(count, std::max(kFewestTiles, fitting));
}

/** How the slopes at filters are shared out: a thread takes some input and some output channels at a time. */
struct SlopeParts {
  int64_t in, out, inEach, outEach;
  int down, across;

  SlopeParts(const Team& team, int64_t in, int64_t out) : in(in), out(out) {
    const int64_t blocks = in / kLanes, share = (blocks + team.threads() - 1) / team.threads();
    // Output channels are parted only if there are fewer blocks of input channels than threads: each part enters all of
    // x anew.
    const int64_t wanted = std::max<int64_t>(1, team.threads() / blocks);
    outEach = std::min(out, (panels(out) + wanted - 1) / wanted * kPanel);
    const int64_t fitting = kFilterFloats / (kFrequencies * outEach * kLanes);
    inEach = std::max<int64_t>(1, std::min(share, fitting)) * kLanes;
    down = static_cast<int>((in + inEach - 1) / inEach);
    across = static_cast<int>((out + outEach - 1) / outEach);
  }
  int count() const { return down * across; }
  Range inputs(int part) const { return {part / across * inEach, std::min(in, (part / across + 1) * inEach)}; }
  Range outputs(int part) const { return {part % across * outEach, std::min(out, (part % across + 1) * outEach)}; }
};

/** Values that are zero, as many as the pixels outside an image need. */
template <class T>
const T* zeros(float* memory, int64_t channels) {
  std::memset(memory, 0, channels * sizeof(float));
  return reinterpret_cast<const T*>(memory);
}

/** A convolution of x with filters that `enter` brings into the domain, ROWS at a time; `g` is what the images look
 * like from here. */
template <int ROWS, class T, class Enter>
class Convolution {
 public:
  Convolution(Team& team, const Geometry& g, const T* x, const Enter& enter, const Finish& finish, T* y)
      : team_(team),
        tiles_(g),
        in_(g.inputChannels),
        out_(g.outputChannels),
        x_(x),
        enter_(enter),
        finish_(finish),
        y_(y) {}

  void run() {
    if (tiles_.count == 0) return;
    if (in_ * out_ <= kSmallFilter || panels(out_) < team_.threads())
      byTiles();
    else
      byChannels();
  }

 private:
  /** What a thread computes in. */
  struct Place {
    Domain entered, results;
  };

  size_t floatsOfPlace(int64_t rows, int64_t columns) const {
    return Scratch::roundUp(Domain::floats(rows, in_)) + Scratch::roundUp(Domain::floats(rows, columns));
  }
  Place takePlace(int64_t rows, int64_t columns) const {
    return {{scratch().take(Domain::floats(rows, in_)), rows, in_},
            {scratch().take(Domain::floats(rows, columns)), rows, columns}};
  }

  /** All filters first, then the threads take tiles. */
  void byTiles() {
    const int64_t rows = chunkTiles(in_ + out_, (tiles_.count + team_.threads() - 1) / team_.threads());
    scratch().reset(Scratch::roundUp(Domain::floats(in_, out_)) + Scratch::roundUp(in_) +
                    team_.threads() * floatsOfPlace(rows, out_));
    const PanelDomain filters{{scratch().take(Domain::floats(in_, out_)), in_, out_}};
    zeros_ = zeros<T>(scratch().take(in_), in_);
    std::vector<Place> places;
    for (int thread = 0; thread < team_.threads(); thread++) places.push_back(takePlace(rows, out_));
    team_.each(static_cast<int>(in_ / ROWS), [&](int row, int) { enter_(row * ROWS, Range{0, out_}, filters); });
    team_.each(static_cast<int>((tiles_.count + rows - 1) / rows), [&](int chunk, int thread) {
      const int64_t first = chunk * rows, count = std::min(rows, tiles_.count - first);
      enterTiles(first, count, places[thread].entered);
      multiply(first, count, {0, out_}, filters, places[thread]);
    });
  }

  /** Each thread takes output channels, with their filters: what one core wrote no other reads. They come in pieces
   * that stay in the third-level cache. */
  void byChannels() {
    const int64_t panelCount = panels(out_),
                  piecePanels = std::max<int64_t>(1, kFilterFloats / (kFrequencies * in_ * kPanel)),
                  columns = std::min(out_, piecePanels * kPanel);
    const int workers = team_.threads();
    const bool atOnce = tiles_.count <= kFewTiles;
    const int64_t rows = atOnce ? tiles_.count : chunkTiles(in_ + columns, tiles_.count);
    scratch().reset(Scratch::roundUp(in_) +
                    workers * (Scratch::roundUp(Domain::floats(in_, columns)) + floatsOfPlace(rows, columns)));
    zeros_ = zeros<T>(scratch().take(in_), in_);
    std::vector<float*> filterMemory;
    std::vector<Place> places;
    for (int worker = 0; worker < workers; worker++) {
      filterMemory.push_back(scratch().take(Domain::floats(in_, columns)));
      places.push_back(takePlace(rows, columns));
    }
    team_.each(workers, [&](int worker, int thread) {
      const int64_t last = panelCount * (worker + 1) / workers;
      if (atOnce) enterTiles(0, tiles_.count, places[thread].entered);
      for (int64_t panel = panelCount * worker / workers; panel < last; panel += piecePanels) {
        const Range part{panel * kPanel, std::min(out_, std::min(last, panel + piecePanels) * kPanel)};
        const PanelDomain filters{{filterMemory[thread], in_, part.size()}};
        Place place = places[thread];
        place.results.channels = part.size();
        for (int64_t row = 0; row < in_; row += ROWS) enter_(row, part, filters);
        for (int64_t first = 0; first < tiles_.count; first += rows) {
          const int64_t count = std::min(rows, tiles_.count - first);
          if (!atOnce) enterTiles(first, count, place.entered);
          multiply(first, count, part, filters, place);
        }
      }
    });
  }

  void enterTiles(int64_t first, int64_t count, const Domain& entered) const {
    for (int64_t row = 0; row < count; row++)
      enterTile<Entering::kPixels>(tiles_, x_, in_, first + row, zeros_, entered, row, Range{0, in_});
  }

  /** Tiles that are entered, by these filters, and out of the domain. */
  void multiply(int64_t first, int64_t count, Range part, const PanelDomain& filters, const Place& place) const {
    const auto& [entered, results] = place;
    for (int frequency = 0; frequency < kFrequencies; frequency++) {
      const Range having = tiles_.having(frequency, first, first + count);
      const int64_t row = having.begin - first;
      for (int64_t panel = 0; panel < panels(part.size()); panel++) {
        product<float>(static_cast<int>(having.size()), static_cast<int>(in_), panelVectors(part.size(), panel),
                       Left{entered.at(frequency, row, 0), in_, 1}, filters.panel(frequency, panel),
                       Result{results.at(frequency, row, panel * kPanel), part.size(), false});
      }
    }
    for (int64_t row = 0; row < count; row++) leaveTile(tiles_, results, row, first + row, y_, out_, part, finish_);
  }

  Team& team_;
  const Tiles tiles_;
  const int64_t in_, out_;
  const T* x_;
  const Enter& enter_;
  const Finish finish_;
  T* y_;
  const T* zeros_ = nullptr;
};

template <int ROWS, class T, class Enter>
void convolveWith(Team& team, const Geometry& g, const T* x, const Enter& enter, const Finish& finish, T* y) {
  Convolution<ROWS, T, Enter>(team, g, x, enter, finish, y).run();
}

}  // namespace

template <class T>
void convolve(Team& team, const Geometry& g, const T* x, const T* filter, const Finish& finish, T* y) {
  convolveWith<1>(
      team, g, x,
      [&](int64_t row, Range part, const PanelDomain& filters) { enterFilters(g, filter, row, part, filters); }, finish,
      y);
}

template <class T>
void convolveBackToInput(Team& team, const Geometry& g, const T* filter, const T* dy, T* dx) {
  const Geometry back{g.batch, g.height, g.width, g.outputChannels, g.inputChannels};
  convolveWith<kLanes>(
      team, back, dy,
      [&](int64_t row, Range part, const PanelDomain& filters) { enterTurnedFilters(g, filter, row, part, filters); },
      Finish(), dx);
}

template <class T>
void convolveBackToFilter(Team& team, const Geometry& g, const T* x, const T* dy, T* filterSlope) {
  const Tiles tiles(g);
  const int64_t in = g.inputChannels, out = g.outputChannels;
  if (tiles.count == 0) {
    std::memset(filterSlope, 0, kTaps * kTaps * in * out * sizeof(T));
    return;
  }
  const SlopeParts parts(team, in, out);
  const bool atOnce = tiles.count <= kFewTiles;
  const int64_t rows = atOnce ? tiles.count : chunkTiles(parts.inEach + parts.outEach, tiles.count);
  const int workers = std::min(parts.count(), team.threads());
  const size_t slopeFloats = Domain::floats(parts.inEach, parts.outEach), inFloats = Domain::floats(rows, parts.inEach),
               outFloats = Domain::floats(rows, parts.outEach), zeroFloats = std::max(in, out);
  scratch().reset(Scratch::roundUp(zeroFloats) +
                  workers * (Scratch::roundUp(slopeFloats) + Scratch::roundUp(inFloats) + Scratch::roundUp(outFloats)));
  const T* outside = zeros<T>(scratch().take(zeroFloats), zeroFloats);
  std::vector<std::array<float*, 3>> memory(workers);
  // Where the output channels begin whose slopes a thread has in the domain.
  std::vector<int64_t> kept(workers, -1);
  for (auto& [slopes, entered, results] : memory) {
    slopes = scratch().take(slopeFloats);
    entered = scratch().take(inFloats);
    results = scratch().take(outFloats);
  }
  team.each(parts.count(), [&](int part, int thread) {
    const Range inputs = parts.inputs(part), outputs = parts.outputs(part);
    const Domain slopes{memory[thread][0], inputs.size(), outputs.size()}, v{memory[thread][1], rows, inputs.size()};
    const PanelDomain m{{memory[thread][2], rows, outputs.size()}};
    for (int64_t first = 0; first < tiles.count; first += rows) {
      const int64_t count = std::min(rows, tiles.count - first);
      const bool known = atOnce && kept[thread] == outputs.begin;
      for (int64_t row = 0; row < count; row++) {
        enterTile<Entering::kPixels>(tiles, x, in, first + row, outside, v, row, inputs);
        if (!known) enterTile<Entering::kSlopes>(tiles, dy, out, first + row, outside, m, row, outputs);
      }
      kept[thread] = outputs.begin;
      for (int frequency = 0; frequency < kFrequencies; frequency++) {
        const Range having = tiles.having(frequency, first, first + count);
        const int64_t row = having.begin - first;
        for (int64_t panel = 0; panel < panels(outputs.size()); panel++) {
          const Right slopesAt = m.panel(frequency, panel);
          product<float>(static_cast<int>(inputs.size()), static_cast<int>(having.size()),
                         panelVectors(outputs.size(), panel), Left{v.at(frequency, row, 0), 1, inputs.size()},
                         {slopesAt.data + row * slopesAt.rowStep, slopesAt.rowStep},
                         Result{slopes.at(frequency, 0, panel * kPanel), outputs.size(), first > 0});
        }
      }
    }
    for (int64_t row = 0; row < inputs.size(); row++)
      leaveFilters(slopes, row, filterSlope + (inputs.begin + row) * out + outputs.begin, in * out);
  });
}

template void convolve<float>(Team&, const Geometry&, const float*, const float*, const Finish&, float*);
template void convolve<bfloat16>(Team&, const Geometry&, const bfloat16*, const bfloat16*, const Finish&, bfloat16*);
template void convolveBackToInput<float>(Team&, const Geometry&, const float*, const float*, float*);
template void convolveBackToInput<bfloat16>(Team&, const Geometry&, const bfloat16*, const bfloat16*, bfloat16*);
template void convolveBackToFilter<float>(Team&, const Geometry&, const float*, const float*, float*);
template void convolveBackToFilter<bfloat16>(Team&, const Geometry&, const bfloat16*, const bfloat16*, bfloat16*);

}  // namespace sulcus

#pragma GCC pop_options
