// Blocks of memory out of one range of addresses, placed where the fewest new pages are needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

namespace sulcus {

/**
 * A range of addresses that blocks come and go in. Memory is what the system gives to pages that were written to, so
 * two things keep it near what is in use, whatever the order of the calls:
 *
 * - A block takes the place that needs the fewest pages which have no memory yet, of those the smallest hole (best fit;
 *   Knuth, The Art of Computer Programming 1, 2.5).
 * - Pages with memory are bounded by the most that was ever in use and a thirty-second more: before new ones are taken,
 *   those that lie idle longest give theirs back.
 *
 * Not for several threads at once.
 */
class Region {
 public:
  /** Pages are counted in the size of the system's huge pages on x86-64. */
  static constexpr size_t kPage = size_t{1} << 21;
  /** Blocks begin at multiples of this and are multiples of it. */
  static constexpr size_t kGrain = 4096;

  /**
   * @param base address of the range, a multiple of kPage
   * @param bytes its size, a multiple of kPage
   * @param giveBack takes the memory of a page away; what it holds is lost
   */
  Region(char* base, size_t bytes, void (*giveBack)(void* page, size_t bytes));

  /** @returns nullptr when no hole is large enough */
  void* allocate(size_t bytes);

  /** Ends a block that `allocate` returned. */
  void release(void* block);

  /** Bytes of a block, not less than asked for. */
  size_t sizeOf(const void* block) const;

  bool owns(const void* address) const {
    return static_cast<size_t>(static_cast<const char*>(address) - base_) < bytes_;
  }

  /** Gives back all pages without a block; from now on the most in use is what is in use. */
  void trim();

  size_t bytesInUse() const { return bytesInUse_; }
  size_t bytesResident() const { return residentPages_ * kPage; }

 private:
  struct Page {
    /** Blocks that lie on it. */
    uint32_t blocks = 0;
    bool resident = false;
    /** When its last block ended, in calls of `release`. */
    uint64_t idleSince = 0;
  };
  struct Place {
    size_t start, newPages, hole;
    bool isBetterThan(const Place& other) const {
      return newPages != other.newPages ? newPages < other.newPages : hole < other.hole;
    }
  };
  using Holes = std::map<size_t, size_t>;

  Holes::iterator choose(size_t bytes, Place& place);
  Place placeAt(size_t start, size_t bytes, size_t hole) const;
  void makeRoomFor(size_t newPages);
  void giveBack(Page& page);

  char* const base_;
  const size_t bytes_;
  void (*const giveBack_)(void*, size_t);
  std::vector<Page> pages_;
  /** First offset of each hole and the one behind it. */
  Holes holes_;
  /** Offset and size of each block. */
  std::unordered_map<size_t, size_t> blocks_;
  size_t bytesInUse_ = 0, mostInUse_ = 0, residentPages_ = 0, usedPages_ = 0;
  uint64_t clock_ = 0;
};

}  // namespace sulcus
