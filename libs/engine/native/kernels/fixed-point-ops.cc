#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "ops.h"
#include "tensorflow-c-api.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")

namespace sulcus {
namespace {

/** 2^40 units make 1: sums of fixed-point numbers have a resolution of 1e-12. */
constexpr float kUnits = 1099511627776.0f;

/** Sums stay below 2^23, or 2^63 units. */
constexpr float kSumLimit = 8388608.0f;

/** Elements that one thread sums at a time. */
constexpr int64_t kChunk = 1 << 12;

/** Inputs that are converted together before they are added up: a chunk of their sums stays in the cache. */
bool sumChunk(const std::vector<const float*>& x, int64_t begin, int64_t end, float limit, float* sum) {
  int64_t units[kChunk];
  const int64_t count = end - begin;
  int inside = 1;
  for (size_t input = 0; input < x.size(); input++) {
    const float* values = x[input] + begin;
    for (int64_t i = 0; i < count; i++) {
      // False for NaN too.
      const bool fits = std::fabs(values[i]) < limit;
      inside &= fits;
      const int64_t converted = static_cast<int64_t>((fits ? values[i] : 0.0f) * kUnits);
      units[i] = (input == 0 ? 0 : units[i]) + converted;
    }
  }
  for (int64_t i = 0; i < count; i++) sum[begin + i] = static_cast<float>(units[i]) * (1.0f / kUnits);
  return inside != 0;
}

/**
 * SulcusFixedPointSum(x[N]) → the sum of all x in fixed point, rounded to float32, and a scalar that is 0, or NaN where
 * an element is not finite or so large that the sum might not fit. Integers are added, so the order of x changes
 * nothing.
 */
struct FixedPointSum {
  explicit FixedPointSum(const KernelConstruction&) {}

  template <class T>
  void compute(const KernelContext& context) const {
    std::vector<TensorPtr> tensors;
    std::vector<const float*> x;
    for (int index = 0; index < context.numInputs(); index++) {
      tensors.push_back(context.input(index));
      if (dimsOf(tensors.back()) != dimsOf(tensors.front())) throw KernelError("what is summed must have one shape");
      x.push_back(dataOf<float>(tensors.back()));
    }
    const auto dims = dimsOf(tensors.front());
    int64_t count = 1;
    for (const int64_t size : dims) count *= size;
    const auto sum = context.allocateOutput<float>(0, dims), check = context.allocateOutput<float>(1, {});
    const float limit = kSumLimit / static_cast<float>(x.size());
    std::atomic<bool> inside{true};
    threadPool().parallelFor(static_cast<int>((count + kChunk - 1) / kChunk), [&](int chunk, int) {
      const int64_t begin = chunk * kChunk;
      if (!sumChunk(x, begin, std::min(begin + kChunk, count), limit, dataOf<float>(sum))) inside = false;
    });
    dataOf<float>(check)[0] = inside ? 0.0f : std::numeric_limits<float>::quiet_NaN();
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const ShapeContext shapes(context, status);
    shapes.setOutput(0, shapes.input(0));
    shapes.setOutput(1, shapes.scalar());
  }
};

}  // namespace

std::vector<OpRegistration> fixedPointOps() {
  return {registration<FixedPointSum, float>("SulcusFixedPointSum", {"N: int >= 1"}, {"x: N * T"},
                                             {"sum: T", "check: float"}, FixedPointSum::shape)};
}

}  // namespace sulcus

#pragma GCC pop_options
