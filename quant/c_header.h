#pragma once
#include <string>
#include <string_view>

#include "integrad/quant/qgraph.h"

namespace integrad {

/// model.h of an emitted project: the layers, sizes and quantisations, then `memory` (the #defines
/// of the working memory) and `function` (the declaration of the model's function).
std::string model_header(const QGraph& program, std::string_view memory, std::string_view function);

/// The hooks around the layers of an emitted program, which do nothing unless they are asked for.
inline constexpr std::string_view kLayerHooks = R"(
#ifdef MODEL_TRACE
#define MODEL_TRACE_CODES(layer, first, count, codes) model_trace(layer, first, count, codes)
#else
#define MODEL_TRACE_CODES(layer, first, count, codes) ((void)0)
#endif
#ifdef MODEL_PROFILE
#define MODEL_BEGIN_LAYER(layer) model_begin_layer(layer)
#define MODEL_END_LAYER(layer) model_end_layer(layer)
#else
#define MODEL_BEGIN_LAYER(layer) ((void)0)
#define MODEL_END_LAYER(layer) ((void)0)
#endif
)";

}  // namespace integrad
