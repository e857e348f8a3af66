#include "integrad/quant/qgraph.h"

namespace integrad {

std::string_view name_of(const Operation& operation) {
  return std::visit(
      overloaded{[](const quantized::Input&) { return std::string_view("input"); },
                 [](const quantized::Conv2d&) { return layer::Conv2d::kName; },
                 [](const quantized::DepthwiseConv2d&) { return layer::DepthwiseConv2d::kName; },
                 [](const quantized::Add&) { return std::string_view("add"); },
                 [](const quantized::Multiply&) { return std::string_view("mul"); },
                 [](const quantized::MaxPool&) { return layer::MaxPool::kName; },
                 [](const quantized::MaxUnpool&) { return layer::MaxUnpool::kName; },
                 [](const quantized::AveragePool&) { return layer::AveragePool::kName; }},
      operation);
}

const LinearTables* tables_of(const Operation& operation) {
  return std::visit(
      [](const auto& o) -> const LinearTables* {
        if constexpr (requires { o.tables; })
          return &o.tables;
        else
          return nullptr;
      },
      operation);
}

}  // namespace integrad
