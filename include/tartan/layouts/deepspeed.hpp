// All layouts of DeepSpeed (github.com/microsoft/DeepSpeed, deepspeed/ops/sparse_attention), each
// with its options and defaults. Layer: layouts.
#pragma once

#include "deepspeed_bigbird.hpp"
#include "deepspeed_bslongformer.hpp"
#include "deepspeed_fixed.hpp"
#include "deepspeed_local_sliding_window.hpp"
#include "deepspeed_variable.hpp"
