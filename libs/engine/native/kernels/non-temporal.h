// Non-temporal stores: an output that is too large for the cache is written to memory past it.
#pragma once

#include "avx512.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/**
 * Outputs from this size on have left the cache before they are read. A non-temporal store saves the read of each cache
 * line that an ordinary store begins with.
 */
constexpr int64_t kNonTemporalBytes = 4 * 1024 * 1024;

/** Elements of two vectors: in bfloat16 a whole cache line. */
constexpr int kPairLanes = 2 * kLanes;

inline void storePair(float* to, Vec first, Vec second) {
  store(to, first);
  store(to + kLanes, second);
}
inline void storePair(bfloat16* to, Vec first, Vec second) {
  _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(second, first));
}

/** `to` must be aligned to a cache line; an `_mm_sfence()` must follow before another thread reads. */
inline void storePairNonTemporal(float* to, Vec first, Vec second) {
  _mm512_stream_ps(to, first);
  _mm512_stream_ps(to + kLanes, second);
}
inline void storePairNonTemporal(bfloat16* to, Vec first, Vec second) {
  _mm512_stream_si512(reinterpret_cast<__m512i*>(to), (__m512i)_mm512_cvtne2ps_pbh(second, first));
}

/** Whether an output of `count` elements in rows of `rowLength` is large enough, and each row aligned to a cache line.
 */
template <class T>
bool useNonTemporalStores(const T* to, int64_t rowLength, int64_t count) {
  const bool aligned = reinterpret_cast<uintptr_t>(to) % 64 == 0 && rowLength * sizeof(T) % 64 == 0;
  return aligned && count * static_cast<int64_t>(sizeof(T)) >= kNonTemporalBytes;
}

}  // namespace sulcus

#pragma GCC pop_options
