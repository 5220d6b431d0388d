// must say: call .eval() on an expression first
#include <tartan/tartan.hpp>

Eigen::MatrixXf halve(const Eigen::MatrixXf& out, const Eigen::VectorXf& lse) {
#ifdef TARTAN_TEST_BAD
  return tartan::merge(out, lse, out * 0.0f, lse).out;
#else
  return tartan::merge(out, lse, (out * 0.0f).eval(), lse).out;
#endif
}
