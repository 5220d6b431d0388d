#include <stdexcept>
#include <tartan/patterns/parameter.hpp>
#include <type_traits>

#include "support/catch.hpp"

using namespace tartan;
using tartan::detail::Parameter;

static_assert(std::is_empty_v<Parameter<7>> && sizeof(Parameter<Dynamic>) == sizeof(Index));
static_assert(Parameter<7>{}.value() == 7 && Parameter<7>{7, 0, "x"}.value() == 7);
static_assert(Parameter<Dynamic>{7, 0, "x"}.value() == 7);
static_assert(!std::is_default_constructible_v<Parameter<Dynamic>>);

TEST_CASE("a parameter takes the least value and those above it") {
  CHECK(Parameter<Dynamic>{1, 1, "stride"}.value() == 1);
  CHECK(Parameter<Dynamic>{0, 0, "window"}.value() == 0);
  CHECK(Parameter<3>{3, 3, "stride"}.value() == 3);
}

TEST_CASE("a parameter says its name, the rule and what it got") {
  CHECK(message_of<std::invalid_argument>([] { Parameter<Dynamic>(0, 1, "Some: stride"); }) ==
        "tartan: Some: stride must be >= 1, got 0");
  CHECK(message_of<std::invalid_argument>([] { Parameter<3>(4, 1, "Some: stride"); }) ==
        "tartan: Some: stride must be the static 3, got 4");
  CHECK(message_of<std::invalid_argument>([] { Parameter<3>(-4, 1, "Some: stride"); }) ==
        "tartan: Some: stride must be >= 1, got -4");
}
