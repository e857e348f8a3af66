#include "integrad/autograd/cases.h"
#include "integrad/autograd/ops/batch_norm.h"

namespace integrad {

std::vector<OperatorCase> normalization_cases() {
  const std::pair<const char*, Shape> inputs[] = {
      {"2 images", {2, 3, 5, 4}},
      {"rectangular, 19 channels", {1, 4, 2, 19}},
      {"two values per channel", {2, 1, 1, 3}},
      {"rank 2", {6, 9}},
      {"16 channels", {1, 3, 2, 16}},
  };
  std::vector<OperatorCase> cases;
  std::uint64_t stream = 1500;
  for (const auto& [name, shape] : inputs) {
    const Index channels = shape.channels();
    const std::vector<Tensor<double>> values{draw::normal(shape, stream),
                                             draw::normal({channels}, stream + 1),
                                             draw::normal({channels}, stream + 2)};
    const Tensor<double> mean = draw::normal({channels}, stream + 3);
    const Tensor<double> variance = draw::uniform({channels}, stream + 4, 0.5, 2);
    stream += 5;
    // Each run starts from its own copy of the running statistics.
    const auto state = [=](auto& tape) {
      using T = std::remove_cvref_t<decltype(tape.value(Var{})[0])>;
      BatchNormState<T> running;
      running.mean = mean.cast<T>();
      running.variance = variance.cast<T>();
      return running;
    };
    cases.push_back(operator_case("batch_norm", std::string("training, ") + name, values,
                                  [=](auto& tape, auto in) {
                                    auto running = state(tape);
                                    return batch_norm(tape, in[0], in[1], in[2], running);
                                  }));
    cases.push_back(operator_case(
        "batch_norm", std::string("frozen, ") + name, values, [=](auto& tape, auto in) {
          return batch_norm_frozen(tape, in[0], in[1], in[2], state(tape));
        }));
  }
  return cases;
}

}  // namespace integrad
