// Max pools whose windows tile the image: their forward and both ways between a window and its
// winner. Lanes are channels.

template <bool whole>
ALWAYS_INLINE Integers load_winners(const std::uint8_t* p, std::int64_t channels) {
  Bytes bytes{};
  std::memcpy(&bytes, p, static_cast<std::size_t>(whole ? kLanes : channels));
  return widen(bytes);
}
template <bool whole>
ALWAYS_INLINE void store_winners(std::uint8_t* p, Integers winner, std::int64_t channels) {
  const Bytes bytes = narrow(winner);
  std::memcpy(p, &bytes, static_cast<std::size_t>(whole ? kLanes : channels));
}

template <bool choice>
struct Choice {
  static constexpr bool value = choice;
};

// Calls visit(first channel, how many, whether they fill a vector) for each vector of channels.
template <class Visit>
ALWAYS_INLINE void for_each_vector(std::int64_t channels, Visit visit) {
  std::int64_t first = 0;
  for (; first + kLanes <= channels; first += kLanes)
    visit(first, std::int64_t{kLanes}, Choice<true>{});
  if (first < channels) visit(first, channels - first, Choice<false>{});
}

// Windows of 2x2 points, which are most, have instances of their own: r.kernel_y and r.kernel_x are
// constants there.
template <class Run>
ALWAYS_INLINE void for_window(const PoolRow& row, Run run) {
  PoolRow r = row;  // stores of bytes might change the caller's
  if (r.kernel_y == 2 && r.kernel_x == 2) {
    r.kernel_y = r.kernel_x = 2;
    run(r);
  } else {
    run(r);
  }
}

// The first maximum of a window wins; a NaN wins against every number.
void max_pool_row(const PoolRow& row, const float* x, float* y, std::uint8_t* winners) {
  for_window(row, [&](const PoolRow& r) ALWAYS_INLINE_LAMBDA {
    for_each_vector(
        r.channels, [&](std::int64_t first, std::int64_t left, auto vector) ALWAYS_INLINE_LAMBDA {
          constexpr bool kWhole = decltype(vector)::value;
          for (std::int64_t ox = 0; ox < r.out_width; ++ox) {
            const float* const window = x + ox * r.kernel_x * r.channels + first;
            Vector best = load_channels<kWhole>(window, left);
            Integers winner{};
            std::int32_t tap = 0;
            for (std::int64_t ky = 0; ky < r.kernel_y; ++ky)
              for (std::int64_t kx = 0; kx < r.kernel_x; ++kx, ++tap) {
                const Vector candidate =
                    load_channels<kWhole>(window + ky * r.row_step + kx * r.channels, left);
                const auto wins = (candidate > best) | ((candidate != candidate) & (best == best));
                best = wins ? candidate : best;
                winner = wins ? Integers{} + tap : winner;
              }
            store_channels<kWhole>(y + ox * r.channels + first, best, left);
            store_winners<kWhole>(winners + ox * r.channels + first, winner, left);
          }
        });
  });
}

void spread_row(const PoolRow& row, std::int64_t ky, const float* pooled,
                const std::uint8_t* winners, float* into) {
  for_window(row, [&](const PoolRow& r) ALWAYS_INLINE_LAMBDA {
    for_each_vector(
        r.channels, [&](std::int64_t first, std::int64_t left, auto vector) ALWAYS_INLINE_LAMBDA {
          constexpr bool kWhole = decltype(vector)::value;
          for (std::int64_t ox = 0; ox < r.out_width; ++ox) {
            const std::int64_t at = ox * r.channels + first;
            const Vector value = add(zero(), load_channels<kWhole>(pooled + at, left));  // no -0
            const Integers winner = load_winners<kWhole>(winners + at, left);
            for (std::int64_t kx = 0; kx < r.kernel_x; ++kx) {
              const auto tap = static_cast<std::int32_t>(ky * r.kernel_x + kx);
              store_channels<kWhole>(into + (ox * r.kernel_x + kx) * r.channels + first,
                                     winner == tap ? value : zero(), left);
            }
          }
        });
  });
}

void pick_row(const PoolRow& row, const float* spread, const std::uint8_t* winners, float* pooled) {
  for_window(row, [&](const PoolRow& r) ALWAYS_INLINE_LAMBDA {
    for_each_vector(
        r.channels, [&](std::int64_t first, std::int64_t left, auto vector) ALWAYS_INLINE_LAMBDA {
          constexpr bool kWhole = decltype(vector)::value;
          for (std::int64_t ox = 0; ox < r.out_width; ++ox) {
            const std::int64_t at = ox * r.channels + first;
            const Integers winner = load_winners<kWhole>(winners + at, left);
            Vector kept = zero();
            std::int32_t tap = 0;
            for (std::int64_t ky = 0; ky < r.kernel_y; ++ky)
              for (std::int64_t kx = 0; kx < r.kernel_x; ++kx, ++tap) {
                const float* const point =
                    spread + ky * r.row_step + (ox * r.kernel_x + kx) * r.channels + first;
                kept = winner == tap ? load_channels<kWhole>(point, left) : kept;
              }
            store_channels<kWhole>(pooled + at, kept, left);
          }
        });
  });
}
