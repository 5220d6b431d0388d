// What a schedule is: a pattern for each layer of a model, or for each head of a layer. Layer:
// schedules.
#pragma once

#include <stdexcept>
#include <string>

#include "../patterns/pattern.hpp"

namespace tartan {
namespace detail {

/// A visitor for concept checks.
struct IgnorePattern {
  constexpr void operator()(const auto&) const {}
};

constexpr void check_which(Index which) {
  if (which < 0) {
    throw std::invalid_argument("tartan: schedule: a layer or head must be >= 0, got " +
                                std::to_string(which));
  }
}

}  // namespace detail

/// A schedule calls visit(pattern) with the pattern of layer, or head, `which` >= 0, and returns
/// what that returns. The patterns may be of different types, and which of them it is may be known
/// at run time alone; visit must return the same type for all.
template <class S>
concept Schedule = std::copy_constructible<S> && requires(const S& schedule, Index which) {
  schedule.with_pattern(which, detail::IgnorePattern{});
};

/// visit(pattern) with the schedule's pattern of layer, or head, `which`. A pattern is a schedule
/// too: the same for all. Throws std::invalid_argument where `which` is negative.
template <class S, class Visit>
requires Schedule<S> || Pattern<S>
constexpr decltype(auto) with_pattern(const S& schedule, Index which, Visit&& visit) {
  detail::check_which(which);
  if constexpr (Schedule<S>) {
    return schedule.with_pattern(which, visit);
  } else {
    return visit(schedule);
  }
}

}  // namespace tartan
