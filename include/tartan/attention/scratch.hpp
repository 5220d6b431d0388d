// A thread's memory for tiles: sized by the tile, kept from call to call. Layer: attention.
#pragma once

#include <cstddef>
#include <new>

#include "../lattice/index.hpp"

namespace tartan::detail {

/// Bytes aligned to a cache line; grows, never shrinks, freed when its thread ends.
class Scratch {
 public:
  static constexpr std::size_t alignment = 64;

  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { ::operator delete (data_, std::align_val_t{alignment}); }

  /// The calling thread's own.
  static Scratch& of_this_thread() {
    thread_local Scratch scratch;
    return scratch;
  }

  /// Makes room for `bytes` in all, and starts handing out from the beginning.
  void reset(std::size_t bytes) {
    used_ = 0;
    if (bytes <= size_) return;
    ::operator delete (data_, std::align_val_t{alignment});
    data_ = nullptr;
    size_ = 0;
    data_ = static_cast<std::byte*>(::operator new (bytes, std::align_val_t{alignment}));
    size_ = bytes;
  }

  /// Room for `count` numbers, aligned; within what reset() made room for.
  template <class T>
  T* take(Index count) {
    T* p = reinterpret_cast<T*>(data_ + used_);
    used_ += bytes_for<T>(count);
    return p;
  }

  /// What take<T>(count) uses up.
  template <class T>
  static constexpr std::size_t bytes_for(Index count) {
    return (static_cast<std::size_t>(count) * sizeof(T) + alignment - 1) / alignment * alignment;
  }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t used_ = 0;
};

}  // namespace tartan::detail
