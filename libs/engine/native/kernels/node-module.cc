// The Node.js module: loading it registers the ops with the TensorFlow of this process.
#include <link.h>
#include <malloc.h>
#include <node_api.h>
#include <sys/mman.h>

#include <cstring>
#include <exception>

#include "ops.h"

namespace {

/**
 * Unmaps the pages of libtensorflow that nothing can have written to: loading it reads through 0.25 GB of tables and
 * constructors that are not needed again. A page that is comes back from the file when it is touched.
 */
int releaseReadOnlyPages(dl_phdr_info* library, size_t, void*) {
  if (!std::strstr(library->dlpi_name, "libtensorflow")) return 0;
  constexpr uintptr_t kPage = 4096;
  for (int index = 0; index < library->dlpi_phnum; index++) {
    const auto& segment = library->dlpi_phdr[index];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W)) continue;
    const uintptr_t start = (library->dlpi_addr + segment.p_vaddr + kPage - 1) / kPage * kPage;
    const uintptr_t end = (library->dlpi_addr + segment.p_vaddr + segment.p_memsz) / kPage * kPage;
    if (start < end) madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);
  }
  return 0;
}

/** releaseFreeMemory(): returns to the system what is free in the C library's heap, and what only loading needed. */
napi_value releaseFreeMemory(napi_env env, napi_callback_info) {
  malloc_trim(0);
  dl_iterate_phdr(releaseReadOnlyPages, nullptr);
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
    for (const auto& type : sulcus::registerOps()) {
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
