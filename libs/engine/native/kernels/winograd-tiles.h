// Tiles of images, and their way into Winograd's domain and out of it.
#pragma once

#include <algorithm>
#include <type_traits>

#include "packed-panels.h"
#include "winograd-transforms-2d.h"
#include "winograd.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/** A tile is 4 × 4 results; they depend on 6 × 6 values, one more on each side. */
constexpr int kTile = 4;
constexpr int kTaps = 3;

/** Channels, or a part of them, from `begin` on. */
struct Range {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

/** Tiles along one axis: the last may have fewer results. */
struct TileAxis {
  int64_t whole;
  /** Results of the last tile, 2 or 3; 0 if it is a whole one. Of 2 one may lie outside the image. */
  int edge;

  explicit TileAxis(int64_t size) : whole(size / kTile), edge(size % kTile == 1 ? 2 : static_cast<int>(size % kTile)) {}
  int64_t edges() const { return edge == 0 ? 0 : 1; }
  bool hasPoint(int point) const { return edge == 0 || sulcus::hasPoint(edge, point); }
};

/**
 * Tiles of a batch of images. They are counted by kind, so that those that have values at a frequency follow one
 * another: those at the right edge, whole ones, those at the lower edge, and those in the corner.
 */
struct Tiles {
  int64_t batch, height, width;
  TileAxis down, across;
  int64_t right, whole, lower, count;

  explicit Tiles(const Geometry& g)
      : batch(g.batch),
        height(g.height),
        width(g.width),
        down(g.height),
        across(g.width),
        right(batch * down.whole * across.edges()),
        whole(batch * down.whole * across.whole),
        lower(batch * down.edges() * across.whole),
        count(right + whole + lower + batch * down.edges() * across.edges()) {}

  struct Place {
    int64_t image, top, left;
    /** Results of the tile. */
    int down, across;
  };
  Place place(int64_t tile) const {
    const auto at = [&](int64_t number, int64_t rows, int64_t columns, bool isLower, bool isRight) {
      const int64_t row = isLower ? down.whole : number / columns % rows,
                    column = isRight ? across.whole : number % columns;
      return Place{number / (rows * columns), row * kTile, column * kTile, isLower ? down.edge : kTile,
                   isRight ? across.edge : kTile};
    };
    if (tile < right) return at(tile, down.whole, 1, false, true);
    if (tile < right + whole) return at(tile - right, down.whole, across.whole, false, false);
    if (tile < right + whole + lower) return at(tile - right - whole, 1, across.whole, true, false);
    return at(tile - right - whole - lower, 1, 1, true, true);
  }

  /** Those of the tiles `from` to `to` that have values at a frequency. */
  Range having(int frequency, int64_t from, int64_t to) const {
    const bool isDown = down.hasPoint(frequency / kPoints), isAcross = across.hasPoint(frequency % kPoints);
    const int64_t begin = isAcross ? 0 : right, end = !isDown    ? right + whole
                                                      : isAcross ? count
                                                                 : right + whole + lower;
    return {std::max(from, begin), std::max(std::max(from, begin), std::min(to, end))};
  }
};

/** Calls `call` with the results of a tile along both axes as constants. */
template <class Call>
inline void withSize(const Tiles::Place& place, const Call& call) {
  const auto withAcross = [&](auto down) {
    switch (place.across) {
      case 2: return call(down, std::integral_constant<int, 2>());
      case 3: return call(down, std::integral_constant<int, 3>());
      default: return call(down, std::integral_constant<int, 4>());
    }
  };
  switch (place.down) {
    case 2: return withAcross(std::integral_constant<int, 2>());
    case 3: return withAcross(std::integral_constant<int, 3>());
    default: return withAcross(std::integral_constant<int, 4>());
  }
}

/** Values in the domain: for each of the 36 frequencies a matrix of rows of channels. */
struct Domain {
  float* data;
  int64_t rows, channels;
  /** A line more than the matrix: else the 36 values of a channel fall into the same set of the cache. */
  int64_t step() const { return rows * channels + kLanes; }
  static size_t floats(int64_t rows, int64_t channels) { return kFrequencies * (rows * channels + kLanes); }
  float* at(int frequency, int64_t row, int64_t channel) const {
    return data + frequency * step() + row * channels + channel;
  }
};

/** As `Domain`, each matrix in panels. */
struct PanelDomain {
  Domain domain;
  Panels matrix(int frequency) const { return {domain.at(frequency, 0, 0), domain.rows, domain.channels}; }
  float* at(int frequency, int64_t row, int64_t channel) const { return matrix(frequency).at(row, channel); }
  Right panel(int frequency, int64_t number) const { return matrix(frequency).panel(number); }
};

/** Where the pixels of a part of an image begin; those outside the image are zeros. */
template <int ROWS, int COLUMNS, class T>
struct Pixels {
  const T* begin[ROWS][COLUMNS];

  Pixels(const Tiles& tiles, const T* images, int64_t channels, const Tiles::Place& place, int64_t border,
         const T* zeros) {
    for (int row = 0; row < ROWS; row++) {
      for (int column = 0; column < COLUMNS; column++) {
        const int64_t y = place.top + row - border, x = place.left + column - border;
        const bool inside = y >= 0 && y < tiles.height && x >= 0 && x < tiles.width;
        begin[row][column] = inside ? images + ((place.image * tiles.height + y) * tiles.width + x) * channels : zeros;
      }
    }
  }
};

/** What a tile brings into the domain: pixels of the input, one more on each side than it has results, or slopes at
 * those. */
enum class Entering { kPixels, kSlopes };

/** Transforms what belongs to a tile, for these channels, into one row of the domain. */
template <Entering WHAT, class T, class Target>
void enterTile(const Tiles& tiles, const T* images, int64_t channels, int64_t tile, const T* outside,
               const Target& target, int64_t row, Range part) {
  constexpr int kBorder = WHAT == Entering::kPixels ? 1 : 0;
  const int64_t step = target.at(1, 0, 0) - target.at(0, 0, 0);
  const auto place = tiles.place(tile);
  withSize(place, [&](auto down, auto across) {
    const Pixels<down + 2 * kBorder, across + 2 * kBorder, T> pixels(tiles, images, channels, place, kBorder, outside);
    for (int64_t channel = 0; channel < part.size(); channel += kLanes) {
      float* to = target.at(0, row, channel);
      const auto read = [&](int i, int j) { return load(pixels.begin[i][j] + part.begin + channel); };
      const auto write = [&](int i, int j, Vec value) { store(to + (i * kPoints + j) * step, value); };
      if constexpr (WHAT == Entering::kSlopes)
        enterSlopes<down, across>(read, write);
      else if constexpr (down == kTile && across == kTile)
        enterBothAxes(read, write);
      else
        enterEdge<down, across>(read, write);
    }
  });
}

/** Transforms one row of the domain into the pixels of a tile, which get these of their channels, finished. */
template <class T>
void leaveTile(const Tiles& tiles, const Domain& results, int64_t row, int64_t tile, T* images, int64_t channels,
               Range part, const Finish& finish) {
  const auto place = tiles.place(tile);
  const int64_t rowsLeft = tiles.height - place.top, columnsLeft = tiles.width - place.left;
  T* first = images + ((place.image * tiles.height + place.top) * tiles.width + place.left) * channels + part.begin;
  withSize(place, [&](auto down, auto across) {
    for (int64_t channel = 0; channel < part.size(); channel += kLanes) {
      const float* from = results.at(0, row, channel);
      const Vec bias = finish.bias == nullptr ? zero() : load(finish.bias + part.begin + channel);
      const auto read = [&](int i, int j) { return load(from + (i * kPoints + j) * results.step()); };
      leaveBothAxes<down, across>(read, [&](int i, int j, Vec value) {
        if (i >= rowsLeft || j >= columnsLeft) return;
        const Vec biased = value + bias;
        store(first + (i * tiles.width + j) * channels + channel, finish.rectified ? positivePart(biased) : biased);
      });
    }
  });
}

/** One row of filters into the domain: what an input channel adds to these output channels. */
template <class T>
void enterFilters(const Geometry& g, const T* filter, int64_t row, Range part, const PanelDomain& target) {
  for (int64_t channel = 0; channel < part.size(); channel += kLanes) {
    const T* from = filter + row * g.outputChannels + part.begin + channel;
    bothAxes<kTaps, kPoints>(
        [](const Vec(&g)[3], Vec(&t)[6]) { enterFilter(g, t); },
        [&](int i, int j) { return load(from + (i * kTaps + j) * g.inputChannels * g.outputChannels); },
        [&](int i, int j, Vec value) { store(target.at(i * kPoints + j, row, channel), value); });
  }
}

/**
 * Sixteen rows of filters turned by half a turn and with their channels exchanged, with which slopes go back: what the
 * output channels from `row` on add to these input channels.
 */
template <class T>
void enterTurnedFilters(const Geometry& g, const T* filter, int64_t row, Range part, const PanelDomain& target) {
  for (int64_t channel = 0; channel < part.size(); channel += kLanes) {
    Vec taps[kTaps][kTaps][kLanes];
    for (int i = 0; i < kTaps; i++) {
      for (int j = 0; j < kTaps; j++) {
        Vec(&square)[kLanes] = taps[kTaps - 1 - i][kTaps - 1 - j];
        for (int lane = 0; lane < kLanes; lane++)
          square[lane] =
              load(filter + ((i * kTaps + j) * g.inputChannels + part.begin + channel + lane) * g.outputChannels + row);
        transpose(square);
      }
    }
    for (int lane = 0; lane < kLanes; lane++) {
      bothAxes<kTaps, kPoints>(
          [](const Vec(&g)[3], Vec(&t)[6]) { enterFilter(g, t); }, [&](int i, int j) { return taps[i][j][lane]; },
          [&](int i, int j, Vec value) { store(target.at(i * kPoints + j, row + lane, channel), value); });
    }
  }
}

/** One row of filters out of the domain; `tap` is how far the taps of a filter lie from each other. */
template <class T>
void leaveFilters(const Domain& slopes, int64_t row, T* filters, int64_t tap) {
  for (int64_t channel = 0; channel < slopes.channels; channel += kLanes) {
    const float* from = slopes.at(0, row, channel);
    bothAxes<kPoints, kTaps>([](const Vec(&m)[6], Vec(&y)[3]) { leave(m, y); },
                             [&](int i, int j) { return load(from + (i * kPoints + j) * slopes.step()); },
                             [&](int i, int j, Vec value) { store(filters + (i * kTaps + j) * tap + channel, value); });
  }
}

}  // namespace sulcus

#pragma GCC pop_options
