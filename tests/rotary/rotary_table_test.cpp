// A table holds what would be computed.
#include <tartan/rotary/rotary_table.hpp>

#include "support/catch.hpp"

using namespace tartan;
using namespace tartan::detail;

TEMPLATE_TEST_CASE("a table has the angles of each of its positions, to the bit", "", float,
                   double) {
  const Rotary rotary{.head_dim = 80, .rotary_dim = 20};
  const Index first = -70, count = 200;
  const RotaryTable<TestType> table(rotary, count, first);
  CHECK(table.first() == first);
  CHECK(table.count() == count);
  CHECK(table.rotary().rotary_dim == 20);
  const RotaryAngles angles(rotary, first, count);
  RotaryReader<TestType> reader(angles);
  bool same = true;
  for (Index position = first; position < first + count; ++position) {
    const Turn<TestType> stored = table.at(position), computed = reader.at(position);
    for (Index t = 0; t < 10; ++t) {
      same = same && stored.cos[t] == computed.cos[t] && stored.sin[t] == computed.sin[t];
    }
  }
  CHECK(same);
}

TEST_CASE("a table may be empty; what is not sensible is refused") {
  CHECK(RotaryTable<float>(Rotary{.head_dim = 64}, 0).count() == 0);
  const auto message = [](const Rotary& rotary, Index count, Index first) {
    return message_of<std::invalid_argument>(
        [&] { RotaryTable<float>(rotary, count, first).count(); });
  };
  CHECK(message({.head_dim = 64}, -1, 0) ==
        "tartan: rotary: a table must have 0 positions or more, got -1");
  CHECK(message({.head_dim = 3}, 5, 0) ==
        "tartan: rotary: rotary_dim must be even (columns turn in pairs), got 3");
  CHECK(message({.head_dim = 64}, 5, Index{1} << 53) ==
        "tartan: rotary: positions must be within 2^53 of 0, got 9007199254740996");
}
