// Dropout: which weights are left out, and that the forward pass leaves out the same.
#include "support/catch.hpp"
#include "support/compare.hpp"
#include "support/patterns.hpp"
#include "support/problem.hpp"

using namespace tartan;

TEST_CASE("as many pairs are left out as was asked for, by rows, by keys and together") {
  for (const double probability : {0.1, 0.5, 0.9}) {
    const Dropout dropout{probability, 3};
    const Index n = 300;
    std::vector<double> of_row(300), of_key(300);
    double together = 0, beside = 0;
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < n; ++j) {
        const double out = dropout.keeps(i, j) ? 0 : 1;
        of_row[static_cast<std::size_t>(i)] += out / n;
        of_key[static_cast<std::size_t>(j)] += out / n;
        together += out / n / n;
        beside += out * (dropout.keeps(i, j + 1) ? 0 : 1) / n / n;  // as often as by chance
      }
    }
    CAPTURE(probability);
    const double spread = std::sqrt(probability * (1 - probability));
    CHECK(std::abs(together - probability) < 5 * spread / n);
    CHECK(std::abs(beside - probability * probability) < 6 * spread / n);
    double worst = 0;
    for (std::size_t x = 0; x < 300; ++x) {
      worst =
          std::max({worst, std::abs(of_row[x] - probability), std::abs(of_key[x] - probability)});
    }
    CHECK(worst < 5 * spread / std::sqrt(300.0));
  }
}

TEST_CASE("another seed, head, sequence or row: other pairs") {
  const auto mask = [](const Dropout& dropout, Index i, Index head, Index sequence) {
    std::vector<bool> kept;
    for (Index j = 0; j < 64; ++j) kept.push_back(dropout.keeps(i, j, head, sequence));
    return kept;
  };
  const Dropout dropout{0.5, 8};
  const auto first = mask(dropout, 5, 1, 2);
  CHECK(first == mask(Dropout{0.5, 8}, 5, 1, 2));
  CHECK(first != mask(Dropout{0.5, 9}, 5, 1, 2));
  CHECK(first != mask(dropout, 6, 1, 2));
  CHECK(first != mask(dropout, 5, 2, 2));
  CHECK(first != mask(dropout, 5, 1, 3));
}

TEST_CASE("the pairs that are left out are always the same") {
  // What a run was trained with must not change from one version to the next.
  const Dropout dropout{0.25, 42};
  std::string kept;
  for (Index j = 0; j < 48; ++j) kept += dropout.keeps(7, j, 1, 2) ? '1' : '0';
  CHECK(kept == "110111111101111100011101110111110101111111100001");
}

TEST_CASE("attention with dropout is the reference's, for every pattern") {
  const auto check = [](auto matrix, const Sizes& sizes, Index w, Index s) {
    using M = decltype(matrix);
    Problem<M> p(sizes, 70);
    p.options.dropout = {0.3, 5};
    for_each_test_pattern(w, s, [&](const char* name, const auto& pattern) {
      CAPTURE(name, w, s);
      const auto exact = reference::attention_with_lse(p.q, p.k, p.v, pattern, p.options);
      const auto fast = attention_with_lse(p.q, p.k, p.v, pattern, p.options);
      const double epsilon =
          static_cast<double>(std::numeric_limits<typename M::Scalar>::epsilon());
      CHECK(difference(fast.out, exact.out) <= 64 * epsilon);
      CHECK(difference(fast.lse, exact.lse) <= 64 * epsilon);
      const auto undropped =
          attention_with_lse(p.q, p.k, p.v, pattern, {.query_offset = p.options.query_offset});
      CHECK(difference(fast.lse, undropped.lse) == 0);
      CHECK(difference(attention(p.q, p.k, p.v, pattern, p.options, OpenMP{3}), fast.out) == 0);
    });
  };
  check(RowMajor<float>(), {200, 200, 16, 16}, 64, 16);
  check(RowMajor<float>(), {150, 170, 8, 9, 20}, 9, 4);
  check(ColMajor<double>(), {70, 70, 5, 8}, 40, 6);
}

TEST_CASE("dropout of 16-bit values") {
  const RowMajor<Eigen::bfloat16> x = random_matrix<RowMajor<Eigen::bfloat16>>(150, 32, 71);
  const Options options{.dropout = {0.3, 5}};
  const auto exact = reference::attention(x.cast<double>(), x.cast<double>(), x.cast<double>(),
                                          Local{40}, options);
  CHECK(difference(attention(x, x, x, Local{40}, options).cast<double>(), exact) < 0x1p-6);
}

TEST_CASE("a probability that is none, and decoding, are refused") {
  const RowMajor<float> x = RowMajor<float>::Zero(4, 4);
  for (const double probability : {-0.1, 1.0, std::numeric_limits<double>::quiet_NaN()}) {
    const std::string message = message_of<std::invalid_argument>([&] {
      attention(x, x, x, Dense{}, {.dropout = {probability, 0}});
    });
    CHECK(message.rfind("tartan: attention: the probability of dropout must be >= 0 and < 1", 0) ==
          0);
  }
  KvCache<float> cache({.kv_heads = 1, .head_dim = 4});
  cache.append(x, x);
  CHECK(message_of<std::invalid_argument>([&] {
          decode(x.topRows(1), cache, Causal{}, {.dropout = {0.1, 0}});
        }) == "tartan: decode: dropout is for training: its probability must be 0 when decoding");
}
