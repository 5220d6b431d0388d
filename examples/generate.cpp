// Writes text with a decoder of four layers and a cache of keys and values, with several masks, and
// tells how fast. The weights are random, and so is the text: it shows speed and memory, not sense.
//
//   generate [--context N] [--tokens N] [--layers N]
//
// A prompt of N bytes is taken in by chunks of 512, then the tokens are generated one by one.
#include <chrono>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <random>
#include <string>
#include <tartan/tartan.hpp>
#include <vector>

namespace {

using tartan::Index;
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr Index head_dim = 64, heads = 8, kv_heads = 2, width = heads * head_dim;

Matrix weights(Index rows, Index cols, std::mt19937& random) {
  std::normal_distribution<float> normal(0.0f, 1.0f / std::sqrt(float(rows)));
  return Matrix::NullaryExpr(rows, cols, [&] { return normal(random); });
}

/// Rows of mean square 1.
Matrix normalised(const Matrix& x) {
  const Eigen::VectorXf size = (x.rowwise().squaredNorm() / float(x.cols())).cwiseSqrt();
  return (size.array() + 1e-6f).inverse().matrix().asDiagonal() * x;
}

struct Layer {
  explicit Layer(std::mt19937& random)
      : q(weights(width, width, random)),
        k(weights(width, kv_heads * head_dim, random)),
        v(weights(width, kv_heads * head_dim, random)),
        out(weights(width, width, random)),
        up(weights(width, 4 * width, random)),
        down(weights(4 * width, width, random)) {}
  Matrix q, k, v, out, up, down;
};

/// A pre-norm decoder over bytes, with grouped heads and rotary positions.
class Model {
 public:
  explicit Model(Index layers) {
    std::mt19937 random(1);
    embedding_ = weights(256, width, random);
    for (Index l = 0; l < layers; ++l) layers_.emplace_back(random);
  }

  Index layers() const { return static_cast<Index>(layers_.size()); }

  /// The scores of the byte after the last of `tokens`, which are appended to the caches.
  template <class P>
  Eigen::RowVectorXf operator()(const std::vector<int>& tokens, const P& mask,
                                std::vector<tartan::KvCache<float>>& caches) const {
    const tartan::Rotary rotary{.head_dim = head_dim};
    const Index position = caches.front().next_position();
    Matrix x(static_cast<Index>(tokens.size()), width);
    for (std::size_t t = 0; t < tokens.size(); ++t) x.row(Index(t)) = embedding_.row(tokens[t]);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const Layer& layer = layers_[l];
      const Matrix in = normalised(x);
      Matrix q = in * layer.q, k = in * layer.k;
      const Matrix v = in * layer.v;
      tartan::apply_rotary(q, rotary, position);
      tartan::apply_rotary(k, rotary, position);
      caches[l].append(k, v);
      x += tartan::decode(q, caches[l], mask) * layer.out;
      x += ((normalised(x) * layer.up).cwiseMax(0.0f) * layer.down).eval();
    }
    return normalised(x.bottomRows(1)) * embedding_.transpose();
  }

 private:
  Matrix embedding_;
  std::vector<Layer> layers_;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <class P>
void run(const char* name, const P& mask, const Model& model, const std::string& prompt,
         Index count) {
  std::vector<tartan::KvCache<float>> caches;
  for (Index l = 0; l < model.layers(); ++l) {
    caches.emplace_back(tartan::KvCacheShape{.kv_heads = kv_heads, .head_dim = head_dim}, mask);
  }
  const auto start = std::chrono::steady_clock::now();
  Eigen::RowVectorXf scores;
  for (std::size_t at = 0; at < prompt.size(); at += 512) {
    const std::string chunk = prompt.substr(at, 512);
    std::vector<int> tokens;
    for (const char c : chunk) tokens.push_back(static_cast<unsigned char>(c));
    scores = model(tokens, mask, caches);
  }
  const double prompt_time = seconds_since(start);

  std::mt19937 random(2);
  std::string text;
  const auto written = std::chrono::steady_clock::now();
  for (Index t = 0; t < count; ++t) {
    const Eigen::ArrayXf chance = (scores.array() - scores.maxCoeff()).exp().segment(32, 95);
    const int byte =
        32 + std::discrete_distribution<int>(chance.data(), chance.data() + 95)(random);
    text += static_cast<char>(byte);
    scores = model({byte}, mask, caches);
  }
  const double time = seconds_since(written);
  double bytes = 0;
  for (const auto& cache : caches) bytes += static_cast<double>(cache.bytes());
  std::cout << std::left << std::setw(34) << name << std::right << std::fixed
            << std::setprecision(0) << std::setw(10) << double(prompt.size()) / prompt_time
            << std::setw(12) << double(count) / time << std::setprecision(1) << std::setw(12)
            << bytes / (1 << 20) << "   " << text.substr(0, 24) << std::endl;
}

}  // namespace

int main(int argc, char** argv) try {
  Index context = 4096, tokens = 64, layers = 4;
  for (int a = 1; a < argc; a += 2) {
    const std::string name = argv[a];
    Index* const value = name == "--context"  ? &context
                         : name == "--tokens" ? &tokens
                         : name == "--layers" ? &layers
                                              : nullptr;
    if (value) *value = a + 1 < argc ? std::atol(argv[a + 1]) : 0;
    if (!value || *value < 1) {
      std::cerr << "usage: generate [--context N] [--tokens N] [--layers N], each N >= 1\n";
      return 2;
    }
  }
  std::string prompt;
  while (static_cast<Index>(prompt.size()) < context) prompt += "woven of a band and of stripes; ";
  prompt.resize(static_cast<std::size_t>(context));

  const Model model(layers);
  std::cout << layers << " layers of " << heads << " heads (" << kv_heads
            << " of keys and values), random weights, a prompt of " << context << " tokens\n"
            << "mask                                 prompt/s    tokens/s   cache MiB   text\n";
  using namespace tartan;
  run("Causal (dense)", Causal{}, model, prompt, tokens);
  run("Causal & (Local<512> | Strided<64>)", Causal{} & (Local<512>{} | Strided<64>{}), model,
      prompt, tokens);
  run("Sinks<4> | Window<511, 0>", Causal{} & (Sinks<4>{} | Window<511, 0>{}), model, prompt,
      tokens);
} catch (const std::exception& error) {
  std::cerr << "generate: " << error.what() << '\n';
  return 1;
}
