// The attention masks that a model can be trained with: a schedule, chosen at run time.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <tartan/tartan.hpp>

namespace transformer {

using tartan::Index;

/// Which mask the layers have. All are causal. `local` and `strided` are the two factors of the
/// Sparse Transformer's strided attention (arXiv 1904.10509).
enum class MaskKind {
  dense,       ///< all of the past
  local,       ///< self and the last `window` positions
  strided,     ///< self and every stride-th position before
  merged,      ///< both, in one mask
  alternating  ///< layers 0, 2, ... local, layers 1, 3, ... strided
};

struct MaskName {
  std::string_view name;
  MaskKind kind;
};
inline constexpr std::array<MaskName, 5> mask_names{{{"dense", MaskKind::dense},
                                                     {"local", MaskKind::local},
                                                     {"strided", MaskKind::strided},
                                                     {"union", MaskKind::merged},
                                                     {"alternating", MaskKind::alternating}}};

inline std::optional<MaskKind> mask_kind(std::string_view name) {
  for (const MaskName& m : mask_names) {
    if (m.name == name) return m.kind;
  }
  return {};
}

/// A tartan schedule: the mask of each layer.
struct Masks {
  MaskKind kind = MaskKind::dense;
  Index window = 16;
  Index stride = 16;

  template <class Visit>
  decltype(auto) with_pattern(Index layer, Visit&& visit) const {
    const tartan::Window local{window, Index{0}};
    const tartan::Strided strided{stride};
    switch (kind) {
      case MaskKind::local:
        return visit(local);
      case MaskKind::strided:
        return visit(tartan::Causal{} & strided);
      case MaskKind::merged:
        return visit(tartan::Causal{} & (local | strided));
      case MaskKind::alternating:
        return tartan::Alternate{local, tartan::Causal{} & strided}.with_pattern(layer, visit);
      case MaskKind::dense:
        break;
    }
    return visit(tartan::Causal{});
  }
};

static_assert(tartan::Schedule<Masks>);

}  // namespace transformer
