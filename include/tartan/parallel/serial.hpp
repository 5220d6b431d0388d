// The executor of one thread: the caller's. Layer: parallel.
#pragma once

#include "executor.hpp"

namespace tartan {

struct Serial {
  Index concurrency() const { return 1; }

  void operator()(Index count, Task task) const {
    for (Index t = 0; t < count; ++t) task(t);
  }
};

}  // namespace tartan
