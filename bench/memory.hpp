// The memory that a process has held. Part of the benchmark.
#pragma once

#include <sys/resource.h>

namespace bench {

/// The most bytes that this process ever held.
inline double peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

}  // namespace bench
