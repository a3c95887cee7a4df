// Gives the stock binding's sessions a configuration, and its runs options, without a change to the binding's sources:
// they are compiled with TF_NewSessionOptions and TF_SessionRun defined as the functions below. Both messages come from
// the environment, as hexadecimal digits; where a variable is absent, everything is as TensorFlow has it by default.
#undef TF_NewSessionOptions
#undef TF_SessionRun
#include <tensorflow/c/c_api.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

/** Bytes of an environment variable of hexadecimal digits; empty when it is absent or anything else. */
std::string bytesOf(const char* variable) {
  const char* digits = std::getenv(variable);
  std::string bytes;
  for (; digits != nullptr && digits[0] != '\0' && digits[1] != '\0'; digits += 2) {
    char* end = nullptr;
    const char pair[] = {digits[0], digits[1], '\0'};
    bytes.push_back(static_cast<char>(std::strtol(pair, &end, 16)));
    if (*end != '\0') return {};
  }
  return bytes;
}

}  // namespace

/** Options with the ConfigProto of SULCUS_SESSION_CONFIG (tensorflow/core/protobuf/config.proto). */
extern "C" TF_SessionOptions* SulcusNewSessionOptions() {
  TF_SessionOptions* options = TF_NewSessionOptions();
  static const std::string config = bytesOf("SULCUS_SESSION_CONFIG");
  if (config.empty()) return options;
  TF_Status* status = TF_NewStatus();
  TF_SetConfig(options, config.data(), config.size(), status);
  if (TF_GetCode(status) != TF_OK) std::fprintf(stderr, "SULCUS_SESSION_CONFIG: %s\n", TF_Message(status));
  TF_DeleteStatus(status);
  return options;
}

/** A run with the RunOptions of SULCUS_RUN_OPTIONS, for example the time it may take. */
extern "C" void SulcusSessionRun(TF_Session* session, const TF_Buffer* run_options, const TF_Output* inputs,
                                 TF_Tensor* const* input_values, int ninputs, const TF_Output* outputs,
                                 TF_Tensor** output_values, int noutputs, const TF_Operation* const* targets,
                                 int ntargets, TF_Buffer* run_metadata, TF_Status* status) {
  static const std::string bytes = bytesOf("SULCUS_RUN_OPTIONS");
  TF_Buffer* own = bytes.empty() ? nullptr : TF_NewBufferFromString(bytes.data(), bytes.size());
  TF_SessionRun(session, own != nullptr ? own : run_options, inputs, input_values, ninputs, outputs, output_values,
                noutputs, targets, ntargets, run_metadata, status);
  if (own != nullptr) TF_DeleteBuffer(own);
}
