// Nothing is timed before its result agrees with the reference. Part of the benchmark.
#pragma once

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cases.hpp"

namespace bench {

/// What the result must be: all rows of a short problem; of a long one eight blocks of four rows,
/// the first and the last among them.
template <class T>
class Expected {
 public:
  Expected(const Case<T>& c, const Problem<T>& p) {
    const Index n = p.tokens();
    if (n <= 1024) {
      blocks_.emplace_back(0, c.expected(p, 0, n));
      return;
    }
    for (Index b = 0; b < 8; ++b) {
      const Index first = b * (n - 4) / 7;
      blocks_.emplace_back(first, c.expected(p, first, 4));
    }
  }

  /// Throws where p.out is wrong. The values lie in [-1, 1], and a right result of either scalar
  /// type comes within a few dozen of its epsilons.
  void check(const Problem<T>& p, const std::string& name) const {
    const double allowed = 256 * static_cast<double>(std::numeric_limits<T>::epsilon());
    for (const auto& [first, rows] : blocks_) {
      const auto got = p.out.middleRows(first, rows.rows()).template cast<double>();
      const double error = (got - rows).cwiseAbs().maxCoeff();
      if (!(error <= allowed)) {  // so that NaN is wrong, too
        throw std::runtime_error(name + ": wrong result in rows " + std::to_string(first) + " to " +
                                 std::to_string(first + rows.rows() - 1) + ": off by " +
                                 std::to_string(error) + ", allowed " + std::to_string(allowed));
      }
    }
  }

 private:
  std::vector<std::pair<Index, RowMajor<double>>> blocks_;
};

}  // namespace bench
