// Every layer's gradients against finite differences, and what layers compute.
#include "../../examples/transformer/layers.hpp"

#include "gradients.hpp"
#include "support/compare.hpp"

using namespace transformer;
using namespace transformer::test;

namespace {

/// check_layer() of a layer that takes a matrix and threads.
template <class Layer>
void check(Layer layer, Index rows, Index cols) {
  check_layer(
      layer, random_matrix(rows, cols, 5),
      [&](const Matrix<double>& x) { return layer.forward(x, threads); },
      [&](const Matrix<double>& dy) { return layer.backward(dy, threads); });
}

}  // namespace

TEST_CASE("gradients of Linear") {
  Random random(1);
  check(Linear<double>("linear", 5, 7, random), 9, 5);
  check(Linear<double>("linear", 70, 3, random), 300, 70);  // more than one chunk of each
}

TEST_CASE("gradients of LayerNorm") {
  LayerNorm<double> norm("norm", 12);
  Parameters<double> parameters;
  norm.add_to(parameters);
  parameters[0]->value = random_matrix(1, 12, 3);
  parameters[1]->value = random_matrix(1, 12, 4);
  check(norm, 140, 12);
}

TEST_CASE("LayerNorm's rows have mean 0 and variance 1") {
  LayerNorm<double> norm("norm", 50);
  const Matrix<double> y = norm.forward(3 * random_matrix(4, 50, 1).array() + 7, threads);
  CHECK(difference(y.rowwise().mean(), Column<double>::Zero(4)) < 1e-12);
  CHECK(difference(y.rowwise().squaredNorm() / 50, Column<double>::Ones(4)) < 1e-4);
}

TEST_CASE("gradients of Gelu") { check(Gelu<double>(), 6, 20); }

TEST_CASE("Gelu is near x times the normal distribution's Φ(x)") {
  const Matrix<double> x =
      Matrix<double>::NullaryExpr(1, 81, [](Index, Index c) { return 0.1 * double(c) - 4; });
  const Matrix<double> exact =
      x.unaryExpr([](double t) { return t * 0.5 * std::erfc(-t / std::sqrt(2.0)); });
  CHECK(difference(Gelu<double>().forward(x, threads), exact) < 1e-3);
}

TEST_CASE("gradients of Mlp") {
  Random random(2);
  check(Mlp<double>("mlp", 6, random, 0.7), 8, 6);
}

TEST_CASE("gradients of Embedding") {
  Random random(3);
  Embedding<double> embedding("embedding", 6, 4, random);
  const std::vector<std::uint8_t> tokens{1, 5, 1, 0, 3};
  Parameters<double> parameters;
  embedding.add_to(parameters);
  const Matrix<double> weights = random_matrix(5, 4, 8);
  embedding.forward(tokens);
  embedding.backward(weights);
  const auto loss = [&] { return embedding.forward(tokens).cwiseProduct(weights).sum(); };
  CHECK(gradient_error(parameters[0]->value, parameters[0]->gradient, loss) < 1e-8);
}

TEST_CASE("gradients of Attention, with every mask and several sequences") {
  const MaskName mask = GENERATE(from_range(mask_names));
  const Index layer = GENERATE(0, 1);
  CAPTURE(mask.name, layer);
  Random random(4);
  Attention<double> attention("attention", 8, 2, {mask.kind, 3, 4}, layer, random, 0.5);
  check_layer(
      attention, random_matrix(2 * 11, 8, 5),
      [&](const Matrix<double>& x) { return attention.forward(x, 2, threads); },
      [&](const Matrix<double>& dy) { return attention.backward(dy, threads); });
}

TEST_CASE("Attention of several sequences is that of each") {
  Random random(4);
  const Masks masks{MaskKind::merged, 3, 4};
  Attention<double> attention("attention", 8, 2, masks, 0, random, 0.5);
  const Matrix<double> x = random_matrix(3 * 9, 8, 5);
  const Matrix<double> all = attention.forward(x, 3, threads);
  for (const Index b : {0, 1, 2}) {
    CHECK(difference(attention.forward(x.middleRows(9 * b, 9), 1, threads),
                     all.middleRows(9 * b, 9)) < 1e-13);
  }
}

TEST_CASE("the gradient and value of cross_entropy") {
  Matrix<double> x = random_matrix(7, 9, 6);
  const std::vector<std::uint8_t> targets{0, 8, 3, 3, 1, 5, 2};
  const auto loss = [&] { return cross_entropy<double>(x, targets).loss; };
  CHECK(gradient_error(x, cross_entropy<double>(x, targets).dlogits, loss) < 1e-8);
  const Matrix<double> even = Matrix<double>::Constant(7, 9, 1000);  // exp() of it overflows
  CHECK(std::abs(cross_entropy<double>(even, targets).loss - std::log(9)) < 1e-12);
}

TEST_CASE("masks are those of their names") {
  const auto pairs = [](MaskKind kind, Index layer) {
    return tartan::with_pattern(Masks{kind, 4, 5}, layer, [](const auto& mask) {
      CHECK(tartan::is_causal(mask, 40));
      CHECK(!tartan::has_empty_rows(mask, 40));
      return tartan::mask_matrix(mask, 40);
    });
  };
  using tartan::Causal, tartan::Window, tartan::Strided;
  const auto local = tartan::mask_matrix(Window<4, 0>{}, 40);
  const auto strided = tartan::mask_matrix(Causal{} & Strided<5>{}, 40);
  CHECK(pairs(MaskKind::dense, 3) == tartan::mask_matrix(Causal{}, 40));
  CHECK(pairs(MaskKind::local, 1) == local);
  CHECK(pairs(MaskKind::strided, 0) == strided);
  CHECK(pairs(MaskKind::merged, 1) ==
        tartan::mask_matrix(Window<4, 0>{} | (Causal{} & Strided<5>{}), 40));
  CHECK(pairs(MaskKind::alternating, 2) == local);
  CHECK(pairs(MaskKind::alternating, 3) == strided);
}
