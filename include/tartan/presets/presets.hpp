// Masks and schedules of published models, as types: each is a line of what is there. Those that
// need a length or a seed are functions in layouts/. Layer: presets.
#pragma once

#include <type_traits>

#include "../algebra/intersection.hpp"
#include "../algebra/union.hpp"
#include "../patterns/causal.hpp"
#include "../patterns/columns.hpp"
#include "../patterns/dilated.hpp"
#include "../patterns/fixed.hpp"
#include "../patterns/global_tokens.hpp"
#include "../patterns/local.hpp"
#include "../patterns/own_block.hpp"
#include "../patterns/sinks.hpp"
#include "../patterns/strided.hpp"
#include "../patterns/window.hpp"
#include "../schedules/alternate.hpp"

namespace tartan::presets {

/// The Sparse Transformer's strided pattern with both factors in one mask (arXiv 1904.10509): the
/// last L keys and self, and every L-th before.
template <Index L>
using sparse_transformer_strided = Intersection<Causal, Union<Window<L, 0>, Strided<L>>>;

/// The same, interleaved: one factor a layer, in turn.
template <Index L>
using sparse_transformer_strided_layers = Alternate<Window<L, 0>, Intersection<Causal, Strided<L>>>;

/// The Sparse Transformer's fixed pattern with both factors in one mask (arXiv 1904.10509); the
/// paper has L of 128 or 256, and C of 8, 16 or 32. Heads differ by G.
template <Index L, Index C, Index G = 0>
using sparse_transformer_fixed = Fixed<L, C, G>;

/// The same, interleaved. In layers of the second factor alone the first L - C rows are empty.
template <Index L, Index C, Index G = 0>
using sparse_transformer_fixed_layers =
    Alternate<Intersection<Causal, OwnBlock<L>>, Intersection<Causal, SummaryColumns<L, C, G>>>;

/// The window of the Sparse Transformer's released code, which is of L keys, self counted: one
/// fewer than the paper's.
template <Index L>
using sparse_transformer_released_local = Window<L - 1, 0>;

/// The Sparse Transformer's patterns for pictures of a width: the query's row, and its column; of
/// the past alone with `Causal{} & `.
template <Index Width>
using image_row = OwnBlock<Width>;
template <Index Width>
using image_column = Strided<Width>;

/// GPT-3 (arXiv 2005.14165): layers with all of the past, and layers with a band of it, in turn.
/// The band's width was not published.
template <Index Bandwidth>
using gpt3 = Alternate<Causal, Window<Bandwidth - 1, 0>>;

/// The pattern of one layer of GPT-3, counted from 0.
template <Index Layer, Index Bandwidth>
using gpt3_layer = typename gpt3<Bandwidth>::template PatternOf<Layer>;

/// Mistral 7B's sliding window of W keys, self counted: i - W < j <= i (arXiv 2310.06825).
template <Index W>
using mistral = Window<W - 1, 0>;

/// Longformer (arXiv 2004.05150): W keys on each side and self, and G global tokens at the start.
template <Index W, Index G = 1>
using longformer = Union<Window<W, W>, GlobalTokens<G>>;

/// A layer of Longformer with a dilated window: every D-th key, W of them on each side.
template <Index W, Index D, Index G = 1>
using longformer_dilated = Union<Dilated<W, D>, GlobalTokens<G>>;

/// StreamingLLM (arXiv 2309.17453): the first `Keys` keys, and a window of W, self counted.
template <Index Keys, Index W>
using streaming_llm = Intersection<Causal, Union<Sinks<Keys>, Window<W - 1, 0>>>;

/// A window that also looks ahead, and every S-th column of the past: |i - j| <= floor(W / 2), or
/// j <= i and j mod S = 0. Not causal.
template <Index W, Index S>
using local_with_causal_columns = Union<Local<W>, Intersection<Causal, Columns<S>>>;

}  // namespace tartan::presets
