// Rows that will be needed soon, brought into the cache a few at a time while the kernel computes:
// where a pattern goes next no processor foresees, and all at once they would be waited for. Layer:
// kernel.
#pragma once

#include <array>

#include "shape.hpp"

namespace tartan::detail::inline TARTAN_ISA {

template <class T>
class Ahead {
 public:
  void clear() { used_ = at_ = row_ = pace_ = rows_ = 0; }

  /// `rows` rows of `cols` numbers each, which lie `stride` apart. Beyond a few such runs, ignored.
  template <class S>
  void add(const S* data, Index stride, Index rows, Index cols) {
    if (rows <= 0) return;
    if (done()) clear();
    if (used_ == runs) return;
    constexpr auto size = static_cast<Index>(sizeof(S));
    run_[static_cast<std::size_t>(used_++)] = {reinterpret_cast<const char*>(data), stride * size,
                                               rows, cols * size};
    rows_ += rows;
  }

  /// Has all rows asked for in the next `steps` calls of step().
  void within(Index steps) { pace_ = ceil_div(rows_, steps); }

  bool done() const { return at_ == used_; }

  void step() {
    for (Index n = pace_; n > 0 && !done(); --n) {
      const Run& run = run_[static_cast<std::size_t>(at_)];
      const char* row = run.data + row_ * run.stride;
      for (Index c = 0; c < run.width; c += line) simd::prefetch(row + c);
      if (++row_ == run.rows) {
        row_ = 0;
        ++at_;
      }
    }
  }

 private:
  static constexpr Index runs = 12;
  static constexpr Index line = 64;  ///< bytes of a cache line
  struct Run {
    const char* data;
    Index stride, rows, width;  ///< in bytes, but for the rows
  };

  std::array<Run, static_cast<std::size_t>(runs)> run_{};
  Index used_ = 0;
  Index at_ = 0;  ///< the run and its row that come next
  Index row_ = 0;
  Index rows_ = 0;
  Index pace_ = 0;
};

}  // namespace tartan::detail::inline TARTAN_ISA
