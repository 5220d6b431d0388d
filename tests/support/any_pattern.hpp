// A pattern of any type behind one type, so that all combinations of many patterns can be tested
// while Union and Intersection are compiled once.
#pragma once

#include <functional>
#include <string>
#include <tartan/algebra/intersection.hpp>
#include <tartan/algebra/union.hpp>
#include <tartan/patterns/pattern.hpp>

namespace tartan::test {

using Filter = std::function<bool(Index, Index)>;
/// Called with a band and its filter; nullptr where the band is exact as it stands.
using BandVisitor = std::function<void(const Band&, const Filter*)>;

/// for_each_band with one type of visitor for all patterns.
template <Pattern P>
void visit_bands(const P& pattern, const Extent& extent, const BandVisitor& visit) {
  for_each_band(pattern, extent, [&]<class Keep>(const Band& band, const Keep& keep) {
    if constexpr (std::same_as<Keep, KeepAll>) {
      visit(band, nullptr);
    } else {
      const Filter filter = keep;
      visit(band, &filter);
    }
  });
}

class AnyPattern {
 public:
  template <Pattern P>
  static AnyPattern of(const std::string& name, const P& pattern) {
    AnyPattern any;
    any.name_ = name;
    any.contains_ = [pattern](Index i, Index j) { return pattern.contains(i, j); };
    any.bands_ = [pattern](const Extent& extent, const BandVisitor& visit) {
      visit_bands(pattern, extent, visit);
    };
    return any;
  }

  const std::string& name() const { return name_; }
  bool contains(Index i, Index j) const { return contains_(i, j); }

  template <class Visit>
  void bands(const Extent& extent, Visit&& visit) const {
    bands_(extent, [&](const Band& band, const Filter* keep) {
      if (keep == nullptr) {
        visit(band);
      } else {
        visit(band, *keep);
      }
    });
  }

 private:
  std::string name_;
  Filter contains_;
  std::function<void(const Extent&, const BandVisitor&)> bands_;
};

/// The pattern behind AnyPattern: what is tested through it is compiled once, not for each type.
template <Pattern P>
AnyPattern any(const P& pattern) {
  return AnyPattern::of("", pattern);
}
inline const AnyPattern& any(const AnyPattern& pattern) { return pattern; }

inline AnyPattern either(const AnyPattern& a, const AnyPattern& b) {
  return AnyPattern::of("(" + a.name() + " | " + b.name() + ")", a | b);
}
inline AnyPattern less(const AnyPattern& a, const AnyPattern& b) {
  return AnyPattern::of("(" + a.name() + " - " + b.name() + ")", a - b);
}
inline AnyPattern both(const AnyPattern& a, const AnyPattern& b) {
  return AnyPattern::of("(" + a.name() + " & " + b.name() + ")", a & b);
}

}  // namespace tartan::test
