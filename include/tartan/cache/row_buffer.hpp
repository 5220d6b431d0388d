// Rows of numbers, one after the other, in memory that grows. Layer: cache.
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>
#ifdef __linux__
#include <sys/mman.h>  // madvise
#endif

#include "../lattice/index.hpp"

namespace tartan::detail {

/// Memory from this size on is asked for in pages of this size, where the system has them: rows
/// that lie far apart are each on a page of their own otherwise, and finding a page takes longer
/// than reading a row (65536 keys: every 256th 20 % faster, all of them 5 %).
inline constexpr std::size_t huge_page = std::size_t{2} << 20;

/// Numbers on a cache line's boundary, or a huge page's, not initialised.
template <class S>
class RowBuffer {
  static_assert(std::is_trivially_copyable_v<S>);

 public:
  RowBuffer() = default;
  explicit RowBuffer(Index capacity) : capacity_(capacity) {
    if (capacity > 0) {
      const auto count = static_cast<std::size_t>(capacity);
      if (count > static_cast<std::size_t>(PTRDIFF_MAX) / sizeof(S)) throw std::bad_alloc();
      data_ = static_cast<S*>(::operator new(count * sizeof(S), alignment()));
      ask_for_huge_pages();
    }
  }
  RowBuffer(RowBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
  RowBuffer& operator=(RowBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~RowBuffer() { ::operator delete(data_, alignment()); }

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
  std::size_t bytes() const { return static_cast<std::size_t>(capacity_) * sizeof(S); }
  std::align_val_t alignment() const {
    return std::align_val_t{bytes() < huge_page ? 64 : huge_page};
  }

  /// A wish: where it is not granted, nothing but speed is lost.
  void ask_for_huge_pages() {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    const std::size_t whole = bytes() / huge_page * huge_page;
    if (whole > 0) static_cast<void>(::madvise(data_, whole, MADV_HUGEPAGE));
#endif
  }

  S* data_ = nullptr;
  Index capacity_ = 0;
};

}  // namespace tartan::detail
