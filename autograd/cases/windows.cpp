#include "integrad/autograd/cases.h"
#include "integrad/autograd/ops/average_pool2d.h"
#include "integrad/autograd/ops/max_pool2d.h"
#include "integrad/autograd/ops/resize2d.h"

namespace integrad {

namespace {

struct Pool {
  const char* name;
  Shape input;
  WindowSpec window;
};

const Pool kPools[] = {
    {"2x2", {2, 4, 6, 3}, WindowSpec::square(2, 2)},
    {"2x2, remainders", {2, 5, 7, 3}, WindowSpec::square(2, 2)},
    {"2x2 same, remainders", {1, 5, 3, 2}, WindowSpec::square(2, 2, Padding::same())},
    {"3x3 stride 2 same, overlapping", {2, 5, 6, 3}, WindowSpec::square(3, 2, Padding::same())},
    {"3x3 stride 1, padding 1", {1, 4, 5, 2}, WindowSpec::square(3, 1, Padding::fixed(1))},
    {"2x3 stride 3x2, uneven padding",
     {2, 6, 5, 3},
     {2, 3, 3, 2, 1, 1, Padding::fixed(1, 0, 0, 2)}},
    {"3x2 dilation 2x1", {1, 7, 4, 3}, {3, 2, 1, 2, 2, 1, Padding::fixed(1, 2, 0, 0)}},
    {"the whole image", {2, 3, 4, 5}, {3, 4, 1, 1, 1, 1, Padding::valid()}},
};

// Windows apart from each other; what to unpool has the shape of the pool's output.
const Pool kUnpools[] = {
    {"2x2", {2, 4, 6, 3}, WindowSpec::square(2, 2)},
    {"2x2, remainders", {2, 5, 7, 3}, WindowSpec::square(2, 2)},
    {"2x3 stride 3, gaps and padding",
     {1, 8, 7, 2},
     {2, 3, 3, 3, 1, 1, Padding::fixed(1, 0, 1, 1)}},
};

struct Resize {
  const char* name;
  Shape input;
  Index height, width;
};

const Resize kResizes[] = {
    {"twice", {2, 3, 4, 3}, 6, 8},         {"up by odd factors", {1, 3, 4, 2}, 7, 9},
    {"down", {2, 7, 6, 3}, 3, 4},          {"down to one point", {1, 5, 4, 3}, 1, 1},
    {"up and down", {2, 3, 7, 2}, 8, 3},   {"from one point", {2, 1, 1, 3}, 3, 2},
    {"the same size", {1, 3, 4, 2}, 3, 4},
};

void pool_rows(std::vector<OperatorCase>& cases) {
  std::uint64_t stream = 1300;
  for (const Pool& pool : kPools) {
    const WindowSpec window = pool.window;
    const Tensor<double> x = draw::distinct(pool.input, stream++);
    cases.push_back(operator_case("max_pool2d", pool.name, {x}, [=](auto& tape, auto in) {
      return max_pool2d(tape, in[0], window).y;
    }));
    for (const bool count_padding : {false, true})
      cases.push_back(operator_case(
          "average_pool2d", std::string(pool.name) + (count_padding ? ", counting padding" : ""),
          {x},
          [=](auto& tape, auto in) { return average_pool2d(tape, in[0], window, count_padding); }));
  }
}

void unpool_rows(std::vector<OperatorCase>& cases) {
  std::uint64_t stream = 1350;
  for (const Pool& row : kUnpools) {
    const Tensor<double> pooled = draw::distinct(row.input, stream++);
    const WindowSpec window = row.window;
    // For values of another size than the row's, a pool that gives as many winners.
    const Shape shape = pool_geometry(row.input, window).output();
    const auto pool = [=](auto& tape, const Shape& wanted) {
      using T = std::remove_cvref_t<decltype(tape.value(Var{})[0])>;
      const Shape larger = wanted.with(1, wanted.height() * window.stride_y)
                               .with(2, wanted.width() * window.stride_x);
      const Tensor<double> x = wanted == shape ? pooled : draw::normal(larger, 0);
      return max_pool2d(tape, tape.constant(x.cast<T>()), window);
    };
    cases.push_back(operator_case("max_unpool2d", row.name, {draw::normal(shape, stream++)},
                                  [=](auto& tape, auto in) {
                                    const Shape wanted = tape.shape(in[0]);
                                    return max_unpool2d(tape, in[0], pool(tape, wanted).winners);
                                  }));
  }
}

void resize_rows(std::vector<OperatorCase>& cases) {
  const std::pair<const char*, ResizeOptions> conventions[] = {
      {"", {}}, {", aligned corners", {true, false}}, {", half-pixel centres", {false, true}}};
  std::uint64_t stream = 1400;
  for (const Resize& row : kResizes)
    for (const auto& [suffix, options] : conventions) {
      const Tensor<double> x = draw::normal(row.input, stream++);
      const std::string name = std::string(row.name) + suffix;
      // The output grows with the input.
      const auto height = [=](const Shape& in) {
        return in.height() * row.height / row.input.height();
      };
      const auto width = [=](const Shape& in) {
        return in.width() * row.width / row.input.width();
      };
      const auto nearest = [=, options = options](auto& tape, auto in) {
        const Shape shape = tape.shape(in[0]);
        return resize_nearest2d(tape, in[0], height(shape), width(shape), options);
      };
      const auto bilinear = [=, options = options](auto& tape, auto in) {
        const Shape shape = tape.shape(in[0]);
        return resize_bilinear2d(tape, in[0], height(shape), width(shape), options);
      };
      cases.push_back(operator_case("resize_nearest2d", name, {x}, nearest));
      cases.push_back(operator_case("resize_bilinear2d", name, {x}, bilinear));
    }
}

}  // namespace

std::vector<OperatorCase> window_cases() {
  std::vector<OperatorCase> cases;
  pool_rows(cases);
  unpool_rows(cases);
  resize_rows(cases);
  return cases;
}

}  // namespace integrad
