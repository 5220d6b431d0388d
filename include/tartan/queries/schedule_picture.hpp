// A schedule as a picture: its layers' masks beside each other. Layer: queries.
#pragma once

#include "../schedules/schedule.hpp"
#include "mask_picture.hpp"

namespace tartan {

/// The masks of the schedule's layers (or heads) 0 to `layers` - 1, of n queries and keys, a panel
/// each, as mask_picture() draws them. Below them is "layer 0", "layer 1", ...; or another word
/// than "layer": style.caption. Throws std::invalid_argument where a number is negative.
///
///     const auto layers = presets::gpt3<16>{};
///     std::ofstream("gpt3.svg") << svg(schedule_picture(layers, 4, 64));
template <class S>
requires Schedule<S> || Pattern<S> Picture schedule_picture(const S& schedule, Index layers,
                                                            Index n,
                                                            const PictureStyle& style = {}) {
  if (layers < 0) {
    throw std::invalid_argument("tartan: schedule_picture: layers must be >= 0, got " +
                                std::to_string(layers));
  }
  detail::check_sizes("schedule_picture", n, n);
  std::vector<Picture> masks;
  for (Index layer = 0; layer < layers; ++layer) {
    PictureStyle own = style;
    own.caption = (style.caption.empty() ? "layer" : style.caption) + " " + std::to_string(layer);
    masks.push_back(with_pattern(
        schedule, layer, [&](const auto& pattern) { return mask_picture(pattern, n, own); }));
  }
  return beside(masks, style);
}

}  // namespace tartan
