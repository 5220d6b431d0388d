// The executor over OpenMP's threads. Without -fopenmp it runs on the caller's. Layer: parallel.
#pragma once

#include "executor.hpp"
#include "serial.hpp"
#ifdef _OPENMP
#include <omp.h>
#endif

namespace tartan {

// Not the same type in a program's objects with OpenMP and in those without.
#ifdef _OPENMP
inline namespace with_openmp {
#else
inline namespace without_openmp {
#endif

struct OpenMP {
  /// Threads to use; 0 is OpenMP's own choice (OMP_NUM_THREADS, else all cores).
  int threads = 0;

  /// Threads that a call will run on.
  Index concurrency() const {
#ifdef _OPENMP
    return threads > 0 ? threads : omp_get_max_threads();
#else
    return 1;
#endif
  }

  void operator()(Index count, Task task) const {
#ifdef _OPENMP
    const int team = static_cast<int>(detail::min(count, concurrency()));
#pragma omp parallel for schedule(dynamic, 1) num_threads(team)
    for (Index t = 0; t < count; ++t) task(t);
#else
    Serial{}(count, task);
#endif
  }
};

}  // namespace

/// What runs the work where no executor is given.
#ifdef _OPENMP
using DefaultExecutor = OpenMP;
#else
using DefaultExecutor = Serial;
#endif

}  // namespace tartan
