#include "integrad/train/image.h"

#include <doctest/doctest.h>

#include <cstring>

#include "integrad/tensor/files.h"
#include "integrad/tensor/random.h"
#include "integrad/tests/support/temporary_folder.h"
#include "integrad/train/image_check.h"
#include "integrad/train/resize.h"

using namespace integrad;

namespace {

Image noise(Index height, Index width, Index channels) {
  Image image(Shape{1, height, width, channels});
  const Random random(5, 0);
  for (Index i = 0; i < image.size(); ++i)
    image[i] = static_cast<std::uint8_t>(random.below(static_cast<std::uint64_t>(i), 256));
  return image;
}

bool same(const Image& a, const Image& b) {
  return a.shape() == b.shape() && std::equal(a.begin(), a.end(), b.begin());
}

// An 8 x 8 grey JPEG of value 128: one block whose coefficients are all zero.
std::vector<std::uint8_t> grey_jpeg() {
  std::vector<std::uint8_t> bytes;
  auto add = [&](std::initializer_list<int> values) {
    for (int v : values) bytes.push_back(static_cast<std::uint8_t>(v));
  };
  add({0xff, 0xd8, 0xff, 0xdb, 0, 67, 0});  // start; quantisation table of 64 ones
  for (int i = 0; i < 64; ++i) add({1});
  add({0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0});  // frame: 8 bits, 8 x 8, grey
  for (int table : {0x00, 0x10}) {  // DC and AC code tables: one code, 0, for the symbol 0
    add({0xff, 0xc4, 0, 20, table, 1});
    for (int i = 0; i < 16; ++i) add({0});
  }
  // scan; bits 0 (DC difference 0), 0 (end of block), then ones; end of image
  add({0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x3f, 0xff, 0xd9});
  return bytes;
}

std::vector<std::uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

}  // namespace

TEST_CASE("a PNG keeps every pixel, through memory and files") {
  const TemporaryFolder folder;
  for (Index channels : {1, 3}) {
    const Image image = noise(7, 5, channels);
    CHECK(same(decode_image(encode_png(image), static_cast<int>(channels)), image));
    save_png(folder / "a.png", image);
    CHECK(same(load_image(folder / "a.png", static_cast<int>(channels)), image));
  }
  CHECK(encode_png(noise(9, 9, 4)).size() > 100);
  CHECK_THROWS_AS(encode_png(noise(4, 4, 2)), Error);
  CHECK_THROWS_AS(encode_png(Image()), Error);
}

TEST_CASE("a PNG cut anywhere or with any byte changed is refused") {
  const auto whole = encode_png(noise(9, 11, 3));
  REQUIRE_NOTHROW(decode_image(whole, 3));
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK_THROWS_AS(decode_image(std::span(whole).first(length), 3), Error);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto damaged = whole;
    damaged[i] ^= 0x10;
    CHECK_THROWS_AS(decode_image(damaged, 3), Error);
  }
}

TEST_CASE("a JPEG without its end is refused") {
  const auto whole = grey_jpeg();
  const Image image = decode_image(whole, 1);
  CHECK(image.shape() == Shape{1, 8, 8, 1});
  CHECK(image[63] == 128);
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK_THROWS_AS(decode_image(std::span(whole).first(length), 1), Error);
  for (std::size_t length = 2; length < whole.size(); ++length)
    CHECK_THROWS_AS(detail::check_jpeg(std::span(whole).first(length)), Error);
  auto trailing = whole;
  trailing.push_back(7);  // cameras append data
  CHECK_NOTHROW(decode_image(trailing, 1));
}

TEST_CASE("JPEG headers that would lead the decoder astray are refused before it") {
  const auto whole = grey_jpeg();
  constexpr std::size_t kFrame = 71, kFirstTable = 84;
  REQUIRE((whole[kFrame + 1] == 0xc0 && whole[kFirstTable + 1] == 0xc4));
  auto more_codes = whole;  // 257 codes: one more than the decoder has room for
  more_codes[kFirstTable + 2] = 276 / 256;
  more_codes[kFirstTable + 3] = 276 % 256;
  more_codes[kFirstTable + 5] = 2;
  more_codes[kFirstTable + 6] = 255;
  more_codes.insert(more_codes.begin() + kFirstTable + 21, 256, std::uint8_t{0});
  CHECK_THROWS_WITH_AS(decode_image(more_codes, 1),
                       "the JPEG is damaged: a table of 257 codes in 274 bytes", Error);
  auto two_frames = whole;
  two_frames.insert(two_frames.begin() + kFirstTable, whole.begin() + kFrame,
                    whole.begin() + kFirstTable);
  CHECK(message_of<Error>([&] { decode_image(two_frames, 1); }).find("second frame") !=
        std::string::npos);
  auto no_frame = whole;
  no_frame.erase(no_frame.begin() + kFrame, no_frame.begin() + kFirstTable);
  CHECK(message_of<Error>([&] { decode_image(no_frame, 1); }).find("before any frame") !=
        std::string::npos);
}

TEST_CASE("PGM and PPM are read, with comments, and refused when cut or of another depth") {
  const Image grey = decode_image(bytes_of("P5 # comment\n2 1\n255\nAB"), 1);
  CHECK((grey.shape() == Shape{1, 1, 2, 1} && grey[0] == 'A' && grey[1] == 'B'));
  CHECK(decode_image(bytes_of("P5 2 1 255\nAB"), 3)[5] == 'B');
  const auto colours = bytes_of("P6 1 1 255\nABC");
  CHECK(decode_image(colours, 3)[2] == 'C');
  // The same luma as for a PNG.
  CHECK(decode_image(colours, 1)[0] == decode_image(encode_png(decode_image(colours, 3)), 1)[0]);
  for (const char* text :
       {"P5", "P5 2", "P5 2 1 255", "P5 2 1 255\nA", "P5 2 1 65535\nABCD", "P5 0 1 255\n",
        "P5 -1 1 255\nA", "P6 99999999999999999999 1 255\nA", "P6 2147483647 2147483647 255\nA"})
    CHECK_THROWS_AS(decode_image(bytes_of(text), 1), Error);
}

TEST_CASE("what is no image or beyond the limits is refused by name") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "notes.png", "these are notes");
  const auto message = message_of<Error>([&] { load_image(folder / "notes.png", 3); });
  CHECK(message.find("notes.png") != std::string::npos);
  CHECK(message.find("is not a JPEG, PNG, PGM or PPM image") != std::string::npos);
  save_png(folder / "a.png", noise(20, 30, 1));
  CHECK_NOTHROW(load_image(folder / "a.png", 1, {.max_side = 30, .max_pixels = 600}));
  CHECK_THROWS_AS(load_image(folder / "a.png", 1, {.max_side = 29}), Error);
  CHECK_THROWS_AS(load_image(folder / "a.png", 1, {.max_pixels = 599}), Error);
  CHECK_THROWS_AS(load_image(folder / "a.png", 1, {.max_file_bytes = 100}), Error);
  CHECK_THROWS_AS(load_image(folder / "none.png", 1), Error);
  CHECK_THROWS_AS(load_image(folder / "a.png", 2), Error);
}

TEST_CASE("box averages weight partly covered pixels by their share") {
  const Image image(Shape{1, 1, 3, 1}, {10, 20, 60});
  const Image two = resize_box(image, 1, 2);  // (10 + 20/2) / 1.5 and (20/2 + 60) / 1.5
  CHECK((two[0] == 13 && two[1] == 47));
  CHECK(resize_box(image, 1, 1)[0] == 30);
  CHECK(same(resize_box(image, 1, 3), image));
  const Image even(Shape{1, 2, 2, 1}, {0, 1, 1, 0});
  CHECK(resize_box(even, 1, 1)[0] == 1);       // 0.5 rounds up
  CHECK(resize_box_mask(even, 1, 1)[0] == 0);  // but is not more than half
  const Image most(Shape{1, 1, 3, 1}, {0, 1, 1});
  CHECK(resize_box_mask(most, 1, 1)[0] == 1);
  const Image colours = noise(6, 9, 3);
  const Image third = resize_box(colours, 2, 3);
  for (Index c = 0; c < 3; ++c) {
    int sum = 0;
    for (Index y = 0; y < 3; ++y)
      for (Index x = 0; x < 3; ++x) sum += colours(0, 3 + y, 6 + x, c);
    CHECK(third(0, 1, 2, c) == (2 * sum + 9) / 18);
  }
}

TEST_CASE("nearest resizing and crops only move pixels") {
  const Image image(Shape{1, 1, 4, 1}, {1, 2, 3, 4});
  const Image two = resize_nearest(image, 1, 2);
  CHECK((two[0] == 2 && two[1] == 4));
  const Image doubled = resize_nearest(image, 2, 8);
  CHECK((doubled(0, 1, 0, 0) == 1 && doubled(0, 1, 1, 0) == 1 && doubled(0, 0, 7, 0) == 4));
  const Image part = crop(noise(6, 9, 3), {2, 3, 2, 4});
  CHECK(part.shape() == Shape{1, 2, 4, 3});
  CHECK(part(0, 1, 3, 2) == noise(6, 9, 3)(0, 3, 6, 2));
  CHECK_THROWS_AS(crop(image, {0, 2, 1, 3}), Error);
  CHECK_THROWS_AS(crop(image, {0, std::numeric_limits<Index>::max(), 1, 1}), Error);
  CHECK_THROWS_AS(resize_box(image, 0, 4), Error);
}
