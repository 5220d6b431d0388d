// What can be set about one call of attention. Layer: attention.
#pragma once

#include <cmath>
#include <optional>
#include <vector>

#include "../scores/dropout.hpp"
#include "../scores/score.hpp"

namespace tartan::inline TARTAN_ISA {

struct Options {
  /// Multiplies q·k before the softmax; 1 / sqrt(head_dim) where not given.
  std::optional<double> scale = {};
  /// The position of row 0 of q: chunks of a sequence and decoding have their queries further on.
  /// May be negative, where there are more queries than keys and the ends are to be aligned;
  /// within 2^60 of 0.
  Index query_offset = 0;
  /// What is done to the scaled scores before the softmax, as in {Softcap{50}, Alibi{0.5}}.
  Score score = {};
  /// Learned sinks: a logit for each query head (or one for all) that takes part in the softmax as
  /// a key without a value would. Empty: none. They count in the log-sum-exp: of parts that are to
  /// be merged one may have them.
  std::vector<double> sinks = {};
  /// What leaves out some of the weights, in training.
  Dropout dropout = {};

  /// The scale in force for a head_dim of `d`; 1 where d is 0.
  double scale_for(Index d) const {
    return scale.value_or(d > 0 ? 1.0 / std::sqrt(static_cast<double>(d)) : 1.0);
  }
  /// The sink logit of a head. Precondition: there are sinks.
  double sink(Index head) const {
    return sinks.size() == 1 ? sinks[0] : sinks[static_cast<std::size_t>(head)];
  }
};

}  // namespace tartan::inline TARTAN_ISA
