// -infinity is told from every other number, whatever the compiler is told about infinities.
#include <tartan/attention/no_key.hpp>

#include "support/catch.hpp"

using namespace tartan::detail;

namespace {

template <class T>
void check() {
  CHECK(of_no_key(lse_of_no_key<T>));
  CHECK(of_no_key(-std::numeric_limits<T>::infinity()));
  CHECK_FALSE(of_no_key(std::numeric_limits<T>::infinity()));
  CHECK_FALSE(of_no_key(std::numeric_limits<T>::lowest()));
  CHECK_FALSE(of_no_key(std::numeric_limits<T>::quiet_NaN()));
  CHECK_FALSE(of_no_key(T(0)));
  CHECK_FALSE(of_no_key(T(-1)));
}

}  // namespace

TEST_CASE("of_no_key: -infinity and nothing else") {
  check<float>();
  check<double>();
}
