// tartan: sparse attention on CPUs, with masks as types. This header includes everything but the
// block layouts of published models, which are included by name, <tartan/layouts/bigbird.hpp>, ...,
// and <tartan/png/png.hpp>, which needs libpng.
#pragma once

#include "version.hpp"

#include "patterns/block_layout.hpp"
#include "patterns/causal.hpp"
#include "patterns/columns.hpp"
#include "patterns/dense.hpp"
#include "patterns/dilated.hpp"
#include "patterns/documents.hpp"
#include "patterns/fixed.hpp"
#include "patterns/global_tokens.hpp"
#include "patterns/local.hpp"
#include "patterns/neighborhood.hpp"
#include "patterns/own_block.hpp"
#include "patterns/prefix_lm.hpp"
#include "patterns/sinks.hpp"
#include "patterns/strided.hpp"
#include "patterns/summary_columns.hpp"
#include "patterns/window.hpp"

#include "algebra/difference.hpp"
#include "algebra/intersection.hpp"
#include "algebra/union.hpp"

#include "schedules/alternate.hpp"
#include "schedules/every_nth.hpp"
#include "schedules/per_head.hpp"

#include "presets/presets.hpp"

#include "queries/ascii.hpp"
#include "queries/count.hpp"
#include "queries/heat_map.hpp"
#include "queries/mask.hpp"
#include "queries/mask_picture.hpp"
#include "queries/picture.hpp"
#include "queries/reach.hpp"
#include "queries/rows.hpp"
#include "queries/schedule_picture.hpp"
#include "queries/svg.hpp"

#include "scores/alibi.hpp"
#include "scores/relative_bias.hpp"
#include "scores/score_bias.hpp"
#include "scores/softcap.hpp"

#include "parallel/eigen_threads.hpp"
#include "parallel/openmp.hpp"
#include "parallel/serial.hpp"

#include "attention/attention.hpp"
#include "attention/captured_mass.hpp"
#include "attention/merge.hpp"
#include "attention/multi_head.hpp"
#include "attention/weights.hpp"
#include "attention/work.hpp"
#include "backward/attention_backward.hpp"
#include "cache/decode.hpp"
#include "cache/serialize.hpp"
#include "reference/attention.hpp"
#include "reference/attention_backward.hpp"
#include "reference/multi_head.hpp"
#include "rotary/rotary.hpp"
#include "rotary/rotary_table.hpp"
