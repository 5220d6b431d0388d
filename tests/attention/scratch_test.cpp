#include <tartan/attention/scratch.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <thread>

using namespace tartan;
using tartan::detail::Scratch;

static_assert(Scratch::bytes_for<float>(0) == 0);
static_assert(Scratch::bytes_for<float>(1) == 64 && Scratch::bytes_for<float>(16) == 64);
static_assert(Scratch::bytes_for<float>(17) == 128 && Scratch::bytes_for<double>(9) == 128);
static_assert(!std::is_copy_constructible_v<Scratch> && !std::is_copy_assignable_v<Scratch>);

TEST_CASE("what is taken is aligned, apart, and within what was asked for") {
  Scratch scratch;
  const Index counts[] = {1, 7, 16, 17, 0, 100};
  for (int round = 1; round <= 3; ++round) {
    std::size_t bytes = 0;
    for (const Index count : counts) {
      bytes += Scratch::bytes_for<float>(round * count) + Scratch::bytes_for<double>(count);
    }
    scratch.reset(bytes);
    const std::byte* end = nullptr;
    const auto check = [&](auto* p, Index count) {
      CHECK(reinterpret_cast<std::uintptr_t>(p) % Scratch::alignment == 0);
      const auto* begin = reinterpret_cast<const std::byte*>(p);
      CHECK((end == nullptr || begin >= end));
      for (Index x = 0; x < count; ++x) p[x] = 1;  // the address sanitizer looks on
      end = reinterpret_cast<const std::byte*>(p + count);
    };
    for (const Index count : counts) {
      check(scratch.take<float>(round * count), round * count);
      check(scratch.take<double>(count), count);
    }
  }
}

TEST_CASE("reset starts from the beginning; memory is kept where it is enough") {
  Scratch scratch;
  scratch.reset(Scratch::bytes_for<float>(1000));
  float* first = scratch.take<float>(1000);
  first[999] = 3;
  scratch.reset(Scratch::bytes_for<float>(10));
  CHECK(scratch.take<float>(10) == first);
  CHECK(first[999] == 3);
  scratch.reset(Scratch::bytes_for<float>(5000));
  scratch.take<float>(5000)[4999] = 4;
  scratch.reset(0);
}

TEST_CASE("each thread has its own") {
  Scratch* other = nullptr;
  std::thread([&] { other = &Scratch::of_this_thread(); }).join();
  Scratch* mine = &Scratch::of_this_thread();
  CHECK(mine == &Scratch::of_this_thread());
  std::thread([&] {
    Scratch& theirs = Scratch::of_this_thread();
    theirs.reset(128);
    theirs.take<float>(32)[31] = 1;
    CHECK(&theirs != mine);
  }).join();
  CHECK(other != nullptr);
}
