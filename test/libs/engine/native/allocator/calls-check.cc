// What a program sees of the C library's calls when the engine's memory is loaded before it. Prints a line for each
// mistake.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

namespace {

constexpr size_t kMegabyte = 1 << 20;

#define CHECK(holds) ((holds) ? void() : void(std::printf("%s\n", #holds)))

size_t residentBytes() {
  size_t pages = 0;
  FILE* file = std::fopen("/proc/self/statm", "r");
  if (std::fscanf(file, "%*s %zu", &pages) != 1) std::abort();
  std::fclose(file);
  return pages * sysconf(_SC_PAGESIZE);
}

char* aligned(size_t alignment, size_t bytes) {
  void* block = nullptr;
  CHECK(posix_memalign(&block, alignment, bytes) == 0);
  CHECK(reinterpret_cast<uintptr_t>(block) % alignment == 0);
  CHECK(malloc_usable_size(block) >= bytes);
  return static_cast<char*>(block);
}

void checkArguments() {
  void* block = nullptr;
  CHECK(posix_memalign(&block, 24, kMegabyte) == EINVAL && !block);
  for (const size_t bytes : {SIZE_MAX / 2, SIZE_MAX - 100})
    CHECK(posix_memalign(&block, 64, bytes) == ENOMEM && !block);
  std::free(nullptr);
  for (const size_t alignment : {8, 64, 4096, 65536}) {
    for (const size_t bytes : {size_t{0}, size_t{1}, size_t{65535}, size_t{65536}, 3 * kMegabyte + 1})
      std::free(aligned(alignment, bytes));
  }
}

void checkContents() {
  char* block = aligned(64, 2 * kMegabyte);
  std::memset(block, 7, 2 * kMegabyte);
  block = static_cast<char*>(std::realloc(block, 5 * kMegabyte));
  CHECK(block[0] == 7 && block[2 * kMegabyte - 1] == 7);
  std::memset(block, 8, 5 * kMegabyte);
  block = static_cast<char*>(std::realloc(block, 100));
  CHECK(block[0] == 8 && block[99] == 8);
  std::free(block);
}

/** Blocks of all sizes in a random order need little more than what is in use, and nothing when they have ended. */
void checkResident() {
  const size_t before = residentBytes();
  std::mt19937 random(1);
  std::vector<std::pair<char*, size_t>> blocks;
  size_t inUse = 0, most = 0, mostResident = 0;
  for (int call = 0; call < 4000; call++) {
    const size_t bytes = (random() % 64 + 1) * kMegabyte / 4;
    if (inUse + bytes > 400 * kMegabyte) {
      const size_t index = random() % blocks.size();
      inUse -= blocks[index].second;
      std::free(blocks[index].first);
      blocks[index] = blocks.back();
      blocks.pop_back();
      continue;
    }
    blocks.emplace_back(aligned(64, bytes), bytes);
    std::memset(blocks.back().first, 1, bytes);
    inUse += bytes;
    most = std::max(most, inUse);
    mostResident = std::max(mostResident, residentBytes());
  }
  CHECK(mostResident < before + most + most / 6);
  for (const auto& [block, bytes] : blocks) std::free(block);
  malloc_trim(0);
  CHECK(residentBytes() < before + 16 * kMegabyte);
}

/** What one thread writes no other overwrites. */
void checkThreads() {
  std::vector<std::thread> threads;
  for (int id = 1; id <= 4; id++) {
    threads.emplace_back([id] {
      std::mt19937 random(id);
      std::vector<std::pair<char*, size_t>> blocks;
      for (int call = 0; call < 3000; call++) {
        const size_t bytes = random() % (kMegabyte / 2) + 1;
        char* const block = aligned(64, bytes);
        block[0] = block[bytes - 1] = static_cast<char>(id);
        blocks.emplace_back(block, bytes);
        if (blocks.size() < 20) continue;
        const auto [oldest, size] = blocks[call % 20];
        CHECK(oldest[0] == id && oldest[size - 1] == id);
        std::free(oldest);
        blocks[call % 20] = blocks.back();
        blocks.pop_back();
      }
      for (const auto& [each, size] : blocks) std::free(each);
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace

int main() {
  checkArguments();
  checkContents();
  checkResident();
  checkThreads();
}
