// Text written by a model, byte by byte, over caches of keys and values.
#pragma once

#include "model.hpp"

namespace transformer {

/// A byte drawn from softmax(logits / temperature); the likeliest where the temperature is 0.
template <class T>
std::uint8_t draw(const Eigen::Ref<const Eigen::Matrix<T, 1, Eigen::Dynamic>>& logits,
                  double temperature, Random& random) {
  Index best;
  const double highest = double(logits.maxCoeff(&best));
  if (temperature <= 0) return static_cast<std::uint8_t>(best);
  const Eigen::ArrayXd chance =
      ((logits.transpose().template cast<double>().array() - highest) / temperature).exp();
  double left = chance.sum() * std::uniform_real_distribution<double>(0, 1)(random);
  Index byte = 0;
  while (byte + 1 < chance.size() && left >= chance[byte]) left -= chance[byte++];
  return static_cast<std::uint8_t>(byte);
}

/// The `count` bytes that the model has follow the prompt; each is passed to show(byte) at once.
template <class T, class Show>
void write_text(Transformer<T>& model, std::span<const std::uint8_t> prompt, Index count,
                double temperature, std::uint64_t seed, const Show& show) {
  Random random(seed);
  auto caches = model.caches();
  Matrix<T> logits = model.decode(prompt, caches).bottomRows(1);
  for (Index t = 0; t < count; ++t) {
    const std::uint8_t byte = draw<T>(logits.row(0), temperature, random);
    show(byte);
    if (t + 1 < count) logits = model.decode({&byte, 1}, caches);
  }
}

}  // namespace transformer
