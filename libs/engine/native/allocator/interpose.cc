// Interposes the C library's allocation functions when it is loaded before it (LD_PRELOAD): large aligned blocks, which
// is how TensorFlow allocates tensors (TF_ONEDNN_USE_SYSTEM_ALLOCATOR), come from a Region, all others from the C
// library.
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "region.h"

extern "C" {
// The C library's own functions, under the names that glibc exports for interposition.
void* __libc_memalign(size_t alignment, size_t bytes);
void* __libc_realloc(void* block, size_t bytes);
void __libc_free(void* block);
}

namespace {

using sulcus::Region;

/** Smaller blocks stay with the C library. */
constexpr size_t kMinBytes = 64 << 10;

void decommit(void* page, size_t bytes) { madvise(page, bytes, MADV_DONTNEED); }

/** Set once, before the first of its blocks is returned. */
std::atomic<Region*> opened = nullptr;

/** Reserves addresses for as much as the machine has memory; none is committed before it is written to. */
Region* openRegion() {
  const size_t physical = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  const size_t bytes = physical / Region::kPage * Region::kPage;
  void* range =
      mmap(nullptr, bytes + Region::kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) return nullptr;
  const auto address = reinterpret_cast<uintptr_t>(range);
  char* base = reinterpret_cast<char*>((address + Region::kPage - 1) / Region::kPage * Region::kPage);
  madvise(base, bytes, MADV_HUGEPAGE);
  opened = new Region(base, bytes, decommit);
  return opened;
}

/** Never destroyed: blocks are freed until the very end of the process. */
Region* region() {
  static Region* const instance = openRegion();
  return instance;
}

std::mutex& mutex() {
  static std::mutex& instance = *new std::mutex;
  return instance;
}

/** @returns nullptr when the block must come from the C library */
void* allocateLarge(size_t alignment, size_t bytes) {
  if (bytes < kMinBytes || alignment > Region::kAlignment || !region()) return nullptr;
  const std::lock_guard lock(mutex());
  return region()->allocate(bytes);
}

bool isOurs(const void* block) {
  const Region* const known = opened.load(std::memory_order_relaxed);
  return known && known->owns(block);
}

size_t sizeOf(const void* block) {
  const std::lock_guard lock(mutex());
  return region()->sizeOf(block);
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

void* aligned_alloc(size_t alignment, size_t bytes) {
  void* block = allocateLarge(alignment, bytes);
  return block ? block : __libc_memalign(alignment, bytes);
}

void* memalign(size_t alignment, size_t bytes) { return aligned_alloc(alignment, bytes); }

int posix_memalign(void** block, size_t alignment, size_t bytes) {
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  void* const result = aligned_alloc(alignment, bytes);
  if (!result) return ENOMEM;
  *block = result;
  return 0;
}

void free(void* block) {
  if (!isOurs(block)) return __libc_free(block);
  const std::lock_guard lock(mutex());
  region()->deallocate(block);
}

void* realloc(void* block, size_t bytes) {
  if (!isOurs(block)) return __libc_realloc(block, bytes);
  void* const moved = bytes == 0 ? nullptr : malloc(bytes);
  if (bytes != 0 && !moved) return nullptr;
  if (moved) std::memcpy(moved, block, std::min(bytes, sizeOf(block)));
  free(block);
  return moved;
}

size_t malloc_usable_size(void* block) {
  static const auto next = reinterpret_cast<size_t (*)(void*)>(dlsym(RTLD_NEXT, "malloc_usable_size"));
  return isOurs(block) ? sizeOf(block) : next(block);
}

int malloc_trim(size_t pad) {
  static const auto next = reinterpret_cast<int (*)(size_t)>(dlsym(RTLD_NEXT, "malloc_trim"));
  if (Region* const known = opened) {
    const std::lock_guard lock(mutex());
    known->trim();
  }
  return next(pad);
}

}  // extern "C"
#pragma GCC visibility pop
