#include <algorithm>
#include <cstring>

#include "op-checks.h"
#include "ops.h"
#include "tensorflow-c-api.h"
#include "winograd.h"

namespace sulcus {
namespace {

/** @throws KernelError when shapes are not what the kernels take */
WinogradShape shapeOf(const Dims& activations, int64_t in, int64_t out) {
  if (activations.size() != 4) throw KernelError("activations must have the axes [batch, height, width, channel]");
  if (in % kLanes != 0 || out % kLanes != 0) throw KernelError("channels must be multiples of 16");
  return {activations[0], activations[1], activations[2], in, out};
}

void checkFilter(const Dims& w) {
  if (w.size() != 4 || w[0] != 3 || w[1] != 3) throw KernelError("the filter must have the shape [3, 3, in, out]");
}

/** A vector of parameters in float32. */
std::vector<float> toFloats(const TensorPtr& tensor, const float* values) {
  return {values, values + TF_TensorElementCount(tensor.get())};
}
std::vector<float> toFloats(const TensorPtr& tensor, const bfloat16* values) {
  std::vector<float> result(TF_TensorElementCount(tensor.get()));
  for (size_t index = 0; index < result.size(); index++) {
    const uint32_t bits = static_cast<uint32_t>(values[index].bits) << 16;
    std::memcpy(&result[index], &bits, sizeof(bits));
  }
  return result;
}

/** SulcusWinogradConv2D(x, w, biases) → y, with a bias or without, with the ReLU fused or without */
struct Conv2D {
  explicit Conv2D(const KernelConstruction& construction) : fusedRelu(construction.getBool("fused_relu")) {}
  const bool fusedRelu;

  template <class T>
  void compute(const KernelContext& context) const {
    const auto x = context.input(0), w = context.input(1);
    const auto xDims = dimsOf(x), wDims = dimsOf(w);
    checkFilter(wDims);
    const WinogradShape shape = shapeOf(xDims, wDims[2], wDims[3]);
    checkChannels(xDims[3], wDims[2]);
    const auto y = context.allocateOutput<T>(0, {xDims[0], xDims[1], xDims[2], wDims[3]});
    PostOps postOps{nullptr, fusedRelu};
    std::vector<float> bias;
    if (context.numInputs() > 2) {
      const auto values = context.input(2);
      if (dimsOf(values) != Dims{wDims[3]}) throw KernelError("the bias must have one value per output channel");
      bias = toFloats(values, dataOf<T>(values));
      postOps.bias = bias.data();
    }
    winogradConv2D(threadPool(), shape, dataOf<T>(x), dataOf<T>(w), postOps, dataOf<T>(y));
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const ShapeContext shapes(context, status);
    shapes.setOutput(0, shapes.concatenate(shapes.axes(0, 0, 3), shapes.axes(1, 3, 4)));
  }
};

/** SulcusWinogradConv2DBackpropInput(w, dy) → dx */
struct Conv2DBackpropInput {
  explicit Conv2DBackpropInput(const KernelConstruction&) {}

  template <class T>
  void compute(const KernelContext& context) const {
    const auto w = context.input(0), dy = context.input(1);
    const auto dyDims = dimsOf(dy), wDims = dimsOf(w);
    checkFilter(wDims);
    const WinogradShape shape = shapeOf(dyDims, wDims[2], wDims[3]);
    checkChannels(dyDims[3], wDims[3]);
    const auto dx = context.allocateOutput<T>(0, {dyDims[0], dyDims[1], dyDims[2], wDims[2]});
    winogradConv2DBackpropInput(threadPool(), shape, dataOf<T>(w), dataOf<T>(dy), dataOf<T>(dx));
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const ShapeContext shapes(context, status);
    shapes.setOutput(0, shapes.concatenate(shapes.axes(1, 0, 3), shapes.axes(0, 2, 3)));
  }
};

/** SulcusWinogradConv2DBackpropFilter(x, dy) → dw */
struct Conv2DBackpropFilter {
  explicit Conv2DBackpropFilter(const KernelConstruction&) {}

  template <class T>
  void compute(const KernelContext& context) const {
    const auto x = context.input(0), dy = context.input(1);
    const auto xDims = dimsOf(x), dyDims = dimsOf(dy);
    if (dyDims.size() != 4 || !std::equal(dyDims.begin(), dyDims.begin() + 3, xDims.begin()))
      throw KernelError("dy must have the batch size, height and width of x");
    const WinogradShape shape = shapeOf(xDims, xDims[3], dyDims[3]);
    const auto dw = context.allocateOutput<T>(0, {3, 3, xDims[3], dyDims[3]});
    winogradConv2DBackpropFilter(threadPool(), shape, dataOf<T>(x), dataOf<T>(dy), dataOf<T>(dw));
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const ShapeContext shapes(context, status);
    const auto kernelSize = shapes.concatenate(shapes.vector(3), shapes.vector(3));
    shapes.setOutput(0, shapes.concatenate(kernelSize, shapes.concatenate(shapes.axes(0, 3, 4), shapes.axes(1, 3, 4))));
  }
};

}  // namespace

std::vector<OpRegistration> winogradOps() {
  return {
      registration<Conv2D, float, bfloat16>("SulcusWinogradConv2D", {"fused_relu: bool", "num_biases: int >= 0"},
                                            {"x: T", "w: T", "biases: num_biases * T"}, {"y: T"}, Conv2D::shape),
      registration<Conv2DBackpropInput, float, bfloat16>("SulcusWinogradConv2DBackpropInput", {}, {"w: T", "dy: T"},
                                                         {"dx: T"}, Conv2DBackpropInput::shape),
      registration<Conv2DBackpropFilter, float, bfloat16>("SulcusWinogradConv2DBackpropFilter", {}, {"x: T", "dy: T"},
                                                          {"dw: T"}, Conv2DBackpropFilter::shape),
  };
}

}  // namespace sulcus
