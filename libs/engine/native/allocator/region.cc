#include "region.h"

#include <algorithm>

namespace sulcus {

namespace {

constexpr size_t roundUp(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

/** The most pages with memory for so many bytes in use. */
constexpr size_t pageLimit(size_t bytesInUse) { return (bytesInUse + bytesInUse / 32) / Region::kPage + 1; }

}  // namespace

Region::Region(char* base, size_t bytes, void (*giveBack)(void*, size_t))
    : base_(base), bytes_(bytes), giveBack_(giveBack), pages_(bytes / kPage) {
  holes_[0] = bytes;
}

void* Region::allocate(size_t bytes) {
  // Rounded up, still larger ones could come out small.
  if (bytes > bytes_) return nullptr;
  const size_t size = roundUp(std::max<size_t>(bytes, 1), kGrain);
  Place place;
  const auto hole = choose(size, place);
  if (hole == holes_.end()) return nullptr;
  const auto [start, end] = *hole;
  holes_.erase(hole);
  if (start < place.start) holes_[start] = place.start;
  if (place.start + size < end) holes_[place.start + size] = end;

  bytesInUse_ += size;
  mostInUse_ = std::max(mostInUse_, bytesInUse_);
  const size_t first = place.start / kPage, behind = roundUp(place.start + size, kPage) / kPage;
  // Before memory is taken away from idle pages, so that those of this block keep theirs.
  for (size_t index = first; index < behind; index++) pages_[index].blocks++;
  if (place.newPages > 0) makeRoomFor(place.newPages);
  for (size_t index = first; index < behind; index++) pages_[index].resident = true;
  residentPages_ += place.newPages;
  usedPages_ = std::max(usedPages_, behind);
  blocks_[place.start] = size;
  return base_ + place.start;
}

void Region::release(void* block) {
  size_t start = static_cast<char*>(block) - base_;
  const auto found = blocks_.find(start);
  size_t end = start + found->second;
  blocks_.erase(found);
  bytesInUse_ -= end - start;
  clock_++;
  for (size_t index = start / kPage; index < roundUp(end, kPage) / kPage; index++) {
    if (--pages_[index].blocks == 0) pages_[index].idleSince = clock_;
  }
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
    if (pages_[index].resident && pages_[index].blocks == 0) giveBack(pages_[index]);
  }
  mostInUse_ = bytesInUse_;
}

Region::Holes::iterator Region::choose(size_t bytes, Place& best) {
  auto chosen = holes_.end();
  const auto consider = [&](Holes::iterator hole, size_t start) {
    const Place place = placeAt(start, bytes, hole->second - hole->first);
    if (chosen != holes_.end() && !place.isBetterThan(best)) return;
    best = place;
    chosen = hole;
  };
  for (auto hole = holes_.begin(); hole != holes_.end(); ++hole) {
    const auto [start, end] = *hole;
    if (end - start < bytes) continue;
    consider(hole, start);
    // The far end of the last hole is where nothing has been yet.
    if (end != bytes_ && end - start > bytes) consider(hole, end - bytes);
  }
  return chosen;
}

Region::Place Region::placeAt(size_t start, size_t bytes, size_t hole) const {
  size_t newPages = 0;
  for (size_t index = start / kPage; index < roundUp(start + bytes, kPage) / kPage; index++)
    newPages += !pages_[index].resident;
  return {start, newPages, hole};
}

void Region::makeRoomFor(size_t newPages) {
  const size_t limit = pageLimit(mostInUse_);
  if (residentPages_ + newPages <= limit) return;
  std::vector<Page*> idle;
  for (size_t index = 0; index < usedPages_; index++) {
    if (pages_[index].resident && pages_[index].blocks == 0) idle.push_back(&pages_[index]);
  }
  const size_t surplus = std::min(residentPages_ + newPages - limit, idle.size());
  std::partial_sort(idle.begin(), idle.begin() + surplus, idle.end(),
                    [](const Page* a, const Page* b) { return a->idleSince < b->idleSince; });
  for (size_t index = 0; index < surplus; index++) giveBack(*idle[index]);
}

void Region::giveBack(Page& page) {
  giveBack_(base_ + (&page - pages_.data()) * kPage, kPage);
  page.resident = false;
  residentPages_--;
}

}  // namespace sulcus
