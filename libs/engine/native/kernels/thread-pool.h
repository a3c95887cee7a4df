// Threads that work on one thing at a time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sulcus {

/**
 * The caller and its helpers share out the items of a loop. Which thread takes which item changes nothing in the
 * result, so results do not depend on the number of threads. Helpers wait awake for a moment between loops, then sleep:
 * the kernels of TensorFlow that run in between have the processor to themselves.
 */
class Team {
 public:
  explicit Team(int threads) : shares_(threads) {
    for (int helper = 1; helper < threads; helper++) helpers_.emplace_back([this, helper] { help(helper); });
  }

  ~Team() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
    for (auto& helper : helpers_) helper.join();
  }

  int threads() const { return static_cast<int>(helpers_.size()) + 1; }

  /** An item of a loop, and the number of the thread that takes it, below `threads()` and below the number of items. */
  using Item = std::function<void(int index, int thread)>;

  /** Calls `item` for every index below `count`, and returns when all have returned. One loop at a time, and none
   * inside another. */
  void each(int count, const Item& item) {
    if (count <= 1 || helpers_.empty()) {
      for (int index = 0; index < count; index++) item(index, 0);
      return;
    }
    item_ = &item;
    for (int thread = 0; thread < threads(); thread++) {
      shares_[thread].next.store(begin(count, thread), std::memory_order_relaxed);
      shares_[thread].end = begin(count, thread + 1);
    }
    count_ = count;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      gate_.store((gate_.load(std::memory_order_relaxed) & ~kMembers) + kLoop + kOpen, std::memory_order_release);
    }
    wake_.notify_all();
    take(0);
    // A helper that has not begun by now is not waited for.
    gate_.fetch_and(~kOpen, std::memory_order_acq_rel);
    for (int turn = 0; (gate_.load(std::memory_order_acquire) & kMembers) != 0; turn++) pause(turn);
  }

 private:
  // One word, so that joining a loop and its closing cannot miss each other: helpers inside, open or not, number of the
  // loop.
  static constexpr uint64_t kMembers = (1u << 16) - 1;
  static constexpr uint64_t kOpen = 1u << 16;
  static constexpr uint64_t kLoop = 1u << 17;
  static constexpr int kAwakeTurns = 4000;
  static constexpr int kTurnsBeforeYield = 1000;

  static void pause(int turn) {
    if (turn < kTurnsBeforeYield)
      __builtin_ia32_pause();
    else
      std::this_thread::yield();
  }

  /** The items of one thread, which others take over when they have no more of their own. */
  struct alignas(64) Share {
    std::atomic<int> next{0};
    int end = 0;
  };

  int begin(int count, int thread) const { return static_cast<int>(static_cast<int64_t>(count) * thread / threads()); }

  void take(int thread) {
    for (int turn = 0; turn < threads(); turn++) {
      Share& share = shares_[(thread + turn) % threads()];
      for (int index = share.next.fetch_add(1); index < share.end; index = share.next.fetch_add(1))
        (*item_)(index, thread);
    }
  }

  void help(int thread) {
    for (uint64_t seen = 0;;) {
      uint64_t gate = gate_.load(std::memory_order_acquire);
      for (int turn = 0; turn < kAwakeTurns && gate / kLoop == seen; turn++) {
        __builtin_ia32_pause();
        gate = gate_.load(std::memory_order_acquire);
      }
      if (gate / kLoop == seen) {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return ending_ || gate_.load(std::memory_order_acquire) / kLoop != seen; });
        if (ending_) return;
        continue;
      }
      // A loop that closed before this thread was awake is over; the next one comes soon.
      if ((gate & kOpen) == 0) {
        seen = gate / kLoop;
        continue;
      }
      if (!gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acq_rel)) continue;
      seen = gate / kLoop;
      if (thread < count_) take(thread);
      gate_.fetch_sub(1, std::memory_order_acq_rel);
    }
  }

  std::vector<std::thread> helpers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::atomic<uint64_t> gate_{0};
  std::vector<Share> shares_;
  int count_ = 0;
  const Item* item_ = nullptr;
};

}  // namespace sulcus
