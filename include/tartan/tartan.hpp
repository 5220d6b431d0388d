// tartan: sparse attention on CPUs, with masks as types. This header includes everything.
#pragma once

#include "version.hpp"

#include "patterns/causal.hpp"
#include "patterns/columns.hpp"
#include "patterns/dense.hpp"
#include "patterns/local.hpp"
#include "patterns/strided.hpp"
#include "patterns/window.hpp"

#include "algebra/intersection.hpp"
#include "algebra/union.hpp"

#include "queries/ascii.hpp"
#include "queries/count.hpp"
#include "queries/mask.hpp"
#include "queries/svg.hpp"

#include "parallel/eigen_threads.hpp"
#include "parallel/openmp.hpp"
#include "parallel/serial.hpp"

#include "attention/attention.hpp"
#include "reference/attention.hpp"
