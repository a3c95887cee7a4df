#include "region.h"

#include <algorithm>

namespace sulcus {

namespace {

constexpr size_t roundUp(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

/** The most resident pages for so many bytes in use. */
constexpr size_t pageLimit(size_t bytesInUse) { return (bytesInUse + bytesInUse / 32) / Region::kPage + 1; }

}  // namespace

Region::Region(char* base, size_t bytes, void (*decommit)(void*, size_t))
    : base_(base), bytes_(bytes), decommit_(decommit), pages_(bytes / kPage) {
  holes_[0] = bytes;
}

void* Region::allocate(size_t bytes) {
  // Rounding up wraps the largest sizes to small ones.
  if (bytes > bytes_) return nullptr;
  const size_t size = roundUp(std::max<size_t>(bytes, 1), kAlignment);
  Placement placement;
  const auto hole = findBestFit(size, placement);
  if (hole == holes_.end()) return nullptr;
  const auto [start, end] = *hole;
  holes_.erase(hole);
  if (start < placement.start) holes_[start] = placement.start;
  if (placement.start + size < end) holes_[placement.start + size] = end;

  bytesInUse_ += size;
  peakInUse_ = std::max(peakInUse_, bytesInUse_);
  const size_t first = placement.start / kPage, last = roundUp(placement.start + size, kPage) / kPage;
  // Before idle pages are decommitted, so that those of this block keep their memory.
  for (size_t index = first; index < last; index++) pages_[index].blocks++;
  if (placement.newPages > 0) decommitIdlePages(placement.newPages);
  for (size_t index = first; index < last; index++) pages_[index].resident = true;
  residentPages_ += placement.newPages;
  usedPages_ = std::max(usedPages_, last);
  blocks_[placement.start] = size;
  return base_ + placement.start;
}

void Region::deallocate(void* block) {
  size_t start = static_cast<char*>(block) - base_;
  const auto found = blocks_.find(start);
  size_t end = start + found->second;
  blocks_.erase(found);
  bytesInUse_ -= end - start;
  clock_++;
  for (size_t index = start / kPage; index < roundUp(end, kPage) / kPage; index++) {
    if (--pages_[index].blocks == 0) pages_[index].idleSince = clock_;
  }
  // Coalesces with the holes on both sides.
  auto next = holes_.lower_bound(start);
  if (next != holes_.end() && next->first == end) {
    end = next->second;
    next = holes_.erase(next);
  }
  if (next != holes_.begin() && std::prev(next)->second == start)
    std::prev(next)->second = end;
  else
    holes_[start] = end;
}

size_t Region::sizeOf(const void* block) const { return blocks_.at(static_cast<const char*>(block) - base_); }

void Region::trim() {
  for (size_t index = 0; index < usedPages_; index++) {
    if (pages_[index].resident && pages_[index].blocks == 0) decommit(pages_[index]);
  }
  peakInUse_ = bytesInUse_;
}

Region::Holes::iterator Region::findBestFit(size_t bytes, Placement& best) {
  auto chosen = holes_.end();
  const auto consider = [&](Holes::iterator hole, size_t start) {
    const Placement placement = placementAt(start, bytes, hole->second - hole->first);
    if (chosen != holes_.end() && !placement.isBetterThan(best)) return;
    best = placement;
    chosen = hole;
  };
  for (auto hole = holes_.begin(); hole != holes_.end(); ++hole) {
    const auto [start, end] = *hole;
    if (end - start < bytes) continue;
    consider(hole, start);
    // The far end of the last hole has never been used.
    if (end != bytes_ && end - start > bytes) consider(hole, end - bytes);
  }
  return chosen;
}

Region::Placement Region::placementAt(size_t start, size_t bytes, size_t holeBytes) const {
  size_t newPages = 0;
  for (size_t index = start / kPage; index < roundUp(start + bytes, kPage) / kPage; index++)
    newPages += !pages_[index].resident;
  return {start, newPages, holeBytes};
}

void Region::decommitIdlePages(size_t newPages) {
  const size_t limit = pageLimit(peakInUse_);
  if (residentPages_ + newPages <= limit) return;
  std::vector<Page*> idle;
  for (size_t index = 0; index < usedPages_; index++) {
    if (pages_[index].resident && pages_[index].blocks == 0) idle.push_back(&pages_[index]);
  }
  const size_t surplus = std::min(residentPages_ + newPages - limit, idle.size());
  std::partial_sort(idle.begin(), idle.begin() + surplus, idle.end(),
                    [](const Page* a, const Page* b) { return a->idleSince < b->idleSince; });
  for (size_t index = 0; index < surplus; index++) decommit(*idle[index]);
}

void Region::decommit(Page& page) {
  decommit_(base_ + (&page - pages_.data()) * kPage, kPage);
  page.resident = false;
  residentPages_--;
}

}  // namespace sulcus
