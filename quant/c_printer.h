#pragma once
#include <ostream>
#include <span>

#include "integrad/quant/qgraph.h"

/// Writes attribute structs and tables as C99 initialisers, field by field.
namespace integrad::c_printer {

void table(std::ostream& out, std::string_view type, std::string_view name,
           std::span<const std::int8_t> values);
void table(std::ostream& out, std::string_view type, std::string_view name,
           std::span<const std::int32_t> values);
void table(std::ostream& out, std::string_view name, std::span<const integrad_scale> scales);

/// `scales` is the name of the table that the struct points at.
void print(std::ostream& out, const integrad_conv& a, std::string_view scales);
void print(std::ostream& out, const integrad_depthwise& a, std::string_view scales);
void print(std::ostream& out, const integrad_transposed_conv& a, std::string_view scales);
void print(std::ostream& out, const integrad_fully_connected& a, std::string_view scales);
void print(std::ostream& out, const integrad_add& a);
void print(std::ostream& out, const integrad_multiply& a);
void print(std::ostream& out, const integrad_pool& a);
void print(std::ostream& out, const integrad_unpool& a);
void print(std::ostream& out, const integrad_resize& a);
void print(std::ostream& out, const integrad_concat_part& a);
void print(std::ostream& out, const integrad_pad& a);
void print(std::ostream& out, const integrad_slice& a);
void print(std::ostream& out, const integrad_softmax& a);
void print(std::ostream& out, const integrad_requantization& a);

}  // namespace integrad::c_printer
