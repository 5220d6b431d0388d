// Memory beyond inputs and outputs: a few tiles a thread, whatever the length; none after the first
// call.
#include <atomic>
#include <cstdlib>
#include <new>

#include "support/catch.hpp"
#include "support/problem.hpp"

namespace {
std::atomic<std::size_t> live_bytes = 0, peak_bytes = 0, allocations = 0;

void* counted(std::size_t bytes, std::size_t alignment) {
  // The size is kept in front, `alignment` bytes before what is handed out.
  const std::size_t front = std::max<std::size_t>(alignment, 16);
  void* p = std::aligned_alloc(front, (bytes + 2 * front - 1) / front * front);
  if (!p) throw std::bad_alloc();
  *static_cast<std::size_t*>(p) = bytes;
  const std::size_t now = live_bytes += bytes;
  std::size_t peak = peak_bytes;
  while (now > peak && !peak_bytes.compare_exchange_weak(peak, now)) {
  }
  ++allocations;
  return static_cast<char*>(p) + front;
}

void release(void* p, std::size_t alignment) noexcept {
  if (!p) return;
  void* start = static_cast<char*>(p) - std::max<std::size_t>(alignment, 16);
  live_bytes -= *static_cast<std::size_t*>(start);
  std::free(start);
}
}  // namespace

void* operator new(std::size_t n) { return counted(n, 16); }
void* operator new(std::size_t n, std::align_val_t a) { return counted(n, std::size_t(a)); }
void operator delete(void* p) noexcept { release(p, 16); }
void operator delete(void* p, std::size_t) noexcept { release(p, 16); }
void operator delete(void* p, std::align_val_t a) noexcept { release(p, std::size_t(a)); }
void operator delete(void* p, std::size_t, std::align_val_t a) noexcept {
  release(p, std::size_t(a));
}

using namespace tartan;

namespace {

/// Bytes that a call takes at its peak, in a thread's first call.
template <class P>
std::size_t bytes_taken(Index n, const P& pattern) {
  const Problem<RowMajor<float>> p({n, n, 32, 32}, 60);
  RowMajor<float> out(n, 32);
  const std::size_t before = live_bytes;
  peak_bytes = before;
  attention_into(out, p.q, p.k, p.v, pattern, {}, Serial{});
  return peak_bytes - before;
}

/// The same of a call of the backward pass.
template <class P>
std::size_t bytes_of_gradients(Index n, const P& pattern) {
  using M = RowMajor<float>;
  const Problem<M> p({n, n, 32, 32}, 60);
  const auto forward = attention_with_lse(p.q, p.k, p.v, pattern, {}, Serial{});
  M dq(n, 32), dk(n, 32), dv(n, 32);
  const std::size_t before = live_bytes;
  peak_bytes = before;
  attention_backward_into(dq, dk, dv, p.q, p.k, p.v, forward.out, forward.lse, p.v, pattern, {},
                          Serial{});
  return peak_bytes - before;
}

}  // namespace

TEST_CASE(
    "memory does not grow with the sequence, but for a pattern's bands and two numbers a row") {
  bytes_taken(100, Local{9} | Strided{16});  // this thread's tiles, kept
  for (const Index n : {1000, 8000, 32000}) {
    CAPTURE(n);
    CHECK(bytes_taken(n, Dense{} & Local{65}) < 4096);
    CHECK(bytes_taken(n, Local{65} | (Causal{} & Columns{64})) < 4096);
    CHECK(bytes_taken(n, Strided{256}) < 256 * 400);
    CHECK(bytes_taken(n, Local{65} | Strided{256}) <
          256 * 400 + static_cast<std::size_t>(n) * 2 * sizeof(float));
  }
}

TEST_CASE("gradients take no more than a plan, and for columns at most as much as dk and dv") {
  bytes_of_gradients(300, Local{9} | Strided{16});  // this thread's tiles, kept
  for (const Index n : {1000, 8000, 32000}) {
    CAPTURE(n);
    const auto of_keys = static_cast<std::size_t>(n) * (32 + 32) * sizeof(float);
    CHECK(bytes_of_gradients(n, Dense{} & Local{65}) < 32 * 1024);
    CHECK(bytes_of_gradients(n, Strided{256}) < 256 * 1024);
    CHECK(bytes_of_gradients(n, Local{65} | (Causal{} & Columns{64})) < of_keys + 64 * 1024);
  }
  CHECK(bytes_of_gradients(8000, Dense{}) < 256 * 1024);
}

TEST_CASE("a second call allocates only its plan and what lists it") {
  const Problem<RowMajor<float>> p({2000, 2000, 32, 32}, 61);
  RowMajor<float> out(2000, 32);
  attention_into(out, p.q, p.k, p.v, Local{65}, {}, Serial{});
  const std::size_t before = allocations;
  attention_into(out, p.q, p.k, p.v, Local{65}, {}, Serial{});
  CHECK(allocations - before <= 12);
}
