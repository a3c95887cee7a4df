// A thread pool with a parallel-for loop.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sulcus {

/**
 * The calling thread and the pool's workers share the iterations of a loop. Each thread starts with its own contiguous
 * range and steals from the others' when it is done. Which thread runs which iteration must change nothing in the
 * result, so that results do not depend on the number of threads. Between loops workers spin for a moment, then sleep:
 * TensorFlow's own kernels, which run in between, have the processor to themselves.
 */
class ThreadPool {
 public:
  /** @param threads including the calling one */
  explicit ThreadPool(int threads) : ranges_(threads) {
    for (int worker = 1; worker < threads; worker++) workers_.emplace_back([this, worker] { workerLoop(worker); });
  }

  ~ThreadPool() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    wakeUp_.notify_all();
    for (auto& worker : workers_) worker.join();
  }

  int numThreads() const { return static_cast<int>(workers_.size()) + 1; }

  /** One iteration. `thread` tells concurrent ones apart: below `numThreads()` and the number of iterations. */
  using Body = std::function<void(int index, int thread)>;

  /** Calls `body` for every index below `count`; returns when all calls have. One loop at a time, none inside another.
   */
  void parallelFor(int count, const Body& body) {
    if (count <= 1 || workers_.empty()) {
      for (int index = 0; index < count; index++) body(index, 0);
      return;
    }
    body_ = &body;
    for (int thread = 0; thread < numThreads(); thread++) {
      ranges_[thread].next.store(rangeBegin(count, thread), std::memory_order_relaxed);
      ranges_[thread].end = rangeBegin(count, thread + 1);
    }
    count_ = count;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      state_.store((state_.load(std::memory_order_relaxed) & ~kActiveWorkers) + kGeneration + kOpen,
                   std::memory_order_release);
    }
    wakeUp_.notify_all();
    runIterations(0);
    // A worker that has not joined by now is not waited for.
    state_.fetch_and(~kOpen, std::memory_order_acq_rel);
    for (int spins = 0; (state_.load(std::memory_order_acquire) & kActiveWorkers) != 0; spins++) pause(spins);
  }

 private:
  // One atomic word, so that a worker's joining and the loop's closing cannot miss each other: number of workers in the
  // loop, whether it is open to more, and its number (generation).
  static constexpr uint64_t kActiveWorkers = (1u << 16) - 1;
  static constexpr uint64_t kOpen = 1u << 16;
  static constexpr uint64_t kGeneration = 1u << 17;
  static constexpr int kSpinsBeforeSleep = 4000;
  static constexpr int kSpinsBeforeYield = 1000;

  static void pause(int spins) {
    if (spins < kSpinsBeforeYield)
      __builtin_ia32_pause();
    else
      std::this_thread::yield();
  }

  /** The iterations of one thread, on a cache line of its own. */
  struct alignas(64) Range {
    std::atomic<int> next{0};
    int end = 0;
  };

  int rangeBegin(int count, int thread) const {
    return static_cast<int>(static_cast<int64_t>(count) * thread / numThreads());
  }

  void runIterations(int thread) {
    for (int offset = 0; offset < numThreads(); offset++) {
      Range& range = ranges_[(thread + offset) % numThreads()];
      for (int index = range.next.fetch_add(1); index < range.end; index = range.next.fetch_add(1))
        (*body_)(index, thread);
    }
  }

  void workerLoop(int thread) {
    for (uint64_t seen = 0;;) {
      uint64_t state = state_.load(std::memory_order_acquire);
      for (int spins = 0; spins < kSpinsBeforeSleep && state / kGeneration == seen; spins++) {
        __builtin_ia32_pause();
        state = state_.load(std::memory_order_acquire);
      }
      if (state / kGeneration == seen) {
        std::unique_lock<std::mutex> lock(mutex_);
        wakeUp_.wait(lock, [&] { return stopping_ || state_.load(std::memory_order_acquire) / kGeneration != seen; });
        if (stopping_) return;
        continue;
      }
      // The loop closed before this thread was awake; the next one comes soon.
      if ((state & kOpen) == 0) {
        seen = state / kGeneration;
        continue;
      }
      if (!state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel)) continue;
      seen = state / kGeneration;
      if (thread < count_) runIterations(thread);
      state_.fetch_sub(1, std::memory_order_acq_rel);
    }
  }

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wakeUp_;
  bool stopping_ = false;
  std::atomic<uint64_t> state_{0};
  std::vector<Range> ranges_;
  int count_ = 0;
  const Body* body_ = nullptr;
};

}  // namespace sulcus
