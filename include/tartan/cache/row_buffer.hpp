// Rows of numbers, one after the other, in memory that grows. Layer: cache.
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "../lattice/index.hpp"

namespace tartan::detail {

/// Numbers on a cache line's boundary, not initialised.
template <class S>
class RowBuffer {
  static_assert(std::is_trivially_copyable_v<S>);
  static constexpr std::align_val_t alignment{64};

 public:
  RowBuffer() = default;
  explicit RowBuffer(Index capacity) : capacity_(capacity) {
    if (capacity > 0) {
      const auto count = static_cast<std::size_t>(capacity);
      if (count > static_cast<std::size_t>(PTRDIFF_MAX) / sizeof(S)) throw std::bad_alloc();
      data_ = static_cast<S*>(::operator new(count * sizeof(S), alignment));
    }
  }
  RowBuffer(RowBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
  RowBuffer& operator=(RowBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~RowBuffer() { ::operator delete(data_, alignment); }

  /// One of `capacity` numbers, with the first `used` of this one.
  RowBuffer with_capacity(Index capacity, Index used) const {
    RowBuffer larger(capacity);
    std::copy_n(data_, used, larger.data_);
    return larger;
  }

  S* data() { return data_; }
  const S* data() const { return data_; }
  Index capacity() const { return capacity_; }

 private:
  S* data_ = nullptr;
  Index capacity_ = 0;
};

}  // namespace tartan::detail
