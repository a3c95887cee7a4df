#include <algorithm>
#include <cstring>

#include "ops.h"
#include "tensorflow-c-api.h"
#include "winograd.h"

namespace sulcus {
namespace {

/** @throws KernelError when images or filters are not what the operations take */
Geometry geometryOf(const Dimensions& images, int64_t in, int64_t out) {
  if (images.size() != 4) throw KernelError("images must have the axes [batch, height, width, channels]");
  if (in % kLanes != 0 || out % kLanes != 0) throw KernelError("channels must be multiples of 16");
  return {images[0], images[1], images[2], in, out};
}

void checkFilter(const Dimensions& filter) {
  if (filter.size() != 4 || filter[0] != 3 || filter[1] != 3)
    throw KernelError("filters must have the shape [3, 3, in, out]");
}

void checkChannels(int64_t got, int64_t expected) {
  if (got != expected)
    throw KernelError("images have " + std::to_string(got) + " channels, the filter is for " +
                      std::to_string(expected));
}

/** A vector of parameters in float32. */
std::vector<float> floats(const TensorPointer& tensor, const float* values) {
  return {values, values + TF_TensorElementCount(tensor.get())};
}
std::vector<float> floats(const TensorPointer& tensor, const bfloat16* values) {
  std::vector<float> result(TF_TensorElementCount(tensor.get()));
  for (size_t index = 0; index < result.size(); index++) {
    const uint32_t bits = static_cast<uint32_t>(values[index].bits) << 16;
    std::memcpy(&result[index], &bits, sizeof(bits));
  }
  return result;
}

/** WinogradConv2D(x, filter, biases) → y, with a bias or without, rectified or not */
struct Forward {
  explicit Forward(const Attributes& attributes) : rectified(attributes.flag("rectified")) {}
  const bool rectified;

  template <class T>
  void compute(const Run& run) const {
    const auto x = run.input(0), filter = run.input(1);
    const auto images = dimensionsOf(x), filters = dimensionsOf(filter);
    checkFilter(filters);
    const Geometry geometry = geometryOf(images, filters[2], filters[3]);
    checkChannels(images[3], filters[2]);
    const auto y = run.output<T>(0, {images[0], images[1], images[2], filters[3]});
    Finish finish{nullptr, rectified};
    std::vector<float> bias;
    if (run.inputs() > 2) {
      const auto values = run.input(2);
      if (dimensionsOf(values) != Dimensions{filters[3]})
        throw KernelError("a bias must have one value per output channel");
      bias = floats(values, dataOf<T>(values));
      finish.bias = bias.data();
    }
    convolve(team(), geometry, dataOf<T>(x), dataOf<T>(filter), finish, dataOf<T>(y));
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const Shapes shapes(context, status);
    shapes.output(0, shapes.joined(shapes.part(0, 0, 3), shapes.part(1, 3, 4)));
  }
};

/** WinogradConv2DBackpropInput(filter, dy) → dx */
struct BackToInput {
  explicit BackToInput(const Attributes&) {}

  template <class T>
  void compute(const Run& run) const {
    const auto filter = run.input(0), dy = run.input(1);
    const auto images = dimensionsOf(dy), filters = dimensionsOf(filter);
    checkFilter(filters);
    const Geometry geometry = geometryOf(images, filters[2], filters[3]);
    checkChannels(images[3], filters[3]);
    const auto dx = run.output<T>(0, {images[0], images[1], images[2], filters[2]});
    convolveBackToInput(team(), geometry, dataOf<T>(filter), dataOf<T>(dy), dataOf<T>(dx));
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const Shapes shapes(context, status);
    shapes.output(0, shapes.joined(shapes.part(1, 0, 3), shapes.part(0, 2, 3)));
  }
};

/** WinogradConv2DBackpropFilter(x, dy) → the filter's slope */
struct BackToFilter {
  explicit BackToFilter(const Attributes&) {}

  template <class T>
  void compute(const Run& run) const {
    const auto x = run.input(0), dy = run.input(1);
    const auto images = dimensionsOf(x), slopes = dimensionsOf(dy);
    if (slopes.size() != 4 || !std::equal(slopes.begin(), slopes.begin() + 3, images.begin()))
      throw KernelError("the slopes must have the size of the images");
    const Geometry geometry = geometryOf(images, images[3], slopes[3]);
    const auto filterSlope = run.output<T>(0, {3, 3, images[3], slopes[3]});
    convolveBackToFilter(team(), geometry, dataOf<T>(x), dataOf<T>(dy), dataOf<T>(filterSlope));
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const Shapes shapes(context, status);
    const auto threeByThree = shapes.joined(shapes.vector(3), shapes.vector(3));
    shapes.output(0, shapes.joined(threeByThree, shapes.joined(shapes.part(0, 3, 4), shapes.part(1, 3, 4))));
  }
};

}  // namespace

std::vector<Operation> winogradOperations() {
  return {
      operation<Forward, float, bfloat16>("WinogradConv2D", {"rectified: bool", "num_biases: int >= 0"},
                                          {"x: T", "filter: T", "biases: num_biases * T"}, {"y: T"}, Forward::shape),
      operation<BackToInput, float, bfloat16>("WinogradConv2DBackpropInput", {}, {"filter: T", "dy: T"}, {"dx: T"},
                                              BackToInput::shape),
      operation<BackToFilter, float, bfloat16>("WinogradConv2DBackpropFilter", {}, {"x: T", "dy: T"}, {"slope: T"},
                                               BackToFilter::shape),
  };
}

}  // namespace sulcus
