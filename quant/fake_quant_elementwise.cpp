#include <algorithm>
#include <limits>

#include "integrad/quant/fake_quant.h"
#include "integrad/quant/fake_quant_kernels.h"
#include "integrad/tensor/kernels/rows.h"

namespace integrad {

namespace {

using Function = layer::Arithmetic::Function;

/// The operands of a binary operation and what becomes of them.
struct Binary {
  const CodeMap &a, &b;
  Tensor<std::int8_t> codes;
  Passes passes;

  Binary(const CodeMap& left, const CodeMap& right)
      : a(left),
        b(right),
        codes(Tensor<std::int8_t>::uninitialized(left.shape())),
        passes(left.shape()) {}

  // row(codes of a, codes of b, count, codes, bits) computes a line.
  template <class Row>
  void each_line(Row row) {
    const Index size = passes.lines().size();
    kernels::parallel_rows(passes.lines().count, size, [&](Index line) {
      const Index at = line * size;
      row(a.codes().data() + at, b.codes().data() + at, size, codes.data() + at, passes.line(line));
    });
  }

  // unclamped(code1, code2) is the integer arithmetic's code.
  template <class Unclamped>
  void each_code(const kernels::int8::Clamp& clamp, Unclamped unclamped) {
    each_line([&](const std::int8_t* x, const std::int8_t* y, Index count, std::int8_t* into,
                  std::uint8_t* bits) {
      kernels::int8::BitWriter writer(bits);
      for (Index i = 0; i < count; ++i) {
        const std::int32_t code = unclamped(x[i], y[i]);
        into[i] = static_cast<std::int8_t>(integrad_clamp(code, clamp.low, clamp.high));
        writer.put(code >= clamp.open_low && code <= clamp.high);
      }
      writer.finish();
    });
  }

  // use(line, real(value1, value2) of the line).
  template <class Real, class Use>
  void each_real_line(Real real, Use use) const {
    const Index size = passes.lines().size();
    kernels::parallel_rows(passes.lines().count, size, [&](Index line) {
      std::vector<float> x(static_cast<std::size_t>(size)), y(x.size());
      const auto decode = [&](const CodeMap& map, std::vector<float>& into) {
        const Quantization& q = map.quantization();
        kernels::int8::real_row(q.scale, q.zero_point, map.codes().data() + line * size, size,
                                into.data());
      };
      decode(a, x);
      decode(b, y);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = real(x[i], y[i]);
      use(line, std::as_const(x));
    });
  }

  // The extremes of real(value1, value2), 0 among them.
  template <class Real>
  Range extremes(Activation activation, Real real) const {
    std::vector<Range> lines(static_cast<std::size_t>(passes.lines().count));
    each_real_line(real, [&](Index line, const std::vector<float>& x) {
      Range& range = lines[static_cast<std::size_t>(line)];
      kernels::int8::extremes_row(x.data(), static_cast<Index>(x.size()), 1, &range.low,
                                  &range.high);
    });
    Range observed;
    for (const Range& line : lines) {
      observed.low = std::min(observed.low, line.low);
      observed.high = std::max(observed.high, line.high);
    }
    if (activation != Activation::none) observed.low = 0;
    if (activation == Activation::relu6) observed.high = std::min(observed.high, 6.0f);
    return observed;
  }
};

Tensor<float> product(const Tensor<float>& d, const Tensor<float>& factor) {
  Tensor<float> result = Tensor<float>::uninitialized(d.shape());
  parallel_for(d.size(), kElementwiseGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) result[i] = d[i] * factor[i];
  });
  return result;
}

Tensor<float> negated(const Tensor<float>& d) {
  Tensor<float> result = Tensor<float>::uninitialized(d.shape());
  parallel_for(d.size(), kElementwiseGrain, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) result[i] = d[i] * -1.0f;
  });
  return result;
}

// use(real), real(x, y) the function of real numbers.
template <class Use>
void with_function(Function function, Use use) {
  if (function == Function::add) return use([](float x, float y) { return x + y; });
  if (function == Function::sub) return use([](float x, float y) { return x - y; });
  use([](float x, float y) { return x * y; });
}

void pass_back(Tape<float>& t, Function function, Var x, Var y) {
  const auto each = [&](Var operand, Var other, bool negate) {
    if (!t.needs_gradient(operand)) return;
    if (function == Function::mul)
      t.accumulate(operand, product(t.writable_cotangent(), t.value(other)));
    else if (negate)
      t.accumulate(operand, negated(t.writable_cotangent()));
    else
      t.accumulate_cotangent(operand);
  };
  // What is computed from the cotangent comes before its memory is shared.
  each(y, x, function == Function::sub);
  each(x, y, false);
}

}  // namespace

Var FakeQuantEvaluator::operator()(int id, const layer::Arithmetic& l, Inputs in) {
  const Operation operation = lowered(id, nullptr);
  const Node& node = graph_.node(id);
  const auto operand = [&](std::size_t i) {
    return code_map(tape_, in[i], quantizations_[static_cast<std::size_t>(node.inputs[i])]);
  };
  const auto a = operand(0), b = operand(1);
  Binary binary(*a, *b);
  const auto clamp = [&](const auto& attributes) {
    return fake_quant::clamp_of(attributes.low, attributes.high, l.activation);
  };
  if (const auto* add = std::get_if<quantized::Add>(&operation)) {
    const kernels::int8::AddRows rows(add->attributes, clamp(add->attributes));
    binary.each_line([&](const std::int8_t* x, const std::int8_t* y, Index count, std::int8_t* into,
                         std::uint8_t* bits) { rows.row(x, y, count, into, bits); });
  } else if (const auto* subtract = std::get_if<quantized::Subtract>(&operation)) {
    binary.each_code(clamp(subtract->attributes), [&](std::int32_t x, std::int32_t y) {
      return integrad_subtract_unclamped(&subtract->attributes, x, y);
    });
  } else {
    const integrad_multiply& multiply = std::get<quantized::Multiply>(operation).attributes;
    binary.each_code(clamp(multiply), [&](std::int32_t x, std::int32_t y) {
      return integrad_multiply_unclamped(&multiply, x, y);
    });
  }
  const Quantization& out = quantizations_[static_cast<std::size_t>(id)];
  const auto errors = rounding_errors(binary.codes.shape(), l.activation);
  with_function(l.function, [&](auto real) {
    if (ranges_ == Ranges::tracked)
      observed_[static_cast<std::size_t>(id)] = binary.extremes(l.activation, real);
    if (errors == nullptr) return;
    binary.each_real_line(real, [&](Index line, const std::vector<float>& values) {
      const std::int8_t* const codes =
          binary.codes.data() + line * static_cast<Index>(values.size());
      errors->line(line, codes, [&](Index i) {
        return values[static_cast<std::size_t>(i)] / out.scale + static_cast<float>(out.zero_point);
      });
    });
  });
  const Var x = in[0], y = in[1];
  const auto codes = std::make_shared<const CodeMap>(std::move(binary.codes), out);
  return tape_.record_encoded(
      "fake_quant", codes, in,
      [x, y, id, errors, codes = errors != nullptr ? codes : nullptr, learned = range_gradients_,
       function = l.function,
       passes = std::move(binary.passes)](Tape<float>& t, const Tensor<float>&) {
        Tensor<float>& d = t.writable_cotangent();
        if (errors != nullptr)
          (*learned)[static_cast<std::size_t>(id)] = errors->gradient(d, *codes, passes);
        passes.mask(d, d);
        pass_back(t, function, x, y);
      });
}

}  // namespace integrad
