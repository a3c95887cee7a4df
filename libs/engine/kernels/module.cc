// A module of Node.js: loading it registers the operations with the TensorFlow in this process.
#include <malloc.h>
#include <node_api.h>

#include <exception>

#include "operations.h"

namespace {

/** releaseFreeMemory(): gives back to the system what is free inside the heap too, not at its end only. */
napi_value releaseFreeMemory(napi_env env, napi_callback_info) {
  malloc_trim(0);
  napi_value undefined;
  napi_get_undefined(env, &undefined);
  return undefined;
}

}  // namespace

NAPI_MODULE_INIT() {
  try {
    napi_value release;
    napi_create_function(env, "releaseFreeMemory", NAPI_AUTO_LENGTH, releaseFreeMemory, nullptr, &release);
    napi_set_named_property(env, exports, "releaseFreeMemory", release);
    napi_value types;
    napi_create_array(env, &types);
    uint32_t index = 0;
    for (const auto& type : sulcus::registerOperations()) {
      napi_value name;
      napi_create_string_utf8(env, type.c_str(), type.size(), &name);
      napi_set_element(env, types, index++, name);
    }
    napi_set_named_property(env, exports, "elementTypes", types);
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return exports;
}
