// must say: tartan: Pattern: bands must be callable as bands(extent, visit) on a const pattern
#include <tartan/tartan.hpp>

struct Past {
  constexpr bool contains(tartan::Index i, tartan::Index j) const { return j <= i; }

#ifdef TARTAN_TEST_BAD
  template <class Visit>
  void bands(const tartan::Extent& extent, Visit&& visit){
#else
  template <class Visit>
  void bands(const tartan::Extent& extent, Visit&& visit) const {
#endif
      visit(tartan::Band{extent.rows(), extent.keys(), tartan::Bound::none_below(),
                         tartan::Bound{0}});
}
}
;

tartan::Index pairs() { return tartan::count(Past{}, 10); }
