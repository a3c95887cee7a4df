#include "batch-norm.h"
#include "ops.h"
#include "tensorflow-c-api.h"

namespace sulcus {
namespace {

/** @throws KernelError when the last axis is not whole vectors */
MatrixShape matrixShapeOf(const Dims& activations) {
  if (activations.size() != 4 || activations[3] % kLanes != 0)
    throw KernelError("activations must have the axes [batch, height, width, channel], with a multiple of 16 channels");
  return {activations[0] * activations[1] * activations[2], activations[3]};
}

/** @throws KernelError when a parameter is not [channel] */
const float* parameter(const TensorPtr& tensor, const MatrixShape& shape) {
  if (dimsOf(tensor) != Dims{shape.channels}) throw KernelError("a parameter must have one value per channel");
  return dataOf<float>(tensor);
}

void checkSameShape(const TensorPtr& tensor, const Dims& dims) {
  if (dimsOf(tensor) != dims) throw KernelError("activations of one op must have the same shape");
}

/**
 * SulcusFusedBatchNorm(x, scale, offset, running mean, running variance, side input, moments) → y, new running mean and
 * variance, batch mean and variance. The side input may be left out, and so may the moments of x.
 */
struct FusedBatchNorm {
  explicit FusedBatchNorm(const KernelConstruction& construction)
      : epsilon(construction.getFloat("epsilon")),
        averageFactor(construction.getFloat("exponential_avg_factor")),
        fusedRelu(construction.getBool("fused_relu")),
        numSideInputs(construction.getInt("num_side_inputs")),
        numMoments(construction.getInt("num_moments")) {
    if (numSideInputs > (fusedRelu ? 1 : 0))
      throw KernelError("a batch norm takes at most one side input, and that only with the ReLU fused");
    if (numMoments != 0 && numMoments != 2) throw KernelError("a batch norm takes two moments or none");
  }
  const float epsilon, averageFactor;
  const bool fusedRelu;
  const int64_t numSideInputs, numMoments;

  template <class T>
  void compute(const KernelContext& context) const {
    const auto x = context.input(0), scale = context.input(1), offset = context.input(2), oldMean = context.input(3),
               oldVariance = context.input(4);
    const auto xDims = dimsOf(x);
    const MatrixShape shape = matrixShapeOf(xDims);
    // Elementwise, so y may take the buffer of the side input.
    const auto y =
        numSideInputs == 0 ? context.allocateOutput<T>(0, xDims) : context.forwardInputOrAllocateOutput({5}, 0, xDims);
    const auto newMean = context.allocateOutput<float>(1, {shape.channels}),
               newVariance = context.allocateOutput<float>(2, {shape.channels});
    const auto mean = context.allocateOutput<float>(3, {shape.channels}),
               variance = context.allocateOutput<float>(4, {shape.channels});
    if (numMoments == 0)
      batchMoments(threadPool(), shape, dataOf<T>(x), dataOf<float>(mean), dataOf<float>(variance));
    else
      copyMoments(context, shape, dataOf<float>(mean), dataOf<float>(variance));
    // Running averages are of the unbiased variance (Bessel's correction).
    const float unbiased = shape.rows > 1 ? static_cast<float>(shape.rows) / static_cast<float>(shape.rows - 1) : 1.0f;
    average(shape, parameter(oldMean, shape), dataOf<float>(mean), 1, dataOf<float>(newMean));
    average(shape, parameter(oldVariance, shape), dataOf<float>(variance), unbiased, dataOf<float>(newVariance));
    const BatchNormParams params{parameter(scale, shape),
                                 parameter(offset, shape),
                                 dataOf<float>(mean),
                                 dataOf<float>(variance),
                                 epsilon,
                                 fusedRelu};
    if (numSideInputs == 0) return batchNorm<T>(threadPool(), shape, params, dataOf<T>(x), nullptr, dataOf<T>(y));
    const auto sideInput = context.input(5);
    checkSameShape(sideInput, xDims);
    batchNorm<T>(threadPool(), shape, params, dataOf<T>(x), dataOf<T>(sideInput), dataOf<T>(y));
  }

  /** The batch's moments as the op that computed x gives them. */
  void copyMoments(const KernelContext& context, const MatrixShape& shape, float* mean, float* variance) const {
    const int first = static_cast<int>(5 + numSideInputs);
    const auto knownMean = context.input(first), knownVariance = context.input(first + 1);
    std::copy_n(parameter(knownMean, shape), shape.channels, mean);
    std::copy_n(parameter(knownVariance, shape), shape.channels, variance);
  }

  /** Exponential moving average of `correction` · batch. */
  void average(const MatrixShape& shape, const float* old, const float* batch, float correction, float* result) const {
    // With a factor of 1 the old value does not count, not even if it is NaN.
    for (int64_t channel = 0; channel < shape.channels; channel++)
      result[channel] = averageFactor == 1
                            ? correction * batch[channel]
                            : (1 - averageFactor) * old[channel] + averageFactor * correction * batch[channel];
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const ShapeContext shapes(context, status);
    shapes.setOutput(0, shapes.input(0));
    for (int output = 1; output < 5; output++) shapes.setOutput(output, shapes.input(1));
  }
};

/** SulcusRecomputedBatchNorm(x, scale, offset, mean, variance) → y, with the batch's moments that are known. */
struct RecomputedBatchNorm {
  explicit RecomputedBatchNorm(const KernelConstruction& construction)
      : epsilon(construction.getFloat("epsilon")), fusedRelu(construction.getBool("fused_relu")) {}
  const float epsilon;
  const bool fusedRelu;

  template <class T>
  void compute(const KernelContext& context) const {
    const auto x = context.input(0), scale = context.input(1), offset = context.input(2), mean = context.input(3),
               variance = context.input(4);
    const auto xDims = dimsOf(x);
    const MatrixShape shape = matrixShapeOf(xDims);
    const auto y = context.allocateOutput<T>(0, xDims);
    const BatchNormParams params{parameter(scale, shape),
                                 parameter(offset, shape),
                                 parameter(mean, shape),
                                 parameter(variance, shape),
                                 epsilon,
                                 fusedRelu};
    batchNorm<T>(threadPool(), shape, params, dataOf<T>(x), nullptr, dataOf<T>(y));
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const ShapeContext shapes(context, status);
    shapes.setOutput(0, shapes.input(0));
  }
};

/** SulcusFusedBatchNormGrad(dy, x, scale, offset, mean, variance) → dx, dscale, doffset, with the batch's moments. */
struct FusedBatchNormGrad {
  explicit FusedBatchNormGrad(const KernelConstruction& construction)
      : epsilon(construction.getFloat("epsilon")), fusedRelu(construction.getBool("fused_relu")) {}
  const float epsilon;
  const bool fusedRelu;

  template <class T>
  void compute(const KernelContext& context) const {
    const auto x = context.input(1), scale = context.input(2), offset = context.input(3), mean = context.input(4),
               variance = context.input(5);
    const auto xDims = dimsOf(x);
    const MatrixShape shape = matrixShapeOf(xDims);
    const auto dx = context.forwardInputOrAllocateOutput({0}, 0, xDims), dy = context.input(0);
    checkSameShape(dy, xDims);
    const auto dScale = context.allocateOutput<float>(1, {shape.channels}),
               dOffset = context.allocateOutput<float>(2, {shape.channels});
    const BatchNormParams params{parameter(scale, shape),
                                 parameter(offset, shape),
                                 parameter(mean, shape),
                                 parameter(variance, shape),
                                 epsilon,
                                 fusedRelu};
    batchNormGrad<T>(threadPool(), shape, params, dataOf<T>(dy), dataOf<T>(x), dataOf<T>(dx), dataOf<float>(dScale),
                     dataOf<float>(dOffset));
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const ShapeContext shapes(context, status);
    shapes.setOutput(0, shapes.input(1));
    for (int output = 1; output < 3; output++) shapes.setOutput(output, shapes.input(2));
  }
};

/** SulcusAddNReluGrad(y, dy[N]) → the sum of all dy where y, a ReLU's output, is positive, else 0 */
struct AddNReluGrad {
  explicit AddNReluGrad(const KernelConstruction&) {}

  template <class T>
  void compute(const KernelContext& context) const {
    const auto y = context.input(0);
    const auto dims = dimsOf(y);
    int64_t count = 1;
    for (const int64_t size : dims) count *= size;
    if (count % kLanes != 0) throw KernelError("the number of elements must be a multiple of 16");
    std::vector<int> inputs;
    for (int index = 1; index < context.numInputs(); index++) inputs.push_back(index);
    const auto dx = context.forwardInputOrAllocateOutput(inputs, 0, dims);
    std::vector<TensorPtr> tensors;
    std::vector<const T*> dy;
    for (const int index : inputs) {
      tensors.push_back(context.input(index));
      checkSameShape(tensors.back(), dims);
      dy.push_back(dataOf<T>(tensors.back()));
    }
    addNReluGrad<T>(threadPool(), count, dy, dataOf<T>(y), dataOf<T>(dx));
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const ShapeContext shapes(context, status);
    shapes.setOutput(0, shapes.input(0));
  }
};

}  // namespace

std::vector<OpRegistration> batchNormOps() {
  return {
      registration<FusedBatchNorm, float, bfloat16>(
          "SulcusFusedBatchNorm",
          {"epsilon: float", "exponential_avg_factor: float", "fused_relu: bool", "num_side_inputs: int >= 0",
           "num_moments: int >= 0"},
          {"x: T", "scale: float", "offset: float", "mean: float", "variance: float", "side_input: num_side_inputs * T",
           "moments: num_moments * float"},
          {"y: T", "running_mean: float", "running_variance: float", "batch_mean: float", "batch_variance: float"},
          FusedBatchNorm::shape),
      registration<RecomputedBatchNorm, float, bfloat16>(
          "SulcusRecomputedBatchNorm", {"epsilon: float", "fused_relu: bool"},
          {"x: T", "scale: float", "offset: float", "mean: float", "variance: float"}, {"y: T"},
          RecomputedBatchNorm::shape),
      registration<FusedBatchNormGrad, float, bfloat16>(
          "SulcusFusedBatchNormGrad", {"epsilon: float", "fused_relu: bool"},
          {"dy: T", "x: T", "scale: float", "offset: float", "mean: float", "variance: float"},
          {"dx: T", "dscale: float", "doffset: float"}, FusedBatchNormGrad::shape),
      registration<AddNReluGrad, float, bfloat16>("SulcusAddNReluGrad", {"N: int >= 1"}, {"y: T", "dy: N * T"},
                                                  {"dx: T"}, AddNReluGrad::shape),
  };
}

}  // namespace sulcus
