#include <iostream>
#include <tartan/tartan.hpp>

int main() {
  const Eigen::MatrixXf q = Eigen::MatrixXf::Random(4096, 64);  // 4096 queries of 64 features
  const Eigen::MatrixXf k = Eigen::MatrixXf::Random(4096, 64);
  const Eigen::MatrixXf v = Eigen::MatrixXf::Random(4096, 64);

  const auto mask = tartan::Causal{} & (tartan::Local<128>{} | tartan::Strided<64>{});
  const Eigen::MatrixXf out = tartan::attention(q, k, v, mask);

  std::cout << 100 * tartan::density(mask, 4096) << " % of all pairs are attended\n"
            << out.topLeftCorner(3, 4) << '\n';
}
