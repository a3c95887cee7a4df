#include <cstdlib>
#include <mutex>
#include <new>

#include "ops.h"
#include "tensorflow-c-api.h"

namespace sulcus {
namespace {

constexpr const char* kDevice = "CPU";

int intraOpThreads() {
  const char* configured = std::getenv("TF_NUM_INTRAOP_THREADS");
  const int threads = configured == nullptr ? 0 : std::atoi(configured);
  return threads > 0 ? threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

std::mutex& kernelMutex() {
  static std::mutex instance;
  return instance;
}

void registerOp(const OpRegistration& op) {
  TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder(op.name);
  TF_OpDefinitionBuilderAddAttr(builder, "T: {float, bfloat16}");
  for (const char* attribute : op.attributes) TF_OpDefinitionBuilderAddAttr(builder, attribute);
  for (const char* input : op.inputs) TF_OpDefinitionBuilderAddInput(builder, input);
  for (const char* output : op.outputs) TF_OpDefinitionBuilderAddOutput(builder, output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, op.shapeFunction);
  const auto status = newStatus();
  TF_RegisterOpDefinition(builder, status.get());
  check(status);
}

void registerKernel(const OpRegistration& op, TF_DataType type, OpRegistration::Compute compute) {
  TF_KernelBuilder* builder = TF_NewKernelBuilder(op.name, kDevice, op.create, compute, op.destroy);
  const auto status = newStatus();
  TF_KernelBuilder_TypeConstraint(builder, "T", type, status.get());
  check(status);
  TF_RegisterKernelBuilder(op.name, builder, status.get());
  check(status);
}

}  // namespace

ThreadPool& threadPool() {
  static ThreadPool instance(intraOpThreads());
  return instance;
}

void runExclusively(TF_OpKernelContext* context, const std::function<void()>& compute) {
  const std::lock_guard<std::mutex> lock(kernelMutex());
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

std::vector<std::string> registerOps() {
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("fma");
  if (!avx512) return {};
  const bool bf16 = __builtin_cpu_supports("avx512bf16");
  for (const auto& group : {winogradOps(), implicitGemmOps(), batchNormOps(), fixedPointOps()}) {
    for (const auto& op : group) {
      registerOp(op);
      for (const auto& [type, compute] : op.kernels) {
        if (type == TF_FLOAT || bf16) registerKernel(op, type, compute);
      }
    }
  }
  return bf16 ? std::vector<std::string>{"float32", "bfloat16"} : std::vector<std::string>{"float32"};
}

}  // namespace sulcus
