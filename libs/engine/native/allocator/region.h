// A best-fit allocator in one range of addresses, which places blocks where the fewest new pages must be committed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

namespace sulcus {

/**
 * A range of reserved addresses in which blocks are allocated and freed. The system commits memory to a page when it is
 * first written to, so two things keep resident memory near what is in use, whatever the order of the calls:
 *
 * - A block goes where the fewest pages must be committed, and of such places into the smallest hole (best fit; Knuth,
 *   The Art of Computer Programming 1, 2.5).
 * - Resident pages are bounded by the peak of bytes in use plus 1/32: before new ones are committed, those that have
 * been idle longest are decommitted.
 *
 * Not thread-safe.
 */
class Region {
 public:
  /** Pages are counted in the size of huge pages on x86-64. */
  static constexpr size_t kPage = size_t{1} << 21;
  /** Offsets and sizes of blocks are multiples of this. */
  static constexpr size_t kAlignment = 4096;

  /**
   * @param base address of the range, a multiple of kPage
   * @param bytes its size, a multiple of kPage
   * @param decommit returns the memory of a page to the system; its contents are lost
   */
  Region(char* base, size_t bytes, void (*decommit)(void* page, size_t bytes));

  /** @returns nullptr when no hole is large enough */
  void* allocate(size_t bytes);

  /** Frees a block that `allocate` returned. */
  void deallocate(void* block);

  /** Usable bytes of a block, not fewer than asked for. */
  size_t sizeOf(const void* block) const;

  bool owns(const void* address) const {
    return static_cast<size_t>(static_cast<const char*>(address) - base_) < bytes_;
  }

  /** Decommits all pages without a block; the peak is what is in use from here on. */
  void trim();

  size_t bytesInUse() const { return bytesInUse_; }
  size_t bytesResident() const { return residentPages_ * kPage; }

 private:
  struct Page {
    /** Number of blocks that lie on it. */
    uint32_t blocks = 0;
    bool resident = false;
    /** When its last block was freed, in calls of `deallocate`. */
    uint64_t idleSince = 0;
  };
  /** Where a block may go: its offset, the pages to commit, and the size of the hole. */
  struct Placement {
    size_t start, newPages, holeBytes;
    bool isBetterThan(const Placement& other) const {
      return newPages != other.newPages ? newPages < other.newPages : holeBytes < other.holeBytes;
    }
  };
  using Holes = std::map<size_t, size_t>;

  Holes::iterator findBestFit(size_t bytes, Placement& best);
  Placement placementAt(size_t start, size_t bytes, size_t holeBytes) const;
  void decommitIdlePages(size_t newPages);
  void decommit(Page& page);

  char* const base_;
  const size_t bytes_;
  void (*const decommit_)(void*, size_t);
  std::vector<Page> pages_;
  /** Offset of each hole, and of its end. */
  Holes holes_;
  /** Offset and size of each block. */
  std::unordered_map<size_t, size_t> blocks_;
  size_t bytesInUse_ = 0, peakInUse_ = 0, residentPages_ = 0, usedPages_ = 0;
  uint64_t clock_ = 0;
};

}  // namespace sulcus
