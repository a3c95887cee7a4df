// Matrices packed into column panels, as BLIS packs B: what a micro-kernel reads lies contiguously.
#pragma once

#include <algorithm>

#include "gemm.h"

namespace sulcus {

/** Columns of a panel (NR of BLIS): four vectors. */
constexpr int kPanelColumns = 4 * kLanes;

inline int64_t numPanels(int64_t columns) { return (columns + kPanelColumns - 1) / kPanelColumns; }

/** Vectors of 16 columns in a panel: 4, or fewer in the last one. */
inline int panelVectors(int64_t columns, int64_t panel) {
  return static_cast<int>(std::min<int64_t>(kPanelColumns, columns - panel * kPanelColumns) / kLanes);
}

/** A matrix [rows, columns] packed into panels [rows, 64] that follow each other; columns are a multiple of 16. */
struct PackedPanels {
  float* data;
  int64_t rows, columns;

  float* at(int64_t row, int64_t column) const {
    const int64_t panel = column / kPanelColumns;
    return data + panel * kPanelColumns * rows + row * panelVectors(columns, panel) * kLanes + column % kPanelColumns;
  }
  /** One panel as the B of a product. */
  GemmB panel(int64_t number) const {
    return {data + number * kPanelColumns * rows, panelVectors(columns, number) * kLanes};
  }
};

}  // namespace sulcus
