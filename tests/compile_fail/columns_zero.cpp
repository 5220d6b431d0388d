// must say: tartan: Columns<S>: S must be >= 1 (every S-th key is seen; Columns<1> is dense)
#include <tartan/patterns/columns.hpp>

#ifdef TARTAN_TEST_BAD
constexpr tartan::Columns<0> pattern;
#else
constexpr tartan::Columns<1> pattern;
#endif
