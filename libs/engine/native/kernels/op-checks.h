// Checks that several ops make.
#pragma once

#include <string>

#include "tensorflow-c-api.h"

namespace sulcus {

/** @throws KernelError when activations do not have as many channels as the filter takes */
inline void checkChannels(int64_t actual, int64_t expected) {
  if (actual != expected)
    throw KernelError("the activations have " + std::to_string(actual) + " channels, the filter is for " +
                      std::to_string(expected));
}

}  // namespace sulcus
