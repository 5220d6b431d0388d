// The whole model: its gradients, decoding against the whole sequence, and the same bits for any
// number of threads.
#include "../../examples/transformer/model.hpp"

#include "../../examples/transformer/adam.hpp"
#include "../../examples/transformer/writer.hpp"
#include "gradients.hpp"
#include "support/compare.hpp"

using namespace transformer;
using namespace transformer::test;

namespace {

Bytes bytes(Index count, unsigned seed) {
  Random random(seed);
  Bytes all;
  for (Index i = 0; i < count; ++i) all.push_back(static_cast<std::uint8_t>(random()));
  return all;
}

constexpr Shape small(MaskKind kind) { return {2, 8, 2, {kind, 3, 4}}; }

}  // namespace

TEST_CASE("gradients of the whole model's loss") {
  const MaskName mask = GENERATE(from_range(mask_names));
  CAPTURE(mask.name);
  Transformer<double> model(small(mask.kind), 1, threads);
  const Bytes tokens = bytes(2 * 13, 1), targets = bytes(2 * 13, 2);
  const double loss = model.loss_and_gradients(tokens, targets, 2);
  CHECK(loss == model.loss(tokens, targets, 2));
  for (Parameter<double>* p : model.parameters()) {
    CAPTURE(p->name);
    const auto at = [&] { return model.loss(tokens, targets, 2); };
    if (p->name != "embedding") {
      CHECK(gradient_error(p->value, p->gradient, at, 10) < 1e-7);
      continue;
    }
    // Most bytes are not there, and have gradient 0: one that is.
    const Matrix<double> gradient = p->gradient.row(tokens[0]);
    Matrix<double> row = p->value.row(tokens[0]);
    const Matrix<double> there = row;
    CHECK(gradient_error(row, gradient, [&] {
            p->value.row(tokens[0]) = row;
            return at();
          }) < 1e-7);
    p->value.row(tokens[0]) = there;
  }
}

TEST_CASE("decoding agrees with the whole sequence, by tokens and by chunks") {
  const MaskName mask = GENERATE(from_range(mask_names));
  const Index chunk = GENERATE(1, 5, 20);
  CAPTURE(mask.name, chunk);
  Transformer<double> model(small(mask.kind), 3, threads);
  const Bytes tokens = bytes(60, 3);
  const Matrix<double> whole = model.forward(tokens);
  auto caches = model.caches();
  for (Index t = 0; t < 60; t += chunk) {
    const Matrix<double> next =
        model.decode(std::span(tokens).subspan(std::size_t(t), std::size_t(chunk)), caches);
    CHECK(difference(next, whole.middleRows(t, chunk)) < 1e-12);
  }
}

TEST_CASE("greedy text is the likeliest byte of the whole sequence, again and again") {
  const MaskName mask = GENERATE(from_range(mask_names));
  CAPTURE(mask.name);
  Transformer<double> model(small(mask.kind), 4, threads);
  Bytes text = bytes(7, 4), written;
  write_text(model, text, 40, 0, 1, [&](std::uint8_t byte) { written.push_back(byte); });
  for (const std::uint8_t byte : written) {
    Index likeliest;
    model.forward(text).bottomRows(1).row(0).maxCoeff(&likeliest);
    REQUIRE(Index(byte) == likeliest);
    text.push_back(byte);
  }
}

TEST_CASE("bytes are drawn as often as their logits say") {
  Eigen::RowVectorXd logits(3);
  logits << std::log(0.2), std::log(0.5), std::log(0.3);
  Random random(9);
  Eigen::Array3d count = Eigen::Array3d::Zero();
  for (int i = 0; i < 20000; ++i) ++count[draw<double>(logits, 1, random)];
  CHECK((count / 20000 - Eigen::Array3d(0.2, 0.5, 0.3)).abs().maxCoeff() < 0.02);
  CHECK(draw<double>(logits, 0, random) == 1);
}

TEST_CASE("training takes the same bits for any number of threads") {
  const auto parameters_after = [](int count) {
    Transformer<double> model({2, 32, 2, {MaskKind::alternating, 9, 9}}, 5, {count});
    Adam<double> adam(model.parameters());
    for (Index step = 1; step <= 3; ++step) {
      const Bytes tokens = bytes(2 * 170, unsigned(step)), targets = bytes(2 * 170, 9);
      model.loss_and_gradients(tokens, targets, 2);
      clip_gradients(adam.parameters(), 1);
      adam.update(0.01, step);
    }
    std::vector<Matrix<double>> values;
    for (const auto* p : model.parameters()) values.push_back(p->value);
    return values;
  };
  const auto one = parameters_after(1);
  CHECK(parameters_after(2) == one);
  CHECK(parameters_after(3) == one);
}

TEST_CASE("a model learns a short text by heart") {
  Transformer<double> model({1, 32, 2, {MaskKind::merged, 6, 6}}, 6);
  Adam<double> adam(model.parameters());
  const std::string sentence = "a band and evenly spaced stripes";
  const Bytes text(sentence.begin(), sentence.end());
  const auto all = std::span(text);
  double loss = 0;
  for (Index step = 1; step <= 60; ++step) {
    loss = model.loss_and_gradients(all.first(31), all.last(31));
    adam.update(0.01, step);
  }
  CHECK(loss < 0.1);
}

TEST_CASE("a shape that cannot be is refused") {
  CHECK(message_of<std::invalid_argument>([] {
          Transformer<double>({1, 30, 4, {}}, 1);
        }) == "width must be an even number of columns for each head, got width 30 and 4 heads");
}
