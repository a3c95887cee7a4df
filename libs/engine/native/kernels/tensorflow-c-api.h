// What a kernel needs of TensorFlow's C interface, with errors as exceptions and memory that frees itself.
#pragma once

#include <algorithm>
#include <array>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "avx512.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_tensor.h"
#include "thread-pool.h"

namespace sulcus {

using TensorPointer = std::unique_ptr<TF_Tensor, decltype(&TF_DeleteTensor)>;
using StatusPointer = std::unique_ptr<TF_Status, decltype(&TF_DeleteStatus)>;
using ShapePointer = std::unique_ptr<TF_ShapeHandle, decltype(&TF_DeleteShapeHandle)>;
using Dimensions = std::vector<int64_t>;

inline StatusPointer newStatus() { return {TF_NewStatus(), TF_DeleteStatus}; }

/** What goes wrong in a kernel; TensorFlow fails the run with this text. */
struct KernelError : std::exception {
  explicit KernelError(std::string what) : text(std::move(what)) {}
  const char* what() const noexcept override { return text.c_str(); }
  std::string text;
};

/** @throws KernelError with the status's message unless it is OK */
inline void check(const StatusPointer& status) {
  if (TF_GetCode(status.get()) != TF_OK) throw KernelError(TF_Message(status.get()));
}

inline Dimensions dimensionsOf(const TensorPointer& tensor) {
  Dimensions dimensions;
  for (int axis = 0; axis < TF_NumDims(tensor.get()); axis++) dimensions.push_back(TF_Dim(tensor.get(), axis));
  return dimensions;
}

template <class T>
T* dataOf(const TensorPointer& tensor) {
  return static_cast<T*>(TF_TensorData(tensor.get()));
}

/** Threads for all kernels: as many as TensorFlow gives an operation. */
Team& team();

/** The run of one kernel: its inputs, and the outputs it makes. */
class Run {
 public:
  explicit Run(TF_OpKernelContext* context) : context_(context) {}

  int inputs() const { return TF_NumInputs(context_); }

  TensorPointer input(int index) const {
    TF_Tensor* tensor = nullptr;
    const auto status = newStatus();
    TF_GetInput(context_, index, &tensor, status.get());
    check(status);
    return {tensor, TF_DeleteTensor};
  }

  template <class T>
  TensorPointer output(int index, const Dimensions& dimensions) const {
    size_t bytes = sizeof(T);
    for (const int64_t size : dimensions) bytes *= size;
    const auto status = newStatus();
    TF_Tensor* tensor = TF_AllocateOutput(context_, index, TF_ExpectedOutputDataType(context_, index),
                                          dimensions.data(), static_cast<int>(dimensions.size()), bytes, status.get());
    check(status);
    return {tensor, TF_DeleteTensor};
  }

  /** An output in the memory of one of these inputs, if nobody else needs that; they must not have been taken by
   * `input` yet. */
  TensorPointer outputInPlaceOf(const std::vector<int>& inputs, int index, const Dimensions& dimensions) const {
    int forwarded = -1;
    const auto status = newStatus();
    TF_Tensor* tensor = TF_ForwardInputOrAllocateOutput(context_, inputs.data(), static_cast<int>(inputs.size()), index,
                                                        dimensions.data(), static_cast<int>(dimensions.size()),
                                                        &forwarded, status.get());
    check(status);
    return {tensor, TF_DeleteTensor};
  }

 private:
  TF_OpKernelContext* context_;
};

/** Attributes of a node, read when its kernel is made. */
class Attributes {
 public:
  explicit Attributes(TF_OpKernelConstruction* construction) : construction_(construction) {}

  float number(const char* name) const {
    float value = 0;
    const auto status = newStatus();
    TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status.get());
    check(status);
    return value;
  }

  bool flag(const char* name) const {
    TF_Bool value = 0;
    const auto status = newStatus();
    TF_OpKernelConstruction_GetAttrBool(construction_, name, &value, status.get());
    check(status);
    return value != 0;
  }

  int64_t integer(const char* name) const {
    int64_t value = 0;
    const auto status = newStatus();
    TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status.get());
    check(status);
    return value;
  }

  /** @throws KernelError when there are not COUNT of them */
  template <int COUNT>
  std::array<int64_t, COUNT> integers(const char* name) const {
    std::array<int64_t, COUNT> values{};
    int32_t size = 0, bytes = 0;
    const auto status = newStatus();
    TF_OpKernelConstruction_GetAttrSize(construction_, name, &size, &bytes, status.get());
    check(status);
    if (size != COUNT) throw KernelError(std::string(name) + " must be " + std::to_string(COUNT) + " numbers");
    TF_OpKernelConstruction_GetAttrInt64List(construction_, name, values.data(), COUNT, status.get());
    check(status);
    return values;
  }

 private:
  TF_OpKernelConstruction* construction_;
};

/** Shapes of a graph under construction, as far as they are known. */
class Shapes {
 public:
  Shapes(TF_ShapeInferenceContext* context, TF_Status* status) : context_(context), status_(status) {}

  ShapePointer input(int index) const {
    auto shape = newShape();
    TF_ShapeInferenceContextGetInput(context_, index, shape.get(), status_);
    return shape;
  }

  /** Axes `from` to `to` of an input of rank 4. */
  ShapePointer part(int index, int64_t from, int64_t to) const {
    const auto ranked = newShape();
    TF_ShapeInferenceContextWithRank(context_, input(index).get(), 4, ranked.get(), status_);
    auto result = newShape();
    TF_ShapeInferenceContextSubshape(context_, ranked.get(), from, to, result.get(), status_);
    return result;
  }

  ShapePointer vector(int64_t size) const {
    return {TF_ShapeInferenceContextVectorFromSize(context_, size), TF_DeleteShapeHandle};
  }

  ShapePointer joined(const ShapePointer& first, const ShapePointer& second) const {
    auto result = newShape();
    TF_ShapeInferenceContextConcatenateShapes(context_, first.get(), second.get(), result.get(), status_);
    return result;
  }

  void unknownOutput() const { TF_ShapeInferenceContextSetUnknownShape(context_, status_); }

  void output(int index, const ShapePointer& shape) const {
    TF_ShapeInferenceContextSetOutput(context_, index, shape.get(), status_);
  }

 private:
  static ShapePointer newShape() { return {TF_NewShapeHandle(), TF_DeleteShapeHandle}; }
  TF_ShapeInferenceContext* context_;
  TF_Status* status_;
};

/** How one operation looks to TensorFlow. */
struct Operation {
  const char* name;
  std::vector<const char*> attributes, inputs, outputs;
  void (*shape)(TF_ShapeInferenceContext*, TF_Status*);
  using Create = void* (*)(TF_OpKernelConstruction*);
  using Compute = void (*)(void*, TF_OpKernelContext*);
  using Destroy = void (*)(void*);
  Create create;
  Destroy destroy;
  /** By the type T that a kernel is for. */
  std::vector<std::pair<TF_DataType, Compute>> kernels;
};

/** Runs `compute` while no other kernel runs, as they share threads and memory; an exception fails the run. */
void computeInTurn(TF_OpKernelContext* context, const std::function<void()>& compute);

template <class T>
constexpr TF_DataType kTypeOf = std::is_same_v<T, float> ? TF_FLOAT : TF_BFLOAT16;

/** An operation whose kernel is a class: it reads its attributes when constructed, and has `compute<T>(run)` for these
 * types. */
template <class Kernel, class... T>
Operation operation(const char* name, std::vector<const char*> attributes, std::vector<const char*> inputs,
                    std::vector<const char*> outputs, void (*shape)(TF_ShapeInferenceContext*, TF_Status*)) {
  return {
      name,
      std::move(attributes),
      std::move(inputs),
      std::move(outputs),
      shape,
      [](TF_OpKernelConstruction* construction) -> void* {
        try {
          return new Kernel(Attributes(construction));
        } catch (const std::exception& error) {
          const auto status = newStatus();
          TF_SetStatus(status.get(), TF_INVALID_ARGUMENT, error.what());
          TF_OpKernelConstruction_Failure(construction, status.get());
          return nullptr;
        }
      },
      [](void* kernel) { delete static_cast<Kernel*>(kernel); },
      {{kTypeOf<T>,
        [](void* kernel, TF_OpKernelContext* context) {
          computeInTurn(context, [&] { static_cast<Kernel*>(kernel)->template compute<T>(Run(context)); });
        }}...},
  };
}

}  // namespace sulcus
