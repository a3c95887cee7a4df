#include "implicit-gemm.h"
#include "ops.h"
#include "tensorflow-c-api.h"

namespace sulcus {
namespace {

/** A number for each axis of an image. */
struct Pair {
  int64_t vertical, horizontal;
  explicit Pair(const Attributes& attributes, const char* name) : Pair(attributes.integers<2>(name)) {}
  Pair(int64_t vertical, int64_t horizontal) : vertical(vertical), horizontal(horizontal) {}

 private:
  explicit Pair(const std::array<int64_t, 2>& both) : Pair(both[0], both[1]) {}
};

/** What all three operations are told of the window: how far its places lie from each other, and the zeros before the
 * image. */
struct Window {
  const Pair strides, before;
  explicit Window(const Attributes& attributes) : strides(attributes, "strides"), before(attributes, "before") {
    if (std::min(strides.vertical, strides.horizontal) < 1 || std::min(before.vertical, before.horizontal) < 0)
      throw KernelError("strides must be positive, and what is before the image not negative");
  }

  /** @throws KernelError when sizes do not belong together, or are not what the kernels take */
  WindowGeometry geometry(const Dimensions& x, const Pair& taps, const Dimensions& y) const {
    if (x.size() != 4 || y.size() != 4 || x[0] != y[0])
      throw KernelError("images must have the axes [batch, height, width, channels], and the results too");
    if (x[3] % kLanes != 0 || y[3] % kLanes != 0) throw KernelError("channels must be multiples of 16");
    return {x[0],
            {x[1], y[1], taps.vertical, strides.vertical, before.vertical},
            {x[2], y[2], taps.horizontal, strides.horizontal, before.horizontal},
            x[3],
            y[3]};
  }
};

const char* const kStrides = "strides: list(int)";
const char* const kBefore = "before: list(int)";

/** @returns the taps of a filter [height, width, in, out] */
Pair tapsOf(const Dimensions& filter) {
  if (filter.size() != 4) throw KernelError("filters must have the axes [height, width, in, out]");
  return {filter[0], filter[1]};
}

void checkChannels(int64_t got, int64_t expected) {
  if (got != expected)
    throw KernelError("images have " + std::to_string(got) + " channels, the filter is for " +
                      std::to_string(expected));
}

/** The size of images is known when the graph runs; it does not follow from shapes alone. */
void unknownShape(TF_ShapeInferenceContext* context, TF_Status* status) { Shapes(context, status).unknownOutput(); }

/** DirectConv2D(x, filter) → y */
struct Forward {
  explicit Forward(const Attributes& attributes) : window(attributes), size(attributes, "size") {}
  const Window window;
  const Pair size;

  template <class T>
  void compute(const Run& run) const {
    convolve<T>(run, {});
  }

  template <class T>
  void convolve(const Run& run, const ChannelStatistics& statistics) const {
    const auto x = run.input(0), filter = run.input(1);
    const auto images = dimensionsOf(x), filters = dimensionsOf(filter);
    const auto taps = tapsOf(filters);
    if (images.size() == 4) checkChannels(images[3], filters[2]);
    const Dimensions results{images[0], size.vertical, size.horizontal, filters[3]};
    const auto geometry = window.geometry(images, taps, results);
    const auto y = run.output<T>(0, results);
    directConvolve(team(), geometry, dataOf<T>(x), dataOf<T>(filter), statistics, dataOf<T>(y));
  }
};

/** DirectConv2DWithStatistics(x, filter) → y, and the mean and the biased variance of its channels */
struct ForwardWithStatistics {
  explicit ForwardWithStatistics(const Attributes& attributes) : forward(attributes) {}
  const Forward forward;

  template <class T>
  void compute(const Run& run) const {
    const auto filters = dimensionsOf(run.input(1));
    tapsOf(filters);
    const auto mean = run.output<float>(1, {filters[3]}), variance = run.output<float>(2, {filters[3]});
    forward.convolve<T>(run, {dataOf<float>(mean), dataOf<float>(variance)});
  }

  static void shape(TF_ShapeInferenceContext* context, TF_Status* status) {
    const Shapes shapes(context, status);
    shapes.unknownOutput();
    for (int output = 1; output < 3; output++) shapes.output(output, shapes.part(1, 3, 4));
  }
};

/** DirectConv2DBackpropInput(filter, dy) → dx */
struct BackToInput {
  explicit BackToInput(const Attributes& attributes) : window(attributes), size(attributes, "size") {}
  const Window window;
  const Pair size;

  template <class T>
  void compute(const Run& run) const {
    const auto filter = run.input(0), dy = run.input(1);
    const auto filters = dimensionsOf(filter), slopes = dimensionsOf(dy);
    const auto taps = tapsOf(filters);
    if (slopes.size() == 4) checkChannels(slopes[3], filters[3]);
    const Dimensions images{slopes[0], size.vertical, size.horizontal, filters[2]};
    const auto geometry = window.geometry(images, taps, slopes);
    const auto dx = run.output<T>(0, images);
    directBackToInput(team(), geometry, dataOf<T>(filter), dataOf<T>(dy), dataOf<T>(dx));
  }
};

/** DirectConv2DBackpropFilter(x, dy) → the filter's slope */
struct BackToFilter {
  explicit BackToFilter(const Attributes& attributes) : window(attributes), taps(attributes, "taps") {}
  const Window window;
  const Pair taps;

  template <class T>
  void compute(const Run& run) const {
    const auto x = run.input(0), dy = run.input(1);
    const auto images = dimensionsOf(x), slopes = dimensionsOf(dy);
    const auto geometry = window.geometry(images, taps, slopes);
    const auto filterSlope = run.output<T>(0, {taps.vertical, taps.horizontal, images[3], slopes[3]});
    directBackToFilter(team(), geometry, dataOf<T>(x), dataOf<T>(dy), dataOf<T>(filterSlope));
  }
};

}  // namespace

std::vector<Operation> directOperations() {
  return {
      operation<Forward, float, bfloat16>("DirectConv2D", {kStrides, kBefore, "size: list(int)"}, {"x: T", "filter: T"},
                                          {"y: T"}, unknownShape),
      operation<ForwardWithStatistics, float, bfloat16>(
          "DirectConv2DWithStatistics", {kStrides, kBefore, "size: list(int)"}, {"x: T", "filter: T"},
          {"y: T", "mean: float", "variance: float"}, ForwardWithStatistics::shape),
      operation<BackToInput, float, bfloat16>("DirectConv2DBackpropInput", {kStrides, kBefore, "size: list(int)"},
                                              {"filter: T", "dy: T"}, {"dx: T"}, unknownShape),
      operation<BackToFilter, float, bfloat16>("DirectConv2DBackpropFilter", {kStrides, kBefore, "taps: list(int)"},
                                               {"x: T", "dy: T"}, {"slope: T"}, unknownShape),
  };
}

}  // namespace sulcus
