// must say: must have the same scalar type
#include <tartan/tartan.hpp>

#ifdef TARTAN_TEST_BAD
using Values = Eigen::MatrixXd;
#else
using Values = Eigen::MatrixXf;
#endif

Values attend(const Eigen::MatrixXf& q, const Eigen::MatrixXf& k, const Values& v) {
  return tartan::attention(q, k, v, tartan::Causal{});
}
