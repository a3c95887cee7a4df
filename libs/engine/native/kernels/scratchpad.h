// Memory that kernels compute in.
#pragma once

#include <cstdlib>
#include <memory>
#include <new>

namespace sulcus {

/** Memory for one call at a time. It grows to the largest need and is kept: fresh pages cost more than the arithmetic
 * of a small convolution. */
class Scratch {
 public:
  /** Ends the life of all parts taken before, and makes room for `floats` in all. */
  void reset(size_t floats) {
    taken_ = 0;
    if (floats <= size_) return;
    memory_.reset();
    memory_.reset(static_cast<float*>(std::aligned_alloc(kLine, roundUp(floats) * sizeof(float))));
    if (!memory_) throw std::bad_alloc();
    size_ = roundUp(floats);
  }

  /** @returns the next part, aligned to a cache line, not cleared */
  float* take(size_t floats) {
    float* part = memory_.get() + taken_;
    taken_ += roundUp(floats);
    return part;
  }

  static size_t roundUp(size_t floats) { return (floats + kLineFloats - 1) / kLineFloats * kLineFloats; }

 private:
  static constexpr size_t kLine = 64, kLineFloats = kLine / sizeof(float);
  struct Free {
    void operator()(float* memory) const { std::free(memory); }
  };
  std::unique_ptr<float, Free> memory_;
  size_t size_ = 0, taken_ = 0;
};

/** Scratch of the kernels, which run one after the other. */
inline Scratch& scratch() {
  static Scratch instance;
  return instance;
}

}  // namespace sulcus
