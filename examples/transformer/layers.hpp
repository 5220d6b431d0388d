// The layers of a decoder, each with its gradient, over Eigen matrices with a row for each token.
// A layer remembers in forward() what backward() needs; backward() takes the loss's gradient with
// respect to the output, adds to the gradients of its parameters, and returns that with respect to
// the input. Comments there quote the forward line that is differentiated; dy is dloss/dy.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "masks.hpp"
#include "threads.hpp"

namespace transformer {

using tartan::OpenMP;

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using Column = Eigen::Matrix<T, Eigen::Dynamic, 1>;

/// What is learned, and the loss's gradient with respect to it.
template <class T>
struct Parameter {
  std::string name;
  Matrix<T> value;
  Matrix<T> gradient = Matrix<T>::Zero(value.rows(), value.cols());
};
template <class T>
using Parameters = std::vector<Parameter<T>*>;

using Random = std::mt19937_64;

/// Normally distributed numbers of the given standard deviation.
template <class T>
Matrix<T> normal(Index rows, Index cols, double deviation, Random& random) {
  std::normal_distribution<double> number(0.0, deviation);
  return Matrix<T>::NullaryExpr(rows, cols, [&] { return static_cast<T>(number(random)); });
}

/// y = x W + b. W starts with deviation gain / sqrt(inputs), b with 0.
template <class T>
class Linear {
 public:
  Linear(const std::string& name, Index inputs, Index outputs, Random& random, double gain = 1)
      : w_{name + ".weight", normal<T>(inputs, outputs, gain / std::sqrt(double(inputs)), random)},
        b_{name + ".bias", Matrix<T>::Zero(1, outputs)} {}

  Matrix<T> forward(Matrix<T> x, OpenMP threads) {
    x_ = std::move(x);
    Matrix<T> y(x_.rows(), w_.value.cols());
    by_rows(threads, y.rows(), [&](Index r, Index n) {
      y.middleRows(r, n).noalias() = x_.middleRows(r, n) * w_.value;
      y.middleRows(r, n).rowwise() += b_.value.row(0);
    });
    return y;
  }

  Matrix<T> backward(const Matrix<T>& dy, OpenMP threads) {
    // y = x W + b, summed over rows: dW += xᵀ dy, db += the sum of dy's rows
    in_chunks(threads, w_.value.rows(), 64, [&](Index r, Index n) {
      w_.gradient.middleRows(r, n).noalias() += x_.middleCols(r, n).transpose() * dy;
    });
    b_.gradient += dy.colwise().sum();
    // y = x W: dx = dy Wᵀ
    Matrix<T> dx(dy.rows(), w_.value.rows());
    by_rows(threads, dx.rows(), [&](Index r, Index n) {
      dx.middleRows(r, n).noalias() = dy.middleRows(r, n) * w_.value.transpose();
    });
    return dx;
  }

  void add_to(Parameters<T>& all) { all.insert(all.end(), {&w_, &b_}); }

 private:
  Parameter<T> w_, b_;
  Matrix<T> x_;
};

/// y = u ∘ gain + bias, where u is each row brought to mean 0 and variance 1.
template <class T>
class LayerNorm {
 public:
  LayerNorm(const std::string& name, Index width)
      : gain_{name + ".gain", Matrix<T>::Ones(1, width)},
        bias_{name + ".bias", Matrix<T>::Zero(1, width)} {}

  Matrix<T> forward(const Matrix<T>& x, OpenMP threads) {
    Matrix<T> y(x.rows(), x.cols());
    u_.resize(x.rows(), x.cols());
    inverse_deviation_.resize(x.rows());
    by_rows(threads, x.rows(), [&](Index first, Index n) {
      for (Index r = first; r < first + n; ++r) {
        u_.row(r) = x.row(r).array() - x.row(r).mean();
        const T variance = u_.row(r).squaredNorm() / T(x.cols());
        inverse_deviation_[r] = 1 / std::sqrt(variance + T(1e-5));
        u_.row(r) *= inverse_deviation_[r];
        y.row(r) = u_.row(r).cwiseProduct(gain_.value.row(0)) + bias_.value.row(0);
      }
    });
    return y;
  }

  Matrix<T> backward(const Matrix<T>& dy, OpenMP threads) {
    // y = u ∘ gain + bias: dgain += dy ∘ u, dbias += dy, summed over rows
    gain_.gradient += dy.cwiseProduct(u_).colwise().sum();
    bias_.gradient += dy.colwise().sum();
    Matrix<T> dx(dy.rows(), dy.cols());
    by_rows(threads, dy.rows(), [&](Index first, Index n) {
      Matrix<T> du(1, dy.cols());
      for (Index r = first; r < first + n; ++r) {
        // y = u ∘ gain + bias: du = dy ∘ gain
        du = dy.row(r).cwiseProduct(gain_.value.row(0));
        // u = (x - mean(x)) / deviation(x): du without its parts along 1 and u, over the deviation
        const T along_u = du.row(0).dot(u_.row(r)) / T(du.cols());
        dx.row(r) = (du.array() - du.mean() - u_.row(r).array() * along_u) * inverse_deviation_[r];
      }
    });
    return dx;
  }

  void add_to(Parameters<T>& all) { all.insert(all.end(), {&gain_, &bias_}); }

 private:
  Parameter<T> gain_, bias_;
  Matrix<T> u_;
  Column<T> inverse_deviation_;
};

/// y = x Φ(x), with the normal distribution's Φ(x) taken as (1 + tanh(c (x + a x³))) / 2
/// (arXiv 1606.08415).
template <class T>
class Gelu {
 public:
  Matrix<T> forward(Matrix<T> x, OpenMP threads) {
    x_ = std::move(x);
    t_.resize(x_.rows(), x_.cols());
    Matrix<T> y(x_.rows(), x_.cols());
    by_rows(threads, y.rows(), [&](Index r, Index n) {
      const auto in = x_.middleRows(r, n).array();
      t_.middleRows(r, n) = (c * in * (1 + a * in.square())).tanh().matrix();
      y.middleRows(r, n) = T(0.5) * in * (1 + t_.middleRows(r, n).array());
    });
    return y;
  }

  Matrix<T> backward(const Matrix<T>& dy, OpenMP threads) {
    Matrix<T> dx(dy.rows(), dy.cols());
    by_rows(threads, dy.rows(), [&](Index r, Index n) {
      const auto x = x_.middleRows(r, n).array();
      const auto t = t_.middleRows(r, n).array();
      // y = x (1 + t) / 2, t = tanh(c (x + a x³)): dt/dx = (1 - t²) c (1 + 3 a x²)
      dx.middleRows(r, n) = dy.middleRows(r, n).array() * T(0.5) *
                            (1 + t + x * (1 - t.square()) * c * (1 + 3 * a * x.square()));
    });
    return dx;
  }

 private:
  static constexpr T c = T(0.7978845608028654);  // sqrt(2 / pi)
  static constexpr T a = T(0.044715);
  Matrix<T> x_, t_;
};

/// y's row r = E's row tokens[r]. E starts with deviation 1.
template <class T>
class Embedding {
 public:
  Embedding(const std::string& name, Index vocabulary, Index width, Random& random)
      : e_{name, normal<T>(vocabulary, width, 1, random)} {}

  Matrix<T> forward(std::span<const std::uint8_t> tokens) {
    tokens_.assign(tokens.begin(), tokens.end());
    Matrix<T> y(static_cast<Index>(tokens.size()), e_.value.cols());
    for (Index r = 0; r < y.rows(); ++r) y.row(r) = e_.value.row(tokens_[std::size_t(r)]);
    return y;
  }

  void backward(const Matrix<T>& dy) {
    // y.row(r) = E.row(tokens[r]): dE.row(tokens[r]) += dy.row(r)
    for (Index r = 0; r < dy.rows(); ++r) e_.gradient.row(tokens_[std::size_t(r)]) += dy.row(r);
  }

  void add_to(Parameters<T>& all) { all.push_back(&e_); }

 private:
  Parameter<T> e_;
  std::vector<std::uint8_t> tokens_;
};

/// Multi-head attention with rotary positions and the mask of layer `layer`:
/// [q k v] = project(x), q and k turned; y = project(attention(q, k, v)).
template <class T>
class Attention {
 public:
  Attention(const std::string& name, Index width, Index heads, const Masks& masks, Index layer,
            Random& random, double gain)
      : masks_(masks),
        layer_(layer),
        width_(width),
        heads_{heads},
        rotary_{.head_dim = width / heads, .base = base},
        in_(name + ".in", width, 3 * width, random),
        out_(name + ".out", width, width, random, gain) {}

  /// x: `sequences` of the same length, below each other.
  Matrix<T> forward(const Matrix<T>& x, Index sequences, OpenMP threads) {
    qkv_ = in_.forward(x, threads);
    batch_ = tartan::Batch::equal(sequences, x.rows() / sequences);
    turn(qkv_, tartan::Rotation::forward, threads);
    tartan::with_pattern(masks_, layer_, [&](const auto& mask) {
      auto result = tartan::multi_head_attention_with_lse(q(qkv_), k(qkv_), v(qkv_), heads_, batch_,
                                                          mask, {}, threads);
      attended_ = std::move(result.out);
      lse_ = std::move(result.lse);
    });
    return out_.forward(attended_, threads);
  }

  Matrix<T> backward(const Matrix<T>& dy, OpenMP threads) {
    const Matrix<T> dattended = out_.backward(dy, threads);
    Matrix<T> dqkv(qkv_.rows(), qkv_.cols());
    // attended = attention(q, k, v): the library's gradients, of the mask's pairs alone
    tartan::with_pattern(masks_, layer_, [&](const auto& mask) {
      const auto [dq, dk, dv] = tartan::multi_head_attention_backward(
          q(qkv_), k(qkv_), v(qkv_), attended_, lse_, dattended, heads_, batch_, mask, {}, threads);
      dqkv << dq, dk, dv;
    });
    // q and k were turned by angles: their gradients are turned back
    turn(dqkv, tartan::Rotation::inverse, threads);
    return in_.backward(dqkv, threads);
  }

  /// forward() of the next tokens of one sequence, whose earlier keys and values are in the cache.
  Matrix<T> decode(const Matrix<T>& x, tartan::KvCache<T>& cache, OpenMP threads) {
    Matrix<T> qkv = in_.forward(x, threads);
    tartan::apply_rotary(qkv.leftCols(2 * width_), rotary_, cache.next_position());
    cache.append(k(qkv), v(qkv));
    return tartan::with_pattern(masks_, layer_, [&](const auto& mask) {
      return out_.forward(tartan::decode(q(qkv), cache, mask, {}, threads), threads);
    });
  }

  /// An empty cache for decode(), which forgets what the mask's later rows do not see.
  tartan::KvCache<T> cache() const {
    const tartan::KvCacheShape shape{.kv_heads = heads_.query, .head_dim = rotary_.head_dim};
    return tartan::with_pattern(masks_, layer_,
                                [&](const auto& mask) { return tartan::KvCache<T>(shape, mask); });
  }

  void add_to(Parameters<T>& all) {
    in_.add_to(all);
    out_.add_to(all);
  }

 private:
  auto q(const Matrix<T>& qkv) const { return qkv.leftCols(width_); }
  auto k(const Matrix<T>& qkv) const { return qkv.middleCols(width_, width_); }
  auto v(const Matrix<T>& qkv) const { return qkv.rightCols(width_); }

  /// Turns q and k, which stand beside each other, by the angles of their positions.
  void turn(Matrix<T>& qkv, tartan::Rotation rotation, OpenMP threads) const {
    const std::vector<Index>& starts = batch_.query_offsets;
    for (std::size_t b = 0; b + 1 < starts.size(); ++b) {
      tartan::apply_rotary(qkv.block(starts[b], 0, starts[b + 1] - starts[b], 2 * width_), rotary_,
                           0, rotation, threads);
    }
  }

  /// Few heads of few columns learn faster than with the usual 10000, which leaves most of their
  /// pairs all but still. The slowest pair of 32 columns turns once in 4080 positions.
  static constexpr double base = 1000;

  Masks masks_;
  Index layer_, width_;
  tartan::Heads heads_;
  tartan::Rotary rotary_;
  tartan::Batch batch_;
  Linear<T> in_, out_;
  Matrix<T> qkv_, attended_;
  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> lse_;
};

/// y = down(gelu(up(x))), four times as wide inside.
template <class T>
class Mlp {
 public:
  Mlp(const std::string& name, Index width, Random& random, double gain)
      : up_(name + ".up", width, 4 * width, random),
        down_(name + ".down", 4 * width, width, random, gain) {}

  Matrix<T> forward(Matrix<T> x, OpenMP threads) {
    return down_.forward(gelu_.forward(up_.forward(std::move(x), threads), threads), threads);
  }
  Matrix<T> backward(const Matrix<T>& dy, OpenMP threads) {
    return up_.backward(gelu_.backward(down_.backward(dy, threads), threads), threads);
  }
  void add_to(Parameters<T>& all) {
    up_.add_to(all);
    down_.add_to(all);
  }

 private:
  Linear<T> up_, down_;
  Gelu<T> gelu_;
};

template <class T>
struct CrossEntropy {
  double loss;        ///< the mean over rows, in nats
  Matrix<T> dlogits;  ///< its gradient
};

/// The loss: the mean over rows r of -log softmax(logits.row(r))[targets[r]].
template <class T>
CrossEntropy<T> cross_entropy(Matrix<T> logits, std::span<const std::uint8_t> targets) {
  double sum = 0;
  for (Index r = 0; r < logits.rows(); ++r) {
    auto row = logits.row(r).array();
    const Index target = targets[std::size_t(r)];
    // loss = log(sum(exp(x))) - x[target], with the maximum taken out of all x
    row -= row.maxCoeff();
    const T at_target = row[target];
    row = row.exp();
    const T all = row.sum();
    sum += double(std::log(all) - at_target);
    // dx = softmax(x) - (1 at the target), over the number of rows
    row /= all;
    row[target] -= 1;
  }
  const double rows = double(logits.rows());
  logits /= static_cast<T>(rows);
  return {sum / rows, std::move(logits)};
}

}  // namespace transformer
