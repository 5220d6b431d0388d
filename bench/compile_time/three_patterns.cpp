// What using it costs: three patterns, float, optimised.
#include <tartan/tartan.hpp>

using Matrix = Eigen::MatrixXf;

Matrix window(const Matrix& q, const Matrix& k, const Matrix& v) {
  return tartan::attention<tartan::Local<256>>(q, k, v);
}

Matrix strided(const Matrix& q, const Matrix& k, const Matrix& v) {
  return tartan::attention(q, k, v, tartan::Causal{} & tartan::Strided<64>{});
}

Matrix both(const Matrix& q, const Matrix& k, const Matrix& v) {
  return tartan::attention(q, k, v, tartan::Local<256>{} | tartan::Strided<64>{});
}
