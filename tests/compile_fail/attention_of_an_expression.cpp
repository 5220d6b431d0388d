// must say: call .eval() on an expression first
#include <tartan/tartan.hpp>

Eigen::MatrixXf attend(const Eigen::MatrixXf& q, const Eigen::MatrixXf& k,
                       const Eigen::MatrixXf& v) {
#ifdef TARTAN_TEST_BAD
  return tartan::attention(q + q, k, v, tartan::Causal{});
#else
  return tartan::attention((q + q).eval(), k, v, tartan::Causal{});
#endif
}
