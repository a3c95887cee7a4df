// TensorFlow's C API for custom ops: errors as exceptions, memory that frees itself, ops as classes.
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

using TensorPtr = std::unique_ptr<TF_Tensor, decltype(&TF_DeleteTensor)>;
using StatusPtr = std::unique_ptr<TF_Status, decltype(&TF_DeleteStatus)>;
using ShapePtr = std::unique_ptr<TF_ShapeHandle, decltype(&TF_DeleteShapeHandle)>;
using Dims = std::vector<int64_t>;

inline StatusPtr newStatus() { return {TF_NewStatus(), TF_DeleteStatus}; }

/** Thrown by a kernel; the run fails with this text. */
struct KernelError : std::exception {
  explicit KernelError(std::string what) : text(std::move(what)) {}
  const char* what() const noexcept override { return text.c_str(); }
  std::string text;
};

/** @throws KernelError with the status's message unless it is OK */
inline void check(const StatusPtr& status) {
  if (TF_GetCode(status.get()) != TF_OK) throw KernelError(TF_Message(status.get()));
}

inline Dims dimsOf(const TensorPtr& tensor) {
  Dims dims;
  for (int axis = 0; axis < TF_NumDims(tensor.get()); axis++) dims.push_back(TF_Dim(tensor.get(), axis));
  return dims;
}

template <class T>
T* dataOf(const TensorPtr& tensor) {
  return static_cast<T*>(TF_TensorData(tensor.get()));
}

/** The threads of all kernels: as many as TensorFlow uses within an op. */
ThreadPool& threadPool();

/** TF_OpKernelContext: inputs and outputs of one run of a kernel. */
class KernelContext {
 public:
  explicit KernelContext(TF_OpKernelContext* context) : context_(context) {}

  int numInputs() const { return TF_NumInputs(context_); }

  TensorPtr input(int index) const {
    TF_Tensor* tensor = nullptr;
    const auto status = newStatus();
    TF_GetInput(context_, index, &tensor, status.get());
    check(status);
    return {tensor, TF_DeleteTensor};
  }

  template <class T>
  TensorPtr allocateOutput(int index, const Dims& dims) const {
    size_t bytes = sizeof(T);
    for (const int64_t size : dims) bytes *= size;
    const auto status = newStatus();
    TF_Tensor* tensor = TF_AllocateOutput(context_, index, TF_ExpectedOutputDataType(context_, index), dims.data(),
                                          static_cast<int>(dims.size()), bytes, status.get());
    check(status);
    return {tensor, TF_DeleteTensor};
  }

  /** An output in the buffer of one of these inputs if nothing else reads it. Call before `input` takes any of them. */
  TensorPtr forwardInputOrAllocateOutput(const std::vector<int>& inputs, int index, const Dims& dims) const {
    int forwarded = -1;
    const auto status = newStatus();
    TF_Tensor* tensor =
        TF_ForwardInputOrAllocateOutput(context_, inputs.data(), static_cast<int>(inputs.size()), index, dims.data(),
                                        static_cast<int>(dims.size()), &forwarded, status.get());
    check(status);
    return {tensor, TF_DeleteTensor};
  }

 private:
  TF_OpKernelContext* context_;
};

/** TF_OpKernelConstruction: attributes of a node, read when its kernel is constructed. */
class KernelConstruction {
 public:
  explicit KernelConstruction(TF_OpKernelConstruction* construction) : construction_(construction) {}

  float getFloat(const char* name) const {
    float value = 0;
    const auto status = newStatus();
    TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status.get());
    check(status);
    return value;
  }

  bool getBool(const char* name) const {
    TF_Bool value = 0;
    const auto status = newStatus();
    TF_OpKernelConstruction_GetAttrBool(construction_, name, &value, status.get());
    check(status);
    return value != 0;
  }

  int64_t getInt(const char* name) const {
    int64_t value = 0;
    const auto status = newStatus();
    TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status.get());
    check(status);
    return value;
  }

  /** @throws KernelError when the list does not have SIZE values */
  template <int SIZE>
  std::array<int64_t, SIZE> getIntList(const char* name) const {
    std::array<int64_t, SIZE> values{};
    int32_t size = 0, bytes = 0;
    const auto status = newStatus();
    TF_OpKernelConstruction_GetAttrSize(construction_, name, &size, &bytes, status.get());
    check(status);
    if (size != SIZE) throw KernelError(std::string(name) + " must be " + std::to_string(SIZE) + " numbers");
    TF_OpKernelConstruction_GetAttrInt64List(construction_, name, values.data(), SIZE, status.get());
    check(status);
    return values;
  }

 private:
  TF_OpKernelConstruction* construction_;
};

/** TF_ShapeInferenceContext: shapes of a graph under construction, as far as they are known. */
class ShapeContext {
 public:
  ShapeContext(TF_ShapeInferenceContext* context, TF_Status* status) : context_(context), status_(status) {}

  ShapePtr input(int index) const {
    auto shape = newShape();
    TF_ShapeInferenceContextGetInput(context_, index, shape.get(), status_);
    return shape;
  }

  /** Axes `from` to before `to` of an input of rank 4. */
  ShapePtr axes(int index, int64_t from, int64_t to) const {
    const auto ranked = newShape();
    TF_ShapeInferenceContextWithRank(context_, input(index).get(), 4, ranked.get(), status_);
    auto result = newShape();
    TF_ShapeInferenceContextSubshape(context_, ranked.get(), from, to, result.get(), status_);
    return result;
  }

  ShapePtr scalar() const { return {TF_ShapeInferenceContextScalar(context_), TF_DeleteShapeHandle}; }

  ShapePtr vector(int64_t size) const {
    return {TF_ShapeInferenceContextVectorFromSize(context_, size), TF_DeleteShapeHandle};
  }

  ShapePtr concatenate(const ShapePtr& first, const ShapePtr& second) const {
    auto result = newShape();
    TF_ShapeInferenceContextConcatenateShapes(context_, first.get(), second.get(), result.get(), status_);
    return result;
  }

  void setUnknownOutputs() const { TF_ShapeInferenceContextSetUnknownShape(context_, status_); }

  void setOutput(int index, const ShapePtr& shape) const {
    TF_ShapeInferenceContextSetOutput(context_, index, shape.get(), status_);
  }

 private:
  static ShapePtr newShape() { return {TF_NewShapeHandle(), TF_DeleteShapeHandle}; }
  TF_ShapeInferenceContext* context_;
  TF_Status* status_;
};

/** An op and its kernels: what REGISTER_OP and REGISTER_KERNEL_BUILDER say in TensorFlow's C++ API. */
struct OpRegistration {
  const char* name;
  std::vector<const char*> attributes, inputs, outputs;
  void (*shapeFunction)(TF_ShapeInferenceContext*, TF_Status*);
  using Create = void* (*)(TF_OpKernelConstruction*);
  using Compute = void (*)(void*, TF_OpKernelContext*);
  using Destroy = void (*)(void*);
  Create create;
  Destroy destroy;
  /** By the type T that a kernel is for. */
  std::vector<std::pair<TF_DataType, Compute>> kernels;
};

/** Runs `compute` while no other kernel does, as they share threads and scratchpad; an exception fails the run. */
void runExclusively(TF_OpKernelContext* context, const std::function<void()>& compute);

template <class T>
constexpr TF_DataType kDataType = std::is_same_v<T, float> ? TF_FLOAT : TF_BFLOAT16;

/** An op whose kernel is a class: constructed from a KernelConstruction, with `compute<T>(context)` for these T. */
template <class Kernel, class... T>
OpRegistration registration(const char* name, std::vector<const char*> attributes, std::vector<const char*> inputs,
                            std::vector<const char*> outputs,
                            void (*shapeFunction)(TF_ShapeInferenceContext*, TF_Status*)) {
  return {
      name,
      std::move(attributes),
      std::move(inputs),
      std::move(outputs),
      shapeFunction,
      [](TF_OpKernelConstruction* construction) -> void* {
        try {
          return new Kernel(KernelConstruction(construction));
        } catch (const std::exception& error) {
          const auto status = newStatus();
          TF_SetStatus(status.get(), TF_INVALID_ARGUMENT, error.what());
          TF_OpKernelConstruction_Failure(construction, status.get());
          return nullptr;
        }
      },
      [](void* kernel) { delete static_cast<Kernel*>(kernel); },
      {{kDataType<T>,
        [](void* kernel, TF_OpKernelContext* context) {
          runExclusively(context, [&] { static_cast<Kernel*>(kernel)->template compute<T>(KernelContext(context)); });
        }}...},
  };
}

}  // namespace sulcus
