// Random blocks in a region whose addresses nobody touches, checked against a list of them. Prints what happened as
// JSON. Arguments: bytes of the region, number of calls, seed, most bytes in use.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <vector>

#include "region.h"

using sulcus::Region;

namespace {

char* const kBase = reinterpret_cast<char*>(uintptr_t{1} << 40);

/** Live blocks: first address and the one behind. */
std::map<char*, char*> live;
size_t decommitted = 0, decommittedInUse = 0;

bool meetsBlock(char* start, char* end) {
  const auto next = live.lower_bound(end);
  return next != live.begin() && std::prev(next)->second > start;
}

void decommit(void* page, size_t bytes) {
  decommitted++;
  decommittedInUse += meetsBlock(static_cast<char*>(page), static_cast<char*>(page) + bytes);
}

}  // namespace

int main(int, char** arguments) {
  const size_t bytes = std::atoll(arguments[1]), most = std::atoll(arguments[4]);
  Region region(kBase, bytes, decommit);
  std::mt19937_64 random(std::atoll(arguments[3]));
  size_t overlaps = 0, outside = 0, unaligned = 0, refused = 0, inUse = 0, mostInUse = 0, mostBlocks = 0,
         aboveLimit = 0;
  for (long call = std::atol(arguments[2]); call > 0; call--) {
    const size_t size = size_t{1} << (random() % 12 + 12);
    const size_t wanted = size + random() % size;
    if (inUse + wanted > most || (!live.empty() && random() % 2)) {
      const auto block = std::next(live.begin(), random() % live.size());
      inUse -= region.sizeOf(block->first);
      region.deallocate(block->first);
      live.erase(block);
      continue;
    }
    char* const block = static_cast<char*>(region.allocate(wanted));
    if (!block) {
      refused++;
      continue;
    }
    overlaps += meetsBlock(block, block + wanted);
    outside += block < kBase || block + wanted > kBase + bytes || !region.owns(block) || region.sizeOf(block) < wanted;
    unaligned += (block - kBase) % Region::kAlignment != 0;
    live[block] = block + wanted;
    inUse += region.sizeOf(block);
    mostInUse = std::max(mostInUse, inUse);
    mostBlocks = std::max(mostBlocks, live.size());
    // Blocks do not end where pages do: each may have two in part. All others are within the limit.
    aboveLimit += region.bytesResident() > mostInUse + mostInUse / 32 + (2 * mostBlocks + 1) * Region::kPage;
  }
  const bool countsRight = region.bytesInUse() == inUse;
  while (!live.empty()) {
    region.deallocate(live.begin()->first);
    live.erase(live.begin());
  }
  region.trim();
  const bool isEmpty = region.bytesInUse() == 0 && region.bytesResident() == 0;
  const bool isWhole = region.allocate(bytes) == kBase && !region.allocate(1);
  std::printf(
      "{\"overlaps\":%zu,\"outside\":%zu,\"unaligned\":%zu,\"decommittedInUse\":%zu,\"aboveLimit\":%zu,\"refused\":%zu,"
      "\"decommitted\":%zu,",
      overlaps, outside, unaligned, decommittedInUse, aboveLimit, refused, decommitted);
  std::printf("\"countsRight\":%d,\"isEmpty\":%d,\"isWhole\":%d}\n", countsRight, isEmpty, isWhole);
}
