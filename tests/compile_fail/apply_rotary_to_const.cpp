// must say: x must be a writable matrix in memory
#include <tartan/tartan.hpp>

Eigen::MatrixXf turn(const Eigen::MatrixXf& q, const tartan::Rotary& rotary) {
#ifdef TARTAN_TEST_BAD
  tartan::apply_rotary(q, rotary);
  return q;
#else
  return tartan::rotated(q, rotary);
#endif
}
