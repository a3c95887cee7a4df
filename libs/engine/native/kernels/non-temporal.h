// Results written past the cache.
#pragma once

#include "avx512.h"

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma")

namespace sulcus {

/** Results larger than this are not read again before they have left the cache: writing them past it saves reading them
 * first. */
constexpr int64_t kStreamBytes = 4 * 1024 * 1024;

/** Two vectors are a whole line of the cache in bfloat16. */
constexpr int kPair = 2 * kLanes;

inline void storePair(float* to, Vec first, Vec second) {
  store(to, first);
  store(to + kLanes, second);
}
inline void storePair(bfloat16* to, Vec first, Vec second) {
  _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(second, first));
}
inline void streamPair(float* to, Vec first, Vec second) {
  _mm512_stream_ps(to, first);
  _mm512_stream_ps(to + kLanes, second);
}
inline void streamPair(bfloat16* to, Vec first, Vec second) {
  _mm512_stream_si512(reinterpret_cast<__m512i*>(to), (__m512i)_mm512_cvtne2ps_pbh(second, first));
}

/** Whether rows of results begin at whole lines and there are so many that they should go past the cache. */
template <class T>
bool shouldStream(const T* to, int64_t rowLength, int64_t count) {
  const bool whole = reinterpret_cast<uintptr_t>(to) % 64 == 0 && rowLength * sizeof(T) % 64 == 0;
  return whole && count * static_cast<int64_t>(sizeof(T)) >= kStreamBytes;
}

}  // namespace sulcus

#pragma GCC pop_options
