// Matrices cut into panels of at most 64 columns that lie one after the other: what a product runs through lies
// together.
#pragma once

#include <algorithm>

#include "gemm.h"

namespace sulcus {

/** Columns of a panel: four vectors. */
constexpr int kPanel = 4 * kLanes;

inline int64_t panels(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

/** The vectors of 16 columns in a panel. */
inline int panelVectors(int64_t columns, int64_t panel) {
  return static_cast<int>(std::min<int64_t>(kPanel, columns - panel * kPanel) / kLanes);
}

/** A matrix [rows, columns] in panels; columns are a multiple of 16. */
struct Panels {
  float* data;
  int64_t rows, columns;

  float* at(int64_t row, int64_t column) const {
    const int64_t number = column / kPanel;
    return data + number * kPanel * rows + row * panelVectors(columns, number) * kLanes + column % kPanel;
  }
  Right panel(int64_t number) const { return {data + number * kPanel * rows, panelVectors(columns, number) * kLanes}; }
};

}  // namespace sulcus
