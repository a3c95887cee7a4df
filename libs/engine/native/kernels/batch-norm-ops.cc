#include "batch-norm.h"
#include "ops.h"
#include "tensorflow-c-api.h"

namespace sulcus {
namespace {

/** @throws KernelError when the last axis is not whole vectors */
Matrix matrixOf(const Dimensions& images) {
  if (images.size() != 4 || images[3] % kLanes != 0)
    throw KernelError("images must have the axes [batch, height, width, channels], with a multiple of 16 channels");
  return {images[0] * images[1] * images[2], images[3]};
}

/** @throws KernelError when a parameter does not have one value per channel */
const float* parameter(const TensorPointer& tensor, const Matrix& matrix) {
  if (dimensionsOf(tensor) != Dimensions{matrix.channels})
    throw KernelError("a parameter must have one value per channel");
  return dataOf<float>(tensor);
}

void checkSame(const TensorPointer& tensor, const Dimensions& dimensions) {
  if (dimensionsOf(tensor) != dimensions) throw KernelError("images that belong together must have the same shape");
}

/** BatchNormTraining(x, scale, offset, mean, variance, sides, statistics) → y, running mean and variance, batch mean
 * and variance */
struct Training {
  explicit Training(const Attributes& attributes)
      : epsilon(attributes.number("epsilon")),
        weight(attributes.number("exponential_avg_factor")),
        rectified(attributes.flag("rectified")),
        sides(attributes.integer("num_sides")),
        statistics(attributes.integer("num_statistics")) {
    if (sides > 1 || (statistics != 0 && statistics != 2))
      throw KernelError("a norm takes one side at most, and two statistics or none");
  }
  const float epsilon, weight;
  const bool rectified;
  const int64_t sides, statistics;

  template <class T>
  void compute(const Run& run) const {
    const auto x = run.input(0), scale = run.input(1), offset = run.input(2), oldMean = run.input(3),
               oldVariance = run.input(4);
    const auto images = dimensionsOf(x);
    const Matrix matrix = matrixOf(images);
    // Element by element, so y may take the place of what is added.
    const auto y = sides == 0 ? run.output<T>(0, images) : run.outputInPlaceOf({5}, 0, images);
    const auto newMean = run.output<float>(1, {matrix.channels}), newVariance = run.output<float>(2, {matrix.channels});
    const auto mean = run.output<float>(3, {matrix.channels}), variance = run.output<float>(4, {matrix.channels});
    if (statistics == 0)
      channelStatistics(team(), matrix, dataOf<T>(x), dataOf<float>(mean), dataOf<float>(variance));
    else
      takeOver(run, matrix, dataOf<float>(mean), dataOf<float>(variance));
    // Running statistics gather the unbiased estimate.
    const float unbiased =
        matrix.rows > 1 ? static_cast<float>(matrix.rows) / static_cast<float>(matrix.rows - 1) : 1.0f;
    blend(matrix, parameter(oldMean, matrix), dataOf<float>(mean), 1, dataOf<float>(newMean));
    blend(matrix, parameter(oldVariance, matrix), dataOf<float>(variance), unbiased, dataOf<float>(newVariance));
    const Norm norm{parameter(scale, matrix),
                    parameter(offset, matrix),
                    dataOf<float>(mean),
                    dataOf<float>(variance),
                    epsilon,
                    rectified};
    if (sides == 0) return normalise<T>(team(), matrix, norm, dataOf<T>(x), nullptr, dataOf<T>(y));
    const auto side = run.input(5);
    checkSame(side, images);
    normalise<T>(team(), matrix, norm, dataOf<T>(x), dataOf<T>(side), dataOf<T>(y));
  }

  /** The batch's statistics as whoever computed x knows them. */
  void takeOver(const Run& run, const Matrix& matrix, float* mean, float* variance) const {
    const int first = static_cast<int>(5 + sides);
    const auto knownMean = run.input(first), knownVariance = run.input(first + 1);
    std::copy_n(parameter(knownMean, matrix), matrix.channels, mean);
    std::copy_n(parameter(knownVariance, matrix), matrix.channels, variance);
  }

  void blend(const Matrix& matrix, const float* old, const float* batch, float factor, float* blended) const {
    // With weight 1 the old value does not count, not even if it is no number.
    for (int64_t channel = 0; channel < matrix.channels; channel++)
      blended[channel] =
          weight == 1 ? factor * batch[channel] : (1 - weight) * old[channel] + weight * factor * batch[channel];
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const Shapes shapes(context, status);
    shapes.output(0, shapes.input(0));
    for (int output = 1; output < 5; output++) shapes.output(output, shapes.input(1));
  }
};

/** BatchNormAgain(x, scale, offset, mean, variance) → y, with statistics that are known. */
struct Again {
  explicit Again(const Attributes& attributes)
      : epsilon(attributes.number("epsilon")), rectified(attributes.flag("rectified")) {}
  const float epsilon;
  const bool rectified;

  template <class T>
  void compute(const Run& run) const {
    const auto x = run.input(0), scale = run.input(1), offset = run.input(2), mean = run.input(3),
               variance = run.input(4);
    const auto images = dimensionsOf(x);
    const Matrix matrix = matrixOf(images);
    const auto y = run.output<T>(0, images);
    const Norm norm{parameter(scale, matrix),
                    parameter(offset, matrix),
                    parameter(mean, matrix),
                    parameter(variance, matrix),
                    epsilon,
                    rectified};
    normalise<T>(team(), matrix, norm, dataOf<T>(x), nullptr, dataOf<T>(y));
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const Shapes shapes(context, status);
    shapes.output(0, shapes.input(0));
  }
};

/** BatchNormTrainingGrad(dy, x, scale, offset, mean, variance) → dx, slopes at scale and offset */
struct TrainingGradient {
  explicit TrainingGradient(const Attributes& attributes)
      : epsilon(attributes.number("epsilon")), rectified(attributes.flag("rectified")) {}
  const float epsilon;
  const bool rectified;

  template <class T>
  void compute(const Run& run) const {
    const auto x = run.input(1), scale = run.input(2), offset = run.input(3), mean = run.input(4),
               variance = run.input(5);
    const auto images = dimensionsOf(x);
    const Matrix matrix = matrixOf(images);
    const auto dx = run.outputInPlaceOf({0}, 0, images), dy = run.input(0);
    checkSame(dy, images);
    const auto scaleSlope = run.output<float>(1, {matrix.channels}),
               offsetSlope = run.output<float>(2, {matrix.channels});
    const Norm norm{parameter(scale, matrix),
                    parameter(offset, matrix),
                    parameter(mean, matrix),
                    parameter(variance, matrix),
                    epsilon,
                    rectified};
    normaliseBack<T>(team(), matrix, norm, dataOf<T>(dy), dataOf<T>(x), dataOf<T>(dx), dataOf<float>(scaleSlope),
                     dataOf<float>(offsetSlope));
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const Shapes shapes(context, status);
    shapes.output(0, shapes.input(1));
    for (int output = 1; output < 3; output++) shapes.output(output, shapes.input(2));
  }
};

/** ReluGradOfSum(y, slopes) → the sum of the slopes where y is positive, else 0 */
struct RectifierGradient {
  explicit RectifierGradient(const Attributes&) {}

  template <class T>
  void compute(const Run& run) const {
    const auto y = run.input(0);
    const auto dimensions = dimensionsOf(y);
    int64_t count = 1;
    for (const int64_t size : dimensions) count *= size;
    if (count % kLanes != 0) throw KernelError("the number of elements must be a multiple of 16");
    std::vector<int> inputs;
    for (int index = 1; index < run.inputs(); index++) inputs.push_back(index);
    const auto dx = run.outputInPlaceOf(inputs, 0, dimensions);
    std::vector<TensorPointer> tensors;
    std::vector<const T*> slopes;
    for (const int index : inputs) {
      tensors.push_back(run.input(index));
      checkSame(tensors.back(), dimensions);
      slopes.push_back(dataOf<T>(tensors.back()));
    }
    rectifyBack<T>(team(), count, slopes, dataOf<T>(y), dataOf<T>(dx));
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const Shapes shapes(context, status);
    shapes.output(0, shapes.input(0));
  }
};

}  // namespace

std::vector<Operation> batchNormOperations() {
  return {
      operation<Training, float, bfloat16>(
          "BatchNormTraining",
          {"epsilon: float", "exponential_avg_factor: float", "rectified: bool", "num_sides: int >= 0",
           "num_statistics: int >= 0"},
          {"x: T", "scale: float", "offset: float", "mean: float", "variance: float", "sides: num_sides * T",
           "statistics: num_statistics * float"},
          {"y: T", "running_mean: float", "running_variance: float", "batch_mean: float", "batch_variance: float"},
          Training::shape),
      operation<Again, float, bfloat16>("BatchNormAgain", {"epsilon: float", "rectified: bool"},
                                        {"x: T", "scale: float", "offset: float", "mean: float", "variance: float"},
                                        {"y: T"}, Again::shape),
      operation<TrainingGradient, float, bfloat16>(
          "BatchNormTrainingGrad", {"epsilon: float", "rectified: bool"},
          {"dy: T", "x: T", "scale: float", "offset: float", "mean: float", "variance: float"},
          {"dx: T", "scale_slope: float", "offset_slope: float"}, TrainingGradient::shape),
      operation<RectifierGradient, float, bfloat16>("ReluGradOfSum", {"num_slopes: int"},
                                                    {"y: T", "slopes: num_slopes * T"}, {"dx: T"},
                                                    RectifierGradient::shape),
  };
}

}  // namespace sulcus
