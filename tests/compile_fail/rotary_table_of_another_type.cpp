// must say: the table must be RotaryTable<double> for a matrix of double, else RotaryTable<float>
#include <tartan/tartan.hpp>

void turn(Eigen::MatrixXd& q, const tartan::Rotary& rotary) {
#ifdef TARTAN_TEST_BAD
  tartan::apply_rotary(q, tartan::RotaryTable<float>(rotary, 10));
#else
  tartan::apply_rotary(q, tartan::RotaryTable<double>(rotary, 10));
#endif
}
