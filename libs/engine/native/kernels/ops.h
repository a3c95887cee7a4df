// The kernels as operations of TensorFlow. Images are [batch, height, width, channels]; each operation has one type T.
#pragma once

#include <string>
#include <vector>

namespace sulcus {

struct Operation;

/** Convolutions of 3 × 3 taps, strides 1, padding SAME, channels in and out multiples of 16; filters are [3, 3, in,
 * out]. */
std::vector<Operation> winogradOperations();

/**
 * Convolutions of any taps and strides, channels in and out multiples of 16; filters are [height, width, in, out].
 * Attributes, each [vertical, horizontal]: `strides`; `before`, the zeros before the image; the `size` of the result or
 * of the image, or the filter's `taps`, whatever the inputs do not tell.
 */
std::vector<Operation> directOperations();

/** Batch norms of training with what surrounds them; channels are multiples of 16. */
std::vector<Operation> batchNormOperations();

/**
 * Registers all operations, once in a process, after libtensorflow is loaded and before a graph that uses them.
 *
 * @returns the types T that this processor computes in, by TypeScript's names; empty: nothing was registered
 */
std::vector<std::string> registerOperations();

}  // namespace sulcus
