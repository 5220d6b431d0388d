// A pattern of your own: its definition, its bands, and it runs as fast as the library's.
#include <iostream>
#include <tartan/tartan.hpp>

namespace mine {

using tartan::Index;

/// Every `step`-th key among the last `reach`: i - reach <= j <= i and (i - j) mod step == 0.
struct EveryFew {
  Index step, reach;

  // What it is. This line alone is a correct pattern.
  constexpr bool contains(Index i, Index j) const {
    return i - reach <= j && j <= i && (i - j) % step == 0;
  }
  // What makes it fast: the same pairs as bands. Rows and keys of one residue class are a lattice
  // each, and within a class a row i sees the keys from i - reach to i: a plain window.
  template <class Visit>
  constexpr void bands(const tartan::Extent& extent, Visit&& visit) const {
    for (Index c = 0; c < step; ++c) {
      visit(tartan::Band{extent.rows(c, step), extent.keys(c, step), tartan::Bound::at(-reach),
                         tartan::Bound::at(0)});
    }
  }
};
static_assert(tartan::Pattern<EveryFew>);
static_assert(count(tartan::Dense{} & EveryFew{3, 6}, 100) == 291);  // 3 keys a row, fewer at first

// `|` and `&` are found where one side is a pattern of namespace tartan, as above. For two of your
// own, write once in your namespace:
using tartan::operator|;
constexpr auto coarse_and_fine = EveryFew{8, 64} | EveryFew{2, 8};

}  // namespace mine

int main() {
  const auto mask = mine::EveryFew{3, 9} | tartan::Local<3>{};
  std::cout << tartan::ascii(mask, 16) << tartan::count(mask, 16) << " pairs\n\n"
            << tartan::ascii(mine::coarse_and_fine, 24);

  const Eigen::MatrixXf q = Eigen::MatrixXf::Random(300, 32), k = Eigen::MatrixXf::Random(300, 32),
                        v = Eigen::MatrixXf::Random(300, 16);
  const Eigen::MatrixXf out = tartan::attention(q, k, v, mask);
  const Eigen::MatrixXd expected = tartan::reference::attention(q, k, v, mask);
  const double error = (out.cast<double>() - expected).cwiseAbs().maxCoeff();
  std::cout << "\nlargest difference from the reference: " << error << "\n";
  return error < 1e-5 ? 0 : 1;
}
