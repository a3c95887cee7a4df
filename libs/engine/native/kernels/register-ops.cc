#include <cstdlib>
#include <mutex>
#include <new>

#include "ops.h"
#include "tensorflow-c-api.h"

namespace sulcus {
namespace {

/** Device of the kernels. */
constexpr const char* kDevice = "CPU";

int threadsOfAnOperation() {
  const char* configured = std::getenv("TF_NUM_INTRAOP_THREADS");
  const int threads = configured == nullptr ? 0 : std::atoi(configured);
  return threads > 0 ? threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

std::mutex& turn() {
  static std::mutex instance;
  return instance;
}

void define(const Operation& operation) {
  TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder(operation.name);
  TF_OpDefinitionBuilderAddAttr(builder, "T: {float, bfloat16}");
  for (const char* attribute : operation.attributes) TF_OpDefinitionBuilderAddAttr(builder, attribute);
  for (const char* input : operation.inputs) TF_OpDefinitionBuilderAddInput(builder, input);
  for (const char* output : operation.outputs) TF_OpDefinitionBuilderAddOutput(builder, output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, operation.shape);
  const auto status = newStatus();
  TF_RegisterOpDefinition(builder, status.get());
  check(status);
}

void registerKernel(const Operation& operation, TF_DataType type, Operation::Compute compute) {
  TF_KernelBuilder* builder =
      TF_NewKernelBuilder(operation.name, kDevice, operation.create, compute, operation.destroy);
  const auto status = newStatus();
  TF_KernelBuilder_TypeConstraint(builder, "T", type, status.get());
  check(status);
  TF_RegisterKernelBuilder(operation.name, builder, status.get());
  check(status);
}

}  // namespace

Team& team() {
  static Team instance(threadsOfAnOperation());
  return instance;
}

void computeInTurn(TF_OpKernelContext* context, const std::function<void()>& compute) {
  const std::lock_guard<std::mutex> lock(turn());
  try {
    compute();
  } catch (const std::exception& error) {
    const auto status = newStatus();
    TF_SetStatus(status.get(),
                 dynamic_cast<const std::bad_alloc*>(&error) ? TF_RESOURCE_EXHAUSTED : TF_INVALID_ARGUMENT,
                 error.what());
    TF_OpKernelContext_Failure(context, status.get());
  }
}

std::vector<std::string> registerOperations() {
  __builtin_cpu_init();
  const bool vectors = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                       __builtin_cpu_supports("fma");
  if (!vectors) return {};
  const bool halves = __builtin_cpu_supports("avx512bf16");
  for (const auto& group : {winogradOperations(), directOperations(), batchNormOperations()}) {
    for (const auto& operation : group) {
      define(operation);
      for (const auto& [type, compute] : operation.kernels) {
        if (type == TF_FLOAT || halves) registerKernel(operation, type, compute);
      }
    }
  }
  return halves ? std::vector<std::string>{"float32", "bfloat16"} : std::vector<std::string>{"float32"};
}

}  // namespace sulcus
