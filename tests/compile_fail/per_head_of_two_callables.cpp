// must say: tartan: PerHead: either one callable f(head), or patterns and nothing else
#include <tartan/patterns/causal.hpp>
#include <tartan/patterns/dense.hpp>
#include <tartan/schedules/per_head.hpp>

#ifdef TARTAN_TEST_BAD
constexpr tartan::PerHead heads{tartan::Dense{}, [](tartan::Index) { return tartan::Dense{}; }};
#else
constexpr tartan::PerHead heads{tartan::Dense{}, tartan::Causal{}};
#endif
