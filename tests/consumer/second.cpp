// The second translation unit: links with the first only if all that headers define is inline.
#include <tartan/tartan.hpp>

Eigen::MatrixXf attend(const Eigen::MatrixXf& q, const Eigen::MatrixXf& k,
                       const Eigen::MatrixXf& v) {
  using namespace tartan;
  return attention(q, k, v, Causal{} & (Local<9>{} | Strided<8>{}));
}
