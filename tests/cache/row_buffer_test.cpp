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
