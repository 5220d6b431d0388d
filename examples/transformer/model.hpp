// A pre-norm decoder over bytes: embedding, blocks of attention and MLP, and what it is trained by.
#pragma once

#include <stdexcept>

#include "layers.hpp"

namespace transformer {

inline constexpr Index vocabulary = 256;  ///< a token is a byte

using Bytes = std::vector<std::uint8_t>;

/// The sizes of a model.
struct Shape {
  Index layers = 4;
  Index width = 128;  ///< numbers for each token
  Index heads = 4;    ///< width / heads must be even
  Masks masks;

  /// What the gains of the layers are that write into the residual stream, so that what its many
  /// sums come to does not depend on the number of layers (GPT-2).
  double residual_gain() const { return 1 / std::sqrt(2.0 * double(layers)); }
};

/// x += attention(norm(x)); x += mlp(norm(x)).
template <class T>
class Block {
 public:
  Block(const std::string& name, const Shape& shape, Index layer, Random& random)
      : attention_norm_(name + ".attention_norm", shape.width),
        attention_(name + ".attention", shape.width, shape.heads, shape.masks, layer, random,
                   shape.residual_gain()),
        mlp_norm_(name + ".mlp_norm", shape.width),
        mlp_(name + ".mlp", shape.width, random, shape.residual_gain()) {}

  Matrix<T> forward(Matrix<T> x, Index sequences, OpenMP threads) {
    x += attention_.forward(attention_norm_.forward(x, threads), sequences, threads);
    x += mlp_.forward(mlp_norm_.forward(x, threads), threads);
    return x;
  }

  Matrix<T> backward(Matrix<T> dx, OpenMP threads) {
    // x += f(norm(x)): what was added has the same gradient as x, and dx gains what comes back
    dx += mlp_norm_.backward(mlp_.backward(dx, threads), threads);
    dx += attention_norm_.backward(attention_.backward(dx, threads), threads);
    return dx;
  }

  Matrix<T> decode(Matrix<T> x, tartan::KvCache<T>& cache, OpenMP threads) {
    x += attention_.decode(attention_norm_.forward(x, threads), cache, threads);
    x += mlp_.forward(mlp_norm_.forward(x, threads), threads);
    return x;
  }

  tartan::KvCache<T> cache() const { return attention_.cache(); }

  void add_to(Parameters<T>& all) {
    attention_norm_.add_to(all);
    attention_.add_to(all);
    mlp_norm_.add_to(all);
    mlp_.add_to(all);
  }

 private:
  LayerNorm<T> attention_norm_;
  Attention<T> attention_;
  LayerNorm<T> mlp_norm_;
  Mlp<T> mlp_;
};

/// The model. The same seed and shape give the same numbers, and every call the same bits for any
/// number of threads.
template <class T>
class Transformer {
 public:
  using Caches = std::vector<tartan::KvCache<T>>;

  /// Throws std::invalid_argument where the shape is not sensible.
  Transformer(const Shape& shape, std::uint64_t seed, OpenMP threads = {1})
      : Transformer(checked(shape), Random(seed), threads) {}

  /// The logits of the byte after each of `tokens`: so many sequences of one length, one after the
  /// other.
  Matrix<T> forward(std::span<const std::uint8_t> tokens, Index sequences = 1) {
    Matrix<T> x = embedding_.forward(tokens);
    for (Block<T>& block : blocks_) x = block.forward(std::move(x), sequences, threads_);
    return head_.forward(norm_.forward(x, threads_), threads_);
  }

  /// The loss, in nats a byte.
  double loss(std::span<const std::uint8_t> tokens, std::span<const std::uint8_t> targets,
              Index sequences = 1) {
    return cross_entropy<T>(forward(tokens, sequences), targets).loss;
  }

  /// The loss; the parameters' gradients become its gradients.
  double loss_and_gradients(std::span<const std::uint8_t> tokens,
                            std::span<const std::uint8_t> targets, Index sequences = 1) {
    for (Parameter<T>* p : parameters()) p->gradient.setZero();
    const auto [loss, dlogits] = cross_entropy<T>(forward(tokens, sequences), targets);
    Matrix<T> dx = norm_.backward(head_.backward(dlogits, threads_), threads_);
    for (std::size_t b = blocks_.size(); b-- > 0;) {
      dx = blocks_[b].backward(std::move(dx), threads_);
    }
    embedding_.backward(dx);
    return loss;
  }

  /// Empty caches for decode(), one for each layer.
  Caches caches() const {
    Caches caches;
    for (const Block<T>& block : blocks_) caches.push_back(block.cache());
    return caches;
  }

  /// The same logits as forward(), of the next tokens of a sequence whose earlier ones are in the
  /// caches.
  Matrix<T> decode(std::span<const std::uint8_t> tokens, Caches& caches) {
    Matrix<T> x = embedding_.forward(tokens);
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      x = blocks_[b].decode(std::move(x), caches[b], threads_);
    }
    return head_.forward(norm_.forward(x, threads_), threads_);
  }

  /// All parameters, in an order of their own; valid while the model is.
  Parameters<T> parameters() {
    Parameters<T> all;
    embedding_.add_to(all);
    for (Block<T>& block : blocks_) block.add_to(all);
    norm_.add_to(all);
    head_.add_to(all);
    return all;
  }

 private:
  Transformer(const Shape& shape, Random random, OpenMP threads)
      : threads_(threads),
        embedding_("embedding", vocabulary, shape.width, random),
        norm_("norm", shape.width),
        head_("head", shape.width, vocabulary, random) {
    // Eigen's own threads would split products, and sums in them, by how many there are; ours, in
    // threads.hpp, do not.
    Eigen::setNbThreads(1);
    for (Index l = 0; l < shape.layers; ++l) {
      blocks_.emplace_back("block" + std::to_string(l), shape, l, random);
    }
  }

  static const Shape& checked(const Shape& shape) {
    if (shape.layers < 1 || shape.heads < 1 || shape.width < 1 || shape.width % shape.heads != 0 ||
        shape.width / shape.heads % 2 != 0) {
      throw std::invalid_argument(
          "width must be an even number of columns for each head, got width " +
          std::to_string(shape.width) + " and " + std::to_string(shape.heads) + " heads");
    }
    return shape;
  }

  OpenMP threads_;
  Embedding<T> embedding_;
  std::vector<Block<T>> blocks_;
  LayerNorm<T> norm_;
  Linear<T> head_;
};

}  // namespace transformer
