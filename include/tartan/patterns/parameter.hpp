// A pattern's parameter: a constant of the type, or a value in the object. Layer: patterns.
#pragma once

#include <limits>
#include <stdexcept>
#include <string>

#include "../lattice/index.hpp"

namespace tartan::detail {

inline constexpr Index largest = std::numeric_limits<Index>::max();

/// The last position that a pattern may name: sums of a few such are still an Index.
inline constexpr Index largest_position = Index{1} << 60;

/// The largest stride: two of them have a least common multiple that is an Index.
inline constexpr Index largest_stride = Index{1} << 31;

/// Holds `Value`, in no memory; with Dynamic it holds the value given at run time.
/// `Tag` tells two parameters of one pattern apart, so that neither takes memory.
template <Index Value, int Tag = 0>
class Parameter {
 public:
  constexpr Parameter() = default;
  constexpr Parameter(Index value, Index least, const char* name, Index most = largest) {
    check(value, least, name, most);
    if (value != Value) {
      throw std::invalid_argument(std::string("tartan: ") + name + " must be the static " +
                                  std::to_string(Value) + ", got " + std::to_string(value));
    }
  }
  constexpr Index value() const { return Value; }

  static constexpr void check(Index value, Index least, const char* name, Index most = largest) {
    if (value < least || value > most) {
      const Index limit = value < least ? least : most;
      throw std::invalid_argument(std::string("tartan: ") + name + " must be " +
                                  (value < least ? ">= " : "<= ") + std::to_string(limit) +
                                  ", got " + std::to_string(value));
    }
  }
};

template <int Tag>
class Parameter<Dynamic, Tag> {
 public:
  constexpr Parameter(Index value, Index least, const char* name, Index most = largest)
      : value_(value) {
    Parameter<0, Tag>::check(value, least, name, most);
  }
  constexpr Index value() const { return value_; }

 private:
  Index value_;
};

}  // namespace tartan::detail
