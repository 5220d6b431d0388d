// What can be set about one call of attention. Layer: attention.
#pragma once

#include <cmath>
#include <optional>

#include "../lattice/index.hpp"

namespace tartan {

struct Options {
  /// Multiplies q·k before the softmax; 1 / sqrt(head_dim) where not given.
  std::optional<double> scale = {};
  /// The position of row 0 of q: chunks of a sequence and decoding have their queries further on.
  /// May be negative, where there are more queries than keys and the ends are to be aligned;
  /// within 2^60 of 0.
  Index query_offset = 0;

  /// The scale in force for a head_dim of `d`; 1 where d is 0.
  double scale_for(Index d) const {
    return scale.value_or(d > 0 ? 1.0 / std::sqrt(static_cast<double>(d)) : 1.0);
  }
};

}  // namespace tartan
