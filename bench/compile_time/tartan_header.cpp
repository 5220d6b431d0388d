// What including tartan costs on top.
#include <tartan/tartan.hpp>
