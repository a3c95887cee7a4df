#include "implicit-gemm.h"
#include "op-checks.h"
#include "ops.h"
#include "tensorflow-c-api.h"

namespace sulcus {
namespace {

/** One value per spatial axis. */
struct Pair {
  int64_t vertical, horizontal;
  explicit Pair(const KernelConstruction& construction, const char* name) : Pair(construction.getIntList<2>(name)) {}
  Pair(int64_t vertical, int64_t horizontal) : vertical(vertical), horizontal(horizontal) {}

 private:
  explicit Pair(const std::array<int64_t, 2>& both) : Pair(both[0], both[1]) {}
};

/** Attributes of all four ops: strides, and the zeros above and left of x. */
struct Window {
  const Pair strides, padBefore;
  explicit Window(const KernelConstruction& construction)
      : strides(construction, "strides"), padBefore(construction, "pad_before") {
    if (std::min(strides.vertical, strides.horizontal) < 1 || std::min(padBefore.vertical, padBefore.horizontal) < 0)
      throw KernelError("strides must be positive and pad_before not negative");
  }

  /** @throws KernelError when the shapes of x and y do not belong together, or are not what the kernels take */
  ConvShape shape(const Dims& x, const Pair& kernelSize, const Dims& y) const {
    if (x.size() != 4 || y.size() != 4 || x[0] != y[0])
      throw KernelError("x and y must have the axes [batch, height, width, channel] and the same batch size");
    if (x[3] % kLanes != 0 || y[3] % kLanes != 0) throw KernelError("channels must be multiples of 16");
    return {x[0],
            {x[1], y[1], kernelSize.vertical, strides.vertical, padBefore.vertical},
            {x[2], y[2], kernelSize.horizontal, strides.horizontal, padBefore.horizontal},
            x[3],
            y[3]};
  }
};

const char* const kStrides = "strides: list(int)";
const char* const kPadBefore = "pad_before: list(int)";

/** @returns the kernel size of a filter [height, width, in, out] */
Pair kernelSizeOf(const Dims& w) {
  if (w.size() != 4) throw KernelError("the filter must have the axes [height, width, in, out]");
  return {w[0], w[1]};
}

/** Spatial sizes follow from attributes, which shape functions do not see: they are known when the graph runs. */
void unknownShape(TF_ShapeInferenceContext* context, TF_Status* status) {
  ShapeContext(context, status).setUnknownOutputs();
}

/** SulcusConv2D(x, w) → y */
struct Conv2D {
  explicit Conv2D(const KernelConstruction& construction)
      : window(construction), outputSize(construction, "output_size") {}
  const Window window;
  const Pair outputSize;

  template <class T>
  void compute(const KernelContext& context) const {
    convolve<T>(context, {});
  }

  template <class T>
  void convolve(const KernelContext& context, const ChannelMoments& moments) const {
    const auto x = context.input(0), w = context.input(1);
    const auto xDims = dimsOf(x), wDims = dimsOf(w);
    const auto kernelSize = kernelSizeOf(wDims);
    if (xDims.size() == 4) checkChannels(xDims[3], wDims[2]);
    const Dims yDims{xDims[0], outputSize.vertical, outputSize.horizontal, wDims[3]};
    const auto shape = window.shape(xDims, kernelSize, yDims);
    const auto y = context.allocateOutput<T>(0, yDims);
    implicitGemmConv2D(threadPool(), shape, dataOf<T>(x), dataOf<T>(w), moments, dataOf<T>(y));
  }
};

/** SulcusConv2DWithMoments(x, w) → y, and the mean and the biased variance of its channels, [out] each */
struct Conv2DWithMoments {
  explicit Conv2DWithMoments(const KernelConstruction& construction) : conv2D(construction) {}
  const Conv2D conv2D;

  template <class T>
  void compute(const KernelContext& context) const {
    const auto wDims = dimsOf(context.input(1));
    kernelSizeOf(wDims);
    const auto mean = context.allocateOutput<float>(1, {wDims[3]}),
               variance = context.allocateOutput<float>(2, {wDims[3]});
    conv2D.convolve<T>(context, {dataOf<float>(mean), dataOf<float>(variance)});
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const ShapeContext shapes(context, status);
    shapes.setUnknownOutputs();
    for (int output = 1; output < 3; output++) shapes.setOutput(output, shapes.axes(1, 3, 4));
  }
};

/** SulcusConv2DBackpropInput(w, dy) → dx */
struct Conv2DBackpropInput {
  explicit Conv2DBackpropInput(const KernelConstruction& construction)
      : window(construction), inputSize(construction, "input_size") {}
  const Window window;
  const Pair inputSize;

  template <class T>
  void compute(const KernelContext& context) const {
    const auto w = context.input(0), dy = context.input(1);
    const auto wDims = dimsOf(w), dyDims = dimsOf(dy);
    const auto kernelSize = kernelSizeOf(wDims);
    if (dyDims.size() == 4) checkChannels(dyDims[3], wDims[3]);
    const Dims dxDims{dyDims[0], inputSize.vertical, inputSize.horizontal, wDims[2]};
    const auto shape = window.shape(dxDims, kernelSize, dyDims);
    const auto dx = context.allocateOutput<T>(0, dxDims);
    implicitGemmConv2DBackpropInput(threadPool(), shape, dataOf<T>(w), dataOf<T>(dy), dataOf<T>(dx));
  }
};

/** SulcusConv2DBackpropFilter(x, dy) → dw */
struct Conv2DBackpropFilter {
  explicit Conv2DBackpropFilter(const KernelConstruction& construction)
      : window(construction), kernelSize(construction, "kernel_size") {}
  const Window window;
  const Pair kernelSize;

  template <class T>
  void compute(const KernelContext& context) const {
    const auto x = context.input(0), dy = context.input(1);
    const auto xDims = dimsOf(x), dyDims = dimsOf(dy);
    const auto shape = window.shape(xDims, kernelSize, dyDims);
    const auto dw = context.allocateOutput<T>(0, {kernelSize.vertical, kernelSize.horizontal, xDims[3], dyDims[3]});
    implicitGemmConv2DBackpropFilter(threadPool(), shape, dataOf<T>(x), dataOf<T>(dy), dataOf<T>(dw));
  }
};

}  // namespace

std::vector<OpRegistration> implicitGemmOps() {
  return {
      registration<Conv2D, float, bfloat16>("SulcusConv2D", {kStrides, kPadBefore, "output_size: list(int)"},
                                            {"x: T", "w: T"}, {"y: T"}, unknownShape),
      registration<Conv2DWithMoments, float, bfloat16>(
          "SulcusConv2DWithMoments", {kStrides, kPadBefore, "output_size: list(int)"}, {"x: T", "w: T"},
          {"y: T", "mean: float", "variance: float"}, Conv2DWithMoments::shape),
      registration<Conv2DBackpropInput, float, bfloat16>("SulcusConv2DBackpropInput",
                                                         {kStrides, kPadBefore, "input_size: list(int)"},
                                                         {"w: T", "dy: T"}, {"dx: T"}, unknownShape),
      registration<Conv2DBackpropFilter, float, bfloat16>("SulcusConv2DBackpropFilter",
                                                          {kStrides, kPadBefore, "kernel_size: list(int)"},
                                                          {"x: T", "dy: T"}, {"dw: T"}, unknownShape),
  };
}

}  // namespace sulcus
