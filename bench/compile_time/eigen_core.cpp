// What any program over Eigen pays.
#include <Eigen/Core>
