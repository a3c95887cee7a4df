// Tiles of images, and their way into Winograd's domain and out of it.
#pragma once

#include "panels.h"
#include "winograd-transforms.h"
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

/** Tiles of a batch of images, counted row by row. */
struct Tiles {
  int64_t batch, height, width, down, across, count;

  explicit Tiles(const Geometry& g) : batch(g.batch), height(g.height), width(g.width), down((g.height + kTile - 1) / kTile), across((g.width + kTile - 1) / kTile), count(batch * down * across) {}

  struct Place {
    int64_t image, top, left;
  };
  Place place(int64_t tile) const { return {tile / (down * across), tile / across % down * kTile, tile % across * kTile}; }
};

/** Values in the domain: for each of the 36 frequencies a matrix of rows of channels. */
struct Domain {
  float* data;
  int64_t rows, channels;
  /** A line more than the matrix: else the 36 values of a channel fall into the same set of the cache. */
  int64_t step() const { return rows * channels + kLanes; }
  static size_t floats(int64_t rows, int64_t channels) { return kFrequencies * (rows * channels + kLanes); }
  float* at(int frequency, int64_t row, int64_t channel) const { return data + frequency * step() + row * channels + channel; }
};

/** As `Domain`, each matrix in panels. */
struct PanelDomain {
  Domain domain;
  Panels matrix(int frequency) const { return {domain.at(frequency, 0, 0), domain.rows, domain.channels}; }
  float* at(int frequency, int64_t row, int64_t channel) const { return matrix(frequency).at(row, channel); }
  Right panel(int frequency, int64_t number) const { return matrix(frequency).panel(number); }
};

/** Where the pixels of a square of an image begin; those outside the image are zeros. */
template <int SIDE, class T>
struct Pixels {
  const T* begin[SIDE][SIDE];

  Pixels(const Tiles& tiles, const T* images, int64_t channels, const Tiles::Place& place, int64_t border, const T* zeros) {
    for (int row = 0; row < SIDE; row++) {
      for (int column = 0; column < SIDE; column++) {
        const int64_t y = place.top + row - border, x = place.left + column - border;
        const bool inside = y >= 0 && y < tiles.height && x >= 0 && x < tiles.width;
        begin[row][column] = inside ? images + ((place.image * tiles.height + y) * tiles.width + x) * channels : zeros;
      }
    }
  }
};

/** Transforms the square of SIDE × SIDE pixels that belongs to a tile, for these channels, into one row of the domain: six by six pixels of the input, or the four by four slopes at a tile. */
template <int SIDE, class T, class Target>
void enterTile(const Tiles& tiles, const T* images, int64_t channels, int64_t tile, int64_t border, const T* outside, const Target& target, int64_t row, Range part) {
  const Pixels<SIDE, T> pixels(tiles, images, channels, tiles.place(tile), border, outside);
  const int64_t step = target.at(1, 0, 0) - target.at(0, 0, 0);
  for (int64_t channel = 0; channel < part.size(); channel += kLanes) {
    float* to = target.at(0, row, channel);
    const auto read = [&](int i, int j) { return load(pixels.begin[i][j] + part.begin + channel); };
    const auto write = [&](int i, int j, Vec value) { store(to + (i * kPoints + j) * step, value); };
    if constexpr (SIDE == kPoints) enterBothAxes(read, write);
    else bothAxes<SIDE, kPoints>([](const Vec(&d)[SIDE], Vec(&t)[kPoints]) { enterFilter(d, t); }, read, write);
  }
}

/** Transforms one row of the domain into the 4 × 4 pixels of a tile, which get these of their channels, finished. */
template <class T>
void leaveTile(const Tiles& tiles, const Domain& results, int64_t row, int64_t tile, T* images, int64_t channels, Range part, const Finish& finish) {
  const auto place = tiles.place(tile);
  const int64_t rowsLeft = tiles.height - place.top, columnsLeft = tiles.width - place.left;
  T* first = images + ((place.image * tiles.height + place.top) * tiles.width + place.left) * channels + part.begin;
  for (int64_t channel = 0; channel < part.size(); channel += kLanes) {
    const float* from = results.at(0, row, channel);
    const Vec bias = finish.bias == nullptr ? zero() : load(finish.bias + part.begin + channel);
    bothAxes<kPoints, kTile>(
        [](const Vec(&m)[6], Vec(&y)[4]) { leave(m, y); }, [&](int i, int j) { return load(from + (i * kPoints + j) * results.step()); },
        [&](int i, int j, Vec value) {
          if (i >= rowsLeft || j >= columnsLeft) return;
          const Vec biased = value + bias;
          store(first + (i * tiles.width + j) * channels + channel, finish.rectified ? positivePart(biased) : biased);
        });
  }
}

/** One row of filters into the domain: what an input channel adds to these output channels. */
template <class T>
void enterFilters(const Geometry& g, const T* filter, int64_t row, Range part, const PanelDomain& target) {
  for (int64_t channel = 0; channel < part.size(); channel += kLanes) {
    const T* from = filter + row * g.outputChannels + part.begin + channel;
    bothAxes<kTaps, kPoints>(
        [](const Vec(&g)[3], Vec(&t)[6]) { enterFilter(g, t); }, [&](int i, int j) { return load(from + (i * kTaps + j) * g.inputChannels * g.outputChannels); },
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
        for (int lane = 0; lane < kLanes; lane++) square[lane] = load(filter + ((i * kTaps + j) * g.inputChannels + part.begin + channel + lane) * g.outputChannels + row);
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
    bothAxes<kPoints, kTaps>(
        [](const Vec(&m)[6], Vec(&y)[3]) { leave(m, y); }, [&](int i, int j) { return load(from + (i * kPoints + j) * slopes.step()); },
        [&](int i, int j, Vec value) { store(filters + (i * kTaps + j) * tap + channel, value); });
  }
}

}  // namespace sulcus

#pragma GCC pop_options
