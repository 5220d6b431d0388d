// Uses tartan as a stranger would, beside another file that includes it too.
#include <Eigen/Dense>
#include <tartan/tartan.hpp>

using namespace Eigen;
using namespace tartan;

Eigen::MatrixXf attend(const Eigen::MatrixXf& q, const Eigen::MatrixXf& k,
                       const Eigen::MatrixXf& v);  // second.cpp

int main() {
  const MatrixXf q = MatrixXf::Random(70, 8);
  const MatrixXf k = MatrixXf::Random(70, 8);
  const MatrixXf v = MatrixXf::Random(70, 3);
  const MatrixXf here = attention(q, k, v, Causal{} & (Local<9>{} | Strided<8>{}));
  const bool same = here == attend(q, k, v);
  const bool first_row_is_first_value = here.row(0).isApprox(v.row(0));  // it sees itself alone
  const bool pictures = ascii(Local<3>{}, 4).size() < svg(Local<3>{}, 4).size();
  return same && pictures && first_row_is_first_value ? 0 : 1;
}
