#include <tartan/attention/options.hpp>

#include "support/catch.hpp"

using namespace tartan;

TEST_CASE("the scale is 1 / sqrt(head_dim) where none is given, and 1 for no columns") {
  CHECK(Options{}.scale_for(64) == 0.125);
  CHECK(Options{}.scale_for(1) == 1.0);
  CHECK(Options{}.scale_for(0) == 1.0);
  CHECK(std::abs(Options{}.scale_for(3) * std::sqrt(3.0) - 1) < 1e-15);
}

TEST_CASE("a scale that is given is used, whatever it is") {
  for (const double scale : {0.125, 1.0, 0.0, -2.0}) {
    CHECK(Options{.scale = scale}.scale_for(64) == scale);
    CHECK(Options{.scale = scale}.scale_for(0) == scale);
  }
}

TEST_CASE("row 0 is position 0 where no offset is given") {
  CHECK(Options{}.query_offset == 0);
  CHECK(Options{.query_offset = -7}.query_offset == -7);
  CHECK_FALSE(Options{.query_offset = -7}.scale.has_value());
}
