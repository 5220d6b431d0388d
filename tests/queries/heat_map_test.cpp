#include <tartan/queries/heat_map.hpp>

#include "support/catch.hpp"

using namespace tartan;
using Cells = std::vector<std::uint8_t>;

TEST_CASE("shades go with the square root of a value's share of the largest") {
  const Panel panel =
      heat_map(Eigen::Matrix<double, 2, 3>{{0, 0.5, 0.125}, {1e-9, -0.0, 0.03125}}).panels.at(0);
  CHECK((panel.rows == 2 && panel.cols == 3));
  CHECK(panel.cells == Cells{0, 48, 24, 1, 0, 12});
  CHECK(panel.description == "2 rows, 3 columns, shaded by the square root of their values.");
}

TEST_CASE("darkest gives several maps one scale") {
  const Eigen::RowVector3f values(0.0f, 0.25f, 1.0f);
  CHECK(heat_map(values, {.darkest = 1}).panels.at(0).cells == Cells{0, 24, 48});
  CHECK(heat_map(values, {.darkest = 4}).panels.at(0).cells == Cells{0, 12, 24});
  CHECK(heat_map(values, {.darkest = 0.25}).panels.at(0).cells == Cells{0, 48, 48});
}

TEST_CASE("the palette goes from empty over attended to diagonal") {
  const PictureStyle style;
  const auto palette = detail::heat_palette(style);
  REQUIRE(palette.size() == 49);
  CHECK(palette[0] == style.empty);
  CHECK(palette[24] == style.attended);
  CHECK(palette[48] == style.diagonal);
  for (std::size_t x = 1; x < palette.size(); ++x) {  // greens fall throughout
    CHECK((palette[x] >> 8 & 255u) < (palette[x - 1] >> 8 & 255u));
  }
}

TEST_CASE("beyond 64, a cell is the mean of a block, cut short at the ends") {
  Eigen::MatrixXd values = Eigen::MatrixXd::Zero(65, 130);  // blocks of 3 by 3
  values(1, 1) = 9;
  values.rightCols(1).setConstant(1);
  const Panel panel = heat_map(values).panels.at(0);
  CHECK((panel.rows == 22 && panel.cols == 44));
  CHECK(panel.cells[0] == 48);
  CHECK(panel.cells[1] == 0);
  CHECK(panel.cells[43] == 48);  // one column, of ones
  CHECK(panel.cells[44] == 0);
  CHECK(panel.description.find("Each cell is the mean of 3 by 3 values.") != std::string::npos);
}

TEST_CASE("any matrix expression of any scalar: rows stay rows") {
  const Eigen::Matrix<int, 2, 2, Eigen::RowMajor> values{{0, 3}, {0, 0}};
  CHECK(heat_map(values).panels.at(0).cells == Cells{0, 48, 0, 0});
  CHECK(heat_map(values.transpose() * 2).panels.at(0).cells == Cells{0, 0, 48, 0});
  CHECK(heat_map(values.cast<bool>()).panels.at(0).cells == Cells{0, 48, 0, 0});
}

TEST_CASE("nothing but zeros, or nothing at all, is a light picture") {
  CHECK(heat_map(Eigen::MatrixXd::Zero(1, 2)).panels.at(0).cells == Cells{0, 0});
  CHECK(heat_map(Eigen::MatrixXd(0, 7)).panels.at(0).cells.empty());
}

TEST_CASE("heat_map refuses what no weight can be") {
  Eigen::MatrixXd values = Eigen::MatrixXd::Ones(3, 4);
  values(2, 1) = -0.5;
  CHECK(message_of<std::invalid_argument>([&] { heat_map(values); }) ==
        "tartan: heat_map: values must be finite and >= 0, got -0.500000 at (2, 1)");
  for (const double bad :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    values(2, 1) = bad;
    CHECK(message_of<std::invalid_argument>([&] { heat_map(values); }) != "nothing was thrown");
  }
}
