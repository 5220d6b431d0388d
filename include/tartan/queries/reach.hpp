// How far information travels through several layers. Layer: queries.
#pragma once

#include <cstdint>
#include <vector>

#include "../schedules/schedule.hpp"
#include "pairs.hpp"

namespace tartan {
namespace detail {

/// Which positions reach which, as rows of bits.
class Reachable {
 public:
  /// Before the first layer each position has reached itself.
  constexpr explicit Reachable(Index n)
      : n_(n), words_((n + 63) / 64), bits_(static_cast<std::size_t>(n * words_), 0) {
    for (Index i = 0; i < n; ++i) bits_[at(i, i)] |= std::uint64_t{1} << (i % 64);
  }

  constexpr bool operator()(Index i, Index j) const {
    return (bits_[at(i, j)] >> (j % 64) & 1) != 0;
  }

  /// One more layer: row i takes in what the keys that it sees have taken in, and keeps its own
  /// where the layer has a residual connection.
  constexpr void add_layer(const auto& pattern) {
    const std::vector<std::uint64_t> before = bits_;
    for_each_pair(pattern, Extent{0, n_, n_}, [&](Index i, Index j) {
      for (Index w = 0; w < words_; ++w) {
        bits_[static_cast<std::size_t>(i * words_ + w)] |=
            before[static_cast<std::size_t>(j * words_ + w)];
      }
    });
  }

 private:
  constexpr std::size_t at(Index i, Index j) const {
    return static_cast<std::size_t>(i * words_ + j / 64);
  }

  Index n_;
  Index words_;
  std::vector<std::uint64_t> bits_;
};

template <class S>
constexpr Reachable reachable(const char* query, const S& schedule, Index n, Index layers) {
  check_sizes(query, n, n);
  if (layers < 0) {
    throw std::invalid_argument(std::string("tartan: ") + query + ": layers must be >= 0, got " +
                                std::to_string(layers));
  }
  Reachable reached(n);
  for (Index layer = 0; layer < layers; ++layer) {
    with_pattern(schedule, layer, [&](const auto& pattern) { reached.add_layer(pattern); });
  }
  return reached;
}

}  // namespace detail

/// How far from a position the furthest positions are that influence it.
struct ReceptiveField {
  Index left;   ///< the most positions back, over all rows
  Index right;  ///< the most positions ahead

  constexpr bool operator==(const ReceptiveField&) const = default;
};

/// The positions that influence a row of a sequence of n, after so many layers of a schedule (or of
/// one pattern), each with a residual connection. Cost: layers * count(pattern) * n / 64 steps and
/// n * n / 4 bytes. Throws std::invalid_argument where a number is negative.
///
///     static_assert(receptive_field(Window<3, 0>{}, 4, 32) == ReceptiveField{12, 0});
template <class S>
requires Schedule<S> || Pattern<S>
constexpr ReceptiveField receptive_field(const S& schedule, Index layers, Index n) {
  const detail::Reachable reached = detail::reachable("receptive_field", schedule, n, layers);
  ReceptiveField field{0, 0};
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j + field.left < i; ++j) {
      if (reached(i, j)) field.left = i - j;
    }
    for (Index j = n - 1; j - field.right > i; --j) {
      if (reached(i, j)) field.right = j - i;
    }
  }
  return field;
}

/// True where after so many layers every position of a sequence of n has been influenced by all
/// earlier ones: what the Sparse Transformer (arXiv 1904.10509) asks of its patterns, in as many
/// layers as there are factors. Cost and errors as of receptive_field.
///
///     using Past = Intersection<Causal, Strided<8>>;
///     constexpr Alternate<Window<8, 0>, Past> factors;
///     static_assert(reaches_all(factors, 64, 2) && !reaches_all(factors, 64, 1));
template <class S>
requires Schedule<S> || Pattern<S>
constexpr bool reaches_all(const S& schedule, Index n, Index layers) {
  const detail::Reachable reached = detail::reachable("reaches_all", schedule, n, layers);
  for (Index i = 0; i < n; ++i) {
    for (Index j = 0; j < i; ++j) {
      if (!reached(i, j)) return false;
    }
  }
  return true;
}

}  // namespace tartan
