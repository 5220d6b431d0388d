// Memory for rows: aligned, kept while it grows, moved.
#include <tartan/cache/row_buffer.hpp>

#include <cstdint>

#include "support/catch.hpp"

using namespace tartan;
using namespace tartan::detail;

TEST_CASE("RowBuffer: grows with what is in it, on a cache line's boundary") {
  RowBuffer<double> rows(3);
  for (Index i = 0; i < 3; ++i) rows.data()[i] = static_cast<double>(i);
  const RowBuffer<double> larger = rows.with_capacity(100, 3);
  CHECK(larger.capacity() == 100);
  CHECK(reinterpret_cast<std::uintptr_t>(larger.data()) % 64 == 0);
  for (Index i = 0; i < 3; ++i) CHECK(larger.data()[i] == static_cast<double>(i));
}

TEST_CASE("RowBuffer: nothing, moves, and more than there can be") {
  RowBuffer<float> none;
  CHECK(none.data() == nullptr);
  CHECK(RowBuffer<float>(0).data() == nullptr);
  RowBuffer<float> some(5);
  some.data()[4] = 7.0f;
  none = std::move(some);
  const RowBuffer<float> moved(std::move(none));
  CHECK((moved.capacity() == 5 && moved.data()[4] == 7.0f));
  CHECK_THROWS_AS(RowBuffer<double>(std::numeric_limits<Index>::max()), std::bad_alloc);
}

TEST_CASE("RowBuffer: much of it lies on whole huge pages, and is kept while it grows and moves") {
  constexpr auto huge = static_cast<Index>(huge_page);
  for (const Index bytes : {huge - 1, huge, 3 * huge + 5}) {
    RowBuffer<char> rows(bytes);
    const auto address = reinterpret_cast<std::uintptr_t>(rows.data());
    CHECK(address % (bytes < huge ? 64 : huge_page) == 0);
    rows.data()[0] = 1;
    rows.data()[bytes - 1] = 2;
    RowBuffer<char> larger = rows.with_capacity(2 * bytes, bytes);
    rows = std::move(larger);
    CHECK((rows.capacity() == 2 * bytes && rows.data()[0] == 1 && rows.data()[bytes - 1] == 2));
  }
}
