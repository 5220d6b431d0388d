// One public call of the backward pass: its matrices, and what is refused. Layer: backward.
#pragma once

#include "../attention/attend.hpp"
#include "../scores/score.hpp"

namespace tartan::inline TARTAN_ISA {

/// What can be set about one call of the backward pass, beside the Options of the forward one.
struct GradientOptions {
  /// Add to what dq, dk, dv and those below hold, rather than overwrite it.
  bool accumulate = false;
  /// Where the gradients of Options::sinks go, one for each: it is made that long, but where it is
  /// added to. Null: nowhere.
  std::vector<double>* dsinks = nullptr;
  /// Where the gradients of the numbers go that the modifiers of Options::score hold: made of their
  /// shapes (see Score::no_gradients), but where it is added to. Null: nowhere. They are added up
  /// on one thread for each sequence and key/value head.
  ScoreGradients* dscore = nullptr;
};

}  // namespace tartan::inline TARTAN_ISA

namespace tartan::detail::inline TARTAN_ISA {

/// All heads stand beside each other and all sequences below each other, as in Request.
template <class S>
struct GradientRequest {
  using T = Computed<S>;
  View<const S> q, k, v, out, dout;
  View<const T> lse;  ///< rows of q × query heads
  View<S> dq, dk, dv;
  Heads heads = {};
  const Batch* batch = nullptr;  ///< null: one sequence

  Index head_dim() const { return q.cols / heads.query; }
  Index value_dim() const { return v.cols / heads.kv_heads(); }
};

template <class T>
void check_shape_of(const char* name, const View<const T>& x, Index rows, Index cols,
                    const char* which) {
  if (x.rows == rows && x.cols == cols) return;
  refuse(std::string(name) + " is " + shape_text(x.rows, x.cols) + " but must be " +
         shape_text(rows, cols) + " (" + which + ")");
}

/// Throws std::invalid_argument where inputs do not agree.
template <class S>
void check_inputs(const GradientRequest<S>& r) {
  check_heads<S>(r.heads, r.q, r.k, r.v);
  if (r.batch) check_batch(*r.batch, r.q.rows, r.k.rows);
  const Index columns = r.heads.query * r.value_dim();
  check_shape_of("out", r.out, r.q.rows, columns, "rows of q, query heads times columns of v");
  check_shape_of("dout", r.dout, r.q.rows, columns, "as out");
  check_shape_of("lse", r.lse, r.q.rows, r.heads.query, "rows of q, query heads");
}

/// Throws std::invalid_argument where gradients are not of the shapes of what they belong to, or
/// share memory with each other or with an input.
template <class S>
void check_gradients(const GradientRequest<S>& r) {
  using T = Computed<S>;
  check_out_shape<S>(r.dq, r.q.rows, r.q.cols, "as q", "dq");
  check_out_shape<S>(r.dk, r.k.rows, r.k.cols, "as k", "dk");
  check_out_shape<S>(r.dv, r.v.rows, r.v.cols, "as v", "dv");
  const std::initializer_list<View<const S>> inputs{r.q, r.k, r.v, r.out, r.dout};
  for (const View<S>& gradient : {r.dq, r.dk, r.dv}) {
    for (const View<const S>& input : inputs) {
      if (overlap<S>(as_const(gradient), input)) {
        refuse("a gradient shares memory with an input (they are read while it is written)");
      }
    }
    if constexpr (std::is_same_v<T, S>) {
      if (overlap<T>(as_const(gradient), r.lse)) refuse("a gradient shares memory with lse");
    }
  }
  if (overlap<S>(as_const(r.dq), as_const(r.dk)) || overlap<S>(as_const(r.dq), as_const(r.dv)) ||
      overlap<S>(as_const(r.dk), as_const(r.dv))) {
    refuse("dq, dk and dv share memory with each other");
  }
}

/// Throws std::invalid_argument where what is added to does not have the shape of what is added.
template <class Into>
void check_gradient_options(const Into& into, const Options& options) {
  if (!into.accumulate) return;
  if (into.dsinks && into.dsinks->size() != options.sinks.size()) {
    refuse("dsinks has " + std::to_string(into.dsinks->size()) + " numbers for " +
           std::to_string(options.sinks.size()) + " sinks (it is added to)");
  }
  if (!into.dscore) return;
  const auto shapes = options.score.number_shapes();
  bool same = shapes.size() == into.dscore->size();
  for (std::size_t x = 0; same && x < shapes.size(); ++x) {
    const Eigen::MatrixXd& there = (*into.dscore)[x];
    same = std::pair{there.rows(), there.cols()} == shapes[x];
  }
  if (!same) refuse("dscore is not shaped as score.no_gradients() (it is added to)");
}

}  // namespace tartan::detail::inline TARTAN_ISA
