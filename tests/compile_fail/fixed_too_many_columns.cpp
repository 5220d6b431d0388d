// must say: tartan: SummaryColumns<L, C, G>: C * (G + 1) must be <= L
#include <tartan/patterns/fixed.hpp>

#ifdef TARTAN_TEST_BAD
constexpr tartan::Fixed<4, 3, 1> pattern;
#else
constexpr tartan::Fixed<4, 2, 1> pattern;
#endif
