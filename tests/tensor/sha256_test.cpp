#include "integrad/tensor/sha256.h"

#include <doctest/doctest.h>

#include <string_view>
#include <vector>

using namespace integrad;

namespace {

std::string digest(std::string_view text) {
  Sha256 sha;
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  sha.add(bytes);
  return sha.finish();
}

}  // namespace

TEST_CASE("SHA-256 gives the examples of FIPS 180") {
  CHECK(digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(digest(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("what is added in pieces counts as one sequence; numbers come lowest byte first") {
  Sha256 pieces, whole;
  const std::vector<std::uint8_t> bytes{4, 3, 2, 1, 9};
  pieces.add(std::uint32_t{0x01020304});
  pieces.add(std::span(bytes).subspan(4));
  whole.add(bytes);
  CHECK(pieces.finish() == whole.finish());
}
