// must say: tartan: operator-: both operands must model tartan::Pattern
#include <tartan/algebra/difference.hpp>
#include <tartan/patterns/local.hpp>

#ifdef TARTAN_TEST_BAD
constexpr auto pattern = tartan::Local<3>{} - 5;
#else
constexpr auto pattern = tartan::Local<3>{} - tartan::Local<5>{};
#endif
