// must say: tartan: GlobalTokens<G>: G must be >= 0
#include <tartan/patterns/global_tokens.hpp>

#ifdef TARTAN_TEST_BAD
constexpr tartan::GlobalTokens<-2> pattern;
#else
constexpr tartan::GlobalTokens<2> pattern;
#endif
