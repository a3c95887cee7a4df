// The custom ops. Activations are [batch, height, width, channel] (NHWC), filters [height, width, in, out] (HWIO), and
// channels are multiples of 16. Each op has one type T, float or bfloat16.
#pragma once

#include <string>
#include <vector>

namespace sulcus {

struct OpRegistration;

/** Convolutions by implicit GEMM, of any kernel size and stride. */
std::vector<OpRegistration> implicitGemmOps();

/** Convolutions by Winograd's minimal filtering: kernels of 3 × 3, strides 1, padding SAME. */
std::vector<OpRegistration> winogradOps();

/** Batch norms of training, with what surrounds them. */
std::vector<OpRegistration> batchNormOps();

/** Sums in fixed point, of what the shards of a training step contribute. */
std::vector<OpRegistration> fixedPointOps();

/**
 * Registers all ops, once in a process, after libtensorflow is loaded and before a graph that uses them.
 *
 * @returns the types T that this processor computes in, by TypeScript's names; empty: nothing was registered
 */
std::vector<std::string> registerOps();

}  // namespace sulcus
