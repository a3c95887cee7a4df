// Temporary memory of the kernels (oneDNN's scratchpad).
#pragma once

#include <cstdlib>
#include <memory>
#include <new>

namespace sulcus {

/**
 * A bump allocator for one kernel at a time. It grows to the largest need and is kept: the page faults of fresh memory
 * cost more than the arithmetic of a small convolution.
 */
class Scratchpad {
 public:
  /** Invalidates all buffers, and reserves `floats` in all. */
  void reset(size_t floats) {
    used_ = 0;
    if (floats <= size_) return;
    memory_.reset();
    memory_.reset(static_cast<float*>(std::aligned_alloc(kLine, roundUp(floats) * sizeof(float))));
    if (!memory_) throw std::bad_alloc();
    size_ = roundUp(floats);
  }

  /** @returns the next buffer, aligned to a cache line, not cleared; takes `roundUp(floats)` of what is reserved */
  float* allocate(size_t floats) {
    float* buffer = memory_.get() + used_;
    used_ += roundUp(floats);
    return buffer;
  }

  /** Up to a whole cache line. */
  static size_t roundUp(size_t floats) { return (floats + kLineFloats - 1) / kLineFloats * kLineFloats; }

 private:
  static constexpr size_t kLine = 64, kLineFloats = kLine / sizeof(float);
  struct Free {
    void operator()(float* memory) const { std::free(memory); }
  };
  std::unique_ptr<float, Free> memory_;
  size_t size_ = 0, used_ = 0;
};

/** The scratchpad of all kernels, which run one after the other. */
inline Scratchpad& scratchpad() {
  static Scratchpad instance;
  return instance;
}

}  // namespace sulcus
