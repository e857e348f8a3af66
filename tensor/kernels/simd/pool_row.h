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

// Calls visit(r, ox, first channel, how many, whether they fill a vector) for each vector of
// channels of each window. Windows of 2x2 points, which are most, have an instance of their own, in
// which r.kernel_y and r.kernel_x are constants.
template <class Visit>
ALWAYS_INLINE void for_each_window(const PoolRow& row, Visit visit) {
  PoolRow r = row;  // stores of bytes might change the caller's
  const auto run = [&]() ALWAYS_INLINE_LAMBDA {
    // All channels of a window together: memory is read as it lies.
    for (std::int64_t ox = 0; ox < r.out_width; ++ox) {
      std::int64_t first = 0;
      for (; first + kLanes <= r.channels; first += kLanes)
        visit(r, ox, first, std::int64_t{kLanes}, Choice<true>{});
      if (first < r.channels) visit(r, ox, first, r.channels - first, Choice<false>{});
    }
  };
  if (r.kernel_y == 2 && r.kernel_x == 2) {
    r.kernel_y = r.kernel_x = 2;
    run();
  } else {
    run();
  }
}

// Rows of windows. The first two, which are all of most, are known before the windows go by.
struct WindowRows {
  RingRows<float> all;
  const float *first, *second;

  WindowRows(const PoolRow& r, const RingRows<float>& rows)
      : all(rows), first(rows.row(0)), second(rows.row(r.kernel_y > 1 ? 1 : 0)) {}
  ALWAYS_INLINE const float* row(std::int64_t ky) const {
    return ky == 0 ? first : ky == 1 ? second : all.row(ky);
  }
};

// The first maximum of a window wins; a NaN wins against every number.
void max_pool_row(const PoolRow& row, const RingRows<float>& rows, float* y,
                  std::uint8_t* winners) {
  const WindowRows x(row, rows);
  for_each_window(row, [&](const PoolRow& r, std::int64_t ox, std::int64_t first, std::int64_t left,
                           auto vector) ALWAYS_INLINE_LAMBDA {
    constexpr bool kWhole = decltype(vector)::value;
    const std::int64_t window = ox * r.kernel_x * r.channels + first;
    Vector best = load_channels<kWhole>(x.row(0) + window, left);
    Integers winner{};
    std::int32_t tap = 0;
    for (std::int64_t ky = 0; ky < r.kernel_y; ++ky)
      for (std::int64_t kx = 0; kx < r.kernel_x; ++kx, ++tap) {
        const Vector candidate = load_channels<kWhole>(x.row(ky) + window + kx * r.channels, left);
        const auto wins = (candidate > best) | ((candidate != candidate) & (best == best));
        best = wins ? candidate : best;
        winner = wins ? Integers{} + tap : winner;
      }
    store_channels<kWhole>(y + ox * r.channels + first, best, left);
    store_winners<kWhole>(winners + ox * r.channels + first, winner, left);
  });
}

void spread_row(const PoolRow& row, std::int64_t ky, const float* pooled,
                const std::uint8_t* winners, float* into) {
  for_each_window(row, [&](const PoolRow& r, std::int64_t ox, std::int64_t first, std::int64_t left,
                           auto vector) ALWAYS_INLINE_LAMBDA {
    constexpr bool kWhole = decltype(vector)::value;
    const std::int64_t at = ox * r.channels + first;
    const Vector value = add(zero(), load_channels<kWhole>(pooled + at, left));  // no -0
    const Integers winner = load_winners<kWhole>(winners + at, left);
    for (std::int64_t kx = 0; kx < r.kernel_x; ++kx) {
      const auto tap = static_cast<std::int32_t>(ky * r.kernel_x + kx);
      store_channels<kWhole>(into + (ox * r.kernel_x + kx) * r.channels + first,
                             winner == tap ? value : zero(), left);
    }
  });
}

void pick_row(const PoolRow& row, const RingRows<float>& rows, const std::uint8_t* winners,
              float* pooled) {
  const WindowRows spread(row, rows);
  for_each_window(row, [&](const PoolRow& r, std::int64_t ox, std::int64_t first, std::int64_t left,
                           auto vector) ALWAYS_INLINE_LAMBDA {
    constexpr bool kWhole = decltype(vector)::value;
    const std::int64_t at = ox * r.channels + first;
    const Integers winner = load_winners<kWhole>(winners + at, left);
    Vector kept = zero();
    std::int32_t tap = 0;
    for (std::int64_t ky = 0; ky < r.kernel_y; ++ky)
      for (std::int64_t kx = 0; kx < r.kernel_x; ++kx, ++tap) {
        const float* const point = spread.row(ky) + (ox * r.kernel_x + kx) * r.channels + first;
        kept = winner == tap ? load_channels<kWhole>(point, left) : kept;
      }
    store_channels<kWhole>(pooled + at, kept, left);
  });
}
